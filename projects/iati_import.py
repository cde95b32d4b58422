"""Taking initiatives of others over from an IATI file: first read whole, then looked at, then saved in steps (clause F4.1).

Nothing is saved from a file that was not read to its end. A step is saved as a whole or not at all; whoever leaves between two
steps has what was saved so far, and the same file taken up again goes on: each activity is known by its IATI identifier, so that
what stands already is unchanged. Two people who take over at once make nothing twice: the database keeps the identifier unique
in a protocol, and whoever comes second finds the row of the first.

What the file says replaces what stands; what it leaves out stays, so that a translation written here is kept. Territories are
added, never taken away. Texts that the public reads are written as drafts, like anybody's [I10].
"""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from typing import IO, Any

from django.core import signing
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext, pgettext_lazy

from partnership import clock, drafting, history, kept_sheets, parity, sheet_files
from partnership.models import Organisation, Protocol, User
from projects import iati_reading, iati_rows
from projects.iati_rows import Reason, Row
from projects.models import Initiative

AT_ONCE = 200
"""So many rows are compared with the database at a time, and saved in one step."""
SHOWN = 100
"""So many rows of each state stand on the page; the report holds every one that was skipped."""
TOLD = 50
KEPT_FOR = kept_sheets.KEPT_FOR
DAYS = ("starts_on", "ends_on")
_SALT = "projects.iati_import"


class RowState(models.TextChoices):
    """What would become of an activity."""

    NEW = "new", pgettext_lazy("activity of a file", "New")
    CHANGED = "changed", pgettext_lazy("activity of a file", "Changed")
    UNCHANGED = "unchanged", pgettext_lazy("activity of a file", "Saved already")
    SKIPPED = "skipped", pgettext_lazy("activity of a file", "Left out")


@dataclass(frozen=True)
class Judged:
    """A row beside what stands: what would become of it, why not, and the columns that would change."""

    row: Row
    state: RowState
    reason: str = ""
    texts: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    places: list[int] = field(default_factory=list)

    @property
    def why(self) -> str:
        """Why it is skipped, in words."""
        return str(Reason(self.reason).label) if self.reason else ""

    @property
    def changes(self) -> list[str]:
        """The names of what would change."""
        names = [_label(name) for name in (*self.texts, *self.facts)]
        return [*names, *([_label("territories")] if self.places else [])]


def _label(column: str) -> str:
    name, _underscore, language = column.rpartition("_")
    if language in parity.LANGUAGE_NAMES and name in parity.translated_fields(Initiative):
        return parity.label(Initiative, name, language)
    verbose: Any = Initiative._meta.get_field(column)
    return str(verbose.verbose_name)


# Reading --------------------------------------------------------------------------------------------------------------


def keep(file: IO[bytes], name: str, *, protocol: Protocol, by: User) -> str:
    """Read a file to its end and keep what it says for a week; returns the token by which its sender finds it. Raises Refusal."""
    out = io.BytesIO()
    for row in iati_rows.rows(iati_reading.read(file), protocol):
        out.write(row.written().encode() + b"\n")
    return kept_sheets.keep(out.getvalue(), name, protocol=protocol, by=by)


def _chunks(content: bytes, start: int = 0) -> Iterator[tuple[list[Row], int]]:
    """The kept rows by so many at once, each time with the place where the next ones begin."""
    file = io.BytesIO(content)
    file.seek(start)
    while lines := list(islice(file, AT_ONCE)):
        yield [iati_rows.read(line) for line in lines], file.tell()


# Looking --------------------------------------------------------------------------------------------------------------


@dataclass
class Survey:
    """What a file would change: how many rows of each state, why those skipped are, and the first rows of each state."""

    counts: dict[RowState, int] = field(default_factory=lambda: dict.fromkeys(RowState, 0))
    reasons: dict[str, int] = field(default_factory=dict)
    shown: dict[RowState, list[Judged]] = field(default_factory=lambda: {state: [] for state in RowState})

    @property
    def total(self) -> int:
        """How many activities the file holds."""
        return sum(self.counts.values())

    def note(self, judged: Judged) -> None:
        """Count a row, and keep it to be shown while there is room."""
        self.counts[judged.state] += 1
        if judged.reason:
            self.reasons[judged.reason] = self.reasons.get(judged.reason, 0) + 1
        if judged.state != RowState.UNCHANGED and len(self.shown[judged.state]) < SHOWN:
            self.shown[judged.state].append(judged)


def survey(content: bytes, protocol: Protocol, *, everywhere: bool) -> Survey:
    """Compare every row with what stands. Four queries for each two hundred rows; nothing is saved."""
    found = Survey()
    for judged in _judged_all(content, protocol, everywhere=everywhere):
        found.note(judged)
    return found


def _judged_all(content: bytes, protocol: Protocol, *, everywhere: bool) -> Iterator[Judged]:
    for rows, _next in _chunks(content):
        known = _known(rows, protocol)
        actors = _actors(rows)
        yield from (_judge(row, known.get(row.identifier), actors, everywhere=everywhere) for row in rows)


def _known(rows: Iterable[Row], protocol: Protocol, *, locked: bool = False) -> dict[str, Initiative]:
    """What stands of these rows, by identifier; locked until the transaction ends, always in the same order, where it is written."""
    found = Initiative.objects.filter(
        protocol=protocol, iati_identifier__in=[row.identifier for row in rows if row.identifier]
    )
    if locked:
        found = found.select_for_update(of=("self",), no_key=True)
    records = list(found.prefetch_related("territories").order_by("pk"))
    drafting.lay_over(records)
    return {record.iati_identifier: record for record in records}


def _actors(rows: Iterable[Row]) -> dict[str, int]:
    refs = {row.actor for row in rows if row.actor}
    return dict(Organisation.objects.filter(iati_ref__in=refs).values_list("iati_ref", "pk"))


def _judge(row: Row, known: Initiative | None, actors: dict[str, int], *, everywhere: bool) -> Judged:
    reason = row.reason or ("" if row.here or everywhere else Reason.ELSEWHERE.value)
    if reason:
        return Judged(row, RowState.SKIPPED, reason)
    facts = _facts(row, actors)
    if known is None:
        return Judged(row, RowState.NEW, "", row.texts, facts, row.here)
    texts = {column: text for column, text in row.texts.items() if drafting.text_of(known, column) != text}
    facts = {name: value for name, value in facts.items() if getattr(known, name) != value}
    standing = {party.pk for party in known.territories.all()}
    places = [key for key in row.here if key not in standing]
    if _ends_first(known, facts):
        return Judged(row, RowState.SKIPPED, Reason.ENDS_FIRST)
    state = RowState.CHANGED if texts or facts or places else RowState.UNCHANGED
    return Judged(row, state, "", texts, facts, places)


def _facts(row: Row, actors: dict[str, int]) -> dict[str, Any]:
    """What the file says, as the columns hold it; what it leaves out is left out."""
    facts: dict[str, Any] = {name: value for name, value in row.facts.items() if value}
    for name in DAYS:
        if name in facts:
            facts[name] = datetime.date.fromisoformat(facts[name])
    if row.actor in actors:
        facts["actor_id"] = actors[row.actor]
    return facts


def _ends_first(known: Initiative, facts: dict[str, Any]) -> bool:
    start, end = (facts.get(name, getattr(known, name)) for name in DAYS)
    return bool(start and end and end < start)


# Saving ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Work:
    """How far a file was taken over. It goes to the browser and comes back, signed; the rows themselves stay in the kept file."""

    key: str
    by: int
    protocol: int
    everywhere: bool
    total: int
    place: int = 0
    """Where in the kept file the next rows begin."""
    done: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    """Identifiers of rows that a rule refused while they were saved, each with what it said."""

    @property
    def is_over(self) -> bool:
        """Whether every row had its turn."""
        return self.done >= self.total


def written(work: Work) -> str:
    """The work as a form carries it."""
    return signing.dumps(asdict(work), salt=_SALT, compress=True)


def read(form: str, *, protocol: Protocol, by: User) -> Work | None:
    """The work that a form of this person carries for this protocol; None for any other."""
    try:
        found = signing.loads(form, salt=_SALT, max_age=KEPT_FOR)
    except signing.BadSignature:
        return None
    work = Work(**{**found, "refused": [(name, said) for name, said in found["refused"]]})
    return work if (work.by, work.protocol) == (by.pk, protocol.pk) else None


def step(work: Work, content: bytes, protocol: Protocol, *, by: User) -> Work:
    """Save the next rows, all of the step or none. The same step twice changes nothing the second time."""
    rows, place = next(_chunks(content, work.place), ([], work.place))
    with transaction.atomic(), history.acting(by):
        saved = list(_save(rows, protocol, by, everywhere=work.everywhere))
    counts = {state: sum(judged.state == state for judged, _said in saved) for state in RowState}
    refused = [(judged.row.identifier, said) for judged, said in saved if said]
    return replace(
        work,
        place=place,
        done=work.done + len(rows) if rows else work.total,
        new=work.new + counts[RowState.NEW],
        changed=work.changed + counts[RowState.CHANGED],
        unchanged=work.unchanged + counts[RowState.UNCHANGED],
        skipped=work.skipped + counts[RowState.SKIPPED],
        refused=[*work.refused, *refused][:TOLD],
    )


def _save(rows: Sequence[Row], protocol: Protocol, by: User, *, everywhere: bool) -> Iterator[tuple[Judged, str]]:
    """Each row with what a rule said against it. By identifier, so that two savers never wait for each other in a circle."""
    known, actors = _known(rows, protocol, locked=True), _actors(rows)
    for row in sorted(rows, key=lambda one: one.identifier):
        judged = _judge(row, known.get(row.identifier), actors, everywhere=everywhere)
        try:
            yield _save_one(judged, known.get(row.identifier), actors, protocol, by), ""
        except ValidationError as refusal:
            yield Judged(row, RowState.SKIPPED, Reason.REFUSED), " ".join(refusal.messages)


def _save_one(
    judged: Judged, record: Initiative | None, actors: dict[str, int], protocol: Protocol, by: User
) -> Judged:
    if judged.state == RowState.NEW:
        try:
            with transaction.atomic(), history.one_version():
                _create(judged, protocol)
            return judged
        except IntegrityError:  # somebody else was faster: it stands now
            record = _known([judged.row], protocol, locked=True)[judged.row.identifier]
            judged = _judge(judged.row, record, actors, everywhere=True)
    if judged.state == RowState.CHANGED and record is not None:
        with transaction.atomic(), history.one_version():
            _change(record, judged, protocol, by)
    return judged


def _create(judged: Judged, protocol: Protocol) -> None:
    made = Initiative(
        protocol=protocol,
        iati_identifier=judged.row.identifier,
        imported_at=clock.now(protocol),
        **judged.facts,
        **judged.texts,
    )
    made.save()
    made.territories.add(*judged.places)


def _change(record: Initiative, judged: Judged, protocol: Protocol, by: User) -> None:
    for name, value in judged.facts.items():
        setattr(record, name, value)
    record.imported_at = clock.now(protocol)
    record.save()
    record.territories.add(*judged.places)
    if judged.texts:
        drafting.write(record, judged.texts, by=by)


# The report -----------------------------------------------------------------------------------------------------------


def report(content: bytes, protocol: Protocol, *, everywhere: bool) -> bytes:
    """Every activity that is skipped, with its place in the file and why, as a spreadsheet."""
    headings = {
        "number": gettext("Activity no."),
        "line": gettext("Line of the file"),
        "identifier": gettext("IATI identifier"),
        "title": gettext("Title"),
        "reason": gettext("Why it is left out"),
    }
    sheet = sheet_files.Writing(headings)
    for judged in _judged_all(content, protocol, everywhere=everywhere):
        if judged.state == RowState.SKIPPED:
            row = judged.row
            cells = {"number": str(row.number), "line": str(row.line), "identifier": row.identifier}
            sheet.row({**cells, "title": row.title[0], "reason": judged.why})
    return sheet.content()
