"""Mandates, deliberations and decisions for tests, made by the product's own acts."""

from __future__ import annotations

import datetime
from typing import Any

import factory
from django.db import transaction
from django.utils import timezone

from partnership import decisions, locks, opening, signing
from partnership.models import Decision, Deliberation, Membership, Party, Position, Protocol, Regime, Supervision
from partnership.signing import Answer
from tests.factories import MembershipFactory, ProtocolFactory, Rows, numbered
from tests.retelling import made_again

HELD = datetime.date(2026, 5, 6)


class DeliberationFactory(Rows):
    """An approving, executory deliberation of a council; party=… is needed."""

    class Meta:
        model = "partnership.Deliberation"

    regime = factory.LazyAttribute(lambda row: row.party.regime)
    held_on = HELD
    number = numbered("2026")
    subject_ar = "المصادقة على البروتوكول"
    subject_fr = "Approbation du protocole"
    subject_nl = "Goedkeuring van het protocol"
    votes_for = 21
    votes_against = 2
    abstentions = 1
    supervision = factory.LazyAttribute(
        lambda row: Supervision.VISA if row.regime == Regime.MOROCCO else Supervision.EXPIRED
    )
    sent_on = HELD + datetime.timedelta(days=2)
    answered_on = HELD + datetime.timedelta(days=22)
    executory_on = HELD + datetime.timedelta(days=22)


def pending(party: Party, **values: Any) -> Deliberation:
    """A deliberation that was sent and has no answer yet."""
    row: Deliberation = DeliberationFactory(
        party=party, supervision=Supervision.SENT, answered_on=None, executory_on=None, **values
    )
    return row


def signatory(protocol: Protocol, position: int, **values: Any) -> Membership:
    """A signatory of one of the communes, whose mandate runs."""
    return _member(protocol, position, "signatory", **values)


def coordinator(protocol: Protocol, position: int, **values: Any) -> Membership:
    """A coordinator of one of the communes, whose mandate runs."""
    return _member(protocol, position, "coordinator", **values)


def _member(protocol: Protocol, position: int, role: str, **values: Any) -> Membership:
    commune = protocol.parties.get(position=position).organisation
    member: Membership = MembershipFactory(protocol=protocol, organisation=commune, role=role, **values)
    return member


def open_ratification(protocol: Protocol, by: Membership | None = None) -> Decision:
    """A decision to ratify a draft, opened by the product's own act."""
    return opening.propose(decisions.kind("ratify_protocol"), protocol, by=by or coordinator(protocol, 1), terms={})


def approve(decision: Decision, by: Membership, **answer: Any) -> None:
    """An approval with an executory deliberation of the signatory's own council."""
    party = decision.protocol.parties.get(organisation=by.organisation)
    rest = {"deliberation": DeliberationFactory(party=party)} if decision.needs_deliberation else {}
    signing.sign(decision.pk, by=by, digest_seen=decision.digest, answer=Answer(Position.APPROVE, **{**rest, **answer}))


def ratify(protocol: Protocol) -> Decision:
    """Bring a draft into force by both communes' own acts."""
    decision = open_ratification(protocol)
    for position in (1, 2):
        approve(decision, signatory(protocol, position))
    decision.refresh_from_db()
    protocol.refresh_from_db()
    return decision


def protocol_in_force() -> Protocol:
    """A protocol that both communes have ratified, for tests that begin with one."""
    return made_again(_made_and_ratified)  # type: ignore[no-any-return]  # what it makes is a protocol


def _made_and_ratified() -> Protocol:
    protocol: Protocol = ProtocolFactory()
    ratify(protocol)
    return protocol


def soon() -> datetime.date:
    """A deadline a week from now."""
    return timezone.localdate() + datetime.timedelta(days=7)


@transaction.atomic
def write(record: Any) -> None:
    """Save a record as every form does: refused, and undone, where a decision contains what it changes."""
    record.save()
    locks.check(record)
