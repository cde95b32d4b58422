"""The register as its pages show it. Everything about an entry is read from its text, the bytes that were hashed, and from nothing else."""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, pgettext

from partnership import decisions, formats, languages, publicity, register, standing
from partnership.models import (
    Decision,
    DecisionState,
    EntryKind,
    Party,
    Position,
    Protocol,
    RegisterEntry,
    Supervision,
)
from partnership.models.meetings import Session
from transparency.presentation import stars
from transparency.presentation.stars import Star

MOST_MARKS = 18
FIRST_MARKS = 3
Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Words:
    """What a person wrote, in the language it was written in."""

    text: str
    language: str

    @property
    def direction(self) -> str:
        """`rtl` or `ltr`."""
        return languages.direction(self.language)


@dataclass(frozen=True)
class Clock:
    """A moment as one commune's clocks show it."""

    place: str
    on: datetime.date
    time: str


def clocks(moment: datetime.datetime, parties: Iterable[Party]) -> list[Clock]:
    """A moment in both communes, in the order given."""
    return [_clock(moment, party) for party in parties]


def _clock(moment: datetime.datetime, party: Party) -> Clock:
    there = moment.astimezone(zoneinfo.ZoneInfo(party.time_zone))
    return Clock(str(party), there.date(), f"{there:%H:%M}")


@dataclass(frozen=True)
class Mark:
    """An octagon of the chain's line; `number` is 0 where entries are left out."""

    number: int
    holds: bool


def marks(total: int, broken_at: int | None) -> list[Mark]:
    """The line of octagons: all entries of a short chain; of a long one the first, the last, and those around the first broken one."""
    numbers: Iterable[int] = range(1, total + 1)
    if total > MOST_MARKS:
        around = set(range(broken_at - 2, broken_at + 3)) if broken_at else set()
        last = MOST_MARKS - FIRST_MARKS - 1 - (len(around) + 1 if around else 0)
        ends = {*range(1, FIRST_MARKS + 1), *range(total - last + 1, total + 1)}
        numbers = sorted((ends | around) & set(range(1, total + 1)))
    found: list[Mark] = []
    for number in numbers:
        before = found[-1].number if found else 0
        if number > before + 1:
            found.append(Mark(0, holds=broken_at is None or number <= broken_at))
        found.append(Mark(number, holds=broken_at is None or number < broken_at))
    return found


@dataclass(frozen=True)
class Resolution:
    """The deliberation of its council that an answer rests on."""

    number: str
    held_on: datetime.date
    session: str
    votes: str
    supervision: str
    supervised_on: datetime.date | None
    executory_on: datetime.date | None


@dataclass(frozen=True)
class Answer:
    """One signature: the answer, in which function and when it was given, what it rests on."""

    position: str
    word: str
    function: str
    on: datetime.date
    digest: str
    outside: bool
    resolution: Resolution | None
    words: Words | None


@dataclass(frozen=True)
class Side:
    """One commune's part in a decision; no answers where it had not answered when the decision ended."""

    party: Party
    answers: Sequence[Answer]

    @property
    def agrees(self) -> bool:
        """Whether it answered, and none of its answers refuses."""
        return bool(self.answers) and all(one.position != Position.REFUSE for one in self.answers)


@dataclass(frozen=True)
class Row:
    """An entry in one line: what it is about, which kind, how it came out, and what each commune answered."""

    sequence: int
    on: datetime.date
    hash: str
    kind: str
    title: str
    what: str
    number: str
    outcome: str
    state: str
    star: Star | None
    shape: str
    sides: Sequence[Side]
    words: Sequence[tuple[str, Words]]
    decided_on: datetime.date | None


def row(entry: RegisterEntry, parties: Sequence[Party]) -> Row:
    """The entry in the reader's language, the communes in the order given. No query."""
    facts = facts_of(entry)
    decision = facts.get("decision") or {}
    sides = sides_of(facts, parties)
    state = str(decision.get("state", ""))
    return Row(
        sequence=entry.sequence,
        on=entered_on(facts, parties),
        hash=entry.hash,
        kind=entry.kind,
        title=_title(entry.kind, facts),
        what=_what(entry.kind, decision),
        number=str(decision.get("number", "")),
        outcome=_outcome(facts, sides),
        state=state,
        star=stars.star(state, (), parties) if decision else None,
        shape=_shape(facts, parties),
        sides=sides,
        words=_words(facts, sides),
        decided_on=day_of(decision, "decided_on"),
    )


def facts_of(entry: RegisterEntry) -> Facts:
    """What an entry says. Of one whose text no longer agrees with its digest only when it was entered: nobody may rely on the rest."""
    if register.chained(entry.previous, entry.payload) == entry.hash:
        return entry.data
    return {"at": entry.at.isoformat(), "changed": True}


def text_of(texts: object) -> str:
    """A text of an entry in the reader's language; empty where there is none."""
    return str(texts.get(languages.current()) or "") if isinstance(texts, Mapping) else str(texts or "")


def day_of(facts: Facts, name: str) -> datetime.date | None:
    """A day of an entry; None where it says none."""
    written = facts.get(name)
    return datetime.date.fromisoformat(str(written)[:10]) if written else None


def entered_on(facts: Facts, parties: Iterable[Party]) -> datetime.date:
    """The day of an entry. Between the two communes' midnights the later one, so that none seems signed after it was entered."""
    moment = datetime.datetime.fromisoformat(str(facts["at"]))
    return max((one.on for one in clocks(moment, parties)), default=moment.date())


def _title(kind: str, facts: Facts) -> str:
    if facts.get("changed"):
        return gettext("Changed after it was entered: do not rely on it")
    if facts.get("decision"):
        return text_of(facts["decision"].get("title"))
    commune, function = text_of(facts.get("commune")), text_of(facts.get("function"))
    if kind == EntryKind.LEAVING:
        return gettext("%(commune)s leaves the protocol") % {"commune": commune}
    if kind == EntryKind.SUSPENSION:
        title = text_of((facts.get("project") or {}).get("title"))
        return gettext("%(commune)s suspends “%(project)s”") % {"commune": commune, "project": title}
    if kind == EntryKind.WITHOUT_EFFECT:
        return gettext("%(commune)s has not left the protocol after all") % {"commune": commune}
    if not function or not commune:
        return function or commune
    words = pgettext("a function, and the commune it is held for", "%(function)s, %(commune)s")
    return words % {"function": function, "commune": commune}


def _what(kind: str, decision: Facts) -> str:
    """The kind of decision, or of entry."""
    if decision:
        return str(decisions.label_of(str(decision.get("kind", ""))))
    return str(EntryKind(kind).label) if kind in EntryKind.values else kind


def _outcome(facts: Facts, sides: Iterable[Side]) -> str:
    decision = facts.get("decision")
    if not decision:
        return _outcome_of_one(facts)
    reserved = any(one.position == Position.RESERVE for side in sides for one in side.answers)
    return outcome_of(str(decision.get("state", "")), reserved=reserved, since=day_of(facts, "since"))


def outcome_of(state: str, *, reserved: bool, since: datetime.date | None) -> str:
    """How a decision came out, in words; a state that this release does not know stands for itself."""
    if state == DecisionState.ANNULLED:
        return _without_effect(since)
    words = {
        DecisionState.OPEN.value: pgettext("outcome", "Open"),
        DecisionState.ADOPTED.value: pgettext("outcome", "Adopted, with a reservation")
        if reserved
        else pgettext("outcome", "Adopted"),
        DecisionState.REFUSED.value: pgettext("outcome", "Refused, reason published"),
        DecisionState.WITHDRAWN.value: pgettext("outcome", "Withdrawn"),
    }
    return words.get(state, state)


def _outcome_of_one(facts: Facts) -> str:
    """What becomes of what one commune did alone; an act that says nothing of the kind has simply been entered."""
    if facts.get("called_off"):
        return pgettext("appointment", "Called off")
    if facts.get("since"):
        return _without_effect(day_of(facts, "since"))
    on = day_of(facts, "takes_effect_at")
    if on is None:
        return pgettext("register", "Entered")
    return pgettext("appointment", "In effect from %(day)s") % {"day": formats.day(on, languages.current())}


def _without_effect(since: datetime.date | None) -> str:
    if since is None:
        return pgettext("outcome", "Without effect")
    return pgettext("outcome", "Without effect since %(day)s") % {"day": formats.day(since, languages.current())}


def _shape(facts: Facts, parties: Iterable[Party]) -> str:
    """The shape of the commune that acted alone; the octagon where both did, or the entry does not say."""
    return next((party.shape for party in parties if party.position == facts.get("party")), "joint")


def sides_of(facts: Facts, parties: Iterable[Party]) -> list[Side]:
    """What each commune answered, in the order given; none for an entry that is about no decision."""
    if not facts.get("decision"):
        return []
    given = facts.get("signatures") or []
    return [
        Side(party, [_answer(one, party) for one in given if one.get("party") == party.position]) for party in parties
    ]


def _answer(facts: Facts, party: Party) -> Answer:
    position = str(facts.get("answer", ""))
    signed_at = datetime.datetime.fromisoformat(str(facts["signed_at"]))
    reason = str(facts.get("reason") or "")
    return Answer(
        position=position,
        word=word_of(position),
        function=text_of(facts.get("function")),
        on=_clock(signed_at, party).on,
        digest=str(facts.get("digest_seen", "")),
        outside=bool(facts.get("outside")),
        resolution=resolution(facts["deliberation"]) if facts.get("deliberation") else None,
        words=words_of(reason, facts.get("reason_language")) if reason else None,
    )


def word_of(position: str) -> str:
    """An answer in a word or two."""
    return {
        Position.APPROVE.value: pgettext("answer", "Approved"),
        Position.RESERVE.value: pgettext("answer", "Approved with a reservation"),
        Position.REFUSE.value: pgettext("answer", "Refused"),
    }.get(position, position)


def words_of(text: str, language: object) -> Words:
    """A person's words; in the reader's language where the entry does not say in which."""
    return Words(text, str(language or languages.current()))


def resolution(facts: Facts) -> Resolution:
    """A council's deliberation as an entry tells it."""
    supervision, session = str(facts.get("supervision", "")), str(facts.get("session", ""))
    return Resolution(
        number=str(facts.get("number", "")),
        held_on=datetime.date.fromisoformat(str(facts["held_on"])),
        session=str(Session(session).label) if session in Session.values else "",
        votes=_votes(facts),
        supervision=str(Supervision(supervision).label) if supervision in Supervision.values else supervision,
        supervised_on=day_of(facts, "answered_on") or day_of(facts, "sent_on"),
        executory_on=day_of(facts, "executory_on"),
    )


def _votes(facts: Facts) -> str:
    """The vote as the council's minutes say it."""
    for_it, against, abstained = (int(facts.get(name) or 0) for name in ("votes_for", "votes_against", "abstentions"))
    if not against and not abstained:
        return gettext("unanimous, %(for)s votes") % {"for": for_it}
    return gettext("%(for)s for, %(against)s against, %(abstained)s abstaining") % {
        "for": for_it,
        "against": against,
        "abstained": abstained,
    }


def _words(facts: Facts, sides: Iterable[Side]) -> list[tuple[str, Words]]:
    """Every reservation, refusal and other reason that the entry holds, each with whose it is."""
    said = [(_whose(one, side.party), one.words) for side in sides for one in side.answers if one.words]
    return said + reasons(facts)


def _whose(answer: Answer, party: Party) -> str:
    refused, reserved = gettext("Why %(commune)s refused"), gettext("Reservation of %(commune)s")
    return (refused if answer.position == Position.REFUSE else reserved) % {"commune": party}


def reasons(facts: Facts) -> list[tuple[str, Words]]:
    """Why a decision ended or an act was done, beside what stands in the signatures."""
    decision = facts.get("decision") or {}
    if facts.get("ground"):
        return [(gettext("Ground"), words_of(str(facts["ground"]), facts.get("language")))]
    if decision.get("reason"):
        return [(gettext("Why it ended"), words_of(str(decision["reason"]), decision.get("reason_language")))]
    return []


@dataclass(frozen=True)
class Pending:
    """An open decision that the public may know of: what it is about and which commune's answer it waits for."""

    decision: Decision
    title: str
    what: str
    star: Star
    sides: Sequence[standing.Standing]
    agreed: Sequence[tuple[Party, datetime.date]]
    awaited: Sequence[Party]


def pending_row(decision: Decision, parties: Sequence[Party]) -> Pending:
    """An open decision in the reader's language. No query; signatures come prefetched."""
    sides = standing.of(decision, parties)
    agreed = [(side.party, _clock(side.signatures[-1].signed_at, side.party).on) for side in sides if side.has_answered]
    return Pending(
        decision=decision,
        title=decisions.columns_by_language(decision, "title")[languages.current()],
        what=str(decisions.label_of(decision.kind)),
        star=stars.of_decision(decision, parties),
        sides=sides,
        agreed=agreed,
        awaited=[side.party for side in sides if side.missing > 0],
    )


def latest_decisions(protocol: Protocol, parties: Sequence[Party], most: int) -> list[Row | Pending]:
    """The latest decisions, the newest first; at most half of them await a commune, whichever it is."""
    entries = RegisterEntry.objects.for_protocol(protocol).filter(decision__isnull=False).order_by("-sequence")[:most]
    rows = [(entry.at, row(entry, parties)) for entry in entries]
    waiting = [(one.opened_at, pending_row(one, parties)) for one in publicity.pending(protocol)[: most // 2]]
    dated: list[tuple[datetime.datetime, Row | Pending]] = [*rows, *waiting]
    return [one for _at, one in sorted(dated, key=lambda pair: pair[0], reverse=True)[:most]]
