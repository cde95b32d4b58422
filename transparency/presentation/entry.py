"""An entry's own page: what was decided, both answers, its neighbours in the chain, and what became of it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet, TextChoices
from django.urls import reverse
from django.utils.translation import gettext, pgettext

from partnership import decisions, formats, languages, statements
from partnership.models import Decision, DecisionState, Document, EntryKind, Party, Protocol, RegisterEntry, Role
from partnership.models.hiding import cover
from partnership.models.people import Basis
from partnership.statements import Fact, Reading
from projects.models import ActionPlan, Project
from transparency.presentation import register as shown
from transparency.presentation.register import Clock, Facts, Resolution, Row, Words

SHOWN_WHOLE = 20_000
"""Up to how many characters an exact text stands on the page; a longer one is a link, for who reads on a slow phone."""


@dataclass(frozen=True)
class Link:
    """A page and what it is called."""

    name: str
    address: str


@dataclass(frozen=True)
class Later:
    """An entry that says more about the same decision."""

    sequence: int
    sentence: str


@dataclass(frozen=True)
class EntryPage:
    """An entry with all that its page shows."""

    entry: RegisterEntry
    row: Row
    reasons: Sequence[tuple[str, Words]]
    sentence: str
    proposed_by: str
    opened_on: datetime.date | None
    digest: str
    entered: Sequence[Clock]
    neighbours: Sequence[RegisterEntry]
    later: Sequence[Later]
    subject: Link | None
    files: Mapping[int, Sequence[Document]]
    scan: Document | None
    reading: Reading | None
    """The exact text as a person reads it; None for an entry about no decision."""
    statement: str
    """The exact text as it was hashed, where it is short enough for the page."""
    length: int
    facts: Sequence[Fact]
    resolution: Resolution | None
    """The deliberation that an act of one commune alone rests on."""

    @property
    def is_decision(self) -> bool:
        """Whether it is about a joint decision."""
        return bool(self.digest)


def entry_page(entry: RegisterEntry, parties: Sequence[Party]) -> EntryPage:
    """The page of an entry in the reader's language. The same few queries for each; its decision comes fetched."""
    facts = shown.facts_of(entry)
    decision = facts.get("decision") or {}
    statement = entry.decision.statement if entry.decision else ""
    files = _files(entry.decision)
    return EntryPage(
        entry=entry,
        row=shown.row(entry, parties),
        reasons=shown.reasons(facts),
        sentence=shown.text_of(decision.get("sentence")),
        proposed_by=shown.text_of(decision.get("proposed_by")),
        opened_on=shown.day_of(decision, "opened_at"),
        digest=str(decision.get("digest", "")),
        entered=shown.clocks(datetime.datetime.fromisoformat(str(facts["at"])), parties),
        neighbours=_neighbours(entry),
        later=_later(entry),
        subject=_subject(entry.decision),
        files={party.position: files.get(party.pk, []) for party in parties},
        scan=_public_scan(entry.decision),
        reading=statements.read(entry.decision) if entry.decision else None,
        statement=statement if len(statement) <= SHOWN_WHOLE else "",
        length=len(statement.encode()),
        facts=_other_facts(facts),
        resolution=shown.resolution(facts["deliberation"]) if facts.get("deliberation") else None,
    )


def _neighbours(entry: RegisterEntry) -> list[RegisterEntry]:
    rows = RegisterEntry.objects.filter(protocol=entry.protocol_id)
    around = (entry.sequence - 1, entry.sequence, entry.sequence + 1)
    return list(rows.filter(sequence__in=around).only("sequence", "hash").order_by("sequence"))


def _later(entry: RegisterEntry) -> list[Later]:
    """Where the same decision lost its effect, and the decisions that corrected its text."""
    if entry.decision is None:
        return []
    own = RegisterEntry.objects.filter(decision=entry.decision, sequence__gt=entry.sequence, kind="without_effect")
    corrections = Decision.objects.on(entry.decision).filter(kind="correct_text", state=DecisionState.ADOPTED)
    of_others = RegisterEntry.objects.filter(decision__in=corrections, kind=EntryKind.DECISION)
    lost, corrected = gettext("This decision has lost its effect."), gettext("Both communes corrected its text.")
    return [Later(one, lost) for one in _numbers(own)] + [Later(one, corrected) for one in _numbers(of_others)]


def _numbers(rows: QuerySet[RegisterEntry]) -> list[int]:
    return list(rows.order_by("sequence").values_list("sequence", flat=True))


def _subject(decision: Decision | None) -> Link | None:
    """The page of what was decided about, where the public may read one."""
    if decision is None:
        return None
    subject: Any = decisions.subject_of(decision)
    cover([subject])
    if isinstance(subject, Protocol):
        return Link(subject.title, reverse("protocol"))
    if isinstance(subject, Decision):
        name = gettext("Decision %(number)s") % {"number": f"\u2066{subject.number}\u2069"}
        [first, *_later] = _numbers(
            RegisterEntry.objects.filter(decision=subject)
        )  # only what was entered is corrected
        return Link(name, reverse("register-entry", args=[first]))
    if not (isinstance(subject, ActionPlan | Project) and subject.is_published):
        return None
    address = reverse("project", args=[subject.code]) if isinstance(subject, Project) else reverse("action-plan")
    return Link(subject.title, address)


def _files(decision: Decision | None) -> dict[int, list[Document]]:
    """For each commune by its key: the published documents its answer rests on."""
    found: dict[int, list[Document]] = {}
    if decision is not None:
        for signature in decision.signatures.select_related("deliberation__document", "scan").order_by("pk"):
            rests_on = signature.deliberation.document if signature.deliberation else None
            its = [one for one in (rests_on, signature.scan) if one is not None and one.is_published]
            cover(its)
            found.setdefault(signature.party_id, []).extend(its)
    return found


def _public_scan(decision: Decision | None) -> Document | None:
    scan = decision.scan if decision is not None and decision.scan_id else None
    cover([scan])
    return scan if scan is not None and scan.is_published else None


def _other_facts(facts: Facts) -> list[Fact]:
    """What an entry about no decision says, by name: whose office, for how long, by which act."""
    if facts.get("decision"):
        return []
    mandate, act = facts.get("mandate") or {}, facts.get("act") or {}
    found = [
        Fact(gettext("Commune"), shown.text_of(facts.get("commune"))),
        Fact(gettext("Function"), shown.text_of(facts.get("function"))),
        Fact(gettext("Role"), _label(Role, mandate.get("role"))),
        Fact(gettext("Rests on"), _label(Basis, mandate.get("basis"))),
        Fact(pgettext("mandate", "From"), _day(mandate, "starts_on")),
        Fact(pgettext("mandate", "Until"), _day(mandate, "ends_on")),
        Fact(gettext("Appointing act"), str(act.get("citation") or "")),
        Fact(gettext("Digest of the act’s document"), str(act.get("document") or ""), is_code=True),
    ]
    return [fact for fact in found if fact.value]


def _label(choices: type[TextChoices], code: object) -> str:
    return str(choices(code).label) if code in choices.values else str(code or "")


def _day(facts: Facts, name: str) -> str:
    on = shown.day_of(facts, name)
    return formats.day(on, languages.current()) if on else ""
