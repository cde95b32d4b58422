"""Two lists crossed: the long run tries every pair, the quick one as few as let each meet someone of the other list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest


def by_turns(ones: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    """Parameters for every pair; those that are not in turn are long."""
    return [
        pytest.param(
            one, other, id=f"{one}-{other}", marks=[] if in_turn(place, at, ones, others) else pytest.mark.long
        )
        for place, one in enumerate(ones)
        for at, other in enumerate(others)
    ]


def in_turn(place: int, at: int, ones: Sequence[Any], others: Sequence[Any]) -> bool:
    """Whether the shorter list, gone through again and again, is at this one when the longer is at that one."""
    return place % len(others) == at if len(ones) >= len(others) else at % len(ones) == place
