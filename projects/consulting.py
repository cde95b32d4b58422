"""What a plan was adopted on stays: an adopted plan keeps a consultation that took place and has minutes (clause A4.1)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext_lazy as _

from partnership.models import Decision, DecisionState, Protocol
from partnership.refusals import Refusal, Refusals
from projects.decisions import CONSULTED, without_consultation
from projects.models import ActionPlan


@contextmanager
def kept(protocol: Protocol) -> Iterator[None]:
    """What is done with consultations within takes from no adopted plan the last one it can rest on.

    Raises Refusals, which must undo it, naming each plan. A plan adopted before anything was recorded here is left alone.
    """
    before = _founded(protocol)
    yield
    after = _founded(protocol)
    lost = [plan for key, plan in before.items() if key not in after]
    if lost:
        raise Refusals([_refusal(plan) for plan in lost])


def _founded(protocol: Protocol) -> dict[int, ActionPlan]:
    """The adopted plans that rest on a consultation, by their keys."""
    decided = Decision.objects.for_protocol(protocol).binding().filter(kind="adopt_plan", state=DecisionState.ADOPTED)
    keys = [int(key) for key in decided.values_list("object_id", flat=True)]
    return {plan.pk: plan for plan in ActionPlan.objects.filter(pk__in=keys) if not without_consultation(plan)}


def _refusal(plan: ActionPlan) -> Refusal:
    message = _(
        "Plan %(code)s was adopted on this consultation and its minutes (clause A4.1). Enter another one that took place, with its "
        "minutes, before you take this one away."
    )
    return Refusal(message, code=CONSULTED, params={"code": plan.code})
