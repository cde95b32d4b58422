"""A table as a spreadsheet file: written with its columns named, read back wherever they were moved, refused where it is no such file.

Source: shared security bar on files; a cell is always text, so that nothing written into a record becomes a formula elsewhere.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.translation import gettext, ngettext, override
from django.utils.translation import gettext_lazy as _
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from partnership import languages
from partnership.normaliser import normalise
from partnership.refusals import Refusal

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LARGEST = 10 * 1024 * 1024
LARGEST_UNPACKED = 100 * 1024 * 1024
MOST_PACKED = 200
"""So many times smaller a file may be than what it unpacks to; a sheet of words stays far below."""
MOST_ROWS = 20_000
MOST_COLUMNS = 50
LONGEST_CELL = 32_767
HEADING_WITHIN = 10
"""The heading stands within so many rows from the top."""

Cells = dict[str, str]
"""What a row says, by the column's name."""

_UNHOLDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_FILLS = {"stale": "FBE3D0", "missing": "F8D3D3"}
_WIDTHS = {"reference": 16, "record": 30, "field": 18}


def _alignment(name: str) -> Alignment:
    """A text from its own side, in its own direction; what is said about it as the whole sheet runs."""
    wrap = name != "reference"
    if name not in settings.REQUIRED_LANGUAGES:
        return Alignment(wrap_text=wrap, vertical="top")
    is_rtl = languages.direction(name) == "rtl"
    return Alignment(
        wrap_text=wrap, vertical="top", horizontal="right" if is_rtl else "left", readingOrder=2 if is_rtl else 1
    )


def holdable(text: str) -> str:
    """A text with one sort of line end and without the signs that a spreadsheet cannot hold."""
    return _UNHOLDABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def fits(text: str) -> bool:
    """Whether a cell holds the whole text."""
    return len(_escaped(holdable(text))) <= LONGEST_CELL


def _escaped(text: str) -> str:
    """What looks like the file format's own escape, escaped."""
    return _ESCAPED.sub(lambda found: f"_x005F_x{found[1]}_", text)


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


# Out ------------------------------------------------------------------------------------------------------------------


class Writing:
    """A spreadsheet being written row by row: a hidden row that names the columns, one that heads them, then the texts."""

    def __init__(self, headings: Mapping[str, str], explained: Sequence[str] = ()) -> None:
        self.names, self.explained = list(headings), explained
        self.styles: dict[tuple[str, str, bool], Any] = {}
        self.book = Workbook(write_only=True)
        self.page = self.book.create_sheet(gettext("Texts"))
        self.page.row_dimensions[1].hidden = True
        self.page.freeze_panes = "A3"
        self.page.sheet_view.rightToLeft = languages.direction(languages.current()) == "rtl"
        for place, name in enumerate(self.names, start=1):
            self.page.column_dimensions[get_column_letter(place)].width = _WIDTHS.get(name, 50)
        self.page.append([self._cell(name) for name in self.names])
        self.page.append([self._cell(heading, bold=True) for heading in headings.values()])

    def row(self, cells: Mapping[str, str], tints: Mapping[str, str] | None = None) -> None:
        """One row; `tints` names cells that are missing or stale."""
        self.page.append(
            [self._cell(cells.get(name, ""), name, tint=(tints or {}).get(name, "")) for name in self.names]
        )

    def content(self) -> bytes:
        """The file, with a page that explains it."""
        beside = self.book.create_sheet(gettext("How to"))
        beside.column_dimensions["A"].width = 100
        beside.sheet_view.rightToLeft = self.page.sheet_view.rightToLeft
        for line in self.explained:
            beside.append([self._cell(line)])
        out = io.BytesIO()
        self.book.save(out)
        return out.getvalue()

    def _cell(self, said: str, name: str = "", *, tint: str = "", bold: bool = False) -> Any:
        cell = WriteOnlyCell(self.page)
        cell._value, cell.data_type = (
            _escaped(holdable(said)),
            "s",
        )  # no formula, number or error, whatever it begins with
        cell._style = self._style(name, tint, bold)
        return cell

    def _style(self, name: str, tint: str, bold: bool) -> Any:
        """How a cell looks; worked out once for all cells that look so."""
        if (name, tint, bold) not in self.styles:
            model = WriteOnlyCell(self.page)
            model.number_format, model.alignment = "@", _alignment(name)
            if tint:
                model.fill = PatternFill("solid", fgColor=_FILLS[tint])
            elif name == "reference":
                model.fill, model.font = PatternFill("solid", fgColor="EEEEEE"), Font(color="777777", size=8)
            if bold:
                model.font = Font(bold=True)
            self.styles[name, tint, bold] = model._style
        return self.styles[name, tint, bold]


# Back -----------------------------------------------------------------------------------------------------------------


@dataclass
class Table:
    """A file that was read: its rows with the numbers a spreadsheet shows, its headings that were recognised and those that were not."""

    rows: list[tuple[int, Cells]] = field(default_factory=list)
    recognised: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


def known(headings: Callable[[], Mapping[str, str]], spoken: Iterable[str]) -> dict[str, str]:
    """Every heading a column may bear, normalised, with the column's name: in each language, and the names themselves."""
    found: dict[str, str] = {}
    for code in spoken:
        with override(code):
            for name, heading in headings().items():
                found |= {normalise(name): name, normalise(heading): name}
    return found


def read(
    content: bytes, headings: Mapping[str, str], *, needed: str, spoken: Sequence[str], needed_heading: str = ""
) -> Table:
    """The rows under the headings that are known. Raises Refusal: no spreadsheet, too large, its columns missing or named twice."""
    _check_container(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except Exception as broken:  # openpyxl raises whatever its parts raise
        raise _no_spreadsheet() from broken
    try:
        found = next(filter(None, (_table(page, headings, needed, spoken) for page in book.worksheets)), None)
    finally:
        book.close()
    if found is None:
        raise Refusal(
            _("No row names the columns. The sheet needs the column “%(needed)s” and at least one language."),
            code="columns",
            params={"needed": needed_heading or needed},
        )
    return found


def _check_container(content: bytes) -> None:
    """Sizes as the file itself states them, before anything is unpacked; what is read later stops at the size that was stated."""
    if len(content) > LARGEST:
        raise Refusal(_("The file is larger than 10 MB. Make it smaller and choose it again."), code="file_size")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as broken:
        raise _no_spreadsheet() from broken
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    if unpacked > LARGEST_UNPACKED or unpacked / min(packed, len(content)) > MOST_PACKED:
        raise Refusal(_("The file unpacks to far more than it should."), code="file_ratio")
    if "[Content_Types].xml" not in {entry.filename for entry in entries}:
        raise _no_spreadsheet()


def _no_spreadsheet() -> Refusal:
    return Refusal(
        _("This is not an XLSX spreadsheet. Save it as “Excel workbook (.xlsx)” and choose that file."),
        code="file_type",
    )


def _table(page: Any, headings: Mapping[str, str], needed: str, spoken: Sequence[str]) -> Table | None:
    """The rows of one page of the file; None where no row names its columns."""
    columns: dict[int, str] = {}
    table = Table()
    for number, line in _lines(page):
        found = {} if table.rows else _columns(line, headings, needed, spoken)
        if columns and found:
            _compare(columns, found, line)
        columns = columns or found
        if found:
            table.recognised = {name: line[place].strip() for place, name in found.items()}
            table.unknown = [said.strip() for place, said in enumerate(line) if said.strip() and place not in found]
            continue
        if not columns and number >= HEADING_WITHIN:
            return None
        cells = {name: line[place] if place < len(line) else "" for place, name in columns.items()}
        if any(said.strip() for said in cells.values()):
            table.rows.append((number, cells))
        if len(table.rows) > MOST_ROWS:
            raise _too_many()
    return table if columns else None


def _lines(page: Any) -> Iterator[tuple[int, list[str]]]:
    """Each row as text, with its number; no more rows than can be meant, whatever the file claims."""
    rows = page.iter_rows(max_col=MOST_COLUMNS, values_only=True)
    number = 0
    while True:
        try:
            line = next(rows, None)
        except Exception as broken:  # openpyxl raises whatever its parts raise
            raise _no_spreadsheet() from broken
        if line is None:
            return
        number += 1
        if number > 2 * MOST_ROWS:
            raise _too_many()
        yield number, [_said(value) for value in line]


def _said(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else holdable(_unescaped(str(value)))


def _columns(line: Sequence[str], headings: Mapping[str, str], needed: str, spoken: Sequence[str]) -> dict[int, str]:
    """Which column stands where, if this row names them; else nothing. Raises Refusal where one is named twice."""
    named = [(place, headings[normalise(said)]) for place, said in enumerate(line) if normalise(said) in headings]
    names = [name for _place, name in named]
    if needed not in names or not set(spoken) & set(names):
        return {}
    twice = [line[place].strip() for place, name in named if names.count(name) > 1]
    if twice:
        raise Refusal(
            _("The column “%(heading)s” stands there twice. Delete the one that is not meant."),
            code="columns",
            params={"heading": twice[0]},
        )
    return dict(named)


def _compare(columns: Mapping[int, str], below: Mapping[int, str], line: Sequence[str]) -> None:
    """A sheet that went out has a second row of headings. Raises Refusal where columns were moved without the hidden first row."""
    astray = [line[place].strip() for place, name in below.items() if columns.get(place) != name]
    if astray:
        raise Refusal(
            _("These columns were moved without their hidden first row: %(headings)s. Move whole columns."),
            code="columns",
            params={"headings": gettext(", ").join(astray)},
        )


def _too_many() -> Refusal:
    return Refusal(
        ngettext("A sheet holds at most %(count)s row.", "A sheet holds at most %(count)s rows.", MOST_ROWS),
        code="rows",
        params={"count": MOST_ROWS},
    )
