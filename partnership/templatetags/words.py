"""Filters and tags of every template: numbers, money and dates as the reader's language writes them, and isolation of Latin runs."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.conf import settings
from django.db.models import Model
from django.utils.html import format_html
from django.utils.safestring import SafeString

from partnership import formats, languages, parity

register = template.Library()


@register.filter
def ltr(value: object) -> SafeString:
    """A code, range, address or amount in an isolated run whose direction is stated (automatic direction turns ranges round)."""
    return format_html('<bdi dir="ltr">{}</bdi>', value)


@register.filter
def number(value: Decimal | int | float | None, decimals: int | None = None) -> SafeString | str:
    """A number in the reader's language, isolated; a dash where there is none."""
    return "–" if value is None else ltr(formats.number(value, languages.current(), decimals))


@register.filter
def percent(value: Decimal | float | None) -> SafeString | str:
    """A share between 0 and 1 as whole per cent, isolated; a dash where there is none."""
    return "–" if value is None else ltr(formats.percent(value, languages.current()))


@register.simple_tag
def money(amount: Decimal | None, currency: str) -> SafeString | str:
    """An amount with its currency; the figure is isolated, an Arabic currency word is not."""
    if amount is None:
        return "–"
    language = languages.current()
    if language == "ar":
        word = formats.CURRENCY_WORDS["ar"][currency]
        return format_html('<span class="money">{} {}</span>', ltr(formats.number(amount, language, 0)), word)
    return format_html('<span class="money">{}</span>', ltr(formats.money(amount, currency, language)))


@register.filter(expects_localtime=True)
def day(value: datetime.date | None) -> str:
    """A date with the month in words; a dash where there is none."""
    return "–" if value is None else formats.day(value, languages.current())


@register.filter
def month(value: datetime.date | None) -> str:
    """A month and year in words; a dash where there is none."""
    return "–" if value is None else formats.month(value, languages.current())


@register.simple_tag
def text(record: Model, field: str) -> SafeString | str:
    """A translated text in the reader's language; where it is missing, another language's, marked as such with its own lang and dir."""
    here = languages.of_page()
    own: Any = getattr(record, parity.column(field, here))
    if parity.has_text(own):
        return own  # type: ignore[no-any-return]  # as it is: the notice of a hidden text shows itself as one
    for code in dict.fromkeys((languages.current(), *settings.REQUIRED_LANGUAGES)):
        other: Any = getattr(record, parity.column(field, code))
        if parity.has_text(other):
            return format_html('<span lang="{}" dir="{}">{}</span>', code, languages.direction(code), other)
    return ""
