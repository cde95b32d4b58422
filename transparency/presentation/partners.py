"""Who takes part: the two communes side by side, then every other organisation by the level it works at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from partnership import parity
from partnership.models import Level, Organisation, Party
from projects.models import BudgetLine, Capacity, Involvement, Project
from projects.models.projects import ProjectQuerySet
from projects.money import Totals
from transparency.presentation.money import Amount, Purse

MOST_PROJECTS = 12


@dataclass(frozen=True)
class CommuneShare:
    """What one commune carries: projects it leads, its responsibilities, what it plans to give in money and in kind."""

    party: Party
    leads: int
    responsibilities: int
    money: Amount
    in_kind: Amount


@dataclass(frozen=True)
class PartnerRow:
    """An organisation, its capacities with the number of times, and the projects it takes part in (the first twelve)."""

    organisation: Organisation
    capacities: Sequence[tuple[str, int]]
    projects: Sequence[Project]
    more: int


@dataclass(frozen=True)
class LevelGroup:
    """The organisations that work at one level."""

    level: Level
    rows: Sequence[PartnerRow]


def commune_shares(
    parties: Iterable[Party], published: ProjectQuerySet, involvements: Iterable[Involvement], purse: Purse
) -> list[CommuneShare]:
    """The two communes in the order given. Two queries."""
    leads = Counter(published.order_by().values_list("lead", flat=True))
    answers = Counter(one.organisation_id for one in involvements)
    given = _given(published)
    nothing = Totals()
    return [
        CommuneShare(
            party,
            leads[party.pk],
            answers[party.organisation_id],
            purse.amount(given.get((party.organisation_id, False), nothing), "planned"),
            purse.amount(given.get((party.organisation_id, True), nothing), "planned"),
        )
        for party in parties
    ]


def _given(published: ProjectQuerySet) -> Mapping[tuple[int, bool], Totals]:
    lines = BudgetLine.objects.filter(project__in=published.order_by().values("pk")).order_by()
    found: dict[tuple[int, bool], Totals] = {}
    rows = lines.values_list("funder", "in_kind", "currency").annotate(Sum("planned"))
    for funder, in_kind, currency, amount in rows:
        found.setdefault((funder, in_kind), Totals()).add("planned", currency, amount or Decimal(0))
    return found


def partner_rows(parties: Iterable[Party], involvements: Iterable[Involvement], language: str) -> list[PartnerRow]:
    """Every organisation but the two communes, by name."""
    communes = {party.organisation_id for party in parties}
    its: dict[int, list[Involvement]] = {}
    for one in involvements:
        if one.organisation_id not in communes:
            its.setdefault(one.organisation_id, []).append(one)
    column = parity.column("sort", language)
    return sorted(map(_partner, its.values()), key=lambda row: str(getattr(row.organisation, column)))


def levels(found: Iterable[PartnerRow]) -> list[LevelGroup]:
    """The rows by level, from local to international."""
    found = list(found)
    groups = [LevelGroup(level, [row for row in found if row.organisation.level == level]) for level in Level]
    return [group for group in groups if group.rows]


def _partner(involvements: Sequence[Involvement]) -> PartnerRow:
    capacities = Counter(one.capacity for one in involvements)
    named = [(str(capacity.label), capacities[capacity]) for capacity in Capacity if capacities[capacity]]
    projects = list({one.project_id: one.project for one in involvements}.values())
    return PartnerRow(
        involvements[0].organisation, named, projects[:MOST_PROJECTS], max(0, len(projects) - MOST_PROJECTS)
    )
