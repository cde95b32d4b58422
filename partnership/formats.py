"""How numbers, money, percentages and dates are written in the three languages (Babel's ar_MA, fr_BE and nl_BE).

Every result is plain text. What must not be turned round by a right-to-left line stands in a `<bdi dir="ltr">` set by the template.
"""

from __future__ import annotations

import datetime
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_decimal

LOCALES = {"ar": "ar_MA", "fr": "fr_BE", "nl": "nl_BE"}
CURRENCY_WORDS = {
    "ar": {"EUR": "أورو", "MAD": "درهم"},
    "fr": {"EUR": "€", "MAD": "MAD"},
    "nl": {"EUR": "€", "MAD": "MAD"},
}
_MARKS = str.maketrans("", "", "\u200e\u200f\u061c")


def number(value: Decimal | int | float, language: str, decimals: int | None = None) -> str:
    """A number with the language's separators: 1.998.000 (ar, nl), 1 998 000 (fr). `decimals` fixes the places after the comma."""
    pattern = "#,##0.###" if decimals is None else "#,##0" + ("." + "0" * decimals if decimals else "")
    return format_decimal(value, format=pattern, locale=LOCALES[language]).translate(_MARKS)


def money(amount: Decimal, currency: str, language: str, decimals: int = 0) -> str:
    """An amount with its currency: 24 000 € (fr), € 24.000 (nl), 24.000 أورو (ar)."""
    figure = number(amount, language, decimals)
    word = CURRENCY_WORDS[language][currency]
    if language == "nl" and currency == "EUR":
        return f"{word}\u00a0{figure}"
    return f"{figure}\u00a0{word}"


def percent(share: Decimal | float, language: str) -> str:
    """A share between 0 and 1 as whole per cent: 59 % (fr, narrow no-break space), 59% (ar, nl)."""
    figure = number(round(float(share) * 100), language, 0)
    return f"{figure}\u202f%" if language == "fr" else f"{figure}%"


def day(value: datetime.date, language: str) -> str:
    """A date with the month in words: 30 juin 2026, 30 juni 2026, 30 يونيو 2026 (Moroccan month names)."""
    written = format_date(value, format="d MMMM y", locale=LOCALES[language]).translate(_MARKS)
    return "1er" + written[1:] if language == "fr" and value.day == 1 else written


def month(value: datetime.date, language: str) -> str:
    """A month and year in words: juin 2026, juni 2026, يونيو 2026."""
    return format_date(value, format="MMMM y", locale=LOCALES[language]).translate(_MARKS)
