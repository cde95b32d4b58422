"""Sums in the reader's two currencies, their own first [I16], at the one rate of the page."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal

from partnership import equality
from partnership.models import Protocol
from projects.models import ExchangeRate
from projects.money import Kind, Totals, rate_on


@dataclass(frozen=True)
class Amount:
    """One sum in both currencies (ISO 4217), the reader's own first."""

    first: Decimal
    first_currency: str
    second: Decimal
    second_currency: str

    @property
    def headline(self) -> Amount:
        """As it stands alone: without a rate a sum entered in the other currency only must not read as nothing."""
        if self.first or not self.second:
            return self
        return Amount(self.second, self.second_currency, self.first, self.first_currency)


@dataclass(frozen=True)
class Purse:
    """The reader's currencies and the page's rate. Without a rate a sum holds what was entered in its currency only."""

    first: str
    second: str
    rate: ExchangeRate | None

    @property
    def mad_per_eur(self) -> Decimal | None:
        """Dirhams for one euro; None where no rate was entered."""
        return self.rate.mad_per_eur if self.rate else None

    def amount(self, totals: Totals, kind: Kind) -> Amount:
        """A sum of totals in both currencies."""
        first, second = (totals.in_currency(kind, code, self.mad_per_eur) for code in (self.first, self.second))
        return Amount(first, self.first, second, self.second)

    def value(self, totals: Totals, kind: Kind) -> Decimal:
        """A sum of totals in the reader's own currency."""
        return totals.in_currency(kind, self.first, self.mad_per_eur)

    def share_spent(self, totals: Totals) -> Decimal | None:
        """Spent over planned, 0 to 1 or more; None where nothing is planned."""
        return totals.share_spent(self.mad_per_eur)


def purse(protocol: Protocol, language: str, day: datetime.date) -> Purse:
    """The purse of a page in a language, at the latest rate not later than the day. One query."""
    first, second = equality.currencies(equality.Reader(language), ())
    return Purse(first, second, rate_on(protocol, day))
