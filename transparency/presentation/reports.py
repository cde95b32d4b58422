"""Reports by period: for whom, in which languages, and that all were made from the same snapshot [I16]."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from django.conf import settings
from django.utils.translation import gettext

from partnership import equality, languages
from partnership.models import Party
from transparency.models import Audience, Report, ReportDocument
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
