"""Making and delivering reports: one for each series and period, one mail for each recipient [I12, I16]."""

from __future__ import annotations

import datetime
import io
import threading
import time
from email import message_from_bytes, policy

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction

from partnership.models import Message, MessageState, Protocol
from partnership.refusals import Refusal
from tests.factories import MembershipFactory, ProtocolFactory, UserFactory
from tests.factories_programme import ProjectFactory, ReportRecipientFactory, ReportSeriesFactory
from tests.reports import undrawn
from tests.smtp import SmtpServer
from transparency.models import Delivery, Report, ReportDocument, ReportSeries, Snapshot
from transparency.reports import delivery, making, pdf, sweeping
from transparency.reports.periods import Period

pytestmark = pytest.mark.django_db

S1 = Period.parse("2026-S1")
NOW = datetime.datetime(2026, 7, 1, 6, tzinfo=datetime.UTC)


@pytest.fixture
def protocol() -> Protocol:
    made = ProtocolFactory()
    ProjectFactory(protocol=made, published=True)
    return made


@pytest.fixture
def series(protocol: Protocol) -> ReportSeries:
    made = ReportSeriesFactory(protocol=protocol)
    ReportRecipientFactory(series=made, email="conseil@belfaa.example")
    return made


@pytest.fixture(autouse=True)
def nothing_is_drawn(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What documents look like is tested in test_pdf.py."""
    if "drawn" not in request.fixturenames:
        monkeypatch.setattr(pdf, "write", undrawn)


@pytest.fixture
def drawn() -> None:
    """Let documents be drawn."""


@pytest.fixture
def at_now():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def test_by_default_the_latest_ended_period_is_reported_on(series: ReportSeries):
    assert making.period_for(series, None, NOW) == S1


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("2026-S2", "not_ended"),
        ("2031-S1", "not_ended"),
        ("2025-S2", "before_series"),
        ("2026-Q1", "period"),
        ("S1", "period"),
    ],
)
def test_another_period_is_refused_with_the_reason(series: ReportSeries, code: str, why: str):
    with pytest.raises(ValidationError) as refusal:
        making.period_for(series, code, NOW)
    assert why in str(refusal.value.code)


def test_a_series_without_recipients_is_refused(series: ReportSeries):
    series.recipients.all().delete()
    with pytest.raises(ValidationError) as refusal:
        making.make(series, S1, now=NOW)
    assert refusal.value.code == "no_recipient"
    assert not Report.objects.exists()
    assert not Snapshot.objects.exists()


def test_making_again_makes_nothing_more(series: ReportSeries, drawn):
    first = making.make(series, S1, now=NOW)
    written = [making.write_document(first, code) for code in ("ar", "fr")]
    again = making.make(series, S1, now=NOW + datetime.timedelta(days=2))
    assert again == first
    assert [making.write_document(again, code) for code in ("ar", "fr")] == written
    assert making.missing_documents(again) == []


def test_both_councils_and_the_programme_body_get_one_snapshot(protocol: Protocol, series: ReportSeries):
    other = ReportSeriesFactory(
        protocol=protocol, party=protocol.parties.get(position=2), languages="fr nl", time_zone="Europe/Brussels"
    )
    body = ReportSeriesFactory(protocol=protocol, programme_body=True)
    for one in (other, body):
        ReportRecipientFactory(series=one)
    reports = [making.make(one, S1, now=NOW) for one in (series, other, body)]
    assert len({report.snapshot_id for report in reports}) == 1


def test_a_stored_document_cannot_be_changed(series: ReportSeries):
    document = making.write_document(making.make(series, S1, now=NOW), "fr")
    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
        ReportDocument.objects.filter(pk=document.pk).update(content=b"")


def test_one_mail_for_each_recipient_with_the_pdfs_in_its_languages(
    series: ReportSeries, smtp_server: SmtpServer, at_now, drawn
):
    ReportRecipientFactory(series=series, email="coordination@belfaa.example")
    call_command("make_reports", send=True, stdout=io.StringIO())
    call_command("sweep", stdout=io.StringIO())
    call_command("make_reports", send=True, stdout=io.StringIO())
    call_command("sweep", stdout=io.StringIO())
    assert sorted(mail.recipients[0] for mail in smtp_server.received) == [
        "conseil@belfaa.example",
        "coordination@belfaa.example",
    ]
    stored = {document.file_name: bytes(document.content) for document in ReportDocument.objects.all()}
    for received in smtp_server.received:
        sent = {part.get_filename(): part.get_content() for part in received.message.iter_attachments()}
        assert sent == stored
        assert [name.rsplit("-", 1)[1] for name in sent] == ["ar.pdf", "fr.pdf"]


def test_a_mail_speaks_the_languages_of_its_series(series: ReportSeries):
    report = making.make(series, S1, now=NOW)
    making.write_documents([report])
    [made] = delivery.deliver(report)
    mail = message_from_bytes(bytes(made.message.content), policy=policy.default)
    html = mail.get_body(("html",)).get_content()
    assert html.index('lang="ar" dir="rtl"') < html.index('lang="fr" dir="ltr"')
    assert series.title_ar in mail["Subject"]
    assert series.title_fr in mail["Subject"]
    assert "30 juin 2026" in mail.get_body(("plain",)).get_content()
    assert "30 يونيو 2026" in mail.get_body(("plain",)).get_content()


def test_nothing_is_delivered_before_the_last_document_stands(series: ReportSeries):
    report = making.make(series, S1, now=NOW)
    making.write_document(report, "ar")
    assert delivery.deliver(report) == []
    making.write_document(report, "fr")
    assert len(delivery.deliver(report)) == 1


def test_a_mandate_is_read_through_its_successor(series: ReportSeries, at_now):
    later = MembershipFactory(protocol=series.protocol, user__email="nouvelle@belfaa.example")
    ended = MembershipFactory(protocol=series.protocol, ends_on=datetime.date(2026, 5, 31), successor=later)
    series.recipients.all().delete()
    ReportRecipientFactory(series=series, email="", membership=ended)
    report = making.make(series, S1, now=NOW)
    making.write_documents([report])
    [made] = delivery.deliver(report)
    assert made.address == "nouvelle@belfaa.example"


def test_two_recipients_with_one_address_get_one_mail(series: ReportSeries, at_now):
    holder = MembershipFactory(protocol=series.protocol, user__email="conseil@belfaa.example")
    ReportRecipientFactory(series=series, email="", membership=holder)
    report = making.make(series, S1, now=NOW)
    making.write_documents([report])
    delivery.deliver(report)
    delivery.deliver(report)
    assert Delivery.objects.count() == Message.objects.count() == 1


def test_a_released_series_waits_for_both_coordinators(series: ReportSeries):
    series.needs_release = True
    series.save()
    report = making.make(series, S1, now=NOW)
    making.write_documents([report])
    assert delivery.deliver(report) == []
    assert not Report.objects.published().exists()
    with pytest.raises(Refusal):
        making.release(report, by=UserFactory())


def test_two_overdue_periods_are_sent_and_three_wait_for_a_person(series: ReportSeries):
    second = datetime.datetime(2027, 2, 1, tzinfo=datetime.UTC)
    assert [report.released_at for report in making.make_due(series, now=second)] == [second, second]
    Report.objects.all().delete()
    third = datetime.datetime(2027, 8, 1, tzinfo=datetime.UTC)
    reports = making.make_due(series, now=third)
    assert [report.period for report in reports] == ["2026-S1", "2026-S2", "2027-S1"]
    assert [report.released_at for report in reports] == [None] * 3
    person = UserFactory()
    making.release(reports[0], by=person, now=third)
    assert (reports[0].released_at, reports[0].released_by) == (third, person)


def test_one_series_that_refuses_holds_up_no_other(protocol: Protocol, series: ReportSeries):
    ReportSeriesFactory(protocol=protocol, party=protocol.parties.get(position=2), languages="fr nl")
    assert [report.series for report in sweeping.make_due_reports(NOW)] == [series]


def test_an_inactive_series_is_left_alone(series: ReportSeries):
    series.active = False
    series.save()
    assert sweeping.make_due_reports(NOW) == []


def test_the_command_refuses_a_future_period_in_words(series: ReportSeries, at_now):
    with pytest.raises(CommandError, match="2026-S1"):
        call_command("make_reports", period="2026-S2")
    assert not Report.objects.exists()


def test_the_command_says_when_there_is_no_series(at_now):
    with pytest.raises(CommandError):
        call_command("make_reports")


def test_a_preview_of_the_running_period_leaves_nothing_behind(series: ReportSeries, drawn):
    rendered = making.preview(series, "fr", now=NOW)
    assert rendered.content.startswith(b"%PDF")
    assert not Report.objects.exists()
    assert not Snapshot.objects.exists()


def test_a_mail_server_that_is_down_loses_nothing(series: ReportSeries, smtp_server: SmtpServer, at_now):
    smtp_server.data_answer = "451 4.3.0 Try again later"
    call_command("sweep", stdout=io.StringIO())
    assert Message.objects.get().state == MessageState.WAITING
    smtp_server.data_answer = "250 2.0.0 Accepted"
    at_now.shift(datetime.timedelta(minutes=5))
    call_command("sweep", stdout=io.StringIO())
    assert Message.objects.get().state == MessageState.SENT
    assert len(smtp_server.received) == 1


@pytest.mark.django_db(transaction=True)
def test_eight_sweepers_at_once_make_and_post_each_report_once(monkeypatch: pytest.MonkeyPatch):
    if connection.vendor == "sqlite":
        pytest.skip("threads share one SQLite memory database")
    protocol = ProtocolFactory()
    ProjectFactory(protocol=protocol, published=True)
    one = ReportSeriesFactory(protocol=protocol, languages="fr")
    ReportRecipientFactory(series=one)

    def as_slowly_as_a_real_one(html: str, *, language: str) -> pdf.Rendered:
        time.sleep(0.3)
        return undrawn(html, language=language)

    monkeypatch.setattr(pdf, "write", as_slowly_as_a_real_one)

    def pass_once() -> None:
        sweeping.make_due_reports(NOW)
        for report, language in sweeping.unwritten():
            making.write_document(report, language)
        sweeping.deliver_released()
        connections.close_all()

    threads = [threading.Thread(target=pass_once) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = [model.objects.count() for model in (Snapshot, Report, ReportDocument, Delivery, Message)]
    assert counts == [1, 1, 1, 1, 1]
