"""make_reports [--period 2026-S1] [--send]"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from transparency.models import Report, ReportSeries
from transparency.reports import delivery, making
from transparency.reports.periods import Period


class Command(BaseCommand):
    help = "Make the reports of a period (default: the latest ended one) in every active series."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--period", help="2026-S1, 2026-Q1 or 2026; series of another cadence are left out")
        parser.add_argument("--send", action="store_true", help="release and queue; the sweeper or a worker sends")

    def handle(self, *args: Any, period: str | None, send: bool, **options: Any) -> None:
        try:
            reports = [self._make(series, period) for series in self._series(period)]
            documents = making.write_documents(reports)
            queued = sum(self._send(report) for report in reports) if send else 0
        except ValidationError as refusal:
            raise CommandError("\n".join(refusal.messages)) from refusal
        self.stdout.write(f"{len(reports)} reports, {len(documents)} new documents, {queued} mails queued.")

    def _series(self, code: str | None) -> list[ReportSeries]:
        active = ReportSeries.objects.filter(active=True).select_related("protocol", "party__organisation")
        if code is not None:
            active = active.filter(cadence=Period.parse(code).cadence)
        if not active:
            raise CommandError("There is no active report series for this. Enter one in the admin first.")
        return list(active)

    def _make(self, series: ReportSeries, code: str | None) -> Report:
        now = timezone.now()
        return making.make(series, making.period_for(series, code, now), now=now)

    def _send(self, report: Report) -> int:
        making.release(report, by=None)
        return len(delivery.deliver(report))
