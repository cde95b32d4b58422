"""Personal links and the invitations that are opened with them."""

from __future__ import annotations

import datetime
import re
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import transaction
from django.test import Client
from django.utils import translation

from partnership import invitations, links, outbox
from partnership.links import Issued, LinkClosed
from partnership.models import LinkPurpose, Membership, PersonalLink
from tests.at_once import ROUNDS, at_once, refused
from tests.factories import PASSWORD, MembershipFactory, ProtocolFactory, UserFactory
from tests.pages import LANGUAGES, Page

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 11, 25, 9, 0, tzinfo=datetime.UTC)
CHOSEN = {"new_password1": PASSWORD, "new_password2": PASSWORD}


@pytest.fixture(autouse=True)
def at_now() -> Any:
    with translation.override("en"), time_machine.travel(NOW, tick=False) as clock:  # refusals in the words of the code
        yield clock


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


@pytest.fixture
def newcomer(protocol: Any) -> Membership:
    """Someone who was entered and has chosen no password yet."""
    return MembershipFactory(protocol=protocol, user=UserFactory(password=None), role="editor")


def invited(newcomer: Membership) -> Issued:
    return invitations.invite(newcomer, by=None, by_mail=False)


# Links ----------------------------------------------------------------------------------------------------------------


def test_the_database_keeps_neither_the_secret_nor_the_code(newcomer: Membership):
    issued = invited(newcomer)
    [row] = PersonalLink.objects.values()
    assert not {issued.secret, issued.code} & {str(value) for value in row.values()}
    assert (len(row["token_hash"]), len(row["code_hash"]), len(issued.code)) == (64, 64, 12)


def test_a_secret_and_its_code_find_the_same_link(newcomer: Membership):
    issued = invited(newcomer)
    assert links.find(issued.secret, newcomer.protocol) == links.find(issued.code, newcomer.protocol) == issued.link


@pytest.mark.parametrize("shape", ["{0} {1} {2}", "{0}-{1}-{2}", " {0}{1}{2}\n"])
@pytest.mark.parametrize("digits", ["0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹"])
def test_a_code_is_found_however_it_is_typed(newcomer: Membership, shape: str, digits: str):
    code = invited(newcomer).code.translate(str.maketrans("0123456789", digits))
    assert links.find(shape.format(code[:4], code[4:8], code[8:]), newcomer.protocol) is not None


@pytest.mark.parametrize("written", ["", "x", "1234", "123456789012", "é" * 43, "²" * 12])
def test_what_was_never_given_out_finds_nothing(newcomer: Membership, written: str):
    invited(newcomer)
    assert links.find(written, newcomer.protocol) is None


def test_a_code_survives_a_change_of_the_signing_key(newcomer: Membership, settings: Any):
    issued = invited(newcomer)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another key, " + "y" * 50
    assert links.find(issued.code, newcomer.protocol) == issued.link


def test_a_link_of_another_protocol_opens_nothing_here(newcomer: Membership):
    issued = invited(newcomer)
    assert links.find(issued.secret, ProtocolFactory()) is None


def test_a_link_is_used_once(newcomer: Membership):
    link = invited(newcomer).link
    with transaction.atomic():
        links.use(link)
    with pytest.raises(LinkClosed), transaction.atomic():
        links.use(link)


def test_a_link_closes_with_its_last_moment(newcomer: Membership, at_now: Any):
    issued = invited(newcomer)
    at_now.move_to(issued.link.expires_at - datetime.timedelta(seconds=1))
    assert links.find(issued.secret, newcomer.protocol) is not None
    at_now.move_to(issued.link.expires_at)
    assert links.find(issued.secret, newcomer.protocol) is None


def test_revoking_closes_what_still_opens(newcomer: Membership):
    issued = invited(newcomer)
    assert [links.revoke(LinkPurpose.INVITATION, newcomer.user) for _twice in range(2)] == [1, 0]
    assert links.find(issued.secret, newcomer.protocol) is None


def test_the_picture_is_one_path_without_text_or_style():
    drawn = links.picture("https://cooperation.example.org/ar/link/x/")
    assert re.findall(r"<(\w+)", drawn) == ["svg", "path"]
    assert "style" not in drawn


@pytest.mark.parametrize(
    ("hostname", "address"),
    [("", "https://site.example:8443/ar/link/abc/"), ("second.example", "https://second.example:8443/ar/link/abc/")],
)
def test_a_link_leads_to_the_protocols_own_host(settings: Any, hostname: str, address: str):
    settings.SITE_URL = "https://site.example:8443"
    assert links.address_of(ProtocolFactory(hostname=hostname), "abc", "ar") == address


# Inviting -------------------------------------------------------------------------------------------------------------


def test_a_new_invitation_closes_the_one_before(newcomer: Membership):
    first, second = invited(newcomer), invited(newcomer)
    assert links.find(first.secret, newcomer.protocol) is None
    assert links.find(second.secret, newcomer.protocol) == second.link


def test_who_has_a_password_is_not_invited(protocol: Any):
    with pytest.raises(ValidationError, match="password already"):
        invited(MembershipFactory(protocol=protocol))


@pytest.mark.parametrize(("language", "prefixes"), [("ar", ["ar"]), ("nl", ["nl"]), ("", ["ar"])])
def test_an_invitation_by_mail_is_in_the_persons_language(protocol: Any, language: str, prefixes: list[str]):
    person = UserFactory(password=None, language=language)
    invitations.invite(MembershipFactory(protocol=protocol, user=person), by=None, by_mail=True)
    outbox.send_due()
    [message] = mail.outbox
    written = re.findall(r"http://testserver/(\w\w)/link/(\S+)/", message.message().get_body(("plain",)).get_content())  # type: ignore[attr-defined]
    assert [prefix for prefix, _secret in written] == prefixes
    assert {links.find(secret, protocol) for _prefix, secret in written} == {PersonalLink.objects.get()}


def test_newcomers_are_invited_once(newcomer: Membership):
    invitations.invite_newcomer(newcomer, by=None)
    assert invitations.invite_newcomer(newcomer, by=None) is None
    assert newcomer.protocol.messages.count() == PersonalLink.objects.count() == 1


# Opening --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_opening_shows_and_changes_nothing(client: Client, newcomer: Membership, language: str):
    issued = invited(newcomer)
    page = Page(client.get(f"/{language}/link/{issued.secret}/"))
    assert newcomer.user.email in page.words
    assert page.root == {"lang": language, "dir": LANGUAGES[language]} | page.root
    newcomer.user.refresh_from_db()
    assert not newcomer.user.has_usable_password()
    assert PersonalLink.objects.get().used_at is None


def test_whoever_accepts_chooses_a_password_and_sets_up_a_second_factor(client: Client, newcomer: Membership):
    answer = client.post(f"/fr/link/{invited(newcomer).secret}/", CHOSEN)
    assert (answer.status_code, answer["Location"]) == (302, "/fr/accounts/second-factor/")
    newcomer.user.refresh_from_db()
    assert newcomer.user.check_password(PASSWORD)
    assert client.session["_auth_user_id"] == str(newcomer.user_id)
    assert client.get(answer["Location"]).status_code == 200
    assert client.get("/fr/accounts/second-factor/app/").status_code == 200, "the password was just shown"
    assert client.get("/fr/admin/").status_code == 302, "not before the second factor"


def test_a_code_from_paper_leads_to_the_same_page(client: Client, newcomer: Membership):
    code = invited(newcomer).code
    answer = client.post("/ar/link/", {"code": links.in_groups(code)}, follow=True)
    assert answer.redirect_chain == [(f"/ar/link/{code}/", 302)]
    assert newcomer.user.email in Page(answer).words
    assert client.post(f"/ar/link/{code}/", CHOSEN).status_code == 302


def test_a_code_of_another_length_is_refused_where_it_was_typed(client: Client, protocol: Any):
    answer = client.post("/fr/link/", {"code": "1234 5678"})
    assert (answer.status_code, list(answer.context["form"].errors)) == (200, ["code"])
    assert "1234 5678" in answer.content.decode()


@pytest.mark.parametrize("typed", ["court", "password1234", "personne.commune.example"])
def test_a_weak_password_is_refused_and_the_link_still_opens(client: Client, newcomer: Membership, typed: str):
    address = f"/fr/link/{invited(newcomer).secret}/"
    answer = client.post(address, {"new_password1": typed, "new_password2": typed})
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert client.post(address, CHOSEN).status_code == 302


@pytest.mark.parametrize(
    "because", ["unknown", "used", "revoked", "expired", "mandate over", "account closed", "password"]
)
def test_whatever_closed_a_link_the_answer_is_the_same(client: Client, newcomer: Membership, at_now: Any, because: str):
    issued = invited(newcomer)
    address = f"/fr/link/{issued.secret}/"
    if because == "unknown":
        issued.link.delete()
    elif because == "used":
        Client().post(address, CHOSEN)
    elif because == "revoked":
        links.revoke(LinkPurpose.INVITATION, newcomer.user)
    elif because == "expired":
        at_now.shift(datetime.timedelta(days=15))
    elif because == "mandate over":
        Membership.objects.update(ends_on=NOW.date() - datetime.timedelta(days=1))
    elif because == "account closed":
        newcomer.user.is_active = False
        newcomer.user.save()
    else:
        newcomer.user.set_password("another password altogether")
        newcomer.user.save()
    answers = [client.get(address), client.post(address, CHOSEN)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert {Page(answer).words for answer in answers} == {Page(Client().get(address)).words}


def test_the_secret_goes_to_nobody_else_and_is_not_kept(client: Client, newcomer: Membership):
    answer = client.get(f"/fr/link/{invited(newcomer).secret}/")
    assert answer["Referrer-Policy"] == "same-origin"
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Robots-Tag"] == "noindex"


def test_guessing_is_limited_and_opening_is_not(client: Client, newcomer: Membership):
    address = f"/fr/link/{invited(newcomer).secret}/"
    assert {client.get(address).status_code for _visit in range(15)} == {200}
    guesses = [client.get(f"/fr/link/{number:012}/").status_code for number in range(12)]
    assert guesses == [404] * 10 + [429] * 2
    assert client.get(address).status_code == 429
    assert Client(REMOTE_ADDR="203.0.113.9").get(address).status_code == 200


def test_without_a_protocol_no_link_opens(client: Client):
    assert client.get("/fr/link/abc/").status_code == 404


def test_an_invitation_opens_on_its_own_protocols_host_only(newcomer: Membership, settings: Any):
    settings.ALLOWED_HOSTS = ["testserver", "second.example"]
    ProtocolFactory(hostname="second.example")
    path = urlsplit(links.address_of(newcomer.protocol, invited(newcomer).secret, "fr")).path
    answers = [Client(headers={"host": host}).get(path).status_code for host in settings.ALLOWED_HOSTS]
    assert answers == [200, 404]


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_finds_a_closed_door_reads_whom_to_ask(client: Client, protocol: Any, language: str):
    contacts = [
        party.organisation.public_contact for party in protocol.parties.all() if party.organisation.public_contact
    ]
    page = Page(client.get(f"/{language}/link/{'x' * 43}/"))
    assert all(contact in page.words for contact in contacts)
    assert {f"/{language}/link/", f"/{language}/accounts/login/"} <= set(page.links)


@pytest.mark.django_db(transaction=True)
def test_two_who_use_one_link_at_the_same_instant_are_one_too_many(protocol: Any):
    for _round in range(ROUNDS):
        person = MembershipFactory(protocol=protocol, user=UserFactory(password=None), role="editor")
        link = invited(person).link
        words = ["premier mot de passe", "second mot de passe"]
        results = at_once(*(partial(invitations.accept, link, password=word) for word in words))
        assert len(refused(results)) == 1
        [kept] = [word for word, result in zip(words, results, strict=True) if not isinstance(result, Exception)]
        person.user.refresh_from_db()
        assert person.user.check_password(kept)
