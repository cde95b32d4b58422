"""Reports by period: for whom, in which languages, and that all were made from the same snapshot [I16]."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from django.conf import settings
from django.utils.translation import gettext

from partnership import equality, languages, mandates
from partnership.models import Decision, DecisionState, Membership, Party, RegisterEntry, Signature
from transparency.models import Audience, Report, ReportDocument
from transparency.presentation.register import Clock, clocks
from transparency.reports import snapshot
from transparency.reports.periods import Period


@dataclass(frozen=True)
class DocumentLink:
    """One language's PDF: the language's own name and direction, the size in bytes."""

    document: ReportDocument
    name: str
    direction: str
    size: int


@dataclass(frozen=True)
class ReportRow:
    """One audience's report of a period."""

    report: Report
    shape: str
    documents: Sequence[DocumentLink]
    first_currency: str


@dataclass(frozen=True)
class PeriodBlock:
    """The reports of a period. `same_snapshot` says whether every one was made from the same."""

    code: str
    title: str
    released_on: datetime.date
    digest: str
    same_snapshot: bool
    rows: Sequence[ReportRow]


def period_title(code: str) -> str:
    """A period in words: 2026, first half-year. The code is one of a stored report."""
    period = Period.parse(code)
    names = {
        "S1": gettext("%(year)s, first half-year"),
        "S2": gettext("%(year)s, second half-year"),
        "Q1": gettext("%(year)s, first quarter"),
        "Q2": gettext("%(year)s, second quarter"),
        "Q3": gettext("%(year)s, third quarter"),
        "Q4": gettext("%(year)s, fourth quarter"),
    }
    return names.get(code.partition("-")[2], "%(year)s") % {"year": period.year}


def period_blocks(reports: Sequence[Report], parties: Sequence[Party]) -> list[PeriodBlock]:
    """Blocks by period. `reports` come newest first with series, snapshot and documents (with `size`) fetched."""
    order = {party.pk: place for place, party in enumerate(parties)}

    def place(report: Report) -> int:
        return order.get(report.series.party_id or 0, len(order))

    blocks = []
    for _ends_on, its in groupby(reports, key=lambda report: (report.ends_on, report.period)):
        blocks.append(_block(sorted(its, key=place), parties))
    return blocks


def _block(reports: Sequence[Report], parties: Sequence[Party]) -> PeriodBlock:
    first = reports[0]
    released = max(report.released_at for report in reports if report.released_at)
    return PeriodBlock(
        code=first.period,
        title=period_title(first.period),
        released_on=released.date(),
        digest=first.snapshot.digest[:12],
        same_snapshot=len({report.snapshot_id for report in reports}) == 1,
        rows=[_row(report, parties) for report in reports],
    )


def _row(report: Report, parties: Sequence[Party]) -> ReportRow:
    party = next((party for party in parties if party.pk == report.series.party_id), None)
    names = dict(settings.LANGUAGES)
    documents = [
        DocumentLink(one, names[one.language], languages.direction(one.language), getattr(one, "size", 0))
        for one in report.documents.all()
    ]
    return ReportRow(report, party.shape if party else "joint", documents, _first_currency(report, party, parties))


def _first_currency(report: Report, party: Party | None, parties: Sequence[Party]) -> str:
    reader = equality.Reader(
        "",
        council_position=party.position if party else None,
        programme_body=report.series.audience == Audience.PROGRAMME_BODY,
    )
    by_position = [one.currency for one in sorted(parties, key=lambda one: one.position)]
    return equality.currencies(reader, by_position)[0]


@dataclass(frozen=True)
class Releaser:
    """Who let a report go: for which commune, in which function, when. Never a person's name."""

    party: Party | None
    function: str
    on: datetime.date


@dataclass(frozen=True)
class ChainEnd:
    """The end of the register: the number and digest of its last entry."""

    sequence: int
    hash: str


@dataclass(frozen=True)
class ReportPage:
    """A released report: its documents, who released it, whether a later one replaces it, and the register then and now."""

    row: ReportRow
    title: str
    snapshot: str
    taken: Sequence[Clock]
    releasers: Sequence[Releaser]
    latest: Report | None
    then: ChainEnd | None
    """The end of the register as the snapshot froze it; None for a snapshot older than the register."""
    still_there: bool

    @property
    def both_released(self) -> bool:
        """Whether both coordinators released it together."""
        return len(self.releasers) == 2


def report_page(report: Report, parties: Sequence[Party]) -> ReportPage:
    """The page of a released report. `report` comes as `for_page` fetches it; the communes in the reader's order."""
    then = _end_in(report)
    return ReportPage(
        row=_row(report, parties),
        title=period_title(report.period),
        snapshot=report.snapshot.digest,
        taken=clocks(report.snapshot.taken_at, parties),
        releasers=_releasers(report, parties),
        latest=_later_one(report),
        then=then,
        still_there=then is not None and _still_there(report, then),
    )


def _end_in(report: Report) -> ChainEnd | None:
    frozen = snapshot.read(report.snapshot.text).get("register")
    return ChainEnd(frozen["sequence"], frozen["hash"]) if frozen else None


def _still_there(report: Report, then: ChainEnd) -> bool:
    """Whether the register still has, at its place, the entry that was its last when the snapshot was taken."""
    rows = RegisterEntry.objects.for_protocol(report.series.protocol)
    return then.sequence == 0 or rows.filter(sequence=then.sequence, hash=then.hash).exists()


def _later_one(report: Report) -> Report | None:
    later = Report.objects.published().filter(series=report.series, ends_on__gt=report.ends_on)
    return later.order_by("-ends_on").first()


def _releasers(report: Report, parties: Sequence[Party]) -> list[Releaser]:
    """Both coordinators, or the one person who let it go; none where the series needs nobody's word."""
    rows = Decision.objects.on(report).filter(kind="release_report", state=DecisionState.ADOPTED).with_signatures()
    decision = rows.order_by("-closed_at").first()
    if decision is not None:
        given = {signature.party_id: signature for signature in decision.signatures.all()}
        return [_by_signature(given[party.pk], party) for party in parties if party.pk in given]
    return [_by_one(report, parties)] if report.released_by_id else []


def _by_signature(signature: Signature, party: Party) -> Releaser:
    [there] = clocks(signature.signed_at, [party])
    return Releaser(party, signature.functions[languages.current()], there.on)


def _by_one(report: Report, parties: Sequence[Party]) -> Releaser:
    assert report.released_at is not None
    on = report.released_at.date()
    held = Membership.objects.for_protocol(report.series.protocol).filter(user=report.released_by_id, starts_on__lte=on)
    membership = held.select_related("organisation").order_by("-starts_on").first()
    if membership is None:
        return Releaser(None, gettext("whoever runs the platform"), on)
    party = next((party for party in parties if party.organisation_id == membership.organisation_id), None)
    return Releaser(party, mandates.function_of(membership)[languages.current()], on)
