"""Joint decisions: nothing is decided by one side [I1 to I4]."""

from __future__ import annotations

import datetime

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from partnership import canonical, decisions, locks, opening, register, signing
from partnership.mandates import NotASignatory
from partnership.models import DecisionState, Position, ProtocolState, RegisterEntry, Signature
from partnership.opening import Afterwards
from partnership.signing import Answer
from tests.factories import DocumentFactory, MembershipFactory, OrganisationFactory, ProtocolFactory
from tests.factories_decisions import (
    DeliberationFactory,
    approve,
    coordinator,
    open_ratification,
    pending,
    ratify,
    signatory,
    write,
)

pytestmark = pytest.mark.django_db
REFUSAL = Answer(Position.REFUSE, reason="Le calendrier ne convient pas.", reason_language="fr")


@pytest.fixture
def protocol():
    return ProtocolFactory()


@pytest.fixture
def decision(protocol):
    return open_ratification(protocol)


def sign(decision, by, answer):
    return signing.sign(decision.pk, by=by, digest_seen=decision.digest, answer=answer)


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_a_protocol_is_in_force_once_both_communes_have_ratified_it(protocol, decision, order):
    approve(decision, signatory(protocol, order[0]))
    protocol.refresh_from_db()
    assert protocol.state == ProtocolState.DRAFT
    approve(decision, signatory(protocol, order[1]))
    protocol.refresh_from_db()
    decision.refresh_from_db()
    assert (protocol.state, decision.state) == (ProtocolState.IN_FORCE, DecisionState.ADOPTED)
    entry = RegisterEntry.objects.get(protocol=protocol)
    assert entry.data["decision"]["digest"] == canonical.digest(decision.statement)
    assert [signature["party"] for signature in entry.data["signatures"]] == list(order)
    assert register.verify(protocol).intact


def test_a_protocol_cannot_be_put_in_force_past_its_decision(protocol):
    protocol.state = ProtocolState.IN_FORCE
    with pytest.raises(IntegrityError), transaction.atomic():
        protocol.save()


@pytest.mark.parametrize("position", [1, 2])
def test_nobody_signs_twice(protocol, decision, position):
    head = signatory(protocol, position)
    approve(decision, head)
    with pytest.raises(signing.AlreadySigned):
        approve(decision, head)


@pytest.mark.parametrize("position", [1, 2])
def test_a_second_signatory_of_the_same_commune_adds_nothing(protocol, decision, position):
    approve(decision, signatory(protocol, position))
    with pytest.raises(signing.AlreadySigned):
        approve(decision, signatory(protocol, position))


def test_nobody_signs_for_both_communes(protocol, decision):
    head = signatory(protocol, 1)
    approve(decision, head)
    other = signatory(protocol, 2, user=head.user)
    with pytest.raises(signing.AlreadySigned):
        approve(decision, other)


@pytest.mark.parametrize("position", [1, 2])
def test_where_a_second_hand_countersigns_one_signature_is_not_enough(position):
    protocol = ProtocolFactory(**{("first__hands" if position == 1 else "second__hands"): 2})
    decision = open_ratification(protocol)
    approve(decision, signatory(protocol, 3 - position))
    approve(decision, signatory(protocol, position))
    decision.refresh_from_db()
    assert decision.state == DecisionState.OPEN
    approve(decision, signatory(protocol, position))
    decision.refresh_from_db()
    assert decision.state == DecisionState.ADOPTED


@pytest.mark.parametrize("role", ["coordinator", "editor", "evaluator", "observer"])
def test_no_other_role_signs(protocol, decision, role):
    commune = protocol.parties.get(position=2).organisation
    with pytest.raises(NotASignatory) as refusal:
        sign(decision, MembershipFactory(protocol=protocol, organisation=commune, role=role), REFUSAL)
    assert refusal.value.code == "I3"


def test_a_signatory_of_another_organisation_or_protocol_does_not_sign(protocol, decision):
    elsewhere = signatory(ProtocolFactory(), 1)
    body = MembershipFactory(protocol=protocol, organisation=OrganisationFactory(), role="signatory")
    for stranger in (elsewhere, body):
        with pytest.raises(NotASignatory):
            sign(decision, stranger, REFUSAL)


def test_an_ended_mandate_does_not_sign(protocol, decision):
    yesterday = timezone.localdate() - datetime.timedelta(days=2)
    with pytest.raises(NotASignatory):
        sign(decision, signatory(protocol, 1, ends_on=yesterday), REFUSAL)


def test_a_mandate_signs_only_once_it_is_in_effect(protocol, decision):
    now = timezone.now()
    new = signatory(protocol, 1, effective_at=now + datetime.timedelta(hours=24))
    with pytest.raises(NotASignatory):
        sign(decision, new, REFUSAL)
    with time_machine.travel(now + datetime.timedelta(hours=25), tick=False):
        sign(decision, new, REFUSAL)
    assert Signature.objects.get(decision=decision).membership == new


def test_a_person_who_may_no_longer_sign_in_does_not_sign(protocol, decision):
    with pytest.raises(NotASignatory):
        sign(decision, signatory(protocol, 1, user__is_active=False), REFUSAL)


def test_the_page_read_is_the_text_signed(protocol, decision):
    with pytest.raises(signing.StatementChanged):
        signing.sign(decision.pk, by=signatory(protocol, 1), digest_seen="0" * 64, answer=REFUSAL)


def test_a_record_changed_past_every_lock_cannot_be_signed(protocol, decision):
    type(protocol).objects.filter(pk=protocol.pk).update(title_nl="Een ander protocol")
    with pytest.raises(signing.StatementChanged):
        approve(decision, signatory(protocol, 1))


def test_without_a_deliberation_there_is_no_approval(protocol, decision):
    with pytest.raises(signing.DeliberationRefused):
        sign(decision, signatory(protocol, 1), Answer(Position.APPROVE))


def test_a_deliberation_that_is_not_executory_carries_no_approval(protocol, decision):
    waiting = pending(protocol.parties.get(position=1))
    with pytest.raises(signing.DeliberationRefused):
        approve(decision, signatory(protocol, 1), deliberation=waiting)


def test_the_other_councils_deliberation_carries_nothing(protocol, decision):
    theirs = DeliberationFactory(party=protocol.parties.get(position=2))
    with pytest.raises(signing.DeliberationRefused):
        approve(decision, signatory(protocol, 1), deliberation=theirs)


def test_a_negative_deliberation_carries_a_refusal_and_no_approval(protocol, decision):
    rejected = DeliberationFactory(party=protocol.parties.get(position=1), approved=False)
    head = signatory(protocol, 1)
    with pytest.raises(signing.DeliberationRefused):
        approve(decision, head, deliberation=rejected)
    sign(decision, head, Answer(Position.REFUSE, "Le conseil a rejeté le texte.", "fr", rejected))
    decision.refresh_from_db()
    assert decision.state == DecisionState.REFUSED


def test_a_deliberation_that_lost_its_effect_between_two_signatures_stops_the_adoption(protocol, decision):
    resolution = DeliberationFactory(party=protocol.parties.get(position=1))
    approve(decision, signatory(protocol, 1), deliberation=resolution)
    resolution.without_effect_since = timezone.localdate()
    resolution.save()
    with pytest.raises(signing.DeliberationRefused):
        approve(decision, signatory(protocol, 2))
    decision.refresh_from_db()
    assert decision.state == DecisionState.OPEN
    assert decision.signatures.count() == 1


@pytest.mark.parametrize("position", [1, 2])
def test_a_refusal_ends_the_decision(protocol, decision, position):
    sign(decision, signatory(protocol, position), REFUSAL)
    decision.refresh_from_db()
    assert decision.state == DecisionState.REFUSED
    assert RegisterEntry.objects.get(protocol=protocol).data["signatures"][0]["reason"] == REFUSAL.reason
    with pytest.raises(signing.DecisionClosed):
        approve(decision, signatory(protocol, 3 - position))


@pytest.mark.parametrize("position", [Position.REFUSE, Position.RESERVE])
def test_a_refusal_and_a_reservation_give_their_reason(protocol, decision, position):
    deliberation = DeliberationFactory(party=protocol.parties.get(position=1))
    with pytest.raises(ValidationError):
        sign(decision, signatory(protocol, 1), Answer(position, "  ", "fr", deliberation))
    assert decision.signatures.count() == 0


def test_a_reservation_adopts_and_stays_readable(protocol, decision):
    words = "À condition que le calendrier évite la saison de récolte."
    party = protocol.parties.get(position=2)
    sign(decision, signatory(protocol, 2), Answer(Position.RESERVE, words, "fr", DeliberationFactory(party=party)))
    approve(decision, signatory(protocol, 1))
    decision.refresh_from_db()
    assert decision.state == DecisionState.ADOPTED
    assert RegisterEntry.objects.get(protocol=protocol).data["signatures"][0]["reason"] == words


@pytest.mark.parametrize("position", [1, 2])
def test_either_side_withdraws_and_what_was_signed_is_void(protocol, decision, position):
    approve(decision, signatory(protocol, 1))
    signing.withdraw(decision.pk, by=coordinator(protocol, position), reason="Une date est fausse.", language="fr")
    decision.refresh_from_db()
    assert decision.state == DecisionState.WITHDRAWN
    assert decision.signatures.count() == 1
    assert RegisterEntry.objects.get(protocol=protocol).data["decision"]["state"] == "withdrawn"
    with pytest.raises(signing.DecisionClosed):
        approve(decision, signatory(protocol, 2))
    assert open_ratification(protocol).pk != decision.pk


def test_a_withdrawal_says_why(protocol, decision):
    with pytest.raises(ValidationError):
        signing.withdraw(decision.pk, by=coordinator(protocol, 1), reason=" ", language="fr")


def test_a_decision_nobody_had_signed_leaves_no_entry_when_it_is_withdrawn(protocol, decision):
    signing.withdraw(decision.pk, by=coordinator(protocol, 2), reason="Trop tôt.", language="fr")
    assert not RegisterEntry.objects.filter(protocol=protocol).exists()


@pytest.mark.parametrize("role", ["editor", "evaluator", "observer"])
def test_only_coordinators_and_signatories_propose(protocol, role):
    commune = protocol.parties.get(position=1).organisation
    with pytest.raises(NotASignatory):
        open_ratification(protocol, by=MembershipFactory(protocol=protocol, organisation=commune, role=role))


def test_one_decision_of_a_kind_is_open_on_a_record(protocol, decision):
    with pytest.raises(ValidationError):
        open_ratification(protocol)


def test_a_past_deadline_is_refused_and_a_deadline_never_decides(protocol):
    kind, proposer = decisions.kind("ratify_protocol"), coordinator(protocol, 1)
    today = timezone.localdate()
    with pytest.raises(ValidationError):
        opening.propose(kind, protocol, by=proposer, deadline=today - datetime.timedelta(days=1))
    decision = opening.propose(kind, protocol, by=proposer, deadline=today)
    with time_machine.travel(timezone.now() + datetime.timedelta(days=30), tick=False):
        approve(decision, signatory(protocol, 1))
        decision.refresh_from_db()
        assert decision.state == DecisionState.OPEN


def test_an_act_older_than_the_platform_keeps_its_own_date_and_is_entered_today(protocol):
    act = Afterwards(datetime.date(2019, 3, 4), DocumentFactory(protocol=protocol))
    decision = opening.propose(decisions.kind("ratify_protocol"), protocol, by=coordinator(protocol, 1), afterwards=act)
    for position in (1, 2):
        approve(decision, signatory(protocol, position))
    entry = RegisterEntry.objects.get(protocol=protocol)
    assert entry.data["decision"]["decided_on"] == "2019-03-04"
    assert entry.at.date() == timezone.now().date()


def test_an_open_and_an_adopted_text_is_locked_for_every_writer(protocol, decision):
    for _state in ("open", "adopted"):
        protocol.title_nl = "Een ander protocol"
        with pytest.raises(locks.Locked):
            write(protocol)
        if decision.is_open:
            for position in (1, 2):
                approve(decision, signatory(protocol, position))
        protocol.refresh_from_db()
        decision.refresh_from_db()
    protocol.hostname = "autre.example"
    write(protocol)


def test_the_database_itself_keeps_statement_and_signature(protocol, decision):
    approve(decision, signatory(protocol, 1))
    for change in (
        lambda: type(decision).objects.filter(pk=decision.pk).update(statement="{}"),
        lambda: type(decision).objects.filter(pk=decision.pk).delete(),
        lambda: Signature.objects.filter(decision=decision).update(position="refuse"),
        lambda: Signature.objects.filter(decision=decision)._raw_delete("default"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_the_register_names_functions_and_no_person(protocol):
    head = signatory(protocol, 1, function_fr="Président du conseil communal", user__name="Nom Prénom")
    decision = open_ratification(protocol, by=head)
    approve(decision, head)
    approve(decision, signatory(protocol, 2))
    payload = RegisterEntry.objects.get(protocol=protocol).payload
    assert "Président du conseil communal" in payload
    assert "Nom Prénom" not in payload
    assert head.user.email not in payload


def test_a_ratified_protocol_is_not_ratified_again(protocol):
    ratify(protocol)
    with pytest.raises(ValidationError):
        open_ratification(protocol)
