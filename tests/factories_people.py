"""Appointments for tests: what a coordinator types, the act it rests on, resets and personal links."""

from __future__ import annotations

import datetime
from typing import Any

import factory
from django.utils import timezone

from partnership.appointing import Act, Appointment
from partnership.models import Basis, Membership, Party, Role, User
from tests.factories import DocumentFactory, MembershipFactory, ProtocolFactory, Rows, UserFactory

MAYOR = {"ar": "رئيس المجلس الجماعي", "fr": "Bourgmestre", "nl": "Burgemeester"}
STARTS = datetime.date(2026, 11, 1)


def act_of(mandate_or_party: Membership | Party, **values: Any) -> Act:
    """An act of a commune with its document."""
    document = DocumentFactory(
        protocol=mandate_or_party.protocol,
        owner=mandate_or_party.organisation,
        kind="act",
        public=False,
        **values,
    )
    return Act("Arrêté n° 12 du 3 novembre 2026", document)


def wanted(person: User | None = None, role: Role = Role.SIGNATORY, **values: Any) -> Appointment:
    """An appointment as it is typed; without a person, of someone new who has a password."""
    typed = {"function": MAYOR, "basis": Basis.DELEGATION, "starts_on": STARTS, **values}
    return Appointment(person=person or UserFactory(), role=role, **typed)


class PersonalLinkFactory(Rows):
    """An invitation as the database keeps it: nobody knows its secret."""

    class Meta:
        model = "partnership.PersonalLink"

    protocol = factory.SubFactory(ProtocolFactory)
    purpose = "invitation"
    token_hash = factory.Sequence(lambda n: f"{n:064x}")
    code_hash = factory.Sequence(lambda n: f"{n:064x}")
    subject = factory.SubFactory(UserFactory)
    address = factory.LazyAttribute(lambda link: link.subject.email)
    created_at = factory.LazyFunction(timezone.now)
    expires_at = factory.LazyAttribute(lambda link: link.created_at + datetime.timedelta(days=14))


class SecondFactorResetFactory(Rows):
    """A reset that was asked for and is due a day later."""

    class Meta:
        model = "partnership.SecondFactorReset"

    membership = factory.SubFactory(MembershipFactory, role="signatory")
    act = "Demande écrite du 3 novembre 2026"
    act_document = factory.LazyAttribute(lambda reset: act_of(reset.membership).document)
    asked_by = factory.LazyAttribute(lambda reset: MembershipFactory(protocol=reset.membership.protocol))
    asked_at = factory.LazyFunction(timezone.now)
    due_at = factory.LazyAttribute(lambda reset: reset.asked_at + datetime.timedelta(days=1))
