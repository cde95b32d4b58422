"""Suppression of small counts [I15]: people who benefit are counted, never recognisable."""

from __future__ import annotations

from collections.abc import Sequence

SMALLEST_PUBLISHED = 5


def suppressed(counts: Sequence[int | None], *, total_published: bool = True) -> list[int | None]:
    """The counts as they may be published: None where a count is unknown or withheld.

    A count from 1 to 4 is withheld, and where the total is published and exactly one count would be withheld, the next
    smallest with it, since the total would reveal it. Zero reveals nobody and stays, unless it must hide a neighbour.
    """
    hidden = {i for i, count in enumerate(counts) if count is not None and 0 < count < SMALLEST_PUBLISHED}
    if total_published and len(hidden) == 1:
        others = [(count, i) for i, count in enumerate(counts) if count is not None and i not in hidden]
        if others:
            hidden.add(min(others)[1])
    return [None if i in hidden else count for i, count in enumerate(counts)]


def publishable_total(counts: Sequence[int | None]) -> int | None:
    """The sum of the known counts, or None when nothing is known or the sum itself is between 1 and 4."""
    known = [count for count in counts if count is not None]
    total = sum(known)
    return None if not known or 0 < total < SMALLEST_PUBLISHED else total
