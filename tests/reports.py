"""Reports as rows, for tests that need one without rendering it."""

from __future__ import annotations

import datetime
from typing import Any

from django.utils import timezone

from tests.factories import MessageFactory, ReportRecipientFactory, ReportSeriesFactory
from transparency.models import Delivery, Report, ReportDocument, Snapshot


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
