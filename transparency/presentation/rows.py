"""Rows of the project list, their money bars on one scale."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from babel.lists import format_list

from partnership import formats, languages
from projects.models import Project
from projects.money import Totals, totals_by_project
from transparency.presentation.charts import MoneyBar, money_bar
from transparency.presentation.money import Amount, Purse
from transparency.presentation.project import Duration, duration


@dataclass(frozen=True)
class ProjectRow:
    """A project as a list shows it; `objectives` are their numbers in the act, as a list in the reader's language."""

    project: Project
    duration: Duration
    objectives: str
    objective_count: int
    planned: Amount
    spent: Amount
    bar: MoneyBar | None


def project_rows(projects: Sequence[Project], purse: Purse, day: datetime.date, direction: str) -> list[ProjectRow]:
    """The rows of one page. Two queries; objectives come prefetched."""
    totals = totals_by_project([project.pk for project in projects], day)
    pairs = {pk: (purse.value(one, "planned"), purse.value(one, "spent")) for pk, one in totals.items()}
    scale = max((max(pair) for pair in pairs.values()), default=Decimal(0))
    return [_row(project, totals.get(project.pk, Totals()), purse, scale, direction) for project in projects]


def _row(project: Project, totals: Totals, purse: Purse, scale: Decimal, direction: str) -> ProjectRow:
    numbers = sorted(objective.order for objective in project.objectives.all())
    planned, spent = purse.amount(totals, "planned"), purse.amount(totals, "spent")
    written = format_list([str(number) for number in numbers], locale=formats.LOCALES[languages.current()])
    bar = money_bar(planned.first, spent.first, scale, direction) if planned.first else None
    return ProjectRow(project, duration(project), written, len(numbers), planned, spent, bar)
