"""What a form carries of the version it was opened from."""

from __future__ import annotations

import re
import secrets

from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone

from partnership.models import Recorded

VERSION, OPENED_AT, FORM = "_version", "_opened_at", "_form"


def with_line_ends(sent: QueryDict) -> QueryDict:
    """What was sent with one kind of line end: browsers send two characters where a text may hold one."""
    data = sent.copy()
    for name, values in data.lists():
        data.setlist(name, [value.replace("\r\n", "\n") for value in values])
    return data


def opened_version(request: HttpRequest) -> int | None:
    """The version the form was opened from; None where it does not say so."""
    said = request.POST.get(VERSION, "")
    return int(said) if said.isdecimal() and len(said) < 10 else None


def opened_at(request: HttpRequest) -> int:
    """When the form was opened, in seconds since 1970."""
    said = request.POST.get(OPENED_AT, "")
    return int(said) if said.isdecimal() and len(said) < 12 else int(timezone.now().timestamp())


def form_token(request: HttpRequest) -> str:
    """The name of one opened form, under which a browser keeps what is typed into it until it is saved."""
    said = request.POST.get(FORM, "")
    return said if re.fullmatch(r"[0-9a-f]{16}", said) else secrets.token_hex(8)


def note_version(request: HttpRequest, version: int | None) -> None:
    """Keep with the request the version that a form of it shows."""
    request._version = version  # type: ignore[attr-defined]  # kept with the request it was read for


def noted_version(request: HttpRequest) -> int | None:
    """The version kept with the request."""
    return getattr(request, "_version", None)


def version_before(model: type[Recorded], object_id: str | None) -> int | None:
    """The version of a record's root, read before the record is: what is read later can only be newer, never older."""
    if object_id is None:
        return None
    way = f"{model.ROOT}__version" if model.ROOT else "version"
    try:
        return model._base_manager.filter(pk=unquote(object_id)).values_list(way, flat=True).first()
    except (ValidationError, ValueError):
        return None


def note_saved(request: HttpRequest) -> None:
    """Keep with the request that its form was written."""
    request._saved = True  # type: ignore[attr-defined]  # kept with the request it is true of


def say_saved(request: HttpRequest, answer: HttpResponse) -> None:
    """Tell the browser, by a cookie that its script reads once, that it need not keep this form's text any longer."""
    if getattr(request, "_saved", False) and FORM in request.POST:
        answer.set_cookie(f"saved-{form_token(request)}", "1", max_age=300, secure=request.is_secure(), samesite="Lax")
