"""Errors as pages: in the reader's language, saying what happened and where to go on."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language_from_request, override

from partnership import languages


class NotHere(Http404):
    """A 404 that can say more: a sentence in the reader's language, and the address and name of a way on."""

    def __init__(self, sentence: str | Promise, *, address: str = "", way: str | Promise = "") -> None:
        super().__init__(sentence)
        self.sentence, self.address, self.way = sentence, address, way


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: nothing at this address, or nothing this person may see. An unknown language gets the browser's."""
    more = exception if isinstance(exception, NotHere) else None
    return _error(request, "404", {"more": more, "asked": request.path[:200]})


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our mistake. The page asks nothing of the database."""
    language = languages.current()
    words = {
        "language": language,
        "direction": languages.direction(language),
        "home": reverse("home"),
        "language_offers": _offers(request),
    }
    return HttpResponse(render_to_string("public/error_500.html", words), status=500)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: signed in, but not for this."""
    return _error(request, "403")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: a request that no page of ours makes."""
    return _error(request, "400")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form was open too long or came from elsewhere; says how to send it again."""
    return _error(request, "csrf", status=403)


def no_protocol(request: HttpRequest) -> HttpResponse:
    """503: the house stands and no protocol has been loaded into it."""
    return _error(request, "503")


def _error(request: HttpRequest, name: str, more: dict[str, Any] | None = None, status: int = 0) -> HttpResponse:
    with override(_language(request)):
        words = {"language_offers": _offers(request), "is_error": True, **(more or {})}
        return render(request, f"public/error_{name}.html", words, status=status or int(name))


def _language(request: HttpRequest) -> str:
    """The language of the address where it names one of ours, else the browser's."""
    first = request.path.strip("/").partition("/")[0]
    return first if first in dict(settings.LANGUAGES) else get_language_from_request(request)


def _offers(request: HttpRequest) -> list[languages.Offer]:
    """The same address in each language; where it names no language, each language's home page."""
    first = request.path.strip("/").partition("/")[0]
    named = first in dict(settings.LANGUAGES)
    return languages.offers(request.get_full_path() if named else f"/{languages.of_page()}/")
