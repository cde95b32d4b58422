"""Filters of the report's templates: texts with their foreign runs isolated, values of indicators, names of choices."""

from __future__ import annotations

import datetime
import math
import re
from decimal import Decimal
from typing import Any

from django import template
from django.db.models import TextChoices
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

from evaluation.models import IndicatorLevel, Measure
from partnership import formats, languages
from partnership.templatetags.words import ltr
from projects.models import ActivityKind, ActivityState, Capacity, Category, Phase, ProjectState
from transparency.reports.reading import Foreign

register = template.Library()

CHOICES: dict[str, type[TextChoices]] = {
    "activity": ActivityState,
    "activity_kind": ActivityKind,
    "capacity": Capacity,
    "category": Category,
    "level": IndicatorLevel,
    "phase": Phase,
    "project": ProjectState,
}
_LETTER = "A-Za-z0-9À-ɏ"
_LATIN = re.compile(
    rf"[{_LETTER}](?:[{_LETTER}./:_@&'’%–—=+\-,\u202f]*[{_LETTER}%])?(?: [A-Za-zÀ-ɏ](?:[{_LETTER}.’'\-]*[{_LETTER}])?)*"
)
_ARABIC = re.compile(r"[\u0600-\u06FF\u0750-\u077F](?:[\u0600-\u06FF\u0750-\u077F\s]*[\u0600-\u06FF\u0750-\u077F])?")


@register.filter
def prose(value: object) -> SafeString:
    """A text as it was written, its runs of the other script isolated; a text in another language carries its lang and dir."""
    if not isinstance(value, Foreign):
        return isolated(str(value), languages.direction(languages.current()))
    side = languages.direction(value.language)
    return format_html('<span lang="{}" dir="{}">{}</span>', value.language, side, isolated(value, side))


def isolated(text: str, side: str) -> SafeString:
    """The text, escaped, with each run that reads the other way in an isolate of its own direction."""
    foreign, inside = (_LATIN, "ltr") if side == "rtl" else (_ARABIC, "rtl")
    pieces: list[Any] = []
    end = 0
    for run in foreign.finditer(text):
        pieces += [text[end : run.start()], format_html('<bdi dir="{}">{}</bdi>', inside, run[0])]
        end = run.end()
    return format_html_join("", "{}", ((piece,) for piece in [*pieces, text[end:]]))


@register.filter
def label(code: str, kind: str) -> str:
    """The name of a choice in the reader's language; a code this release no longer knows stands for itself."""
    choices = CHOICES[kind]
    return str(choices(code).label) if code in choices.values else code


@register.filter
def amount(money: dict[str, Decimal], currency: str) -> SafeString:
    """A sum in one of the two currencies, as a figure without its unit, in whole euros or dirhams."""
    return ltr(formats.number(money[currency], languages.current(), 0))


@register.filter
def unit(currency: str) -> SafeString | str:
    """What stands beside or over figures in a currency: its word in Arabic, its code elsewhere, isolated."""
    language = languages.current()
    return formats.CURRENCY_WORDS["ar"][currency] if language == "ar" else ltr(currency)


@register.filter
def units(currencies: tuple[str, str]) -> SafeString:
    """Both units in the reader's order, for a heading over figures in both."""
    return format_html("{} / {}", *(unit(currency) for currency in currencies))


@register.filter
def unit_and_other(money: dict[str, Decimal], currencies: tuple[str, str]) -> SafeString:
    """What follows a sum's figure in the first currency: its unit and, in brackets, the sum in the second."""
    first, second = currencies
    return format_html("{} ({}\u00a0{})", unit(first), amount(money, second), unit(second))


@register.filter
def whole(value: Decimal) -> int:
    """A number rounded up, by which a plural is chosen."""
    return math.ceil(value)


@register.filter
def share_of(part: dict[str, Decimal], whole: dict[str, Decimal]) -> Decimal | None:
    """Part over whole in euros (or in dirhams where there are no euros); None where nothing is planned."""
    for currency in ("EUR", "MAD"):
        if whole[currency]:
            return part[currency] / whole[currency]
    return None


@register.filter
def reading(indicator: dict[str, Any], which: str) -> SafeString | str:
    """An indicator's baseline, target or latest value as it may be published: a figure, words, or that it is withheld or missing."""
    if which == "latest" and indicator["withheld"]:
        return pgettext("count of people", "not published")
    value = indicator[which]
    if value is None:
        return "–"
    if indicator["measure"] == Measure.QUALITATIVE:
        return prose(value["statement"]) if value["statement"] else "–"
    return _figure(value["value"], indicator["measure"])


def _figure(value: Decimal | None, measure: str) -> SafeString | str:
    if value is None:
        return "–"
    language = languages.current()
    figure = formats.number(value, language)
    return ltr(formats.percent(0, language).replace("0", figure) if measure == Measure.PERCENTAGE else figure)


@register.filter
def people(count: int | None, withheld: bool) -> SafeString | str:
    """A count of people: a figure, the words "not published" where it was withheld, a dash where nobody was counted."""
    if count is None:
        return pgettext("count of people", "not published") if withheld else "–"
    return ltr(formats.number(count, languages.current()))


@register.filter
def day_without_year(value: datetime.date, following: datetime.date) -> str:
    """The first day of a range: without its year where the last day's year says it."""
    language = languages.current()
    return formats.day(value, language).removesuffix(f" {value.year}" if value.year == following.year else "\0")


@register.filter
def year(value: int) -> SafeString:
    """A year: a number without separators, isolated."""
    return ltr(value)


@register.filter
def rate(mad_per_eur: Decimal) -> str:
    """An exchange rate as an equation, for instance 1 EUR = 10,80 MAD."""
    places = -int(mad_per_eur.normalize().as_tuple().exponent)
    return f"1\u00a0EUR = {formats.number(mad_per_eur, languages.current(), max(2, places))}\u00a0MAD"


@register.filter
def clock(moment: datetime.datetime) -> str:
    """The time of day and its zone, for instance 07:00 UTC."""
    return f"{moment:%H:%M}\u00a0UTC"


@register.filter
def at(rows: dict[int, Any], key: object) -> Any:
    """The row with this key; None where there is none."""
    return rows.get(key) if isinstance(key, int) else None


@register.filter
def digest_groups(digest: str) -> list[str]:
    """The 64 digits of a digest in groups of eight, as one reads them aloud."""
    return [digest[start : start + 8] for start in range(0, len(digest), 8)]


@register.simple_tag
def counter(name: str) -> SafeString:
    """Where the stylesheet writes a page number (`page`) or the number of pages (`pages`); empty in the HTML."""
    return format_html('<span class="{}"></span>', conditional_escape(name))
