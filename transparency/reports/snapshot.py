"""The frozen snapshot of a period: what the programme was, from published data only [I11, I13], the same for both councils [I16].

Money and measurements count up to the period's last day; states are those of the day the snapshot is taken. At most 30 queries
whatever the number of projects and decisions. Texts stand in the three languages; codes of choices are named when rendered.
"""

from __future__ import annotations

import datetime
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import Prefetch
from django.utils import timezone

from evaluation.progress import IndicatorState, states_by_project
from partnership import canonical
from partnership.disclosure import publishable_total, suppressed
from partnership.models import Party, Protocol
from projects.models import (
    ActionPlan,
    Activity,
    BudgetLine,
    Involvement,
    Project,
)
from projects.money import Totals, grand_total, moved_by_project, rate_on, totals_by_line, totals_by_project
from transparency.models import Snapshot
from transparency.reports import decided, figures
from transparency.reports.figures import Data
from transparency.reports.periods import Period

VERSION = 2  # 1 knew no decisions and no register; what was frozen then is still rendered
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
    told = _by_project(one for one in activities if figures.told_in(one, period))
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
        "rate": {"on": rate.on, "mad_per_eur": rate.mad_per_eur, "source": figures.texts(rate, "source")}
        if rate
        else None,
        "register": decided.end_of_register(protocol),
        "decisions": decided.of_period(protocol, period.starts_on, until, parties),
        "plan": _plan(protocol),
        "objectives": figures.objectives(protocol, projects, states),
        "domains": figures.domains(protocol, projects, totals, mad_per_eur),
        "projects": rows,
        "states": figures.states(projects),
        "totals": figures.money(grand_total(totals.values()), mad_per_eur),
        "period_totals": figures.difference(
            figures.money(grand_total(totals.values()), mad_per_eur),
            figures.money(grand_total(before.values()), mad_per_eur),
        ),
        "contributions": [figures.contribution(party, lines, line_totals, mad_per_eur) for party in parties],
        "people": figures.people_of_period(activities, period),
        "next": figures.next_dates(projects, activities, until),
    }


def _protocol(protocol: Protocol) -> Data:
    return {
        "code": protocol.code,
        "title": figures.texts(protocol, "title"),
        "demonstration": protocol.is_demonstration,
        "source_language": protocol.source_language,
    }


def _organisation(organisation: Any) -> Data:
    return {
        "name": figures.texts(organisation, "name"),
        "short_name": figures.texts(organisation, "short_name"),
        "place": figures.texts(organisation, "place"),
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
        "title": figures.texts(plan, "title"),
        "introduction": figures.texts(plan, "introduction"),
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
    found = BudgetLine.objects.filter(project__in=ids).covered().select_related("funder")
    return list(found.order_by("project", "year", "pk"))


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


def _project(
    project: Project,
    parties: Sequence[Party],
    period: Period,
    until: datetime.date,
    totals: Totals,
    before: Totals,
    mad_per_eur: Decimal | None,
) -> Data:
    money = figures.money(totals, mad_per_eur)
    return {
        "code": project.code,
        "title": figures.texts(project, "title"),
        "summary": figures.texts(project, "summary"),
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
        "period_money": figures.difference(money, figures.money(before, mad_per_eur)),
    }


def _published_code(project: Project | None) -> str | None:
    return project.code if project is not None and project.is_published else None


def _public_place(project: Project) -> dict[str, str]:
    """The place; of a sensitive one only the lead commune's name [I11]."""
    if not project.place_sensitive:
        return figures.texts(project, "place")
    return (
        figures.texts(project.lead.organisation, "short_name")
        if project.lead
        else dict.fromkeys(settings.REQUIRED_LANGUAGES, "")
    )


def _involvement(one: Involvement, parties: Sequence[Party]) -> Data:
    position = next((party.position for party in parties if party.organisation_id == one.organisation_id), None)
    return {
        "organisation": figures.texts(one.organisation, "name"),
        "level": one.organisation.level,
        "position": position,
        "phase": one.phase,
        "capacity": one.capacity,
        "responsibility": figures.texts(one, "responsibility"),
    }


def _indicator(state: IndicatorState, parties: Sequence[Party]) -> Data:
    indicator, latest = state.indicator, state.measurement
    position = {party.pk: party.position for party in parties}
    return {
        "title": figures.texts(indicator, "title"),
        "unit": figures.texts(indicator, "unit"),
        "level": indicator.level,
        "measure": indicator.measure,
        "baseline": {
            "on": indicator.baseline_on,
            "value": indicator.baseline_value,
            "statement": figures.texts(indicator, "baseline_statement"),
        },
        "target": {
            "on": indicator.target_on,
            "value": indicator.target_value,
            "statement": figures.texts(indicator, "target_statement"),
        },
        "latest": {
            "on": latest.on,
            "value": state.value,
            "statement": figures.texts(latest, "statement"),
            "by": position.get(latest.by_id),
            "checked_by": position.get(latest.checked_by_id or 0),
        }
        if latest
        else None,
        "withheld": state.withheld,
        "progress": figures.share(state.progress),
    }


def _line(line: BudgetLine, totals: Totals, mad_per_eur: Decimal | None) -> Data:
    own = Totals()
    own.add("planned", line.currency, line.planned)
    own.merge(totals)
    return {
        "year": line.year,
        "category": line.category,
        "label": figures.texts(line, "label"),
        "funder": figures.texts(line.funder, "name"),
        "funder_short": figures.texts(line.funder, "short_name"),
        "in_kind": line.in_kind,
        "hours": line.hours,
        "confirmed": line.confirmed,
    } | figures.money(own, mad_per_eur)


def _activity(activity: Activity, period: Period, parties: Sequence[Party]) -> Data:
    women, men = suppressed([activity.women, activity.men])
    start, end = figures.span(activity)
    position = {party.pk: party.position for party in parties}
    return {
        "kind": activity.kind,
        "title": figures.texts(activity, "title"),
        "state": activity.state,
        "start": start,
        "end": end,
        "happened": figures.texts(activity, "happened"),
        "women": women,
        "men": men,
        "people": publishable_total([activity.women, activity.men]),
        "withheld": [women, men] != [activity.women, activity.men],
        "hours": activity.hours,
        "able_to": figures.texts(activity, "able_to"),
        "score_before": activity.score_before,
        "score_after": activity.score_after,
        "from": position.get(activity.from_party_id or 0),
        "days": activity.days,
        "put_to_use": figures.texts(activity, "put_to_use"),
    }
