"""A spreadsheet that came back from a translator, in a real browser; and many records published step by step."""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.utils import translation
from playwright.sync_api import Page

from partnership import drafting, publishing_many
from partnership.models import User
from projects.models import Project
from tests.browser.test_admin import DESKTOP
from tests.browser.test_editing import sign_in
from tests.browser.walk import follow, looked_at
from tests.factories import MembershipFactory, ProtocolFactory
from tests.factories_programme import ProjectFactory
from tests.partnership.test_translation_sheets import edited, out

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def editor(transactional_db: None, settings: Any) -> Any:
    """An editor of the first commune of a protocol whose people sign in by password alone."""
    settings.DEMO = True
    user: User = MembershipFactory(protocol=ProtocolFactory(), role="editor", user__language="").user
    return user


def returned(editor: Any) -> bytes:
    """A sheet with a row of each sort: ready, to confirm since its source changed, in error."""
    protocol = editor.memberships.get().protocol
    with translation.override("fr"):
        projects = [
            ProjectFactory(protocol=protocol, title_ar="", title_fr=title, title_nl="")
            for title in ("Une école neuve", "Un jardin public", "Des sentiers")
        ]
        content = out(protocol, editor)
        drafting.write(projects[1], {"title_fr": "Un jardin public et un verger"}, by=editor)

    def write(page: Any) -> None:
        page["F3"], page["D3"] = "Een nieuwe school", "مدرسة جديدة"
        page["F4"], page["F5"] = "Een openbare tuin", "..."

    return edited(content, write)


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_a_sheet_is_looked_at_and_taken_in(page: Page, editor: Any, language: str):
    content = returned(editor)
    page.set_viewport_size({"width": DESKTOP, "height": 900})
    address = f"/{language}/admin/translate/sheet/"
    page.goto(address)
    sign_in(page, editor)
    page.goto(address)
    found = [*looked_at(page)]
    kept_for_looking(page, f"sheet-{language}")
    page.locator("input[type=file]").set_input_files(
        {"name": "retour.xlsx", "mimeType": "application/octet-stream", "buffer": content}
    )
    follow(page, page.locator("input[type=submit]"))
    found += looked_at(page)
    kept_for_looking(page, f"preview-{language}")
    page.locator("input[name=row]").check()
    follow(page, page.locator("input[type=submit]"))
    assert found == []
    assert sorted(filter(None, Project.objects.values_list("title_nl", flat=True))) == [
        "Een nieuwe school",
        "Een openbare tuin",
    ]


def test_many_records_are_published_while_the_person_watches(page: Page, editor: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(publishing_many, "MANY", 2)
    protocol = editor.memberships.get().protocol
    for title in ("Een school", "", "Een tuin", "Een pad", "Een weg"):
        ProjectFactory(protocol=protocol, title_nl=title)
    page.set_viewport_size({"width": DESKTOP, "height": 900})
    page.goto("/fr/admin/projects/project/")
    sign_in(page, editor)
    page.goto("/fr/admin/projects/project/")
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option("publish")
    page.locator("#changelist button[name=index]").click()
    page.locator(".step-told").wait_for()
    page.locator("a.act[href$='/projects/project/']").wait_for()
    kept_for_looking(page, "publishing")
    assert list(looked_at(page)) == []
    assert page.locator("progress").get_attribute("value") == "5"
    assert Project.objects.published().count() == 4


def kept_for_looking(page: Page, name: str) -> None:
    folder = os.environ.get("SHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
