"""Tags of the staff pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms, template
from django.utils.text import capfirst

register = template.Library()


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


def _of_form(form: forms.BaseForm) -> Iterable[ErrorLink]:
    for name in form.errors:
        if name in form.fields:
            bound = form[name]
            for message in bound.errors:
                yield ErrorLink(str(capfirst(bound.label)), str(message), bound.auto_id)
