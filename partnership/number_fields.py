"""Form fields for numbers and dates as the three languages write them: any digits, any separators, no guessing.

Arabic-Indic digits (٠-٩, ۰-۹) and signs (٫ ٬), spaces of any width between groups, “1.234,56” and “5 يوليوز 2026” are read. One mark
followed by three digits, such as 1.234, has two readings. The page's language decides: its decimal mark (a comma in all three)
begins decimals, its grouping mark (a point in Arabic and Dutch) groups. What stays open is refused, never guessed: a point in French, whose
groups stand apart by a space; a point where the field itself takes three decimals or more, as an exchange rate does.
"""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from babel.dates import get_month_names
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.formats import get_format
from django.utils.translation import gettext_lazy as _

from partnership import formats
from partnership.normaliser import normalise

if TYPE_CHECKING:
    _Field = forms.Field
else:
    _Field = object

ANY_DIGITS = {ord(sign): str(value) for row in ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹") for value, sign in enumerate(row)}
_UNSEEN = dict.fromkeys(map(ord, "\u200e\u200f\u061c\u2066\u2067\u2068\u2069\ufeff"))
_DIGITS_AND_MINUS = {**ANY_DIGITS, **_UNSEEN, ord("\u2212"): "-"}
ARABIC_DECIMAL, ARABIC_GROUP = "٫", "٬"
_IN_GROUPS = re.compile(r"\d{1,3}(?:(?P<mark>[.,'٬\s])\d{3})(?:(?P=mark)\d{3})*")
_DAY_IN_WORDS = re.compile(r"(\d{1,2})(?:er|ère)?\s+(\D+?)\s+(\d{4})", re.IGNORECASE)
THREE_DIGITS = 3


def western(text: str) -> str:
    """The text with Western digits and a plain minus, without direction marks; otherwise as it was typed."""
    return text.translate(_DIGITS_AND_MINUS).strip()


def read_number(text: str, decimals: int | None) -> str:
    """A number as Python reads it, for a field with so many decimals (None for any number of them); the page's language decides.

    Raises ValidationError for what is no number, or could be two.
    """
    typed = western(text)
    sign, body = (typed[0], typed[1:].strip()) if typed[:1] in {"-", "+"} else ("", typed)
    whole, mark, rest = _split(body, decimals)
    grouped = _IN_GROUPS.fullmatch(whole)
    if grouped and grouped["mark"] != mark:
        whole = re.sub(r"\D", "", whole)
    if not re.fullmatch(r"[0-9]+", whole) or not re.fullmatch(r"[0-9]*", rest) or (mark and not rest):
        raise ValidationError(
            _("“%(typed)s” is no number. Write it for instance as 1234,56."), code="invalid", params={"typed": text}
        )
    return f"{sign}{whole}.{rest}" if rest else f"{sign}{whole}"


def _split(body: str, decimals: int | None) -> tuple[str, str, str]:
    """What stands before the decimal mark, the mark, and what stands after it."""
    marks = [character for character in body if character in f".,{ARABIC_DECIMAL}"]
    if ARABIC_DECIMAL in marks:
        return body.partition(ARABIC_DECIMAL)
    if not marks or (len(marks) > 1 and len(set(marks)) == 1):
        return body, "", ""
    last = marks[-1]
    before, _mark, after = body.rpartition(last)
    if len(marks) == 1 and _could_group(before, after) and not _begins_decimals(body, last, decimals):
        return body, "", ""
    return before, last, after


def _could_group(before: str, after: str) -> bool:
    return bool(re.fullmatch(r"[1-9]\d{0,2}", before)) and len(after) == THREE_DIGITS


def _begins_decimals(body: str, mark: str, decimals: int | None) -> bool:
    """Whether the only mark of a number, three digits before its end, begins decimals; not, if it groups. Raises where neither is sure."""
    takes_three = decimals is None or decimals >= THREE_DIGITS
    if mark == get_format("DECIMAL_SEPARATOR") and takes_three:
        return True
    if mark == get_format("THOUSAND_SEPARATOR") and not takes_three:
        return False
    raise ValidationError(
        _(
            "“%(typed)s” can be read in two ways. Write %(whole)s if it is a whole number; write decimals after a comma, "
            "no more of them than are asked for."
        ),
        code="ambiguous",
        params={"typed": body, "whole": re.sub(r"\D", "", body)},
    )


def read_day(text: str) -> str:
    """A day as it was typed, or year-month-day where the month is written in words: 5 يوليوز 2026, 1er août 2026, 5 juli 2026."""
    typed = western(text)
    found = _DAY_IN_WORDS.fullmatch(typed)
    month = _months().get(normalise(found[2])) if found else None
    return f"{found[3]}-{month:02d}-{int(found[1]):02d}" if found and month else typed


@cache
def _months() -> dict[str, int]:
    """The number of each month by its name in each of our languages."""
    return {
        normalise(name): number
        for locale in formats.LOCALES.values()
        for number, name in get_month_names("wide", locale=locale).items()
    }


def read_moment(text: str) -> str:
    """A day and an hour as they were typed, in Western digits and without a comma between them."""
    return re.sub(r"\s+", " ", re.sub(r"\s*[،,]\s*", " ", western(text)))


class _Figure(_Field):
    """A box that takes whatever a keyboard writes: a browser's own number box refuses Arabic-Indic digits and the comma."""

    widget = forms.TextInput
    keyboard = "numeric"

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        box = {} if widget.is_hidden else {"inputmode": self.keyboard, "dir": "ltr", "class": "figure"}
        return {**super().widget_attrs(widget), **box}


class WholeNumber(_Figure, forms.IntegerField):
    """A whole number."""

    def to_python(self, value: Any) -> int | None:
        return super().to_python(read_number(value, 0) if isinstance(value, str) and value.strip() else value)


class Figure(_Figure, forms.DecimalField):
    """A number with decimals, shown with the comma of the page's language."""

    keyboard = "decimal"

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "localize": True})

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # the stubs read forms.DecimalField as a whole number
        if isinstance(value, str) and value.strip():
            value = Decimal(read_number(value, self.decimal_places))
        return super().to_python(value)


class Day(forms.DateField):
    """A day, in figures or with its month in words."""

    def to_python(self, value: Any) -> datetime.date | None:
        return super().to_python(read_day(value) if isinstance(value, str) else value)


class Hour(forms.TimeField):
    """A time of day."""

    def to_python(self, value: Any) -> datetime.time | None:
        return super().to_python(western(value) if isinstance(value, str) else value)


class Moment(forms.DateTimeField):
    """A day and a time of day in one box."""

    def to_python(self, value: Any) -> datetime.datetime | None:
        return super().to_python(read_moment(value) if isinstance(value, str) else value)


def options_for(db_field: Any) -> dict[str, Any]:
    """How a column of numbers, days or hours is asked for in any form; nothing for other columns and for menus."""
    if db_field.choices or db_field.remote_field:
        return {}
    return next((dict(options) for column, options in _BY_COLUMN if isinstance(db_field, column)), {})


_BY_COLUMN: tuple[tuple[type[models.Field[Any, Any]], dict[str, Any]], ...] = (
    (models.DecimalField, {"form_class": Figure, "widget": forms.TextInput}),
    (models.IntegerField, {"form_class": WholeNumber, "widget": forms.TextInput}),
    (
        models.DateTimeField,
        {"form_class": Moment, "widget": forms.DateTimeInput},
    ),  # before the day, of which it is one more sort to Django
    (models.DateField, {"form_class": Day}),
    (models.TimeField, {"form_class": Hour}),
)
