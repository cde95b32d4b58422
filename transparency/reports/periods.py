"""Periods of a series: their codes, their days, which is the latest ended one and which are due."""

from __future__ import annotations

import datetime
import re
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _


class Cadence(models.TextChoices):
    """How often a series appears. Its letter stands in the period's code: 2026-S1, 2026-Q3, 2026."""

    QUARTER = "quarter", _("Every quarter")
    HALF_YEAR = "half_year", _("Every half-year")
    YEAR = "year", _("Every year")


MONTHS = {Cadence.QUARTER: 3, Cadence.HALF_YEAR: 6, Cadence.YEAR: 12}
LETTER = {Cadence.QUARTER: "Q", Cadence.HALF_YEAR: "S"}
_CODE = re.compile(r"^(?P<year>20\d\d)(?:-(?P<letter>[SQ])(?P<part>[1-4]))?$")


@dataclass(frozen=True, order=True)
class Period:
    """A calendar period. `part` counts within the year from 1; a year has the one part 1."""

    year: int
    part: int
    cadence: Cadence

    @classmethod
    def parse(cls, code: str, *, cadence: Cadence | None = None) -> Self:
        """The period of a code: 2026-S1, 2026-Q3 or 2026. Raises ValidationError when malformed or of another cadence."""
        match = _CODE.match(code)
        found = {"S": Cadence.HALF_YEAR, "Q": Cadence.QUARTER, None: Cadence.YEAR}[match["letter"]] if match else None
        part = int(match["part"] or 1) if match else 0
        if match is None or found is None or part > 12 // MONTHS[found] or (cadence and found != cadence):
            raise ValidationError(
                _(
                    "“%(code)s” is not a period of this series. Write 2026-S1 for a half-year, 2026-Q1 for a quarter, 2026 for a year."
                ),
                code="period",
                params={"code": code},
            )
        return cls(int(match["year"]), part, found)

    @classmethod
    def containing(cls, day: datetime.date, cadence: Cadence) -> Self:
        """The period a day falls in."""
        return cls(day.year, (day.month - 1) // MONTHS[cadence] + 1, cadence)

    @property
    def code(self) -> str:
        """2026-S1, 2026-Q3 or 2026."""
        letter = LETTER.get(self.cadence)
        return f"{self.year}-{letter}{self.part}" if letter else str(self.year)

    @property
    def starts_on(self) -> datetime.date:
        """First day."""
        return datetime.date(self.year, (self.part - 1) * MONTHS[self.cadence] + 1, 1)

    @property
    def ends_on(self) -> datetime.date:
        """Last day."""
        return self.next().starts_on - datetime.timedelta(days=1)

    def next(self) -> Period:
        """The period after this one."""
        last = self.part == 12 // MONTHS[self.cadence]
        return Period(self.year + last, 1 if last else self.part + 1, self.cadence)

    def previous(self) -> Period:
        """The period before this one."""
        return Period.containing(self.starts_on - datetime.timedelta(days=1), self.cadence)


def today_in(time_zone: str, now: datetime.datetime) -> datetime.date:
    """The calendar day in a time zone. `now` is aware."""
    return now.astimezone(zoneinfo.ZoneInfo(time_zone)).date()


def latest_ended(cadence: Cadence, time_zone: str, now: datetime.datetime) -> Period:
    """The latest period whose last day is over in the time zone."""
    return Period.containing(today_in(time_zone, now), cadence).previous()


def due(first: Period, time_zone: str, now: datetime.datetime) -> Iterator[Period]:
    """Every period from the first to the latest ended one, oldest first."""
    last = latest_ended(first.cadence, time_zone, now)
    period = first
    while period <= last:
        yield period
        period = period.next()
