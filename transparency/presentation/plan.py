"""The joint action plan as a table: projects by domain, a dot for each objective they pursue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from partnership.models.protocol import ProtocolElement
from projects.models import Project
from projects.money import Totals
from transparency.presentation.money import Amount, Purse
from transparency.presentation.project import Duration, duration

MOST_ROWS = 100


@dataclass(frozen=True)
class PlanRow:
    """A project of the plan: for each objective of the protocol whether it is pursued, the years, what is planned."""

    project: Project
    pursues: Sequence[tuple[ProtocolElement, bool]]
    duration: Duration
    planned: Amount


@dataclass(frozen=True)
class DomainGroup:
    """The projects of a domain (the first hundred) and how many more there are."""

    domain: ProtocolElement
    rows: Sequence[PlanRow]
    more: int


def domain_groups(
    domains: Sequence[ProtocolElement],
    objectives: Sequence[ProtocolElement],
    projects: Sequence[Project],
    totals: Mapping[int, Totals],
    purse: Purse,
) -> list[DomainGroup]:
    """Projects under each of their domains. `projects` come with domains and objectives prefetched."""

    def row(project: Project) -> PlanRow:
        its = {objective.pk for objective in project.objectives.all()}
        pursues = [(objective, objective.pk in its) for objective in objectives]
        amount = purse.amount(totals.get(project.pk, Totals()), "planned")
        return PlanRow(project, pursues, duration(project), amount)

    groups = []
    for domain in domains:
        its = [project for project in projects if any(one.pk == domain.pk for one in project.domains.all())]
        shown = [row(project) for project in its[:MOST_ROWS]]
        groups.append(DomainGroup(domain, shown, len(its) - len(shown)))
    return [group for group in groups if group.rows]
