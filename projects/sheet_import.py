"""Records from a spreadsheet: a look at what it would change, and its taking in, all chosen rows or none.

Looking saves nothing. Taking in happens in one transaction: the protocol's imports one after the other, the roots locked, the rows
judged again; whatever differs from what was looked at refuses it. Nothing is deleted, and an empty cell changes nothing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from partnership import drafting, editing, history, locks
from partnership.history import Root
from partnership.models import Protocol, Publishable, User
from partnership.refusals import Refusal
from projects import sheet_finding, sheet_judging, sheet_opening, sheet_reading, sheets, spending
from projects.models import Project
from projects.sheet_opening import Expected, Table
from projects.sheet_reading import Related, Row, RowState
from projects.sheets import SheetKind, Sort

Progress = Callable[[int, int], None]
"""Told how many rows of how many are written."""


@dataclass
class Reading:
    """A sheet beside what stands now; nothing is saved."""

    kind: SheetKind
    rows: list[Row]
    """Those that would change something, and those that are refused."""
    unchanged: int
    recognised: dict[str, str]
    unknown: list[str]
    of_state: dict[RowState, list[Row]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for row in self.rows:
            self.of_state.setdefault(row.state, []).append(row)

    def of(self, state: RowState) -> list[Row]:
        """The rows in one state."""
        return self.of_state.get(state, [])

    def chosen(self, ticked: Collection[int]) -> list[Row]:
        """The rows that are ready, and of those to confirm the ticked ones, in the order of the sheet."""
        confirmed = [row for row in self.of(RowState.CONFIRM) if row.number in ticked]
        return sorted([*self.of(RowState.READY), *confirmed], key=lambda row: row.number)

    @property
    def fingerprint(self) -> str:
        """Differs as soon as any row would do something else, or be judged otherwise."""
        said = hashlib.sha256()
        for row in self.rows:
            key = row.record.pk if row.record is not None else None
            changes = sorted((name, _plain(one), _plain(other)) for name, (one, other) in row.changes.items())
            said.update(
                repr((row.number, row.state.value, key, changes, [note.sentence for note in row.notes])).encode()
            )
        return said.hexdigest()[:32]


def _plain(value: Any) -> str:
    return repr(sorted(value, key=str)) if isinstance(value, frozenset) else repr(value)


@dataclass(frozen=True)
class Taken:
    """What was written."""

    created: int
    changed: int


def opened(content: bytes, kind: SheetKind) -> Table:
    """The rows of a file of this kind. Raises Refusal: no spreadsheet, too large, its columns missing or named twice."""
    expected = Expected(
        sheets.known_headings(kind.code), kind.headings(), lambda present: sheets.needed_in(kind, present)
    )
    return sheet_opening.read(content, expected)


def look(content: bytes, kind: SheetKind, *, protocol: Protocol, by: User) -> Reading:
    """What a file would change. Raises Refusal where it is no sheet of this kind."""
    return judged(opened(content, kind), kind, protocol=protocol, by=by)


def judged(table: Table, kind: SheetKind, *, protocol: Protocol, by: User) -> Reading:
    """What the rows of a file would change."""
    related = Related(protocol)
    rows = sheet_reading.typed(kind, table.rows, related)
    sheet_judging.judge(kind, rows, related, by)
    told = [row for row in rows if row.changes or row.notes]
    return Reading(kind, told, len(rows) - len(told), table.recognised, table.unknown)


def counts(rows: Iterable[Row]) -> Counter[str]:
    """How many rows make a new record and how many change one."""
    return Counter("new" if row.is_new else "changed" for row in rows)


# Taking in ------------------------------------------------------------------------------------------------------------


def take_in(
    content: bytes,
    kind: SheetKind,
    *,
    protocol: Protocol,
    by: User,
    shown: str,
    ticked: Collection[int] = (),
    progress: Progress | None = None,
) -> Taken:
    """Write what a file says: the rows that are ready and the ticked ones, all of them or none.

    `shown` is the fingerprint of what the person looked at. Raises Refusal with code "version" where anything differs from it, with
    code "row" naming the row where a rule or the database stands against it.
    """
    table = opened(content, kind)
    writing = _Writing()
    try:
        with transaction.atomic(), history.acting(by), history.one_version():
            _lock(table, kind, protocol)
            reading = judged(table, kind, protocol=protocol, by=by)
            if reading.fingerprint != shown:
                raise Refusal(
                    _("Something changed since you looked at the sheet. Nothing was taken in; look at its rows again."),
                    code="version",
                )
            chosen = reading.chosen(ticked)
            if not chosen:
                raise Refusal(_("No row is ready, and none was confirmed. Nothing was taken in."), code="rows")
            counted = counts(chosen)
            taken = Taken(counted["new"], counted["changed"])
            writing.all(kind, chosen, progress)
    except IntegrityError as refused:
        raise writing.refusal(str(_("The database refuses this record."))) from refused
    except locks.Locked as refused:
        raise writing.refusal(" ".join(refused.messages)) from refused
    return taken


def _lock(table: Table, kind: SheetKind, protocol: Protocol) -> None:
    """One import of a protocol after the other, so that the second finds what the first made; then the roots that are written.

    What all protocols share waits at the first protocol of the installation.
    """
    first = protocol if kind.protocol_path else Protocol.objects.order_by("pk")[0]
    editing.lock(Root(Protocol, first.pk))
    related = Related(protocol)
    rows = sheet_reading.typed(kind, table.rows, related)
    sheet_finding.find(kind, rows, related)
    found = {history.root_of(row.record) for row in rows if row.record is not None}
    editing.lock_all(root for root in found if root.key is not None)


class _Writing:
    """Writes row by row, and knows at which one it stands."""

    def __init__(self) -> None:
        self.number: int | None = None

    def all(self, kind: SheetKind, rows: Sequence[Row], progress: Progress | None) -> None:
        """Every row's record, then the rules about what decisions contain."""
        if kind is sheets.TRANSACTIONS:
            spending.check(*(row.record for row in rows))
        for place, row in enumerate(rows, start=1):
            self.number = row.number
            _write(kind, row)
            if progress is not None:
                progress(place, len(rows))
        self._check_decisions(rows)

    def _check_decisions(self, rows: Sequence[Row]) -> None:
        """What decisions contain says the same as before [I4]. Each record a decision can be about is asked for once."""
        seen: set[tuple[str, Any]] = set()
        asked: set[tuple[str, str, Any]] = set()
        for row in rows:
            self.number = row.number
            for record in (row.record, *_holder(row.record)):
                if (key := (record._meta.label, record.pk)) not in seen:
                    seen.add(key)
                    self._check_one(record, asked)

    def _check_one(self, record: Any, asked: set[tuple[str, str, Any]]) -> None:
        held = {(kind.code, subject._meta.label, subject.pk) for kind, subject in locks.subjects_holding(record)}
        if not held <= asked:
            locks.check(record)
            asked |= held

    def refusal(self, sentence: str) -> Refusal:
        """Why nothing was taken in, with the row that stands against it."""
        return Refusal(
            _("Row %(number)s: %(sentence)s Nothing was taken in."),
            code="row",
            params={"number": self.number, "sentence": sentence},
        )


def _holder(record: Any) -> list[Any]:
    """The project a part hangs under; none for a root."""
    project = record.line.project if hasattr(record, "line") else getattr(record, "project", None)
    return [project] if isinstance(project, Project) else []


def _write(kind: SheetKind, row: Row) -> None:
    record = row.record
    if isinstance(record, Publishable) and not row.waiting:
        record.settle_readiness()
    record.save()
    for name, (_before, after) in row.changes.items():
        column = kind.columns[name]
        if column.sort == Sort.MANY:
            getattr(record, name).set(sorted(after))
        elif column.sort == Sort.WORDS:
            _set_groups(record, after)
    if row.waiting:
        drafting.keep(record, row.waiting)


def _set_groups(project: Project, groups: Collection[str]) -> None:
    from projects.admin.projects import (
        set_target_groups,
    )  # its module registers forms, which ask for this floor's pages first

    set_target_groups(project, groups)


def told(refusal: ValidationError) -> str:
    """A refusal in one sentence or two."""
    return " ".join(str(message) for message in refusal.messages)
