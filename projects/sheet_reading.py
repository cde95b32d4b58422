"""Cells of a sheet as typed values: money, numbers and days in any digits, choices by their word in any language, records by code or name.

What cannot be read is an error of its cell, with what to write instead. Nothing is guessed: what has two readings is refused.
"""

from __future__ import annotations

import datetime
import enum
import re
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext, override, pgettext

from partnership import number_fields, parity
from partnership.models import InternationalGoal, Organisation, Party, Protocol
from partnership.normaliser import normalise
from partnership.sheet_files import holdable
from projects.models import ActionPlan, BudgetLine, Project
from projects.sheet_opening import Faulty, Formula, Value
from projects.sheets import Column, SheetKind, Sort

_DAY_FIRST = re.compile(r"(\d{1,2})\s*([./-])\s*(\d{1,2})\s*\2\s*(\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})\s*([./-])\s*(\d{1,2})\s*\2\s*(\d{1,2})")
_BETWEEN = re.compile(r"[;,،؛\n]")
_LONGEST_SHOWN = 60
YES = {"1", "x", "true", "vrai", "waar", "yes", "oui", "ja", "نعم"}
NO = {"0", "false", "faux", "onwaar", "no", "non", "nee", "neen", "لا"}


class Unreadable(ValueError):
    """A cell that is no value of its column, with what to write instead."""


@dataclass(frozen=True)
class Note:
    """Something about a row: an error, or a question to a person; the columns it is about."""

    sentence: str
    columns: tuple[str, ...] = ()
    refuses: bool = False


class RowState(enum.StrEnum):
    """What can be done with a row."""

    READY = "ready"
    CONFIRM = "confirm"
    ERROR = "error"


@dataclass
class Row:
    """A row of a sheet. `number` is the one the spreadsheet shows."""

    number: int
    cells: dict[str, Value]
    values: dict[str, Any] = field(default_factory=dict)
    """Typed values by column; an empty cell has none."""
    notes: list[Note] = field(default_factory=list)
    record: Any = None
    """The record it belongs to, a new one without a key; None where that cannot be told."""
    identity: Hashable = None
    """What two rows share that are about one record."""
    taken_for: str = ""
    """How its record was told, where no number or code says so."""
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    """By column what stands and what the row says, where they differ."""
    waiting: dict[str, str] = field(default_factory=dict)
    """Texts, by column, of a record the public reads: they wait for their other languages [I10]."""

    def refuse(self, sentence: str, *columns: str) -> None:
        """Add an error."""
        self.notes.append(Note(sentence, columns, refuses=True))

    def refuse_once(self, sentence: str, column: str) -> None:
        """Add an error, unless the column has one already."""
        if not any(note.refuses and column in note.columns for note in self.notes):
            self.refuse(sentence, column)

    def ask(self, sentence: str, *columns: str) -> None:
        """Add a question that a person answers by confirming the row."""
        self.notes.append(Note(sentence, columns))

    @property
    def state(self) -> RowState:
        """Ready, to be confirmed by a person, or refused."""
        if any(note.refuses for note in self.notes):
            return RowState.ERROR
        return RowState.CONFIRM if self.notes else RowState.READY

    @property
    def is_new(self) -> bool:
        """Whether its record does not stand yet."""
        return self.record is not None and self.record.pk is None


def typed(kind: SheetKind, rows: Iterable[tuple[int, dict[str, Value]]], related: Related) -> list[Row]:
    """Each row with its typed values and the errors of its cells."""
    found = []
    for number, cells in rows:
        row = Row(number, cells)
        for name, value in cells.items():
            _read_cell(row, kind.columns[name], value, related)
        found.append(row)
    return found


def _read_cell(row: Row, column: Column, value: Value, related: Related) -> None:
    if column.only_shown or is_empty(value):
        return
    try:
        row.values[column.name] = cell(column, value, related)
    except Unreadable as wrong:
        row.refuse(str(wrong), column.name)


def is_empty(value: Value) -> bool:
    """Whether a cell says nothing; a lone dash is how people write that."""
    return value is None or (
        isinstance(value, str) and not isinstance(value, Formula) and value.strip() in {"", "-", "–", "—"}
    )


def cell(column: Column, value: Value, related: Related) -> Any:
    """The value of one cell. Raises Unreadable."""
    if isinstance(value, Formula):
        raise Unreadable(
            gettext("“%(cell)s” is a formula, and its result is not read. Copy the column and paste it as values.")
            % {"cell": _isolated(value)}
        )
    if isinstance(value, Faulty):
        raise Unreadable(
            gettext("The spreadsheet could not compute this cell (%(cell)s).") % {"cell": _isolated(value)}
        )
    return _READERS[column.sort](column, value, related)


def shown(value: Value) -> str:
    """A cell as the sheet shows it, for a sentence or a page."""
    if isinstance(value, datetime.datetime | datetime.date):
        return f"{value:%d/%m/%Y}"
    text = "" if value is None else str(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def _isolated(value: Value) -> str:
    """A cell within a sentence: in its own direction, whatever that of the sentence."""
    return f"\u2068{shown(value)}\u2069"


# Plain values ---------------------------------------------------------------------------------------------------------


def _text(column: Column, value: Value, related: Related) -> str:
    text = _plain(value)
    return tidy(column, text)


def tidy(column: Column, text: str) -> str:
    """A text as its field keeps it and a spreadsheet holds it: on one line where it is one, without spaces around it."""
    text = holdable(text)
    return text.strip() if isinstance(column.field, models.TextField) else parity.one_line(text)


def _plain(value: Value) -> str:
    if isinstance(value, datetime.datetime | datetime.date):
        return f"{value:%Y-%m-%d}"
    return str(value)


def _number(column: Column, value: Value, related: Related) -> Decimal | int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Unreadable(_no_number(value))
    try:
        number = Decimal(number_fields.read_number(value, column.decimals) if isinstance(value, str) else repr(value))
    except ValidationError as wrong:
        raise Unreadable(" ".join(wrong.messages)) from wrong
    except InvalidOperation as wrong:
        raise Unreadable(_no_number(value)) from wrong
    if not number.is_finite():
        raise Unreadable(_no_number(value))
    step = Decimal(1).scaleb(-column.decimals)
    try:
        whole = number.quantize(step)
    except InvalidOperation as wrong:
        raise Unreadable(_no_number(value)) from wrong
    if abs(whole - number) > (Decimal("1e-9") if isinstance(value, float) else 0):
        raise Unreadable(_too_fine(column, value))
    return whole if column.decimals else int(whole)


def _no_number(value: Value) -> str:
    return gettext("“%(cell)s” is no number. Write it for instance as 1234,56.") % {"cell": _isolated(value)}


def _too_fine(column: Column, value: Value) -> str:
    if not column.decimals:
        return gettext("“%(cell)s” is no whole number.") % {"cell": _isolated(value)}
    return gettext("“%(cell)s” has more than %(places)s digits after the comma.") % {
        "cell": _isolated(value),
        "places": column.decimals,
    }


def _day(column: Column, value: Value, related: Related) -> datetime.date:
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    found = _parts_of_day(number_fields.read_day(value)) if isinstance(value, str) else None
    if found is None:
        raise Unreadable(
            gettext("“%(cell)s” is no date. Write day, month and year, for instance 14/01/2026.")
            % {"cell": _isolated(value)}
        )
    try:
        return datetime.date(*found)
    except ValueError as wrong:
        raise Unreadable(
            gettext("“%(cell)s” is no day of the calendar. Write day, month and year, for instance 14/01/2026.")
            % {"cell": _isolated(value)}
        ) from wrong


def _parts_of_day(text: str) -> tuple[int, int, int] | None:
    """Year, month and day as they were written, the day first or the year first; Western digits."""
    if found := _DAY_FIRST.fullmatch(text):
        return int(found[4]), int(found[3]), int(found[1])
    if found := _YEAR_FIRST.fullmatch(text.removesuffix(" 00:00:00")):
        return int(found[1]), int(found[3]), int(found[4])
    return None


def _yes_or_no(column: Column, value: Value, related: Related) -> bool:
    said = normalise(str(value))
    if said in {normalise(word) for word in YES}:
        return True
    if said in {normalise(word) for word in NO}:
        return False
    raise Unreadable(gettext("“%(cell)s” is neither yes nor no.") % {"cell": _isolated(value)})


# Choices and records --------------------------------------------------------------------------------------------------


def _word(column: Column, value: Value, related: Related) -> Any:
    found = related.choice(column, str(value))
    if found is None:
        raise Unreadable(
            gettext("“%(cell)s” is not known here. Write one of: %(words)s.")
            % {"cell": _isolated(value), "words": gettext(", ").join(str(label) for _code, label in column.choices)}
        )
    return found


def _words(column: Column, value: Value, related: Related) -> frozenset[str]:
    return frozenset(_word(column, one, related) for one in _pieces(value))


def _one(column: Column, value: Value, related: Related) -> Any:
    assert column.target is not None
    found = related.named(column.target, _plain(value))
    if len(found) == 1:
        return found[0]
    raise Unreadable(_not_one(column, value, len(found)))


def _not_one(column: Column, value: Value, count: int) -> str:
    kind = str(column.target._meta.verbose_name) if column.target else ""
    if count:
        return gettext(
            "Several are called “%(cell)s” (%(kind)s). Write the code or number of the one that is meant."
        ) % {
            "cell": _isolated(value),
            "kind": kind,
        }
    return gettext("“%(cell)s” is not here (%(kind)s). Write its code or its name, or enter it first.") % {
        "cell": _isolated(value),
        "kind": kind,
    }


def _many(column: Column, value: Value, related: Related) -> frozenset[Any]:
    assert column.target is not None
    whole = related.named(column.target, _plain(value))
    if len(whole) == 1:  # a name may hold a comma itself
        return frozenset(whole)
    return frozenset(_one(column, one, related) for one in _pieces(value))


def _pieces(value: Value) -> list[str]:
    return [piece.strip() for piece in _BETWEEN.split(_plain(value)) if piece.strip()]


_READERS: dict[Sort, Callable[[Column, Value, Related], Any]] = {
    Sort.TEXT: _text,
    Sort.NUMBER: _number,
    Sort.DAY: _day,
    Sort.YES_OR_NO: _yes_or_no,
    Sort.WORD: _word,
    Sort.WORDS: _words,
    Sort.ONE: _one,
    Sort.MANY: _many,
}


# What cells can name --------------------------------------------------------------------------------------------------


@dataclass
class _Named:
    """The records of one model: by what they are called, and what each is called in a sheet that goes out."""

    exact: dict[str, list[Any]] = field(default_factory=dict)
    alike: dict[str, list[Any]] = field(default_factory=dict)
    called: dict[Any, str] = field(default_factory=dict)


class Related:
    """The records that cells can name, each model read once, when the first cell asks for it."""

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self._named: dict[type[models.Model], _Named] = {}
        self._choices: dict[str, dict[str, Any]] = {}

    def named(self, model: type[models.Model], said: str) -> list[Any]:
        """The keys of the records that are called so: by code first, then however it is accented or spelt."""
        known = self._of(model)
        found = known.exact.get(_code(said)) or known.alike.get(normalise(said)) or []
        return found if said.strip() else []

    def called(self, model: type[models.Model], key: Any) -> str:
        """What a record is called in a sheet that goes out, so that it is found again."""
        return self._of(model).called.get(key, "")

    def choice(self, column: Column, said: str) -> Any:
        """The choice that a word in any language, or a code, stands for; None for none."""
        key = f"{column.field.model._meta.label}.{column.name}" if column.field is not None else column.name
        if key not in self._choices:
            self._choices[key] = _words_of(column)
        return self._choices[key].get(normalise(said))

    @cached_property
    def projects(self) -> dict[int, Project]:
        """The protocol's projects by key."""
        rows = Project.objects.filter(protocol=self.protocol).select_related("plan")
        return {project.pk: project for project in rows}

    @cached_property
    def plans(self) -> dict[int, ActionPlan]:
        """The protocol's plans by key."""
        return {plan.pk: plan for plan in ActionPlan.objects.filter(protocol=self.protocol)}

    @cached_property
    def lines(self) -> dict[int, BudgetLine]:
        """The budget lines of the protocol by key, each with its project."""
        found = {}
        for line in BudgetLine.objects.filter(project__protocol=self.protocol).order_by("pk"):
            line.project = self.projects[line.project_id]
            found[line.pk] = line
        return found

    @cached_property
    def lines_of_project(self) -> dict[int, list[BudgetLine]]:
        """The same by project."""
        found: dict[int, list[BudgetLine]] = {}
        for line in self.lines.values():
            found.setdefault(line.project_id, []).append(line)
        return found

    def _of(self, model: type[models.Model]) -> _Named:
        if model not in self._named:
            self._named[model] = self._read(model)
        return self._named[model]

    def _read(self, model: type[models.Model]) -> _Named:
        known = _Named()
        records = list(self.projects.values() if model is Project else _rows(model, self.protocol))
        for record in records:
            for code in _codes(record):
                _file(known.exact, _code(code), record.pk)
            for name in (*_codes(record), *_names(record)):
                _file(known.alike, normalise(name), record.pk)
        known.called = {record.pk: _called(record, known) for record in records}
        return known


def _file(under: dict[str, list[Any]], name: str, key: Any) -> None:
    if name and key not in under.setdefault(name, []):
        under[name].append(key)


def _code(said: str) -> str:
    return number_fields.western(said).casefold()


def _rows(model: type[models.Model], protocol: Protocol) -> Iterable[Any]:
    if model in (Organisation, InternationalGoal):
        return model._default_manager.order_by("pk")
    rows = model._default_manager.filter(protocol=protocol).order_by("pk")
    return rows.select_related("organisation") if model is Party else rows


def _codes(record: Any) -> list[str]:
    if isinstance(record, Organisation):
        return [code for code in (record.iati_ref, f"#{record.pk}") if code]
    if isinstance(record, Party):
        return _codes(record.organisation)
    return [record.code] if getattr(record, "code", "") else []


def _names(record: Any) -> list[str]:
    """What a record is called in each language, in full and in short."""
    if isinstance(record, Party):
        return _names(record.organisation)
    fields = [name for name in ("title", "name", "short_name") if name in parity.translated_fields(type(record))]
    texts = [getattr(record, parity.column(name, code)) for name in fields for code in settings.REQUIRED_LANGUAGES]
    return [text for text in texts if text]


def _called(record: Any, known: _Named) -> str:
    """Its code; of an organisation its name, where no other bears it."""
    subject = record.organisation if isinstance(record, Party) else record
    if isinstance(subject, Organisation):
        name = str(subject)
        own = known.alike.get(normalise(name), [])
        return name if own == [record.pk] and not _BETWEEN.search(name) else _codes(subject)[0]
    return _codes(record)[0]


def _words_of(column: Column) -> dict[str, Any]:
    """Each choice by its code and by its word in every language; a word that two choices share stands for neither."""
    found: dict[str, Any] = {normalise(str(code)): code for code, _label in column.choices}
    shared: set[str] = set()
    for language, _name in settings.LANGUAGES:
        with override(language):
            for code, label in column.choices:
                word = normalise(str(label))
                if found.setdefault(word, code) != code:
                    shared.add(word)
    codes = {normalise(str(code)) for code, _label in column.choices}
    return {word: code for word, code in found.items() if word in codes or word not in shared}


def yes_or_no(value: bool) -> str:
    """The word that goes out, in the reader's language."""
    return pgettext("cell of a sheet", "yes") if value else pgettext("cell of a sheet", "no")
