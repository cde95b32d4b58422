"""Numbers, money and dates as Moroccan Arabic and the French and Dutch of Brussels write them."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from partnership import formats

MOROCCAN_MONTHS = "يناير فبراير مارس أبريل ماي يونيو يوليوز غشت شتنبر أكتوبر نونبر دجنبر".split()


@pytest.mark.parametrize(
    ("language", "written"), [("ar", "1.998.000"), ("fr", "1\u202f998\u202f000"), ("nl", "1.998.000")]
)
def test_thousands(language: str, written: str):
    assert formats.number(1998000, language) == written


@pytest.mark.parametrize(
    ("language", "currency", "written"),
    [
        ("ar", "MAD", "259.200\u00a0درهم"),
        ("ar", "EUR", "259.200\u00a0أورو"),
        ("fr", "EUR", "259\u202f200\u00a0€"),
        ("fr", "MAD", "259\u202f200\u00a0MAD"),
        ("nl", "EUR", "€\u00a0259.200"),
        ("nl", "MAD", "259.200\u00a0MAD"),
    ],
)
def test_money(language: str, currency: str, written: str):
    assert formats.money(Decimal("259200.00"), currency, language) == written


@pytest.mark.parametrize(("language", "written"), [("ar", "59%"), ("fr", "59\u202f%"), ("nl", "59%")])
def test_per_cent(language: str, written: str):
    assert formats.percent(Decimal("0.589"), language) == written


@pytest.mark.parametrize("number", range(1, 13))
def test_moroccan_month_names(number: int):
    assert formats.month(datetime.date(2026, number, 1), "ar") == f"{MOROCCAN_MONTHS[number - 1]} 2026"


@pytest.mark.parametrize(
    ("language", "written"), [("ar", "1 يوليوز 2026"), ("fr", "1er juillet 2026"), ("nl", "1 juli 2026")]
)
def test_the_first_of_the_month(language: str, written: str):
    assert formats.day(datetime.date(2026, 7, 1), language) == written


def test_no_invisible_direction_marks_are_left():
    written = [formats.number(Decimal("-1234.5"), code) for code in formats.LOCALES]
    assert not {"\u200e", "\u200f", "\u061c"} & set("".join(written))
