"""Opening a joint decision: freezing one exact text, and with it what it contains [I2, I4].

Order of locks: the subject's root, the end of the register (see signing.py).
"""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from partnership import canonical, clock, decisions, drafting, mandates, notices, parity, register
from partnership.decisions import NO_TERMS, Kind, Terms, Texts
from partnership.models import Decision, Document, Membership, Protocol, ProtocolState, Publishable, Role
from partnership.refusals import Refusal, Refusals

PROPOSERS = frozenset({Role.COORDINATOR, Role.SIGNATORY})
"""Who opens and withdraws decisions, on either side [I2]."""


@dataclass(frozen=True)
class Afterwards:
    """An act older than the platform: its own date and its scan. The register enters it under today's date."""

    decided_on: datetime.date
    scan: Document


@transaction.atomic
def propose(
    kind: Kind,
    subject: Any,
    *,
    by: Membership,
    terms: Terms = NO_TERMS,
    deadline: datetime.date | None = None,
    afterwards: Afterwards | None = None,
) -> Decision:
    """Open a decision on a subject: freeze its statement and lock what it contains. Either commune may propose [I2].

    Raises Refusal (all of them together as ValidationError) where a rule of the kind, a pending draft or an open decision stands
    against it, or the mandate does not let its holder propose.
    """
    decisions.lock(kind.root(subject))
    fresh = type(subject)._base_manager.get(pk=subject.pk)
    protocol = kind.protocol(fresh)
    mandates.acting_for(by, protocol, PROPOSERS)
    plain = json.loads(canonical.text(dict(terms)))
    _refuse_opening(kind, fresh, plain, protocol, deadline, afterwards)
    statement = _statement(kind, fresh, plain, protocol, afterwards)
    decision = _write(kind, fresh, plain, statement, by=by, deadline=deadline, afterwards=afterwards)
    notices.opened(decision)
    return decision


def _refuse_opening(
    kind: Kind,
    subject: Any,
    terms: Terms,
    protocol: Protocol,
    deadline: datetime.date | None,
    afterwards: Afterwards | None,
) -> None:
    refusals = against(kind, subject, terms)
    if kind.terms_form is not None and not terms:
        refusals.append(Refusal(_("Say first what is to be decided."), code="terms"))
    if deadline is not None and deadline < clock.today(protocol):
        refusals.append(Refusal(_("The deadline is past. Choose a day from today on."), code="deadline"))
    refusals.extend(_against_afterwards(kind, protocol, afterwards))
    if refusals:
        raise Refusals(refusals)


def against(kind: Kind, subject: Any, terms: Terms = NO_TERMS) -> list[Refusal]:
    """Every rule that stands against opening a decision on a subject as it is; without terms, those that stand whatever they are."""
    refusals = list(kind.refusals(subject, terms))
    if kind.protocol(subject).state == ProtocolState.ENDED:
        refusals.append(Refusal(_("The protocol has ended; it is an archive that is only read."), code="I1"))
    if isinstance(subject, Publishable) and parity.missing(subject):
        refusals.append(
            Refusal(_("Complete the texts in Arabic, French and Dutch first; then both read the same."), code="I10")
        )
    if drafting.pending(kind.root(subject)):
        refusals.append(
            Refusal(
                _(
                    "Texts of this record wait for their other languages. Publish them first; then both communes read the same."
                ),
                code="I10",
            )
        )
    if Decision.objects.open().on(subject).filter(kind=kind.code).exists():
        refusals.append(Refusal(_("A decision of this kind is already open on this record."), code="I4"))
    return refusals


def _against_afterwards(kind: Kind, protocol: Protocol, act: Afterwards | None) -> list[Refusal]:
    if act is None:
        missing = _("An act older than the platform is recorded with its own date and the scan of what was signed.")
        return [Refusal(missing, code="afterwards")] if kind.afterwards == "must" else []
    if kind.afterwards == "never":
        return [Refusal(_("A decision of this kind cannot be recorded afterwards."), code="afterwards")]
    if act.decided_on > clock.today(protocol):
        return [Refusal(_("An act recorded afterwards has a date in the past."), code="afterwards")]
    return []


def _statement(
    kind: Kind, subject: Any, terms: Terms, protocol: Protocol, afterwards: Afterwards | None
) -> dict[str, Any]:
    recorded = None
    if afterwards is not None:
        recorded = {"decided_on": afterwards.decided_on, "scan": str(afterwards.scan.pk)}
    return {
        "content": kind.content(subject, terms),
        "kind": kind.code,
        "protocol": protocol.code,
        "recorded_afterwards": recorded,
        "sentence": decisions.in_languages(lambda: kind.sentence(subject, terms)),
        "subject": {"model": kind.model, "id": str(subject.pk)},
        "terms": dict(terms),
        "title": kind.title(subject),
    }


def _write(
    kind: Kind,
    subject: Any,
    plain: Terms,
    statement: dict[str, Any],
    *,
    by: Membership,
    deadline: datetime.date | None,
    afterwards: Afterwards | None,
) -> Decision:
    protocol = kind.protocol(subject)
    hands = {party.position: party.hands for party in protocol.parties.all()}
    is_signed_by_one = kind.signed_by != Role.SIGNATORY
    text = canonical.text(statement)
    register.lock_end(protocol)
    moment = clock.now(protocol)
    return Decision.objects.create(
        protocol=protocol,
        number=_next_number(protocol, moment.year),
        kind=kind.code,
        content_type=ContentType.objects.get_for_model(subject),
        object_id=str(subject.pk),
        statement=text,
        digest=canonical.digest(text),
        binding=canonical.text(statement["content"]),
        opened_by=by,
        opened_at=moment,
        deadline=deadline,
        hands_first=1 if is_signed_by_one else hands[1],
        hands_second=1 if is_signed_by_one else hands[2],
        needs_deliberation=kind.rests_on_councils(subject, plain),
        decided_on=afterwards.decided_on if afterwards else None,
        scan=afterwards.scan if afterwards else None,
        **_columns("title", statement["title"]),
        **_columns("sentence", statement["sentence"]),
    )


def _columns(name: str, texts: Texts) -> dict[str, str]:
    return {parity.column(name, language): text for language, text in texts.items()}


def _next_number(protocol: Protocol, year: int) -> str:
    """For instance 2026-07: counted within the year and protocol, under the lock of the register's end."""
    numbers = Decision.objects.for_protocol(protocol).filter(number__startswith=f"{year}-")
    taken = [int(number.rpartition("-")[2]) for number in numbers.values_list("number", flat=True)]
    return f"{year}-{max(taken, default=0) + 1:02d}"
