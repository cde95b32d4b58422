"""The shift in time of the demonstration: whole half-years, order kept, and the days that may be asked for."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from tests.demonstration import LAST_ENDED, last_ended
from transparency.demonstration.load import DATA
from transparency.demonstration.shift import TOLD, Shift, parse_day

FILE = json.loads(DATA.read_text(encoding="utf-8"))


@pytest.mark.parametrize("day", LAST_ENDED, ids=str)
def test_the_half_year_told_becomes_the_one_asked_for(day):
    period = last_ended(day)
    shift = Shift.to(period)
    assert (shift.day("2026-01-01"), shift.day("2026-06-30")) == (period.starts_on, period.ends_on)


@pytest.mark.parametrize(
    ("halves", "day", "moved"),
    [
        (0, "2026-02-28", "2026-02-28"),
        (1, "2026-02-28", "2026-08-31"),  # the last day of a month stays one
        (1, "2024-02-28", "2024-08-28"),
        (1, "2025-08-30", "2026-02-28"),
        (1, "2026-06-30", "2026-12-31"),
        (-1, "2026-03-15", "2025-09-15"),
        (2, "2024-02-29", "2025-02-28"),
    ],
)
def test_a_day_moves_by_whole_half_years(halves, day, moved):
    assert Shift(halves).day(day).isoformat() == moved


@given(st.dates(date(2000, 1, 1), date(2080, 1, 1)), st.integers(0, 400), st.integers(-20, 20))
def test_moved_days_keep_their_order(first, later, halves):
    shift = Shift(halves)
    second = first + timedelta(days=later)
    assert shift.day(first.isoformat()) <= shift.day(second.isoformat())


@pytest.mark.parametrize(("halves", "year"), [(0, 2024), (1, 2024), (2, 2025), (3, 2025), (-1, 2023)])
def test_a_code_moves_its_year_when_two_halves_make_one(halves, year):
    assert Shift(halves).code("DEMO-01-2024-001") == f"DEMO-01-{year}-001"


@pytest.mark.parametrize(
    "text",
    [
        "24/11/2026",
        "2026-13-01",
        "2026-02-30",
        "20261124",
        "2026-W48-2",
        "demain",
        "",
        "2026-11-24 ",
        "1999-01-01",
        "2091-01-01",
        "٢٠٢٦-١١-٢٤",
    ],
)
def test_a_malformed_day_is_refused_naming_the_form(text):
    with pytest.raises(ValidationError) as refused:
        parse_day(text)
    assert "2026-11-24" in refused.value.messages[0]


def test_the_half_year_told_is_the_one_the_file_was_written_for():
    assert TOLD.code == "2026-S1"
    days = [
        move["on"] for project in FILE["projects"] for line in project["budget_lines"] for move in line["transactions"]
    ]
    assert TOLD.starts_on.isoformat() <= max(days) <= TOLD.ends_on.isoformat()
