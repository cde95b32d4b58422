"""Making reports: one for each series and period from one snapshot, one document for each language [I12, I13, I16].

Every step is safe to run again and at the same time as itself: unique keys in the database decide, not the caller.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from partnership import canonical, notices
from partnership.equality import Reader
from partnership.models import User
from partnership.refusals import Refusal
from transparency.models import Audience, Cadence, Report, ReportDocument, ReportSeries
from transparency.reports import pdf, render, snapshot
from transparency.reports.periods import Period, due, latest_ended, today_in

MOST_OVERDUE_SENT = 2


def reader_of(series: ReportSeries, language: str) -> Reader:
    """For whom the series is rendered in a language; decides the order of communes and currencies."""
    position = series.party.position if series.party else None
    return Reader(language, council_position=position, programme_body=series.audience == Audience.PROGRAMME_BODY)


def period_for(series: ReportSeries, code: str | None, now: datetime.datetime) -> Period:
    """The period of a code, or the latest ended one in the series' time zone where no code is given.

    Raises ValidationError for a malformed code, another cadence, a period that has not ended, or one before the series began.
    """
    cadence = Cadence(series.cadence)
    latest = latest_ended(cadence, series.time_zone, now)
    if code is None:
        return latest
    period = Period.parse(code, cadence=cadence)
    if period > latest:
        raise ValidationError(
            _(
                "%(period)s has not ended yet. The latest period that can be reported on is %(latest)s; a running one can be previewed."
            ),
            code="period_not_ended",
            params={"period": period.code, "latest": latest.code},
        )
    if period < Period.parse(series.first_period, cadence=cadence):
        raise ValidationError(
            _("This series begins with %(first)s."), code="period_before_series", params={"first": series.first_period}
        )
    return period


def make(series: ReportSeries, period: Period, *, now: datetime.datetime | None = None, hold: bool = False) -> Report:
    """The one report of the series and period; it is released at once unless the series or `hold` makes it wait for a person.

    Raises ValidationError where the period has not ended or the series has nobody to send to.
    """
    moment = now or timezone.now()
    period_for(series, period.code, moment)
    if not series.recipients.exists():
        raise ValidationError(
            _("“%(series)s” has no recipient. Enter at least one address or mandate first."),
            code="no_recipient",
            params={"series": str(series)},
        )
    frozen = snapshot.take(series.protocol, period, moment)
    with transaction.atomic():
        report, _created = Report.objects.get_or_create(
            series=series,
            period=period.code,
            defaults={
                "starts_on": period.starts_on,
                "ends_on": period.ends_on,
                "snapshot": frozen,
                "made_at": moment,
                "released_at": None if hold or series.needs_release else moment,
            },
        )
    return report


def make_due(series: ReportSeries, *, now: datetime.datetime | None = None) -> list[Report]:
    """Make every due report the series still lacks. More than two overdue ones are made and wait for a person."""
    moment = now or timezone.now()
    first = Period.parse(series.first_period, cadence=Cadence(series.cadence))
    made = set(series.reports.values_list("period", flat=True))
    lacking = [period for period in due(first, series.time_zone, moment) if period.code not in made]
    hold = len(lacking) > MOST_OVERDUE_SENT
    return [make(series, period, now=moment, hold=hold) for period in lacking]


def release(report: Report, *, by: User | None, now: datetime.datetime | None = None) -> None:
    """Let a waiting report go: it becomes public and is sent. Raises Refusal where both coordinators must release it.

    `by` is the person who let it go, None for the command line.
    """
    with transaction.atomic():
        locked = Report.objects.select_for_update(of=("self",)).select_related("series").get(pk=report.pk)
        if locked.series.needs_release:
            raise Refusal(
                _("This series is released by both coordinators; one person alone cannot send it."), code="I2"
            )
        if locked.released_at is None:
            locked.released_at = now or timezone.now()
            locked.released_by = by
            locked.save(update_fields=["released_at", "released_by"])
    report.refresh_from_db()


def missing_documents(report: Report) -> list[str]:
    """Languages of the series that have no document yet, in order."""
    there = set(report.documents.values_list("language", flat=True))
    return [code for code in report.series.language_codes if code not in there]


def write_document(report: Report, language: str) -> ReportDocument:
    """The one document of a report in a language: the stored one, else rendered and stored whole [I13]."""
    stored = report.documents.filter(language=language).first()
    if stored is not None:
        return stored
    rendered = _render(report, language)
    with transaction.atomic():
        document, _created = ReportDocument.objects.get_or_create(
            report=report,
            language=language,
            defaults={
                "content": rendered.content,
                "digest": hashlib.sha256(rendered.content).hexdigest(),
                "pages": rendered.pages,
                "rendered_at": timezone.now(),
            },
        )
    return document


def _render(report: Report, language: str) -> pdf.Rendered:
    html = render.html(
        snapshot.read(report.snapshot.text),
        reader=reader_of(report.series, language),
        digest=report.snapshot.digest,
        address=page_of(report, language),
    )
    return pdf.write(html, language=language)


def page_of(report: Report, language: str) -> str:
    """The address of a report's own page in a language: on its protocol's host name, else the installation's."""
    with override(language):
        return notices.address(report.series.protocol, reverse("report", args=[report.pk]))


def write_documents(reports: Iterable[Report]) -> list[ReportDocument]:
    """Every missing document of the reports, one after the other."""
    return [write_document(report, language) for report in reports for language in missing_documents(report)]


def preview(series: ReportSeries, language: str, *, now: datetime.datetime | None = None) -> pdf.Rendered:
    """A provisional document of the running period with what is known today; never stored, sent or published."""
    moment = now or timezone.now()
    today = today_in(series.time_zone, moment)
    period = Period.containing(today, Cadence(series.cadence))
    text = canonical.text(snapshot.collect(series.protocol, period, moment, until=today))
    html = render.html(
        snapshot.read(text), reader=reader_of(series, language), digest=canonical.digest(text), provisional=True
    )
    return pdf.write(html, language=language)
