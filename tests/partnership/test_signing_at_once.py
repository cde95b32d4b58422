"""Two people, or forty, act on one decision at the same instant, on PostgreSQL [I2, I3, I4, I9]."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction

from partnership import decisions, locks, register, signing
from partnership.models import Decision, DecisionState, Membership, Position, Protocol, ProtocolState
from partnership.signing import Answer
from tests.at_once import ROUNDS, at_once, refused
from tests.factories import ProtocolFactory
from tests.factories_decisions import DeliberationFactory, coordinator, open_ratification, signatory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]


def answer(by: Membership, position: Position = Position.APPROVE) -> Answer:
    """An answer with whatever it must rest on."""
    party = by.protocol.parties.get(organisation=by.organisation)
    if position == Position.REFUSE:
        return Answer(position, reason="Le calendrier ne convient pas.", reason_language="fr")
    return Answer(position, deliberation=DeliberationFactory(party=party))


def signing_of(decision: Decision, by: Membership, position: Position = Position.APPROVE) -> Any:
    """The act of signing, ready to run in a thread."""
    given = answer(by, position)
    return lambda: signing.sign(decision.pk, by=by, digest_seen=decision.digest, answer=given)


def state_of(decision: Decision) -> tuple[str, str, int]:
    """The decision's state, the protocol's, and how many entries the register has."""
    protocol = Protocol.objects.get(pk=decision.protocol_id)
    return Decision.objects.get(pk=decision.pk).state, protocol.state, protocol.register.count()


def test_both_communes_sign_at_the_same_instant():
    for _round in range(ROUNDS):
        protocol = ProtocolFactory()
        decision = open_ratification(protocol)
        both = [signing_of(decision, signatory(protocol, position)) for position in (1, 2)]
        assert refused(at_once(*both)) == []
        assert state_of(decision) == (DecisionState.ADOPTED, ProtocolState.IN_FORCE, 1)
        assert register.verify(protocol).intact


def test_an_approval_and_a_refusal_at_the_same_instant_never_adopt():
    for _round in range(ROUNDS):
        protocol = ProtocolFactory()
        decision = open_ratification(protocol)
        yes = signing_of(decision, signatory(protocol, 1))
        no = signing_of(decision, signatory(protocol, 2), Position.REFUSE)
        at_once(yes, no)
        assert state_of(decision) == (DecisionState.REFUSED, ProtocolState.DRAFT, 1)


def test_forty_people_sign_one_decision_and_two_signatures_stand():
    protocol = ProtocolFactory()
    people = [signatory(protocol, position) for position in (1, 2) for _each in range(20)]
    decision = open_ratification(protocol)
    results = at_once(*(signing_of(decision, by) for by in people))
    assert len(refused(results)) == 38
    assert sorted(decision.signatures.values_list("party__position", flat=True)) == [1, 2]
    assert state_of(decision) == (DecisionState.ADOPTED, ProtocolState.IN_FORCE, 1)


def test_one_person_signs_twice_at_once_and_once_counts():
    for _round in range(ROUNDS):
        protocol = ProtocolFactory(first__hands=2)
        decision = open_ratification(protocol)
        head = signatory(protocol, 1)
        results = at_once(signing_of(decision, head), signing_of(decision, head))
        assert [type(refusal) for refusal in refused(results)] == [signing.AlreadySigned]
        assert decision.signatures.count() == 1


def test_a_withdrawal_and_the_last_signature_at_the_same_instant():
    for _round in range(ROUNDS):
        protocol = ProtocolFactory()
        proposer = coordinator(protocol, 1)
        decision = open_ratification(protocol, by=proposer)
        signing.sign(
            decision.pk, by=(first := signatory(protocol, 1)), digest_seen=decision.digest, answer=answer(first)
        )
        at_once(
            signing_of(decision, signatory(protocol, 2)),
            lambda: signing.withdraw(decision.pk, by=proposer, reason="Une date est fausse.", language="fr"),  # noqa: B023  run within the round
        )
        assert state_of(decision) in {
            (DecisionState.ADOPTED, ProtocolState.IN_FORCE, 1),
            (DecisionState.WITHDRAWN, ProtocolState.DRAFT, 1),
        }


def edit(protocol: Protocol, title: str) -> None:
    """Write the title as the staff's form does: under the record's lock, then refused if a decision contains it."""
    with transaction.atomic():
        locked: Any = decisions.lock(protocol)
        locked.title_fr = title
        locked.save()
        locks.check(locked)


def test_an_edit_and_the_opening_of_a_decision_at_the_same_instant():
    outcomes = set()
    for number in range(ROUNDS):
        protocol = ProtocolFactory()
        proposer = coordinator(protocol, 2)
        results = at_once(
            lambda: edit(protocol, f"Protocole révisé {number}"),  # noqa: B023  run within the round
            lambda: open_ratification(protocol, by=proposer),  # noqa: B023
        )
        decision = Decision.objects.get(protocol=protocol)
        protocol.refresh_from_db()
        assert decision.data["content"]["title_fr"] == protocol.title_fr
        outcomes.add(len(refused(results)))
    assert outcomes <= {0, 1}


def test_an_edit_and_the_last_signature_at_the_same_instant():
    for _round in range(ROUNDS):
        protocol = ProtocolFactory()
        decision = open_ratification(protocol)
        first = signatory(protocol, 1)
        signing.sign(decision.pk, by=first, digest_seen=decision.digest, answer=answer(first))
        results = at_once(
            signing_of(decision, signatory(protocol, 2)),
            lambda: edit(protocol, "Autre protocole"),  # noqa: B023  run within the round
        )
        assert [type(refusal) for refusal in refused(results)] == [locks.Locked]
        assert state_of(decision) == (DecisionState.ADOPTED, ProtocolState.IN_FORCE, 1)
        assert Protocol.objects.get(pk=protocol.pk).title_fr == decision.data["content"]["title_fr"]


def test_both_communes_propose_the_same_at_once_and_one_decision_is_open():
    for _round in range(ROUNDS):
        protocol = ProtocolFactory()
        proposers = [coordinator(protocol, position) for position in (1, 2)]
        results = at_once(*(lambda by=by: open_ratification(protocol, by=by) for by in proposers))  # noqa: B023
        assert len(refused(results)) == 1
        assert Decision.objects.open().filter(protocol=protocol).count() == 1
