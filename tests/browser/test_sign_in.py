"""Signing in with two factors in a real browser: a passkey on a telephone, an app on a desk; under the strict policy."""

from __future__ import annotations

import re
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from playwright.sync_api import Browser, CDPSession, Page, expect
from pytest_django.live_server_helper import LiveServer

from partnership.models import User
from tests.browser.test_admin import DESKTOP
from tests.browser.walk import follow, looked_at
from tests.factories import PASSWORD, MembershipFactory, ProtocolFactory

pytestmark = pytest.mark.django_db(transaction=True)

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
"""A telephone that keeps passkeys and knows its owner's finger."""


@pytest.fixture
def person(transactional_db: None) -> User:
    """A coordinator who chose a password and no second factor yet."""
    user: User = MembershipFactory(protocol=ProtocolFactory(), role="coordinator", user__language="").user
    return user


def device(page: Page) -> tuple[CDPSession, str]:
    """Give the browser a device that keeps passkeys; the handle to change it by."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return session, str(made["authenticatorId"])


def by_password(page: Page, person: User, language: str) -> None:
    page.goto(f"/{language}/admin/")
    page.locator("input[name=login]").fill(person.email)
    page.locator("input[name=password]").fill(PASSWORD)
    follow(page, page.locator("form:not([data-passkey]) button.button"))


def code(secret: str) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))


def secret_on(page: Page) -> str:
    return re.sub(r"\s", "", page.locator(".secret-code").inner_text())


def sign_out(page: Page) -> None:
    follow(page, page.locator("#logout-form button"))


def add_passkey(page: Page) -> None:
    follow(page, page.locator(".choices a.button"))
    follow(page, page.locator("[data-passkey] button"))
    assert "/recovery-codes/" in page.url


def test_a_passkey_is_set_up_on_a_telephone_and_then_opens_by_itself(page: Page, person: User):
    device(page)
    wrong: list[str] = []
    by_password(page, person, "ar")
    expect(page.locator(".choices li")).to_have_count(2)
    wrong += looked_at(page)
    follow(page, page.locator(".choices a.button"))
    wrong += looked_at(page)
    follow(page, page.locator("[data-passkey] button"))
    assert "/recovery-codes/" in page.url
    assert page.locator(".recovery-codes li").count() == 10
    wrong += looked_at(page)
    follow(page, page.locator("a.button"))
    assert page.url.endswith("/ar/admin/")
    sign_out(page)
    page.goto("/ar/admin/")
    wrong += looked_at(page)
    follow(page, page.locator("[data-passkey=sign-in] button"))
    assert urlsplit(page.url).path == "/ar/admin/"
    assert wrong == []


def test_a_passkey_is_the_second_half_after_the_password_and_is_shown_again_for_what_protects_the_account(
    page: Page, person: User
):
    device(page)
    by_password(page, person, "ar")
    add_passkey(page)
    sign_out(page)
    wrong: list[str] = []
    by_password(page, person, "ar")
    wrong += looked_at(page)
    follow(page, page.locator("[data-passkey=show] button"))
    assert urlsplit(page.url).path == "/ar/admin/"
    page.goto("/ar/accounts/passkeys/again/?next=/ar/accounts/")
    wrong += looked_at(page)
    follow(page, page.locator("[data-passkey=show] button"))
    expect(page.locator(".factors li")).to_have_count(1)
    wrong += looked_at(page)
    assert wrong == []


def test_a_device_that_does_not_know_its_owner_opens_nothing(page: Page, person: User):
    session, key = device(page)
    by_password(page, person, "fr")
    add_passkey(page)
    sign_out(page)
    session.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    page.goto("/fr/accounts/login/")
    page.locator("[data-passkey=sign-in] button").click()
    expect(page.locator("[data-passkey-failed]")).to_be_visible()
    page.goto("/fr/admin/")
    assert "/fr/accounts/login/" in page.url


def test_an_app_is_set_up_at_a_desk_and_asked_for_at_each_sign_in(page: Page, person: User):
    page.set_viewport_size({"width": DESKTOP, "height": 900})
    wrong: list[str] = []
    by_password(page, person, "fr")
    follow(page, page.locator(".choices a.act"))
    wrong += looked_at(page)
    secret = secret_on(page)
    assert page.locator(".secret-here a").get_attribute("href").startswith("otpauth://totp/")  # type: ignore[union-attr]  # it has one
    page.locator("input[name=code]").fill(code(secret))
    follow(page, page.locator(".steps button"))
    follow(page, page.locator("a.button"))
    assert page.url.endswith("/fr/admin/")
    sign_out(page)
    by_password(page, person, "fr")
    wrong += looked_at(page)
    page.locator("input[name=code]").fill(code(secret))
    follow(page, page.locator("form:not([data-passkey]) button.button"))
    assert page.url.endswith("/fr/admin/")
    page.goto("/fr/accounts/")
    wrong += looked_at(page)
    assert wrong == []


@pytest.mark.parametrize("language", ["ar", "nl"])
def test_a_code_opens_without_javascript(chromium: Browser, live_server: LiveServer, person: User, language: str):
    secret: str = totp.generate_totp_secret()
    totp.TOTP.activate(person, secret)
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    by_password(page, person, language)
    expect(page.locator("[data-passkey]")).to_have_count(0)
    page.locator("input[name=code]").fill(code(secret))
    follow(page, page.locator("form:not([data-passkey]) button.button"))
    assert page.url.endswith(f"/{language}/admin/")
    context.close()


def test_a_passkey_can_be_renamed_and_the_last_one_not_removed(page: Page, person: User):
    device(page)
    by_password(page, person, "fr")
    add_passkey(page)
    page.goto("/fr/accounts/")
    follow(page, page.locator(".factor-acts a").first)
    page.locator("input[name=name]").fill("Mon téléphone")
    follow(page, page.locator("main button"))
    expect(page.locator(".factors strong")).to_have_text("Mon téléphone")
    expect(page.locator(".factor-acts a")).to_have_count(1)
    page.goto(f"/fr/accounts/passkeys/{Authenticator.objects.get(type='webauthn').pk}/remove/")
    follow(page, page.locator("main button"))
    expect(page.locator(".messagelist")).to_be_visible()
    assert Authenticator.objects.filter(user=person, type="webauthn").count() == 1


def test_what_was_asked_for_is_kept_through_the_page_for_too_many_attempts(page: Page, person: User, complaints: Any):
    for _attempt in range(6):
        page.goto("/fr/accounts/password/reset/")
        page.locator("input[name=email]").fill(person.email)
        follow(page, page.locator("main button"))
    expect(page.locator("main input[name=email]")).to_have_value(person.email)
    assert list(looked_at(page)) == []
    complaints.clear()  # the browser notes the 429
