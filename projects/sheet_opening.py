"""A spreadsheet file as people really make them, opened: its rows under the headings that are known, or one sentence that says why not.

XLSX and CSV (semicolon, comma or tab; UTF-8, UTF-16, Windows-1252 or -1256). The headings may stand below a title, columns may be moved,
others may be added. Refused as a whole: what is no spreadsheet, too large, behind a password, with macros, with merged cells over data,
with one heading twice, without a needed one. A formula is kept as such, for the row that holds it to be refused: its last
result is never read. Memory is bounded by the sizes below. Source: shared security bar on files.
"""

from __future__ import annotations

import codecs
import csv
import datetime
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from openpyxl import load_workbook
from openpyxl.utils import range_boundaries

from partnership.normaliser import normalise
from partnership.refusals import Refusal
from partnership.sheet_files import _unescaped, holdable

LARGEST = 20 * 1024 * 1024
LARGEST_UNPACKED = 100 * 1024 * 1024
MOST_PACKED = 200
"""So many times smaller a file may be than what it unpacks to, once it unpacks to more than a few megabytes."""
SMALL = 16 * 1024 * 1024
MOST_ROWS = 10_000
MOST_LINES = 200_000
"""Empty rows count here; people format whole columns."""
MOST_COLUMNS = 120
HEADING_WITHIN = 20
ENOUGH_HEADINGS = 2
_FEW = 5
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z]{1,3}\d{1,7}(?::[A-Z]{1,3}\d{1,7})?)[\"']")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f]")
_ARABIC_RUN = re.compile(rb"[\x81\x8d-\x90\x98\x9a\x9f\xaa\xc0-\xff]{3,}")
_COMPUTES = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""How a text begins that a spreadsheet would compute (OWASP, CSV injection), shielded or not."""

Value = str | int | float | bool | datetime.date | datetime.datetime | datetime.time | None
Line = list[Value]


class Formula(str):
    """What a cell computes, as it is written; never its result."""


class Faulty(str):
    """A cell that a spreadsheet could not compute: #REF! and its like."""


@dataclass
class Table:
    """A file that was opened: its rows with the numbers a spreadsheet shows, which headings are known and which are not."""

    rows: list[tuple[int, dict[str, Value]]] = field(default_factory=list)
    recognised: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    """Where each column stands, from 0."""


@dataclass(frozen=True)
class Expected:
    """Which headings are known, and what a sheet with some of them lacks."""

    known: Mapping[str, str]
    """Each normalised heading with its column's name."""
    headings: Mapping[str, str]
    """The columns' headings in the reader's language."""
    lacks: Any
    """A function from the columns that are present to those that are missing."""


def read(content: bytes, expected: Expected) -> Table:
    """The rows of a file under its known headings. Raises Refusal."""
    if len(content) > LARGEST:
        raise too_large()
    if content.startswith(_OLE):
        raise _old_or_closed(content)
    if content.startswith(b"PK"):
        return _from_workbook(content, expected)
    return _from_text(content, expected)


def too_large() -> Refusal:
    """The rule about size."""
    return Refusal(
        _("The file is larger than 20 MB. Take the pictures out, or split it, and choose it again."), code="file_size"
    )


def _no_sheet() -> Refusal:
    return Refusal(
        _("This is no spreadsheet. Save it as “Excel workbook (.xlsx)” or as CSV and choose that file."),
        code="file_type",
    )


def _old_or_closed(content: bytes) -> Refusal:
    if _ENCRYPTED in content:
        return Refusal(
            _("The file is behind a password. Save it without one and choose it again."), code="file_password"
        )
    return Refusal(
        _("This is a spreadsheet of an old kind (.xls). Save it as “Excel workbook (.xlsx)” and choose that file."),
        code="file_type",
    )


# XLSX -----------------------------------------------------------------------------------------------------------------


def _from_workbook(content: bytes, expected: Expected) -> Table:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_archive(archive)
            return _first_table(content, archive, expected)
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError, RuntimeError) as broken:
        raise _no_sheet() from broken


def _check_archive(archive: zipfile.ZipFile) -> None:
    """Sizes as the file itself states them, before anything is unpacked; what is read later stops at the size that was stated."""
    entries = archive.infolist()
    names = {entry.filename for entry in entries}
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise _no_sheet()
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Refusal(
            _("The file holds macros. Save it as “Excel workbook (.xlsx)”, without macros, and choose that file."),
            code="file_macros",
        )
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    if unpacked > LARGEST_UNPACKED or (unpacked > SMALL and unpacked / packed > MOST_PACKED):
        raise Refusal(_("The file unpacks to far more than it should."), code="file_ratio")


def _first_table(content: bytes, archive: zipfile.ZipFile, expected: Expected) -> Table:
    """The first page that has headings we know."""
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    except Exception as broken:  # openpyxl raises whatever its parts raise
        raise _no_sheet() from broken
    try:
        for page in book.worksheets:
            head, lines = _headed(_workbook_lines(page), expected)
            if head:
                table = _table(head, lines, expected)
                _refuse_merged(archive, page, head[0], table)
                return table
    finally:
        book.close()
    raise _no_headings(expected)


def _workbook_lines(page: Any) -> Iterator[tuple[int, Line]]:
    """Each row that holds anything, with its number; no more than can be meant, whatever the file claims."""
    rows = page.iter_rows(max_col=MOST_COLUMNS)
    number = 0
    while True:
        try:
            row = next(rows, None)
        except Exception as broken:  # openpyxl raises whatever its parts raise
            raise _no_sheet() from broken
        if row is None:
            return
        number += 1
        if number > MOST_LINES:
            raise _too_many()
        if any(cell.value is not None for cell in row):
            yield number, [_value(cell) for cell in row]


def _value(cell: Any) -> Value:
    value: Any = cell.value
    if value is None:
        return None
    if cell.data_type == "f":
        return Formula(str(getattr(value, "text", value)))
    if cell.data_type == "e":
        return Faulty(value)
    if isinstance(value, str):
        return holdable(_unescaped(value))
    if isinstance(value, float) and value.is_integer():
        return int(value)
    known = (int, float, bool, datetime.datetime, datetime.date, datetime.time)
    return value if isinstance(value, known) else str(value)


def _refuse_merged(archive: zipfile.ZipFile, page: Any, heading: int, table: Table) -> None:
    """Cells that were merged over data hold one value for several rows or columns: which one is meant, nobody can say."""
    places = set(table.places.values())
    over_data = []
    for written in _merged(archive, page._worksheet_path):
        left, _top, right, bottom = range_boundaries(written)
        if bottom >= heading and any(left - 1 <= place <= right - 1 for place in places):
            over_data.append(written)
    if over_data:
        raise Refusal(
            ngettext(
                "Cells are merged over the data: %(cells)s. Separate them, write the value into each row and send the file again.",
                "Cells are merged over the data: %(cells)s. Separate them, write the value into each row and send the file again.",
                len(over_data),
            ),
            code="merged",
            params={"cells": _some(over_data)},
        )


def _merged(archive: zipfile.ZipFile, path: str) -> Iterator[str]:
    """The merged ranges of a page, read piece by piece: they stand behind its rows."""
    kept = b""
    with archive.open(path.lstrip("/")) as file:
        while piece := file.read(1 << 16):
            kept += piece
            end = 0
            for found in _MERGED.finditer(kept):
                end = found.end()
                yield found[1].decode()
            kept = kept[max(end, len(kept) - 200) :]


# CSV ------------------------------------------------------------------------------------------------------------------


def _from_text(content: bytes, expected: Expected) -> Table:
    text = _decoded(content)
    found: tuple[tuple[int, Line], Iterator[tuple[int, Line]]] | None = None
    best = 0
    for delimiter in (";", ",", "\t"):
        head, lines = _headed(_text_lines(text, delimiter), expected)
        count = len(_columns(head[1], expected)) if head else 0
        if head and count > best:
            found, best = (head, lines), count
    if found is None:
        raise _no_headings(expected)
    return _table(*found, expected)


def _decoded(content: bytes) -> str:
    """The text, whichever of the usual encodings it was saved in."""
    if not content.strip():
        raise Refusal(_("The file is empty."), code="file_empty")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1256" if _ARABIC_RUN.search(content) else "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _CONTROL.search(text):
            return text
        break
    raise _no_sheet()


def _text_lines(text: str, delimiter: str) -> Iterator[tuple[int, Line]]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    number = 0
    while True:
        try:
            row = next(rows, None)
        except csv.Error as broken:
            raise _no_sheet() from broken
        if row is None:
            return
        number += 1
        if number > MOST_LINES:
            raise _too_many()
        if any(said.strip() for said in row):
            yield number, [_said(said) for said in row[:MOST_COLUMNS]]


def shielded(text: str) -> str:
    """A text for a CSV cell, with a quote before it where a spreadsheet would compute it; `_said` takes one off."""
    return f"'{text}" if _COMPUTES.match(text) else text


def _said(text: str) -> Value:
    """A cell's text without the quote that shields it from being computed; what begins as a formula is one."""
    bare = holdable(text)
    if bare.startswith("'") and _COMPUTES.match(bare):
        return bare[1:]
    return Formula(bare) if bare.startswith("=") else bare


# Headings and rows ----------------------------------------------------------------------------------------------------


def _headed(
    lines: Iterator[tuple[int, Line]], expected: Expected
) -> tuple[tuple[int, Line] | None, Iterator[tuple[int, Line]]]:
    """The row that names the most columns among the first ones, and what follows it."""
    first: list[tuple[int, Line]] = []
    for number, line in lines:
        first.append((number, line))
        if number >= HEADING_WITHIN:
            break
    counts = [len(_columns(line, expected)) for _number, line in first]
    best = max(counts, default=0)
    if best < ENOUGH_HEADINGS:
        return None, iter(())
    place = counts.index(best)
    return first[place], _chained(first[place + 1 :], lines)


def _chained(first: Iterable[tuple[int, Line]], rest: Iterator[tuple[int, Line]]) -> Iterator[tuple[int, Line]]:
    yield from first
    yield from rest


def _columns(line: Line, expected: Expected) -> list[tuple[int, str]]:
    return [
        (place, expected.known[normalise(said)])
        for place, said in enumerate(line)
        if isinstance(said, str) and normalise(said) in expected.known
    ]


def _table(head: tuple[int, Line], lines: Iterator[tuple[int, Line]], expected: Expected) -> Table:
    columns = _columns(head[1], expected)
    _refuse_twice(columns, head[1])
    _refuse_lacking([name for _place, name in columns], expected)
    named = {place for place, _name in columns}
    table = Table(places={name: place for place, name in columns})
    table.recognised = {name: str(head[1][place]).strip() for place, name in columns}
    table.unknown = [
        str(said).strip()
        for place, said in enumerate(head[1])
        if place not in named and said is not None and str(said).strip()
    ]
    for number, line in lines:
        cells = {name: line[place] if place < len(line) else None for place, name in columns}
        if any(_says(value) for value in cells.values()):
            table.rows.append((number, cells))
        if len(table.rows) > MOST_ROWS:
            raise _too_many()
    if not table.rows:
        raise Refusal(_("There is no row below the headings. Fill the sheet and send it again."), code="rows")
    return table


def _says(value: Value) -> bool:
    return bool(value.strip()) if isinstance(value, str) else value is not None


def _refuse_twice(columns: Sequence[tuple[int, str]], line: Line) -> None:
    names = [name for _place, name in columns]
    twice = [str(line[place]).strip() for place, name in columns if names.count(name) > 1]
    if twice:
        raise Refusal(
            _("Two columns say the same: %(headings)s. Delete the one that is not meant."),
            code="columns",
            params={"headings": _some(f"“{heading}”" for heading in twice)},
        )


def _refuse_lacking(present: Sequence[str], expected: Expected) -> None:
    missing = [expected.headings[name] for name in expected.lacks(present)]
    if missing:
        raise Refusal(
            ngettext(
                "A column is missing: %(headings)s. Add it, or start from the template.",
                "Columns are missing: %(headings)s. Add them, or start from the template.",
                len(missing),
            ),
            code="columns",
            params={"headings": gettext(", ").join(f"“{heading}”" for heading in missing)},
        )


def _no_headings(expected: Expected) -> Refusal:
    wanted = [f"“{expected.headings[name]}”" for name in expected.lacks([])]
    return Refusal(
        _("None of the first rows names the columns. The sheet needs at least: %(headings)s. Start from the template."),
        code="columns",
        params={"headings": gettext(", ").join(wanted)},
    )


def _too_many() -> Refusal:
    return Refusal(
        _(
            "A sheet holds at most %(rows)s rows with something in them, above row %(lines)s. Split it into several files."
        ),
        code="rows",
        params={"rows": MOST_ROWS, "lines": MOST_LINES},
    )


def _some(names: Iterable[str]) -> str:
    """The first names of many."""
    every = list(names)
    return gettext(", ").join(every[:_FEW]) + (" …" if len(every) > _FEW else "")
