"""The comments below a record: what was said, and a form of its own for whoever may say something, also without changing the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.apps import apps
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partnership import commenting, languages, permissions
from partnership.middleware import current
from partnership.models import Comment, Decision, Membership

SHOWN = 20
"""So many of the latest stand open; earlier ones unfold."""
ANCHOR = "comments"


class CommentForm(forms.Form):
    """What is said, and in which language, so that everyone hears it read rightly."""

    text = forms.CharField(
        label=_("Your comment"),
        max_length=commenting.LONGEST,
        widget=forms.Textarea(attrs={"rows": "4", "dir": "auto"}),
        error_messages={"required": _("Write your comment first.")},
    )
    language = forms.ChoiceField(label=_("Written in"), choices=languages.required(), widget=forms.RadioSelect)
    back = forms.CharField(required=False, widget=forms.HiddenInput)

    prefix = "comment"


@dataclass(frozen=True)
class Panel:
    """Everything the panel shows. `form` is None for whoever only reads."""

    url: str
    earlier: Sequence[Comment]
    latest: Sequence[Comment]
    form: CommentForm | None

    @property
    def count(self) -> int:
        """How many comments there are."""
        return len(self.earlier) + len(self.latest)


def panel(request: HttpRequest, record: models.Model | None, form: CommentForm | None = None) -> Panel | None:
    """The panel below a record; None where there is none. Two queries, however many comments there are."""
    protocol = current(request)
    if record is None or protocol is None or not commenting.can_have_comments(record):
        return None
    if not permissions.may(request.user, "view", protocol, "partnership.comment"):
        return None
    said = list(commenting.about(record, protocol))
    writes = permissions.membership_for(request.user, "comment", protocol, record) is not None
    return Panel(address(record), said[:-SHOWN], said[-SHOWN:], (form or fresh_form(request)) if writes else None)


def fresh_form(request: HttpRequest) -> CommentForm:
    """An empty form, in the language of the page, that leads back to it."""
    return CommentForm(initial={"language": languages.current(), "back": request.path})


def address(record: models.Model) -> str:
    """Where a comment on a record is sent."""
    return reverse("admin:comment", args=[record._meta.app_label, record._meta.model_name, record.pk])


def urls(site: AdminSite) -> list[URLPattern]:
    """The address of comments, for the admin site."""
    page = site.admin_view(partial(_comments, site))
    return [path("comments/<slug:app_label>/<slug:model_name>/<path:key>/", page, name="comment")]


def _comments(site: AdminSite, request: HttpRequest, app_label: str, model_name: str, key: str) -> HttpResponse:
    """Say something about a record. What cannot be kept is given back as typed; opened by itself, the page shows what was said."""
    record = _record(site, request, app_label, model_name, key)
    form = fresh_form(request)
    if request.method == "POST":
        form = CommentForm(request.POST)
        by = _mandate(request, record)
        if form.is_valid() and _said(record, by, form):
            messages.success(request, gettext("Your comment stands below. It cannot be changed; you can add another."))
            return HttpResponseRedirect(f"{_back(request, record, form)}#{ANCHOR}")
    shown = {"title": _("Comments"), "subtitle": str(record), "record": record, "panel": panel(request, record, form)}
    return TemplateResponse(request, "admin/comments.html", {**site.each_context(request), **shown})


def _record(site: AdminSite, request: HttpRequest, app_label: str, model_name: str, key: str) -> Any:
    """The record, where the person may see it and it can have comments. Raises Http404."""
    try:
        model = apps.get_model(app_label, model_name)
    except LookupError as unknown:
        raise Http404 from unknown
    own = site._registry.get(model)
    if own is not None and own.has_view_permission(request):
        record = own.get_object(request, key)
    elif model is Decision and key.isdecimal():
        record = get_object_or_404(Decision.objects.for_protocol(_protocol(request)), pk=key)
    else:
        raise Http404
    if record is None or not commenting.can_have_comments(record):
        raise Http404
    return record


def _protocol(request: HttpRequest) -> Any:
    protocol = current(request)
    if protocol is None:
        raise Http404
    return protocol


def _mandate(request: HttpRequest, record: models.Model) -> Membership:
    found = permissions.membership_for(request.user, "comment", _protocol(request), record)
    if found is None:
        raise PermissionDenied
    return found


def _said(record: models.Model, by: Membership, form: CommentForm) -> bool:
    try:
        commenting.comment(record, by=by, text=form.cleaned_data["text"], language=form.cleaned_data["language"])
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return False
    return True


def _back(request: HttpRequest, record: models.Model, form: CommentForm) -> str:
    wanted = str(form.cleaned_data["back"])
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe else address(record)
