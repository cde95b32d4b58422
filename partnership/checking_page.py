"""The staff's page on which the check of the three languages is read: by kind, each line leading to where it is mended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite
from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_safe

from partnership import checking_translations, languages, page_numbers, parity
from partnership.checking_translations import FAILING, Finding, FindingKind
from partnership.models import Change, Protocol
from partnership.opening_page import protocol_of

PER_PAGE = 50
LISTED = 1_000
"""So many findings of a kind are kept for the page; the count tells how many there are. The command lists them all."""
KEPT_SECONDS = 3_600
PAGE, KIND = "p", "kind"
SHORT = {
    FindingKind.INTERFACE: pgettext_lazy("check of the translations", "The platform’s words"),
    FindingKind.INCOMPLETE: pgettext_lazy("check of the translations", "Incomplete in public"),
    FindingKind.AVOID: pgettext_lazy("check of the translations", "Words to avoid"),
    FindingKind.OTHER: pgettext_lazy("check of the translations", "Other words"),
    FindingKind.STALE: pgettext_lazy("check of the translations", "Not up to date"),
}
MEANING = {
    FindingKind.INTERFACE: _("Menus, buttons and messages that have no certain translation. Who keeps the platform’s software mends them."),
    FindingKind.INCOMPLETE: _("The public reads these records now, and one of its languages is missing (rule I10)."),
    FindingKind.AVOID: _("Words that make one commune give and the other receive, in what the public reads."),
    FindingKind.OTHER: _(
        "A text uses a term of the glossary, and the other language says it otherwise. Judge whether that is right there."
    ),
    FindingKind.STALE: _("Translations that were not touched since their source changed. The public reads what is published."),
}  # fmt: skip
ICONS = {
    FindingKind.INTERFACE: "report",
    FindingKind.INCOMPLETE: "alert",
    FindingKind.AVOID: "flag",
    FindingKind.OTHER: "comment",
    FindingKind.STALE: "clock",
}


def urls(site: AdminSite) -> list[URLPattern]:
    """The address of the check, for the admin site."""
    page = require_safe(partial(check, site))
    return [path("translations/check/", site.admin_view(page), name="translations_check")]


@dataclass(frozen=True)
class Tile:
    """How many findings there are of a kind, and where they are listed."""

    kind: FindingKind
    count: int
    is_chosen: bool

    @property
    def word(self) -> Any:
        """What stands below the count."""
        return SHORT[self.kind]

    @property
    def icon(self) -> str:
        """The sign beside it."""
        return ICONS[self.kind]

    @property
    def alarm(self) -> bool:
        """Whether these must not stand, and there are some."""
        return self.count > 0 and self.kind in FAILING

    @property
    def fails(self) -> bool:
        """Whether these must not stand."""
        return self.kind in FAILING


@dataclass(frozen=True)
class Row:
    """A finding with the name of its language and of the source's, and the address where it is mended."""

    finding: Finding
    language: Any
    source: Any
    url: str


def check(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """What the check finds in the request's protocol and in what all share. Read again only after something was changed."""
    protocol = protocol_of(request)
    found, outdated = findings(protocol), checking_translations.stale_texts(protocol)
    counts = {kind: found[kind].count for kind in FindingKind} | {FindingKind.STALE: outdated.count()}
    chosen = _chosen(request.GET.get(KIND, ""), counts)
    listed: Any = outdated if chosen == FindingKind.STALE else found[chosen].listed
    page = Paginator(listed, PER_PAGE).get_page(request.GET.get(PAGE))
    shown = list(page.object_list)
    context = {
        **site.each_context(request),
        "title": _("Check of the translations"),
        "tiles": [Tile(kind, counts[kind], kind == chosen) for kind in FindingKind],
        "failing": sum(counts[kind] for kind in FAILING),
        "chosen": chosen,
        "meaning": MEANING[chosen],
        "icon": ICONS[chosen],
        "count": counts[chosen],
        "unlisted": counts[chosen] - page.paginator.count,
        "rows": list(_rows(site, request, checking_translations.named(shown) if listed is outdated else shown)),
        "pages": page_numbers.links(page, lambda number: f"?{KIND}={chosen.value}&{PAGE}={number}"),
        "kind_var": KIND,
    }
    return TemplateResponse(request, "admin/translations_check.html", context)


def _rows(site: AdminSite, request: HttpRequest, found: Iterable[Finding]) -> Iterator[Row]:
    """Each with the form on which it is mended, where the person may open it."""
    opens: dict[str, bool] = {"": False}
    for finding in found:
        if finding.model not in opens:
            own = site._registry.get(apps.get_model(finding.model))
            opens[finding.model] = own is not None and own.has_view_permission(request)
        name = f"admin:{finding.model.replace('.', '_')}_change"
        yield Row(
            finding,
            parity.LANGUAGE_NAMES.get(finding.language, finding.language),
            parity.LANGUAGE_NAMES.get(finding.source, ""),
            reverse(name, args=[finding.key]) if opens[finding.model] else "",
        )


def _chosen(asked: str, counts: Mapping[FindingKind, int]) -> FindingKind:
    """The kind that was asked for, else the gravest of which there are some."""
    if asked in FindingKind.values:
        return FindingKind(asked)
    return next((kind for kind in FindingKind if counts[kind]), FindingKind.INCOMPLETE)


@dataclass
class Found:
    """The findings of a kind: how many, and the first of them."""

    count: int = 0
    listed: list[Finding] = field(default_factory=list)


def findings(protocol: Protocol) -> dict[FindingKind, Found]:
    """What the check finds in the interface and in public texts, which are read again only after some record has changed."""
    latest = Change.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    key = f"translations-check:{protocol.pk}:{languages.current()}:{latest}"
    read: dict[FindingKind, Found] | None = cache.get(key)
    if read is None:
        read = _counted(checking_translations.content(protocol))
        cache.set(key, read, KEPT_SECONDS)
    return {kind: Found() for kind in FindingKind} | read | _counted(checking_translations.interface())


def _counted(found: Iterable[Finding]) -> dict[FindingKind, Found]:
    kinds: dict[FindingKind, Found] = {}
    for finding in found:
        known = kinds.setdefault(finding.kind, Found())
        known.count += 1
        if known.count <= LISTED:
            known.listed.append(finding)
    return kinds
