"""The table of exchange rates as staff keep it: the latest, what rests on each, and the gaps between them."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.db.models import Count, DateField, F, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from partnership import clock
from partnership.models import Protocol
from projects.models import ExchangeRate, Transaction

LONGEST = datetime.timedelta(days=100)
"""A rate holds for a quarter and a few days; a longer way to the next one is a gap that is said."""


@dataclass(frozen=True)
class Gap:
    """A stretch in which an old rate had to serve: the days of the two rates around it, the second None for today."""

    since: datetime.date
    until: datetime.date | None
    days: int


@dataclass(frozen=True)
class RateTable:
    """What stands above the list of rates."""

    latest: ExchangeRate | None
    age: int
    """How many days ago the latest rate was set."""
    gaps: Sequence[Gap]
    without_rate: int
    """How many movements in another currency than their line have no rate for their day."""


def table(protocol: Protocol) -> RateTable:
    """The rates of a protocol at a glance, as of today. Three queries."""
    today = clock.today(protocol)
    days = list(ExchangeRate.objects.filter(protocol=protocol).order_by("on").values_list("on", flat=True))
    latest = ExchangeRate.objects.valid_on(protocol, today)
    gaps = [Gap(before, after, (after - before).days) for before, after in pairwise(days) if after - before > LONGEST]
    age = (today - latest.on).days if latest else 0
    if latest is not None and today - latest.on > LONGEST:
        gaps.append(Gap(latest.on, None, age))
    foreign = Transaction.objects.filter(line__project__protocol=protocol).exclude(currency=F("line__currency"))
    without = foreign.filter(on__lt=days[0]) if days else foreign
    return RateTable(latest, age, gaps[::-1], without.count())


def with_use(rates: QuerySet[ExchangeRate]) -> QuerySet[ExchangeRate]:
    """Each rate with the day of the next one, `following_on`, and how many movements are counted at it, `movements_count`."""
    later = ExchangeRate.objects.filter(protocol=OuterRef("protocol"), on__gt=OuterRef("on")).order_by("on")
    counted = rates.annotate(following_on=Subquery(later.values("on")[:1]))
    foreign = Transaction.objects.exclude(currency=F("line__currency")).order_by()
    resting = foreign.filter(
        line__project__protocol=OuterRef("protocol"),
        on__gte=OuterRef("on"),
        on__lt=Coalesce(OuterRef("following_on"), Value(datetime.date.max), output_field=DateField()),
    )
    per_protocol = resting.values("line__project__protocol").annotate(count=Count("pk")).values("count")
    return counted.annotate(movements_count=Subquery(per_protocol, output_field=IntegerField()))
