"""Decisions a second with 1, 8 and 40 people who sign at once, register append included; and verifying a long register."""

from __future__ import annotations

import datetime
import itertools
import time
from collections.abc import Iterator, Sequence
from multiprocessing import get_context

from django.core.files.base import ContentFile
from django.db import connection, connections
from django.utils import timezone

from partnership import canonical, decisions, opening, register, signing
from partnership.models import (
    Comment,
    Decision,
    Document,
    EntryKind,
    Membership,
    Position,
    Protocol,
    RegisterEntry,
    RegisterHead,
    User,
)
from partnership.models.register import NO_ENTRY
from partnership.opening import Afterwards
from partnership.signing import Answer

SIGNERS = (1, 8, 40)
ROUNDS = 10
DECISIONS = sum(SIGNERS) * ROUNDS
SHORT, LONG = 10_000, 100_000


def measure() -> tuple[dict[int, float], float, dict[int, float]]:
    """Decisions a second by signers, commits of one bare row a second, seconds to verify by entries."""
    protocol = Protocol.objects.get(primary=True)
    first, second = (_signatory(protocol, position) for position in (1, 2))
    _in_force(protocol, first, second)
    waiting = iter(_half_signed(protocol, first))
    speeds = {
        signers: _speed(second, list(itertools.islice(waiting, signers * ROUNDS)), signers) for signers in SIGNERS
    }
    bare = _bare_commits(protocol, second)
    adopted = list(Decision.objects.filter(protocol=protocol, kind="take_over_project").order_by("pk"))
    return speeds, bare, {length: _verifying(length, adopted) for length in (SHORT, LONG)}


def _signatory(protocol: Protocol, position: int) -> Membership:
    return Membership.objects.create(
        protocol=protocol,
        organisation=protocol.parties.get(position=position).organisation,
        user=User.objects.create_user(f"signatory-{position}@example.org", name=f"Signatory {position}", is_staff=True),
        role="signatory",
        starts_on=datetime.date(2020, 1, 1),
        basis="election",
    )


def _in_force(protocol: Protocol, *signatories: Membership) -> None:
    kind = decisions.kind("ratify_protocol")
    decision = opening.propose(kind, protocol, by=signatories[0])
    for membership in signatories:
        party = protocol.parties.get(organisation=membership.organisation)
        day = datetime.date(2024, 1, 10)
        resolution = party.deliberations.create(
            regime=party.regime,
            held_on=day,
            number="1",
            votes_for=20,
            supervision="visa" if party.regime == "morocco" else "expired",
            sent_on=day,
            answered_on=day,
            executory_on=day,
            subject_ar="المصادقة",
            subject_fr="Approbation",
            subject_nl="Goedkeuring",
        )
        _sign(decision.pk, decision.digest, membership, Answer(Position.APPROVE, deliberation=resolution))


def _sign(pk: int, digest: str, by: Membership, answer: Answer | None = None) -> None:
    signing.sign(pk, by=by, digest_seen=digest, answer=answer or Answer(Position.APPROVE))


def _half_signed(protocol: Protocol, first: Membership) -> Iterator[tuple[int, str]]:
    """Decisions to take projects over that the first commune has approved."""
    kind = decisions.kind("take_over_project")
    scan = Document(protocol=protocol, owner=first.organisation, kind="act", media_type="application/pdf")
    scan.file.save("act.pdf", ContentFile(b"%PDF-1.7\n%%EOF\n"))
    act = Afterwards(datetime.date(2023, 2, 1), scan)
    for project in protocol.projects.order_by("code")[:DECISIONS]:
        decision = opening.propose(kind, project, by=first, afterwards=act)
        _sign(decision.pk, decision.digest, first)
        yield decision.pk, decision.digest


def _speed(second: Membership, waiting: Sequence[tuple[int, str]], signers: int) -> float:
    """Adoptions a second: as many processes as signers, each with its own connection and its own decisions."""
    context = get_context("fork")
    ready, done = context.Barrier(signers + 1), context.Barrier(signers + 1)

    def sign_own(own: Sequence[tuple[int, str]]) -> None:
        connection.ensure_connection()
        ready.wait()
        for pk, digest in own:
            _sign(pk, digest, second)
        done.wait()

    connections.close_all()
    people = [context.Process(target=sign_own, args=[waiting[place::signers]]) for place in range(signers)]
    for person in people:
        person.start()
    ready.wait()
    began = time.perf_counter()
    done.wait()
    taken = time.perf_counter() - began
    for person in people:
        person.join()
    return len(waiting) / taken


def _bare_commits(protocol: Protocol, by: Membership) -> float:
    """Commits of one small row a second on the same connection: what the database itself needs."""

    def one() -> None:
        Comment.objects.create(
            protocol=protocol, subject=protocol, membership=by, text="x", language="fr", at=timezone.now()
        )

    began = time.perf_counter()
    for _each in range(200):
        one()
    return 200 / (time.perf_counter() - began)


def _verifying(length: int, adopted: Sequence[Decision]) -> float:
    """Seconds to verify a chain of that many entries, each citing a decision whose statement is hashed too."""
    protocol = Protocol.objects.create(
        code=f"CHAIN-{length}",
        title_ar="سلسلة",
        title_fr="Chaîne",
        title_nl="Keten",
    )
    written = [(decision, signing.facts(decision)) for decision in adopted]
    previous, rows = NO_ENTRY, []
    for sequence, (decision, facts) in zip(range(1, length + 1), itertools.cycle(written), strict=False):
        payload = canonical.text({**facts, "entry": "decision", "protocol": protocol.code, "sequence": sequence})
        row = RegisterEntry(
            protocol=protocol,
            sequence=sequence,
            previous=previous,
            payload=payload,
            hash=register.chained(previous, payload),
            kind=EntryKind.DECISION,
            decision=decision,
            at=timezone.now(),
        )
        previous = row.hash
        rows.append(row)
    RegisterEntry.objects.bulk_create(rows, batch_size=2000)
    RegisterHead.objects.create(protocol=protocol, sequence=length, hash=previous)
    del rows
    began = time.perf_counter()
    found = register.verify(protocol)
    taken = time.perf_counter() - began
    if not found.intact or found.count != length:
        raise RuntimeError(f"the chain of {length} entries does not verify: {found}")
    return taken
