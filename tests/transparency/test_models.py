"""Constraints of series, recipients, reports, documents and deliveries, both ways."""

from __future__ import annotations

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from partnership.models import Protocol
from tests.constraints import Case, assert_refused, declared
from tests.factories import MembershipFactory, MessageFactory, ProtocolFactory
from tests.factories_programme import ReportRecipientFactory, ReportSeriesFactory
from transparency.models import Cadence, Delivery, Report, ReportDocument, ReportSeries, Snapshot

pytestmark = pytest.mark.django_db

S1 = {"starts_on": datetime.date(2026, 1, 1), "ends_on": datetime.date(2026, 6, 30)}


def snapshot(protocol: Protocol, period: str = "2026-S1") -> Snapshot:
    return Snapshot.objects.create(
        protocol=protocol, period=period, taken_at=timezone.now(), text="{}", digest="0" * 64
    )


def report(series: ReportSeries | None = None, period: str = "2026-S1", **fields: object) -> Report:
    series = series or ReportSeriesFactory()
    frozen = Snapshot.objects.filter(protocol=series.protocol, period=period).first() or snapshot(
        series.protocol, period
    )
    return Report.objects.create(series=series, period=period, snapshot=frozen, made_at=timezone.now(), **(S1 | fields))


def document(of: Report, language: str = "fr") -> ReportDocument:
    return ReportDocument.objects.create(
        report=of, language=language, content=b"%PDF", digest="0" * 64, pages=1, rendered_at=timezone.now()
    )


def two_snapshots(*periods: str) -> None:
    protocol = ProtocolFactory()
    for period in periods:
        snapshot(protocol, period)


def two_series(*cadences: str, body: bool = False) -> None:
    protocol = ProtocolFactory()
    for cadence in cadences:
        ReportSeriesFactory(protocol=protocol, cadence=cadence, programme_body=body)


def two_reports(*periods: str) -> None:
    series = ReportSeriesFactory()
    for period in periods:
        report(series, period)


def two_documents(*languages: str) -> None:
    of = report()
    for language in languages:
        document(of, language)


def deliver(of: Report, recipient: object, address: str) -> None:
    Delivery.objects.create(report=of, recipient=recipient, address=address, message=MessageFactory())


def two_addresses(*addresses: str) -> None:
    series = ReportSeriesFactory()
    for address in addresses:
        ReportRecipientFactory(series=series, email=address)


def two_mandates(same: bool) -> None:
    series = ReportSeriesFactory()
    first = MembershipFactory(protocol=series.protocol)
    second = first if same else MembershipFactory(protocol=series.protocol)
    for mandate in (first, second):
        ReportRecipientFactory(series=series, email="", membership=mandate)


def two_deliveries(same_recipient: bool, *addresses: str) -> None:
    of = report()
    recipients = [ReportRecipientFactory(series=of.series), ReportRecipientFactory(series=of.series)]
    for place, address in enumerate(addresses):
        deliver(of, recipients[0 if same_recipient else place], address)


CASES = [
    Case("series_council_names_commune", ReportSeriesFactory, lambda: ReportSeriesFactory(party=None)),
    Case("series_title_in_all_languages", ReportSeriesFactory, lambda: ReportSeriesFactory(title_nl="")),
    Case("series_council_once", lambda: two_series("half_year", "year"), lambda: two_series("year", "year")),
    Case(
        "series_programme_body_once",
        lambda: two_series("half_year", "year", body=True),
        lambda: two_series("year", "year", body=True),
    ),
    Case("recipient_address_or_mandate", ReportRecipientFactory, lambda: ReportRecipientFactory(email="")),
    Case(
        "recipient_address_once",
        lambda: two_addresses("a@jette.example", "b@jette.example"),
        lambda: two_addresses("a@jette.example", "a@jette.example"),
    ),
    Case("recipient_mandate_once", lambda: two_mandates(same=False), lambda: two_mandates(same=True)),
    Case("snapshot_once", lambda: two_snapshots("2026-S1", "2026-S2"), lambda: two_snapshots("2026-S1", "2026-S1")),
    Case("report_once", lambda: two_reports("2026-S1", "2026-S2"), lambda: two_reports("2026-S1", "2026-S1")),
    Case(
        "report_ends_after_start",
        report,
        lambda: report(ends_on=datetime.date(2025, 12, 31)),
    ),
    Case("document_once_for_language", lambda: two_documents("fr", "nl"), lambda: two_documents("fr", "fr")),
    Case(
        "delivery_once",
        lambda: two_deliveries(False, "a@jette.example", "b@jette.example"),
        lambda: two_deliveries(True, "a@jette.example", "b@jette.example"),
    ),
    Case(
        "delivery_address_once",
        lambda: two_deliveries(False, "a@jette.example", "b@jette.example"),
        lambda: two_deliveries(False, "a@jette.example", "a@jette.example"),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rows_that_satisfy_a_constraint_are_stored(case: Case):
    case.holds()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rows_that_break_a_constraint_are_refused(case: Case):
    assert_refused(case)


def test_every_constraint_is_tested_both_ways():
    assert {case.name for case in CASES} == declared("transparency")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"first_period": "2026-Q1"}, "first_period"),
        ({"first_period": "demain"}, "first_period"),
        ({"time_zone": "Europe/Jette"}, "time_zone"),
        ({"languages": "ar en"}, "languages"),
        ({"languages": "ar, fr"}, "languages"),
    ],
)
def test_a_series_with_a_malformed_field_is_refused_at_that_field(change: dict[str, str], field: str):
    series = ReportSeriesFactory()
    for name, value in change.items():
        setattr(series, name, value)
    with pytest.raises(ValidationError) as refusal:
        series.full_clean()
    assert list(refusal.value.message_dict) == [field]


def test_a_recipient_that_is_no_address_is_refused():
    recipient = ReportRecipientFactory()
    recipient.email = "conseil de Jette"
    with pytest.raises(ValidationError) as refusal:
        recipient.full_clean()
    assert "email" in refusal.value.message_dict


def test_a_file_name_says_period_audience_and_language():
    series = ReportSeriesFactory(cadence=Cadence.HALF_YEAR)
    name = document(report(series), "ar").file_name
    assert name.startswith("2026-S1-")
    assert name.endswith("-ar.pdf")
    assert name.isascii()


def test_one_side_does_not_let_go_what_the_programme_body_reads():
    series = ReportSeriesFactory(audience="programme_body", party=None, needs_release=True)
    series.needs_release = False
    with pytest.raises(ValidationError) as refusal:
        series.full_clean()
    assert refusal.value.error_dict["needs_release"][0].code == "I2"
