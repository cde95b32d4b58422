"""Sums of money: planned, committed, disbursed and spent, in both currencies, with few queries however many projects."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

from django.db.models import QuerySet, Sum

from partnership.models import Currency, Protocol
from projects.models import BudgetLine, ExchangeRate, Project, Transaction, TransactionKind

CENT = Decimal("0.01")
ZERO = Decimal(0)
Kind = Literal["original", "planned", "committed", "disbursed", "spent"]
"""What is summed: the budget as it was decided, as it is planned now, and what moved."""
KIND_OF: dict[str, Kind] = {
    TransactionKind.COMMITMENT: "committed",
    TransactionKind.DISBURSEMENT: "disbursed",
    TransactionKind.EXPENDITURE: "spent",
}


def rate_on(protocol: Protocol, day: datetime.date) -> ExchangeRate | None:
    """The rate that one page or report uses throughout: the latest not later than the day; None where none was entered."""
    return ExchangeRate.objects.valid_on(protocol, day)


def convert(amount: Decimal, source: str, target: str, mad_per_eur: Decimal) -> Decimal:
    """The amount in the target currency, rounded half to even to the cent. `mad_per_eur` is how many dirhams make one euro."""
    if source == target:
        return amount.quantize(CENT, ROUND_HALF_EVEN)
    factor = mad_per_eur if target == Currency.MAD else 1 / mad_per_eur
    return (amount * factor).quantize(CENT, ROUND_HALF_EVEN)


@dataclass
class Totals:
    """Sums as entered, by kind and currency. Read through `in_currency`."""

    entered: dict[tuple[Kind, str], Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))

    def add(self, kind: Kind, currency: str, amount: Decimal) -> None:
        """Add an amount as it was entered."""
        self.entered[kind, currency] += amount

    def merge(self, other: Totals) -> None:
        """Add every sum of another."""
        for (kind, currency), amount in other.entered.items():
            self.add(kind, currency, amount)

    def in_currency(self, kind: Kind, currency: str, mad_per_eur: Decimal | None) -> Decimal:
        """The sum of a kind in a currency; without a rate only what was entered in that currency."""
        if mad_per_eur is None:
            return self.entered.get((kind, currency), ZERO)
        return sum(
            (convert(self.entered.get((kind, own), ZERO), own, currency, mad_per_eur) for own in Currency.values), ZERO
        )

    def left(self, currency: str, mad_per_eur: Decimal | None) -> Decimal:
        """What is planned and not spent, in one currency; less than nothing where more is spent than planned."""
        return self.in_currency("planned", currency, mad_per_eur) - self.in_currency("spent", currency, mad_per_eur)

    def currencies(self) -> set[str]:
        """The currencies in which anything was entered."""
        return {currency for (_kind, currency), amount in self.entered.items() if amount}

    def share_spent(self, mad_per_eur: Decimal | None) -> Decimal | None:
        """Spent over planned, between 0 and 1 or more; None where nothing is planned."""
        planned = self.in_currency("planned", Currency.EUR, mad_per_eur)
        return self.in_currency("spent", Currency.EUR, mad_per_eur) / planned if planned else None


def totals_by_project(project_ids: Iterable[int], until: datetime.date | None = None) -> Mapping[int, Totals]:
    """Totals of each project, transactions up to and including `until`. Two queries; a project without money has no entry."""
    ids = list(project_ids)
    found = moved_by_project(ids, until)
    lines = BudgetLine.objects.filter(project__in=ids).order_by()
    for project, currency, amount in lines.values_list("project", "currency").annotate(Sum("planned")):
        found[project].add("planned", currency, amount)
    return found


def moved_by_project(project_ids: Iterable[int], until: datetime.date | None = None) -> Mapping[int, Totals]:
    """Committed, disbursed and spent of each project, up to and including `until`. One query."""
    found: dict[int, Totals] = defaultdict(Totals)
    moves = Transaction.objects.filter(line__project__in=list(project_ids)).order_by()
    moves = moves.until(until) if until else moves
    sums = moves.values_list("line__project", "kind", "currency").annotate(Sum("amount"))
    for project, kind, currency, amount in sums:
        found[project].add(KIND_OF[kind], currency, amount)
    return found


def totals_by_line(line_ids: Iterable[int], until: datetime.date | None = None) -> Mapping[int, Totals]:
    """Committed, disbursed and spent on each budget line, up to and including `until`. One query; `planned` stands on the line."""
    found: dict[int, Totals] = defaultdict(Totals)
    moves = Transaction.objects.filter(line__in=list(line_ids)).order_by()
    moves = moves.until(until) if until else moves
    for line, kind, currency, amount in moves.values_list("line", "kind", "currency").annotate(Sum("amount")):
        found[line].add(KIND_OF[kind], currency, amount)
    return found


def totals_by_year(projects: QuerySet[Project], until: datetime.date) -> Mapping[int, Totals]:
    """Totals of each year's budget lines over all these projects, and what moved on them up to `until`. Two queries."""
    found: dict[int, Totals] = defaultdict(Totals)
    lines = BudgetLine.objects.filter(project__in=projects.order_by().values("pk")).order_by()
    for year, currency, amount in lines.values_list("year", "currency").annotate(Sum("planned")):
        found[year].add("planned", currency, amount)
    moves = Transaction.objects.filter(line__in=lines.values("pk")).until(until).order_by()
    for year, kind, currency, amount in moves.values_list("line__year", "kind", "currency").annotate(Sum("amount")):
        found[year].add(KIND_OF[kind], currency, amount)
    return found


def grand_total(totals: Iterable[Totals]) -> Totals:
    """The sum of many."""
    whole = Totals()
    for one in totals:
        whole.merge(one)
    return whole
