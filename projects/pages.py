"""The addresses of the projects' own staff pages, for the admin site."""

from __future__ import annotations

from django.contrib.admin import AdminSite
from django.urls import URLPattern


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of every page of this floor that is no model's own form."""
    return []
