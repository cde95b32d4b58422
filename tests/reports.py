"""Reports as rows, for tests that need one without rendering it."""

from __future__ import annotations

import datetime
import hashlib
from typing import Any

from django.utils import timezone

from partnership.models import Protocol
from tests.factories import MessageFactory
from tests.factories_programme import ReportRecipientFactory, ReportSeriesFactory
from transparency.models import Delivery, Report, ReportDocument, ReportSeries, Snapshot
from transparency.reports.pdf import Rendered

PDF = b"%PDF-1.7 rapport"


def undrawn(html: str, *, language: str) -> Rendered:
    """In place of pdf.write, where nobody asks what a document looks like: one that was not drawn, other for each page."""
    return Rendered(b"%PDF-1.7 " + hashlib.sha256(f"{language} {html}".encode()).hexdigest().encode(), 1)


def made_report(protocol: Any, period: str, *, released: bool = True, delivered: bool = True) -> Report:
    """A half-year's report of the first commune's council with one document and one accepted mail."""
    series = protocol.report_series.first() or ReportSeriesFactory(protocol=protocol)
    year, half = int(period[:4]), int(period[-1])
    now = timezone.now()
    snapshot = Snapshot.objects.create(protocol=protocol, period=period, taken_at=now, text="{}", digest="0" * 64)
    report = Report.objects.create(
        series=series,
        period=period,
        starts_on=datetime.date(year, 1 if half == 1 else 7, 1),
        ends_on=datetime.date(year, 6, 30) if half == 1 else datetime.date(year, 12, 31),
        snapshot=snapshot,
        made_at=now,
        released_at=now if released else None,
    )
    ReportDocument.objects.create(
        report=report, language="fr", content=b"%PDF-1.7\n", digest="0" * 64, pages=1, rendered_at=now
    )
    if delivered:
        recipient = series.recipients.first() or ReportRecipientFactory(series=series)
        message = MessageFactory(protocol=protocol, state="sent", sent_at=now)
        Delivery.objects.create(report=report, recipient=recipient, address=recipient.email, message=message)
    return report


def released_report(protocol: Protocol, period: str = "2026-S1", languages: str = "ar fr") -> Report:
    """A report of the first commune's council that has been released, with a PDF in each language."""
    series = ReportSeries.objects.filter(protocol=protocol, party__position=1).first()
    made = timezone.make_aware(datetime.datetime(2026, 7, 2, 9))
    snapshot, _new = Snapshot.objects.get_or_create(
        protocol=protocol, period=period, defaults={"taken_at": made, "text": "{}", "digest": "a1b2c3d4e5f6" + "0" * 52}
    )
    report = Report.objects.create(
        series=series or ReportSeriesFactory(protocol=protocol, languages=languages),
        period=period,
        starts_on=datetime.date(2026, 1, 1),
        ends_on=datetime.date(2026, 6, 30),
        snapshot=snapshot,
        made_at=made,
        released_at=made,
    )
    for language in languages.split():
        ReportDocument.objects.create(
            report=report,
            language=language,
            content=PDF,
            digest=hashlib.sha256(PDF).hexdigest(),
            pages=15,
            rendered_at=made,
        )
    return report
