"""Columns of the admin's lists: texts in their language, states as a tag with a word and a sign, codes from left to right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import label_for_field
from django.db import models
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from partnership import searching
from partnership.templatetags import words

Column = Callable[[Any], Any]
GOOD, ATTENTION, BAD, PLAIN = "good", "attention", "bad", "plain"


def text_column(model: type[models.Model], field: str) -> Column:
    """A translated text: the reader's language, or another one marked as such. Sorted by the reader's language."""

    @admin.display(description=heading(model, field), ordering=searching.Normalised(searching.InReadersLanguage(field)))
    def column(record: models.Model) -> str:
        return words.text(record, field) or "–"

    column.__name__ = field
    return column


def heading(model: type[models.Model], field: str) -> Any:
    """A field's own name."""
    return model._meta.get_field(field).verbose_name  # type: ignore[union-attr]  # a translated field is no relation


def tag(word: Any, tone: str) -> SafeString:
    """A state: its word, a sign and a colour, never the colour alone. The tone is good, attention, bad or plain."""
    return format_html('<span class="tag tag-{}">{}</span>', tone, word)


def tag_column(field: str, tones: Mapping[Any, str], description: Any) -> Column:
    """A choice shown as a tag. Values that `tones` does not name are plain."""

    @admin.display(description=description, ordering=field)
    def column(record: Any) -> SafeString:
        return tag(getattr(record, f"get_{field}_display")(), tones.get(getattr(record, field), PLAIN))

    column.__name__ = field
    return column


def code(value: object) -> SafeString:
    """A code, digest or address: fixed width, from left to right."""
    return format_html('<bdi dir="ltr" class="code">{}</bdi>', value)


@cache
def code_column(model_label: str, field: str) -> Column:
    """A column of codes or addresses. The same function for the same field, as the admin compares them."""
    model: Any = apps.get_model(model_label)
    described: Any = label_for_field(field, model)

    @admin.display(description=described, ordering=field if _is_stored(model, field) else None)
    def column(record: Any) -> SafeString | str:
        value = getattr(record, field)
        return code(value) if value else "–"

    column.__name__ = field
    return column


def _is_stored(model: type[models.Model], field: str) -> bool:
    return field in {column.name for column in model._meta.fields}


def isolated(value: object) -> str:
    """A code within a plain sentence, such as a message or a title: from left to right in a right-to-left line too."""
    return f"\u2066{value}\u2069"


def record_link(record: models.Model | None, text: object = None) -> SafeString | str:
    """A link to a record's form in the admin; a dash for none."""
    if record is None:
        return "–"
    name = f"admin:{record._meta.app_label}_{record._meta.model_name}_change"
    return format_html('<a href="{}">{}</a>', reverse(name, args=[record.pk]), record if text is None else text)
