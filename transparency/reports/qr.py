"""A QR code as one of the report's pictures. It is never mirrored: readers of codes expect it as it is."""

from __future__ import annotations

import segno

from transparency.reports.charts import Drawn, Picture
from transparency.reports.colours import tokens

QUIET = 4
"""Modules left empty around the code, as its standard asks."""


def code(address: str, side: float) -> Picture:
    """The address as a code of level M, `side` mm wide with its empty border. The same address gives the same picture."""
    matrix = segno.make(address, error="m", micro=False).matrix
    modules = len(matrix) + 2 * QUIET
    size = f"{side / modules:.4f}"
    path = "".join(
        f"M{column + QUIET} {line + QUIET}h1v1h-1z"
        for line, row in enumerate(matrix)
        for column, dark in enumerate(row)
        if dark
    )
    return Picture(
        f"{side:g}", f"{side:g}", [Drawn("path", {"d": path, "fill": tokens()["ink"], "transform": f"scale({size})"})]
    )
