"""What the programme covers: which clause, principle, objective or domain no project serves, and which project serves none.

Nothing is written here; it reads, with the same number of queries however much there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from partnership.models import Clause, Domain, InternationalGoal, Objective, Principle, Protocol, PublishingState
from projects.models import (
    Activity,
    ActivityKind,
    Convergence,
    Involvement,
    Mitigation,
    Need,
    PriorAssessment,
    Project,
    ProjectState,
)
from projects.models.projects import ProjectQuerySet
from projects.who_does_what import SHARED_PHASES

GIVEN_UP = (ProjectState.CANCELLED, ProjectState.REPLACED)
"""States of projects that serve nothing any more."""
KINDS: tuple[tuple[str, type[Any], str | Promise], ...] = (
    ("principles", Principle, _("Principles")),
    ("objectives", Objective, _("Objectives")),
    ("domains", Domain, _("Domains")),
)
"""What the act enumerates and a project names: the relation, the model, the heading."""


@dataclass(frozen=True)
class Served:
    """One clause, principle, objective or domain, with the projects that serve it."""

    element: Any
    projects: tuple[Project, ...]

    @property
    def is_served(self) -> bool:
        """Whether any project serves it."""
        return bool(self.projects)


@dataclass(frozen=True)
class Part:
    """Everything of one kind, in the order of the act."""

    code: str
    label: str | Promise
    rows: tuple[Served, ...]

    @property
    def unserved(self) -> list[Any]:
        """What no project serves."""
        return [row.element for row in self.rows if not row.is_served]

    @property
    def served(self) -> int:
        """How many are served by some project."""
        return len(self.rows) - len(self.unserved)


@dataclass(frozen=True)
class Lacking:
    """A project that names no principle, no objective or no domain."""

    project: Project
    lacks: tuple[str | Promise, ...]

    @property
    def serves_none(self) -> bool:
        """Whether it names nothing at all of what the act enumerates."""
        return len(self.lacks) == len(KINDS)


@dataclass(frozen=True)
class Coverage:
    """The programme against the act: parts of the act, projects that lack something, needs from which no project starts."""

    parts: tuple[Part, ...]
    lacking: tuple[Lacking, ...]
    needs: tuple[Need, ...]


def of(protocol: Protocol) -> Coverage:
    """The coverage of a protocol by all projects that are not given up, published or not. Ten queries."""
    rows = Project.objects.for_protocol(protocol).exclude(state__in=GIVEN_UP)
    projects = list(with_what_they_serve(rows).order_by("code"))
    elements = parts(protocol, projects)
    clauses = Part("clauses", _("Clauses"), tuple(_clauses(protocol, projects, elements)))
    needs = Need.objects.for_protocol(protocol).without_a_project()
    return Coverage(
        parts=(*elements, clauses),
        lacking=tuple(_lacking(projects)),
        needs=tuple(needs.exclude(publishing_state=PublishingState.WITHDRAWN).order_by("code")),
    )


def parts(protocol: Protocol, projects: Sequence[Project]) -> tuple[Part, ...]:
    """Principles, objectives and domains with those of these projects that name them. Three queries where they are prefetched."""
    return tuple(
        Part(relation, label, tuple(_served(model.objects.for_protocol(protocol), relation, projects)))
        for relation, model, label in KINDS
    )


def _served(elements: Iterable[Any], relation: str, projects: Iterable[Project]) -> Iterable[Served]:
    serving: dict[int, list[Project]] = {}
    for project in projects:
        for one in getattr(project, relation).all():
            serving.setdefault(one.pk, []).append(project)
    return (Served(element, tuple(serving.get(element.pk, ()))) for element in elements)


def _lacking(projects: Iterable[Project]) -> Iterable[Lacking]:
    for project in projects:
        lacks = tuple(label for relation, _model, label in KINDS if not getattr(project, relation).all())
        if lacks:
            yield Lacking(project, lacks)


# Clauses that speak of what a project does ----------------------------------------------------------------------------


def _of_project(model: type[Any], **conditions: Any) -> Exists:
    return Exists(model._base_manager.filter(project=OuterRef("pk"), **conditions))


def _third_partner() -> Exists:
    found = Involvement.objects.filter(project=OuterRef("pk"), phase__in=SHARED_PHASES, declined_on__isnull=True)
    return Exists(found.exclude(organisation__parties__protocol=OuterRef("protocol")))


BY_CLAUSE: dict[str, Callable[[], Exists]] = {
    "A1.3": lambda: _of_project(Activity, kind=ActivityKind.EXCHANGE),
    "F1.1": lambda: _of_project(PriorAssessment),
    "F1.2": lambda: Exists(PriorAssessment.objects.filter(project=OuterRef("pk")).exclude(outcome="")),
    "F1.3": lambda: Exists(Mitigation.objects.filter(impact__assessment__project=OuterRef("pk"))),
    "F2.1": _third_partner,
    "F3.1": lambda: _of_project(Activity, kind=ActivityKind.TRAINING),
    "F4.1": lambda: _of_project(Convergence),
    "S1.1": lambda: _of_project(Involvement, declined_on__isnull=True),
    "Z": lambda: Exists(InternationalGoal.objects.filter(projects=OuterRef("pk"))),
}
"""What a project does for a clause that it names nowhere, by the clause's number: an exchange, a diagnosis, a decision, a mitigation,
a third partner, a training, a relation to what others do, responsibilities, an international commitment. A protocol whose act
numbers its clauses otherwise is covered by its principles, objectives and domains alone."""


def _flag(number: str) -> str:
    return "does_" + number.replace(".", "_").lower()


def with_what_they_serve(rows: ProjectQuerySet) -> ProjectQuerySet:
    """Projects with what they name and what they do for the clauses of BY_CLAUSE. Three queries more."""
    flags = {_flag(number): does() for number, does in BY_CLAUSE.items()}
    found: ProjectQuerySet = rows.annotate(**flags).prefetch_related(*(relation for relation, _model, _label in KINDS))
    return found


def _clauses(protocol: Protocol, projects: Sequence[Project], elements: Iterable[Part]) -> Iterable[Served]:
    """Each clause that a project can serve, with the projects that do: by what it names, or by what it does."""
    named: dict[int, set[int]] = {}
    for part in elements:
        for row in part.rows:
            named.setdefault(row.element.clause_id, set()).update(project.pk for project in row.projects)
    for clause in Clause.objects.for_protocol(protocol).order_by("order"):
        if clause.pk in named or clause.number in BY_CLAUSE:
            keys = named.get(clause.pk, set())
            yield Served(clause, tuple(one for one in projects if one.pk in keys or _does(one, clause.number)))


def _does(project: Project, number: str) -> bool:
    return bool(getattr(project, _flag(number), False))
