"""Taking away the lost second factor of a signatory or coordinator, a day after it was asked for [I3].

A second factor is half of a commune's key, so it is reset as a key is given: by the commune's own coordinator, with the act
attached, told to both communes, in the register. Until it is due that commune's coordinators, or the person it concerns, who
has then not lost it, call it off.
"""

from __future__ import annotations

import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from partnership import accounts, appointing, clock, mandates
from partnership.appointing import DELAY, Act, NotYours, Over
from partnership.models import EntryKind, Membership, Party, SecondFactorReset


@transaction.atomic
def ask_for_reset(mandate: Membership, *, by: Membership, act: Act) -> SecondFactorReset:
    """Ask that the second factor of someone who holds a key of the member's own commune be taken away, a day from now.

    Raises NotYours, NotComplete or Over; then nothing has changed.
    """
    party = appointing.coordinated(by)
    appointing.take_turn(party)
    locked = appointing.own(mandate.pk, party)
    if locked.user_id == by.user_id:
        raise NotYours(
            _(
                "Another coordinator of your commune resets your second factor. With a recovery code you renew it yourself."
            ),
            code="I3",
        )
    appointing.refuse_act(act, party)
    assert act.document is not None
    moment = clock.now(by.protocol)
    if locked.is_over(moment, mandates.day_in(party, moment)):
        raise Over(_("This mandate is over."), code="I3")
    if SecondFactorReset.objects.pending().filter(membership__user=locked.user_id).exists():
        raise Over(_("A reset of this second factor is under way already."), code="I3")
    reset = SecondFactorReset.objects.create(
        membership=locked,
        act=act.citation.strip(),
        act_document=act.document,
        asked_by=by,
        asked_at=moment,
        due_at=moment + DELAY,
    )
    appointing.record(EntryKind.SECOND_FACTOR_RESET, locked, party, act, at=reset.due_at, by=by)
    return reset


@transaction.atomic
def call_off_reset(reset: SecondFactorReset, *, by: Membership) -> SecondFactorReset:
    """Undo a reset that is not due yet: by a coordinator of that commune, or by the person whose factor it is. Raises NotYours or Over."""
    party = _party_of(reset, by)
    appointing.take_turn(party)
    locked = _locked(reset.pk)
    moment = clock.now(by.protocol)
    if locked is None or locked.due_at <= moment:
        raise Over(_("It has taken effect, or was called off already."), code="I3")
    locked.called_off_at = moment
    locked.save(update_fields=["called_off_at"])
    act = Act(locked.act, locked.act_document)
    appointing.record(EntryKind.SECOND_FACTOR_RESET, locked.membership, party, act, at=moment, by=by, called_off=True)
    return locked


def _party_of(reset: SecondFactorReset, by: Membership) -> Party:
    if by.user_id == reset.membership.user_id and by.pk == reset.membership_id:
        own = mandates.party_of(by) if mandates.is_valid(by) else None
    else:
        own = appointing.coordinated(by)
    if own is None or own.organisation_id != reset.membership.organisation_id or by.protocol_id != own.protocol_id:
        raise NotYours(_("Only a coordinator of that commune gives and takes its keys."), code="I3")
    return own


def _locked(pk: int) -> SecondFactorReset | None:
    """The reset, locked, while it is still to happen; None when someone was faster."""
    rows = SecondFactorReset.objects.pending().select_for_update(of=("self",))
    return rows.select_related("membership__user", "membership__protocol", "act_document").filter(pk=pk).first()


def carry_out_due(now: datetime.datetime) -> int:
    """Carry out every reset whose day is over; returns how many. Safe to run any number of times at once."""
    return sum(_carry_out(pk, now) for pk in list(SecondFactorReset.objects.due(now).values_list("pk", flat=True)))


@transaction.atomic
def _carry_out(pk: int, now: datetime.datetime) -> bool:
    reset = _locked(pk)
    if reset is None or reset.due_at > now:
        return False
    accounts.reset_second_factor(reset.membership.user)
    reset.carried_out_at = now
    reset.save(update_fields=["carried_out_at"])
    return True
