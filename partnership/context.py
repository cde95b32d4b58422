"""What every template knows: the protocol, its communes in the reader's order, the languages."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from partnership import equality, languages
from partnership.models import Protocol


def protocol(request: HttpRequest) -> dict[str, Any]:
    """Context of every page; makes at most two queries, when a template asks."""
    language = languages.of_page()
    current: Protocol | None = getattr(request, "protocol", None)

    def parties() -> list[Any]:
        if not current:
            return []
        rows = list(current.parties.select_related("organisation"))
        return equality.ordered(rows, equality.Reader(languages.current()))

    return {
        "protocol": current,
        "parties": parties,
        "language": language,
        "direction": languages.direction(language),
        "language_offers": languages.offers(request.get_full_path()),
        "DEMO": settings.DEMO,
        "SITE_URL": settings.SITE_URL,
    }
