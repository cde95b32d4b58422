"""Home and project list, uncached, as a ratio to a bare view that returns the same bytes through the same middleware and server."""

from __future__ import annotations

import http.client
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.services import ROOT, free_port

ROUNDS = 60
WARM_UP = 10
PAGES = {"home": "/fr/", "projects": "/fr/projects/"}


def measure(pages: Path) -> dict[str, float]:
    """Milliseconds of the median request for each page and its bare view, taken in turns in one run. `pages` is where bare views read."""
    with served(pages) as port:
        for name, address in PAGES.items():
            (pages / f"{name}.html").write_bytes(fetch(port, address))
        addresses = {**PAGES, **{f"bare {name}": f"/bare/{name}/" for name in PAGES}}
        times: dict[str, list[float]] = {name: [] for name in addresses}
        for turn in range(WARM_UP + ROUNDS):
            for name, address in addresses.items():
                began = time.perf_counter()
                fetch(port, address)
                if turn >= WARM_UP:
                    times[name].append(1000 * (time.perf_counter() - began))
    return {name: statistics.median(taken) for name, taken in times.items()}


def fetch(port: int, address: str) -> bytes:
    """The page's bytes. Raises RuntimeError for anything but 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", address, headers={"Host": "localhost"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{address} answered {answer.status}")
    return body


@contextmanager
def served(pages: Path) -> Iterator[int]:
    """gunicorn with one worker on a free port, for as long as the block runs."""
    port = free_port()
    command: Sequence[str] = [
        sys.executable,
        "-m",
        "gunicorn",
        "config.wsgi",
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        "1",
    ]
    environment = {**os.environ, "BENCHMARK_PAGES": str(pages)}
    with subprocess.Popen([*command, "--log-level", "error"], cwd=ROOT, env=environment) as process:
        try:
            wait_for(port)
            yield port
        finally:
            process.terminate()


def wait_for(port: int) -> None:
    """Return when the server answers. Raises TimeoutError after 20 seconds."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            fetch(port, "/health/")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("gunicorn did not answer")
