"""The pages of the audit pack: what it holds, the missing vouchers first, and its download."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from partnership import languages
from partnership.models import Protocol
from partnership.opening_page import protocol_of
from projects import audit
from projects.audit import Pack
from projects.models import BudgetLine, Project
from projects.money_page import may_audit

SHOWN = 300
"""How many movements stand on the page; the pack's own index holds all."""


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of the audit pack, for the admin site."""
    project, year = require_safe(partial(of_project, site)), require_safe(partial(of_year, site))
    return [
        path("money/<int:pk>/audit/", site.admin_view(project), name="project_audit"),
        path("money/<int:pk>/audit/pack/", site.admin_view(project_pack), name="project_audit_pack"),
        path("money/years/<int:year>/audit/", site.admin_view(year), name="year_audit"),
        path("money/years/<int:year>/audit/pack/", site.admin_view(year_pack), name="year_audit_pack"),
    ]


def of_project(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """The vouchers of one project."""
    given = _of_project(request, pk)
    return _page(site, request, given, reverse("admin:project_audit_pack", args=[pk]))


def of_year(site: AdminSite, request: HttpRequest, year: int) -> HttpResponse:
    """The vouchers of every line of one budget year."""
    given = _of_year(request, year)
    return _page(site, request, given, reverse("admin:year_audit_pack", args=[year]))


@require_safe
def project_pack(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The download of a project's pack."""
    return _download(_of_project(request, pk))


@require_safe
def year_pack(request: HttpRequest, year: int) -> StreamingHttpResponse:
    """The download of a year's pack."""
    return _download(_of_year(request, year))


def _protocol(request: HttpRequest) -> Protocol:
    """The request's protocol. Raises Http404 for whoever acts for neither commune: payslips are inside."""
    protocol = protocol_of(request)
    if not may_audit(request, protocol):
        raise Http404
    return protocol


def _of_project(request: HttpRequest, pk: int) -> Pack:
    protocol = _protocol(request)
    project = Project.objects.for_protocol(protocol).filter(pk=pk).first()
    if project is None:
        raise Http404
    return audit.pack(protocol, languages.current(), project=project)


def _of_year(request: HttpRequest, year: int) -> Pack:
    protocol = _protocol(request)
    if not BudgetLine.objects.filter(project__protocol=protocol, year=year).exists():
        raise Http404
    return audit.pack(protocol, languages.current(), year=year)


def _page(site: AdminSite, request: HttpRequest, given: Pack, download: str) -> HttpResponse:
    context: dict[str, Any] = {
        **site.each_context(request),
        "title": _("Audit pack"),
        "subtitle": given.title,
        "pack": given,
        "missing": given.missing[:SHOWN],
        "further": max(0, len(given.missing) - SHOWN),
        "lines": given.by_line if len(given.entries) <= SHOWN else [],
        "download": download,
        "back": reverse("admin:project_money", args=[given.project.pk])
        if given.project
        else f"{reverse('admin:protocol_money')}?year={given.year}",
    }
    return TemplateResponse(request, "admin/audit.html", context)


def _download(given: Pack) -> StreamingHttpResponse:
    response = StreamingHttpResponse(audit.stream(given), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{given.name}"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
