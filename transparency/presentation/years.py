"""Money by year: a column for each, and the table behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from projects.money import Totals
from transparency.presentation.charts import Column, column
from transparency.presentation.money import Amount, Purse


@dataclass(frozen=True)
class YearRow:
    """A year's lines: planned and spent, the share spent, and the column on the scale of all years."""

    year: int
    planned: Amount
    spent: Amount
    share: Decimal | None
    column: Column | None


def year_rows(by_year: Mapping[int, Totals], purse: Purse) -> Sequence[YearRow]:
    """Every year for which something was planned, in order."""
    pairs = {year: (purse.value(one, "planned"), purse.value(one, "spent")) for year, one in by_year.items()}
    scale = max((max(pair) for pair in pairs.values()), default=Decimal(0))
    return [
        YearRow(
            year,
            purse.amount(one, "planned"),
            purse.amount(one, "spent"),
            purse.share_spent(one),
            column(*pairs[year], scale) if scale else None,
        )
        for year, one in sorted(by_year.items())
    ]
