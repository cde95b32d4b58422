"""Who is told by mail what was done to a commune's key: whoever holds one in either commune, and the person concerned.

The letter names the person, which the register never does: whoever must object has to know whom it is about.
"""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils import timezone

from partnership import decisions, formats, letters, mandates, notices
from partnership.models import EntryKind, Membership, Party, RegisterEntry, Role, User

TEMPLATES = {
    EntryKind.APPOINTMENT: "appointed",
    EntryKind.END_OF_MANDATE: "mandate_ends",
    EntryKind.SECOND_FACTOR_RESET: "factor_reset",
}


def send(
    entry: RegisterEntry,
    mandate: Membership,
    party: Party,
    citation: str,
    *,
    at: datetime.datetime,
    called_off: bool,
    ground: str,
) -> None:
    """Put a letter to everyone who is told into the outbox, in the transaction of the act itself. `citation` names the act it rests on."""
    functions = mandates.function_of(mandate)
    roles = decisions.in_languages(lambda: str(Role(mandate.role).label))
    facts = {"act": citation, "called_off": called_off, "ground": ground, "sequence": entry.sequence}
    for person, zone in _readers(mandate, party):

        def words(language: str, zone: zoneinfo.ZoneInfo = zone) -> Mapping[str, Any]:
            page = reverse("admin:partnership_membership_change", args=[mandate.pk])
            return {
                **facts,
                "commune": str(party.organisation),
                "function": functions[language],
                "link": notices.address(mandate.protocol, page),
                "mandate": mandate,
                "moment": _moment(at, zone, language),
                "role": roles[language],
            }

        letters.post(
            TEMPLATES[EntryKind(entry.kind)],
            person,
            key=f"register:{party.protocol_id}:{entry.sequence}:{person.pk}",
            protocol=party.protocol,
            context=words,
        )


def _readers(mandate: Membership, party: Party) -> list[tuple[User, zoneinfo.ZoneInfo]]:
    """Everyone who is told, each once, with the time zone of the commune they act for."""
    parties = list(party.protocol.parties.select_related("organisation"))
    zones = {each.organisation_id: zoneinfo.ZoneInfo(each.time_zone) for each in parties}
    readers = [(held.user, zones[held.organisation_id]) for held in notices.holders(party.protocol, parties)]
    if all(person.pk != mandate.user_id for person, _zone in readers):
        readers.append((mandate.user, zones[party.organisation_id]))
    return readers


def _moment(at: datetime.datetime, zone: zoneinfo.ZoneInfo, language: str) -> str:
    """A day and an hour as the reader's commune counts them."""
    local = timezone.localtime(at, zone)
    return f"{formats.day(local.date(), language)}, {local:%H:%M}"
