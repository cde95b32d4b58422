"""Translated texts side by side, always in the order ar, fr, nl, each column in its own language and direction [I10]."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget, RelatedFieldWidgetWrapper
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from partnership import drafting, languages, parity
from partnership.models import Protocol, Publishable

if TYPE_CHECKING:
    _Mixin = admin.ModelAdmin[Any]
    _ModelForm = forms.ModelForm[Any]
else:
    _Mixin, _ModelForm = object, forms.ModelForm

LINE_LENGTH = 120
"""Texts that may be longer get a box of several lines, so that a column shows them whole."""


def in_language(text: str | None, language: str) -> SafeString:
    """A text with its language and direction; a dash where there is none."""
    return format_html('<span lang="{}" dir="{}">{}</span>', language, languages.direction(language), text or "–")


@cache
def shown(model_label: str, field: str, language: str) -> Callable[[models.Model], SafeString]:
    """One language's text as it is shown where it cannot be changed. The same function for the same column, as the admin compares them."""

    def text(record: models.Model) -> SafeString:
        return in_language(getattr(record, parity.column(field, language)), language)

    text.__name__ = parity.column(field, language)
    text.short_description = lazy(parity.label, str)(apps.get_model(model_label), field, language)  # type: ignore[attr-defined]  # read by the admin
    return text


class OneLine(forms.CharField):
    """A text without line breaks, though it is typed into a box of several lines."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(parity.one_line(str(value)) if value else value)


class TextsForm(_ModelForm):
    """A form with texts in three languages, incomplete ones too.

    Of a record the public reads it shows, and writes, the drafts: they come before the public when their three languages stand [I10].
    """

    protocol: ClassVar[Protocol | None] = None
    """The protocol of a new record, set by the admin for the request."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.drafted: dict[str, str] = {}
        self._lay_drafts_over()
        if self.protocol is not None and self.instance._state.adding:
            self.instance.protocol = self.protocol
        if self.always_complete:
            for name in self._required_columns():
                if name in self.fields:
                    self.fields[name].required = True

    def _lay_drafts_over(self) -> None:
        if drafting.may_be_public(self.instance):
            columns = parity.text_columns(self._meta.model)
            self.initial.update({name: text for name, text in drafting.of(self.instance).items() if name in columns})

    def _post_clean(self) -> None:
        """What is written of a public record's texts waits as drafts; its columns stay as the public reads them."""
        waits = drafting.is_public(self.instance) or drafting.would_be_public(self.instance, self._texts())
        super()._post_clean()  # type: ignore[misc]  # Django's own hook, which the stubs leave out
        if waits:
            self._set_texts_aside()
        elif isinstance(self.instance, Publishable):
            self.instance.settle_readiness()

    def _texts(self) -> dict[str, str]:
        """What was typed into the columns of texts."""
        columns = parity.text_columns(self._meta.model) & self.cleaned_data.keys()
        return {name: self.cleaned_data[name] or "" for name in columns}

    def _set_texts_aside(self) -> None:
        self.drafted = self._texts()
        for name in self.drafted:
            setattr(self.instance, name, self.instance.remembered.get(name))

    def _save_m2m(self) -> None:
        super()._save_m2m()  # type: ignore[misc]  # Django's own hook, which the stubs leave out
        if self.drafted:
            drafting.keep(self.instance, self.drafted)

    @property
    def always_complete(self) -> bool:
        """Whether the model is never without its texts; its own constraint says so."""
        wanted = set(self._required_columns())
        return any(
            isinstance(constraint, models.CheckConstraint) and _columns(constraint.condition) == wanted
            for constraint in self._meta.model._meta.constraints
        )

    def _required_columns(self) -> list[str]:
        texts = getattr(self._meta.model, "REQUIRED_TEXTS", ())
        return [parity.column(field, code) for field in texts for code in settings.REQUIRED_LANGUAGES]

    def _get_validation_exclusions(self) -> set[str]:
        """Rules that name the protocol (a code stands once in it) are checked in the form, not by the database alone."""
        return set(super()._get_validation_exclusions()) - {"protocol"}  # type: ignore[misc]  # Django's own hook, which the stubs leave out

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if not self.always_complete:
            self._check_texts()
        return cleaned

    def _check_texts(self) -> None:
        for field in parity.translated_fields(self._meta.model):
            absent = self._absent(field)
            if not absent or not all(parity.column(field, code) in self.fields for code in absent):
                continue
            none_at_all = len(absent) == len(settings.REQUIRED_LANGUAGES)
            if none_at_all and field in self._first_texts():
                self.add_error(
                    parity.column(field, languages.current()),
                    ValidationError(_("Enter this text in at least one language."), code="no_text"),
                )

    def _first_texts(self) -> Sequence[str]:
        """The text by which a record is known, without which it cannot be saved even as a draft."""
        return tuple(getattr(self._meta.model, "REQUIRED_TEXTS", ()))[:1]

    def _absent(self, field: str) -> list[str]:
        names = {code: parity.column(field, code) for code in settings.REQUIRED_LANGUAGES}
        values = {code: self.cleaned_data.get(name, getattr(self.instance, name)) for code, name in names.items()}
        return [code for code, value in values.items() if not parity.has_text(value)]


def _columns(condition: Any) -> set[str]:
    """The columns that a condition asks for."""
    found: set[str] = set()
    for child in getattr(condition, "children", ()):
        if isinstance(child, tuple):
            found.add(str(child[0]).removesuffix("__isnull"))
        else:
            found |= _columns(child)
    return found


class SideBySide(_Mixin):
    """Expands each translated field of a form into one row of three columns."""

    left_to_right: ClassVar[Sequence[str]] = ("code", "email", "hostname")
    """Fields that hold codes or addresses, typed from left to right in Arabic too."""

    def get_fieldsets(self, request: HttpRequest, obj: Any | None = None) -> Any:
        return [
            (name, {**options, "fields": [self._row(row, request, obj) for row in options["fields"]]})
            for name, options in super().get_fieldsets(request, obj)
        ]

    def _row(self, row: Any, request: HttpRequest, obj: Any | None) -> Any:
        if not isinstance(row, str) or row not in self._translated():
            return row
        fixed = {getattr(name, "__name__", name) for name in self.get_readonly_fields(request, obj)}
        columns = [(code, parity.column(row, code)) for code in settings.REQUIRED_LANGUAGES]
        return tuple(shown(self.opts.label, row, code) if column in fixed else column for code, column in columns)

    def get_readonly_fields(self, request: HttpRequest, obj: Any | None = None) -> Any:
        """Columns of texts that cannot be changed are shown with their language and direction."""
        columns = {
            parity.column(field, code): shown(self.opts.label, field, code)
            for field in self._translated()
            for code in settings.REQUIRED_LANGUAGES
        }
        closed = obj is not None and not self.has_change_permission(request, obj)
        fixed = columns if closed else self.fixed_columns(request, obj)
        return [
            columns.get(name, name) if isinstance(name, str) else name
            for name in dict.fromkeys((*super().get_readonly_fields(request, obj), *fixed))
        ]

    def fixed_columns(self, request: HttpRequest, obj: Any | None) -> Sequence[str]:
        """Columns of this record that nobody changes here, for instance text_ar."""
        return ()

    def _translated(self) -> list[str]:
        return parity.translated_fields(self.model)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        language = getattr(db_field, "language", None)
        if language in settings.REQUIRED_LANGUAGES:
            return self._text_field(db_field, language)
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            self._direct(field, db_field)
        return field

    def _direct(self, field: forms.Field, db_field: Any) -> None:
        if isinstance(field.widget, RelatedFieldWidgetWrapper):
            # Beside a menu: see the record, add one. It is changed on its own page, where its rules are shown.
            field.widget.can_change_related = field.widget.can_delete_related = False
        if isinstance(db_field, models.DateField) or db_field.name in self.left_to_right:
            field.widget.attrs["dir"] = "ltr"

    def _text_field(self, db_field: Any, language: str) -> forms.Field:
        attrs = {"lang": language, "dir": languages.direction(language)}
        one_line = isinstance(db_field, models.CharField)
        if one_line and (db_field.max_length or 0) <= LINE_LENGTH:
            widget: forms.Widget = AdminTextInputWidget(attrs=attrs)
        else:
            rows = {"rows": "3" if one_line else "7", "cols": "30"}
            widget = AdminTextareaWidget(attrs={**attrs, **rows})
        field: forms.Field = db_field.formfield(
            widget=widget,
            label=parity.label(self.model, db_field.translated_field.name, language),
            **({"form_class": OneLine} if one_line else {}),
        )
        return field
