"""Files as people make them: their headings are recognised, their rows read, and what cannot be read is refused in one sentence."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from django.conf import settings
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from partnership.refusals import Refusal
from projects import sheet_export, sheet_import, sheet_opening, sheets
from projects.sheet_opening import Formula
from projects.sheets import SheetKind
from tests.projects.test_sheet_import import MOVES, workbook

ROW = ["P-1", "J-1", "expenditure", "15/03/2026", "1,50"]


def opened(content: bytes, kind: SheetKind = sheets.TRANSACTIONS) -> sheet_opening.Table:
    return sheet_import.opened(content, kind)


def refusal(content: bytes, kind: SheetKind = sheets.TRANSACTIONS) -> Refusal:
    with pytest.raises(Refusal) as refused:
        opened(content, kind)
    return refused.value


def saved(change: Any) -> bytes:
    book = Workbook()
    change(book.active)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


# Headings -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", sheets.KINDS)
def test_a_heading_says_one_thing_in_every_language(code: str):
    kind = sheets.KINDS[code]
    known = sheets.known_headings(code)
    for language, _name in settings.LANGUAGES:
        with override(language):
            headings = kind.headings()
            assert len(set(headings.values())) == len(headings)
            for name, heading in headings.items():
                assert known[sheet_opening.normalise(heading)] == name


@pytest.mark.parametrize("code", sheets.KINDS)
@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_a_template_has_every_column_and_no_row(code: str, form: str):
    for language, _name in settings.LANGUAGES:
        with override(language):
            content = sheet_export.template(sheets.KINDS[code], form)
        assert refusal(content, sheets.KINDS[code]).code == "rows"


def test_headings_stand_below_a_title_in_any_order_with_others_between():
    with override("nl"):
        dutch = sheets.TRANSACTIONS.headings()
    content = workbook(
        ["Dépenses du premier semestre"],
        [],
        ["Remarque", dutch["amount"], dutch["voucher"], dutch["on"], dutch["project"], dutch["kind"]],
        ["à voir", 5, "J-1", "15/03/2026", "P-1", "expenditure"],
        [],
        [None, 6, "J-2", "15/03/2026", "P-1", "expenditure"],
    )
    with override("ar"):
        table = opened(content)
    assert [number for number, _cells in table.rows] == [4, 6]
    assert table.rows[0][1]["amount"] == 5
    assert table.unknown == ["Remarque"]


def test_a_missing_column_is_named():
    error = refusal(workbook(["project", "voucher", "kind"], ["P-1", "J-1", "expenditure"]))
    assert error.code == "columns"
    for name in ("on", "amount"):
        assert sheets.TRANSACTIONS.columns[name].heading in str(error.messages[0])


def test_one_heading_twice_is_refused():
    error = refusal(workbook([*MOVES, "amount"], [*ROW, 5]))
    assert "amount" in str(error.messages[0])


def test_a_sheet_without_headings_says_what_it_needs():
    assert refusal(workbook(["a", "b"], [1, 2])).code == "columns"
    assert refusal(workbook(*([["x"]] * 30), MOVES, ROW)).code == "columns"


# XLSX -----------------------------------------------------------------------------------------------------------------


def test_merged_cells_over_data_are_refused_and_over_a_title_are_not():
    def merged(where: str) -> bytes:
        def change(page: Any) -> None:
            for line in (["Titre"], MOVES, ROW, ROW):
                page.append(line)
            page.merge_cells(where)

        return saved(change)

    assert "A3:A4" in str(refusal(merged("A3:A4")).messages[0])
    assert refusal(merged("A2:B2")).code in {"merged", "columns"}
    assert len(opened(merged("A1:E1")).rows) == 2
    assert len(opened(merged("H3:I4")).rows) == 2


def test_a_formula_is_kept_as_such_and_its_result_never_read():
    assert isinstance(opened(workbook(MOVES, [*ROW[:4], "=1+1"])).rows[0][1]["amount"], Formula)
    as_text = saved(lambda page: [page.append(line) for line in (MOVES, ROW)])
    book = load_workbook(io.BytesIO(as_text))
    cell = book.worksheets[0]["B2"]
    cell.value = "=J"
    cell.data_type = "s"
    out = io.BytesIO()
    book.save(out)
    assert opened(out.getvalue()).rows[0][1]["voucher"] == "=J"


def test_a_hundred_thousand_empty_rows_do_no_harm():
    def change(page: Any) -> None:
        for line in (MOVES, ROW):
            page.append(line)
        page.cell(100_000, 1).number_format = "0.00"
        page.cell(100_000, 2, ROW[1])

    assert [number for number, _cells in opened(saved(change)).rows] == [2, 100_000]
    assert refusal(workbook(MOVES)).code == "rows"


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sheet_opening, "MOST_ROWS", 3)
    assert len(opened(workbook(MOVES, *[ROW] * 3)).rows) == 3
    assert refusal(workbook(MOVES, *[ROW] * 4)).code == "rows"
    monkeypatch.setattr(sheet_opening, "MOST_LINES", 3)
    assert refusal(workbook(MOVES, *[[]] * 9, ROW)).code == "rows"


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


def with_macros() -> bytes:
    out = io.BytesIO(workbook(MOVES, ROW))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"x")
    return out.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"%PDF-1.7\n\x00\x01\x02", "file_type"),
        (b"\x89PNG\r\n\x1a\n\x00", "file_type"),
        (b"PK\x03\x04 broken", "file_type"),
        (zipped(word__document=b"<x/>"), "file_type"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "file_password"),
        (OLE + b"Workbook", "file_type"),
        (with_macros(), "file_macros"),
        (workbook(MOVES, ROW)[:-400], "file_type"),
        (zipped(**{"[Content_Types].xml": b"<x/>", "xl__worksheets__a": b"0" * 30_000_000}), "file_ratio"),
        (b"x" * (sheet_opening.LARGEST + 1), "file_size"),
    ],
    ids=["empty", "pdf", "picture", "broken", "text", "password", "xls", "macros", "cut off", "bomb", "large"],
)
def test_what_is_no_sheet_is_refused_in_one_sentence(content: bytes, code: str):
    assert refusal(content).code == code


# CSV ------------------------------------------------------------------------------------------------------------------

ARABIC = "المشروع;السند;النوع;التاريخ;المبلغ"


def lines(delimiter: str, *rows: list[str]) -> str:
    return "\r\n".join(delimiter.join(row) for row in rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_a_csv_is_read_in_the_usual_encodings(encoding: str, delimiter: str):
    content = lines(delimiter, [*MOVES, "description_fr"], [*ROW, "Location d’une salle à l’école"]).encode(encoding)
    row = opened(content).rows[0][1]
    assert (row["amount"], row["description_fr"]) == ("1,50", "Location d’une salle à l’école")


def test_a_csv_of_windows_in_arabic_is_read():
    content = lines(";", [*MOVES, "description_ar"], [*ROW, "كراء قاعة بالمدرسة"]).encode("cp1256")
    assert opened(content).rows[0][1]["description_ar"] == "كراء قاعة بالمدرسة"


def test_a_csv_with_commas_and_a_cell_of_several_lines_is_read():
    content = (
        b'project,voucher,kind,on,amount\n"P,1",J-1,expenditure,2026-03-15,"1,5"\nP-2,"J\n2",expenditure,2026-03-15,2\n'
    )
    table = opened(content)
    assert [number for number, _cells in table.rows] == [2, 3]
    assert table.rows[0][1]["project"] == "P,1"


# Safe elsewhere -------------------------------------------------------------------------------------------------------

begins = st.sampled_from(["=", "+", "-", "@", "\t", "\r", "\n", "'=", "＝"])


@given(start=begins, rest=st.text(max_size=20))
def test_no_text_leaves_as_a_formula(start: str, rest: str):
    text = start + rest.replace("\x00", "")
    cells = [{"voucher": text, "project": "P-1"}]
    written = sheet_export.written(sheets.TRANSACTIONS, "xlsx", cells)
    page = load_workbook(io.BytesIO(written)).worksheets[0]
    assert all(cell.data_type != "f" for row in page.iter_rows() for cell in row)
    in_csv = sheet_export.written(sheets.TRANSACTIONS, "csv", cells).decode("utf-8-sig")
    place = list(sheets.TRANSACTIONS.columns).index("voucher")
    cell = next(iter(sheet_opening._text_lines(in_csv.partition("\n")[2], ";")))[1][place] if text.strip() else ""
    assert cell == sheet_opening.holdable(text) or not text.strip()
    said = next(sheet_opening.csv.reader(io.StringIO(in_csv.partition("\n")[2], newline=""), delimiter=";"))[place]
    assert said[:1] not in set("=+-@\t\r\n＝")
