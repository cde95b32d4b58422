"""What a council resolved loses its effect: annulled in Brussels, its visa refused or its legality objected to in Morocco [I1].

Order of locks as everywhere: decisions, roots, deliberation, the end of the register (see signing.py).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from partnership import agreement, clock, locks, mandates, opening, signing
from partnership.models import Decision, DecisionState, Deliberation, Membership, Party, Position, Regime, Supervision
from partnership.models.meetings import EXECUTORY
from partnership.refusals import Refusal

WITHOUT_EFFECT: dict[Regime, Supervision] = {
    Regime.MOROCCO: Supervision.VISA_REFUSED,
    Regime.BRUSSELS: Supervision.ANNULLED,
}
"""What the supervision of each regime says about a deliberation that has lost its effect."""


class SignedUpon(Refusal):
    """A deliberation that a signature rests on is no longer edited."""


def is_locked(deliberation: Deliberation) -> bool:
    """Whether a signature or a commune's leaving rests on it: it says for good what it said then, and can only lose its effect."""
    return deliberation.signatures.exists() or deliberation.entries.exists()


def refuse_locked(deliberation: Deliberation) -> None:
    """Lock a deliberation for an edit. Raises SignedUpon where a signature rests on it; call it in the edit's transaction."""
    Deliberation.objects.select_for_update(of=("self",), no_key=True).get(pk=deliberation.pk)
    if is_locked(deliberation):
        raise SignedUpon(
            _(
                "A signature rests on this deliberation, so it stays as it was read. If it was annulled or its visa refused, "
                "say since when it is without effect."
            ),
            code="I4",
        )


def lose_effect(
    deliberation: Deliberation, *, by: Membership, on: datetime.date, ground: str, language: str
) -> list[Decision]:
    """Record that an executory deliberation is without effect since a day; what rested on it ends or is suspended.

    Returns the decisions that were annulled, each with its entry “without effect since” in the register. `by` is a mandate of that
    commune. Raises Refusal, and NotASignatory where the mandate does not let its holder act for this commune.
    """
    while True:  # each further round needs a signature that was given meanwhile, until the deliberation is locked
        try:
            with transaction.atomic():
                return _lose_effect(deliberation, by=by, on=on, ground=ground.strip(), language=language)
        except _SignedMeanwhile:
            continue


class _SignedMeanwhile(Exception):
    """Something came to rest on the deliberation while the decisions were being locked; all locks are given back first."""


def _lose_effect(
    deliberation: Deliberation, *, by: Membership, on: datetime.date, ground: str, language: str
) -> list[Decision]:
    party = Party.objects.select_related("protocol").get(pk=deliberation.party_id)
    leaving = agreement.left_on(deliberation)
    resting = _locked(_resting_on(deliberation), also=[leaving.protocol] if leaving else [])
    fresh = Deliberation.objects.select_for_update(of=("self",), no_key=True).get(pk=deliberation.pk)
    if agreement.left_on(fresh) != leaving or set(_resting_on(fresh)) - {decision.pk for decision in resting}:
        raise _SignedMeanwhile
    _refuse(fresh, party, by=by, on=on, ground=ground)
    _write(fresh, on=on, ground=ground, language=language)
    for decision in resting:
        signing.annul(decision, ground=ground, language=language, since=on)
    if leaving is not None:
        agreement.call_back(leaving, ground=ground, language=language, since=on)
    deliberation.refresh_from_db()
    return resting


def _resting_on(deliberation: Deliberation) -> list[int]:
    """The open and adopted decisions under which an approval rests on it."""
    approvals = deliberation.signatures.filter(position__in=[Position.APPROVE, Position.RESERVE])
    alive = Decision.objects.filter(state__in=[DecisionState.OPEN, DecisionState.ADOPTED])
    return list(alive.filter(pk__in=approvals.values("decision")).order_by("pk").values_list("pk", flat=True))


def _locked(keys: Iterable[int], *, also: Iterable[models.Model]) -> list[Decision]:
    """The decisions and then their roots and these, locked; those that ended meanwhile are left out."""
    return [row for row in locks.take(*keys, also=also) if row.state in {DecisionState.OPEN, DecisionState.ADOPTED}]


def _refuse(deliberation: Deliberation, party: Party, *, by: Membership, on: datetime.date, ground: str) -> None:
    acting = mandates.acting_for(by, party.protocol, opening.PROPOSERS)
    if acting.pk != party.pk:
        raise mandates.NotASignatory(
            _("Only %(commune)s says what has become of its own council’s deliberation."),
            code="I2",
            params={"commune": str(party)},
        )
    if deliberation.without_effect_since is not None:
        raise Refusal(_("This deliberation is without effect already."), code="I1")
    if deliberation.supervision not in EXECUTORY:
        raise Refusal(
            _("This deliberation is not executory, so nothing rests on it. Enter the answer in its form."), code="I1"
        )
    _refuse_day(deliberation, on, clock.today(party.protocol))
    if not ground:
        raise Refusal(_("Say why the deliberation lost its effect; the register shows it."), code="ground")


def _refuse_day(deliberation: Deliberation, on: datetime.date, today: datetime.date) -> None:
    begun = deliberation.sent_on or deliberation.held_on
    if not begun <= on <= today:
        raise Refusal(
            _("Enter a day from the one on which the deliberation was held and sent until today."), code="day"
        )


def _write(deliberation: Deliberation, *, on: datetime.date, ground: str, language: str) -> None:
    """Its day of being executory stays: what it once carried is read from the register."""
    deliberation.supervision = WITHOUT_EFFECT[Regime(deliberation.regime)]
    deliberation.answered_on = on
    deliberation.without_effect_since = on
    deliberation.without_effect_ground = ground
    deliberation.without_effect_language = language
    deliberation.save()
