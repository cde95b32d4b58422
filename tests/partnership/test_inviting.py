"""Inviting people who were entered: by mail, with a link to copy, on paper; never to a key of the other commune [I3]."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from partnership import appointing, invitations, links
from partnership.models import Membership, PersonalLink
from tests.factories import MembershipFactory, OrganisationFactory, ProtocolFactory, UserFactory
from tests.factories_decisions import coordinator
from tests.factories_people import act_of, wanted
from tests.pages import Page
from tests.staff import sent, sign_in_with_second_factor, staff

pytestmark = pytest.mark.django_db

MANDATES = "/fr/admin/partnership/membership/"


def page_of(mandate: Membership, what: str) -> str:
    return f"{MANDATES}{mandate.pk}/{what}/"


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


@pytest.fixture
def newcomer(protocol: Any) -> Membership:
    return MembershipFactory(protocol=protocol, user=UserFactory(password=None, language="nl"), role="editor")


def test_whoever_is_given_a_mandate_is_invited_by_mail(protocol: Any):
    person = UserFactory(password=None)
    commune = protocol.parties.get(position=1).organisation
    sent(
        staff(protocol),
        f"{MANDATES}add/",
        user=person.pk,
        organisation=commune.pk,
        role="editor",
        basis="delegation",
        starts_on="01/09/2026",
    )
    assert [message.recipient for message in protocol.messages.all()] == [person.email]
    assert PersonalLink.objects.get().subject == person


def test_a_sheet_is_printed_in_the_language_of_whoever_receives_it(protocol: Any, newcomer: Membership):
    client = staff(protocol)
    page = client.post(page_of(newcomer, "invitation"), {"way": "paper"})
    sheet = Page(page)
    assert (sheet.root["lang"], page.content.decode().count('class="qr"')) == ("nl", 1)
    [code] = re.findall(r"\d{4} \d{4} \d{4}", sheet.words)
    assert links.find(code, protocol) == PersonalLink.objects.get()
    assert "http://testserver/nl/link/" in sheet.words
    assert page["Cache-Control"] == "no-store, private"


def test_a_link_to_copy_is_shown_once(protocol: Any, newcomer: Membership):
    client = staff(protocol)
    page = client.post(page_of(newcomer, "invitation"), {"way": "link"}).content.decode()
    [secret] = re.findall(r"http://testserver/nl/link/(\S{43})/", page)
    assert links.find(secret, protocol) == PersonalLink.objects.get()
    assert secret not in client.get(page_of(newcomer, "invitation")).content.decode()


def test_an_invitation_is_sent_again_and_the_first_one_closes(protocol: Any, newcomer: Membership):
    first = invitations.invite(newcomer, by=None, by_mail=False)
    client = staff(protocol)
    assert client.post(page_of(newcomer, "invitation"), {"way": "mail"}).status_code == 302
    assert links.find(first.secret, protocol) is None
    assert protocol.messages.get().recipient == newcomer.user.email


def test_looking_at_the_page_invites_nobody(protocol: Any, newcomer: Membership):
    client = staff(protocol)
    assert client.get(page_of(newcomer, "invitation")).status_code == 200
    assert client.post(page_of(newcomer, "invitation"), {"way": "pigeon"}).status_code == 200
    assert not PersonalLink.objects.exists()


def test_who_invites(protocol: Any, newcomer: Membership):
    doors = [
        staff(protocol, 2),
        staff(protocol, role="editor"),
        staff(protocol, role="signatory"),
        staff(protocol, 2, is_superuser=True),
    ]
    for client in doors:
        assert client.post(page_of(newcomer, "invitation"), {"way": "link"}).status_code == 404
    assert not PersonalLink.objects.exists()


def test_nobody_takes_a_key_of_the_other_commune_by_inviting_for_another_mandate(protocol: Any):
    by = coordinator(protocol, 2)
    key = appointing.appoint(wanted(UserFactory(password=None)), by=by, act=act_of(by))
    partner = MembershipFactory(protocol=protocol, organisation=OrganisationFactory(), user=key.user, role="editor")
    for mandate in (partner, key):
        assert staff(protocol, 1).post(page_of(mandate, "invitation"), {"way": "link"}).status_code == 404
    own = Client()
    sign_in_with_second_factor(own, by.user)
    assert own.post(page_of(key, "invitation"), {"way": "link"}).status_code == 200


def test_who_has_a_password_needs_no_invitation(protocol: Any):
    editor = MembershipFactory(protocol=protocol, role="editor")
    client = staff(protocol)
    assert client.post(page_of(editor, "invitation"), {"way": "link"}).status_code == 302
    assert "invitation/" not in client.get(f"{MANDATES}{editor.pk}/change/").content.decode()
