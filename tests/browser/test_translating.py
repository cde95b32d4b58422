"""Translating in a real browser: written in Arabic in Belfaa, translated side by side in Jette, read in three languages at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from partnership.models import Term, TextStanding, TextState, User
from tests.browser.conftest import note
from tests.browser.test_admin import DESKTOP, save
from tests.browser.test_editing import sign_in
from tests.browser.walk import follow, looked_at
from tests.factories import MembershipFactory, ProtocolFactory
from tests.factories_programme import ProjectFactory

pytestmark = pytest.mark.django_db(transaction=True)

ARABIC = "ينشئ المشروع شباكا اجتماعيا يوجه السكان نحو الخدمات."
LATER = "ينشئ المشروع شباكا اجتماعيا يوجه السكان نحو الخدمات ويحصي الحاجيات."
FRENCH = "Le projet crée un guichet social qui oriente les habitants vers les services."
FRENCH_LATER = "Le projet crée un guichet social qui oriente les habitants et recense les besoins."
DUTCH = "Het project richt een sociaal loket op dat de inwoners naar de diensten doorverwijst."
DUTCH_LATER = "Het project richt een sociaal loket op dat de inwoners doorverwijst en de noden telt."

NOTICES = {
    "ar": "نص محجوب مؤقتا من طرف إحدى الجماعتين",
    "fr": "Texte masqué pour l’instant par l’une des deux communes",
    "nl": "Tekst voorlopig verborgen door een van beide gemeenten",
}


@pytest.fixture
def project(transactional_db: None, settings: Any) -> Any:
    """A project of which the public reads the title and a summary in three languages; people sign in by password alone."""
    settings.DEMO = True
    protocol = ProtocolFactory()
    Term.objects.create(word_ar="شباك اجتماعي; شباكا اجتماعيا", word_fr="guichet social", word_nl="sociaal loket")
    return ProjectFactory(protocol=protocol, published=True)


def editor(project: Any, position: int) -> User:
    commune = project.protocol.parties.get(position=position).organisation
    user: User = MembershipFactory(
        protocol=project.protocol, organisation=commune, role="editor", user__language=""
    ).user
    return user


@pytest.fixture
def tab(chromium: Browser, live_server: LiveServer, complaints: list[str]) -> Any:
    """A browser of one's own for each person."""
    contexts = []

    def opened() -> Page:
        context = chromium.new_context(base_url=live_server.url, viewport={"width": DESKTOP, "height": 900})
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: note(message, complaints))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def at(page: Page, person: User, address: str) -> None:
    page.goto(address)
    if page.locator("input[name=password]").count():
        sign_in(page, person)
        page.goto(address)


def summary(project: Any, language: str) -> str:
    return f"[name='projects.project:{project.pk}:summary_{language}']"


def read_by_the_public(page: Page, project: Any) -> list[str]:
    """What stands in each language's public page of the three summaries, old and new."""
    found = []
    for language in ("ar", "fr", "nl"):
        page.goto(f"/{language}/projects/{project.code}/")
        text = page.locator("main").inner_text()
        found += [known for known in (ARABIC, LATER, FRENCH, FRENCH_LATER, DUTCH, DUTCH_LATER) if known in text]
    return found


def test_a_text_comes_before_the_public_in_three_languages_at_once(page: Page, tab: Callable[[], Page], project: Any):
    belfaa, jette = editor(project, 1), editor(project, 2)
    side_by_side = f"/fr/admin/translate/projects.project/{project.pk}/"

    # An editor of the first commune writes in Arabic, in the form.
    writer = tab()
    at(writer, belfaa, f"/ar/admin/projects/project/{project.pk}/change/")
    writer.locator("[name=summary_ar]").fill(ARABIC)
    save(writer)
    assert read_by_the_public(page, project) == []

    # A colleague in the other commune finds it in the queue and translates it.
    translator = tab()
    at(translator, jette, "/fr/admin/translate/")
    assert list(looked_at(translator)) == []
    expect(translator.locator(".queue .tag-attention")).to_have_count(2)
    follow(translator, translator.locator(".queue a.act"))
    assert side_by_side in translator.url
    assert list(looked_at(translator)) == []
    expect(translator.locator(".term")).to_have_text(["شباكا اجتماعيا"])
    translator.keyboard.press("Alt+ArrowDown")
    expect(translator.locator(summary(project, "fr"))).to_be_focused()
    translator.keyboard.press("ControlOrMeta+A")
    translator.keyboard.press("Delete")
    translator.keyboard.press("Alt+Digit1")
    assert translator.locator(summary(project, "fr")).input_value() == "guichet social"
    translator.locator(summary(project, "fr")).fill(FRENCH)
    with translator.expect_navigation():
        translator.keyboard.press("Control+Enter")
    assert read_by_the_public(page, project) == []
    translator.locator(summary(project, "nl")).fill(DUTCH)
    with translator.expect_navigation():
        translator.keyboard.press("Control+Enter")
    follow(translator, translator.locator("button[name=_publish]"))
    assert read_by_the_public(page, project) == [ARABIC, FRENCH, DUTCH]

    # The Arabic is corrected: the others are stale, and the public reads on what stood in all three.
    at(writer, belfaa, f"/ar/admin/translate/projects.project/{project.pk}/")
    writer.locator("details.change", has=writer.locator(summary(project, "ar"))).locator("summary").click()
    writer.locator(summary(project, "ar")).fill(LATER)
    follow(writer, writer.locator("[name=_save]"))
    stale = TextState.objects.filter(field="summary", standing=TextStanding.STALE).order_by("language")
    assert [state.language for state in stale] == ["fr", "nl"]
    assert read_by_the_public(page, project) == [ARABIC, FRENCH, DUTCH]
    translator.goto(side_by_side)
    expect(translator.locator(".waits")).to_be_visible()
    expect(translator.locator("[data-difference] ins")).to_have_count(1)
    assert list(looked_at(translator)) == []
    translator.locator(summary(project, "fr")).fill(FRENCH_LATER)
    translator.locator(summary(project, "nl")).fill(DUTCH_LATER)
    follow(translator, translator.locator("button[name=_publish]").first)
    assert read_by_the_public(page, project) == [LATER, FRENCH_LATER, DUTCH_LATER]

    # In an emergency either commune hides it, alone and at once.
    translator.goto(f"/fr/admin/hiding/projects.project/{project.pk}/")
    assert list(looked_at(translator)) == []
    follow(translator, translator.locator("a.button[href*='summary']"))
    translator.locator("[name=words]").fill("Un nom de famille y figure.")
    follow(translator, translator.locator("button.grave-button"))
    assert read_by_the_public(page, project) == []
    for language, words in NOTICES.items():
        page.goto(f"/{language}/projects/{project.code}/")
        expect(page.locator("main .hidden-text").first).to_have_text(words)


def test_what_was_typed_while_the_network_was_cut_is_offered_again(
    tab: Callable[[], Page], project: Any, complaints: list[str]
):
    translator, person = tab(), editor(project, 2)
    address = f"/nl/admin/translate/projects.project/{project.pk}/"
    at(translator, person, address)
    translator.locator(summary(project, "nl")).fill(DUTCH)
    translator.context.set_offline(True)
    with translator.expect_event("requestfailed"):
        translator.locator("[name=_save]").click(no_wait_after=True)
    translator.wait_for_function("!document.querySelector('form')")
    translator.context.set_offline(False)
    complaints.clear()
    translator.goto(address)
    translator.locator("[data-kept=take]").click()
    assert translator.locator(summary(project, "nl")).input_value() == DUTCH
    follow(translator, translator.locator("[name=_save]"))
    expect(translator.locator(".kept")).to_have_count(0)
    expect(translator.locator(summary(project, "nl"))).to_have_value(DUTCH)
