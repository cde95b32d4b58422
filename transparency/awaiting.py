"""What awaits a person on the floor of transparency: reports to release, mails that do not get through, the next report."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from partnership import permissions
from partnership.awaiting import LATE, SEND, Task, change_url
from partnership.models import MessageState, Protocol, User
from partnership.templatetags import words
from transparency.models import Cadence, Delivery, Report, ReportSeries
from transparency.reports.periods import Period, today_in

PATIENCE = datetime.timedelta(hours=1)
"""How long a mail may wait before somebody is told."""


@dataclass(frozen=True)
class NextReport:
    """The running period of a series, its last day, and how many days are left of it."""

    series: ReportSeries
    period: str
    ends_on: datetime.date
    days_left: int
    url: str


def awaiting(user: User, protocol: Protocol, today: datetime.date) -> list[Task]:
    """Reports that wait for a person and deliveries in trouble. Two queries whatever their number."""
    if not permissions.may(user, "change", protocol):
        return []
    return [*_to_release(protocol), *_in_trouble(protocol)]


def _to_release(protocol: Protocol) -> Iterable[Task]:
    waiting = Report.objects.for_protocol(protocol).filter(released_at__isnull=True)
    for report in waiting.select_related("series"):
        yield Task(
            group=SEND,
            subject=words.text(report.series, "title"),
            code=report.period,
            reason=gettext("Made, but not released: until someone reads and releases it, nothing is sent."),
            url=change_url(report),
            action=gettext("Read and release"),
        )


def _in_trouble(protocol: Protocol) -> Iterable[Task]:
    stuck = Q(message__state__in=[MessageState.WAITING, MessageState.SENDING]) & Q(
        message__created_at__lt=timezone.now() - PATIENCE
    )
    deliveries = Delivery.objects.filter(
        stuck | Q(message__state=MessageState.FAILED), report__series__protocol=protocol
    )
    for delivery in deliveries.select_related("report__series", "message").defer("message__content"):
        failed = delivery.message.state == MessageState.FAILED
        yield Task(
            group=LATE if failed else SEND,
            subject=delivery.address,
            code=delivery.report.period,
            reason=gettext("The mail server refused it for good: correct the address of this recipient.")
            if failed
            else gettext("Not accepted by the mail server yet; it is tried again by itself."),
            late=failed,
            url=change_url(delivery.report.series, "recipients-group") if failed else change_url(delivery.message),
            action=gettext("Correct the address") if failed else gettext("See the attempts"),
        )


def next_reports(protocol: Protocol, now: datetime.datetime) -> list[NextReport]:
    """The running period of each active series, soonest first. One query."""
    active = ReportSeries.objects.for_protocol(protocol).filter(active=True)
    found = [_next(series, now) for series in active.select_related("party__organisation")]
    return sorted(found, key=lambda one: one.ends_on)


def _next(series: ReportSeries, now: datetime.datetime) -> NextReport:
    today = today_in(series.time_zone, now)
    cadence = Cadence(series.cadence)
    period = max(Period.containing(today, cadence), Period.parse(series.first_period, cadence=cadence))
    return NextReport(series, period.code, period.ends_on, (period.ends_on - today).days, change_url(series))
