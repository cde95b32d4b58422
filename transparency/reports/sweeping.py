"""The sweep: everything that is due, found in the database. A worker's beat and a sweeper without Redis call the same functions."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.db.models import Count, F, Q
from django.utils import timezone

from partnership import agreement, kept_sheets, notices, resetting
from projects import sheet_saving
from transparency.models import Report, ReportDocument, ReportSeries
from transparency.reports import delivery, making

log = logging.getLogger(__name__)


def make_due_reports(now: datetime.datetime | None = None) -> list[Report]:
    """Make every due report of every active series; what one series refuses is logged and holds up no other."""
    made = []
    for series in ReportSeries.objects.filter(active=True).select_related("protocol", "party__organisation"):
        try:
            made += making.make_due(series, now=now)
        except ValidationError as refusal:
            log.warning("series %s: %s", series.pk, "; ".join(refusal.messages))
    return made


def unwritten() -> Iterator[tuple[Report, str]]:
    """Every report and language whose document is still to be written. Two queries."""
    written = set(ReportDocument.objects.values_list("report", "language"))
    for report in Report.objects.select_related("series__protocol", "series__party__organisation", "snapshot"):
        for language in report.series.language_codes:
            if (report.pk, language) not in written:
                yield report, language


def undelivered() -> list[Report]:
    """Released reports with fewer deliveries than recipients."""
    return list(
        Report.objects.filter(released_at__isnull=False)
        .annotate(
            wanted=Count("series__recipients", distinct=True),
            posted=Count("deliveries", distinct=True),
        )
        .filter(Q(posted__lt=F("wanted")))
        .select_related("series__protocol", "series__party__organisation", "snapshot")
    )


def deliver_released() -> int:
    """Put what is released and complete into the outbox; returns how many mails were written."""
    return sum(len(delivery.deliver(report)) for report in undelivered())


def keep_time(now: datetime.datetime | None = None) -> int:
    """What the clock alone brings about: second factors reset a day after it was asked for, protocols whose last day is over turned into
    archives, spreadsheets that nobody confirmed deleted, those that were confirmed taken in,
    decisions whose deadline is near reminded of. Returns the reminders written.

    A protocol's last day is over once it is in UTC: by then it is in both communes, which lie east of it.
    """
    moment = now or timezone.now()
    resetting.carry_out_due(moment)
    agreement.end_due(moment.astimezone(datetime.UTC).date())
    kept_sheets.forget_old(moment)
    sheet_saving.carry_out_due()
    return notices.remind_due(moment)
