"""Real programs beside a test: a worker, a web server, a command."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.services import ROOT, with_database

PATIENCE_SECONDS = 40


@dataclass(frozen=True)
class Program:
    """A running program and the file that receives everything it prints."""

    process: subprocess.Popen[bytes]
    log: Path

    def wait_for(self, text: str) -> None:
        """Return when it has printed the text; fail with its output when it ends or stays silent."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while text not in self.log.read_text():
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{self.process.args!r} never said {text!r}:\n{self.log.read_text()}")
            time.sleep(0.1)


@contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[Program]:
    """A program for as long as the block runs, in a session of its own so that a test can kill it with its children."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
        )
        try:
            yield Program(process, log)
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def settings_of_this_test() -> dict[str, str]:
    """The environment that gives another process this test's database, Redis and media folder, and config.settings.

    It sees only what is committed, so the test must be marked django_db(transaction=True).
    """
    if connection.vendor == "sqlite":
        pytest.skip("another process cannot see an SQLite database in memory: make test brings PostgreSQL")
    name = str(connection.settings_dict["NAME"])
    return {
        **os.environ,
        "DATABASE_URL": with_database(os.environ["DATABASE_URL"], name),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
