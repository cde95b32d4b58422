"""Money on the public pages: the purse of the floor below, and a sum set large."""

from __future__ import annotations

from dataclasses import dataclass

from partnership import formats
from projects.purse import Amount, Purse, purse

__all__ = ["Amount", "LargeFigure", "Purse", "large_amount", "purse"]


@dataclass(frozen=True)
class LargeFigure:
    """A figure set large with its unit small: number and unit as text, and whether the unit is written before."""

    number: str
    unit: str = ""
    unit_first: bool = False


def large_amount(amount: Amount, language: str) -> LargeFigure:
    """The first currency's sum as a large figure; Dutch writes the euro sign before it."""
    word = formats.CURRENCY_WORDS[language][amount.first_currency]
    number = formats.number(amount.first, language, 0)
    return LargeFigure(number, word, unit_first=language == "nl" and amount.first_currency == "EUR")
