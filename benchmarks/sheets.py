"""A sheet of 5,000 transactions: seconds and peak memory of reading the file, of the look at it, and of its taking in."""

from __future__ import annotations

import datetime
import resource
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from partnership.models import Membership, Protocol, User
from projects import sheet_export, sheet_import
from projects.models import Project
from projects.sheets import TRANSACTIONS

ROWS, PROJECTS = 5000, 100
_EVERY = 0.02


@dataclass(frozen=True)
class Cost:
    """What a step took, and how far the process' memory rose above what it held before."""

    seconds: float
    megabytes: float
    peak: float


def measure() -> dict[str, Cost]:
    """Each step with its cost, and last the taking in of the same file again, which changes nothing."""
    protocol = Protocol.objects.get(primary=True)
    by = _editor(protocol)
    _money_may_move(protocol)
    content = _sheet(protocol)
    found = {"the file as 5,000 typed rows": _cost(lambda: sheet_import.opened(content, TRANSACTIONS))}
    shown = ""

    def look() -> None:
        nonlocal shown
        reading = sheet_import.look(content, TRANSACTIONS, protocol=protocol, by=by)
        assert (len(reading.rows), len(reading.of_state)) == (ROWS, 1), "some rows are refused"
        shown = reading.fingerprint

    def take_in() -> None:
        taken = sheet_import.take_in(
            content, TRANSACTIONS, protocol=protocol, by=by, shown=shown, progress=lambda *_: None
        )
        assert taken.created == ROWS

    found["the look: every row checked, nothing saved"] = _cost(look)
    found["the taking in: checked again under locks, written with history"] = _cost(take_in)
    ours = TRANSACTIONS.rows(protocol).filter(voucher__startswith="S-")
    return found | {
        "a look at the same file again, nothing changed": _cost(
            lambda: sheet_import.look(content, TRANSACTIONS, protocol=protocol, by=by)
        ),
        "the list out again as XLSX": _cost(lambda: sheet_export.export(TRANSACTIONS, ours, "xlsx", protocol=protocol)),
    }


def _editor(protocol: Protocol) -> User:
    user = User.objects.create_user("editor@example.org", name="Editor", is_staff=True)
    commune = protocol.parties.get(position=1).organisation
    Membership.objects.create(
        protocol=protocol,
        organisation=commune,
        user=user,
        role="editor",
        starts_on=datetime.date(2020, 1, 1),
        basis="election",
    )
    return user


def _money_may_move(protocol: Protocol) -> None:
    """The projects are taken over, so that no rule stands against a movement; plenty is planned."""
    for project in Project.objects.filter(protocol=protocol):
        project.taken_over = True
        project.save()
        for line in project.budget_lines.all():
            line.planned = 10_000_000
            line.save()


def _sheet(protocol: Protocol) -> bytes:
    """A file as it goes out, filled with 5,000 new rows."""
    projects = list(Project.objects.filter(protocol=protocol).prefetch_related("budget_lines__funder").order_by("pk"))
    cells = []
    for number in range(ROWS):
        project = projects[number % len(projects)]
        line = project.budget_lines.all()[number % 2]
        cells.append(
            {
                "line": line.pk,
                "project": project.code,
                "voucher": f"S-{number:05}",
                "kind": "expenditure",
                "on": datetime.date(2025, 1 + number % 12, 1 + number % 28),
                "amount": 100 + number / 4,
                "currency": "EUR",
                "payer": str(line.funder),
                "description_ar": f"اقتناء لوازم رقم {number}",
                "description_fr": f"Achat de fournitures n° {number}",
                "description_nl": f"Aankoop van materiaal nr. {number}",
            }
        )
    return sheet_export.written(TRANSACTIONS, "xlsx", cells)


@contextmanager
def _watched(peaks: list[float]) -> Iterator[None]:
    """Look at the process' memory all the while."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_EVERY):
            peaks.append(_resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _cost(step: Callable[[], object]) -> Cost:
    before = _resident()
    peaks = [before]
    began = time.perf_counter()
    with _watched(peaks):
        step()
    return Cost(time.perf_counter() - began, max(peaks) - before, max(peaks))


def _resident() -> float:
    """Megabytes of memory the process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def section() -> list[str]:
    """The lines for benchmarks/README.md."""
    rows = [
        f"| {name} | {cost.seconds:.1f} | {cost.megabytes:.0f} | {cost.peak:.0f} |" for name, cost in measure().items()
    ]
    return [
        f"## A spreadsheet of {ROWS:,} transactions, PostgreSQL",
        "",
        f"Eleven columns, {PROJECTS} projects with two budget lines each, every row new, with a text in three languages. Memory is",
        "what the process holds, looked at fifty times a second: how far it rose during the step, and its peak.",
        "",
        "| step | seconds | MB more | peak MB |",
        "| --- | ---: | ---: | ---: |",
        *rows,
    ]
