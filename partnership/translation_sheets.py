"""Texts out to an outside translator and back, as a spreadsheet of three languages [I10].

A row is one text: its reference, the record, the field, and what it says in Arabic, French and Dutch. The reference carries a digest
of each language as it was when the sheet was made, so that what the translator wrote is told from what changed here meanwhile.
Columns are known by their headings, wherever they stand. Reading a sheet saves nothing; `take_in` does, all rows or none.
"""

from __future__ import annotations

import enum
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from partnership import (
    differences,
    drafting,
    editing,
    following,
    history,
    locks,
    parity,
    sheet_files,
    text_checks,
)
from partnership.models import Protocol, User
from partnership.models.texts import TO_TRANSLATE
from partnership.refusals import Refusal
from partnership.sheet_files import Cells
from partnership.sheet_texts import AT_ONCE, Key, Reference, Text, column_text, digest, read_reference, reference, texts

# Out ------------------------------------------------------------------------------------------------------------------


class Sheet(NamedTuple):
    """A spreadsheet: its bytes, how many texts stand in it, and how many are too long for a cell."""

    content: bytes
    texts: int
    too_long: int


def sheet(keys: Sequence[Key], *, protocol: Protocol, by: User) -> Sheet:
    """These texts as a spreadsheet for a translator, in the reader's language; those the person may not change are left out."""
    made = sheet_files.Writing(headings(), explained())
    count = too_long = 0
    for start in range(0, len(keys), AT_ONCE):
        part = keys[start : start + AT_ONCE]
        found = texts(part, protocol=protocol, by=by)
        for text in (found[key] for key in part if key in found):
            if any(not sheet_files.fits(said) for said in text.said.values()):
                too_long += 1
                continue
            made.row(_cells_of(text), tints=_tints(text))
            count += 1
    return Sheet(made.content(), count, too_long)


def _cells_of(text: Text) -> Cells:
    return {"reference": reference(text), "record": text.name, "field": text.label, **text.said}


def _tints(text: Text) -> dict[str, str]:
    return {code: standing for code, standing in text.standing.items() if standing in TO_TRANSLATE}


def headings() -> dict[str, str]:
    """The columns' headings by their names, in the reader's language."""
    return {
        "reference": pgettext("column of a sheet", "Reference"),
        "record": pgettext("column of a sheet", "Record"),
        "field": pgettext("column of a sheet", "Text"),
        **{code: str(parity.LANGUAGE_NAMES[code]) for code in settings.REQUIRED_LANGUAGES},
    }


def explained() -> list[str]:
    """What a translator must know, as it stands beside the texts."""
    return [
        gettext(
            "Write the translation in the column of its language. Red cells are missing, orange ones follow an earlier text."
        ),
        gettext("Leave the first column as it is: it says where each text belongs."),
        gettext("Columns and rows may be moved, and columns of your own added; those are not read."),
        gettext("A cell left as it is changes nothing. An emptied cell takes no text away."),
    ]


# Back -----------------------------------------------------------------------------------------------------------------


class RowState(enum.StrEnum):
    """What can be done with a row."""

    READY = "ready"
    CONFIRM = "confirm"
    ERROR = "error"


@dataclass(frozen=True)
class Note:
    """Something about a row: a language where it is about one, an error or a question, and two texts to compare where it shows some."""

    sentence: str
    language: str = ""
    refuses: bool = False
    before: str | None = None
    now: str | None = None

    @property
    def difference(self) -> list[differences.Change]:
        """From the one text to the other; nothing where it shows none."""
        return [] if self.now is None else differences.difference(self.before or "", self.now)


@dataclass
class Row:
    """A row of the sheet that would change something, or that cannot be read. `number` is the one the spreadsheet shows."""

    number: int
    cells: Cells
    text: Text | None = None
    changes: dict[str, str] = field(default_factory=dict)
    """What would be written, by language."""
    notes: list[Note] = field(default_factory=list)

    @property
    def state(self) -> RowState:
        """Ready, to be confirmed by a person, or refused."""
        if any(note.refuses for note in self.notes):
            return RowState.ERROR
        return RowState.CONFIRM if self.notes else RowState.READY


@dataclass
class Reading:
    """A sheet that came back, beside what stands now; nothing is saved."""

    rows: list[Row]
    """Those that would change something, and those that are refused."""
    unchanged: int
    recognised: dict[str, str]
    """The headings that were recognised, by the column's name."""
    unknown: list[str]
    """Headings of columns that are not read."""

    def of(self, state: RowState) -> list[Row]:
        """The rows in one state."""
        return [row for row in self.rows if row.state == state]

    @property
    def counts(self) -> Counter[str]:
        """How many rows are in each state."""
        return Counter(row.state.value for row in self.rows)

    @property
    def fingerprint(self) -> str:
        """Differs as soon as any row would do something else, or be judged otherwise."""
        said = [
            (row.number, row.state, sorted(row.changes.items()), row.text and row.text.version) for row in self.rows
        ]
        return hashlib.sha256(repr(said).encode()).hexdigest()[:32]


def read(content: bytes, *, protocol: Protocol, by: User) -> Reading:
    """What a sheet would change. Raises Refusal where it is no spreadsheet of ours: its kind, its size, its columns."""
    heading = headings()["reference"]
    table = sheet_files.read(
        content, known_headings(), needed="reference", spoken=settings.REQUIRED_LANGUAGES, needed_heading=heading
    )
    rows = [Row(number, cells) for number, cells in table.rows]
    references = {row.number: read_reference(row.cells.get("reference", "")) for row in rows}
    here = texts({found.key for found in references.values() if found}, protocol=protocol, by=by)
    for row in rows:
        _judge(row, references[row.number], here)
    _refuse_repeated(rows)
    _refuse_locked([row for row in rows if row.changes])
    told = [row for row in rows if row.changes or row.notes]
    return Reading(told, len(rows) - len(told), table.recognised, table.unknown)


def known_headings() -> dict[str, str]:
    """Every heading a column may bear, normalised, with the column's name: in all languages, and the names themselves."""
    return sheet_files.known(headings, [code for code, _name in settings.LANGUAGES])


def _judge(row: Row, origin: Reference | None, here: Mapping[Key, Text]) -> None:
    if origin is None:
        row.notes.append(
            _refused(
                gettext("The first column does not say where this text belongs. Copy it from the sheet that went out.")
            )
        )
        return
    row.text = text = here.get(origin.key)
    if text is None:
        row.notes.append(_refused(gettext("This text is not here, or is not yours to change.")))
        return
    for code in settings.REQUIRED_LANGUAGES:
        if code in row.cells and digest(row.cells[code]) != origin.digests[code]:
            _judge_cell(row, text, origin, code)
    if row.changes:
        _ask(row, text, origin)


def _judge_cell(row: Row, text: Text, origin: Reference, code: str) -> None:
    """A cell that somebody wrote into since the sheet went out."""
    written, present = column_text(row.cells[code]), text.said[code]
    if digest(written) == digest(present):
        return
    if not written:
        row.notes.append(
            _refused(gettext("The cell is empty. A sheet takes no text away; that is done in the record itself."), code)
        )
        return
    column = parity.column(text.key.field, code)
    refusal = text_checks.refusal(written, code) or drafting.too_long(text.record, column, written)
    if refusal is not None:
        row.notes.append(_refused(" ".join(refusal.messages), code))
        return
    row.changes[code] = written
    if code == text.source:
        note = gettext("The translator changed the source itself; the other languages will follow it.")
        row.notes.append(Note(note, code, before=present, now=written))
    elif digest(present) != origin.digests[code]:
        note = gettext("Somebody wrote this here since the sheet was made. It says now:")
        row.notes.append(Note(note, code, before=written, now=present))


def _ask(row: Row, text: Text, origin: Reference) -> None:
    """What a person must confirm: the source changed since, or the languages look mixed up."""
    source = text.source
    if source is not None and source not in row.changes:
        _ask_about_source(row, text, origin, source)
    together = {code: row.changes.get(code, text.said[code]) for code in settings.REQUIRED_LANGUAGES}
    for code, question in text_checks.questions(together, row.changes).items():
        row.notes.append(Note(str(question), code))


def _ask_about_source(row: Row, text: Text, origin: Reference, source: str) -> None:
    present, sent = text.said[source], row.cells.get(source, "")
    if source != origin.source and origin.source in settings.REQUIRED_LANGUAGES:
        sentence = gettext("The text was rewritten in %(language)s since the sheet was made. It says now:") % {
            "language": parity.LANGUAGE_NAMES[source]
        }
        row.notes.append(Note(sentence, source, before=sent, now=present))
    elif digest(present) != origin.digests[source]:
        sentence = gettext("The source changed since the sheet was made. It says now:")
        row.notes.append(Note(sentence, source, before=sent, now=present))


def _refuse_repeated(rows: Iterable[Row]) -> None:
    """The same text twice with something new in either: which one is meant, only the sheet's owner knows."""
    first: dict[Key, Row] = {}
    for row in rows:
        if row.text is None or not row.changes:
            continue
        earlier = first.setdefault(row.text.key, row)
        if earlier is not row:
            for one, other in ((earlier, row), (row, earlier)):
                sentence = gettext("The same text stands in row %(number)s too. Keep one of them.") % {
                    "number": other.number
                }
                one.notes.append(_refused(sentence))


def _refuse_locked(rows: Sequence[Row]) -> None:
    """What a decision holds fast changes by another decision only [I4]. One query for each model."""
    of_models: dict[Any, list[Row]] = {}
    for row in rows:
        assert row.text is not None
        of_models.setdefault(type(row.text.record), []).append(row)
    for group in of_models.values():
        held = locks.on_each([row.text.record for row in group if row.text])
        for row, found in zip(group, held, strict=True):
            for lock in found:
                if row.text and row.text.key.field in lock.fields:
                    row.notes.append(_refused(" ".join(locks.Locked(lock.decision).messages)))


def _refused(sentence: str, language: str = "") -> Note:
    return Note(sentence, language, refuses=True)


def errors(reading: Reading) -> bytes:
    """The refused rows as a spreadsheet, with what is wrong beside each: correct it there and send it back."""
    made = sheet_files.Writing({**headings(), "wrong": pgettext("column of a sheet", "What is wrong")}, explained())
    for row in reading.of(RowState.ERROR):
        wrong = "\n".join(note.sentence for note in row.notes if note.refuses)
        tints = {note.language: "missing" for note in row.notes if note.refuses and note.language}
        made.row({**row.cells, "wrong": wrong}, tints=tints)
    return made.content()


# Taking in ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def take_in(rows: Sequence[Row], *, by: User) -> int:
    """Write these rows where they belong: all of them or none. Returns how many texts in one language were written.

    Raises Refusal with code "version" where somebody wrote one of the records since the sheet was read, Refusal naming the row
    where a rule stands against it.
    """
    with history.acting(by), history.one_version():
        _lock(rows)
        return sum(_take(row, by) for row in rows)


def _lock(rows: Iterable[Row]) -> None:
    """Lock the roots, and see that they are those that were read."""
    read_at = {history.root_of(row.text.record): row.text.version for row in rows if row.text is not None}
    if editing.lock_all(read_at) != read_at:
        raise Refusal(_("Somebody changed one of these records meanwhile. Look at the rows again."), code="version")


def _take(row: Row, by: User) -> int:
    assert row.text is not None
    text = row.text
    columns = {code: {parity.column(text.key.field, code): said} for code, said in row.changes.items()}
    try:
        with transaction.atomic():
            if text.source in columns:
                drafting.write(text.record, columns.pop(text.source), by=by)
            if columns:
                with following.as_translation():
                    drafting.write(text.record, {k: v for one in columns.values() for k, v in one.items()}, by=by)
    except IntegrityError as refused:
        raise _in_row(row, gettext("The record does not take this text.")) from refused
    except ValidationError as refused:
        raise _in_row(row, " ".join(refused.messages)) from refused
    return len(row.changes)


def _in_row(row: Row, sentence: str) -> Refusal:
    params: dict[str, object] = {"number": row.number, "sentence": sentence}
    return Refusal(_("Row %(number)s: %(sentence)s Nothing was taken in."), code="row", params=params)


def taken_words(count: int) -> str:
    """What happened, in the person's language."""
    return ngettext(
        "%(count)s text was taken in. Published records show it once their three languages stand together and are published.",
        "%(count)s texts were taken in. Published records show them once their three languages stand together and are published.",
        count,
    ) % {"count": count}
