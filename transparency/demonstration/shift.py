"""Moving the demonstration's story in time, so that its first half of 2026 becomes the latest ended half-year."""

from __future__ import annotations

import calendar
import datetime
import re
from dataclasses import dataclass
from typing import Self

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from transparency.models import Cadence
from transparency.reports.periods import Period

TOLD = Period(2026, 1, Cadence.HALF_YEAR)  # the half-year that data.json tells of
FIRST_YEAR, LAST_YEAR = 2015, 2090  # the story reaches back four years, and a period's code is of this century
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_YEAR = re.compile(r"20\d\d")


def parse_day(text: str) -> datetime.date:
    """The day of a text such as 2026-11-24. Raises ValidationError naming the form, also for a day the story cannot reach."""
    try:
        day = datetime.date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValidationError(
            _(
                "“%(text)s” is not a day the demonstration can be set to. Write year, month and day, for instance %(form)s."
            ),
            code="day",
            params={"text": text, "form": "2026-11-24"},
        )
    return day


@dataclass(frozen=True)
class Shift:
    """By how many half-years everything moves; negative moves back."""

    halves: int

    @classmethod
    def to(cls, period: Period) -> Self:
        """The shift that turns the half-year told into this one."""
        return cls((period.year - TOLD.year) * 2 + period.part - TOLD.part)

    def day(self, text: str) -> datetime.date:
        """A day of the file as it falls now: the same day of the month, or its last; a month's last day stays one."""
        day = datetime.date.fromisoformat(text)
        months = day.year * 12 + day.month - 1 + 6 * self.halves
        year, month = months // 12, months % 12 + 1
        last, last_then = (calendar.monthrange(*month_of)[1] for month_of in ((year, month), (day.year, day.month)))
        return datetime.date(year, month, last if day.day == last_then else min(day.day, last))

    def year(self, year: int) -> int:
        """A budget year as it falls now: it moves when two halves make a whole year."""
        return year + self.halves // 2

    def code(self, code: str) -> str:
        """A code with the years in it moved, for instance DEMO-01-2024-001."""
        return _YEAR.sub(lambda match: str(self.year(int(match[0]))), code)
