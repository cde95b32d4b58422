"""Parity of languages [I10]: what the programme says in its own name stands in every required language or nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any

from django.conf import settings
from django.db.models import Model, Q
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext
from modeltranslation.translator import translator

from partnership.refusals import Refusal

LANGUAGE_NAMES: dict[str, str | Promise] = {
    "ar": _("Arabic"),
    "fr": _("French"),
    "nl": _("Dutch"),
    **dict(settings.FURTHER_LANGUAGES),
}
"""Every language a text can stand in, with its name; one that is not required keeps nothing from being published."""
INVISIBLE = "\u200e\u200f\u2066\u2067\u2068\u2069\u00a0\u202f"


@dataclass(frozen=True)
class Gap:
    """One text that is missing: the field, its label, and the language code (ar, fr, nl)."""

    field: str
    label: str | Promise
    language: str


def column(field: str, language: str) -> str:
    """The database column that holds a translated field in one language, for instance title_ar."""
    return f"{field}_{language}"


def complete(*fields: str) -> Q:
    """The condition that every field stands in every required language; NULL and empty both count as missing."""
    columns = [column(field, language) for field in fields for language in settings.REQUIRED_LANGUAGES]
    return reduce(and_, (Q(**{f"{name}__isnull": False}) & ~Q(**{name: ""}) for name in columns))


def complete_or_absent(*fields: str) -> Q:
    """The condition that each optional field stands in every required language or in none."""
    return reduce(and_, (complete(field) | _absent(field) for field in fields))


def _absent(field: str) -> Q:
    columns = [column(field, language) for language in settings.REQUIRED_LANGUAGES]
    return reduce(and_, (Q(**{f"{name}__isnull": True}) | Q(**{name: ""}) for name in columns))


def incomplete(model: type[Model]) -> Q:
    """The condition that a record's texts cannot be published yet: `missing` as a question to the database."""
    required = getattr(model, "REQUIRED_TEXTS", ())
    optional = [field for field in translated_fields(model) if field not in required]
    whole = complete(*required)
    return ~(whole & complete_or_absent(*optional) if optional else whole)


def label(model: type[Model], field: str, language: str) -> str:
    """The name of one column of a row of texts: “Title, Arabic”."""
    return pgettext("label of one language's text", "%(field)s, %(language)s") % {
        "field": capfirst(str(model._meta.get_field(field).verbose_name)),  # type: ignore[union-attr]  # a translated field is no relation
        "language": LANGUAGE_NAMES[language],
    }


BETWEEN_WORDS = re.compile(r"[ \t\n\r\f\v\x1c-\x1e\x85\u2028\u2029]+")


def one_line(text: str) -> str:
    """A text without line breaks or spaces around it. No-break spaces, which French asks for before its signs, stay as they are."""
    return BETWEEN_WORDS.sub(" ", text).strip(" ")


def has_text(value: str | None) -> bool:
    """Whether a value says anything: not empty, not only spaces or direction marks."""
    return bool(value and value.strip().strip(INVISIBLE).strip())


def translated_fields(model: type[Model]) -> list[str]:
    """Names of the model's translated fields, in the model's own order; none for a model without any."""
    if model not in translator.get_registered_models():
        return []
    translated = set(translator.get_options_for_model(model).all_fields)  # a set of the library's, in no order
    return [field.name for field in model._meta.fields if field.name in translated]


def text_columns(model: type[Model]) -> set[str]:
    """The columns of the model's texts in the required languages, for instance title_ar."""
    return {column(field, code) for field in translated_fields(model) for code in settings.REQUIRED_LANGUAGES}


def missing(record: Model, fields: Iterable[str] | None = None) -> list[Gap]:
    """Texts the record lacks for publication, by field and language; empty when it is complete.

    A field that is required (the model's REQUIRED_TEXTS) must stand in every required language; an optional one in all or in none.
    """
    required = set(getattr(record, "REQUIRED_TEXTS", ()))
    gaps: list[Gap] = []
    for field in fields if fields is not None else translated_fields(type(record)):
        gaps.extend(_gaps_of(record, field, required=field in required))
    return gaps


def gap_refusal(gap: Gap) -> Refusal:
    """The rule that a missing text breaks, naming the text and the language."""
    return Refusal(
        _("“%(field)s” is missing in %(language)s. All three languages are published together or not at all."),
        code="I10",
        params={"field": gap.label, "language": LANGUAGE_NAMES[gap.language]},
    )


def _gaps_of(record: Model, field: str, *, required: bool) -> list[Gap]:
    absent = [code for code in settings.REQUIRED_LANGUAGES if not has_text(getattr(record, column(field, code)))]
    if not required and len(absent) == len(settings.REQUIRED_LANGUAGES):
        return []
    label: Any = getattr(record._meta.get_field(field), "verbose_name", field)
    return [Gap(field, label, code) for code in absent]
