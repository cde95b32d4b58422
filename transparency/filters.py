"""Filters of the project list: what was asked, which projects answer it, and what one more value would give.

Within one filter any of the chosen values will do, between filters all must hold. A value nobody knows is left out and said so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Count
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from partnership.models import Domain, InternationalGoal, Objective, Principle, Protocol
from projects.models import ProjectState, TargetGroup
from projects.models.projects import ProjectQuerySet

LONGEST_SEARCH = 200
SORTS: Mapping[str, str | Promise] = {
    "code": pgettext_lazy("sort by", "Code"),
    "start": pgettext_lazy("sort by", "Start, latest first"),
    "title": pgettext_lazy("sort by", "Title"),
}


@dataclass(frozen=True)
class Kind:
    """One filter: its name in the address, its title, and the relation or column it looks at."""

    name: str
    title: str | Promise
    relation: str


KINDS = (
    Kind("domain", pgettext_lazy("filter", "Domain"), "domains"),
    Kind("objective", pgettext_lazy("filter", "Objective"), "objectives"),
    Kind("state", pgettext_lazy("filter", "State"), "state"),
    Kind("group", pgettext_lazy("filter", "For whom"), "targets__group"),
    Kind("goal", pgettext_lazy("filter", "International goal"), "goals"),
    Kind("principle", pgettext_lazy("filter", "Principle"), "principles"),
)


@dataclass(frozen=True)
class Choice:
    """A value a filter can take: as it stands in the address, in words, and as the database knows it."""

    value: str
    label: str | Promise
    key: object


@dataclass(frozen=True)
class Option:
    """A choice as it is offered: `count` is the number of projects it holds, given what is chosen in the other filters."""

    value: str
    label: str | Promise
    count: int
    chosen: bool


@dataclass(frozen=True)
class Facet:
    """A filter with its options."""

    name: str
    title: str | Promise
    options: Sequence[Option]

    @property
    def is_chosen(self) -> bool:
        """Whether any option is chosen."""
        return any(option.chosen for option in self.options)


@dataclass(frozen=True)
class Chip:
    """A condition that holds, and the address without it."""

    label: str | Promise
    address: str


@dataclass(frozen=True)
class Unknown:
    """A value that the filter does not have."""

    title: str | Promise
    value: str


@dataclass(frozen=True)
class Selection:
    """What was asked: words, the known values of each filter, the order; and what was not understood."""

    words: str
    values: Mapping[str, tuple[str, ...]]
    sort: str
    unknown: Sequence[Unknown]

    @property
    def is_empty(self) -> bool:
        """Whether no condition holds."""
        return not self.words and not any(self.values.values())

    @property
    def conditions(self) -> int:
        """How many conditions hold."""
        return bool(self.words) + sum(map(len, self.values.values()))

    def address(self, *, without: tuple[str, str] | None = None, page: int = 1) -> str:
        """The query of the same selection, for instance ?domain=DOM-HD&sort=start; less one condition, or at a page."""
        pairs = [("q", self.words)] if self.words else []
        pairs += [(kind.name, value) for kind in KINDS for value in self.values[kind.name]]
        pairs = [pair for pair in pairs if pair != without]
        if self.sort != "code":
            pairs.append(("sort", self.sort))
        if page > 1:
            pairs.append(("page", str(page)))
        return f"?{urlencode(pairs)}" if pairs else "?"


Choices = Mapping[str, Sequence[Choice]]


def choices(protocol: Protocol, published: ProjectQuerySet, states_in_use: Iterable[str]) -> Choices:
    """Every value each filter knows. Four queries. Goals are an open list, so only those that a project works for."""
    used = set(states_in_use)
    goals = InternationalGoal.objects.filter(projects__in=published.order_by().values("pk")).distinct()
    elements = {"domain": Domain, "objective": Objective, "principle": Principle}
    return {
        name: [Choice(one.code, one.name, one.pk) for one in model.objects.for_protocol(protocol)]
        for name, model in elements.items()
    } | {
        "state": [Choice(code, label, code) for code, label in ProjectState.choices if code in used],
        "group": [Choice(code, label, code) for code, label in TargetGroup.choices],
        "goal": [Choice(goal.code, f"\u2066{goal.code}\u2069 {goal.title}", goal.pk) for goal in goals],
    }


def read(data: QueryDict, known: Choices) -> Selection:
    """The selection an address asks for."""
    values: dict[str, tuple[str, ...]] = {}
    unknown: list[Unknown] = []
    for kind in KINDS:
        asked = dict.fromkeys(value for value in data.getlist(kind.name) if value)
        here = {choice.value for choice in known[kind.name]}
        values[kind.name] = tuple(value for value in asked if value in here)
        unknown += [Unknown(kind.title, value) for value in asked if value not in here]
    sort = data.get("sort") or "code"
    if sort not in SORTS:
        unknown.append(Unknown(pgettext_lazy("filter", "Order"), sort))
        sort = "code"
    return Selection(data.get("q", "").strip()[:LONGEST_SEARCH], values, sort, unknown)


def narrowed(
    found: ProjectQuerySet, selection: Selection, known: Choices, language: str, *, leaving_out: str = ""
) -> ProjectQuerySet:
    """The projects that fulfil every condition, or every one but those of one filter."""
    found = found.matching(selection.words, language)
    for kind in KINDS:
        asked = selection.values[kind.name]
        if asked and kind.name != leaving_out:
            keys = [choice.key for choice in known[kind.name] if choice.value in asked]
            found = found.linked_to(kind.relation, keys)
    return found


def in_order(found: ProjectQuerySet, selection: Selection, language: str) -> ProjectQuerySet:
    """The projects in the order asked for."""
    if selection.sort == "title":
        return found.by_title(language)
    if selection.sort == "start":
        return found.latest_first()
    return found.order_by("code")


def facets(published: ProjectQuerySet, selection: Selection, known: Choices, language: str) -> list[Facet]:
    """Every filter with its counts. One query for each filter, however many projects."""
    return [
        _facet(kind, narrowed(published, selection, known, language, leaving_out=kind.name), selection, known)
        for kind in KINDS
    ]


def _facet(kind: Kind, found: ProjectQuerySet, selection: Selection, known: Choices) -> Facet:
    counts = dict(found.order_by().values_list(kind.relation).annotate(Count("pk")))
    chosen = selection.values[kind.name]
    options = [
        Option(choice.value, choice.label, counts.get(choice.key, 0), choice.value in chosen)
        for choice in known[kind.name]
    ]
    return Facet(kind.name, kind.title, options)


def chips(selection: Selection, known: Choices) -> list[Chip]:
    """One chip for each condition."""
    found = [Chip(selection.words, selection.address(without=("q", selection.words)))] if selection.words else []
    for kind in KINDS:
        labels = {choice.value: choice.label for choice in known[kind.name]}
        found += [
            Chip(labels[value], selection.address(without=(kind.name, value))) for value in selection.values[kind.name]
        ]
    return found
