"""The frozen snapshot of a period: what the programme was, from published data only [I11, I13], the same for both councils [I16].

Money and measurements count up to the period's last day; states are those of the day the snapshot is taken. At most 25 queries
whatever the number of projects. Texts stand in the three languages; codes of choices are named when rendered.
"""

from __future__ import annotations

import datetime
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import Model, Prefetch
from django.utils import timezone

from evaluation.progress import IndicatorState, mean_progress, states_by_project
from partnership import canonical, parity
from partnership.disclosure import publishable_total, suppressed
from partnership.models import Currency, Party, Protocol
from projects.models import (
    ActionPlan,
    Activity,
    ActivityKind,
    ActivityState,
    BudgetLine,
    Involvement,
    Project,
    ProjectState,
)
from projects.money import Kind, Totals, grand_total, moved_by_project, rate_on, totals_by_line, totals_by_project
from transparency.models import Snapshot
from transparency.reports.periods import Period

VERSION = 1
KINDS: tuple[Kind, ...] = ("planned", "committed", "spent")
Data = dict[str, Any]
Row = TypeVar("Row", BudgetLine, Activity)


def take(protocol: Protocol, period: Period, now: datetime.datetime | None = None) -> Snapshot:
    """The period's one snapshot: the stored one, else a new one. Whoever asks second, even at the same moment, gets the first one's."""
    stored = Snapshot.objects.filter(protocol=protocol, period=period.code).first()
    if stored is not None:
        return stored
    moment = now or timezone.now()
    text = canonical.text(collect(protocol, period, moment))
    snapshot, _created = Snapshot.objects.get_or_create(
        protocol=protocol,
        period=period.code,
        defaults={"taken_at": moment, "text": text, "digest": canonical.digest(text)},
    )
    return snapshot


def read(text: str) -> Data:
    """The data of a snapshot's text. Decimals and dates are strings, as they were hashed."""
    data: Data = json.loads(text)
    return data


def collect(protocol: Protocol, period: Period, now: datetime.datetime, until: datetime.date | None = None) -> Data:
    """Everything a report says. `until` (default: the period's last day) is the last day whose money and values count."""
    until = until or period.ends_on
    rate = rate_on(protocol, until)
    mad_per_eur = rate.mad_per_eur if rate else None
    parties = list(protocol.parties.select_related("organisation").order_by("position"))
    projects = _projects(protocol)
    ids = [project.pk for project in projects]
    totals = totals_by_project(ids, until)
    before = moved_by_project(ids, period.starts_on - datetime.timedelta(days=1))
    states = states_by_project(ids, until)
    lines = _lines(ids)
    lines_of = _by_project(lines)
    line_totals = totals_by_line([line.pk for line in lines], until)
    activities = _activities(ids)
    told = _by_project(one for one in activities if _told(one, period))
    rows = [
        _project(
            project,
            parties,
            period,
            until,
            totals.get(project.pk, Totals()),
            before.get(project.pk, Totals()),
            mad_per_eur,
        )
        | {
            "indicators": [_indicator(state, parties) for state in states.get(project.pk, [])],
            "lines": [_line(line, line_totals.get(line.pk, Totals()), mad_per_eur) for line in lines_of[project.pk]],
            "activities": [_activity(one, period, parties) for one in told[project.pk]],
        }
        for project in projects
    ]
    return {
        "version": VERSION,
        "protocol": _protocol(protocol),
        "parties": [_party(party) for party in parties],
        "programme_body": _organisation(protocol.programme_body) if protocol.programme_body else None,
        "period": {
            "code": period.code,
            "cadence": period.cadence.value,
            "starts_on": period.starts_on,
            "ends_on": period.ends_on,
        },
        "taken_at": now.astimezone(datetime.UTC).replace(microsecond=0),
        "until": until,
        "rate": {"on": rate.on, "mad_per_eur": rate.mad_per_eur, "source": _texts(rate, "source")} if rate else None,
        "plan": _plan(protocol),
        "objectives": _objectives(protocol, projects, states),
        "domains": _domains(protocol, projects, totals, mad_per_eur),
        "projects": rows,
        "states": _states(projects),
        "totals": _money(grand_total(totals.values()), mad_per_eur),
        "period_totals": _difference(
            _money(grand_total(totals.values()), mad_per_eur), _money(grand_total(before.values()), mad_per_eur)
        ),
        "contributions": [_contribution(party, lines, line_totals, mad_per_eur) for party in parties],
        "people": _people_of_period(activities, period),
        "next": _next(projects, activities, until),
    }


def _texts(record: Model, field: str) -> dict[str, str]:
    """A text in every required language, for instance {"ar": ..., "fr": ..., "nl": ...}; empty in all where one is missing [I10]."""
    found = {code: getattr(record, parity.column(field, code)) or "" for code in settings.REQUIRED_LANGUAGES}
    return found if all(map(parity.has_text, found.values())) else dict.fromkeys(found, "")


def _protocol(protocol: Protocol) -> Data:
    return {
        "code": protocol.code,
        "title": _texts(protocol, "title"),
        "demonstration": protocol.is_demonstration,
        "source_language": protocol.source_language,
    }


def _organisation(organisation: Any) -> Data:
    return {
        "name": _texts(organisation, "name"),
        "short_name": _texts(organisation, "short_name"),
        "place": _texts(organisation, "place"),
        "level": organisation.level,
    }


def _party(party: Party) -> Data:
    return _organisation(party.organisation) | {
        "position": party.position,
        "shape": party.shape,
        "languages": party.languages.split(),
        "currency": party.currency,
    }


def _plan(protocol: Protocol) -> Data | None:
    plan = ActionPlan.objects.published().for_protocol(protocol).order_by("-starts_on").first()
    if plan is None:
        return None
    return {
        "code": plan.code,
        "title": _texts(plan, "title"),
        "introduction": _texts(plan, "introduction"),
        "starts_on": plan.starts_on,
        "ends_on": plan.ends_on,
    }


def _projects(protocol: Protocol) -> list[Project]:
    involvements = Involvement.objects.published().select_related("organisation").order_by("pk")
    found = (
        Project.objects.published()
        .for_protocol(protocol)
        .select_related("lead__organisation", "replaces", "replaced_by")
        .prefetch_related("domains", "objectives", "goals", "targets", Prefetch("involvements", involvements))
        .order_by("code")
    )
    return list(found)


def _lines(ids: Sequence[int]) -> list[BudgetLine]:
    return list(BudgetLine.objects.filter(project__in=ids).select_related("funder").order_by("project", "year", "pk"))


def _activities(ids: Sequence[int]) -> list[Activity]:
    found = (
        Activity.objects.published().filter(project__in=ids).select_related("project__lead__organisation", "from_party")
    )
    return list(found.order_by("planned_start", "pk"))


def _by_project(rows: Iterable[Row]) -> Mapping[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.project_id].append(row)
    return found


def _money(totals: Totals, mad_per_eur: Decimal | None) -> Data:
    return {kind: {code: totals.in_currency(kind, code, mad_per_eur) for code in Currency.values} for kind in KINDS}


def _difference(after: Data, before: Data) -> Data:
    return {
        kind: {code: after[kind][code] - before[kind][code] for code in Currency.values}
        for kind in ("committed", "spent")
    }


def _project(
    project: Project,
    parties: Sequence[Party],
    period: Period,
    until: datetime.date,
    totals: Totals,
    before: Totals,
    mad_per_eur: Decimal | None,
) -> Data:
    money = _money(totals, mad_per_eur)
    return {
        "code": project.code,
        "title": _texts(project, "title"),
        "summary": _texts(project, "summary"),
        "state": project.state,
        "domains": sorted(domain.code for domain in project.domains.all()),
        "objectives": sorted(objective.code for objective in project.objectives.all()),
        "goals": [goal.code for goal in project.goals.all()],
        "target_groups": [target.group for target in project.targets.all()],
        "lead": project.lead.position if project.lead else None,
        "place": _public_place(project),
        "planned_start": project.planned_start,
        "planned_end": project.planned_end,
        "actual_start": project.actual_start,
        "actual_end": project.actual_end,
        "people_expected": project.people_expected,
        "replaces": _published_code(project.replaces),
        "replaced_by": _published_code(getattr(project, "replaced_by", None)),
        "involvements": [_involvement(one, parties) for one in project.involvements.all()],
        "money": money,
        "period_money": _difference(money, _money(before, mad_per_eur)),
    }


def _published_code(project: Project | None) -> str | None:
    return project.code if project is not None and project.is_published else None


def _public_place(project: Project) -> dict[str, str]:
    """The place; of a sensitive one only the lead commune's name [I11]."""
    if not project.place_sensitive:
        return _texts(project, "place")
    return (
        _texts(project.lead.organisation, "short_name")
        if project.lead
        else dict.fromkeys(settings.REQUIRED_LANGUAGES, "")
    )


def _involvement(one: Involvement, parties: Sequence[Party]) -> Data:
    position = next((party.position for party in parties if party.organisation_id == one.organisation_id), None)
    return {
        "organisation": _texts(one.organisation, "name"),
        "level": one.organisation.level,
        "position": position,
        "phase": one.phase,
        "capacity": one.capacity,
        "responsibility": _texts(one, "responsibility"),
    }


def _indicator(state: IndicatorState, parties: Sequence[Party]) -> Data:
    indicator, latest = state.indicator, state.measurement
    position = {party.pk: party.position for party in parties}
    return {
        "title": _texts(indicator, "title"),
        "unit": _texts(indicator, "unit"),
        "level": indicator.level,
        "measure": indicator.measure,
        "baseline": {
            "on": indicator.baseline_on,
            "value": indicator.baseline_value,
            "statement": _texts(indicator, "baseline_statement"),
        },
        "target": {
            "on": indicator.target_on,
            "value": indicator.target_value,
            "statement": _texts(indicator, "target_statement"),
        },
        "latest": {
            "on": latest.on,
            "value": state.value,
            "statement": _texts(latest, "statement"),
            "by": position.get(latest.by_id),
            "checked_by": position.get(latest.checked_by_id or 0),
        }
        if latest
        else None,
        "withheld": state.withheld,
        "progress": _share(state.progress),
    }


def _share(value: Decimal | None) -> Decimal | None:
    """A share between 0 and 1 with four places, so that the text does not depend on how it was divided."""
    return value.quantize(Decimal("0.0001")) if value is not None else None


def _line(line: BudgetLine, totals: Totals, mad_per_eur: Decimal | None) -> Data:
    own = Totals()
    own.add("planned", line.currency, line.planned)
    own.merge(totals)
    return {
        "year": line.year,
        "category": line.category,
        "label": _texts(line, "label"),
        "funder": _texts(line.funder, "name"),
        "funder_short": _texts(line.funder, "short_name"),
        "in_kind": line.in_kind,
        "hours": line.hours,
        "confirmed": line.confirmed,
    } | _money(own, mad_per_eur)


def _span(activity: Activity) -> tuple[datetime.date, datetime.date]:
    start = activity.actual_start or activity.planned_start
    return start, activity.actual_end or max(start, activity.planned_end)


def _told(activity: Activity, period: Period) -> bool:
    """Whether the period's report tells of the activity: it took place, or was to take place, in the period."""
    start, end = _span(activity)
    return start <= period.ends_on and end >= period.starts_on


def _activity(activity: Activity, period: Period, parties: Sequence[Party]) -> Data:
    women, men = suppressed([activity.women, activity.men])
    start, end = _span(activity)
    position = {party.pk: party.position for party in parties}
    return {
        "kind": activity.kind,
        "title": _texts(activity, "title"),
        "state": activity.state,
        "start": start,
        "end": end,
        "happened": _texts(activity, "happened"),
        "women": women,
        "men": men,
        "people": publishable_total([activity.women, activity.men]),
        "withheld": [women, men] != [activity.women, activity.men],
        "hours": activity.hours,
        "able_to": _texts(activity, "able_to"),
        "score_before": activity.score_before,
        "score_after": activity.score_after,
        "from": position.get(activity.from_party_id or 0),
        "days": activity.days,
        "put_to_use": _texts(activity, "put_to_use"),
    }


def _objectives(
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
                "name": _texts(objective, "name"),
                "projects": len(its),
                "indicators": len(measured),
                "measured": sum(state.progress is not None for state in measured),
                "progress": [_share(state.progress) for state in measured if state.progress is not None],
                "mean": _share(mean_progress(measured)),
            }
        )
    return rows


def _domains(
    protocol: Protocol, projects: Iterable[Project], totals: Mapping[int, Totals], mad_per_eur: Decimal | None
) -> list[Data]:
    rows = []
    for domain in protocol.domains.all():
        its = [project for project in projects if domain in project.domains.all()]
        money = _money(grand_total(totals.get(project.pk, Totals()) for project in its), mad_per_eur)
        rows.append({"code": domain.code, "name": _texts(domain, "name"), "projects": len(its), "money": money})
    return rows


def _states(projects: Iterable[Project]) -> list[Data]:
    counts = dict.fromkeys(ProjectState.values, 0)
    for project in projects:
        counts[project.state] += 1
    return [{"state": state, "projects": count} for state, count in counts.items() if count]


def _contribution(
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
    return {"position": party.position, "hours": hours} | {name: _money(one, mad_per_eur) for name, one in sums.items()}


def _people_of_period(activities: Iterable[Activity], period: Period) -> Data:
    """Activities done in the period, training hours, and people counted at them; a person at two activities counts twice."""
    done = [
        one
        for one in activities
        if one.state == ActivityState.DONE and period.starts_on <= _span(one)[1] <= period.ends_on
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


def _next(projects: Sequence[Project], activities: Iterable[Activity], until: datetime.date) -> list[Data]:
    """The next eight dates after the last day: planned activities, and planned ends of projects that are not over."""
    code_of = {project.pk: project.code for project in projects}
    open_states = {ProjectState.UNDER_WAY, ProjectState.DECIDED, ProjectState.ASSESSING, ProjectState.PROPOSED}
    dates: list[Data] = [
        {"on": one.planned_start, "kind": "activity", "project": code_of[one.project_id], "title": _texts(one, "title")}
        for one in activities
        if one.planned_start > until and one.state in {ActivityState.PLANNED, ActivityState.POSTPONED}
    ]
    dates += [
        {"on": one.planned_end, "kind": "end", "project": one.code, "title": _texts(one, "title")}
        for one in projects
        if one.planned_end and one.planned_end > until and one.state in open_states
    ]
    return sorted(dates, key=lambda date: (date["on"], date["project"]))[:8]
