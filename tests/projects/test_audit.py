"""The audit pack: vouchers by line with real files, the missing ones first, nothing that a spreadsheet computes."""

from __future__ import annotations

import csv
import datetime
import hashlib
import io
import os
import tracemalloc
import zipfile
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from openpyxl import load_workbook

from projects import audit
from tests.factories import PDF, DocumentFactory, ProtocolFactory
from tests.factories_programme import BudgetLineFactory, ProjectFactory, TransactionFactory
from tests.staff import queries, staff

pytestmark = pytest.mark.django_db
EVIL = '=HYPERLINK("http://evil.example")'


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


@pytest.fixture
def project(protocol: Any) -> Any:
    return ProjectFactory(protocol=protocol, code="BEL-01")


def voucher(protocol: Any, content: bytes = PDF, kind: str = "voucher") -> Any:
    return DocumentFactory(protocol=protocol, kind=kind, public=False, file=ContentFile(content, name="x.pdf"))


def address(project: Any, end: str = "", language: str = "fr") -> str:
    return f"/{language}/admin/money/{project.pk}/audit/{end}"


def opened(response: Any) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))
    assert archive.testzip() is None
    return archive


def rows_of(archive: zipfile.ZipFile) -> list[list[str]]:
    return list(csv.reader(io.StringIO(archive.read("index.csv").decode("utf-8-sig")), delimiter=";"))


def test_the_pack_holds_each_file_as_it_is_and_says_which_are_missing_first(protocol: Any, project: Any):
    line = BudgetLineFactory(project=project)
    here = voucher(protocol, PDF + b"content of the bill")
    TransactionFactory(line=line, voucher="2026-1", voucher_file=here)
    TransactionFactory(line=line, voucher="2026-2", voucher_file=voucher(protocol, kind="payslip"))
    TransactionFactory(line=line, voucher="2026-3")
    archive = opened(staff(protocol).get(address(project, "pack/")))
    rows = rows_of(archive)
    assert [row[7] for row in rows[1:]] == ["2026-3", "2026-1", "2026-2"]
    path, digest = rows[2][16], rows[2][18]
    assert archive.read(path) == PDF + b"content of the bill"
    assert digest == hashlib.sha256(PDF + b"content of the bill").hexdigest()
    assert "2026-1" in path
    assert "[" in rows[3][16]  # the payslip is marked in its name
    page = archive.read("index.html").decode()
    assert page.index("2026-3") < page.index("2026-1")
    assert 'dir="ltr"' in page
    assert {"index.html", "index.xlsx", "index.csv", "index.css"} <= set(archive.namelist())


def test_the_index_is_in_the_persons_language(protocol: Any, project: Any):
    TransactionFactory(line=BudgetLineFactory(project=project))
    archive = opened(staff(protocol).get(address(project, "pack/", "ar")))
    assert '<html lang="ar" dir="rtl">' in archive.read("index.html").decode()
    assert load_workbook(io.BytesIO(archive.read("index.xlsx"))).active.sheet_view.rightToLeft


def test_no_cell_is_a_formula_and_no_name_leads_out_of_the_pack(protocol: Any, project: Any):
    line = BudgetLineFactory(project=project, label_fr="../../etc/passwd")
    TransactionFactory(
        line=line, voucher="..\\..\\=2+3", description_fr=EVIL, description_ar=EVIL, voucher_file=voucher(protocol)
    )
    TransactionFactory(line=line, voucher="@SUM(A1)")
    archive = opened(staff(protocol).get(address(project, "pack/")))
    cells = [cell for row in rows_of(archive) for cell in row]
    assert f"'{EVIL}" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    sheet = load_workbook(io.BytesIO(archive.read("index.xlsx"))).active
    kinds = {(cell.data_type, cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert "f" not in {kind for kind, _value in kinds}
    assert ("s", EVIL) in kinds
    assert any(kind == "n" and value == Decimal(1500) for kind, value in kinds)
    for name in archive.namelist():
        assert ".." not in name.split("/")
        assert "\\" not in name
        assert not name.startswith("/")


def test_a_file_that_the_store_lost_is_said_and_the_others_come(protocol: Any, project: Any):
    line = BudgetLineFactory(project=project)
    lost = voucher(protocol)
    TransactionFactory(line=line, voucher="2026-1", voucher_file=lost)
    TransactionFactory(line=line, voucher="2026-2", voucher_file=voucher(protocol))
    lost.file.storage.delete(lost.file.name)
    rows = rows_of(opened(staff(protocol).get(address(project, "pack/"))))
    assert [(row[7], bool(row[16])) for row in rows[1:]] == [("2026-1", False), ("2026-2", True)]


def test_one_file_behind_two_movements_is_packed_once(protocol: Any, project: Any):
    shared = voucher(protocol)
    for number in ("1", "2"):
        TransactionFactory(line=BudgetLineFactory(project=project), voucher=number, voucher_file=shared)
    archive = opened(staff(protocol).get(address(project, "pack/")))
    assert len([name for name in archive.namelist() if name.endswith(".pdf")]) == 1
    assert len({row[16] for row in rows_of(archive)[1:]}) == 1


def test_a_year_takes_every_projects_lines_of_that_budget_year(protocol: Any, project: Any):
    TransactionFactory(line=BudgetLineFactory(project=project, year=2025), voucher="A")
    TransactionFactory(line=BudgetLineFactory(project=ProjectFactory(protocol=protocol), year=2026), voucher="B")
    client = staff(protocol)
    archive = opened(client.get("/fr/admin/money/years/2026/audit/pack/"))
    assert [row[7] for row in rows_of(archive)[1:]] == ["B"]
    assert client.get("/fr/admin/money/years/2026/audit/").status_code == 200
    assert client.get("/fr/admin/money/years/1999/audit/").status_code == 404


def test_no_more_than_a_piece_is_in_memory(protocol: Any, project: Any):
    line = BudgetLineFactory(project=project)
    for number in range(6):
        TransactionFactory(line=line, voucher=str(number), voucher_file=voucher(protocol, PDF + os.urandom(2_000_000)))
    given = audit.pack(protocol, "fr", project=project)
    tracemalloc.start()
    size = sum(map(len, audit.stream(given)))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 12_000_000
    assert peak < 6_000_000


@pytest.mark.parametrize(
    ("role", "status"), [("coordinator", 200), ("editor", 200), ("signatory", 200), ("observer", 200)]
)
@pytest.mark.parametrize("end", ["", "pack/"])
def test_whoever_acts_for_a_commune_opens_it(protocol: Any, project: Any, role: str, status: int, end: str):
    TransactionFactory(line=BudgetLineFactory(project=project))
    assert staff(protocol, 2, role).get(address(project, end)).status_code == status


def test_another_protocols_pack_does_not_exist_here(protocol: Any):
    assert staff(protocol).get(address(ProjectFactory(), "pack/")).status_code == 404


def test_the_page_costs_the_same_for_thirty_vouchers(protocol: Any, project: Any):
    line = BudgetLineFactory(project=project)
    TransactionFactory(line=line, voucher_file=voucher(protocol))
    TransactionFactory(line=line)
    client = staff(protocol)
    one = queries(client, address(project))
    for place in range(28):
        file = voucher(protocol) if place % 2 else None
        TransactionFactory(line=line, voucher_file=file, on=datetime.date(2026, 4, 1))
    assert queries(client, address(project)) == one
