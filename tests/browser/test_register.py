"""A citizen reads the register in a real browser: the check, an entry, what awaits a commune, the page behind a report's code."""

from __future__ import annotations

import datetime

import pytest
from playwright.sync_api import Page

from partnership.models import RegisterEntry
from tests.browser.test_public import WIDTHS
from tests.browser.walk import follow, looked_at, schemes_in
from tests.pages import LANGUAGES
from tests.reports import released_report
from tests.retelling import retold_on
from transparency.models import Report

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def report(transactional_db: None) -> Report:
    """A released report in the demonstration, whose register has decisions in every state."""
    return released_report(retold_on(datetime.date(2026, 11, 24)))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_citizen_reads_the_register_and_verifies_it(page: Page, report: Report, language, width):
    page.set_viewport_size({"width": width, "height": 740})
    wrong: list[str] = []
    page.goto(f"/{language}/register/")
    assert page.locator(".verified.broken").count() == 0
    wrong += looked_at(page, schemes_in(language))
    page.locator(".verified details details summary").click()
    assert page.locator(".program").is_visible()
    wrong += looked_at(page, schemes_in(language))
    follow(page, page.locator(".decided a").first)
    assert "/register/decision/" in page.url
    wrong += looked_at(page, schemes_in(language))
    for state in ("adopted", "refused"):
        entry = RegisterEntry.objects.filter(payload__contains=f'"state":"{state}"').order_by("sequence").last()
        page.goto(f"/{language}/register/{entry.sequence}/")
        both = page.locator(".signatures .half").evaluate_all("halves => halves.map(half => half.offsetWidth)")
        assert len(both) == 2
        assert abs(both[0] - both[1]) <= 1
        wrong += looked_at(page, schemes_in(language))
    page.goto(f"/{language}/reports/{report.pk}/")
    wrong += looked_at(page, schemes_in(language))
    assert wrong == []
