"""A second protocol, loaded from its file, ratified by two people of its two communes in a real browser; and its register."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from playwright.sync_api import Browser, Page, ViewportSize
from pytest_django.live_server_helper import LiveServer

from partnership.models import Decision, Membership, Message, Position, Protocol, ProtocolState
from partnership.protocol_file import BELFAA_JETTE
from tests.browser.conftest import note
from tests.browser.walk import follow, looked_at
from tests.factories import PASSWORD
from tests.factories_decisions import DeliberationFactory, coordinator, open_ratification, signatory

pytestmark = pytest.mark.django_db(transaction=True)

STEP = 30
"""For how many seconds an authenticator app shows the same code."""
LONG_AGO = 600
RESERVATION = "Le calendrier devra éviter la saison de récolte."


@dataclass
class Person:
    """A signatory with a browser of their own and an authenticator app."""

    membership: Membership
    page: Page
    language: str
    secret: str

    def code(self, *, step: int = 0) -> str:
        """What the app shows now, or so many steps from now."""
        return totp.format_hotp_value(totp.hotp_value(self.secret, int(time.time()) // STEP + step))

    def sign_in(self) -> None:
        """By address and password, then by the app's code, to the start page."""
        self.page.goto(f"/{self.language}/admin/")
        self.page.locator("input[name=login]").fill(self.membership.user.email)
        self.page.locator("input[name=password]").fill(PASSWORD)
        follow(self.page, self.page.locator("form:not([data-passkey]) button.button"))
        self.show(self.code())
        assert urlsplit(self.page.url).path == f"/{self.language}/admin/"

    def answer(self, position: Position, reservation: str = "") -> None:
        """From the start page to the decision that awaits them; read it, answer, confirm and press the button."""
        follow(self.page, self.page.locator(".act-sign"))
        self.page.locator(".whole-text > summary").click()
        assert self.page.locator(".line").count() >= 44
        self.page.locator(f"[name=position][value={position}]").check()
        if reservation:
            self.page.locator("[name=reservation]").fill(reservation)
        self.page.locator("[name=read]").check()
        self.send()

    def send(self) -> None:
        """Press the button that signs."""
        follow(self.page, self.page.locator(".sign-button"))

    def show(self, code: str) -> None:
        """Show the second factor."""
        self.page.locator("input[name=code]").fill(code)
        follow(self.page, self.page.locator("form:has(input[name=code]) button.button"))

    def show_the_factor_again(self) -> None:
        """The app's next code; one that was used already is refused."""
        self.show(self.code(step=1))
        assert urlsplit(self.page.url).path.endswith("/sign/")

    def has_signed(self) -> None:
        """They stand on the page that says so."""
        assert self.page.url.endswith("/signed/")


@pytest.fixture
def protocol(transactional_db: None, tmp_path: Path, live_server: LiveServer) -> Any:
    """The second protocol of an installation: a file with another code, loaded by its command, served on its own host name."""
    act = json.loads(BELFAA_JETTE.read_text(encoding="utf-8"))
    second = tmp_path / "second.json"
    second.write_text(json.dumps({**act, "code": "BELFAA-JETTE-2"}, ensure_ascii=False), encoding="utf-8")
    for file in (BELFAA_JETTE, second):
        call_command("load_protocol", file, stdout=StringIO())
    protocol = Protocol.objects.get(code="BELFAA-JETTE-2")
    protocol.hostname = live_server.url.split("//")[1].split(":")[0]
    protocol.save()
    return protocol


@pytest.fixture
def people(
    protocol: Any, chromium: Browser, live_server: LiveServer, complaints: list[str]
) -> Iterator[Callable[[int, str, int], Person]]:
    """Makes a signatory of a commune, with a browser as wide as asked."""
    contexts = []

    def make(place: int, language: str, width: int) -> Person:
        membership = signatory(protocol, place, user__language=language)
        secret = totp.generate_totp_secret()
        totp.TOTP.activate(membership.user, secret)
        DeliberationFactory(party=protocol.parties.get(position=place))
        context = chromium.new_context(base_url=live_server.url, viewport=ViewportSize(width=width, height=844))
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: note(message, complaints))
        return Person(membership, page, language, secret)

    yield make
    for context in contexts:
        context.close()


def let_the_factor_grow_old(person: Person) -> None:
    """As if it had been shown ten minutes ago."""
    for session in Session.objects.all():
        data = session.get_decoded()
        if data.get("_auth_user_id") == str(person.membership.user_id):
            for record in data["account_authentication_methods"]:
                record["at"] -= LONG_AGO
            session.session_data = Session.objects.encode(data)
            session.save()


def verified() -> tuple[bool, str]:
    """Whether the command ended well, and what it said."""
    output = StringIO()
    try:
        call_command("verify_register", stdout=output)
    except CommandError:
        return False, output.getvalue()
    return True, output.getvalue()


def change_one_byte() -> None:
    """One vote more, by the owner of the table, who can switch its triggers off."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE partnership_registerentry DISABLE TRIGGER USER")
        cursor.execute(
            """UPDATE partnership_registerentry SET payload = regexp_replace(payload, '"votes_for":21', '"votes_for":22')"""
        )
        cursor.execute("ALTER TABLE partnership_registerentry ENABLE TRIGGER USER")


@pytest.mark.parametrize("first", [1, pytest.param(2, marks=pytest.mark.long)])
def test_two_people_of_two_communes_ratify_a_second_protocol(
    protocol: Any, people: Callable[[int, str, int], Person], complaints: list[str], first: int
):
    """One in Arabic on a telephone, one in French at a desk; either commune may be the first [I2]."""
    decision = open_ratification(protocol, by=coordinator(protocol, first))
    belfaa, jette = people(1, "ar", 390), people(2, "fr", 1280)
    signers = [belfaa, jette] if first == 1 else [jette, belfaa]
    wrong: list[str] = []

    signers[0].sign_in()
    signers[0].answer(Position.APPROVE)
    signers[0].has_signed()
    wrong += looked_at(signers[0].page)
    protocol.refresh_from_db()
    assert protocol.state == ProtocolState.DRAFT

    signers[1].sign_in()
    let_the_factor_grow_old(signers[1])
    signers[1].answer(Position.RESERVE, RESERVATION)
    signers[1].show_the_factor_again()
    assert signers[1].page.locator("[name=reservation]").input_value() == RESERVATION
    wrong += looked_at(signers[1].page)
    signers[1].send()
    signers[1].has_signed()
    protocol.refresh_from_db()
    assert protocol.state == ProtocolState.IN_FORCE
    assert wrong == []
    assert complaints == []

    assert told_by_mail(decision, belfaa, jette)
    on_the_register(signers[1].page, protocol, decision)
    holds, said = verified()
    assert (holds, "BELFAA-JETTE-2: intact, 1 entry" in said) == (True, True)
    change_one_byte()
    holds, said = verified()
    assert (holds, "BELFAA-JETTE-2: BROKEN at entry 1." in said) == (False, True)
    signers[1].page.goto("/fr/register/")
    assert signers[1].page.locator(".verified.broken").count() == 1


def told_by_mail(decision: Decision, *people: Person) -> bool:
    """Whether each of them was mailed that it is adopted."""
    keys = [f"decision:{decision.pk}:adopted:{person.membership.pk}" for person in people]
    return Message.objects.filter(key__in=keys).count() == len(people)


def on_the_register(page: Page, protocol: Any, decision: Decision) -> None:
    """The public register shows the entry in every language; its file holds what anyone needs to verify it elsewhere."""
    for language in ("ar", "fr", "nl"):
        page.goto(f"/{language}/register/1/")
        words = page.locator("main").inner_text()
        assert decision.number in words
        assert all(
            str(getattr(party.organisation, f"short_name_{language}")) in words for party in protocol.parties.all()
        )
        assert RESERVATION in words
    [entry] = page.request.get("/register/entries.json").json()["entries"]
    assert entry["hash"] == hashlib.sha256(("0" * 64 + entry["payload"]).encode()).hexdigest()
    assert hashlib.sha256(entry["statement"].encode()).hexdigest() == decision.digest
    assert json.loads(entry["payload"])["decision"]["digest"] == decision.digest
