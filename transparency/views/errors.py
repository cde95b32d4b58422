"""Errors as pages: in the reader's language, saying what happened and where to go on."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: nothing at this address, or nothing this person may see."""
    return render(request, "public/error_404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our mistake. The page needs no database."""
    return render(request, "public/error_500.html", status=500)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: signed in, but not for this."""
    return render(request, "public/error_403.html", status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: a request that no page of ours makes."""
    return render(request, "public/error_400.html", status=400)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form was open too long or came from elsewhere; says how to send it again."""
    return render(request, "public/error_csrf.html", status=403)
