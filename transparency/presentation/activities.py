"""Activities as the public reads them: counts of people that may be published [I15], and the moments of a project's life."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from partnership.disclosure import publishable_total, suppressed, suppressed_parts
from projects.models import Activity, ActivityState, AgeBand, Involvement, Project, ProjectState, TrainingQuestion
from transparency.presentation.charts import Piece, piece

MOST_DONE, MOST_PLANNED = 3, 2
BEST_SCORE = 4
BEGUN = {ActivityState.DONE, ActivityState.UNDER_WAY}
OVER = {ProjectState.CANCELLED, ProjectState.REPLACED}


@dataclass(frozen=True)
class People:
    """A number of people: known, unknown, or known and too small to be published."""

    value: int | None
    withheld: bool = False


@dataclass(frozen=True)
class Scores:
    """The mean scores before and after a training, each as a piece of the four steps."""

    before: Piece
    after: Piece


@dataclass(frozen=True)
class AgeRow:
    """Women and men of an age; the last row counts those whose age nobody noted, and has no band."""

    band: AgeBand | None
    women: People
    men: People


@dataclass(frozen=True)
class QuestionRow:
    """A question with its mean answers before and after; None where it was not asked then."""

    question: TrainingQuestion
    before: Decimal | None
    after: Decimal | None


@dataclass(frozen=True)
class ActivityRow:
    """An activity, when it took or takes place, and how many took part."""

    activity: Activity
    start: datetime.date
    end: datetime.date
    women: People
    men: People
    total: People
    scores: Scores | None
    ages: Sequence[AgeRow] = ()
    questions: Sequence[QuestionRow] = ()
    prepares: Sequence[Involvement] = ()

    @property
    def counted(self) -> bool:
        """Whether anyone was counted."""
        return self.activity.women is not None or self.activity.men is not None


def activity_row(activity: Activity, direction: str) -> ActivityRow:
    """The row of an activity. Women and men are withheld together where one would reveal the other."""
    counts = [activity.women, activity.men]
    shown = suppressed(counts)
    women, men = (
        People(value, count is not None and value is None) for count, value in zip(counts, shown, strict=True)
    )
    total = publishable_total(counts)
    start = activity.actual_start or activity.planned_start
    end = activity.actual_end or max(start, activity.planned_end)
    known = any(count is not None for count in counts)
    withheld = known and total is None
    return ActivityRow(
        activity,
        start,
        end,
        women,
        men,
        People(total, withheld),
        None if withheld else _scores(activity, direction),
    )


def with_parts(
    row: ActivityRow,
    questions: Sequence[TrainingQuestion],
    prepares: Sequence[Involvement],
) -> ActivityRow:
    """The row with its people by age, its questions and the responsibilities it prepares for. The ages come fetched.

    Mean answers of fewer than five people are withheld like the people themselves.
    """
    asked = [QuestionRow(one, one.before, one.after) for one in questions]
    return replace(row, ages=ages(row), questions=() if row.total.withheld else asked, prepares=prepares)


def ages(row: ActivityRow) -> list[AgeRow]:
    """People by age, as far as they may be published beside the totals [I15]; empty where no age was noted."""
    counts = {one.band: one for one in row.activity.counts.all()}
    if not any(one.women or one.men for one in counts.values()):
        return []
    bands: list[AgeBand | None] = [*AgeBand, None]
    women = _by_age([counts[band].women if band in counts else 0 for band in AgeBand], row.women)
    men = _by_age([counts[band].men if band in counts else 0 for band in AgeBand], row.men)
    rows = [AgeRow(*one) for one in zip(bands, women, men, strict=True)]
    return [one for one in rows if one.band is not None or _says_something(one)]


def _by_age(counted: Sequence[int], total: People) -> list[People]:
    """The counts of the bands and of those without an age; withheld with their total, or where it would reveal them."""
    if total.value is None:
        return [People(None, total.withheld)] * (len(counted) + 1)
    parts = [*counted, max(0, total.value - sum(counted))]
    return [People(shown, shown is None) for shown in suppressed_parts(parts)]


def _says_something(row: AgeRow) -> bool:
    return any(people.withheld or people.value for people in (row.women, row.men))


def _scores(activity: Activity, direction: str) -> Scores | None:
    if activity.score_before is None or activity.score_after is None:
        return None
    before, after = (
        piece(Decimal(0), score / BEST_SCORE, direction) for score in (activity.score_before, activity.score_after)
    )
    return Scores(before, after)


def attendances(rows: Sequence[ActivityRow]) -> int:
    """People counted at the activities, as far as published; a person at two activities counts twice."""
    return sum(row.total.value or 0 for row in rows)


@dataclass(frozen=True)
class Moment:
    """A point on a project's line: its start, an activity, its end. `done` says that it has happened or begun."""

    kind: str
    on: datetime.date
    done: bool
    activity: Activity | None = None


def moments(project: Project, rows: Sequence[ActivityRow]) -> list[Moment]:
    """The moments of a project in order: its start, the latest activities begun, the next ones planned, its end."""
    done = sorted((row for row in rows if row.activity.state in BEGUN), key=lambda row: row.start)
    ahead = [row for row in rows if row.activity.state == ActivityState.PLANNED]
    found = [
        *_edge("start", project.actual_start, project.planned_start),
        *(Moment("activity", row.start, True, row.activity) for row in done[-MOST_DONE:]),
        *(Moment("activity", row.start, False, row.activity) for row in ahead[:MOST_PLANNED]),
        *_edge("end", project.actual_end, None if project.state in OVER else project.planned_end),
    ]
    return sorted(found, key=lambda moment: (not moment.done, moment.on))


def _edge(kind: str, actual: datetime.date | None, planned: datetime.date | None) -> list[Moment]:
    if actual:
        return [Moment(kind, actual, True)]
    return [Moment(kind, planned, False)] if planned else []
