"""The addresses of the projects' own staff pages, for the admin site."""

from __future__ import annotations

from django.contrib.admin import AdminSite
from django.urls import URLPattern

from projects import (
    asking_page,
    assessment_page,
    audit_page,
    converging_page,
    coverage_page,
    iati_page,
    lifecycle_page,
    money_page,
    recording_page,
    roles_page,
    sheets_page,
    timeline_page,
)


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of every page of this floor that is no model's own form."""
    return [
        *assessment_page.urls(site),
        *recording_page.urls(site),
        *coverage_page.urls(site),
        *converging_page.urls(site),
        *iati_page.urls(site),
        *lifecycle_page.urls(site),
        *asking_page.urls(site),
        *roles_page.urls(site),
        *sheets_page.urls(site),
        *timeline_page.urls(site),
        *money_page.urls(site),
        *audit_page.urls(site),
    ]
