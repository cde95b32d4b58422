"""Ending a mandate that holds no key, and what passes to its successor. Signatories and coordinators: partnership/appointing.py."""

from __future__ import annotations

import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from partnership import mandates
from partnership.models import APPOINTED, Decision, Membership
from partnership.refusals import Refusal


@transaction.atomic
def hand_over(mandate: Membership, *, last_day: datetime.date, successor: Membership | None) -> Membership:
    """End a mandate with a day; from the next on its tasks reach the successor, in one step. Who may is the caller's rule.

    Raises Refusal for a key, a day before the mandate begins, or a successor of another role or organisation.
    """
    locked = (
        Membership.objects.select_for_update(of=("self",), no_key=True).select_related("protocol").get(pk=mandate.pk)
    )
    if locked.role in APPOINTED and mandates.party_of(locked) is not None:
        raise Refusal(
            _("The mandate of a signatory or coordinator ends by the commune’s act, entered in the register."),
            code="I3",
        )
    if last_day < locked.starts_on:
        raise Refusal(_("A mandate cannot end before it begins."), code="last_day")
    if successor is not None:
        mandates.refuse_stand_in(locked, successor)
    locked.ends_on, locked.successor = last_day, successor
    locked.save(update_fields=["ends_on", "successor"])
    return locked


def open_decisions(mandate: Membership) -> list[Decision]:
    """Open decisions that this mandate carries now, which pass on when it ends. One query, and one for each earlier mandate."""
    carried = {mandate.pk}
    heirs = [mandate]
    while heirs:
        heirs = [each for each in Membership.objects.filter(successor__in=heirs) if each.pk not in carried]
        carried |= {each.pk for each in heirs}
    rows = Decision.objects.open().filter(opened_by__in=carried).select_related("opened_by__protocol")
    return [decision for decision in rows if mandates.tasks_reach(decision.opened_by).pk == mandate.pk]
