"""Two keys never lie in one hand: who appoints signatories and coordinators, how it is told, and when it takes effect [I3]."""

from __future__ import annotations

import datetime
from functools import partial
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.utils import translation

from partnership import appointing, clock, mandates, outbox, register
from partnership.appointing import KeysApart, NotComplete, NotYours, Over
from partnership.mandates import NotASignatory
from partnership.models import Document, EntryKind, Membership, Protocol, ProtocolState, Role
from partnership.refusals import Refusal
from tests.at_once import ROUNDS, at_once, refused
from tests.factories import DocumentFactory, MembershipFactory, OrganisationFactory, ProtocolFactory, UserFactory
from tests.factories_decisions import coordinator, signatory
from tests.factories_people import MAYOR, act_of, wanted

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 11, 25, 9, 0, tzinfo=datetime.UTC)
DAY = datetime.timedelta(hours=24)
SIDES = pytest.mark.parametrize("side", [1, 2])
"""Whatever holds for one commune holds for the other [I2]."""
KEYS = pytest.mark.parametrize("role", [Role.SIGNATORY, Role.COORDINATOR])


@pytest.fixture(autouse=True)
def at_now() -> Any:
    with translation.override("en"), time_machine.travel(NOW, tick=False) as clock:  # refusals in the words of the code
        yield clock


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


def appointed(by: Membership, **values: Any) -> Membership:
    return appointing.appoint(wanted(**values), by=by, act=act_of(by))


def runs(mandate: Membership) -> bool:
    return mandates.is_valid(Membership.objects.get(pk=mandate.pk))


def entries(protocol: Protocol) -> list[dict[str, Any]]:
    return [entry.data for entry in protocol.register.order_by("sequence")]


def addressees(protocol: Protocol) -> set[str]:
    return set(protocol.messages.values_list("recipient", flat=True))


# Appointing -----------------------------------------------------------------------------------------------------------


@SIDES
@KEYS
def test_an_appointment_takes_effect_a_day_later(protocol: Any, at_now: Any, side: int, role: Role):
    mandate = appointed(coordinator(protocol, side), role=role)
    at_now.move_to(NOW + DAY - datetime.timedelta(seconds=1))
    assert not runs(mandate)
    at_now.move_to(NOW + DAY)
    assert runs(mandate)


@SIDES
def test_whoever_is_appointed_acts_for_the_coordinators_own_commune(protocol: Any, side: int):
    by = coordinator(protocol, side)
    mandate = appointed(by)
    assert (mandate.organisation, mandate.protocol) == (by.organisation, protocol)
    assert (mandate.function_ar, mandate.function_nl) == (MAYOR["ar"], MAYOR["nl"])  # type: ignore[attr-defined]
    assert mandate.act_document is not None
    assert mandate.user.is_staff


@SIDES
def test_the_register_names_function_commune_and_act_and_no_person(protocol: Any, side: int):
    by = coordinator(protocol, side)
    mandate = appointed(by, person=UserFactory(name="Fatima Zahra", email="fz@commune.example"))
    [entry] = protocol.register.all()
    assert (entry.kind, entry.data["function"], entry.data["party"]) == (EntryKind.APPOINTMENT, MAYOR, side)
    assert entry.data["commune"] == mandates.commune_names(by.organisation)
    assert entry.data["act"]["citation"] == "Arrêté n° 12 du 3 novembre 2026"
    assert len(entry.data["act"]["document"]) == 64
    assert entry.data["takes_effect_at"] == (NOW + DAY).isoformat()
    assert not any(word in entry.payload for word in ("Fatima", "fz@", str(by.user), by.user.email))
    assert register.verify(protocol).intact
    assert mandate.role == "signatory"


@SIDES
def test_both_communes_and_the_person_are_told(protocol: Any, side: int):
    told = [coordinator(protocol, place) for place in (1, 2)] + [signatory(protocol, place) for place in (1, 2)]
    MembershipFactory(protocol=protocol, role="editor")
    MembershipFactory(protocol=protocol, role="signatory", ends_on=NOW.date() - DAY)
    person = UserFactory()
    appointed(told[side - 1], person=person)
    assert addressees(protocol) == {each.user.email for each in told} | {person.email}
    assert protocol.messages.count() == 5


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ar", ["رئيس المجلس الجماعي"]),
        ("fr", ["Bourgmestre"]),
        ("nl", ["Burgemeester"]),
        ("", ["Bourgmestre", "Burgemeester"]),
    ],
)
def test_everyone_is_told_in_their_language_when_it_takes_effect_in_their_commune(
    protocol: Any, language: str, words: list[str]
):
    by = coordinator(protocol, 1)
    reader = coordinator(protocol, 2, user__language=language)
    appointed(by, person=UserFactory(name="Fatima Zahra"))
    outbox.send_due()
    [message] = [each for each in mail.outbox if each.to == [reader.user.email]]
    text = message.message().get_body(("plain",)).get_content()  # type: ignore[attr-defined]
    assert [word for word in (MAYOR["ar"], MAYOR["fr"], MAYOR["nl"]) if word in text] == words
    assert (
        text.count("Fatima Zahra") == text.count("10:00") == text.count("/admin/partnership/membership/") == len(words)
    )


def test_whoever_is_entered_is_invited(protocol: Any):
    person = UserFactory(password=None)
    appointed(coordinator(protocol, 1), person=person)
    assert protocol.messages.filter(recipient=person.email, key__startswith="invitation:").count() == 1


@pytest.mark.parametrize("role", [Role.EDITOR, Role.SIGNATORY, Role.EVALUATOR, Role.OBSERVER])
def test_only_a_coordinator_appoints(protocol: Any, role: Role):
    commune = protocol.parties.get(position=1).organisation
    by = MembershipFactory(protocol=protocol, organisation=commune, role=role)
    with pytest.raises(NotASignatory):
        appointed(by)
    assert not protocol.register.exists()


@pytest.mark.parametrize(
    "dates",
    [{"ends_on": NOW.date() - DAY}, {"starts_on": NOW.date() + DAY}, {"effective_at": NOW + DAY}, {"ceases_at": NOW}],
)
def test_a_mandate_that_does_not_run_appoints_nobody(protocol: Any, dates: dict[str, Any]):
    with pytest.raises(NotASignatory):
        appointed(coordinator(protocol, 1, **dates))


def test_the_platforms_administrator_appoints_nobody_whatever_mandate_they_hold(protocol: Any):
    with pytest.raises(NotYours, match="administrator"):
        appointed(coordinator(protocol, 1, user__is_superuser=True))


def test_a_coordinator_of_another_organisation_appoints_nobody(protocol: Any):
    by = MembershipFactory(protocol=protocol, organisation=OrganisationFactory(), role="coordinator")
    with pytest.raises(NotASignatory):
        appointed(by)


@KEYS
def test_nobody_appoints_themself(protocol: Any, role: Role):
    by = coordinator(protocol, 1)
    with pytest.raises(NotYours, match="themself"):
        appointed(by, person=by.user, role=role)


@SIDES
@KEYS
@pytest.mark.parametrize("held", [Role.SIGNATORY, Role.COORDINATOR])
@pytest.mark.parametrize("since", [{}, {"starts_on": NOW.date() + DAY * 30}, {"effective_at": NOW + DAY}])
def test_two_keys_never_lie_in_one_hand(protocol: Any, side: int, role: Role, held: Role, since: dict[str, Any]):
    other = protocol.parties.exclude(position=side).get().organisation
    theirs = MembershipFactory(protocol=protocol, organisation=other, role=held, **since)
    with pytest.raises(KeysApart) as refusal:
        appointed(coordinator(protocol, side), person=theirs.user, role=role)
    assert refusal.value.code == "I3"
    assert Membership.objects.filter(user=theirs.user).count() == 1


def test_a_key_of_the_other_commune_in_another_protocol_counts_too(protocol: Any):
    other = protocol.parties.get(position=2).organisation
    elsewhere = MembershipFactory(protocol=ProtocolFactory(), organisation=other, role="signatory")
    with pytest.raises(KeysApart):
        appointed(coordinator(protocol, 1), person=elsewhere.user)


def test_whose_mandate_in_the_other_commune_is_over_can_be_appointed(protocol: Any):
    other = protocol.parties.get(position=2).organisation
    former = MembershipFactory(
        protocol=protocol, organisation=other, role="signatory", ends_on=NOW.date() - datetime.timedelta(days=1)
    )
    assert appointed(coordinator(protocol, 1), person=former.user).user == former.user


def test_an_editor_of_the_other_commune_holds_no_key(protocol: Any):
    other = protocol.parties.get(position=2).organisation
    editor = MembershipFactory(protocol=protocol, organisation=other, role="editor")
    assert appointed(coordinator(protocol, 1), person=editor.user).role == Role.SIGNATORY


def test_an_appointment_needs_its_act_and_the_acts_document(protocol: Any):
    by = coordinator(protocol, 1)
    good = act_of(by)
    theirs = act_of(protocol.parties.get(position=2)).document
    elsewhere = DocumentFactory(protocol=ProtocolFactory(), owner=by.organisation)
    for citation, document in ((" ", good.document), ("n° 1", None), ("n° 1", theirs), ("n° 1", elsewhere)):
        with pytest.raises(NotComplete):
            appointing.appoint(wanted(), by=by, act=appointing.Act(citation, document))


@pytest.mark.parametrize("language", ["ar", "fr", "nl"])
def test_an_appointment_needs_the_function_in_three_languages(protocol: Any, language: str):
    with pytest.raises(NotComplete):
        appointed(coordinator(protocol, 1), function={**MAYOR, language: "  "})


@pytest.mark.parametrize("role", [Role.EDITOR, Role.EVALUATOR, Role.OBSERVER])
def test_only_keys_are_appointed(protocol: Any, role: Role):
    with pytest.raises(NotComplete):
        appointed(coordinator(protocol, 1), role=role)


def test_a_closed_account_is_given_no_key(protocol: Any):
    with pytest.raises(KeysApart, match="closed"):
        appointed(coordinator(protocol, 1), person=UserFactory(is_active=False))


def test_a_role_is_held_once(protocol: Any):
    by = coordinator(protocol, 1)
    held = appointed(by)
    with pytest.raises(Over, match="already"):
        appointed(by, person=held.user)


def test_a_protocol_that_has_ended_appoints_nobody(protocol: Any):
    by = coordinator(protocol, 1)
    protocol.state = ProtocolState.ENDED
    protocol.save()
    by.refresh_from_db()
    with pytest.raises(Over):
        appointed(by)


def test_a_deputy_is_a_signatory_too_and_may_sign(protocol: Any, at_now: Any):
    mayor = signatory(protocol, 1)
    deputy = appointed(coordinator(protocol, 1), deputy_of=mayor)
    mayor.refresh_from_db()
    assert (mayor.deputy, deputy.role) == (deputy, Role.SIGNATORY)
    at_now.shift(DAY)
    assert runs(deputy)


def test_a_deputy_stands_in_for_the_same_role_of_the_same_commune(protocol: Any):
    by = coordinator(protocol, 1)
    for other in (signatory(protocol, 2), by, MembershipFactory(protocol=ProtocolFactory(), role="signatory")):
        with pytest.raises(Refusal, match="same role"):
            appointed(by, deputy_of=other)


# Ending ---------------------------------------------------------------------------------------------------------------


@SIDES
def test_the_end_of_a_mandate_takes_effect_a_day_later(protocol: Any, at_now: Any, side: int):
    by, mayor = coordinator(protocol, side), signatory(protocol, side)
    appointing.end_mandate(mayor, by=by, act=act_of(by))
    at_now.move_to(NOW + DAY - datetime.timedelta(seconds=1))
    assert runs(mayor)
    at_now.move_to(NOW + DAY)
    assert not runs(mayor)
    [entry] = entries(protocol)
    assert (entry["entry"], entry["party"], entry["called_off"]) == ("end_of_mandate", side, False)
    assert mayor.user.email in addressees(protocol)


@SIDES
@KEYS
def test_the_other_communes_coordinator_takes_no_key(protocol: Any, side: int, role: Role):
    commune = protocol.parties.get(position=side).organisation
    key = MembershipFactory(protocol=protocol, organisation=commune, role=role)
    by = coordinator(protocol, 3 - side)
    with pytest.raises(NotYours):
        appointing.end_mandate(key, by=by, act=act_of(by))
    assert runs(key)


def test_a_coordinator_of_the_same_commune_in_another_protocol_takes_no_key(protocol: Any):
    mayor = signatory(protocol, 1)
    another = ProtocolFactory()
    another.parties.filter(position=1).update(organisation=mayor.organisation)
    by = coordinator(another, 1)
    with pytest.raises(NotYours):
        appointing.end_mandate(mayor, by=by, act=act_of(by))


def test_an_ordinary_mandate_holds_no_key(protocol: Any):
    by = coordinator(protocol, 1)
    with pytest.raises(NotYours, match="hand it over"):
        appointing.end_mandate(MembershipFactory(protocol=protocol, role="editor"), by=by, act=act_of(by))


def test_a_mandate_ends_once(protocol: Any):
    by, mayor = coordinator(protocol, 1), signatory(protocol, 1)
    appointing.end_mandate(mayor, by=by, act=act_of(by))
    with pytest.raises(Over):
        appointing.end_mandate(mayor, by=by, act=act_of(by))
    with pytest.raises(Over):
        appointing.end_mandate(signatory(protocol, 1, ends_on=NOW.date() - DAY), by=by, act=act_of(by))


@SIDES
def test_a_commune_keeps_a_coordinator(protocol: Any, side: int):
    by = coordinator(protocol, side)
    coordinator(protocol, 3 - side)
    MembershipFactory(protocol=protocol, organisation=by.organisation, role="editor")
    with pytest.raises(Over, match="without a coordinator"):
        appointing.end_mandate(by, by=by, act=act_of(by))
    by.refresh_from_db()
    assert by.ceases_at is None
    assert not protocol.register.exists()


def test_the_next_coordinator_comes_in_place_of_the_last(protocol: Any, at_now: Any):
    by = coordinator(protocol, 1)
    following = appointed(by, role=Role.COORDINATOR, in_place_of=by)
    assert [runs(by), runs(following)] == [True, False]
    at_now.shift(DAY)
    assert [runs(by), runs(following)] == [False, True]
    assert [entry["entry"] for entry in entries(protocol)] == ["end_of_mandate", "appointment"]


def test_a_mandate_is_renewed_in_place_of_itself(protocol: Any, at_now: Any):
    by, mayor = coordinator(protocol, 1), signatory(protocol, 1)
    renewed = appointed(by, person=mayor.user, in_place_of=mayor)
    at_now.shift(DAY)
    assert [runs(mayor), runs(renewed)] == [False, True]


def test_a_successor_holds_the_same_role_for_the_same_commune(protocol: Any):
    by, mayor = coordinator(protocol, 1), signatory(protocol, 1)
    gone = signatory(protocol, 1, ends_on=NOW.date() - DAY)
    for other in (signatory(protocol, 2), by, mayor, gone):
        with pytest.raises(Refusal):
            appointing.end_mandate(mayor, by=by, act=act_of(by), successor=other)
    mayor.refresh_from_db()
    assert (mayor.ceases_at, mayor.successor) == (None, None)


# Calling off ----------------------------------------------------------------------------------------------------------


@SIDES
def test_an_appointment_is_called_off_before_it_takes_effect(protocol: Any, at_now: Any, side: int):
    by = coordinator(protocol, side)
    mandate = appointed(by)
    at_now.shift(DAY / 2)
    appointing.call_off(mandate, by=by)
    at_now.shift(DAY)
    assert not runs(mandate)
    assert [(entry["entry"], entry["called_off"]) for entry in entries(protocol)] == [
        ("appointment", False),
        ("appointment", True),
    ]
    assert Membership.objects.get(pk=mandate.pk).is_called_off


def test_whom_it_was_to_replace_stays_and_so_does_the_absent(protocol: Any, at_now: Any):
    by, mayor, absent = coordinator(protocol, 1), signatory(protocol, 1), signatory(protocol, 1)
    following = appointed(by, in_place_of=mayor, deputy_of=absent)
    appointing.call_off(following, by=by)
    at_now.shift(DAY)
    mayor.refresh_from_db()
    absent.refresh_from_db()
    assert runs(mayor)
    assert (mayor.successor, mayor.end_act, absent.deputy) == (None, "", None)


def test_an_end_is_called_off_before_it_takes_effect(protocol: Any, at_now: Any):
    by, mayor = coordinator(protocol, 1), signatory(protocol, 1)
    appointing.end_mandate(mayor, by=by, act=act_of(by), successor=signatory(protocol, 1))
    appointing.call_off(mayor, by=by)
    at_now.shift(DAY)
    assert runs(mayor)
    assert [entry["called_off"] for entry in entries(protocol)] == [False, True]


def test_what_has_taken_effect_is_not_called_off(protocol: Any, at_now: Any):
    by = coordinator(protocol, 1)
    mandate = appointed(by)
    at_now.shift(DAY)
    with pytest.raises(Over):
        appointing.call_off(mandate, by=by)
    with pytest.raises(NotYours):
        appointing.call_off(mandate, by=coordinator(protocol, 2))


def test_after_calling_off_the_same_person_can_be_appointed_the_same_day(protocol: Any):
    by, person = coordinator(protocol, 1), UserFactory()
    appointing.call_off(appointed(by, person=person), by=by)
    assert appointed(by, person=person).user == person


# At the same instant --------------------------------------------------------------------------------------------------

AT_ONCE = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]


class TestAtOnce:
    pytestmark = AT_ONCE

    def test_both_communes_reach_for_the_same_person(self, protocol: Any):
        both = [coordinator(protocol, side) for side in (1, 2)]
        acts = [act_of(by) for by in both]
        for _round in range(ROUNDS):
            person = UserFactory()
            results = at_once(
                *(
                    partial(appointing.appoint, wanted(person), by=by, act=act)
                    for by, act in zip(both, acts, strict=True)
                )
            )
            assert [type(result) for result in refused(results)] == [KeysApart]
            assert Membership.objects.filter(user=person).count() == 1
        assert register.verify(protocol).count == ROUNDS

    def test_two_coordinators_end_each_other(self, protocol: Any):
        for _round in range(ROUNDS):
            Membership.objects.filter(role="coordinator", ceases_at__isnull=True).update(ceases_at=NOW)
            pair = [coordinator(protocol, 1) for _each in range(2)]
            acts = [act_of(by) for by in pair]
            ends = zip(pair, reversed(pair), acts, strict=True)
            results = at_once(*(partial(appointing.end_mandate, other, by=by, act=act) for by, other, act in ends))
            assert [type(result) for result in refused(results)] == [Over]
            assert Membership.objects.filter(pk__in=[each.pk for each in pair], ceases_at__isnull=True).count() == 1


def test_the_clock_of_a_story_counts(at_now: Any):
    protocol = ProtocolFactory(is_demonstration=True)
    by = coordinator(protocol, 1)
    with clock.set_to(NOW - DAY * 100):
        mandate = appointed(by)
    assert mandate.effective_at == NOW - DAY * 99
    assert runs(mandate)
    assert not protocol.messages.exists()
    assert Document.objects.filter(owner=by.organisation).count() == 1
