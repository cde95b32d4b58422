"""The pages of spreadsheets, and sheets that are taken in while their sender does something else."""

from __future__ import annotations

import datetime
import io
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from openpyxl import load_workbook

from partnership import kept_sheets
from partnership.models import Protocol
from projects import sheet_import, sheet_saving, sheets
from projects.models import Project, SheetWork, Transaction, WorkState
from tests.at_once import at_once
from tests.factories import ProtocolFactory
from tests.factories_programme import BudgetLineFactory, ProjectFactory, TransactionFactory
from tests.projects.test_sheet_import import MOVES, editor_of, taken_over, workbook
from tests.staff import fields_of, queries, staff

pytestmark = pytest.mark.django_db

PROJECTS = "/fr/admin/sheets/projects/"
TRANSACTIONS = "/fr/admin/sheets/transactions/"


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


@pytest.fixture
def editor(protocol: Protocol) -> Any:
    return staff(protocol, role="editor")


def sent(client: Any, content: bytes, address: str = PROJECTS, name: str = "projets.xlsx") -> Any:
    return client.post(address, {"file": SimpleUploadedFile(name, content)})


def confirmed(client: Any, address: str, *rows: str) -> Any:
    values = fields_of(client.get(address).content.decode())
    return client.post(address, {**values, "row": list(rows)}, follow=True)


def schools(count: int) -> bytes:
    return workbook(["code", "title_fr"], *([f"P-{number}", f"École {number}"] for number in range(count)))


def test_a_sheet_is_sent_looked_at_and_taken_in(protocol: Protocol, editor: Any):
    preview = sent(editor, schools(2))["Location"]
    page = editor.get(preview).content.decode()
    assert "École 1" in page
    assert not Project.objects.exists()
    done = confirmed(editor, preview)
    assert done.status_code == 200
    assert Project.objects.count() == 2
    work = SheetWork.objects.get()
    assert (work.state, work.created, work.changed) == (WorkState.DONE, 2, 0)
    assert default_storage.listdir("sheets")[1] == []
    again = editor.get(preview, follow=True)
    assert again.redirect_chain[-1][0].endswith(f"work/{work.pk}/")


def test_every_kind_has_its_pages(protocol: Protocol, editor: Any):
    TransactionFactory(line=BudgetLineFactory(project=ProjectFactory(protocol=protocol)))
    for code in sheets.KINDS:
        for language in ("ar", "fr", "nl"):
            assert editor.get(f"/{language}/admin/sheets/{code}/").status_code == 200
        for form in ("xlsx", "csv"):
            for name in ("template", "export"):
                answer = editor.get(f"/fr/admin/sheets/{code}/{name}.{form}")
                assert answer.status_code == 200
                assert f".{form}" in answer["Content-Disposition"]


def test_a_template_comes_back_in_any_language(protocol: Protocol, editor: Any):
    content = editor.get("/ar/admin/sheets/projects/template.xlsx").content
    book = load_workbook(io.BytesIO(content))
    book.worksheets[0]["A2"], book.worksheets[0]["C2"] = "P-1", "Une école"
    out = io.BytesIO()
    book.save(out)
    assert sheet_import.opened(out.getvalue(), sheets.PROJECTS).rows[0][1]["code"] == "P-1"
    assert sent(editor, out.getvalue()).status_code == 302


def test_the_list_goes_out_as_it_is_filtered(protocol: Protocol, editor: Any):
    ProjectFactory(protocol=protocol, code="A-1", state="proposed", actual_start=None)
    taken_over(protocol, code="B-2", state="under_way")
    ProjectFactory(protocol=ProtocolFactory(hostname="second.example"), code="C-3")
    book = load_workbook(io.BytesIO(editor.get(f"{PROJECTS}export.xlsx?state__exact=under_way").content))
    assert [row[0].value for row in book.worksheets[0].iter_rows(min_row=2)] == ["B-2"]
    listed = editor.get("/fr/admin/projects/project/?state__exact=under_way").content.decode()
    assert f"{PROJECTS}export.xlsx?state__exact=under_way" in listed
    assert f'"{PROJECTS}"' in listed


def test_errors_stand_under_their_row_and_come_as_a_file(protocol: Protocol, editor: Any):
    content = workbook(["code", "title_fr", "planned_start"], ["P-1", "Une école", "31/02/2026"], ["P-2", "Deux", None])
    preview = sent(editor, content)["Location"]
    page = editor.get(preview).content.decode()
    assert "sheet-wrong" in page
    assert "31/02/2026" in page
    rows = list(
        load_workbook(io.BytesIO(editor.get(f"{preview}errors.xlsx").content)).worksheets[0].iter_rows(values_only=True)
    )
    assert len(rows) == 2
    assert rows[1][0] == "P-1"
    assert rows[1][-1]
    confirmed(editor, preview)
    assert [project.code for project in Project.objects.all()] == ["P-2"]


@pytest.mark.parametrize("content", [b"%PDF-1.7", b"", b"a;b\n1;2\n"])
def test_what_is_no_sheet_is_refused_in_one_sentence(editor: Any, content: bytes):
    answer = sent(editor, content)
    assert answer.status_code == 422
    assert "refused" in answer.content.decode()
    assert not default_storage.exists("sheets")


def test_a_row_to_confirm_is_taken_in_only_when_ticked(protocol: Protocol, editor: Any):
    project = taken_over(protocol)
    first, second = BudgetLineFactory(project=project), BudgetLineFactory(project=project, category="travel")
    TransactionFactory(line=first, voucher="J-1")
    content = workbook([*MOVES, "line"], [project.code, "J-1", "expenditure", "15/03/2026", 1, second.pk])
    preview = sent(editor, content, TRANSACTIONS)["Location"]
    refused = confirmed(editor, preview)
    assert SheetWork.objects.get().state == WorkState.REFUSED
    assert (
        preview.rstrip("/").rpartition("/")[2][:20] in refused.content.decode() or "sheets" in refused.content.decode()
    )
    confirmed(editor, preview, "2")
    assert SheetWork.objects.get().state == WorkState.DONE
    assert Transaction.objects.count() == 2


def test_a_sheet_that_is_put_aside_changes_nothing(editor: Any):
    preview = sent(editor, schools(1))["Location"]
    editor.post(preview, {"_forget": "1"})
    assert not Project.objects.exists()
    assert default_storage.listdir("sheets")[1] == []


def test_a_long_sheet_waits_for_a_worker_and_says_how_far_it_is(
    protocol: Protocol, editor: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sheet_saving, "WHILE_WAITING", 1)
    told: list[tuple[int, int] | None] = []
    preview = sent(editor, schools(3))["Location"]
    waiting = confirmed(editor, preview)
    assert "data-look-again" in waiting.content.decode()
    assert not Project.objects.exists()
    work = SheetWork.objects.get()
    save = Project.save

    def and_look(self: Any, *args: Any, **kwargs: Any) -> None:
        save(self, *args, **kwargs)
        told.append(sheet_saving.how_far(work))

    monkeypatch.setattr(Project, "save", and_look)
    assert sheet_saving.carry_out_due() == 1
    assert told == [None, (1, 3), (2, 3)]
    assert Project.objects.count() == 3
    assert sheet_saving.carry_out_due() == 0
    assert default_storage.listdir("sheets")[1] == []


def test_a_sheet_at_which_processes_die_is_given_up(protocol: Protocol, editor: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sheet_saving, "WHILE_WAITING", 0)
    confirmed(editor, sent(editor, schools(1))["Location"])

    def dies(*args: Any, **kwargs: Any) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(sheet_import, "take_in", dies)
        for _try in range(sheet_saving.MOST_TRIES):
            with pytest.raises(MemoryError):
                sheet_saving.carry_out_due()
        assert SheetWork.objects.get().state == WorkState.WAITING
    sheet_saving.carry_out_due()
    work = SheetWork.objects.get()
    assert work.state == WorkState.REFUSED
    assert work.told
    assert not Project.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_and_two_clicks_take_a_sheet_in_once():
    protocol = ProtocolFactory()
    by = editor_of(protocol)
    content = schools(3)
    shown = sheet_import.look(content, sheets.PROJECTS, protocol=protocol, by=by).fingerprint
    token = kept_sheets.keep(content, "x.xlsx", protocol=protocol, by=by)
    found = kept_sheets.find(token, protocol=protocol, by=by)
    assert found is not None

    def click() -> Any:
        asked = sheet_saving.Asked(shown, 3)
        return sheet_saving.ask(found[0], "x.xlsx", sheets.PROJECTS, asked, protocol=protocol, by=by)

    at_once(click, click, sheet_saving.carry_out_due)
    sheet_saving.carry_out_due()
    work = SheetWork.objects.get()
    assert (work.state, work.created) == (WorkState.DONE, 3)
    assert Project.objects.count() == 3


@pytest.mark.parametrize("role", ["signatory", "evaluator", "observer"])
def test_who_may_not_change_finds_no_pages_but_the_list(protocol: Protocol, role: str):
    reader = staff(protocol, role=role)
    assert reader.get(PROJECTS).status_code == 404
    assert reader.post(PROJECTS).status_code == 404
    assert reader.get(f"{PROJECTS}template.xlsx").status_code == 404
    assert reader.get(f"{PROJECTS}export.csv").status_code == 200
    assert f'"{PROJECTS}"' not in reader.get("/fr/admin/projects/project/").content.decode()


def test_another_persons_sheet_is_not_here(protocol: Protocol, editor: Any):
    preview = sent(editor, schools(1))["Location"]
    other = staff(protocol, position=2, role="editor")
    assert other.get(preview).status_code == 404
    confirmed(editor, preview)
    assert other.get(f"{PROJECTS}work/{SheetWork.objects.get().pk}/").status_code == 404


@pytest.mark.parametrize(
    "way", ["unknown/", "projects/template.ods", "projects/export.pdf", "projects/export.xlsx?no=1", "projects/work/0/"]
)
def test_what_is_not_here_is_not_found(editor: Any, way: str):
    assert editor.get(f"/fr/admin/sheets/{way}").status_code == 404


def test_the_page_of_a_look_costs_the_same_for_one_row_and_for_thirty(protocol: Protocol, editor: Any):
    line = BudgetLineFactory(project=taken_over(protocol), planned=Decimal(100000))

    def cost(count: int) -> int:
        rows = [[line.project.code, f"{count}-{n}", "expenditure", datetime.date(2026, 3, 1), 5] for n in range(count)]
        return queries(editor, sent(editor, workbook(MOVES, *rows), TRANSACTIONS)["Location"])

    assert cost(1) == cost(30)


def test_old_works_are_told_for_a_week(protocol: Protocol, editor: Any):
    confirmed(editor, sent(editor, schools(1))["Location"])
    assert "work/" in editor.get(PROJECTS).content.decode()
    work = SheetWork.objects.get()
    work.asked_at = timezone.now() - datetime.timedelta(days=8)
    work.save()
    assert "work/" not in editor.get(PROJECTS).content.decode()
