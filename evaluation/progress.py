"""How far indicators have come: the latest value of each, its progress, and the mean of many."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Prefetch, QuerySet

from evaluation.models import Indicator, Measurement
from evaluation.models.indicators import way_gone
from partnership.disclosure import SMALLEST_PUBLISHED
from projects.models import Project


@dataclass(frozen=True)
class IndicatorState:
    """An indicator as it stood on a day: its latest measurement, the value that may be published, its progress (0 to 1)."""

    indicator: Indicator
    measurement: Measurement | None
    value: Decimal | None
    withheld: bool
    progress: Decimal | None


def states_by_project(
    project_ids: Iterable[int], until: datetime.date | None = None
) -> Mapping[int, list[IndicatorState]]:
    """Published indicators of each project with their latest value on or before `until`. Two queries."""
    measurements = Measurement.objects.select_related("by__organisation", "checked_by__organisation").order_by("on")
    if until is not None:
        measurements = measurements.filter(on__lte=until)
    indicators = (
        Indicator.objects.published()
        .filter(project__in=list(project_ids))
        .order_by("pk")
        .prefetch_related(Prefetch("measurements", queryset=measurements))
    )
    found: dict[int, list[IndicatorState]] = defaultdict(list)
    for indicator in indicators:
        if indicator.project_id is not None:
            found[indicator.project_id].append(state_of(indicator))
    return found


def state_of(indicator: Indicator) -> IndicatorState:
    """The state by the prefetched measurements. A count of people from 1 to 4 is withheld, and its progress with it [I15]."""
    latest = next(reversed(indicator.measurements.all()), None)
    value = latest.value if latest else None
    withheld = is_withheld(value, counts_people=indicator.counts_people)
    shown = None if withheld else value
    return IndicatorState(indicator, latest, shown, withheld, indicator.progress(shown))


def is_withheld(value: Decimal | None, *, counts_people: bool) -> bool:
    """Whether a value is a count of people too small to be published [I15]."""
    return counts_people and value is not None and 0 < value < SMALLEST_PUBLISHED


def shares_by_project(projects: QuerySet[Project], until: datetime.date) -> Mapping[int, list[Decimal | None]]:
    """The progress (0 to 1) of each project's published indicators on a day, None where it cannot be said.

    Two queries and no records loaded, for pages that show many projects at once; the values are those of `states_by_project`.
    """
    indicators = Indicator.objects.published().filter(project__in=projects.order_by().values("pk")).order_by("pk")
    measured = Measurement.objects.filter(indicator__in=indicators.order_by().values("pk"), on__lte=until)
    latest: dict[int, Decimal | None] = dict(measured.order_by("on").values_list("indicator_id", "value"))
    found: dict[int, list[Decimal | None]] = defaultdict(list)
    rows = indicators.values_list("pk", "project_id", "baseline_value", "target_value", "counts_people")
    for pk, project, baseline, target, counts_people in rows:
        value = latest.get(pk)
        shown = None if is_withheld(value, counts_people=counts_people) else value
        found[project].append(way_gone(baseline, target, shown))
    return found


def mean_progress(states: Sequence[IndicatorState]) -> Decimal | None:
    """The mean of those that were measured, between 0 and 1; None where none was."""
    known = [state.progress for state in states if state.progress is not None]
    return sum(known, Decimal(0)) / len(known) if known else None
