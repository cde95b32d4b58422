"""A project's page, worked out: who does what, its money by line, its indicators."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from evaluation.progress import IndicatorState
from partnership.models import Organisation, Party
from projects.models import BudgetLine, Involvement, Phase, Project
from projects.money import Totals, grand_total, totals_by_line
from transparency.presentation.charts import Bullet, MoneyBar, bullet, money_bar
from transparency.presentation.money import Amount, Purse


@dataclass(frozen=True)
class Duration:
    """From the first to the last day known, actual before planned; either may be missing."""

    start: datetime.date | None
    end: datetime.date | None

    @property
    def years(self) -> str:
        """2023–2026, or 2026; empty where no day is known. Isolate it: it reads from left to right."""
        years = dict.fromkeys(str(day.year) for day in (self.start, self.end) if day)
        return "–".join(years)


def duration(project: Project) -> Duration:
    """The days between which a project runs."""
    return Duration(project.actual_start or project.planned_start, project.actual_end or project.planned_end)


@dataclass(frozen=True)
class CommuneRole:
    """What one of the two communes answers for in the project."""

    party: Party
    responsibilities: Sequence[Involvement]


@dataclass(frozen=True)
class PartnerRole:
    """What another organisation does: its capacities in each phase, in the order of the phases, and its responsibilities."""

    organisation: Organisation
    capacities: Sequence[tuple[Phase, Sequence[str]]]
    responsibilities: Sequence[Involvement]


def commune_roles(parties: Iterable[Party], involvements: Sequence[Involvement]) -> list[CommuneRole]:
    """The two communes in the order given, with their responsibilities by phase."""
    return [
        CommuneRole(party, _by_phase(one for one in involvements if one.organisation_id == party.organisation_id))
        for party in parties
    ]


def partner_roles(parties: Iterable[Party], involvements: Sequence[Involvement]) -> list[PartnerRole]:
    """Every other organisation, in the order they were entered."""
    communes = {party.organisation_id for party in parties}
    others: dict[int, list[Involvement]] = {}
    for one in involvements:
        if one.organisation_id not in communes:
            others.setdefault(one.organisation_id, []).append(one)
    return [_partner(its) for its in others.values()]


def _partner(involvements: Sequence[Involvement]) -> PartnerRole:
    capacities = [
        (phase, [one.get_capacity_display() for one in involvements if one.phase == phase]) for phase in Phase
    ]
    return PartnerRole(involvements[0].organisation, capacities, _by_phase(involvements))


def _by_phase(involvements: Iterable[Involvement]) -> list[Involvement]:
    order = list(Phase.values)
    return sorted(involvements, key=lambda one: order.index(one.phase))


@dataclass(frozen=True)
class LineRow:
    """A budget line: planned and spent in both currencies, the share spent, its bar on the scale of the project."""

    line: BudgetLine
    planned: Amount
    spent: Amount
    share: Decimal | None
    bar: MoneyBar | None
    later: bool = False
    """Whether it was added after both communes had decided on the project's budget."""


@dataclass(frozen=True)
class Budget:
    """A project's money: its lines and their sum."""

    lines: Sequence[LineRow]
    planned: Amount
    spent: Amount
    share: Decimal | None


def budget(lines: Sequence[BudgetLine], purse: Purse, day: datetime.date, direction: str) -> Budget:
    """The money of a project's lines, moved on or before the day. One query."""
    moved = totals_by_line([line.pk for line in lines], day)
    sums = [_line_totals(line, moved.get(line.pk, Totals())) for line in lines]
    pairs = [(purse.value(one, "planned"), purse.value(one, "spent")) for one in sums]
    scale = max((max(pair) for pair in pairs), default=Decimal(0))
    is_decided = any(line.original is not None for line in lines)
    rows = [
        LineRow(
            line,
            purse.amount(one, "planned"),
            purse.amount(one, "spent"),
            purse.share_spent(one),
            money_bar(planned, spent, scale, direction),
            later=is_decided and line.original is None,
        )
        for line, one, (planned, spent) in zip(lines, sums, pairs, strict=True)
    ]
    whole = grand_total(sums)
    return Budget(rows, purse.amount(whole, "planned"), purse.amount(whole, "spent"), purse.share_spent(whole))


def _line_totals(line: BudgetLine, moved: Totals) -> Totals:
    whole = Totals()
    whole.add("planned", line.currency, line.planned)
    whole.merge(moved)
    return whole


@dataclass(frozen=True)
class IndicatorRow:
    """An indicator as it stands, with its picture; one in words has none."""

    state: IndicatorState
    bullet: Bullet | None


def indicator_rows(states: Iterable[IndicatorState], direction: str) -> list[IndicatorRow]:
    """The indicators of a project."""
    return [IndicatorRow(state, bullet(state, direction)) for state in states]
