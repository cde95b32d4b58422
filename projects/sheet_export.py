"""Records as a spreadsheet, in the shape in which one comes back: a template, the list as it is filtered, the rows that were refused.

XLSX: numbers and days are such, every text is a text and never a formula, whatever it begins with. CSV: semicolons, UTF-8 with its mark,
decimal commas, as the spreadsheets of both communes open it; a text that would be computed is shielded by a quote.
"""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db import models
from django.utils.translation import gettext, ngettext, pgettext
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from partnership import drafting, languages, sheet_files
from partnership.models import Protocol
from projects import sheet_judging, sheet_opening, sheet_reading
from projects.sheet_import import Reading
from projects.sheet_reading import Related, Row, RowState
from projects.sheets import TRANSACTIONS, Column, SheetKind, Sort

XLSX, CSV = "xlsx", "csv"
MEDIA_TYPES = {XLSX: sheet_files.MEDIA_TYPE, CSV: "text/csv; charset=utf-8"}
AT_ONCE = 500
WRONG = "wrong"
_LISTED = {Sort.WORD, Sort.YES_OR_NO}
_LONGEST_LIST = 255
_WIDTHS = {Sort.TEXT: 34, Sort.MANY: 26, Sort.WORDS: 26, Sort.ONE: 24}
_BEFORE_UNIX = datetime.date(1900, 3, 1)


def template(kind: SheetKind, form: str) -> bytes:
    """An empty sheet with the headings in the reader's language, and a page that explains them."""
    return written(kind, form, iter(()), kind.headings())


def export(kind: SheetKind, rows: models.QuerySet[Any], form: str, *, protocol: Protocol) -> bytes:
    """These records as a sheet, texts as staff read them; a few queries for each 500 of them."""
    related = Related(protocol)
    return written(kind, form, _records(kind, rows, related), kind.headings())


def errors(reading: Reading, form: str = XLSX) -> bytes:
    """The refused rows as they came, with what is wrong beside each: correct it there and send it back."""
    names = [name for name in reading.kind.columns if name in reading.recognised]
    headings = {name: reading.kind.columns[name].heading for name in names}
    headings[WRONG] = pgettext("column of a sheet", "What is wrong")
    rows = ({**row.cells, WRONG: _wrong(row)} for row in reading.of(RowState.ERROR))
    faulty = [
        {name for note in row.notes if note.refuses for name in note.columns} for row in reading.of(RowState.ERROR)
    ]
    return written(reading.kind, form, rows, headings, faulty)


def _wrong(row: Row) -> str:
    return "\n".join(note.sentence for note in row.notes if note.refuses)


# Records as cells -----------------------------------------------------------------------------------------------------


def _records(kind: SheetKind, rows: models.QuerySet[Any], related: Related) -> Iterator[Mapping[str, Any]]:
    links = [name for name, column in kind.columns.items() if column.sort == Sort.MANY]
    rows = rows.prefetch_related(*links, *(["targets"] if links else []))
    found = rows.iterator(chunk_size=AT_ONCE)
    while part := list(islice(found, AT_ONCE)):
        drafting.lay_over(part)
        for record in part:
            yield {name: cell(record, column, related) for name, column in kind.columns.items()}


def cell(record: Any, column: Column, related: Related) -> Any:
    """What stands in a column, as a cell says it: a day, a number, or a text in the reader's language."""
    subject = _line_of(record, related) if column.finds and isinstance(record, TRANSACTIONS.model) else record
    if column.sort == Sort.NUMBER and column.finds and column.name in {"number", "line"}:
        return subject.pk
    if column.finds and column.sort == Sort.ONE:
        value = getattr(subject, f"{column.name}_id")
    else:
        value = getattr(subject, column.name) if column.finds else sheet_judging.present(subject, column)
    return said(value, column, related)


def _line_of(record: Any, related: Related) -> Any:
    return related.lines[record.line_id]


def said(value: Any, column: Column, related: Related) -> Any:
    """A value of a column as a cell says it, in the reader's language; None for nothing."""
    if value is None or value == "" or value == frozenset():
        return None
    if column.sort == Sort.YES_OR_NO:
        return sheet_reading.yes_or_no(value)
    if column.sort == Sort.WORD:
        return _word(column, value, related)
    if column.sort == Sort.WORDS:
        return "; ".join(_word(column, one, related) for one in sorted(value))
    if column.sort in {Sort.ONE, Sort.MANY}:
        assert column.target is not None
        keys = sorted(value) if isinstance(value, frozenset) else [value]
        return "; ".join(related.called(column.target, key) for key in keys)
    return value


def _word(column: Column, value: Any, related: Related) -> str:
    """A choice in the reader's language; its code where that word stands for more than one, and for a currency."""
    if column.name == "currency":
        return str(value)
    word = next((str(label) for code, label in column.choices if code == value), str(value))
    return word if related.choice(column, word) == value else str(value)


# Files ----------------------------------------------------------------------------------------------------------------


def written(
    kind: SheetKind,
    form: str,
    rows: Iterable[Mapping[str, Any]],
    headings: Mapping[str, str] | None = None,
    faulty: Sequence[set[str]] = (),
) -> bytes:
    """Rows of cells, by column, as a file."""
    headings = headings or kind.headings()
    return _csv(kind, rows, headings) if form == CSV else _Book(kind, headings).content(rows, faulty)


def _csv(kind: SheetKind, rows: Iterable[Mapping[str, Any]], headings: Mapping[str, str]) -> bytes:
    out = io.StringIO(newline="")
    made = csv.writer(out, delimiter=";")
    made.writerow([sheet_opening.shielded(heading) for heading in headings.values()])
    for row in rows:
        made.writerow([_csv_cell(row.get(name)) for name in headings])
    return out.getvalue().encode("utf-8-sig")


def _csv_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime.datetime | datetime.date):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, Decimal | float):
        return str(value).replace(".", ",")
    if isinstance(value, int):
        return str(value)
    return sheet_opening.shielded(sheet_files.holdable(str(value)))


class _Book:
    """A workbook being written row by row: the records, and a page that explains the columns."""

    def __init__(self, kind: SheetKind, headings: Mapping[str, str]) -> None:
        self.kind, self.headings = kind, headings
        self.book = Workbook(write_only=True)
        self.page = self.book.create_sheet(kind.title[:31].translate(str.maketrans("", "", "[]:*?/\\")))
        self.styles: dict[tuple[str, str], Any] = {}
        self.page.sheet_view.rightToLeft = languages.direction(languages.current()) == "rtl"
        self.page.freeze_panes = "A2"
        for place, name in enumerate(headings, start=1):
            letter = get_column_letter(place)
            self.page.column_dimensions[letter].width = 50 if name == WRONG else self._width(name)
            self._offer(letter, name)

    def content(self, rows: Iterable[Mapping[str, Any]], faulty: Sequence[set[str]]) -> bytes:
        """The file."""
        self.page.append([self._text(heading, "heading", name) for name, heading in self.headings.items()])
        for place, row in enumerate(rows):
            wrong = faulty[place] if faulty else set()
            self.page.append(
                [self._cell(row.get(name), name, "faulty" if name in wrong else "") for name in self.headings]
            )
        self._explain()
        out = io.BytesIO()
        self.book.save(out)
        return out.getvalue()

    def _width(self, name: str) -> int:
        return max(_WIDTHS.get(self.kind.columns[name].sort, 14), min(len(self.headings[name]) + 2, 40))

    def _offer(self, letter: str, name: str) -> None:
        """A list to choose from, where a column has few words."""
        column = self.kind.columns.get(name)
        if column is None or column.sort not in _LISTED or column.only_shown:
            return
        words = [sheet_reading.yes_or_no(one) for one in (True, False)]
        words = [str(label) for _code, label in column.choices] if column.sort == Sort.WORD else words
        listed = ",".join(words)
        if len(listed) <= _LONGEST_LIST and not any("," in word or '"' in word for word in words):
            offered = DataValidation(type="list", formula1=f'"{listed}"', allow_blank=True, showErrorMessage=False)
            offered.add(f"{letter}2:{letter}{sheet_opening.MOST_ROWS}")
            self.page.data_validations.append(offered)

    def _cell(self, value: Any, name: str, look: str) -> Any:
        if isinstance(value, datetime.datetime | datetime.date) and value_day(value) >= _BEFORE_UNIX:
            return self._styled(value_day(value), look, "dd/mm/yyyy", name)
        if isinstance(value, Decimal | int | float) and not isinstance(value, bool):
            places = self.kind.columns[name].decimals if name in self.kind.columns else 0
            return self._styled(value, look, f"#,##0.{'0' * places}" if places else "0", name)
        return self._text("" if value is None else _csv_text(value), look, name)

    def _text(self, said: str, look: str, name: str) -> Any:
        """Always a text: no formula, number or error, whatever it begins with."""
        cell = WriteOnlyCell(self.page)
        held = sheet_files.holdable(said) if sheet_files.fits(said) else ""  # an empty cell changes nothing
        cell._value, cell.data_type = (sheet_files._escaped(held) if held else None), "s" if held else "n"
        cell._style = self._style(look, "@", name)
        return cell

    def _styled(self, value: Any, look: str, number_format: str, name: str) -> Any:
        cell = WriteOnlyCell(self.page, value)
        cell._style = self._style(look, number_format, name)
        return cell

    def _style(self, look: str, number_format: str, name: str) -> Any:
        """How a cell looks; worked out once for all cells that look so."""
        column = self.kind.columns.get(name)
        direction = languages.direction(column.language) if column is not None and column.language else ""
        key = (look, number_format + direction)
        if key not in self.styles:
            model = WriteOnlyCell(self.page)
            model.number_format = number_format
            order = {"rtl": 2, "ltr": 1}.get(direction, 0)
            model.alignment = Alignment(
                wrap_text=look == "heading" or number_format == "@", vertical="top", readingOrder=order
            )
            if look == "heading":
                model.font, model.fill = Font(bold=True), PatternFill("solid", fgColor="E2F0E9")
            if look == "faulty":
                model.fill = PatternFill("solid", fgColor="F8D3D3")
            self.styles[key] = model._style
        return self.styles[key]

    def _explain(self) -> None:
        """What each column takes, on a page of its own, which is not read when the file comes back."""
        beside = self.book.create_sheet(gettext("How to"))
        beside.column_dimensions["A"].width, beside.column_dimensions["B"].width = 36, 90
        beside.sheet_view.rightToLeft = self.page.sheet_view.rightToLeft
        for line in explained():
            beside.append([self._text(line, "", "")])
        beside.append([])
        for name in self.headings:
            column = self.kind.columns.get(name)
            if column is not None:
                beside.append([self._text(column.heading, "", ""), self._text(hint(self.kind, column), "", "")])


def value_day(value: datetime.date) -> datetime.date:
    """The day of a day or a moment."""
    return value.date() if isinstance(value, datetime.datetime) else value


def _csv_text(value: Any) -> str:
    return f"{value:%Y-%m-%d}" if isinstance(value, datetime.date) else str(value)


# How to fill it -------------------------------------------------------------------------------------------------------


def explained() -> list[str]:
    """What whoever fills a sheet must know."""
    return [
        gettext(
            "One row is one record. Columns may be moved, left out and added; those that are not known are not read."
        ),
        gettext("An empty cell changes nothing, and a row that is left out deletes nothing."),
        gettext("No formulas and no merged cells over the rows: paste values."),
        gettext("Dates as 14/01/2026 and amounts as 1234,56, in any digits."),
    ]


def hint(kind: SheetKind, column: Column) -> str:
    """What a column takes, in one line."""
    said = [pgettext("column of a sheet", "needed")] if column.name in kind.needed else []
    if column.only_shown:
        said = [gettext("shown only, not read when the sheet comes back")]
    elif column.sort == Sort.YES_OR_NO:
        said.append(" / ".join(sheet_reading.yes_or_no(one) for one in (True, False)))
    elif column.sort in {Sort.WORD, Sort.WORDS}:
        said.append(" / ".join(str(label) for _code, label in column.choices))
    elif column.sort == Sort.ONE:
        said.append(gettext("code or name, as it stands in the platform"))
    elif column.sort == Sort.MANY:
        said.append(gettext("codes or names, apart by semicolons"))
    elif column.sort == Sort.DAY:
        said.append(gettext("day, month and year"))
    elif column.sort == Sort.NUMBER:
        said.append(_number_hint(column))
    return gettext(", ").join(said)


def _number_hint(column: Column) -> str:
    if column.finds:
        return gettext("leave it empty for a new record")
    if not column.decimals:
        return gettext("a whole number")
    return ngettext(
        "a number with at most %(places)s digit after the comma",
        "a number with at most %(places)s digits after the comma",
        column.decimals,
    ) % {"places": column.decimals}
