"""The register: appending to a protocol's chain, and verifying it [I9]. Nothing changes an entry; the database refuses it."""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partnership import canonical, clock, decisions
from partnership.models import Decision, Deliberation, EntryKind, Protocol, RegisterEntry, RegisterHead
from partnership.models.register import NO_ENTRY

AT_A_TIME = 2_000
_AT = re.compile(r'"at":"([^"]+)"')


def chained(previous: str, payload: str) -> str:
    """The digest of an entry: SHA-256 of the previous digest followed by the payload, in UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256((previous + payload).encode()).hexdigest()


def head_of(protocol: Protocol) -> RegisterHead:
    """The end of the protocol's chain as it stands; number 0 and 64 zeros where nothing has been entered."""
    return RegisterHead.objects.filter(protocol=protocol).first() or RegisterHead(protocol=protocol)


def lock_end(protocol: Protocol) -> RegisterHead:
    """The end of the protocol's chain, locked until the transaction ends: the last of all locks."""
    assert transaction.get_connection().in_atomic_block
    RegisterHead.objects.get_or_create(protocol=protocol)
    return RegisterHead.objects.select_for_update().get(protocol=protocol)


def append(
    protocol: Protocol,
    kind: EntryKind,
    facts: dict[str, Any],
    *,
    decision: Decision | None = None,
    deliberation: Deliberation | None = None,
) -> RegisterEntry:
    """Put an entry at the end of the protocol's chain. Must run in the transaction of the act it records; locks the end last.

    `deliberation` is what an act of one commune alone rests on.
    """
    head = lock_end(protocol)
    moment = clock.now(protocol)
    payload = canonical.text(
        {
            **facts,
            "at": moment,
            "demonstration": protocol.is_demonstration,
            "entry": kind.value,
            "protocol": protocol.code,
            "sequence": head.sequence + 1,
        }
    )
    entry = RegisterEntry.objects.create(
        protocol=protocol,
        sequence=head.sequence + 1,
        previous=head.hash,
        payload=payload,
        hash=chained(head.hash, payload),
        kind=kind,
        decision=decision,
        deliberation=deliberation,
        at=moment,
    )
    head.sequence, head.hash = entry.sequence, entry.hash
    head.save(update_fields=["sequence", "hash"])
    return entry


@dataclass(frozen=True)
class Verification:
    """What was found in a chain: how many entries hold, and the first that does not with what is wrong with it."""

    count: int
    head: str
    broken_at: int | None = None
    reason: str | Promise = ""

    @property
    def intact(self) -> bool:
        """Whether every entry holds."""
        return self.broken_at is None


@dataclass(frozen=True)
class _Link:
    sequence: int
    previous: str
    payload: str
    hash: str
    kind: str
    at: datetime.datetime
    statement: str | None
    digest: str | None


def verify(protocol: Protocol) -> Verification:
    """Recompute the protocol's whole chain, and the digest of every statement it cites; stops at the first entry that does not hold.

    One pass, in as many steps as there are entries. What is appended meanwhile breaks nothing.
    """
    before = head_of(protocol)  # read first: whatever is entered from here on only lengthens the chain
    sequence, previous = 0, NO_ENTRY
    for link in _links(protocol):
        reason = _what_is_wrong(link, sequence + 1, previous) or _what_is_wrong_with_end(link, before)
        if reason:
            return Verification(sequence, previous, sequence + 1, reason)
        sequence, previous = link.sequence, link.hash
    if sequence < before.sequence:
        reason = _("The end of the chain is missing: entries were removed from here on.")
        return Verification(sequence, previous, sequence + 1, reason)
    after = head_of(protocol)
    if sequence > after.sequence:
        reason = _("It stands beyond the end of the chain: no act of the platform entered it.")
        return Verification(after.sequence, after.hash, after.sequence + 1, reason)
    return Verification(sequence, previous)


def _links(protocol: Protocol) -> Iterator[_Link]:
    """The chain in order. A statement is read once with each entry that cites it."""
    rows = RegisterEntry.objects.for_protocol(protocol).order_by("sequence")
    columns = ("sequence", "previous", "payload", "hash", "kind", "at", "decision__statement", "decision__digest")
    for row in rows.values_list(*columns).iterator(chunk_size=AT_A_TIME):
        yield _Link(*row)


def _what_is_wrong(link: _Link, sequence: int, previous: str) -> str | Promise:
    if link.sequence != sequence:
        return _("An entry is missing before this one, or its number was changed.")
    if link.previous != previous:
        return _("It does not carry the digest of the entry before it.")
    if chained(previous, link.payload) != link.hash:
        return _("Its digest does not agree with its text: one of them was changed.")
    return _what_is_wrong_with_columns(link) or _what_is_wrong_with_statement(link)


def _what_is_wrong_with_columns(link: _Link) -> str | Promise:
    """Kind and time stand in the text too, and are sorted by outside it. A quotation mark within a text is written with a backslash."""
    at = _AT.search(link.payload)
    same_time = at is None or datetime.datetime.fromisoformat(at[1]) == link.at
    if same_time and f'"entry":"{link.kind}"' in link.payload:
        return ""
    return _("It is filed under another kind or time than its text says.")


def _what_is_wrong_with_statement(link: _Link) -> str | Promise:
    if link.statement is None or link.digest is None:
        return ""
    if canonical.digest(link.statement) != link.digest or f'"digest":"{link.digest}"' not in link.payload:
        return pgettext_lazy("register", "The text of the decision it records was changed.")
    return ""


def _what_is_wrong_with_end(link: _Link, end: RegisterHead) -> str | Promise:
    if link.sequence == end.sequence and link.hash != end.hash:
        return _(
            "It is not the entry that the end of the chain names: it was exchanged, with all that follows from it."
        )
    return ""


def deliberation_facts(resolution: Deliberation) -> dict[str, Any]:
    """What the register says about a council's deliberation."""
    return {
        "abstentions": resolution.abstentions,
        "answered_on": resolution.answered_on,
        "approved": resolution.approved,
        "body": resolution.body,
        "executory_on": resolution.executory_on,
        "held_on": resolution.held_on,
        "number": resolution.number,
        "sent_on": resolution.sent_on,
        "session": resolution.session,
        "subject": decisions.columns_by_language(resolution, "subject"),
        "supervision": resolution.supervision,
        "votes_against": resolution.votes_against,
        "votes_for": resolution.votes_for,
    }
