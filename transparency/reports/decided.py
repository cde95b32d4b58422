"""What a snapshot says of the two communes' decisions: those entered in the period, those that await one, and the end of the register."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from partnership import decisions, publicity, register
from partnership.models import Decision, EntryKind, Party, Protocol, RegisterEntry
from transparency.presentation.register import clocks, day_of
from transparency.reports.figures import Data

TOLD = (EntryKind.DECISION, EntryKind.WITHOUT_EFFECT)


def end_of_register(protocol: Protocol) -> Data:
    """The number and digest of the last entry: printed and mailed to both councils, they are witnessed outside the platform."""
    head = register.head_of(protocol)
    return {"sequence": head.sequence, "hash": head.hash}


def of_period(protocol: Protocol, first: datetime.date, last: datetime.date, parties: Sequence[Party]) -> list[Data]:
    """The decisions entered from the first to the last day, in order, then the open ones the public may know of [I11]."""
    rows = RegisterEntry.objects.for_protocol(protocol).filter(kind__in=TOLD, at__date__range=(first, last))
    entered = [_entered(entry, parties) for entry in rows.order_by("sequence")]
    waiting = [one for one in publicity.pending(protocol) if one.opened_at.date() <= last]
    return entered + [_waiting(one, parties) for one in reversed(waiting)]


def _entered(entry: RegisterEntry, parties: Iterable[Party]) -> Data:
    facts = entry.data
    decision = facts["decision"]
    return {
        "answers": [_answer(one, parties) for one in facts["signatures"]],
        "decided_on": day_of(decision, "decided_on"),
        "kind": decision["kind"],
        "number": decision["number"],
        "on": entry.at.date(),
        "sentence": decision["sentence"],
        "sequence": entry.sequence,
        "since": day_of(facts, "since"),
        "state": decision["state"],
        "title": decision["title"],
        "words": _words(
            facts.get("ground") or decision["reason"], facts.get("language") or decision["reason_language"]
        ),
    }


def _answer(facts: Mapping[str, Any], parties: Iterable[Party]) -> Data:
    signed_at = datetime.datetime.fromisoformat(facts["signed_at"])
    [there] = clocks(signed_at, [party for party in parties if party.position == facts["party"]])
    return {
        "answer": facts["answer"],
        "on": there.on,
        "position": facts["party"],
        "words": _words(facts["reason"], facts["reason_language"]),
    }


def _words(text: str, language: str) -> Data | None:
    return {"text": text, "language": language} if text else None


def _waiting(decision: Decision, parties: Iterable[Party]) -> Data:
    """An open decision: who has answered, but not in which words before it is entered."""
    given = {one.party_id: one for one in decision.signatures.all()}
    return {
        "answers": [
            {
                "answer": given[party.pk].position,
                "on": clocks(given[party.pk].signed_at, [party])[0].on,
                "position": party.position,
                "words": None,
            }
            for party in parties
            if party.pk in given
        ],
        "decided_on": decision.decided_on,
        "kind": decision.kind,
        "number": decision.number,
        "on": decision.opened_at.date(),
        "sentence": decisions.columns_by_language(decision, "sentence"),
        "sequence": None,
        "since": None,
        "state": decision.state,
        "title": decisions.columns_by_language(decision, "title"),
        "words": None,
    }
