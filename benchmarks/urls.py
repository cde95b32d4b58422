"""The real addresses, and for each measured page a bare view: the same bytes through the same middleware and server."""

import os
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.urls import path

from config import urls

handler404 = urls.handler404
STORED = Path(os.environ["BENCHMARK_PAGES"])


def bare(_request: HttpRequest, name: str) -> HttpResponse:
    """A stored page, read once for each request and nothing else done."""
    return HttpResponse((STORED / f"{name}.html").read_bytes())


urlpatterns = [path("bare/<slug:name>/", bare), *urls.urlpatterns]
