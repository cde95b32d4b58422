"""Registers for tests: decisions in every state and the other kinds of entry, made by the product's own acts."""

from __future__ import annotations

import datetime

from partnership import decisions, opening, register, signing
from partnership.models import Decision, EntryKind, Membership, Party, Position, Protocol
from partnership.signing import Answer
from tests.factories_decisions import DeliberationFactory, approve, coordinator, ratify, signatory
from tests.factories_planning import consulted
from tests.factories_programme import ActionPlanFactory, ProjectFactory

RESERVATION = "نوافق شريطة احترام الآجال."
REFUSAL = "De termijnen zijn te kort."


def member(protocol: Protocol, position: int, role: str = "signatory") -> Membership:
    """The commune's one signatory or coordinator, made when first asked for: few people, few mails."""
    there = protocol.memberships.filter(role=role, organisation__parties__position=position).first()
    return there or {"signatory": signatory, "coordinator": coordinator}[role](protocol, position)


def proposed_plan(protocol: Protocol, *, published: bool = True, **texts: str) -> Decision:
    """An open decision to adopt a plan with one project; the protocol is in force."""
    plan = consulted(ActionPlanFactory(protocol=protocol, published=published, **texts))
    ProjectFactory(protocol=protocol, plan=plan, published=True)
    return opening.propose(decisions.kind("adopt_plan"), plan, by=member(protocol, 1, "coordinator"))


def reserve(decision: Decision, by: Membership, words: str = RESERVATION, language: str = "ar") -> None:
    """An approval with a reservation."""
    party = decision.protocol.parties.get(organisation=by.organisation)
    rests_on = DeliberationFactory(party=party) if decision.needs_deliberation else None
    answer = Answer(Position.RESERVE, reason=words, reason_language=language, deliberation=rests_on)
    signing.sign(decision.pk, by=by, digest_seen=decision.digest, answer=answer)


def refuse(decision: Decision, by: Membership, words: str = REFUSAL, language: str = "nl") -> None:
    """A refusal with its reason."""
    answer = Answer(Position.REFUSE, reason=words, reason_language=language)
    signing.sign(decision.pk, by=by, digest_seen=decision.digest, answer=answer)


def appointed(party: Party, function: str = "Première échevine") -> None:
    """An entry about an appointment, as the act of appointing writes it."""
    facts = {
        "act": {"citation": "Délibération n° 12", "document": "d" * 64},
        "called_off": False,
        "commune": decisions.columns_by_language(party.organisation, "name"),
        "function": {"ar": "النائبة الأولى", "fr": function, "nl": "Eerste schepen"},
        "ground": "",
        "mandate": {
            "basis": "delegation",
            "ends_on": None,
            "role": "signatory",
            "starts_on": datetime.date(2026, 3, 1),
        },
        "party": party.position,
        "takes_effect_at": datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC),
    }
    register.append(party.protocol, EntryKind.APPOINTMENT, facts)


def whole_register(protocol: Protocol) -> None:
    """Six entries: ratified, adopted with a reservation, refused, withdrawn, an appointment, without effect."""
    ratify(protocol)
    signed_for = {position: member(protocol, position) for position in (1, 2)}
    adopted, refused, withdrawn = (proposed_plan(protocol) for _ in range(3))
    approve(adopted, signed_for[2])
    reserve(adopted, signed_for[1])
    approve(refused, signed_for[1])
    refuse(refused, signed_for[2])
    approve(withdrawn, signed_for[1])
    signing.withdraw(withdrawn.pk, by=member(protocol, 1, "coordinator"), reason="Il manque un projet.", language="fr")
    appointed(protocol.parties.get(position=1))
    adopted.refresh_from_db()
    signing.annul(adopted, ground="Visa refusé par le gouverneur.", language="fr", since=datetime.date(2026, 6, 1))
