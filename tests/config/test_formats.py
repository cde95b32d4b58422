"""How the staff pages write and read dates and numbers, and the months as both communes know them."""

from __future__ import annotations

import datetime
import json
import re
from decimal import Decimal
from typing import Any

import pytest
from babel.dates import get_month_names
from django.core.exceptions import ValidationError
from django.forms import DateField
from django.utils import formats, translation

from partnership import months
from tests.factories import ProtocolFactory
from tests.staff import staff

LANGUAGES = ("ar", "fr", "nl")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("typed", ["05/03/2026", "5/3/2026", "05/03/26", "05-03-2026", "05.03.2026", "2026-03-05"])
def test_a_day_is_typed_day_first_in_each_language(language: str, typed: str):
    with translation.override(language):
        assert DateField().clean(typed) == datetime.date(2026, 3, 5)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_month_is_never_taken_for_a_day(language: str):
    with translation.override(language), pytest.raises(ValidationError):
        DateField().clean("12/31/2026")


@pytest.mark.parametrize(("language", "written"), [("ar", "1250,5"), ("fr", "1250,5"), ("nl", "1250,5")])
def test_a_number_has_a_comma_and_western_digits(language: str, written: str):
    with translation.override(language):
        assert formats.localize(Decimal("1250.5")) == written
        assert formats.date_format(datetime.date(2026, 3, 5), "SHORT_DATE_FORMAT") == "05/03/2026"
        assert formats.date_format(datetime.time(14, 5), "TIME_FORMAT") == "14:05"


@pytest.mark.parametrize(("language", "locale"), [("ar", "ar_MA"), ("fr", "fr_BE"), ("nl", "nl_BE")])
def test_django_writes_the_months_as_the_cldr_has_them(language: str, locale: str):
    with translation.override(language):
        written = [formats.date_format(datetime.date(2026, month, 1), "F") for month in range(1, 13)]
    assert written == list(get_month_names("wide", locale=locale).values())


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "locale"), [("ar", "ar_MA"), ("fr", "fr_BE"), ("nl", "nl_BE")])
def test_the_calendar_knows_the_same_months(language: str, locale: str):
    script = staff(ProtocolFactory()).get(f"/{language}/admin/jsi18n/").content.decode()
    words = catalogue_of(script)
    assert [words[name] for name in months.NAMES] == list(get_month_names("wide", locale=locale).values())


def catalogue_of(script: str) -> dict[str, Any]:
    """The messages of Django's JavaScript catalogue."""
    found = re.search(r"const newcatalog = (\{.*?\n  \});", script, re.DOTALL)
    assert found is not None
    words: dict[str, Any] = json.loads(found[1])
    return words
