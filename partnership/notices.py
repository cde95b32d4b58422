"""Who is told by mail what happened to a joint decision. Mails lie in the outbox from the moment the act is committed."""

from __future__ import annotations

from partnership.models import Decision, Party, Protocol


def opened(decision: Decision) -> None:
    """Tell the signatories and coordinators of both communes that a decision awaits them."""


def signed(decision: Decision) -> None:
    """Tell the commune whose answer is still missing that the other has answered."""


def closed(decision: Decision) -> None:
    """Tell both communes how a decision ended: adopted, refused, withdrawn or annulled."""


def left(protocol: Protocol, party: Party) -> None:
    """Tell both communes that one of them has left the protocol."""
