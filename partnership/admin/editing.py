"""Editing together in the admin: a form says which version it was opened from, and nobody overwrites another unseen [I14].

A save takes the root's lock first. Whatever refuses it, up to the last rule about the whole record, undoes all of it and gives
the form back as it was typed. What two people changed they choose from
in partnership/admin/conflict.py.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partnership import editing, history, locks, page_numbers, permissions
from partnership.admin.conflict import CHOOSING, Conflict
from partnership.admin.history import PER_PAGE, Told, changes_of
from partnership.admin.opened import (
    form_token,
    note_saved,
    note_version,
    noted_version,
    opened_at,
    opened_version,
    say_saved,
    version_before,
    with_line_ends,
)
from partnership.history import Root
from partnership.middleware import current
from partnership.models import Change, Decision, Recorded
from partnership.refusals import Refusal

if TYPE_CHECKING:
    _Mixin = admin.ModelAdmin[Any]
else:
    _Mixin = object


class EditingTogether(_Mixin):
    """The admin of records that several people edit. What it does concerns recorded models only."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """A save stands as a whole or not at all; a refusal gives the form back as it was typed."""
        if not issubclass(self.model, Recorded):
            return super().changeform_view(request, object_id, form_url, extra_context)
        if request.method != "POST":
            if self.model.ROOT:
                note_version(request, version_before(self.model, object_id))
            return super().changeform_view(request, object_id, form_url, extra_context)
        request.POST = with_line_ends(request.POST)  # type: ignore[assignment]  # as Django itself sets it
        try:
            with transaction.atomic(), history.one_version():
                answer = self._settle(request, object_id)
                answer = answer or super().changeform_view(request, object_id, form_url, extra_context)
            say_saved(request, answer)
            return answer
        except ValidationError as refusal:
            request._refusal = refusal  # type: ignore[attr-defined]  # read by get_form for the same request
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(self, request: HttpRequest, obj: Any | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        refusal: ValidationError | None = getattr(request, "_refusal", None)
        return form if refusal is None else refused(form, refusal, list(request.FILES))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        versions = (opened_version(request), noted_version(request), getattr(context.get("original"), "version", None))
        context |= {
            "version": next((version for version in versions if version is not None), None),
            "opened_at": opened_at(request),
            "form_token": "" if context.get("is_popup") else form_token(request),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    # Writing

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """First the lock: of the root a part hangs under, also of the one it is moved to."""
        if isinstance(obj, Recorded) and obj.ROOT:
            editing.lock(history.root_of(obj))
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Last the rules about the record as a whole, once every row is written."""
        super().save_related(request, form, formsets, change)
        if isinstance(form.instance, Recorded):
            check(form.instance)
        note_saved(request)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Under the root's lock; what a decision is about stays."""
        with transaction.atomic(), history.one_version():
            self._delete_locked([obj], lambda: super(EditingTogether, self).delete_model(request, obj))

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        """All of them or none."""
        with transaction.atomic(), history.one_version():
            self._delete_locked(list(queryset), lambda: super(EditingTogether, self).delete_queryset(request, queryset))

    def _delete_locked(self, records: list[Any], delete: Callable[[], None]) -> None:
        recorded = [record for record in records if isinstance(record, Recorded)]
        roots = editing.lock_all(history.root_of(record) for record in recorded)
        for record in recorded:
            refuse_if_decided(record)
        delete()
        check_standing(roots)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        try:
            with transaction.atomic():
                return super().delete_view(request, object_id, extra_context)
        except ValidationError as refusal:
            self.message_user(request, " ".join(refusal.messages), messages.ERROR)
            return HttpResponseRedirect(self.address_of(unquote(object_id)))

    def response_action(self, request: HttpRequest, queryset: models.QuerySet[Any], *place: Any, **options: Any) -> Any:
        """An action on several records stands as a whole; a refusal says why on the list."""
        try:
            with transaction.atomic():
                chosen = self._lock_chosen(request, queryset)
                answer = super().response_action(request, queryset, *place, **options)
                check_standing(chosen)
                return answer
        except ValidationError as refusal:
            self.message_user(request, " ".join(refusal.messages), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def _lock_chosen(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> list[Root]:
        if not issubclass(self.model, Recorded):
            return []
        chosen = request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)
        rows = queryset if request.POST.get("select_across") == "1" else queryset.filter(pk__in=chosen)
        return list(editing.lock_all(history.root_of(record) for record in rows))

    # Reading

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> TemplateResponse:
        """What people changed in the record. Out of reach, it is not there."""
        record = self.get_object(request, unquote(object_id))
        protocol = current(request)
        if record is None or protocol is None or not self.has_view_or_change_permission(request, record):
            raise Http404
        if not permissions.may(request.user, "view", protocol, "partnership.change"):
            raise Http404
        inlines = self.get_inline_instances(request, record)
        changes = changes_of(record, inlines) if isinstance(record, Recorded) else Change.objects.none()
        rows = changes.select_related("by", "content_type").order_by("-pk")
        page = self.get_paginator(request, rows, PER_PAGE).get_page(request.GET.get(PAGE_VAR))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("History"),
            "heading": self.heading(record),  # type: ignore[attr-defined]  # of every scoped admin
            "saves": Told(record, page, request, self).saves() if page.object_list else [],
            "recorded": isinstance(record, Recorded),
            "pages": page_numbers.links(page, lambda number: f"?{PAGE_VAR}={number}"),
            "object": record,
            "opts": self.opts,
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/object_history.html", context)

    # Django's own log names people and records in words that nobody could erase: the history is enough.

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        return None

    # Two people

    def _settle(self, request: HttpRequest, object_id: str | None) -> Any:
        """What to answer before anything is written: nothing where the save may go on, else the page on which to choose."""
        if object_id is None:
            return None
        record = self.get_object(request, unquote(object_id))
        if record is None:
            return None
        if not self.has_change_permission(request, record):
            raise PermissionDenied
        root = history.root_of(record)
        version = editing.lock(root)
        note_version(request, version)
        opened = opened_version(request)
        if opened is None:
            raise Refusal(NO_VERSION, code="version")
        if CHOOSING in request.POST or opened != version:
            return Conflict(self, request, root, opened, version).answer(self.get_object(request, unquote(object_id)))
        return None

    def unbound(self, request: HttpRequest, record: Any) -> tuple[Any, list[Any]]:
        """The record's form and its editable rows as they stand."""
        reading = copy.copy(request)
        reading.method = "GET"
        fields = flatten_fieldsets(self.get_fieldsets(request, record))
        form = self.get_form(request, record, change=True, fields=fields)(instance=record)
        formsets, inlines = self._create_formsets(reading, record, change=True)  # type: ignore[attr-defined]  # Django's own
        editable = [
            formset
            for formset, inline in zip(formsets, inlines, strict=True)
            if inline.has_change_permission(request, record)
        ]
        return form, editable

    def address_of(self, object_id: object, act: str = "change") -> str:
        """Of a record's page for an act: change, history."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{act}", args=[object_id])


CHOOSE_AGAIN = _("A browser does not hand a file back: choose it again.")
NO_VERSION = _(
    "This page did not say which version of the record it shows. Compare what you typed with what stands, and save again."
)


def refused(
    form: type[forms.ModelForm[Any]], refusal: ValidationError, files: Iterable[str]
) -> type[forms.ModelForm[Any]]:
    """The form with a refusal at its top, or at the fields it names; a file cannot be given back, which its field says."""

    class Refused(form):  # type: ignore[misc,valid-type]  # made by Django for the request
        def full_clean(self) -> None:
            super().full_clean()
            if self.is_bound:
                for name, errors in spread(self, refusal).items():
                    self.add_error(name, errors)
                for name in {*files} & {*self.fields}:
                    self.add_error(name, ValidationError(CHOOSE_AGAIN, code="file_again"))

    return Refused


def spread(form: forms.BaseForm, refusal: ValidationError) -> dict[str | None, Any]:
    """A refusal's errors by the form's field they belong to; what names no field of it stands at the top."""
    if not hasattr(refusal, "error_dict"):
        return {None: refusal}
    found: dict[str | None, Any] = {}
    for name, errors in refusal.error_dict.items():
        own = name if name in form.fields and name != NON_FIELD_ERRORS else None
        found.setdefault(own, []).extend(errors)
    return found


def check(record: Recorded) -> None:
    """The rules about a record as a whole, and about the root it hangs under. Raises Refusal."""
    root = history.root_of(record)
    if record.ROOT:
        locks.check(root.rows.get())
    locks.check(record)


def check_standing(roots: Iterable[Root]) -> None:
    """The rules about each of these roots that still stands. Raises Refusal."""
    for root in roots:
        for record in root.rows:
            locks.check(record)


def refuse_if_decided(record: Recorded) -> None:
    """What a decision is about is never deleted [I4]. Raises Refusal."""
    if Decision.objects.on(record).exists():
        raise Refusal(
            _("“%(record)s” is not deleted: the two communes decided about it, or were asked to (rule I4)."),
            code="I4",
            params={"record": str(record)},
        )
