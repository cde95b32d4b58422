"""What the one-minute page says, chosen from the data by rules that anyone can check.

**What moves** (three): indicators measured in the period, the furthest first, and activities done in it, the best attended first. Two
indicators and one activity; where one kind is missing, the other fills its place. Each from another project, as far as there are.

**What needs attention** (three): each rule below in its order gives its first case, then each its second, until there are three:
a project is suspended; a project that is not over has passed its planned end; activities of the period were postponed or cancelled;
a project under way has indicators whose value is withheld or was never measured; money is planned that is not confirmed.

**Next dates**: the first six of the snapshot's.

Both councils read the same items in the same order [I16]: nothing here knows the reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain, islice, zip_longest
from typing import Any

from projects.models import ActivityState, ProjectState
from transparency.reports.reading import Data

ITEMS = 3
DATES = 6
OPEN = frozenset(
    {
        ProjectState.PROPOSED,
        ProjectState.ASSESSING,
        ProjectState.DECIDED,
        ProjectState.UNDER_WAY,
        ProjectState.SUSPENDED,
    }
)
MEASURING = frozenset(
    {ProjectState.UNDER_WAY, ProjectState.COMPLETED}
)  # a project that has not begun has nothing to measure


@dataclass(frozen=True)
class Item:
    """One line of the page: which rule chose it, the project's code, and what its sentence names."""

    rule: str
    project: str
    about: Data = field(default_factory=dict)


@dataclass(frozen=True)
class Story:
    """What moves, what needs attention, and the next dates."""

    moves: list[Item]
    attention: list[Item]
    dates: list[Data]


def tell(report: Data) -> Story:
    """The page's items. `report` is a snapshot's data in one language (reading.localised)."""
    return Story(_moves(report), _attention(report), report["next"][:DATES])


def _moves(report: Data) -> list[Item]:
    measured, done = _measured(report), _done(report)
    indicators = measured[: ITEMS - min(1, len(done))]
    told = {item.project for item in indicators}
    others_first = sorted(done, key=lambda item: item.project in told)
    return [*indicators, *others_first[: ITEMS - len(indicators)]]


def _measured(report: Data) -> list[Item]:
    """The furthest indicator of each project among those measured in the period, the furthest project first."""
    period = report["period"]
    found = [
        (indicator["progress"], Item("measured", project["code"], indicator))
        for project in report["projects"]
        for indicator in project["indicators"]
        if indicator["progress"]
        and indicator["latest"]
        and period["starts_on"] <= indicator["latest"]["on"] <= period["ends_on"]
    ]
    return _first_of_each_project(found)


def _done(report: Data) -> list[Item]:
    """The best attended activity of each project among those that ended in the period, the best attended first."""
    period = report["period"]
    found = [
        (Decimal(activity["people"]), Item("done", project["code"], activity))
        for project in report["projects"]
        for activity in project["activities"]
        if activity["state"] == ActivityState.DONE
        and activity["people"]
        and period["starts_on"] <= activity["end"] <= period["ends_on"]
    ]
    return _first_of_each_project(found)


def _first_of_each_project(found: list[tuple[Decimal, Item]]) -> list[Item]:
    """The items by falling weight, only the first of each project; equal weights stay in the snapshot's order."""
    best: dict[str, Item] = {}
    for _weight, item in sorted(found, key=lambda pair: -pair[0]):
        best.setdefault(item.project, item)
    return list(best.values())


def _attention(report: Data) -> list[Item]:
    cases = [[item for project in report["projects"] for item in rule(project, report)] for rule in RULES]
    rounds = chain.from_iterable(zip_longest(*cases))
    return list(islice((item for item in rounds if item is not None), ITEMS))


def _suspended(project: Data, _report: Data) -> Iterator[Item]:
    if project["state"] == ProjectState.SUSPENDED:
        yield Item("suspended", project["code"])


def _past_its_end(project: Data, report: Data) -> Iterator[Item]:
    end = project["planned_end"]
    if end and end <= report["until"] and project["state"] in OPEN:
        yield Item("past_its_end", project["code"], {"on": end})


def _not_held(project: Data, _report: Data) -> Iterator[Item]:
    for activity in project["activities"]:
        if activity["state"] in (ActivityState.POSTPONED, ActivityState.CANCELLED):
            yield Item(activity["state"], project["code"], activity)


def _unmeasured(project: Data, _report: Data) -> Iterator[Item]:
    if project["state"] not in MEASURING:
        return
    for rule, indicators in (("withheld", _withheld(project)), ("unmeasured", _never_measured(project))):
        if indicators:
            yield Item(rule, project["code"], {"count": len(indicators)})


def _withheld(project: Data) -> list[Any]:
    return [indicator for indicator in project["indicators"] if indicator["withheld"]]


def _never_measured(project: Data) -> list[Any]:
    return [indicator for indicator in project["indicators"] if indicator["latest"] is None]


def _unconfirmed(project: Data, _report: Data) -> Iterator[Item]:
    lines = [line["planned"] for line in project["lines"] if not line["confirmed"]]
    if lines:
        yield Item("unconfirmed", project["code"], {currency: _sum(lines, currency) for currency in ("EUR", "MAD")})


def _sum(sums: Iterable[dict[str, Decimal]], currency: str) -> Decimal:
    return sum((one[currency] for one in sums), Decimal(0))


Rule = Callable[[Data, Data], Iterator[Item]]
RULES: tuple[Rule, ...] = (_suspended, _past_its_end, _not_held, _unmeasured, _unconfirmed)
