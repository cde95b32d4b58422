"""The figures of a snapshot: sums, shares, counts and dates over many records, computed once and then only shown."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Model

from evaluation.progress import IndicatorState, mean_progress
from partnership import parity
from partnership.disclosure import publishable_total, suppressed
from partnership.models import Currency, Party, Protocol
from projects.models import Activity, ActivityKind, ActivityState, BudgetLine, Project, ProjectState
from projects.money import Kind, Totals, grand_total
from transparency.reports.periods import Period

KINDS: tuple[Kind, ...] = ("planned", "committed", "spent")
Data = dict[str, Any]


def texts(record: Model, field: str) -> dict[str, str]:
    """A text in every required language, for instance {"ar": ..., "fr": ..., "nl": ...}; empty in all where one is missing [I10]."""
    found = {code: getattr(record, parity.column(field, code)) or "" for code in settings.REQUIRED_LANGUAGES}
    return found if all(map(parity.has_text, found.values())) else dict.fromkeys(found, "")


def share(value: Decimal | None) -> Decimal | None:
    """A share between 0 and 1 with four places, so that the text does not depend on how it was divided."""
    return value.quantize(Decimal("0.0001")) if value is not None else None


def money(totals: Totals, mad_per_eur: Decimal | None) -> Data:
    """Planned, committed and spent, each in both currencies."""
    return {kind: {code: totals.in_currency(kind, code, mad_per_eur) for code in Currency.values} for kind in KINDS}


def difference(after: Data, before: Data) -> Data:
    """What was committed and spent between two days, in both currencies."""
    return {
        kind: {code: after[kind][code] - before[kind][code] for code in Currency.values}
        for kind in ("committed", "spent")
    }


def span(activity: Activity) -> tuple[datetime.date, datetime.date]:
    """The first and last day of an activity, actual where known."""
    start = activity.actual_start or activity.planned_start
    return start, activity.actual_end or max(start, activity.planned_end)


def told_in(activity: Activity, period: Period) -> bool:
    """Whether the period's report tells of the activity: it took place, or was to take place, in the period."""
    start, end = span(activity)
    return start <= period.ends_on and end >= period.starts_on


def objectives(
    protocol: Protocol, projects: Iterable[Project], states: Mapping[int, list[IndicatorState]]
) -> list[Data]:
    """Each objective with the progress of its projects' indicators; the mean leaves out what was not measured."""
    rows = []
    for objective in protocol.objectives.all():
        its = [project for project in projects if objective in project.objectives.all()]
        measured = [state for project in its for state in states.get(project.pk, [])]
        rows.append(
            {
                "code": objective.code,
                "name": texts(objective, "name"),
                "projects": len(its),
                "indicators": len(measured),
                "measured": sum(state.progress is not None for state in measured),
                "progress": [share(state.progress) for state in measured if state.progress is not None],
                "mean": share(mean_progress(measured)),
            }
        )
    return rows


def domains(
    protocol: Protocol, projects: Iterable[Project], totals: Mapping[int, Totals], mad_per_eur: Decimal | None
) -> list[Data]:
    """Each domain with its projects and their money."""
    rows = []
    for domain in protocol.domains.all():
        its = [project for project in projects if domain in project.domains.all()]
        whole = grand_total(totals.get(project.pk, Totals()) for project in its)
        sums = money(whole, mad_per_eur)
        rows.append({"code": domain.code, "name": texts(domain, "name"), "projects": len(its), "money": sums})
    return rows


def states(projects: Iterable[Project]) -> list[Data]:
    """How many projects stand in each state; a state without any is left out."""
    counts = dict.fromkeys(ProjectState.values, 0)
    for project in projects:
        counts[project.state] += 1
    return [{"state": state, "projects": count} for state, count in counts.items() if count]


def contribution(
    party: Party, lines: Iterable[BudgetLine], totals: Mapping[int, Totals], mad_per_eur: Decimal | None
) -> Data:
    """What one commune itself gives, in money and in kind, and its hours of work."""
    own = [line for line in lines if line.funder_id == party.organisation_id]
    sums = {"money": Totals(), "in_kind": Totals()}
    for line in own:
        kind = sums["in_kind" if line.in_kind else "money"]
        kind.add("planned", line.currency, line.planned)
        kind.merge(totals.get(line.pk, Totals()))
    hours = sum((line.hours for line in own if line.hours is not None), Decimal(0))
    return {"position": party.position, "hours": hours} | {name: money(one, mad_per_eur) for name, one in sums.items()}


def people_of_period(activities: Iterable[Activity], period: Period) -> Data:
    """Activities done in the period, training hours, and people counted at them; a person at two activities counts twice."""
    done = [
        one
        for one in activities
        if one.state == ActivityState.DONE and period.starts_on <= span(one)[1] <= period.ends_on
    ]
    training = [one for one in done if one.kind == ActivityKind.TRAINING]
    women, men = ([getattr(one, who) or 0 for one in done] for who in ("women", "men"))
    shown_women, shown_men = suppressed([sum(women), sum(men)])
    return {
        "activities": len(done),
        "trainings": len(training),
        "training_hours": sum((one.hours for one in training if one.hours is not None), Decimal(0)),
        "exchanges": sum(one.kind == ActivityKind.EXCHANGE for one in done),
        "women": shown_women,
        "men": shown_men,
        "people": publishable_total([sum(women), sum(men)]),
    }


def next_dates(projects: Sequence[Project], activities: Iterable[Activity], until: datetime.date) -> list[Data]:
    """The next eight dates after the last day: planned activities, and planned ends of projects that are not over."""
    code_of = {project.pk: project.code for project in projects}
    open_states = {ProjectState.UNDER_WAY, ProjectState.DECIDED, ProjectState.ASSESSING, ProjectState.PROPOSED}
    dates: list[Data] = [
        {"on": one.planned_start, "kind": "activity", "project": code_of[one.project_id], "title": texts(one, "title")}
        for one in activities
        if one.planned_start > until and one.state in {ActivityState.PLANNED, ActivityState.POSTPONED}
    ]
    dates += [
        {"on": one.planned_end, "kind": "end", "project": one.code, "title": texts(one, "title")}
        for one in projects
        if one.planned_end and one.planned_end > until and one.state in open_states
    ]
    return sorted(dates, key=lambda date: (date["on"], date["project"]))[:8]
