"""Where the objectives stand: the progress of their projects' indicators, all of it and its mean."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from evaluation.progress import shares_by_project
from partnership.models import Objective, Protocol
from partnership.models.protocol import ProtocolElement
from projects.models.projects import ProjectQuerySet
from transparency.presentation.charts import Strip, strip


@dataclass(frozen=True)
class ObjectiveProgress:
    """An objective: how many projects and indicators, how many of these were measured, their progress (0 to 1)."""

    objective: ProtocolElement
    projects: int
    indicators: int
    progress: Sequence[Decimal]
    mean: Decimal | None
    strip: Strip | None

    @property
    def measured(self) -> int:
        """Indicators with a value that may be published."""
        return len(self.progress)

    @property
    def lowest(self) -> Decimal | None:
        """The least progress; None where nothing was measured."""
        return min(self.progress, default=None)

    @property
    def highest(self) -> Decimal | None:
        """The most progress; None where nothing was measured."""
        return max(self.progress, default=None)


def objectives(
    protocol: Protocol, published: ProjectQuerySet, day: datetime.date, direction: str
) -> list[ObjectiveProgress]:
    """Each objective of the protocol in the act's order. Four queries."""
    shares = shares_by_project(published, day)
    projects_of: dict[int, list[int]] = {}
    for project, objective in published.order_by().filter(objectives__isnull=False).values_list("pk", "objectives"):
        projects_of.setdefault(objective, []).append(project)
    return [
        _progress(objective, projects_of.get(objective.pk, []), shares, direction)
        for objective in Objective.objects.for_protocol(protocol)
    ]


def _progress(
    objective: ProtocolElement, projects: Iterable[int], shares: Mapping[int, Sequence[Decimal | None]], direction: str
) -> ObjectiveProgress:
    its = list(projects)
    every = [share for project in its for share in shares.get(project, [])]
    known = [share for share in every if share is not None]
    mean = sum(known, Decimal(0)) / len(known) if known else None
    picture = None if mean is None else strip(known, mean, direction)
    return ObjectiveProgress(objective, len(its), len(every), known, mean, picture)
