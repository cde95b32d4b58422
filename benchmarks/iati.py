"""An IATI file as large as one may send: how fast it is read, and looked at, and saved; and how much memory that takes.

Memory is the largest resident size of a process of its own that does nothing else, with what Django and the settings take alone.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import django
from django.db import connections

from partnership.models import Protocol, User
from projects import iati_import, iati_reading, iati_rows
from projects.iati_import import Work

SIZE = 20_000_000
SAVED = 2_000
"""So many activities are saved; the time is one step's after the other's and grows evenly."""
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<iati-activities version="2.03">\n'
TAIL = "</iati-activities>\n"
PADDING = (
    '<budget type="1" status="2"><period-start iso-date="2024-01-01"/><period-end iso-date="2024-12-31"/>'
    '<value currency="EUR" value-date="2024-01-01">11000.00</value></budget>'
    '<transaction><transaction-type code="3"/><transaction-date iso-date="2024-03-10"/>'
    '<value currency="MAD" value-date="2024-03-10">74520.00</value></transaction>'
) * 5


@dataclass(frozen=True)
class Figures:
    """How many rows, in how many seconds each way, and the memory in megabytes."""

    rows: int
    megabytes: float
    reading: float
    keeping: float
    looking: float
    saving: float
    """Of SAVED rows."""
    alone: float
    peak: float


def activity(number: int) -> str:
    """One activity with what the standard asks, some two and a half kilobytes of it."""
    title = {"fr": "Alphabétisation des femmes rurales", "ar": "محو أمية النساء القرويات", "nl": "Alfabetisering"}
    words = "".join(f'<narrative xml:lang="{code}">{text} {number}</narrative>' for code, text in title.items())
    return (
        f'<iati-activity xml:lang="fr" default-currency="EUR"><iati-identifier>XM-BENCH-{number}</iati-identifier>'
        '<reporting-org ref="XM-BENCH" type="10"><narrative>Agence</narrative></reporting-org>'
        f'<title>{words}</title><description type="1">{words}</description>'
        '<participating-org role="4" type="22"><narrative>Association</narrative></participating-org>'
        '<activity-status code="2"/><activity-date type="1" iso-date="2024-01-01"/>'
        '<activity-date type="3" iso-date="2026-12-31"/><recipient-country code="MA"/>'
        f'<sector vocabulary="1" code="11230" percentage="100"/>{PADDING}</iati-activity>\n'
    )


def write(path: Path, size: int) -> int:
    """A whole file of nearly that many bytes; returns how many activities it holds."""
    number, written = 0, len(HEAD) + len(TAIL)
    with path.open("w", encoding="utf-8") as out:
        out.write(HEAD)
        while True:
            one = activity(number)
            written += len(one.encode())
            if written > size:
                break
            out.write(one)
            number += 1
        out.write(TAIL)
    return number


def peak() -> float:
    """The largest resident size of this process so far, in megabytes. getrusage would tell that of whoever started it, too."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) / 1000


def read_whole(path: Path, protocol: Protocol) -> None:
    """Read the file, row after row, and keep none."""
    with path.open("rb") as file:
        for _row in iati_rows.rows(iati_reading.read(file), protocol):
            pass


def keep_and_look(path: Path, protocol: Protocol) -> None:
    """All that the page does with a file that is sent: read it, keep its rows, compare them with what stands."""
    out = io.BytesIO()
    with path.open("rb") as file:
        for row in iati_rows.rows(iati_reading.read(file), protocol):
            out.write(row.written().encode() + b"\n")
    iati_import.survey(out.getvalue(), protocol, everywhere=False)


def alone(act: Callable[[Path, Protocol], None] | None, path: Path, key: int) -> float:
    """The peak of a process of its own that does this, or nothing; a spawned one, so that it begins small."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=django.setup) as process:
        return process.submit(_measured, act, path, key).result()


def _measured(act: Callable[[Path, Protocol], None] | None, path: Path, key: int) -> float:
    protocol = Protocol.objects.get(pk=key)
    if act is not None:
        act(path, protocol)
    connections.close_all()
    return peak()


def timed(act: Callable[[], object]) -> float:
    """Seconds."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def measure(folder: Path) -> Figures:
    """Write the file, then read, look and save, each by itself."""
    path = folder / "activities.xml"
    rows = write(path, SIZE)
    protocol = Protocol.objects.get(primary=True)
    reading = timed(lambda: read_whole(path, protocol))
    content = _rows_of(path, protocol)
    keeping = timed(lambda: _rows_of(path, protocol))
    looking = timed(lambda: iati_import.survey(content, protocol, everywhere=False))
    saving = timed(lambda: _save(content, protocol))
    return Figures(
        rows=rows,
        megabytes=path.stat().st_size / 1e6,
        reading=reading,
        keeping=keeping,
        looking=looking,
        saving=saving,
        alone=alone(None, path, protocol.pk),
        peak=alone(keep_and_look, path, protocol.pk),
    )


def _rows_of(path: Path, protocol: Protocol) -> bytes:
    with path.open("rb") as file:
        lines = [row.written().encode() for row in iati_rows.rows(iati_reading.read(file), protocol)]
    return b"\n".join(lines) + b"\n"


def _save(content: bytes, protocol: Protocol) -> None:
    by = User.objects.create_user("benchmark@example.org")
    work = Work("0" * 32, by.pk, protocol.pk, False, SAVED)
    while work.done < SAVED:
        work = iati_import.step(work, content, protocol, by=by)
