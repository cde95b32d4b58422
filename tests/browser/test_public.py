"""A citizen's walk in a real browser: home, project, reports; in each language, in light and dark, with nothing to complain of."""

from __future__ import annotations

import datetime
import os

import pytest
from playwright.sync_api import Page, expect

from tests.browser.walk import follow, looked_at, schemes_in
from tests.pages import LANGUAGES
from tests.reports import released_report
from tests.retelling import retold_on

pytestmark = pytest.mark.django_db(transaction=True)
WIDTHS = [360, 768, 1280] if os.environ.get("LONG") == "1" else [360]


@pytest.fixture
def demonstration(transactional_db: None) -> None:
    """The programme as it is told on a day, with one released report."""
    released_report(retold_on(datetime.date(2026, 11, 24)))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_citizen_walks_from_home_to_a_project_and_a_report(page: Page, demonstration, language, width):
    page.set_viewport_size({"width": width, "height": 740})
    wrong: list[str] = []
    page.goto(f"/{language}/")
    assert page.locator("html").get_attribute("dir") == LANGUAGES[language]
    wrong += looked_at(page, schemes_in(language))
    follow(page, page.locator("main a.button").first)
    wrong += looked_at(page, schemes_in(language))
    follow(page, page.locator(".projects a").nth(1))
    assert page.url.endswith(f"/{language}/projects/DEMO-02/")
    wrong += looked_at(page, schemes_in(language))
    menu = page.locator(".menu summary")
    if menu.is_visible():
        menu.click()
        wrong += looked_at(page, schemes_in(language))
    follow(page, page.locator("a[href$='/reports/']:visible").first)
    wrong += looked_at(page, schemes_in(language))
    with page.expect_download() as download:
        page.locator("main a[href$='.pdf']").first.click()
    assert download.value.suggested_filename.endswith(".pdf")
    assert wrong == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_other_pages_hold_as_well(page: Page, demonstration, complaints, language, width):
    page.set_viewport_size({"width": width, "height": 740})
    wrong: list[str] = []
    for path in (
        "protocol/",
        "action-plan/",
        "partners/",
        "projects/?q=zzz&domain=DOM-SA&state=x",
        "projects/DEMO-07-0/",
    ):
        page.goto(f"/{language}/{path}")
        page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
        wrong += looked_at(page, schemes_in(language))
    page.goto(f"/{language}/projects/NONE/")
    wrong += looked_at(page, schemes_in(language))
    assert wrong == []
    assert len(complaints) == 1  # the 404 itself, which the browser reports
    complaints.clear()


def test_the_switch_changes_the_language_and_nothing_else(page: Page, demonstration):
    page.goto("/fr/projects/?domain=DOM-SA")
    follow(page, page.locator(".languages a[lang='ar']"))
    assert page.url.endswith("/ar/projects/?domain=DOM-SA")
    assert page.locator(".projects > li").count() == 6


def test_filters_work_from_the_keyboard_without_a_script(page: Page, demonstration):
    page.goto("/nl/projects/")
    page.locator(".filters > summary").focus()
    page.keyboard.press("Enter")
    page.locator("input[value='DOM-HD']").focus()
    page.keyboard.press("Space")
    follow(page, page.locator(":focus"), key="Enter")
    assert "domain=DOM-HD" in page.url
    assert page.locator(".projects > li").count() == 5
    follow(page, page.locator(".chips a"))
    assert page.locator(".projects > li").count() == 11


def test_a_wide_window_shows_the_filters_at_once(page: Page, demonstration):
    page.set_viewport_size({"width": 1280, "height": 740})
    page.goto("/fr/projects/")
    assert page.locator("input[value='DOM-HD']").is_visible()
    assert not page.locator(".filters > summary").is_visible()


def test_the_first_stop_of_the_keyboard_skips_to_the_content(page: Page, demonstration):
    page.goto("/fr/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


def test_nothing_moves_and_the_fonts_are_our_own(page: Page, demonstration):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/ar/")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.getAnimations().length") == 0
    assert {address.split("/")[2] for address in asked} == {page.url.split("/")[2]}
