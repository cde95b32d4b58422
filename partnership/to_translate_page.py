"""The queue: what is missing or stale in a protocol's texts, by record, with links that narrow it [I10]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from django.contrib.admin import AdminSite
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partnership import languages, page_numbers, permissions
from partnership import translation_queue as queue
from partnership.models.texts import TO_TRANSLATE
from partnership.opening_page import protocol_of

PER_PAGE = 50
PAGE, LANGUAGE, STANDING = "p", "language", "standing"
KEPT = (LANGUAGE, STANDING)


def urls(site: AdminSite) -> list[URLPattern]:
    """The address of the queue, for the admin site."""
    return [path("translate/", site.admin_view(partial(to_translate, site)), name="to_translate")]


@dataclass(frozen=True)
class Choice:
    """A link that narrows the queue."""

    label: str
    url: str
    count: int
    is_chosen: bool
    language: str = ""


def to_translate(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """What is missing or stale in the protocol, by record, the most urgent first."""
    protocol = protocol_of(request)
    if not permissions.may(request.user, "change", protocol):
        raise Http404
    every = queue.waiting(request.user, protocol)
    counts = queue.counts(every)
    language = _among(request.GET.get(LANGUAGE), [code for code, _name in languages.required()])
    standing = _among(request.GET.get(STANDING), [str(one) for one in TO_TRANSLATE])
    rows = every.filter(**{name: said for name, said in ((LANGUAGE, language), (STANDING, standing)) if said})
    page = Paginator(queue.by_record(rows), PER_PAGE).get_page(request.GET.get(PAGE))
    context = {
        **site.each_context(request),
        "title": _("To translate"),
        "page": page,
        "entries": queue.entries(page.object_list, protocol),
        "pages": page_numbers.links(page, lambda number: page_numbers.address(request, KEPT, **{PAGE: str(number)})),
        "by_language": _language_choices(request, counts, standing, language),
        "by_standing": _standing_choices(request, counts, language, standing),
        "narrowed": bool(language or standing),
        "today": timezone.localdate(),
        "days": protocol.translation_days,
    }
    request.current_app = site.name
    return TemplateResponse(request, "admin/to_translate.html", context)


def _among(said: str | None, known: Sequence[str]) -> str:
    return said if said is not None and said in known else ""


Counts = Mapping[tuple[str, str], int]


def _sum(counts: Counts, language: str, standing: str) -> int:
    return sum(count for (code, one), count in counts.items() if language in {"", code} and standing in {"", one})


def _language_choices(request: HttpRequest, counts: Counts, standing: str, chosen: str) -> list[Choice]:
    offered = [("", gettext("Every language")), *languages.required()]
    return [
        Choice(
            name, page_numbers.address(request, KEPT, language=code), _sum(counts, code, standing), code == chosen, code
        )
        for code, name in offered
    ]


def _standing_choices(request: HttpRequest, counts: Counts, language: str, chosen: str) -> list[Choice]:
    offered = [("", gettext("Missing and stale")), *((str(one), str(one.label)) for one in TO_TRANSLATE)]
    return [
        Choice(word, page_numbers.address(request, KEPT, standing=one), _sum(counts, language, one), one == chosen)
        for one, word in offered
    ]
