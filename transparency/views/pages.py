"""What every public page shares: it is read only, and it is about one protocol."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from partnership import equality, languages
from partnership.models import Party, Protocol
from transparency.views import errors

P = ParamSpec("P")


def public_page(
    view: Callable[Concatenate[HttpRequest, Protocol, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Hands the view the request's protocol; without one answers a page that says how to load it."""

    @wraps(view)
    def page(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        protocol: Protocol | None = getattr(request, "protocol", None)
        if not protocol:
            return errors.no_protocol(request)
        return view(request, protocol, *args, **kwargs)

    return require_safe(page)


def parties_for_reader(protocol: Protocol) -> list[Party]:
    """The two communes in the order of the page's language [I16]. One query."""
    parties = list(protocol.parties.select_related("organisation"))
    return equality.ordered(parties, equality.Reader(languages.current()))
