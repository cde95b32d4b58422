"""The page that holds the programme against the act: what no project serves, which project serves none, which need waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from partnership import permissions
from partnership.awaiting import change_url
from partnership.opening_page import protocol_of
from projects import coverage
from projects.coverage import Part

CHECK, WAITING, MISSING = "check", "waiting", "missing"
"""Icons, by what they say."""
SHOWN = 6
"""So many projects of a line are named; the others are counted."""


@dataclass(frozen=True)
class Tile:
    """How much of one kind is served, and where it stands on the page."""

    anchor: str
    label: str | Promise
    figure: str
    note: str
    icon: str
    """What it says beside the colour: check, waiting or missing."""

    @property
    def alarm(self) -> bool:
        """Whether something stands there that must not stay."""
        return self.icon == MISSING


@dataclass(frozen=True)
class Row:
    """A clause, principle, objective or domain: its code, its words, the projects named and how many more."""

    code: str
    text: Any
    field: str
    projects: list[tuple[str, str]]
    more: int


@dataclass(frozen=True)
class Section:
    """Everything of one kind, what nobody serves first."""

    part: Part
    rows: list[Row]


def urls(site: AdminSite) -> list[URLPattern]:
    """The address of the coverage, for the admin site."""
    page = require_safe(partial(show, site))
    return [path("coverage/", site.admin_view(page), name="coverage")]


def show(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """Tiles first, then each kind line by line. The same few queries whatever there is to show."""
    protocol = protocol_of(request)
    if not permissions.may(request.user, "view", protocol):
        raise Http404
    found = coverage.of(protocol)
    context = {
        **site.each_context(request),
        "title": _("What the programme covers"),
        "tiles": [*map(_tile, found.parts), _tile_of_projects(found), _tile_of_needs(found)],
        "sections": [Section(part, _rows(part)) for part in found.parts],
        "lacking": [(one, change_url(one.project, "id_principles")) for one in found.lacking],
        "needs": [(need, change_url(need)) for need in found.needs],
        "may_change": permissions.may(request.user, "change", protocol),
    }
    return TemplateResponse(request, "admin/coverage.html", context)


def _rows(part: Part) -> list[Row]:
    rows = []
    for one in sorted(part.rows, key=lambda row: row.is_served):
        is_clause = part.code == "clauses"
        named = [(project.code, change_url(project)) for project in one.projects[:SHOWN]]
        rows.append(
            Row(
                code=one.element.number if is_clause else one.element.code,
                text=one.element,
                field="text" if is_clause else "name",
                projects=named,
                more=len(one.projects) - len(named),
            )
        )
    return rows


def _tile(part: Part) -> Tile:
    missing = len(part.unserved)
    note = ngettext("%(count)s has no project", "%(count)s have no project", missing) % {"count": missing}
    return Tile(part.code, part.label, f"{part.served} / {len(part.rows)}", note, MISSING if missing else CHECK)


def _tile_of_projects(found: coverage.Coverage) -> Tile:
    none = sum(one.serves_none for one in found.lacking)
    note = ngettext("%(count)s serves nothing of the act", "%(count)s serve nothing of the act", none) % {"count": none}
    return Tile(
        "projects",
        _("Projects that lack something"),
        str(len(found.lacking)),
        note,
        MISSING if none else _waiting(found.lacking),
    )


def _tile_of_needs(found: coverage.Coverage) -> Tile:
    return Tile("needs", _("Needs without a project"), str(len(found.needs)), "", _waiting(found.needs))


def _waiting(rows: Sequence[Any]) -> str:
    return WAITING if rows else CHECK
