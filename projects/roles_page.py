"""The staff pages of who does what: organisations by phase, their capacity and answer, the gaps; of one project, and of all."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from partnership import permissions
from partnership.models import Level, Protocol
from partnership.opening_page import protocol_of
from projects import who_does_what
from projects.models import Phase, Project, ProjectState
from projects.models.projects import ProjectQuerySet
from projects.who_does_what import Matrix

GIVEN_UP = (ProjectState.CANCELLED, ProjectState.REPLACED)
"""Projects in which nobody does anything any more."""


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of who does what, for the admin site."""
    every, one = require_safe(partial(all_projects, site)), require_safe(partial(one_project, site))
    return [
        path("who-does-what/", site.admin_view(every), name="who_does_what"),
        path("who-does-what/<int:pk>/", site.admin_view(one), name="who_does_what_project"),
    ]


def visible_projects(request: HttpRequest) -> tuple[Protocol, ProjectQuerySet]:
    """The request's protocol and its projects. Raises Http404 for whoever may not see them."""
    protocol = protocol_of(request)
    if not permissions.may(request.user, "view", protocol, "projects.project"):
        raise Http404
    return protocol, Project.objects.for_protocol(protocol)


def all_projects(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """Every project that is not given up; of one level, or only those with a gap, where the address says so."""
    protocol, rows = visible_projects(request)
    found = who_does_what.matrices(protocol, rows.exclude(state__in=GIVEN_UP).order_by("code"))
    level = request.GET.get("level", "")
    shown = [matrix for matrix in found if level not in Level.values or _has_level(matrix, level)]
    only_gaps = "gaps" in request.GET
    context = {
        **_shared(site, request, protocol),
        "title": _("Who does what"),
        "matrices": [matrix for matrix in shown if matrix.gaps] if only_gaps else shown,
        "levels": who_does_what.levels(found),
        "level": level if level in Level.values else "",
        "only_gaps": only_gaps,
        "with_gaps": sum(1 for matrix in shown if matrix.gaps),
        "count": len(shown),
    }
    return TemplateResponse(request, "admin/roles.html", context)


def _has_level(matrix: Matrix, level: str) -> bool:
    """Whether an organisation of this level does something in the project."""
    return any(row.organisation.level == level for row in matrix.rows if any(its for _phase, its in row.phases))


def one_project(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """Who does what in one project."""
    protocol, rows = visible_projects(request)
    project = rows.filter(pk=pk).first()
    if project is None:
        raise Http404
    found = who_does_what.matrices(protocol, [project])
    context = {
        **_shared(site, request, protocol),
        "title": _("Who does what"),
        "matrices": found,
        "levels": who_does_what.levels(found),
        "project": project,
    }
    return TemplateResponse(request, "admin/roles.html", context)


def _shared(site: AdminSite, request: HttpRequest, protocol: Protocol) -> dict[str, Any]:
    return {
        **site.each_context(request),
        "phases": list(Phase),
        "may_change": permissions.may(request.user, "change", protocol, "projects.project"),
    }
