"""Filters of the public pages: texts that are whole in every language, sizes, values of indicators, counts of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import template
from django.conf import settings
from django.db.models import Model
from django.utils.html import format_html, format_html_join, linebreaks
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import pgettext

from evaluation.models import Indicator, Measure
from partnership import formats, languages, parity
from partnership.models.hiding import Notice
from partnership.templatetags.words import day, ltr, number
from transparency.presentation.activities import People
from transparency.presentation.register import Clock

register = template.Library()


@register.filter
def said(record: Model | None, field: str) -> str:
    """An optional text in the reader's language; nothing unless it stands in every required language [I10]."""
    if record is None:
        return ""
    texts: dict[str, Any] = {code: getattr(record, parity.column(field, code)) for code in settings.REQUIRED_LANGUAGES}
    return texts[languages.current()] or "" if all(map(parity.has_text, texts.values())) else ""


@register.filter
def paragraphs(text: str) -> SafeString | str:
    """A text in paragraphs; the notice that stands in place of a hidden one is shown as such."""
    if isinstance(text, Notice):
        return format_html("<p>{}</p>", text)
    return mark_safe(linebreaks(text, autoescape=True))  # nosec B308 B703: escaped there


@register.filter
def kilobytes(size: int) -> SafeString:
    """A file's size in kilobytes of 1000 bytes, rounded up, isolated: 340 kB."""
    return ltr(f"{formats.number(-(-size // 1000), languages.current())}\u00a0kB")


@register.filter
def measured(value: Decimal | None, indicator: Indicator) -> SafeString | str:
    """A value of an indicator: per cent where it is one, otherwise a number; a dash where there is none."""
    if value is None or indicator.measure != Measure.PERCENTAGE:
        return number(value)
    return ltr(formats.percent(value / 100, languages.current()))


@register.filter
def people(count: People) -> SafeString | str:
    """A number of people; the word where it is too small to be published, a dash where nobody counted."""
    if count.withheld:
        return format_html('<span class="quiet">{}</span>', pgettext("number of people", "not published"))
    return number(count.value)


@register.filter
def moment(clocks: Sequence[Clock]) -> SafeString:
    """A moment as both communes' clocks show it: 31 December 2025 · 06:00 (Jette) · 05:00 (Belfaa); each day once."""
    written = []
    for place, clock in enumerate(clocks):
        on = "" if place and clock.on == clocks[place - 1].on else f"{day(clock.on)} · "
        written.append((on, ltr(clock.time), clock.place))
    return format_html_join(" · ", "{}{} ({})", written)


@register.filter
def of(rows: Mapping[Any, Any], key: Any) -> Any:
    """What belongs to a key; nothing where there is none."""
    return rows.get(key, ())
