"""Joint decisions: nothing is decided by one side [I1 to I4]."""

from __future__ import annotations

import pytest

from partnership import canonical, locks, register, signing
from partnership.models import DecisionState, Position, ProtocolState, RegisterEntry
from partnership.signing import Answer
from tests.factories import ProtocolFactory
from tests.factories_decisions import approve, open_ratification, pending, ratify, signatory

pytestmark = pytest.mark.django_db


def test_a_protocol_is_in_force_once_both_communes_have_ratified_it():
    protocol = ProtocolFactory()
    decision = open_ratification(protocol)
    approve(decision, signatory(protocol, 1))
    protocol.refresh_from_db()
    assert protocol.state == ProtocolState.DRAFT
    approve(decision, signatory(protocol, 2))
    protocol.refresh_from_db()
    decision.refresh_from_db()
    assert (protocol.state, decision.state) == (ProtocolState.IN_FORCE, DecisionState.ADOPTED)
    assert RegisterEntry.objects.get(protocol=protocol).data["decision"]["digest"] == canonical.digest(
        decision.statement
    )
    assert register.verify(protocol).intact


def test_nobody_signs_twice():
    protocol = ProtocolFactory()
    decision = open_ratification(protocol)
    head = signatory(protocol, 1)
    approve(decision, head)
    with pytest.raises(signing.AlreadySigned):
        approve(decision, head)


def test_a_deliberation_that_is_not_executory_carries_no_approval():
    protocol = ProtocolFactory()
    decision = open_ratification(protocol)
    waiting = pending(protocol.parties.get(position=1))
    with pytest.raises(signing.DeliberationRefused):
        approve(decision, signatory(protocol, 1), deliberation=waiting)


def test_a_refusal_ends_the_decision():
    protocol = ProtocolFactory()
    decision = open_ratification(protocol)
    answer = Answer(Position.REFUSE, reason="Le calendrier ne convient pas.", reason_language="fr")
    signing.sign(decision.pk, by=signatory(protocol, 2), digest_seen=decision.digest, answer=answer)
    decision.refresh_from_db()
    assert decision.state == DecisionState.REFUSED
    with pytest.raises(signing.DecisionClosed):
        approve(decision, signatory(protocol, 1))


def test_what_was_ratified_cannot_change_underneath():
    protocol = ProtocolFactory()
    ratify(protocol)
    protocol.title_nl = "Een ander protocol"
    protocol.save()
    with pytest.raises(locks.Locked):
        locks.check(protocol)
