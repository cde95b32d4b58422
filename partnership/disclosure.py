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


def suppressed_parts(counts: Sequence[int]) -> list[int | None]:
    """The parts of a published total as they may be published beside it, None where one is withheld.

    What is withheld adds up to at least five people in at least two parts, so that the total reveals neither one part nor that all of
    them are tiny; where too few people are left for that, everything is withheld.
    """
    hidden = {i for i, count in enumerate(counts) if 0 < count < SMALLEST_PUBLISHED}
    others = sorted(
        (count == 0, count, i) for i, count in enumerate(counts) if i not in hidden
    )  # a nought hides nobody
    while hidden and others and (len(hidden) == 1 or sum(counts[i] for i in hidden) < SMALLEST_PUBLISHED):
        hidden.add(others.pop(0)[2])
    return [None if i in hidden else count for i, count in enumerate(counts)]


def publishable_total(counts: Sequence[int | None]) -> int | None:
    """The sum of the known counts, or None when nothing is known or the sum itself is between 1 and 4."""
    known = [count for count in counts if count is not None]
    total = sum(known)
    return None if not known or 0 < total < SMALLEST_PUBLISHED else total
