"""The page on which a published text is hidden at once, or shown again: every public text of a record and of its parts."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.apps import apps
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partnership import following, hiding, languages
from partnership.deciding_forms import WordsForm
from partnership.hiding import PublicText
from partnership.models import Membership
from partnership.models.hiding import notice
from partnership.opening_page import REFUSED, errors_of, mandates_for
from partnership.refusals import Refusal

FIELDS = {"reason": "words", "language": "language"}
"""At which field a rule is met, by its code."""


class HidingForm(WordsForm):
    """Why a text is hidden, in the words of whoever hides it: only staff of both communes read it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"].help_text = _("Only the staff of both communes read it.")


def urls(site: AdminSite) -> list[URLPattern]:
    """The address of hiding, for the admin site."""
    page = site.admin_view(partial(hide_texts, site))
    return [path("hiding/<str:label>/<str:key>/", page, name="hiding")]


def address(record: models.Model) -> str:
    """Where the texts of a record are hidden and shown."""
    return reverse("admin:hiding", args=[record._meta.label_lower, record.pk])


def hide_texts(site: AdminSite, request: HttpRequest, label: str, key: str) -> HttpResponse:
    """The public texts, each with its button; the one that was chosen, with the question why."""
    record = _record(site, request, label, key)
    mandates = mandates_for(request, "hide", record)
    rows = list(hiding.texts(record))
    asked = request.POST.get("text") or request.GET.get("text") or ""
    chosen = next((one for _row, its in rows for one in its if one.key == asked), None)
    is_hiding = request.method == "POST" and "show" not in request.POST
    form = HidingForm(request.POST if is_hiding else None, mandates=mandates)
    if request.method == "POST":
        if chosen is None:
            messages.warning(request, gettext("That text is not there any more. Choose one below."))
            return HttpResponseRedirect(address(record))
        done = (form.is_valid() and _hidden(chosen, form)) if is_hiding else _shown(request, chosen, mandates)
        if done:
            messages.success(request, _told(chosen, is_hiding=is_hiding))
            return HttpResponseRedirect(address(record))
    context = {
        **site.each_context(request),
        "title": _("Hide a text from the public"),
        "subtitle": str(record),
        "record": record,
        "change_address": reverse(f"admin:{record._meta.app_label}_{record._meta.model_name}_change", args=[record.pk]),
        "rows": rows,
        "chosen": None if chosen is not None and chosen.hiding else chosen,
        "is_public": hiding.is_public(record),
        "notice": str(notice(languages.current())),
        "form": form,
        "errors": list(errors_of(form)),
    }
    return TemplateResponse(request, "admin/hiding.html", context, status=REFUSED if request.method == "POST" else 200)


def _record(site: AdminSite, request: HttpRequest, label: str, key: str) -> Any:
    """The record, where the person may see it and it has texts that can be hidden. Raises Http404."""
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError) as unknown:
        raise Http404 from unknown
    own = site._registry.get(model)
    record = own.get_object(request, key) if own is not None and own.has_view_permission(request) else None
    if record is None or not hiding.has_public_texts(record):
        raise Http404
    return following.root_of(record)


def _hidden(chosen: PublicText, form: HidingForm) -> bool:
    words, language = form.cleaned_data["words"], form.cleaned_data["language"]
    try:
        hiding.hide(chosen.record, chosen.field, by=form.by, reason=words, language=language)
    except Refusal as refusal:
        form.refuse(refusal, FIELDS)
        return False
    return True


def _shown(request: HttpRequest, chosen: PublicText, mandates: list[Membership]) -> bool:
    try:
        hiding.show(chosen.record, chosen.field, by=mandates[0])
    except Refusal as refusal:
        messages.error(request, " ".join(refusal.messages))
        return False
    return True


def _told(chosen: PublicText, *, is_hiding: bool) -> str:
    if is_hiding:
        return gettext(
            "“%(field)s” is hidden. The public reads the notice in its place; the other commune is told by mail."
        ) % {"field": chosen.label}
    return gettext("The public reads “%(field)s” again; the other commune is told by mail.") % {"field": chosen.label}
