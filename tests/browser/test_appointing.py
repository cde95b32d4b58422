"""A commune's coordinator appoints someone on a telephone; whoever is appointed comes in with the printed code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from partnership import protocol_file
from partnership.models import Membership, Protocol
from tests.browser.test_admin import PHONE, sign_in
from tests.browser.walk import follow, looked_at
from tests.factories import PDF
from tests.factories_decisions import coordinator, signatory
from tests.factories_people import MAYOR

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def protocol(transactional_db: None, settings: Any) -> Protocol:
    """The protocol of both communes, each with a coordinator and a signatory."""
    settings.DEMO = True
    loaded: Protocol = protocol_file.apply(protocol_file.read(protocol_file.BELFAA_JETTE)).protocol
    for side in (1, 2):
        coordinator(loaded, side, user__email=f"coordination{side}@commune.example")
        signatory(loaded, side)
    return loaded


@pytest.mark.parametrize("language", ["ar"])
def test_from_the_appointment_to_the_second_factor(page: Page, protocol: Protocol, language: str, tmp_path: Path):
    page.set_viewport_size({"width": PHONE, "height": 844})
    wrong: list[str] = []
    sign_in(page, language, "coordination1@commune.example")
    page.goto(f"/{language}/admin/partnership/membership/")
    follow(page, page.locator("a[href$='/membership/appoint/']"))
    wrong += looked_at(page)
    act = tmp_path / "act.pdf"
    act.write_bytes(PDF)
    page.locator("input[name=email]").fill("fatima@commune.example")
    page.locator("input[name=name]").fill("فاطمة الزهراء")
    page.locator("select[name=language]").select_option(language)
    for code, words in MAYOR.items():
        page.locator(f"input[name=function_{code}]").fill(words)
    page.locator("input[name=citation]").fill("2026/12")
    page.locator("input[name=file]").set_input_files(act)
    follow(page, page.locator("button.sign-button"))
    assert "/change/" in page.url
    mandate = Membership.objects.get(role="signatory", user__email="fatima@commune.example")
    wrong += looked_at(page)
    for what in ("call-off", "invitation"):
        page.goto(f"/{language}/admin/partnership/membership/{mandate.pk}/{what}/")
        wrong += looked_at(page)
    follow(page, page.locator("button[value=paper]"))
    assert page.locator(".qr").is_visible()
    wrong += looked_at(page, schemes=["light"])
    [code] = re.findall(r"\d{4} \d{4} \d{4}", page.locator(".digits").inner_text())
    page.context.clear_cookies()
    page.goto(f"/{language}/link/")
    wrong += looked_at(page)
    page.locator("input[name=code]").fill(code)
    follow(page, page.locator("button.button[type=submit]"))
    assert re.search(r"/link/[^/]+/$", page.url)
    wrong += looked_at(page)
    for name in ("new_password1", "new_password2"):
        page.locator(f"input[name={name}]").fill("quatre chameaux bleus dansent")
    follow(page, page.locator("button.button[type=submit]"))
    assert page.url.endswith("/accounts/second-factor/")
    assert wrong == []
