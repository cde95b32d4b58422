"""Deciding together: signing a decision, withdrawing it, annulling it [I1 to I4]. Opening one: partnership/opening.py.

Order of locks, always: decisions by key (see locks.take), roots, deliberations by key, the end of the register. Adoption happens
in the transaction of the last needed approval, a refusal ends the decision, a deadline reminds and never decides.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from partnership import canonical, clock, decisions, locks, mandates, notices, opening, register
from partnership.decisions import Kind, Terms
from partnership.models import (
    Decision,
    DecisionState,
    Deliberation,
    Document,
    EntryKind,
    Membership,
    Party,
    Position,
    ProtocolState,
    Signature,
)
from partnership.models.meetings import Body
from partnership.refusals import Refusal, Refusals


class AlreadySigned(Refusal):
    """This person, or as many as the commune's rule asks for, have signed."""


class StatementChanged(Refusal):
    """The text is no longer the one that was read."""


class DecisionClosed(Refusal):
    """The decision can no longer be signed or withdrawn."""


class DeliberationRefused(Refusal):
    """The deliberation cannot carry this answer."""


@dataclass(frozen=True)
class Answer:
    """What a signatory answers, as it was typed on the signing page."""

    position: Position
    reason: str = ""
    reason_language: str = ""
    deliberation: Deliberation | None = None
    scan: Document | None = None
    """The scanned signature, where it was given on paper outside the platform."""


@transaction.atomic
def sign(decision_id: int, *, by: Membership, digest_seen: str, answer: Answer) -> Signature:
    """Put the answer of the member's commune under a decision (protocol, article 1: equality).

    Raises DecisionClosed, NotASignatory, AlreadySigned, StatementChanged or DeliberationRefused; then nothing has changed.
    """
    [decision] = locks.take(decision_id)
    kind = decisions.kind(decision.kind)
    _refuse_closed(decision)
    party = mandates.acting_for(by, decision.protocol, frozenset({kind.signed_by}))
    hand = _hand(decision, party, by)
    _refuse_changed(decision, kind, digest_seen)
    _refuse_without_words(answer)
    _refuse_deliberation(decision, party, answer)
    signature = _put(decision, party, hand, by, digest_seen, answer)
    _settle(decision, kind)
    return signature


def refuse_hindered(decision: Decision, *, by: Membership | None) -> Party:
    """The commune that a mandate would answer for now. Raises what `sign` would raise whatever the answer; `by` None: without a mandate."""
    _refuse_closed(decision)
    if by is None:
        raise mandates.NotASignatory(
            _("Only someone who acts for one of the two communes of this protocol decides here."), code="I3"
        )
    party = mandates.acting_for(by, decision.protocol, frozenset({decisions.kind(decision.kind).signed_by}))
    _hand(decision, party, by)
    return party


def _refuse_closed(decision: Decision) -> None:
    if decision.protocol.state == ProtocolState.ENDED:
        raise DecisionClosed(_("The protocol has ended; it is an archive that is only read."), code="I1")
    if not decision.is_open:
        raise DecisionClosed(
            _("This decision is closed: %(state)s. Nothing more can be signed under it."),
            code="I4",
            params={"state": decision.get_state_display()},
        )


def _hand(decision: Decision, party: Party, by: Membership) -> int:
    """Which of the commune's signatures this is, 1 or 2."""
    given = list(decision.signatures.values_list("person", "party"))
    if any(person == by.user_id for person, _party in given):
        raise AlreadySigned(
            _("You have signed this decision already. Nobody signs twice, nor for both communes."), code="I3"
        )
    hands = sum(1 for _person, position in given if position == party.pk)
    if hands >= decision.hands(party):
        raise AlreadySigned(
            _("%(commune)s has answered this decision already."), code="I3", params={"commune": str(party)}
        )
    return hands + 1


def _refuse_changed(decision: Decision, kind: Kind, digest_seen: str) -> None:
    if digest_seen != decision.digest:
        raise StatementChanged(
            _("The page you signed on showed another text. Read the present one, then answer."), code="I4"
        )
    if decisions.content_now(kind, decisions.subject_of(decision), decision.data["terms"]) != decision.binding:
        raise StatementChanged(
            _("The record no longer says what this decision says. Withdraw the decision and open it anew."), code="I4"
        )


def _refuse_without_words(answer: Answer) -> None:
    if answer.position != Position.APPROVE and not (answer.reason.strip() and answer.reason_language):
        raise Refusal(
            _("A reservation and a refusal need their reason in words; the other commune reads it."), code="I2"
        )


def _refuse_deliberation(decision: Decision, party: Party, answer: Answer) -> None:
    resolution = answer.deliberation
    if resolution is None:
        if decision.needs_deliberation and answer.position != Position.REFUSE:
            raise DeliberationRefused(
                _("This decision rests on your council’s deliberation. Choose the one that approves it."), code="I1"
            )
        return
    locked = _lock_deliberations(decision, resolution)
    if locked.party_id != party.pk or locked.body != Body.COUNCIL:
        raise DeliberationRefused(_("Choose a deliberation of your own commune’s council."), code="I1")
    if answer.position == Position.REFUSE:
        return
    if not locked.approved:
        raise DeliberationRefused(
            _("Your council rejected this. A negative deliberation can carry a refusal only."), code="I1"
        )
    if not locked.is_executory_on(clock.today(decision.protocol)):
        raise DeliberationRefused(
            _("This deliberation is not executory: %(state)s. You can sign once it is."),
            code="I1",
            params={"state": locked.get_supervision_display()},
        )


def _lock_deliberations(decision: Decision, resolution: Deliberation) -> Deliberation:
    """This one with those already under the decision, in one order: who signs two decisions never waits in a circle."""
    under = [*decision.signatures.values_list("deliberation", flat=True), resolution.pk]
    rows = Deliberation.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=under).order_by("pk")
    return {row.pk: row for row in rows}[resolution.pk]


def _put(decision: Decision, party: Party, hand: int, by: Membership, digest_seen: str, answer: Answer) -> Signature:
    membership = Membership.objects.select_related("user", "organisation").get(pk=by.pk)
    signature = Signature(
        decision=decision,
        party=party,
        membership=membership,
        person=membership.user,
        hand=hand,
        function=canonical.text(mandates.function_of(membership)),
        position=answer.position,
        reason=answer.reason.strip() if answer.position != Position.APPROVE else "",
        reason_language=answer.reason_language if answer.position != Position.APPROVE else "",
        digest_seen=digest_seen,
        deliberation=answer.deliberation,
        signed_at=clock.now(decision.protocol),
        outside=answer.scan is not None,
        scan=answer.scan,
    )
    try:
        with transaction.atomic():
            signature.save(force_insert=True)
    except IntegrityError as error:  # another process has signed in the same hand: the unique key decides
        raise AlreadySigned(
            _("%(commune)s has answered this decision already."), code="I3", params={"commune": str(party)}
        ) from error
    return signature


def _settle(decision: Decision, kind: Kind) -> None:
    """Refused by one, adopted by both, or still waiting."""
    given = list(decision.signatures.select_related("party"))
    if any(not signature.approves for signature in given):
        _close(decision, kind, DecisionState.REFUSED, kind.on_ended)
        return
    parties = decision.protocol.parties.all()
    if all(sum(1 for one in given if one.party_id == party.pk) == decision.hands(party) for party in parties):
        _refuse_lost_grounds(decision, kind, given)
        _close(decision, kind, DecisionState.ADOPTED, kind.on_adopted)
    else:
        notices.signed(decision)


def _refuse_lost_grounds(decision: Decision, kind: Kind, given: list[Signature]) -> None:
    """Between two signatures a rule may have come to stand against the decision, or a deliberation lost its effect."""
    refusals = kind.refusals(decisions.subject_of(decision), decision.data["terms"])
    if refusals:
        raise Refusals(list(refusals))
    resting = [one.deliberation_id for one in given if one.deliberation_id and one.approves]
    day = clock.today(decision.protocol)
    locked = Deliberation.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=resting).order_by("pk")
    if not all(resolution.is_executory_on(day) for resolution in locked):
        raise DeliberationRefused(
            _("A deliberation under this decision is no longer executory. Withdraw the decision and open it anew."),
            code="I1",
        )


def _close(
    decision: Decision, kind: Kind, state: DecisionState, effect: Callable[[Decision, Any, Terms], None]
) -> None:
    """End an open decision in one state: its effect, then its entry, last the notices."""
    decision.state = state
    decision.closed_at = clock.now(decision.protocol)
    decision.binds = state == DecisionState.ADOPTED and kind.lasting
    decision.save(update_fields=["state", "closed_at", "binds", "closing_reason", "closing_language", "withdrawn_by"])
    effect(decision, decisions.subject_of(decision), decision.data["terms"])
    if decision.binds:
        decisions.rebind(decisions.subject_of(decision))
    if kind.in_register and (state != DecisionState.WITHDRAWN or decision.signatures.exists()):
        register.append(decision.protocol, EntryKind.DECISION, facts(decision), decision=decision)
    notices.closed(decision)


@transaction.atomic
def withdraw(decision_id: int, *, by: Membership, reason: str, language: str) -> Decision:
    """End an open decision so that its text can be edited. Either side may; what was signed is void, visibly, and the other is told.

    Raises DecisionClosed or NotASignatory, and Refusal for a missing reason.
    """
    [decision] = locks.take(decision_id)
    kind = decisions.kind(decision.kind)
    _refuse_closed(decision)
    decision.withdrawn_by = mandates.acting_for(by, decision.protocol, opening.PROPOSERS)
    if not reason.strip():
        raise Refusal(_("Say why the decision is withdrawn; the other commune reads it."), code="I2")
    decision.closing_reason, decision.closing_language = reason.strip(), language
    _close(decision, kind, DecisionState.WITHDRAWN, kind.on_ended)
    return decision


def annul(decision: Decision, *, ground: str, language: str, since: datetime.date) -> None:
    """What rested on a deliberation that lost its effect: an adopted decision is annulled, an open one ends. Called under the lock of both.

    Appends “without effect since” to the register, whatever the kind, and undoes what the adoption began.
    """
    kind = decisions.kind(decision.kind)
    was_adopted = decision.state == DecisionState.ADOPTED
    decision.state = DecisionState.ANNULLED
    decision.closed_at = decision.closed_at or clock.now(decision.protocol)
    decision.binds = False
    decision.closing_reason, decision.closing_language = ground, language
    decision.save(update_fields=["state", "closed_at", "binds", "closing_reason", "closing_language"])
    effect = kind.on_annulled if was_adopted else kind.on_ended
    effect(decision, decisions.subject_of(decision), decision.data["terms"])
    register.append(
        decision.protocol,
        EntryKind.WITHOUT_EFFECT,
        {**facts(decision), "ground": ground, "language": language, "since": since},
        decision=decision,
    )
    notices.closed(decision)


def facts(decision: Decision) -> dict[str, Any]:
    """What the register says about a decision. Officials are named by their function only."""
    signatures = decision.signatures.select_related("party__organisation", "deliberation__document", "scan")
    return {
        "decision": {
            "decided_on": decision.decided_on,
            "digest": decision.digest,
            "kind": decision.kind,
            "number": decision.number,
            "opened_at": decision.opened_at,
            "proposed_by": mandates.commune_names(decision.opened_by.organisation),
            "reason": decision.closing_reason,
            "reason_language": decision.closing_language,
            "sentence": decisions.columns_by_language(decision, "sentence"),
            "state": decision.state,
            "title": decisions.columns_by_language(decision, "title"),
            "withdrawn_by": mandates.commune_names(decision.withdrawn_by.organisation)
            if decision.withdrawn_by
            else None,
        },
        "signatures": [_signature_facts(signature) for signature in signatures.order_by("pk")],
    }


def _signature_facts(signature: Signature) -> dict[str, Any]:
    return {
        "answer": signature.position,
        "commune": mandates.commune_names(signature.party.organisation),
        "deliberation": register.deliberation_facts(signature.deliberation) if signature.deliberation else None,
        "digest_seen": signature.digest_seen,
        "function": signature.functions,
        "hand": signature.hand,
        "outside": signature.outside,
        "party": signature.party.position,
        "reason": signature.reason,
        "reason_language": signature.reason_language,
        "signed_at": signature.signed_at,
    }
