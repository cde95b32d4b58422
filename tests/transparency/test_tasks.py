"""A real worker, Redis and mail server: from a due period to the mail, with nothing but a bell."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection

from tests.factories import ProtocolFactory
from tests.factories_programme import ProjectFactory, ReportRecipientFactory, ReportSeriesFactory
from tests.processes import Program
from tests.smtp import SmtpServer
from transparency import tasks
from transparency.models import Delivery, ReportDocument
from transparency.reports.periods import Period

SECONDS = 60


def wait_for_mails(server: SmtpServer, count: int) -> None:
    """Return when the server has accepted so many mails, or after a minute."""
    ready = threading.Event()
    deadline = time.monotonic() + SECONDS
    while len(server.received) < count and time.monotonic() < deadline:
        ready.wait(0.1)


@pytest.mark.django_db(transaction=True)
def test_a_bell_makes_writes_and_mails_what_is_due(celery_worker_process: Program, smtp_server: SmtpServer):
    protocol = ProtocolFactory()
    ProjectFactory(protocol=protocol, published=True)
    series = ReportSeriesFactory(protocol=protocol, first_period=latest())
    for name in ("conseil", "coordination"):
        ReportRecipientFactory(series=series, email=f"{name}@belfaa.example")
    tasks.sweep.delay()
    tasks.sweep.delay()
    wait_for_mails(smtp_server, 2)
    assert sorted(mail.recipients[0] for mail in smtp_server.received) == [
        "conseil@belfaa.example",
        "coordination@belfaa.example",
    ], celery_worker_process.log.read_text()
    assert (ReportDocument.objects.count(), Delivery.objects.count()) == (2, 2)
    connection.close()


def latest() -> str:
    """The period that ended last, today."""
    from django.utils import timezone

    from transparency.models import Cadence
    from transparency.reports.periods import latest_ended

    period: Period = latest_ended(Cadence.HALF_YEAR, "Africa/Casablanca", timezone.now())
    return period.code
