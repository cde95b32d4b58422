"""A coordinator's day in a real browser: sign in, see what awaits, filter, make a mistake, mend it; with nothing to complain of."""

from __future__ import annotations

import datetime
import os
from typing import Any

import pytest
from playwright.sync_api import Page

from partnership import drafting
from partnership.models import Membership
from projects.models import Project
from tests.browser.walk import follow, looked_at
from tests.factories import PASSWORD
from tests.pages import LANGUAGES
from tests.reports import made_report
from tests.retelling import retold_on

pytestmark = pytest.mark.django_db(transaction=True)

DESKTOP, PHONE = 1280, 390
LONG = os.environ.get("LONG") == "1"
EVERYWHERE = [(language, width) for language in LANGUAGES for width in (360, PHONE, 768, DESKTOP)]


@pytest.fixture
def protocol(transactional_db: None, settings: Any) -> Any:
    """The programme as it is told on a day, with one report; its people can sign in."""
    settings.DEMO = True
    protocol = retold_on(datetime.date(2026, 11, 24))
    made_report(protocol, "2026-S1", released=False)
    for mandate in Membership.objects.filter(role="coordinator"):
        mandate.user.set_password(PASSWORD)
        mandate.user.save()
    return protocol


def sign_in(page: Page, language: str, address: str = "coordination@belfaa.example") -> None:
    page.goto(f"/{language}/admin/")
    page.locator("input[name=login]").fill(address)
    page.locator("input[name=password]").fill(PASSWORD)
    follow(page, page.locator("form:not([data-passkey]) button.button"))
    page.goto(f"/{language}/admin/")  # one lands in the language of one's own choice


def save(page: Page) -> None:
    follow(page, page.locator("input[name=_continue]"))


@pytest.mark.parametrize(("language", "width"), EVERYWHERE if LONG else [("ar", PHONE)])
def test_a_coordinators_day(page: Page, protocol, language: str, width: int):
    page.set_viewport_size({"width": width, "height": 900})
    wrong: list[str] = []
    page.goto(f"/{language}/accounts/login/")
    assert page.locator("html").get_attribute("dir") == LANGUAGES[language]
    wrong += looked_at(page)
    sign_in(page, language)
    assert page.locator(".tile").count() == 10
    wrong += looked_at(page)
    page.goto(f"/{language}/admin/projects/project/?state__exact=under_way")
    assert 0 < page.locator("#result_list tbody tr").count() < 9
    wrong += looked_at(page)
    page.locator("#searchbar").fill("DEMO-02")
    follow(page, page.locator("#searchbar"), key="Enter")
    follow(page, page.locator("#result_list tbody th a"))
    wrong += looked_at(page)
    correct_a_mistake(page, wrong)
    assert wrong == []


def correct_a_mistake(page: Page, wrong: list[str]) -> None:
    """A project that ends before it starts is refused, keeps what was typed, and is saved once it is mended."""
    before = Project.objects.get(code="DEMO-02").planned_end
    page.locator("[name=planned_end]").fill("01/01/2020")
    page.locator("[name=summary_nl]").fill("Een nieuwe samenvatting")
    save(page)
    assert page.locator(".errorlist").count() >= 1
    assert page.locator("[name=planned_end]").input_value() == "01/01/2020"
    assert page.locator("[name=summary_nl]").input_value() == "Een nieuwe samenvatting"
    assert Project.objects.get(code="DEMO-02").planned_end == before
    wrong += looked_at(page, ["light"])
    page.locator("[name=planned_end]").fill("30/12/2026")
    save(page)
    saved = Project.objects.get(code="DEMO-02")
    assert saved.planned_end == datetime.date(2026, 12, 30)
    assert drafting.text_of(saved, "summary_nl") == "Een nieuwe samenvatting"
    assert saved.summary_nl != "Een nieuwe samenvatting"  # type: ignore[attr-defined]  # column added by modeltranslation


PAGES = [
    "partnership/organisation/add/",
    "partnership/document/add/",
    "partnership/membership/",
    "partnership/clause/",
    "projects/activity/add/",
    "projects/transaction/",
    "evaluation/indicator/add/",
    "transparency/reportseries/add/",
    "transparency/report/",
    "transparency/snapshot/",
]


@pytest.mark.parametrize(("language", "width"), EVERYWHERE if LONG else [("fr", DESKTOP)])
def test_the_other_pages_hold_as_well(page: Page, protocol, language: str, width: int):
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, language)
    wrong: list[str] = []
    report = protocol.report_series.first().reports.get()
    for path in (*PAGES, f"transparency/report/{report.pk}/change/"):
        page.goto(f"/{language}/admin/{path}")
        page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
        wrong += looked_at(page, ["light"])
    assert wrong == []


def test_suggestions_and_the_calendar_work_under_the_strict_policy(page: Page, protocol):
    page.set_viewport_size({"width": DESKTOP, "height": 900})
    sign_in(page, "ar")
    page.goto("/ar/admin/projects/activity/add/")
    page.locator(".field-project .select2-selection").click()
    page.locator(".select2-search__field").fill("DEMO-03")
    page.locator(".select2-results__option", has_text="DEMO-03").click()
    page.locator("[name=planned_start]").fill("05/07/2026")
    page.locator("#calendarlink0").click()
    assert "يوليوز" in page.locator("#calendarin0 caption").inner_text()
    page.locator("#calendarin0 a", has_text="14").first.click()
    assert page.locator("[name=planned_start]").input_value() == "14/07/2026"


def test_the_theme_is_chosen_against_the_systems(page: Page, protocol):
    page.set_viewport_size({"width": DESKTOP, "height": 900})
    sign_in(page, "fr")

    def ground() -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    light = ground()
    while page.locator("html").get_attribute("data-theme") != "dark":
        page.locator("button.theme-toggle").click()
    assert ground() != light
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_the_language_switch_keeps_the_page_and_its_filter(page: Page, protocol):
    page.set_viewport_size({"width": DESKTOP, "height": 900})
    sign_in(page, "fr")
    page.goto("/fr/admin/projects/project/?state__exact=closed")
    follow(page, page.locator(".languages a[lang=ar]"))
    assert page.url.endswith("/ar/admin/projects/project/?state__exact=closed")
    assert page.locator("html").get_attribute("dir") == "rtl"


def test_on_a_phone_the_menu_is_one_tap_away(page: Page, protocol):
    page.set_viewport_size({"width": PHONE, "height": 800})
    sign_in(page, "fr")
    page.locator(".menu-link").click()
    entry = page.locator("#nav-sidebar a", has_text="DEMO").or_(page.locator("#nav-sidebar .model-project th a"))
    follow(page, entry.first)
    assert page.url.endswith("/fr/admin/projects/project/")


def test_signing_out_ends_the_session(page: Page, protocol):
    page.set_viewport_size({"width": DESKTOP, "height": 900})
    sign_in(page, "nl")
    follow(page, page.locator("#logout-form button"))
    page.goto("/nl/admin/")
    assert "/nl/accounts/login/" in page.url
