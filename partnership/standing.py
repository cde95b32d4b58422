"""How each commune stands to a decision: what it has answered, in whose hand, and what is still missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext, pgettext

from partnership.models import Decision, Party, Position, Signature


@dataclass(frozen=True)
class Standing:
    """One commune's answer to a decision."""

    party: Party
    hands: int
    """How many people must sign for it, as its rule was when the decision was opened."""
    signatures: tuple[Signature, ...]
    is_open: bool

    @property
    def missing(self) -> int:
        """How many of its signatures an open decision still waits for."""
        return self.hands - len(self.signatures) if self.is_open else 0

    @property
    def has_answered(self) -> bool:
        """Whether all its signatures are given, or one of them refuses."""
        return len(self.signatures) >= self.hands or self.refuses

    @property
    def refuses(self) -> bool:
        """Whether it has said no."""
        return any(not signature.approves for signature in self.signatures)

    @property
    def reasons(self) -> list[Signature]:
        """Its signatures that carry a reservation or the reason of a refusal."""
        return [signature for signature in self.signatures if signature.reason]

    @property
    def word(self) -> str:
        """The answer in a word or two."""
        if self.refuses:
            return pgettext("answer", "Refused")
        if not self.has_answered:
            return self._word_of_waiting()
        if any(signature.position == Position.RESERVE for signature in self.signatures):
            return pgettext("answer", "Approved with a reservation")
        return pgettext("answer", "Approved")

    def _word_of_waiting(self) -> str:
        if self.signatures:
            return gettext("%(given)s of %(needed)s signatures") % {
                "given": len(self.signatures),
                "needed": self.hands,
            }
        return pgettext("answer", "To sign") if self.is_open else pgettext("answer", "Had not answered")


def of(decision: Decision, parties: Iterable[Party]) -> list[Standing]:
    """The standing of each of the parties, in the order given. No query where the signatures are prefetched."""
    signatures = list(decision.signatures.all())
    return [
        Standing(
            party,
            decision.hands(party),
            tuple(one for one in signatures if one.party_id == party.pk),
            decision.is_open,
        )
        for party in parties
    ]


def awaited(decision: Decision, parties: Iterable[Party]) -> list[Party]:
    """The communes whose answer an open decision still waits for."""
    return [standing.party for standing in of(decision, parties) if standing.missing > 0]
