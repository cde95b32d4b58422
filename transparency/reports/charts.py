"""The report's pictures: text-free, in millimetres, drawn from left to right. The stylesheet mirrors the whole picture in Arabic.

Every picture stands beside its figures and carries a title for those who do not see it. Colours are the site's tokens.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from partnership.models import Shape
from projects.models import ProjectState
from transparency.reports.colours import tokens

HAIR = 0.2  # thickness of a fine line, mm
TARGET_AT = 0.94  # the target's tick, as a share of a bullet's width
STEPS = ((1.0, "rule"), (0.75, "edge"), (0.5, "edge"))  # greys of a bullet: 100, 75 and 50 % of the way to the target
STATE_FILL = {
    ProjectState.PROPOSED: "sunk",
    ProjectState.ASSESSING: "sunk",
    ProjectState.DECIDED: "joint_wash",
    ProjectState.UNDER_WAY: "joint_mid",
    ProjectState.SUSPENDED: "bad_mid",
    ProjectState.COMPLETED: "data",
    ProjectState.CLOSED: "ink",
    ProjectState.CANCELLED: "surface",
    ProjectState.REPLACED: "surface",
}
CROSSED = frozenset(
    {ProjectState.CANCELLED, ProjectState.REPLACED}
)  # states that end a project without carrying it out
COLUMNS, ROWS, MEETING = 7, 4, (2, 3, 4)  # the cover's lattice; in the middle columns both shapes meet
CORNER = (
    0.414214  # half a side of the octagon that a square and a diamond of equal area share, over half the square's side
)


@dataclass(frozen=True)
class Drawn:
    """One SVG element: its name and its attributes as they are written."""

    name: str
    attributes: dict[str, str]


@dataclass(frozen=True)
class Picture:
    """An SVG picture: width and height in mm, what is drawn, from back to front."""

    width: str
    height: str
    drawn: Sequence[Drawn]


def _number(value: float) -> str:
    """A length in mm with a point, whatever the language."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _picture(width: float, height: float, drawn: Iterable[Drawn]) -> Picture:
    return Picture(_number(width), _number(height), list(drawn))


def _rectangle(x: float, y: float, width: float, height: float, fill: str, **more: str) -> Drawn:
    places = {"x": x, "y": y, "width": max(width, 0), "height": height}
    return Drawn("rect", {name: _number(value) for name, value in places.items()} | _paint(fill, more))


def _outline(x: float, y: float, width: float, height: float) -> Drawn:
    """A rectangle whose fine border lies wholly inside the given one."""
    inset = HAIR / 2
    line = {"stroke": tokens()["ink"], "stroke-width": _number(HAIR)}
    return _rectangle(x + inset, y + inset, width - HAIR, height - HAIR, "surface", **line)


def _paint(fill: str, more: dict[str, str]) -> dict[str, str]:
    return {"fill": tokens()[fill] if fill != "none" else fill, **more}


def bullet(progress: Decimal | None, width: float, height: float = 3.4) -> Picture:
    """How far an indicator has come (0 to 1): three greys to the target, a green bar, a black tick. None: greys and tick alone."""
    reach = width * TARGET_AT
    opacity = {1.0: "0.45", 0.75: "0.22", 0.5: "0.22"}
    drawn = [
        _rectangle(0, 0, (width if share == 1 else reach * share), height, grey, **{"fill-opacity": opacity[share]})
        for share, grey in STEPS
    ]
    if progress is not None:
        drawn.append(_rectangle(0, height * 0.32, reach * float(progress), height * 0.36, "data"))
    drawn.append(_rectangle(reach - 0.3, 0, 0.6, height, "ink"))
    return _picture(width, height, drawn)


def strip(progress: Sequence[Decimal], mean: Decimal | None, width: float, height: float = 4.4) -> Picture:
    """The indicators of an objective: a track, filled to their mean, a line at the mean and a ringed dot for each (0 to 1)."""
    middle, track, dot = height / 2, height * 0.55, height * 0.21
    room = width - 2 * dot  # so that a dot at either end stays whole
    drawn = [_rectangle(0, middle - track / 2, width, track, "sunk")]
    if mean is not None:
        end = dot + room * float(mean)
        drawn += [
            _rectangle(0, middle - track / 2, end, track, "joint_mid"),
            _rectangle(end - 0.3, 0, 0.6, height, "ink"),
        ]
    return _picture(width, height, drawn + [_dot(dot + room * float(share), middle, dot) for share in progress])


def _dot(x: float, y: float, radius: float) -> Drawn:
    places = {"cx": _number(x), "cy": _number(y), "r": _number(radius)}
    return Drawn("circle", places | _paint("data", {"stroke": tokens()["surface"], "stroke-width": "0.35"}))


def dot(size: float = 2.4) -> Picture:
    """The mark of the matrix: a project serves an objective."""
    return _picture(
        size, size, [Drawn("circle", dict.fromkeys(("cx", "cy", "r"), _number(size / 2)) | _paint("data", {}))]
    )


def money(sums: dict[str, dict[str, Decimal]], scale: Decimal, width: float, height: float = 4.6) -> Picture:
    """Outline = planned, light = committed, dark = spent. `sums` as in a snapshot; `scale` is the sum that fills the width.

    More committed or spent than planned is drawn to the edge at most: the figures beside it say how much more.
    """
    planned, committed, spent = (_along(sums[kind], scale) * width for kind in ("planned", "committed", "spent"))
    return _picture(
        width,
        height,
        [
            _outline(0, 0, planned, height),
            _rectangle(0, height * 0.14, committed, height * 0.72, "joint_mid"),
            _rectangle(0, height * 0.32, spent, height * 0.36, "data"),
        ],
    )


def _along(sums: dict[str, Decimal], scale: Decimal) -> float:
    return min(1.0, float(one_currency(sums) / scale)) if scale else 0.0


def one_currency(sums: dict[str, Decimal]) -> Decimal:
    """A sum in the currency that every picture uses, whoever reads: euros, or dirhams where nothing is in euros [I16]."""
    return sums["EUR"] or sums["MAD"]


def states(rows: Sequence[dict[str, Any]], width: float, height: float = 8) -> Picture:
    """One box for each project, filled by its state. `rows` are a snapshot's states: {state, projects}."""
    boxes = [row["state"] for row in rows for _ in range(row["projects"])]
    gap = min(1.2, width / max(len(boxes), 1) * 0.2)
    each = (width + gap) / max(len(boxes), 1) - gap
    drawn = [one for i, state in enumerate(boxes) for one in _state_box(state, i * (each + gap), each, height)]
    return _picture(width, height, drawn)


def state_mark(state: str) -> Picture:
    """The small box that stands before a state's name in the legend."""
    return _picture(3, 3, _state_box(state, 0, 3, 3))


def _state_box(state: str, x: float, width: float, height: float) -> list[Drawn]:
    inset = HAIR / 2
    line = {"stroke": tokens()["ink_2"], "stroke-width": _number(HAIR)}
    fill = STATE_FILL.get(ProjectState(state), "sunk") if state in ProjectState.values else "sunk"
    box = _rectangle(x + inset, inset, width - HAIR, height - HAIR, fill, **line)
    if state not in CROSSED:
        return [box]
    ends = {"x1": x + inset, "y1": height - inset, "x2": x + width - inset, "y2": inset}
    return [box, Drawn("line", {name: _number(value) for name, value in ends.items()} | line)]


def money_mark(kind: str) -> Picture:
    """The small box that stands before "planned", "committed" or "spent" in a legend."""
    if kind == "planned":
        return _picture(3, 3, [_outline(0, 0, 3, 3)])
    return _picture(3, 3, [_rectangle(0, 0, 3, 3, {"committed": "joint_mid", "spent": "data"}[kind])])


def lattice(first: str, second: str, width: float = 170, height: float = 98) -> Picture:
    """The cover's lattice: the shape of the commune read first comes in from the start, the other's from the end, and they meet.

    `first` and `second` are shapes of the emblem (square, diamond); both are drawn with the same area.
    """
    across, down = width / COLUMNS, height / ROWS
    drawn: list[Drawn] = []
    for row in range(ROWS):
        for column in range(COLUMNS):
            drawn += _cell(column, (column + 0.5) * across, (row + 0.5) * down, across * 0.3535, first, second)
    return _picture(width, height, drawn)


def _cell(column: int, x: float, y: float, half: float, first: str, second: str) -> list[Drawn]:
    """One crossing of the lattice; `half` is half the side of the square."""
    if column in MEETING:
        both = [_shape(shape, x, y, half, filled=True) for shape in (Shape.SQUARE, Shape.DIAMOND)]
        return [*both, _octagon(x, y, half)]
    own, other = (first, second) if column < MEETING[0] else (second, first)
    drawn = [_shape(own, x, y, half, filled=True)]
    near = column in (MEETING[0] - 1, MEETING[-1] + 1)
    return [*drawn, _shape(other, x, y, half, filled=False)] if near else drawn


def _shape(shape: str, x: float, y: float, half: float, *, filled: bool) -> Drawn:
    reach = half * 2**0.5
    square = [(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)]
    diamond = [(x, y - reach), (x + reach, y), (x, y + reach), (x - reach, y)]
    points = square if shape == Shape.SQUARE else diamond
    paint = _paint(shape, {}) if filled else _paint("none", {"stroke": tokens()[shape], "stroke-width": "0.35"})
    return _polygon(points, paint)


def _octagon(x: float, y: float, half: float) -> Drawn:
    near, far = half * CORNER, half
    turns = [
        (near, -far),
        (far, -near),
        (far, near),
        (near, far),
        (-near, far),
        (-far, near),
        (-far, -near),
        (-near, -far),
    ]
    return _polygon([(x + dx, y + dy) for dx, dy in turns], _paint("joint", {}))


def _polygon(points: Iterable[tuple[float, float]], paint: dict[str, str]) -> Drawn:
    return Drawn("polygon", {"points": " ".join(f"{_number(x)},{_number(y)}" for x, y in points)} | paint)
