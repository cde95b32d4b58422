"""Projects by state: a strip of boxes and the words beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from projects.models import ProjectState
from transparency.presentation.charts import Piece, piece

MOST_BOXES = 24
GAP = Decimal("0.008")


@dataclass(frozen=True)
class StateCount:
    """How many projects are in a state."""

    state: ProjectState
    count: int


@dataclass(frozen=True)
class Box:
    """One box of the strip: a project, or a whole state where there are many."""

    state: str
    piece: Piece


@dataclass(frozen=True)
class States:
    """Projects by state in the order of a project's life, and the strip that shows them."""

    counts: Sequence[StateCount]
    boxes: Sequence[Box]

    @property
    def total(self) -> int:
        """All projects."""
        return sum(one.count for one in self.counts)

    @property
    def under_way(self) -> int:
        """Projects under way."""
        return sum(one.count for one in self.counts if one.state == ProjectState.UNDER_WAY)


def states(count_of: Mapping[str, int], direction: str) -> States:
    """The strip of projects counted by state: one box for each up to 24 projects, beyond that one for each state by its share."""
    counts = [StateCount(state, count_of[state]) for state in ProjectState if count_of.get(state)]
    return States(counts, _boxes(counts, direction))


def _boxes(counts: Sequence[StateCount], direction: str) -> list[Box]:
    total = sum(one.count for one in counts)
    each = total <= MOST_BOXES
    widths = [(one.state, 1 if each else one.count) for one in counts for _ in range(one.count if each else 1)]
    free = 1 - GAP * (len(widths) - 1)
    boxes, start = [], Decimal(0)
    for state, weight in widths:
        end = start + free * weight / total
        boxes.append(Box(state, piece(start, end, direction)))
        start = end + GAP
    return boxes
