"""A month of the programme as a calendar: which activities begin and end on which day, and which run through it."""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from babel.dates import get_day_names
from django.db.models import Q

from partnership import formats
from partnership.models import Protocol
from projects.models import Activity, ActivityState

EARLIEST, LATEST = 1990, 2100
LONGEST = 7
MONTHS = range(1, 13)
MONDAY_FIRST = calendar.Calendar(firstweekday=0)


@dataclass(frozen=True)
class Entry:
    """An activity on a day: it begins, ends, or does both."""

    activity: Activity
    begins: bool
    ends: bool


@dataclass(frozen=True)
class Day:
    """A day of the sheet; those of the neighbouring months fill its first and last week."""

    on: datetime.date
    in_month: bool
    entries: Sequence[Entry]


@dataclass(frozen=True)
class MonthSheet:
    """A month by weeks from Monday on, what runs through it without beginning or ending in it, and its neighbours."""

    first: datetime.date
    weeks: Sequence[Sequence[Day]]
    through: Sequence[Activity]
    weekdays: Sequence[str]
    before: str
    after: str

    @property
    def is_empty(self) -> bool:
        """Whether nothing is planned or done in the month."""
        return not self.through and not any(day.entries for week in self.weeks for day in week if day.in_month)


def month_of(written: str, today: datetime.date) -> datetime.date:
    """The first day of a month written as 2026-03; this month for anything else."""
    year, _hyphen, month = written.partition("-")
    if not (written.isascii() and year.isdigit() and month.isdigit() and len(written) <= LONGEST):
        return today.replace(day=1)
    if EARLIEST <= int(year) <= LATEST and 1 <= int(month) <= len(MONTHS):
        return datetime.date(int(year), int(month), 1)
    return today.replace(day=1)


def sheet(protocol: Protocol, first: datetime.date, language: str) -> MonthSheet:
    """The month that begins on this day, with every activity of the protocol's projects but the cancelled ones. One query."""
    weeks = MONDAY_FIRST.monthdatescalendar(first.year, first.month)
    found = list(_between(protocol, weeks[0][0], weeks[-1][-1]))
    last = (first + datetime.timedelta(days=31)).replace(day=1) - datetime.timedelta(days=1)
    names = get_day_names("wide", locale=formats.LOCALES[language])
    return MonthSheet(
        first=first,
        weeks=[[Day(day, day.month == first.month, _entries(found, day)) for day in week] for week in weeks],
        through=[one for one in found if start_of(one) < first and end_of(one) > last],
        weekdays=[names[place] for place in range(7)],
        before=f"{first - datetime.timedelta(days=1):%Y-%m}",
        after=f"{last + datetime.timedelta(days=1):%Y-%m}",
    )


def start_of(activity: Activity) -> datetime.date:
    """The day it began, else the one on which it is to begin."""
    return activity.actual_start or activity.planned_start


def end_of(activity: Activity) -> datetime.date:
    """The day it ended, else the one on which it is to end, never before its start."""
    return activity.actual_end or max(start_of(activity), activity.planned_end)


def _between(protocol: Protocol, first: datetime.date, last: datetime.date) -> Iterable[Activity]:
    planned = Q(planned_start__lte=last, planned_end__gte=first)
    actual = Q(actual_start__lte=last) & (Q(actual_end__gte=first) | Q(actual_end__isnull=True))
    rows = Activity.objects.for_protocol(protocol).exclude(state=ActivityState.CANCELLED)
    found = rows.filter(planned | actual).select_related("project").order_by("planned_start", "pk")
    return [one for one in found if start_of(one) <= last and end_of(one) >= first]


def _entries(activities: Iterable[Activity], day: datetime.date) -> list[Entry]:
    marks = [Entry(one, start_of(one) == day, end_of(one) == day) for one in activities]
    return [mark for mark in marks if mark.begins or mark.ends]
