"""Periods: codes, days, which ended last, which are due."""

from __future__ import annotations

import datetime
import zoneinfo

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from transparency.models import Cadence
from transparency.reports.periods import Period, due, latest_ended

CADENCES = st.sampled_from(list(Cadence))
ZONES = ["Africa/Casablanca", "Europe/Brussels"]


@pytest.mark.parametrize(
    ("code", "first", "last"),
    [
        ("2026-S1", (2026, 1, 1), (2026, 6, 30)),
        ("2026-S2", (2026, 7, 1), (2026, 12, 31)),
        ("2026-Q1", (2026, 1, 1), (2026, 3, 31)),
        ("2024-Q4", (2024, 10, 1), (2024, 12, 31)),
        ("2026", (2026, 1, 1), (2026, 12, 31)),
    ],
)
def test_a_code_names_its_days(code: str, first: tuple[int, int, int], last: tuple[int, int, int]):
    period = Period.parse(code)
    assert (period.starts_on, period.ends_on) == (datetime.date(*first), datetime.date(*last))
    assert period.code == code


@pytest.mark.parametrize(
    "code", ["", "2026-S3", "2026-S0", "2026-Q5", "26-S1", "2026S1", "2026-s1", "1926", "2026-S1 "]
)
def test_a_malformed_code_is_refused(code: str):
    with pytest.raises(ValidationError, match="2026-S1"):
        Period.parse(code)


def test_a_code_of_another_cadence_is_refused():
    with pytest.raises(ValidationError):
        Period.parse("2026-Q1", cadence=Cadence.HALF_YEAR)


@given(day=st.dates(datetime.date(2020, 1, 1), datetime.date(2040, 12, 31)), cadence=CADENCES)
def test_every_day_lies_in_exactly_one_period(day: datetime.date, cadence: Cadence):
    period = Period.containing(day, cadence)
    assert period.starts_on <= day <= period.ends_on
    assert period.next().starts_on == period.ends_on + datetime.timedelta(days=1)
    assert period.next().previous() == period
    assert Period.parse(period.code) == period


@pytest.mark.parametrize("zone", ZONES)
def test_a_period_ends_at_midnight_where_the_council_sits(zone: str):
    local = zoneinfo.ZoneInfo(zone)
    before = datetime.datetime(2026, 6, 30, 23, 59, 59, tzinfo=local)
    after = datetime.datetime(2026, 7, 1, 0, 0, 0, tzinfo=local)
    assert latest_ended(Cadence.HALF_YEAR, zone, before).code == "2025-S2"
    assert latest_ended(Cadence.HALF_YEAR, zone, after).code == "2026-S1"


@given(
    moment=st.datetimes(datetime.datetime(2024, 1, 1), datetime.datetime(2031, 1, 1), timezones=st.just(datetime.UTC)),
    cadence=CADENCES,
    zone=st.sampled_from(ZONES),
)
def test_what_is_due_is_every_ended_period_once_in_order(moment: datetime.datetime, cadence: Cadence, zone: str):
    first = Period.containing(datetime.date(2024, 1, 1), cadence)
    periods = list(due(first, zone, moment))
    assert periods == sorted(set(periods))
    today = moment.astimezone(zoneinfo.ZoneInfo(zone)).date()
    assert all(period.ends_on < today for period in periods)
    assert not periods or periods[-1].next().ends_on >= today
