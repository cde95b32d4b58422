"""The staff pages on which dates are seen: a project's timeline, and the calendar of all activities by month."""

from __future__ import annotations

from functools import partial

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from partnership import clock, languages
from projects import month_sheet, timeline
from projects.roles_page import visible_projects


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of the timeline and the calendar, for the admin site."""
    line, sheet = require_safe(partial(project_timeline, site)), require_safe(partial(month, site))
    return [
        path("timeline/<int:pk>/", site.admin_view(line), name="timeline"),
        path("calendar/", site.admin_view(sheet), name="calendar"),
    ]


def project_timeline(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """Planned and actual dates of a project and of each of its activities."""
    protocol, rows = visible_projects(request)
    project = rows.filter(pk=pk).first()
    if project is None:
        raise Http404
    today = clock.today(protocol)
    context = {
        **site.each_context(request),
        "title": _("Timeline"),
        "project": project,
        "plan": timeline.of_project(project, project.activities.all(), today, languages.current()),
    }
    return TemplateResponse(request, "admin/timeline.html", context)


def month(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """One month of the protocol's activities; this month unless the address says another."""
    protocol, _rows = visible_projects(request)
    today = clock.today(protocol)
    first = month_sheet.month_of(request.GET.get("month", ""), today)
    context = {
        **site.each_context(request),
        "title": _("Calendar"),
        "sheet": month_sheet.sheet(protocol, first, languages.current()),
        "today": today,
    }
    return TemplateResponse(request, "admin/calendar.html", context)
