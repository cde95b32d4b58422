"""The signing page."""

from __future__ import annotations

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path


def sign(request: HttpRequest, pk: int) -> HttpResponse:
    """Being built."""
    return HttpResponse(str(pk))


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of signing, for the admin site."""
    return [path("decisions/<int:pk>/sign/", site.admin_view(sign), name="decision_sign")]
