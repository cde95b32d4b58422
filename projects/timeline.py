"""Where planned and actual dates lie along a line: a project and its activities as bars, milestones, today.

Places are per cent from where the language begins to read, mirrored for right-to-left; words and days stand in HTML beside the picture.
Every month is equally wide, so that the names above the line stand in equal columns.
"""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from babel.dates import format_date

from partnership import formats, languages
from projects.models import Activity, ActivityState, Project, ProjectState

YEAR = 12
QUARTER = 3
MONTHS_BY_NAME = 12
"""Up to so many months each has its name."""
QUARTERS_BY_NAME = 36
"""Up to so many months each quarter begins with a name; beyond, each year."""
NARROWEST = 0.7
"""A bar is never narrower, in per cent: three days of three years are seen too."""
ONE_DAY = datetime.timedelta(days=1)
OPEN = frozenset({ActivityState.PLANNED, ActivityState.UNDER_WAY, ActivityState.POSTPONED})
OVER = frozenset({ProjectState.COMPLETED, ProjectState.CLOSED, ProjectState.CANCELLED, ProjectState.REPLACED})


@dataclass(frozen=True)
class Bar:
    """A piece of the line as SVG wants it."""

    x: str
    width: str


@dataclass(frozen=True)
class Line:
    """The project or one of its activities: its days and its bars. `late` says that its planned end has passed."""

    record: Any
    is_project: bool
    is_milestone: bool
    late: bool
    planned: Bar | None
    actual: Bar | None
    end: str
    """Where its planned end lies: the place of a milestone's mark."""
    reached: bool

    @property
    def state(self) -> str:
        """Its state in words."""
        return str(self.record.get_state_display())


@dataclass(frozen=True)
class Timeline:
    """Lines over one axis: the names above it in equal columns, the places of the lines between them, today's where it lies within."""

    lines: Sequence[Line]
    names: Sequence[tuple[str, str]]
    rules: Sequence[str]
    today: str | None
    on: datetime.date


@dataclass(frozen=True)
class Axis:
    """Whole months from a first one on, read in a direction."""

    first: datetime.date
    months: int
    step: int
    direction: str

    def share(self, day: datetime.date) -> float:
        """How far a day's beginning lies along the line, 0 to 1."""
        whole = (day.year - self.first.year) * YEAR + day.month - self.first.month
        within = (day.day - 1) / calendar.monthrange(day.year, day.month)[1]
        return (whole + within) / self.months

    def place(self, share: float) -> str:
        """A share of the line, measured from the left as SVG does."""
        return f"{(share if self.direction == 'ltr' else 1 - share) * 100:.2f}%"

    def bar(self, start: datetime.date, end: datetime.date) -> Bar:
        """From the beginning of a day to the end of another."""
        low = self.share(start)
        width = max(self.share(end + ONE_DAY) - low, NARROWEST / 100)
        low = min(low, 1 - width)
        x = low if self.direction == "ltr" else 1 - low - width
        return Bar(f"{x * 100:.2f}%", f"{width * 100:.2f}%")

    def names(self, language: str) -> list[tuple[str, str]]:
        """What stands above each step: a year, or a month and, where one begins, its year."""
        return [
            _name(_months_on(self.first, at), self.step, language, at == 0) for at in range(0, self.months, self.step)
        ]


def of_project(
    project: Project, activities: Iterable[Activity], today: datetime.date, language: str
) -> Timeline | None:
    """The line of a project and of its activities, in the order of their planned start; None where no day is known."""
    its = sorted(activities, key=lambda one: (one.planned_start, one.pk))
    days = [*_days(project), *(day for one in its for day in _days(one))]
    if not days:
        return None
    axis = _axis(min(days), max(days), languages.direction(language))
    share = axis.share(today)
    return Timeline(
        lines=[*_project_line(project, axis, today), *(_activity_line(one, axis, today) for one in its)],
        names=axis.names(language),
        rules=[axis.place(at / axis.months) for at in range(axis.step, axis.months, axis.step)],
        today=axis.place(share) if 0 <= share <= 1 else None,
        on=today,
    )


def _days(record: Any) -> list[datetime.date]:
    found = (record.planned_start, record.planned_end, record.actual_start, record.actual_end)
    return [day for day in found if day is not None]


def _axis(first: datetime.date, last: datetime.date, direction: str) -> Axis:
    """Whole months, quarters or years around both days, as the length asks."""
    months = (last.year - first.year) * YEAR + last.month - first.month + 1
    step = 1 if months <= MONTHS_BY_NAME else QUARTER if months <= QUARTERS_BY_NAME else YEAR
    before = (first.month - 1) % step
    begins = _months_on(first.replace(day=1), -before)
    length = months + before
    return Axis(begins, length + -length % step, step, direction)


def _months_on(day: datetime.date, months: int) -> datetime.date:
    years, month = divmod(day.month - 1 + months, YEAR)
    return datetime.date(day.year + years, month + 1, 1)


def _name(day: datetime.date, step: int, language: str, is_first: bool) -> tuple[str, str]:
    if step == YEAR:
        return str(day.year), ""
    month = format_date(day, format="MMM", locale=formats.LOCALES[language])
    return month, str(day.year) if is_first or day.month == 1 else ""


def _project_line(project: Project, axis: Axis, today: datetime.date) -> list[Line]:
    start = project.planned_start or project.actual_start
    end = project.planned_end or project.actual_end or start
    if start is None or end is None:
        return []
    late = project.state not in OVER and project.planned_end is not None and project.planned_end < today
    running = None if project.state in OVER else today
    return [_line(project, axis, (start, max(start, end)), running, late=late, is_project=True)]


def _activity_line(activity: Activity, axis: Axis, today: datetime.date) -> Line:
    running = today if activity.state == ActivityState.UNDER_WAY else None
    late = activity.state in OPEN and activity.planned_end < today
    return _line(activity, axis, (activity.planned_start, activity.planned_end), running, late=late)


def _line(
    record: Any,
    axis: Axis,
    planned: tuple[datetime.date, datetime.date],
    running: datetime.date | None,
    *,
    late: bool,
    is_project: bool = False,
) -> Line:
    actual = None
    if record.actual_start is not None:
        until = record.actual_end or running or record.actual_start
        actual = axis.bar(record.actual_start, _within(axis, max(until, record.actual_start)))
    return Line(
        record=record,
        is_project=is_project,
        is_milestone=bool(getattr(record, "is_milestone", False)),
        late=late,
        planned=axis.bar(*planned),
        actual=actual,
        end=axis.place(axis.share(planned[1] + ONE_DAY)),
        reached=record.state == ActivityState.DONE,
    )


def _within(axis: Axis, day: datetime.date) -> datetime.date:
    """The day, or the axis's last one: what still runs goes to the edge."""
    return min(day, _months_on(axis.first, axis.months) - ONE_DAY)
