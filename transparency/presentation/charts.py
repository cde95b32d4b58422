"""Geometry of the text-free pictures: places along a line in per cent, counted from where the language begins to read.

Words and figures stand in HTML beside the picture, so that pages and PDFs share it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from evaluation.progress import IndicatorState

ONE = Decimal(1)
BULLET_ROOM = Decimal(
    "1.08"
)  # the axis goes on a little beyond the largest value, so that a met target is not the edge


def per_cent(share: Decimal) -> str:
    """A share of 1 as an SVG length, for instance 58.33%; always with a point, whatever the language."""
    return f"{float(share) * 100:.2f}%"


def place(share: Decimal, direction: str) -> str:
    """Where a share of the way lies, measured from the left as SVG does."""
    return per_cent(share if direction == "ltr" else ONE - share)


@dataclass(frozen=True)
class Piece:
    """A piece of a bar as SVG wants it."""

    x: str
    width: str


def piece(start: Decimal, end: Decimal, direction: str) -> Piece:
    """The piece between two shares of the way."""
    low, high = sorted((start, end))
    return Piece(per_cent(low if direction == "ltr" else ONE - high), per_cent(high - low))


@dataclass(frozen=True)
class MoneyBar:
    """Outline = planned, fill = spent; both on the scale of the whole figure."""

    planned: Piece
    spent: Piece


def money_bar(planned: Decimal, spent: Decimal, scale: Decimal, direction: str) -> MoneyBar | None:
    """A bar on a scale (the largest amount of the figure, in the same currency); None where the scale is nothing."""
    if not scale:
        return None
    zero = Decimal(0)
    return MoneyBar(piece(zero, planned / scale, direction), piece(zero, spent / scale, direction))


@dataclass(frozen=True)
class Strip:
    """An objective: light fill and line for the mean, a dot for each indicator."""

    mean: Piece
    line: str
    dots: Sequence[str]


def strip(progress: Iterable[Decimal], mean: Decimal, direction: str) -> Strip:
    """The strip of an objective; indicators at the same whole per cent share a dot, so its size has a bound."""
    places = sorted({share.quantize(Decimal("0.01")) for share in progress})
    dots = [place(share, direction) for share in places]
    return Strip(piece(Decimal(0), mean, direction), place(mean, direction), dots)


@dataclass(frozen=True)
class Column:
    """A year's column: heights from the ground as SVG wants them."""

    planned_y: str
    planned: str
    spent_y: str
    spent: str


def column(planned: Decimal, spent: Decimal, scale: Decimal) -> Column:
    """A column on a scale greater than zero."""
    tall, filled = planned / scale, spent / scale
    return Column(per_cent(ONE - tall), per_cent(tall), per_cent(ONE - filled), per_cent(filled))


@dataclass(frozen=True)
class Bullet:
    """An indicator: the way from baseline to target, the value, a dashed line at the baseline, a heavy one at the target."""

    way: Piece
    value: Piece | None
    baseline: str
    target: str


def bullet(state: IndicatorState, direction: str) -> Bullet | None:
    """The picture of a numeric indicator; None for one in words."""
    baseline, target, value = state.indicator.baseline_value, state.indicator.target_value, state.value
    if baseline is None or target is None:
        return None
    known = [number for number in (baseline, target, value, Decimal(0)) if number is not None]
    low, high = min(known), max(known)
    span = (high - low) * BULLET_ROOM or ONE

    def along(number: Decimal) -> Decimal:
        return (number - low) / span

    return Bullet(
        way=piece(along(baseline), along(target), direction),
        value=None if value is None else piece(along(Decimal(0)), along(value), direction),
        baseline=place(along(baseline), direction),
        target=place(along(target), direction),
    )
