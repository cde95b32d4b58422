"""The pages by which translations go out as a spreadsheet and come back."""

from __future__ import annotations

import datetime
import io
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone, translation
from openpyxl import load_workbook

from partnership import drafting, kept_sheets
from partnership.models import Protocol
from tests.factories import ProtocolFactory
from tests.partnership.test_translation_sheets import edited, spreadsheet, translated, untranslated
from tests.staff import fields_of, messages_of, staff

pytestmark = pytest.mark.django_db

SHEET = "/fr/admin/translate/sheet/"


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


@pytest.fixture
def editor(protocol: Protocol) -> Any:
    return staff(protocol, role="editor")


def fetched(client: Any, **asked: str) -> bytes:
    answer = client.get("/fr/admin/translate/sheet.xlsx", asked)
    assert answer.status_code == 200
    content: bytes = answer.content
    return content


def sent_back(client: Any, content: bytes, name: str = "retour.xlsx") -> Any:
    return client.post(SHEET, {"file": SimpleUploadedFile(name, content)})


def confirmed(client: Any, address: str, *rows: str) -> Any:
    values = fields_of(client.get(address).content.decode())
    return client.post(address, {**values, "row": list(rows)}, follow=True)


def test_texts_go_out_come_back_are_looked_at_and_taken_in(protocol: Protocol, editor: Any):
    project = untranslated(protocol)
    preview = sent_back(editor, translated(fetched(editor, language="nl"), nl="Een nieuwe school"))
    looked = editor.get(preview["Location"])
    assert "Een nieuwe school" in looked.content.decode()
    project.refresh_from_db()
    assert not project.title_nl
    done = confirmed(editor, preview["Location"])
    project.refresh_from_db()
    assert project.title_nl == "Een nieuwe school"
    assert messages_of(done)
    assert default_storage.listdir("sheets")[1] == []


def test_one_records_texts_go_out_whether_or_not_they_wait(protocol: Protocol, editor: Any):
    project = untranslated(protocol)
    page = load_workbook(io.BytesIO(fetched(editor, record=f"projects.project/{project.pk}"))).worksheets[0]
    assert page.max_row > 2


@pytest.mark.parametrize(
    "asked", [{"language": "de"}, {"record": "projects.project/0"}, {"record": "x"}, {"record": "auth.group/1"}]
)
def test_what_is_not_here_does_not_go_out(editor: Any, asked: dict[str, str]):
    assert editor.get("/fr/admin/translate/sheet.xlsx", asked).status_code == 404


def test_a_row_to_confirm_is_taken_in_only_when_ticked(protocol: Protocol, editor: Any):
    project = untranslated(protocol)
    content = translated(fetched(editor), nl="Een nieuwe school")
    drafting.write(project, {"title_fr": "Une école neuve et un jardin"}, by=None)
    address = sent_back(editor, content)["Location"]
    assert "<ins>" in editor.get(address).content.decode()
    refused = confirmed(editor, address)
    assert refused.status_code == 422
    project.refresh_from_db()
    assert not project.title_nl
    confirmed(editor, address, "3")
    project.refresh_from_db()
    assert project.title_nl == "Een nieuwe school"


def test_what_changed_between_the_look_and_the_click_is_shown_again(protocol: Protocol, editor: Any):
    project = untranslated(protocol)
    address = sent_back(editor, translated(fetched(editor), nl="Een nieuwe school"))["Location"]
    values = fields_of(editor.get(address).content.decode())
    drafting.write(project, {"title_fr": "Une autre école"}, by=None)
    assert editor.post(address, values).status_code == 422
    project.refresh_from_db()
    assert not project.title_nl


def test_a_second_click_takes_nothing_in_twice(protocol: Protocol, editor: Any):
    untranslated(protocol)
    address = sent_back(editor, translated(fetched(editor), nl="Een nieuwe school"))["Location"]
    values = fields_of(editor.get(address).content.decode())
    editor.post(address, values)
    again = editor.post(address, values, follow=True)
    assert again.redirect_chain[-1][0] == SHEET


def test_refused_rows_stand_on_the_page_with_their_reason_and_come_as_a_file(protocol: Protocol, editor: Any):
    untranslated(protocol)
    address = sent_back(editor, translated(fetched(editor), nl="..."))["Location"]
    page = editor.get(address).content.decode()
    assert "sheet-wrong" in page
    page = load_workbook(io.BytesIO(editor.get(f"{address}errors.xlsx").content)).worksheets[0]
    assert page["G3"].value


@pytest.mark.parametrize("content", [b"", b"no spreadsheet", spreadsheet(["no", "heading"])])
def test_a_file_that_cannot_be_read_is_refused_in_words_and_not_kept(protocol: Protocol, editor: Any, content: bytes):
    answer = sent_back(editor, content)
    assert (answer.status_code, len(answer.context["errors"])) == (422, 1)
    assert not default_storage.exists("sheets")


def test_no_file_at_all_is_refused_in_words(editor: Any):
    assert editor.post(SHEET).status_code == 422


def test_a_sheet_is_found_by_whoever_sent_it_alone(protocol: Protocol, editor: Any):
    untranslated(protocol)
    address = sent_back(editor, translated(fetched(editor), nl="Een school"))["Location"]
    assert staff(protocol, position=2, role="editor").get(address).status_code == 404
    assert editor.get(f"{SHEET}forged/").status_code == 404


def test_a_sheet_put_aside_is_gone(protocol: Protocol, editor: Any):
    untranslated(protocol)
    address = sent_back(editor, translated(fetched(editor), nl="Een school"))["Location"]
    editor.post(address, {"_forget": "1"})
    assert editor.get(address)["Location"] == SHEET


def test_a_sheet_that_nobody_confirmed_is_deleted_after_a_week(protocol: Protocol, editor: Any):
    untranslated(protocol)
    address = sent_back(editor, translated(fetched(editor), nl="Een school"))["Location"]
    soon = timezone.now() + kept_sheets.KEPT_FOR - datetime.timedelta(hours=1)
    assert kept_sheets.forget_old(soon) == 0
    assert kept_sheets.forget_old(soon + datetime.timedelta(hours=2)) == 1
    assert editor.get(address)["Location"] == SHEET


def test_more_rows_than_fit_the_page_are_counted(protocol: Protocol, editor: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("partnership.translation_sheets_page.SHOWN", 1)
    projects = [untranslated(protocol) for _ in range(3)]

    def write(page: Any) -> None:
        for number in (3, 4, 5):
            page[f"F{number}"] = f"Een school {number}"

    address = sent_back(editor, edited(fetched(editor), write))["Location"]
    assert editor.get(address).context["hidden"] == 2
    confirmed(editor, address)
    for project in projects:
        project.refresh_from_db()
        assert project.title_nl


@pytest.mark.parametrize("role", ["observer", "evaluator"])
def test_who_changes_no_record_finds_no_such_page(protocol: Protocol, role: str):
    client = staff(protocol, role=role)
    for name in ("translation_sheet", "translation_sheet_download"):
        with translation.override("fr"):
            assert client.get(reverse(f"admin:{name}")).status_code == 404
