"""Appointments for tests: what a coordinator types, and the act it rests on."""

from __future__ import annotations

import datetime
from typing import Any

from partnership.appointing import Act, Appointment
from partnership.models import Basis, Membership, Party, Role, User
from tests.factories import DocumentFactory, UserFactory

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
