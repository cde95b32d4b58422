"""The audit pack: the vouchers of a project or of a budget year, by line, numbered, the missing ones first.

It is written piece by piece into the answer, so that no more than one piece of one file is in memory, whatever it holds.
"""

from __future__ import annotations

import csv
import datetime
import hashlib
import io
import re
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from partnership import clock, formats, languages
from partnership.models import Document, DocumentKind, Protocol
from partnership.sheet_files import holdable
from partnership.templatetags import words
from projects.models import BudgetLine, Project, Transaction
from projects.sheet_opening import shielded

PIECE = 64 * 1024
HEADINGS = (
    _("status"),
    _("project"),
    _("line"),
    _("category"),
    _("budget year"),
    _("funder"),
    _("number in the line"),
    _("voucher number"),
    _("kind"),
    _("date"),
    _("amount"),
    _("currency"),
    _("payer"),
    _("payee"),
    _("description"),
    _("payslip"),
    _("file"),
    _("size in bytes"),
    _("SHA-256 of the file"),
)
WIDTHS = (12, 12, 28, 16, 8, 28, 8, 16, 14, 12, 14, 8, 28, 28, 36, 10, 48, 12, 66)


@dataclass
class Entry:
    """One movement in the pack: its place, its voucher's path, and after packing what the file was."""

    movement: Transaction
    line_number: int
    number: int
    path: str = ""
    """Where its file stands in the pack; empty where it has none."""
    size: int = 0
    digest: str = ""
    is_lost: bool = False
    """Whether the platform knows of a file that the store does not give back."""

    @property
    def line(self) -> BudgetLine:
        """The budget line it stands on."""
        return self.movement.line

    @property
    def document(self) -> Document | None:
        """The voucher's file."""
        return self.movement.voucher_file

    @property
    def is_payslip(self) -> bool:
        """Whether the voucher names a person."""
        return self.document is not None and self.document.kind == DocumentKind.PAYSLIP

    @property
    def is_missing(self) -> bool:
        """Whether an auditor will not find it in the pack."""
        return self.document is None or self.is_lost

    @property
    def status(self) -> str:
        """What there is to say about the file, in the reader's language."""
        if self.is_lost:
            return gettext("file lost")
        return gettext("missing") if self.document is None else gettext("here")


@dataclass(frozen=True)
class Pack:
    """What an audit of a project, or of a budget year, is given."""

    protocol: Protocol
    entries: Sequence[Entry]
    language: str
    project: Project | None = None
    year: int | None = None

    @property
    def missing(self) -> list[Entry]:
        """The movements without a file, in the order of the lines."""
        return [entry for entry in self.entries if entry.is_missing]

    @property
    def payslips(self) -> int:
        """How many of the files name a person."""
        return sum(entry.is_payslip for entry in self.entries)

    @property
    def by_line(self) -> list[tuple[int, BudgetLine, list[Entry]]]:
        """The numbered lines with their movements."""
        groups = groupby(self.entries, key=lambda entry: entry.line_number)
        return [(number, (its := list(group))[0].line, its) for number, group in groups]

    @property
    def name(self) -> str:
        """The file's name: plain letters, for every system."""
        about = self.project.code if self.project else str(self.year)
        return f"audit-{_plain(about)}-{clock.today(self.protocol):%Y-%m-%d}.zip"

    @property
    def title(self) -> str:
        """What the pack is about, in the reader's language."""
        if self.project is not None:
            return f"\u2066{self.project.code}\u2069 {_bare(words.text(self.project, 'title'))}"
        return gettext("Budget lines of %(year)s") % {"year": self.year}


def pack(protocol: Protocol, language: str, *, project: Project | None = None, year: int | None = None) -> Pack:
    """The vouchers of one project, or of every line of one budget year. One query; no file is opened."""
    rows = Transaction.objects.filter(line__project__protocol=protocol)
    only: dict[str, Any] = {"line__project": project} if project is not None else {"line__year": year}
    rows = rows.filter(**only)
    rows = rows.select_related("line__project", "line__funder", "payer", "payee", "voucher_file")
    ordered = rows.order_by("line__project__code", "line__year", "line__pk", "on", "pk")
    entries: list[Entry] = []
    with override(language):
        for place, (_line, its) in enumerate(groupby(ordered, key=lambda movement: movement.line_id), start=1):
            for number, movement in enumerate(its, start=1):
                entry = Entry(movement, place, number)
                entry.path = _path(entry) if entry.document is not None else ""
                entries.append(entry)
    return Pack(protocol, entries, language, project, year)


def _path(entry: Entry) -> str:
    """The file's place in the pack: a folder for each line, a number for each voucher; nothing in it leads out of the pack."""
    line, document = entry.line, entry.document
    assert document is not None
    ending = Path(document.file.name or "").suffix.lower()
    label = words.text(line, "label") or line.get_category_display()
    folder = f"{entry.line_number:03d} {line.project.code} {line.year} {label}"
    mark = f" [{gettext('payslip')}]" if entry.is_payslip else ""
    return f"{_plain(folder)}/{entry.number:04d} {_plain(entry.movement.voucher)}{mark}{ending}"


def _plain(text: str) -> str:
    """A name that every file system takes: letters and digits of any script, spaces, points and dashes."""
    kept = re.sub(r"[^\w .()-]+", "-", re.sub(r"<[^>]*>", "", text)).strip(" .-")
    return kept[:80].strip(" .-") or "-"


# Writing it -----------------------------------------------------------------------------------------------------------


class _Sink(io.RawIOBase):
    """Takes what the archive writes and hands it on; it cannot go back, so the archive writes sizes behind each file."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.pieces.append(bytes(data))
        return len(data)

    def taken(self) -> Iterator[bytes]:
        """What came since it was last asked."""
        pieces, self.pieces = self.pieces, []
        yield from pieces


def stream(given: Pack) -> Iterator[bytes]:
    """The pack as a ZIP, in pieces: the files first, each once, then the index, which says what was found in them."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        packed: dict[Any, Entry] = {}
        for entry in given.entries:
            if entry.document is None:
                continue
            first = packed.setdefault(entry.document.pk, entry)
            if first is entry:
                yield from _file(archive, sink, entry)
            else:
                entry.path, entry.size, entry.digest, entry.is_lost = (
                    first.path,
                    first.size,
                    first.digest,
                    first.is_lost,
                )
        for name, content in _index(given):
            with content:
                yield from _member(archive, sink, _info(name, clock.today(given.protocol)), content)
    yield from sink.taken()


def _info(name: str, day: datetime.date) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, (max(day.year, 1980), day.month, day.day, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    return info


def _file(archive: zipfile.ZipFile, sink: _Sink, entry: Entry) -> Iterator[bytes]:
    """One voucher. A file that the store does not give back is said in the index, and the others still come."""
    assert entry.document is not None
    try:
        content = entry.document.file.storage.open(entry.document.file.name or "", "rb")
    except OSError:
        entry.is_lost, entry.path = True, ""
        return
    digest = hashlib.sha256()
    with content:
        yield from _member(archive, sink, _info(entry.path, entry.movement.on), content, digest, entry)
    entry.digest = digest.hexdigest()


def _member(
    archive: zipfile.ZipFile,
    sink: _Sink,
    info: zipfile.ZipInfo,
    content: Any,
    digest: Any = None,
    entry: Entry | None = None,
) -> Iterator[bytes]:
    with archive.open(info, "w") as member:
        while piece := content.read(PIECE):
            member.write(piece)
            if digest is not None and entry is not None:
                digest.update(piece)
                entry.size += len(piece)
            yield from sink.taken()
    yield from sink.taken()


# The index ------------------------------------------------------------------------------------------------------------


def _index(given: Pack) -> Iterator[tuple[str, Any]]:
    """The index as a page, a spreadsheet and plain text, each in a file of its own, in the person's language."""
    with override(given.language):
        made = [("index.html", _page(given)), ("index.xlsx", _workbook(given)), ("index.csv", _text(given))]
    yield from made
    style = finders.find("css/audit-index.css")
    if style is not None:
        yield "index.css", io.BytesIO(Path(str(style)).read_bytes())


def in_order(given: Pack) -> list[Entry]:
    """The missing ones first, then the others by line."""
    return sorted(given.entries, key=lambda entry: not entry.is_missing)


def cells(entry: Entry) -> list[Any]:
    """What the index says of a movement, under HEADINGS, in the reader's language."""
    movement, line = entry.movement, entry.line
    return [
        entry.status,
        line.project.code,
        f"{entry.line_number}. {_bare(words.text(line, 'label')) or line.get_category_display()}",
        line.get_category_display(),
        line.year,
        str(line.funder),
        entry.number,
        movement.voucher,
        movement.get_kind_display(),
        movement.on,
        movement.amount,
        movement.currency,
        str(movement.payer),
        str(movement.payee or ""),
        _bare(words.text(movement, "description")),
        gettext("payslip") if entry.is_payslip else "",
        entry.path,
        entry.size or "",
        entry.digest,
    ]


def _bare(text: str) -> str:
    """A text without the marks of its language."""
    return re.sub(r"</?(?:span|bdi)[^>]*>", "", text)


def _spooled() -> Any:
    return tempfile.SpooledTemporaryFile(max_size=1024 * 1024)


def _page(given: Pack) -> Any:
    context = {
        "pack": given,
        "missing": given.missing,
        "language": given.language,
        "direction": languages.direction(given.language),
        "today": formats.day(clock.today(given.protocol), given.language),
    }
    out = _spooled()
    out.write(render_to_string("admin/audit_index.html", context).encode())
    out.seek(0)
    return out


def _workbook(given: Pack) -> Any:
    book = Workbook(write_only=True)
    page = book.create_sheet(gettext("Vouchers"))
    page.freeze_panes = "A2"
    page.sheet_view.rightToLeft = languages.direction(given.language) == "rtl"
    for place, width in enumerate(WIDTHS, start=1):
        page.column_dimensions[get_column_letter(place)].width = width
    page.append([_cell(page, str(heading), bold=True) for heading in HEADINGS])
    for entry in in_order(given):
        page.append([_cell(page, value) for value in cells(entry)])
    out = _spooled()
    book.save(out)
    out.seek(0)
    return out


def _cell(page: Any, value: Any, *, bold: bool = False) -> Any:
    """A number or a day as such; every text as text, whatever it begins with."""
    cell = WriteOnlyCell(page)
    if isinstance(value, str):
        cell._value, cell.data_type = holdable(value), "s"
    else:
        cell.value = value
    if bold:
        cell.font = Font(bold=True)
    if isinstance(value, Decimal):
        cell.number_format = "#,##0.00"
    return cell


def _text(given: Pack) -> Any:
    out = _spooled()
    lines = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(lines, delimiter=";")
    writer.writerow([safe(str(heading)) for heading in HEADINGS])
    writer.writerows([safe(value) for value in cells(entry)] for entry in in_order(given))
    lines.detach()
    out.seek(0)
    return out


def safe(value: Any) -> str:
    """A cell of plain text that no spreadsheet computes: what begins like a formula has a quote before it."""
    return shielded(holdable(value)) if isinstance(value, str) else str(value)
