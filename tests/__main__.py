"""The whole suite, with what it needs: first the smoke part on SQLite, then everything on PostgreSQL and Redis.

    python -m tests [PYTEST ARGUMENT ...]

`make test` calls it. The last line is pytest's own summary of the main run; the exit status is 0 if both passed.
"""

from __future__ import annotations

import os
import sys

from bin.system import say
from tests.services import end_cleanly_when_told, run, services

PYTEST = [sys.executable, "-m", "pytest"]
INTERRUPTED, NOTHING_SELECTED = 2, 5  # pytest's exit statuses


def smoke(arguments: list[str]) -> int:
    """The smoke part on SQLite, without Redis. Finding none is a fault, unless the arguments select some tests only."""
    without_services = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    status = run([*PYTEST, *arguments, "-q", "-m", "smoke"], without_services)
    return 0 if arguments and status == NOTHING_SELECTED else status


def everything(arguments: list[str]) -> int:
    """All tests on PostgreSQL and Redis, in two processes; the one that is done first takes from the other."""
    with services() as found:
        say("")
        return run([*PYTEST, "-n", "2", "--dist", "worksteal", *arguments], {**os.environ, **found})


def main(arguments: list[str]) -> int:
    """Run both parts, the second also when the first has failed."""
    end_cleanly_when_told()
    say("Smoke tests on SQLite")
    first = smoke(arguments)
    return first if first == INTERRUPTED else everything(arguments) or first


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
