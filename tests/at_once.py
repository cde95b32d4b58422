"""Several people at the same instant: each in a thread with a database connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection

from tests.conftest import LONG

ROUNDS = 200 if LONG else 8


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each act returned, or the refusal it met; anything else that an act raises fails the test."""
    results: list[Any] = [None] * len(acts)
    start = threading.Barrier(len(acts))

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            start.wait(30)
            results[place] = act()
        except Exception as error:  # a thread's exception would be lost; it is raised below
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, ValidationError):
            raise result
    return results


def refused(results: Sequence[Any]) -> list[ValidationError]:
    """The refusals among the results."""
    return [result for result in results if isinstance(result, ValidationError)]
