"""The pages on which a commune's coordinator appoints, ends, resets, calls off and invites; to everyone else they do not exist."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from partnership import appointing, resetting
from partnership.models import Document, Membership, Role, SecondFactorReset, User
from tests.factories import (
    PDF,
    MembershipFactory,
    OrganisationFactory,
    ProtocolFactory,
    UserFactory,
)
from tests.factories_decisions import coordinator, open_ratification, signatory
from tests.factories_people import MAYOR, act_of, wanted
from tests.pages import LANGUAGES, Page
from tests.staff import fields_of, messages_of, queries, sent, sign_in_with_second_factor, staff, use_second_factor

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 11, 25, 9, 0, tzinfo=datetime.UTC)
DAY = datetime.timedelta(hours=24)
MANDATES = "/fr/admin/partnership/membership/"
APPOINT = f"{MANDATES}appoint/"
SIDES = pytest.mark.parametrize("side", [1, 2])
TYPED = {
    "email": "Fatima@commune.example",
    "name": "Fatima Zahra",
    "function_ar": MAYOR["ar"],
    "function_fr": MAYOR["fr"],
    "function_nl": MAYOR["nl"],
    "citation": "Arrêté n° 12 du 3 novembre 2026",
}


@pytest.fixture(autouse=True)
def at_now() -> Any:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


def act_file() -> SimpleUploadedFile:
    return SimpleUploadedFile("arrete.pdf", PDF, content_type="application/pdf")


def page_of(mandate: Membership, what: str) -> str:
    return f"{MANDATES}{mandate.pk}/{what}/"


def person_of(client: Client) -> User:
    return User.objects.get(pk=client.session["_auth_user_id"])


# Appointing -----------------------------------------------------------------------------------------------------------


@SIDES
def test_a_coordinator_appoints_someone_new_with_a_new_file(protocol: Any, side: int):
    client = staff(protocol, side)
    answer = sent(client, APPOINT, **TYPED, file=act_file())
    made = Membership.objects.get(role="signatory")
    assert answer["Location"] == f"{MANDATES}{made.pk}/change/"
    assert (made.user.email, made.user.has_usable_password()) == ("fatima@commune.example", False)
    assert made.organisation == protocol.parties.get(position=side).organisation
    assert made.effective_at == NOW + DAY
    document = Document.objects.get()
    assert (made.act_document, document.public, document.owner) == (document, False, made.organisation)
    assert protocol.register.get().data["party"] == side
    assert {message.recipient for message in protocol.messages.all()} == {
        "fatima@commune.example",
        person_of(client).email,
    }


def test_someone_who_is_here_is_chosen_and_a_kept_document_too(protocol: Any):
    client, editor = staff(protocol), MembershipFactory(protocol=protocol, role="editor")
    document = act_of(editor).document
    typed = {**TYPED, "email": "", "name": ""}
    assert sent(client, APPOINT, **typed, person=editor.user_id, document=document.pk).status_code == 302  # type: ignore[union-attr]
    assert Membership.objects.get(role="signatory").user == editor.user


def test_the_page_offers_the_own_communes_people_acts_and_mandates_alone(protocol: Any):
    other = protocol.parties.get(position=2)
    theirs = [
        signatory(protocol, 2),
        MembershipFactory(protocol=protocol, organisation=other.organisation, role="editor"),
    ]
    document = act_of(other).document
    ours = signatory(protocol, 1)
    page = staff(protocol).get(APPOINT).content.decode()
    assert str(ours.user) in page
    assert not [each for each in theirs if str(each.user) in page]
    assert str(document.pk) not in page  # type: ignore[union-attr]


def test_what_a_rule_refuses_stands_on_the_page_and_nothing_typed_is_lost(protocol: Any):
    theirs = signatory(protocol, 2)
    client = staff(protocol)
    answer = sent(client, APPOINT, **{**TYPED, "email": theirs.user.email}, file=act_file())
    assert answer.status_code == 422
    assert "I3" in Page(answer).words
    kept = fields_of(answer.content.decode())
    assert (kept["citation"], kept["function_ar"]) == (TYPED["citation"], MAYOR["ar"])
    assert kept["document"] == str(Document.objects.get().pk), "the file is kept and chosen"
    assert not Membership.objects.filter(
        user=theirs.user, organisation=person_of(client).memberships.get().organisation
    )
    assert client.post(APPOINT, {**kept, "email": "neuf@commune.example"}).status_code == 302


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"citation": " "}, "citation"),
        ({"file": None}, "file"),
        ({"file": SimpleUploadedFile("arrete.pdf", b"<html>", content_type="application/pdf")}, "file"),
        ({"email": ""}, "email"),
        ({"name": ""}, "name"),
        ({"function_nl": ""}, "function_nl"),
        ({"starts_on": "demain"}, "starts_on"),
        ({"role": "editor"}, "role"),
    ],
)
def test_what_is_missing_is_said_at_its_field(protocol: Any, typed: dict[str, Any], field: str):
    answer = sent(staff(protocol), APPOINT, **{**TYPED, "file": act_file(), **typed})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not Membership.objects.filter(role="signatory").exists()
    assert not User.objects.filter(email="fatima@commune.example").exists()


@pytest.mark.parametrize("role", [Role.EDITOR, Role.SIGNATORY, Role.EVALUATOR, Role.OBSERVER])
def test_for_other_roles_the_page_does_not_exist(protocol: Any, role: Role):
    client = staff(protocol, role=role)
    assert [client.get(APPOINT).status_code, client.post(APPOINT, TYPED).status_code] == [404, 404]


@pytest.mark.parametrize("with_mandate", [True, False])
def test_for_the_platforms_administrator_the_page_does_not_exist(protocol: Any, with_mandate: bool):
    client = staff(protocol, is_superuser=True)
    if not with_mandate:
        Membership.objects.all().delete()
    assert [client.get(APPOINT).status_code, client.post(APPOINT, TYPED).status_code] == [404, 404]
    assert "appoint/" not in client.get(MANDATES).content.decode()


def test_a_partners_coordinator_appoints_nobody(protocol: Any):
    person = MembershipFactory(protocol=protocol, organisation=OrganisationFactory(), role="coordinator").user
    client = Client()
    sign_in_with_second_factor(client, person)
    assert client.get(APPOINT).status_code == 404


def test_opening_the_page_asks_for_the_second_factor_that_was_not_shown_lately(protocol: Any):
    client = staff(protocol)
    use_second_factor(client, ago=datetime.timedelta(minutes=16))
    answer = client.get(APPOINT)
    assert answer.status_code == 302
    assert "/accounts/" in answer["Location"]
    use_second_factor(client, ago=datetime.timedelta(minutes=14))
    assert client.get(APPOINT).status_code == 200


def test_a_page_sent_long_after_keeps_what_was_typed_until_the_factor_is_shown(protocol: Any):
    client = staff(protocol)
    typed = {**fields_of(client.get(APPOINT).content.decode()), **TYPED, "file": act_file()}
    use_second_factor(client, ago=datetime.timedelta(minutes=61))
    answer = client.post(APPOINT, typed)
    assert answer.status_code == 422
    assert fields_of(answer.content.decode())["citation"] == TYPED["citation"]
    assert not Membership.objects.filter(role="signatory").exists()
    use_second_factor(client)
    assert client.post(APPOINT, fields_of(answer.content.decode())).status_code == 302


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_what_happens_and_when_in_every_language(protocol: Any, language: str):
    coordinator(protocol, 2)
    page = Page(staff(protocol).get(f"/{language}/admin/partnership/membership/appoint/"))
    assert page.root["dir"] == LANGUAGES[language]
    assert "10:00" in page.words
    assert len(page.ids) == len(set(page.ids))


# Ending, handing over, calling off ---------------------------------------------------------------------------------------


@SIDES
def test_a_coordinator_ends_a_key_of_the_own_commune(protocol: Any, side: int):
    client, mayor, deputy = staff(protocol, side), signatory(protocol, side), signatory(protocol, side)
    decision = open_ratification(protocol, by=mayor)
    page = client.get(page_of(mayor, "end"))
    assert decision.number in Page(page).words
    answer = sent(
        client, page_of(mayor, "end"), citation="Élection du 22 novembre", file=act_file(), successor=deputy.pk
    )
    assert answer.status_code == 302
    mayor.refresh_from_db()
    assert (mayor.ceases_at, mayor.successor) == (NOW + DAY, deputy)
    assert "Élection du 22 novembre" in Page(client.get(f"{MANDATES}{mayor.pk}/change/")).words


@SIDES
@pytest.mark.parametrize("what", ["end", "second-factor", "call-off"])
def test_the_other_communes_keys_are_out_of_reach(protocol: Any, side: int, what: str):
    key = appointing.appoint(wanted(), by=coordinator(protocol, side), act=act_of(protocol.parties.get(position=side)))
    client = staff(protocol, 3 - side)
    assert [client.get(page_of(key, what)).status_code, client.post(page_of(key, what)).status_code] == [404, 404]
    own = staff(protocol, side, is_superuser=True)
    assert [own.get(page_of(key, what)).status_code, own.post(page_of(key, what)).status_code] == [404, 404]
    assert [entry.kind for entry in protocol.register.all()] == ["appointment"]


def test_the_last_coordinator_reads_why_and_what_to_do(protocol: Any):
    client = staff(protocol)
    own = person_of(client).memberships.get()
    answer = sent(client, page_of(own, "end"), citation="Arrêté", file=act_file())
    assert answer.status_code == 422
    assert "I3" in Page(answer).words
    own.refresh_from_db()
    assert own.ceases_at is None


def test_an_ordinary_mandate_is_handed_over_on_its_last_day(protocol: Any):
    client = staff(protocol)
    editor, following = (MembershipFactory(protocol=protocol, role="editor") for _each in range(2))
    answer = sent(client, page_of(editor, "end"), last_day="2026-12-31", successor=following.pk)
    assert answer.status_code == 302
    editor.refresh_from_db()
    assert (editor.ends_on, editor.successor) == (datetime.date(2026, 12, 31), following)
    assert not protocol.register.exists()
    assert staff(protocol, 2).get(page_of(editor, "end")).status_code == 404
    assert staff(protocol, role="editor").get(page_of(editor, "end")).status_code == 404


def test_a_last_day_before_the_first_is_refused(protocol: Any):
    editor = MembershipFactory(protocol=protocol, role="editor")
    answer = sent(staff(protocol), page_of(editor, "end"), last_day="2020-01-01")
    assert answer.status_code == 422
    editor.refresh_from_db()
    assert editor.ends_on is None


@pytest.mark.parametrize("what", ["appointment", "end"])
def test_what_has_not_taken_effect_is_called_off(protocol: Any, at_now: Any, what: str):
    client = staff(protocol)
    by = person_of(client).memberships.get()
    if what == "appointment":
        mandate = appointing.appoint(wanted(), by=by, act=act_of(by))
    else:
        mandate = appointing.end_mandate(signatory(protocol, 1), by=by, act=act_of(by))
    at_now.shift(DAY / 2)
    sign_in_with_second_factor(client, by.user)
    assert client.get(page_of(mandate, "call-off")).context["calls_off_mandate"]
    answer = client.post(page_of(mandate, "call-off"), {"mandate": "1"}, follow=True)
    assert protocol.register.count() == 2
    assert answer.redirect_chain == [(f"{MANDATES}{mandate.pk}/change/", 302)]
    assert len(messages_of(answer)) > 0
    assert client.post(page_of(mandate, "call-off"), {"mandate": "1"}).status_code == 302
    assert protocol.register.count() == 2, "the second time is refused"


# The second factor ---------------------------------------------------------------------------------------------------------


def with_factor(mandate: Membership) -> Membership:
    Authenticator.objects.create(user=mandate.user, type=Authenticator.Type.TOTP, data={})
    return mandate


def test_a_keys_second_factor_is_reset_on_an_act_a_day_later(protocol: Any):
    client, mayor = staff(protocol), with_factor(signatory(protocol, 1))
    assert sent(client, page_of(mayor, "second-factor"), citation="Demande écrite", file=act_file()).status_code == 302
    reset = SecondFactorReset.objects.get()
    assert (reset.membership, reset.due_at) == (mayor, NOW + DAY)
    assert Authenticator.objects.filter(user=mayor.user).exists()


def test_whoever_still_has_the_factor_calls_the_reset_off(protocol: Any):
    by, mayor = coordinator(protocol, 1), with_factor(signatory(protocol, 1))
    resetting.ask_for_reset(mayor, by=by, act=act_of(by))
    client, another = Client(), Client()
    sign_in_with_second_factor(client, mayor.user)
    sign_in_with_second_factor(another, signatory(protocol, 1).user)
    assert another.post(page_of(mayor, "call-off"), {"reset": "1"}).status_code == 404
    page = client.get(page_of(mayor, "call-off"))
    assert not page.context["calls_off_mandate"]
    assert client.post(page_of(mayor, "call-off"), {"reset": "1"}).status_code == 302
    assert SecondFactorReset.objects.get().called_off_at == NOW


@pytest.mark.parametrize(
    ("position", "role", "status"), [(1, "coordinator", 302), (2, "coordinator", 404), (1, "editor", 404)]
)
def test_an_editors_second_factor_is_reset_at_once_by_their_own_coordinator(
    protocol: Any, position: int, role: str, status: int
):
    editor = with_factor(MembershipFactory(protocol=protocol, role="editor"))
    client = staff(protocol, position, role)
    assert client.post(page_of(editor, "second-factor")).status_code == status
    assert Authenticator.objects.filter(user=editor.user).exists() is (status == 404)


def test_a_key_is_never_reset_by_way_of_another_mandate(protocol: Any):
    mayor = with_factor(signatory(protocol, 2))
    partner = MembershipFactory(protocol=protocol, organisation=OrganisationFactory(), user=mayor.user, role="editor")
    client = staff(protocol)
    assert client.post(page_of(partner, "second-factor")).status_code == 404
    assert Authenticator.objects.filter(user=mayor.user).exists()


# Lists and forms -----------------------------------------------------------------------------------------------------------


def test_a_mandates_page_offers_what_can_be_done_with_it_now(protocol: Any, at_now: Any):
    client = staff(protocol)
    by = person_of(client).memberships.get()
    person = with_factor(signatory(protocol, 1)).user
    mandate = appointing.appoint(wanted(person, role=Role.COORDINATOR), by=by, act=act_of(by))

    def offered() -> list[str]:
        return [
            url.rstrip("/").rpartition("/")[2]
            for url, _words in client.get(f"{MANDATES}{mandate.pk}/change/").context["act_links"]
        ]

    assert offered() == ["call-off", "second-factor"]
    at_now.shift(DAY)
    sign_in_with_second_factor(client, by.user)
    assert offered() == ["second-factor", "end"]
    appointing.end_mandate(mandate, by=by, act=act_of(by))
    assert offered() == ["call-off", "second-factor"]
    at_now.shift(DAY)
    sign_in_with_second_factor(client, by.user)
    assert offered() == []
    assert "act_links" in staff(protocol, 2).get(f"{MANDATES}{mandate.pk}/change/").context


def test_the_list_says_from_and_until_when(protocol: Any):
    client = staff(protocol)
    by = person_of(client).memberships.get()
    pending = appointing.appoint(wanted(), by=by, act=act_of(by))
    ending = appointing.end_mandate(signatory(protocol, 1), by=by, act=act_of(by))
    rows = {row.pk: row for row in client.get(MANDATES).context["cl"].queryset}
    assert {pending.pk, ending.pk} <= set(rows)
    assert Page(client.get(MANDATES)).words.count("26 novembre 2026") == 2
    found = {
        value: {row.pk for row in client.get(MANDATES, {"valid": value}).context["cl"].queryset}
        for value in ("today", "coming", "past")
    }
    assert pending.pk in found["coming"]
    assert ending.pk in found["today"]
    assert not found["past"]


def test_a_list_of_mandates_costs_the_same_with_many_rows(protocol: Any):
    client = staff(protocol)
    for _each in range(2):
        mayor = signatory(protocol, 1)
        mayor.deputy = signatory(protocol, 1)
        mayor.save()
    few = queries(client, MANDATES)
    for _each in range(30):
        signatory(protocol, 1, deputy=signatory(protocol, 1))
    assert queries(client, MANDATES) == few


@pytest.mark.parametrize("role", [Role.SIGNATORY, Role.COORDINATOR])
def test_keys_are_not_entered_in_the_ordinary_form(protocol: Any, role: Role):
    client = staff(protocol)
    assert f'value="{role}"' not in client.get(f"{MANDATES}add/").content.decode()
    commune = protocol.parties.get(position=1).organisation
    typed = {"user": UserFactory().pk, "organisation": commune.pk, "basis": "delegation", "starts_on": "01/09/2026"}
    answer = sent(client, f"{MANDATES}add/", **typed, role=role)
    assert "role" in answer.context["adminform"].form.errors
    key = MembershipFactory(protocol=protocol, role=role)
    assert client.post(f"{MANDATES}{key.pk}/change/", {**typed, "role": "editor"}).status_code == 403


def test_a_deputy_in_the_ordinary_form_holds_the_same_role_for_the_same_organisation(protocol: Any):
    client = staff(protocol)
    editor, colleague = (MembershipFactory(protocol=protocol, role="editor") for _each in range(2))
    observer = MembershipFactory(protocol=protocol, role="observer")
    address = f"{MANDATES}{editor.pk}/change/"
    for other in (observer, editor):
        assert "deputy" in sent(client, address, deputy=other.pk).context["adminform"].form.errors
    assert sent(client, address, deputy=colleague.pk).status_code == 302
    editor.refresh_from_db()
    assert editor.deputy == colleague


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_persons_page_says_what_they_may_do_and_on_which_act(protocol: Any, language: str):
    client = staff(protocol)
    mayor = signatory(protocol, 1, act="Élection du 22 novembre 2021")
    page = client.get(f"/{language}/admin/partnership/user/{mayor.user_id}/change/")
    assert "Élection du 22 novembre 2021" in Page(page).words
    [explanation] = page.context["explanations"]
    assert explanation.mandate.membership == mayor
    own = client.get(f"/{language}/admin/partnership/user/{person_of(client).pk}/change/").context["explanations"]
    assert own[0].grants != explanation.grants


def test_a_person_without_a_mandate_in_effect_may_do_nothing_and_reads_so(protocol: Any):
    client = staff(protocol)
    by = person_of(client).memberships.get()
    pending = appointing.appoint(wanted(), by=by, act=act_of(by))
    page = client.get(f"/fr/admin/partnership/user/{pending.user_id}/change/")
    assert page.context["explanations"] == []
