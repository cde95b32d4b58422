"""Appointing a commune's signatories and coordinators, and ending their mandates [I3].

Only a coordinator of that commune does either, on an act of the commune whose document is attached. Both communes are told by
mail, the register keeps it by function and never by name, and it takes effect a day later, so that whoever must object can:
until then the same commune calls it off. Nobody appoints themself, and the platform's administrator appoints nobody: two keys
must not lie in one hand. The first coordinator of a commune comes from the command `appoint_coordinator`.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from partnership import appointment_letters, clock, invitations, mandates, parity, register
from partnership.decisions import Texts
from partnership.models import (
    APPOINTED,
    Basis,
    Document,
    EntryKind,
    Membership,
    Party,
    ProtocolState,
    Role,
    User,
)
from partnership.models.people import MembershipQuerySet
from partnership.refusals import Refusal

DELAY = datetime.timedelta(hours=24)
"""How long everyone has to see it before it takes effect."""
APPOINTERS = frozenset({Role.COORDINATOR})


class NotYours(Refusal):
    """Someone who is not this commune's coordinator, or may not act in this case."""


class KeysApart(Refusal):
    """The person holds, or would hold, a key of the other commune."""


class NotComplete(Refusal):
    """What an appointment must state is missing."""


class Over(Refusal):
    """The mandate has ended, is about to end, or has taken effect, so that this can no longer be done."""


@dataclass(frozen=True)
class Act:
    """The act of the commune on which an appointment, its end or a reset rests: as it is cited, and its document."""

    citation: str
    document: Document | None


@dataclass(frozen=True)
class Appointment:
    """Who is given which key, in which function and for how long."""

    person: User
    role: Role
    function: Texts
    basis: Basis
    starts_on: datetime.date
    ends_on: datetime.date | None = None
    deputy_of: Membership | None = None
    """The signatory or coordinator in whose absence this person acts."""
    in_place_of: Membership | None = None
    """Whose mandate ends at the same moment and hands over to this one."""


def coordinated(by: Membership) -> Party:
    """The commune whose people a coordinator appoints. Raises NotASignatory or NotYours: rule I3."""
    party = mandates.acting_for(by, by.protocol, APPOINTERS)
    if by.user.is_superuser:
        raise NotYours(
            _(
                "The platform’s administrator gives and takes no keys, whatever mandate they hold. "
                "A coordinator without administrator’s rights does this."
            ),
            code="I3",
        )
    if by.protocol.state == ProtocolState.ENDED:
        raise Over(_("The protocol has ended; it is an archive that is only read."), code="I1")
    return party


@transaction.atomic
def appoint(wanted: Appointment, *, by: Membership, act: Act) -> Membership:
    """Give someone a key of the member's own commune, a day from now; tell both communes; enter it in the register.

    Raises NotYours, KeysApart, NotComplete or Over; then nothing has changed.
    """
    party = coordinated(by)
    if wanted.person.pk == by.user_id:
        raise NotYours(
            _("Nobody appoints themself. Another coordinator of your commune does it."),
            code="I3",
        )
    mandate = enter(wanted, party, act, effective_at=clock.now(by.protocol) + DELAY, by=by)
    invitations.invite_newcomer(mandate, by=by.user)
    return mandate


@transaction.atomic
def appoint_first(wanted: Appointment, party: Party, act: Act, *, ground: str = "") -> Membership:
    """Give a commune its first coordinator, in effect at once, since nobody else could: for the command on the server alone.

    Where it has one, only on a ground, which the register keeps, and a day from now like every other appointment: for instance
    when the only coordinator is gone. Raises Over, KeysApart or NotComplete; then nothing has changed.
    """
    if wanted.role != Role.COORDINATOR or wanted.person.is_superuser:
        raise NotComplete(
            _(
                "This appoints coordinators only, and not the platform’s administrator: use an account without those rights."
            ),
            code="I3",
        )
    take_turn(party)
    moment = clock.now(party.protocol)
    there = _coordinators(party).valid_at(moment, mandates.day_in(party, moment)).exists()
    if there and not ground.strip():
        raise Over(
            _(
                "%(commune)s has a coordinator, who appoints further ones. Give a ground to appoint one here all the same."
            ),
            code="I3",
            params={"commune": str(party)},
        )
    effective_at = moment + DELAY if there else moment
    return enter(wanted, party, act, effective_at=effective_at, by=None, ground=ground.strip())


def _coordinators(party: Party) -> MembershipQuerySet:
    """Every mandate a commune ever gave a coordinator."""
    rows = Membership.objects.for_protocol(party.protocol)
    return rows.filter(organisation=party.organisation_id, role=Role.COORDINATOR)


def take_turn(party: Party) -> None:
    """Let the acts on one commune's keys follow one another: until the transaction ends no other begins."""
    Party.objects.select_for_update(of=("self",), no_key=True).get(pk=party.pk)


def enter(
    wanted: Appointment,
    party: Party,
    act: Act,
    *,
    effective_at: datetime.datetime,
    by: Membership | None,
    ground: str = "",
) -> Membership:
    """Write an appointment down, whoever made it; `by` is None for the command on the server. Who may is the caller's rule."""
    take_turn(party)
    person = User.objects.select_for_update(no_key=True).get(pk=wanted.person.pk)
    mandate = _mandate(wanted, party, act, person, effective_at)
    _refuse_person(mandate, party)
    _refuse_gaps(mandate)
    refuse_act(act, party, document_needed=by is not None)
    _refuse_twice(mandate, wanted.in_place_of)
    mandate.full_clean()
    mandate.save()
    if not person.is_staff:
        person.is_staff = True
        person.save(update_fields=["is_staff"])
    _name_deputy(wanted.deputy_of, mandate)
    if wanted.in_place_of is not None:
        _end(wanted.in_place_of.pk, party, act, at=effective_at, successor=mandate, by=by)
    record(EntryKind.APPOINTMENT, mandate, party, act, at=effective_at, by=by, ground=ground)
    return mandate


def _mandate(wanted: Appointment, party: Party, act: Act, person: User, effective_at: datetime.datetime) -> Membership:
    return Membership(
        protocol=party.protocol,
        organisation=party.organisation,
        user=person,
        role=wanted.role,
        starts_on=wanted.starts_on,
        ends_on=wanted.ends_on,
        basis=wanted.basis,
        act=act.citation.strip(),
        act_document=act.document,
        effective_at=effective_at,
        **{parity.column("function", language): words.strip() for language, words in wanted.function.items()},
    )


def _refuse_person(mandate: Membership, party: Party) -> None:
    if not mandate.user.is_active:
        raise KeysApart(_("This account is closed. Open it again first, on the person’s page."), code="I3")
    moment = clock.now(mandate.protocol)
    for other in mandate.protocol.parties.exclude(pk=party.pk):
        keys = Membership.objects.holding_keys().filter(user=mandate.user, organisation=other.organisation_id)
        if keys.standing_at(moment, mandates.day_in(other, moment)).exists():
            raise KeysApart(
                _(
                    "This person holds a key of the other commune, %(commune)s, as coordinator or signatory. "
                    "Two keys never lie in one hand: appoint someone else, or wait until that mandate is over."
                ),
                code="I3",
                params={"commune": str(other)},
            )


def _refuse_gaps(mandate: Membership) -> None:
    if mandate.role not in APPOINTED:
        raise NotComplete(_("Only signatories and coordinators are appointed; enter this mandate instead."), code="I3")
    functions = [getattr(mandate, parity.column("function", language)) for language in settings.REQUIRED_LANGUAGES]
    if not all(functions):
        raise NotComplete(
            _("Enter the function in Arabic, French and Dutch: the register names it in place of the person."),
            code="I10",
        )


def refuse_act(act: Act, party: Party, *, document_needed: bool = True) -> None:
    """Raises NotComplete unless the act is cited and its document attached, which is this commune's own."""
    if not act.citation.strip():
        raise NotComplete(_("Cite the commune’s act: its number and date."), code="I3")
    if act.document is None:
        if document_needed:
            raise NotComplete(_("Attach the document of the commune’s act."), code="I3")
        return
    if (act.document.protocol_id, act.document.owner_id) != (party.protocol_id, party.organisation_id):
        raise NotComplete(_("Attach a document of your own commune."), code="I3")


def _refuse_twice(mandate: Membership, replaced: Membership | None) -> None:
    held = Membership.objects.for_protocol(mandate.protocol).filter(
        user=mandate.user, organisation=mandate.organisation, role=mandate.role
    )
    if replaced is not None:
        held = held.exclude(pk=replaced.pk)
    assert mandate.effective_at is not None
    if held.standing_at(mandate.effective_at, mandate.starts_on).exists():
        raise Over(
            _("This person has this role already. To renew it, choose the present mandate under “in place of”."),
            code="I3",
        )


def _name_deputy(of: Membership | None, deputy: Membership) -> None:
    if of is None:
        return
    mandates.refuse_stand_in(of, deputy)
    of.deputy = deputy
    of.save(update_fields=["deputy"])


@transaction.atomic
def end_mandate(mandate: Membership, *, by: Membership, act: Act, successor: Membership | None = None) -> Membership:
    """Take a key of the member's own commune back, a day from now; tasks pass to the successor at the same moment.

    Raises NotYours, NotComplete or Over; then nothing has changed.
    """
    party = coordinated(by)
    take_turn(party)
    refuse_act(act, party)
    ending = _end(mandate.pk, party, act, at=clock.now(by.protocol) + DELAY, successor=successor, by=by)
    _refuse_nobody_left(ending, party)
    return ending


def own(pk: int, party: Party) -> Membership:
    """A signatory's or coordinator's mandate of this commune, locked until the transaction ends. Raises NotYours."""
    mandate = Membership.objects.select_for_update(of=("self",), no_key=True).select_related("user").get(pk=pk)
    if (mandate.protocol_id, mandate.organisation_id) != (party.protocol_id, party.organisation_id):
        raise NotYours(_("Only a coordinator of that commune gives and takes its keys."), code="I3")
    if mandate.role not in APPOINTED:
        raise NotYours(_("This mandate holds no key; hand it over instead."), code="I3")
    return mandate


def _end(
    pk: int,
    party: Party,
    act: Act,
    *,
    at: datetime.datetime,
    successor: Membership | None,
    by: Membership | None,
) -> Membership:
    mandate = own(pk, party)
    moment = clock.now(party.protocol)
    if mandate.is_over(moment, mandates.day_in(party, moment)) or mandate.ceases_at is not None:
        raise Over(_("This mandate has ended, or its end is entered already."), code="I3")
    if mandate.effective_at is not None and mandate.effective_at > moment:
        raise Over(_("This appointment has not taken effect yet. Call it off instead."), code="I3")
    if successor is not None:
        mandates.refuse_stand_in(mandate, successor)
        mandate.successor = successor
    mandate.ceases_at, mandate.end_act, mandate.end_document = at, act.citation.strip(), act.document
    mandate.save(update_fields=["ceases_at", "end_act", "end_document", "successor"])
    record(EntryKind.END_OF_MANDATE, mandate, party, act, at=at, by=by)
    return mandate


def _refuse_nobody_left(ending: Membership, party: Party) -> None:
    """A commune without a coordinator could appoint nobody any more."""
    if ending.role != Role.COORDINATOR:
        return
    assert ending.ceases_at is not None
    day = mandates.day_in(party, ending.ceases_at)
    if _coordinators(party).valid_at(ending.ceases_at, day).exists():
        return
    raise Over(
        _(
            "Your commune would be left without a coordinator, and could appoint nobody any more. "
            "Appoint the next one first, in place of this mandate."
        ),
        code="I3",
    )


@transaction.atomic
def call_off(mandate: Membership, *, by: Membership) -> Membership:
    """Undo what has not taken effect yet: an appointment, or else the end of a mandate. At once; told and entered like the act itself.

    With an appointment the end of the mandate that it replaces is called off too. Raises NotYours or Over.
    """
    party = coordinated(by)
    take_turn(party)
    locked = own(mandate.pk, party)
    if not is_pending(locked):
        raise Over(_("It has taken effect, or was called off already."), code="I3")
    moment = clock.now(party.protocol)
    if locked.ceases_at is None:
        _call_off_appointment(locked, party, moment, by)
    else:
        _call_off_end(locked, party, moment, by)
    return locked


def is_pending(mandate: Membership) -> bool:
    """Whether its appointment, or its end, has not taken effect yet."""
    moment = clock.now(mandate.protocol)
    if mandate.ceases_at is not None:
        return mandate.ceases_at > moment
    return mandate.effective_at is not None and mandate.effective_at > moment


def _call_off_appointment(mandate: Membership, party: Party, moment: datetime.datetime, by: Membership) -> None:
    mandate.ceases_at = moment
    mandate.save(update_fields=["ceases_at"])
    act = Act(mandate.act, mandate.act_document)
    record(EntryKind.APPOINTMENT, mandate, party, act, at=moment, by=by, called_off=True)
    for replaced in Membership.objects.filter(successor=mandate, ceases_at__gt=moment).order_by("pk"):
        _call_off_end(own(replaced.pk, party), party, moment, by)
    for absent in Membership.objects.filter(deputy=mandate):
        absent.deputy = None
        absent.save(update_fields=["deputy"])


def _call_off_end(mandate: Membership, party: Party, moment: datetime.datetime, by: Membership) -> None:
    act = Act(mandate.end_act, mandate.end_document)
    mandate.ceases_at, mandate.successor, mandate.end_act, mandate.end_document = None, None, "", None
    mandate.save(update_fields=["ceases_at", "successor", "end_act", "end_document"])
    record(EntryKind.END_OF_MANDATE, mandate, party, act, at=moment, by=by, called_off=True)


def record(
    kind: EntryKind,
    mandate: Membership,
    party: Party,
    act: Act,
    *,
    at: datetime.datetime,
    by: Membership | None,
    called_off: bool = False,
    ground: str = "",
) -> None:
    """Enter in the register what was done to a commune's key, and tell both communes."""
    facts = {
        "act": {"citation": act.citation.strip(), "document": _digest(act.document)},
        "called_off": called_off,
        "commune": mandates.commune_names(party.organisation),
        "entered_by": "coordinator" if by else "operator",
        "function": mandates.function_of(mandate),
        "ground": ground,
        "mandate": _mandate_facts(mandate),
        "party": party.position,
        "takes_effect_at": at,
    }
    entry = register.append(party.protocol, kind, facts)
    appointment_letters.send(entry, mandate, party, act.citation, at=at, called_off=called_off, ground=ground)


def _mandate_facts(mandate: Membership) -> Mapping[str, Any]:
    return {
        "basis": mandate.basis,
        "ends_on": mandate.ends_on,
        "role": mandate.role,
        "starts_on": mandate.starts_on,
    }


def _digest(document: Document | None) -> str | None:
    """SHA-256 of the act's document, by which anyone who holds it can check that it is the one that was attached."""
    if document is None:
        return None
    with document.file.open("rb") as stored:
        return hashlib.file_digest(stored, "sha256").hexdigest()
