"""Tags of the staff pages."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms, template
from django.utils import timezone
from django.utils.text import capfirst

from partnership import formats, languages
from partnership.models import Signature

register = template.Library()


@register.filter
def local_day(moment: datetime.datetime) -> str:
    """The date of a moment where the person acts, with the month in words."""
    return formats.day(timezone.localdate(moment), languages.current())


@register.filter
def function_under(signature: Signature) -> str:
    """In which function someone signed, in the reader's language."""
    return signature.functions[languages.current()]


@dataclass(frozen=True)
class ErrorLink:
    """One error of a long form: the field's name, what is wrong, and where it stands."""

    label: str
    message: str
    anchor: str


@register.simple_tag
def error_links(adminform: Any, inlines: Iterable[Any]) -> list[ErrorLink]:
    """Every field of a form and its rows that was refused, in the order of the page, so that one click leads there."""
    links = list(_of_form(adminform.form))
    for inline in inlines:
        for form in inline.formset.forms:
            links += _of_form(form)
    return links


@dataclass(frozen=True)
class Section:
    """One part of a long form: its name, where it begins, how many rows it has (None for fields), how many errors."""

    label: str
    anchor: str
    rows: int | None
    errors: int


@register.simple_tag
def form_sections(adminform: Any, inlines: Iterable[Any]) -> list[Section]:
    """The parts of a form in the order of the page."""
    parts = [
        Section(
            str(fieldset.name),
            f"fieldset-0-{number}-heading",
            None,
            sum(name in adminform.form.errors for line in fieldset for name in line.fields),
        )
        for number, fieldset in enumerate(adminform)
        if fieldset.name
    ]
    return parts + [_inline_section(inline) for inline in inlines]


def _inline_section(inline: Any) -> Section:
    formset = inline.formset
    errors = sum(len(form.errors) for form in formset.forms) + len(formset.non_form_errors())
    label = str(capfirst(str(inline.opts.verbose_name_plural)))
    return Section(label, f"{formset.prefix}-group", formset.initial_form_count(), errors)


def _of_form(form: forms.BaseForm) -> Iterable[ErrorLink]:
    for name in form.errors:
        if name in form.fields:
            bound = form[name]
            for message in bound.errors:
                yield ErrorLink(str(capfirst(bound.label)), str(message), bound.auto_id)
