"""Report series and reports in the admin: recipients, periods, making, releasing, reading the stored PDF."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import time_machine

from partnership.models import MessageState
from tests.factories import MembershipFactory, ProtocolFactory
from tests.factories_programme import ReportRecipientFactory, ReportSeriesFactory
from tests.reports import made_report
from tests.staff import errors_of, fields_of, messages_of, sent, staff
from tests.turns import by_turns
from transparency.models import Report, ReportRecipient, ReportSeries
from transparency.reports import making, pdf

pytestmark = pytest.mark.django_db

SERIES = "/fr/admin/transparency/reportseries/"
REPORTS = "/fr/admin/transparency/report/"
LANGUAGES = ("ar", "fr", "nl")
TEXTS = {f"title_{code}": "Rapport" for code in LANGUAGES}
AUTUMN = time_machine.travel(datetime.datetime(2026, 11, 24, 9, tzinfo=datetime.UTC), tick=False)


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


def values(protocol: Any, **typed: Any) -> dict[str, Any]:
    """A complete new series with one recipient."""
    return {
        **TEXTS,
        "audience": "council",
        "party": protocol.parties.get(position=1).pk,
        "languages": "ar fr",
        "cadence": "half_year",
        "first_period": "2026-S1",
        "time_zone": "Africa/Casablanca",
        "active": "on",
        "recipients-0-name": "Secrétariat",
        "recipients-0-email": "conseil@commune.example",
        **typed,
    }


def test_a_series_is_entered_with_its_recipients(protocol: Any):
    assert sent(staff(protocol), f"{SERIES}add/", **values(protocol)).status_code == 302
    made = ReportSeries.objects.get()
    assert (made.protocol, made.recipients.get().email) == (protocol, "conseil@commune.example")


def test_a_mandate_can_receive_instead_of_an_address(protocol: Any):
    mandate = MembershipFactory(protocol=protocol)
    typed = {"recipients-0-email": "", "recipients-0-membership": mandate.pk}
    assert sent(staff(protocol), f"{SERIES}add/", **values(protocol, **typed)).status_code == 302
    assert ReportRecipient.objects.get().membership == mandate


NOT_SENT = [
    {"recipients-0-email": "pas une adresse"},
    {"recipients-0-email": ""},
    {"recipients-0-email": "", "recipients-0-name": ""},
    {"first_period": "2026-S3"},
    {"first_period": "été 2026"},
    {"first_period": "2026-Q1"},
    {"languages": "fr en"},
    {"time_zone": "Europe/Jette"},
    {"audience": "programme_body"},
    {"title_ar": ""},
]


@pytest.mark.parametrize(("typed", "language"), by_turns(NOT_SENT, LANGUAGES))
def test_what_cannot_be_sent_is_refused_and_kept(protocol: Any, typed: dict[str, str], language: str):
    answer = sent(
        staff(protocol),
        f"{SERIES}add/".replace("/fr/", f"/{language}/"),
        **values(protocol, title_nl="Verslag", **typed),
    )
    assert answer.status_code == 200
    assert len(errors_of(answer)) == 1
    after = fields_of(answer.content.decode())
    assert {name: after[name] for name in typed} == typed
    assert after["title_nl"] == "Verslag"
    assert not ReportSeries.objects.exists()


def test_the_last_recipient_stays(protocol: Any):
    recipient = ReportRecipientFactory(series=ReportSeriesFactory(protocol=protocol))
    answer = sent(staff(protocol), f"{SERIES}{recipient.series_id}/change/", **{"recipients-0-DELETE": "on"})
    assert "I12" in " ".join(errors_of(answer))
    assert ReportRecipient.objects.count() == 1


def test_a_series_that_has_reported_is_not_deleted(protocol: Any):
    report = made_report(protocol, "2026-S1")
    assert staff(protocol).post(f"{SERIES}{report.series_id}/delete/", {"post": "yes"}).status_code == 403


# Making ---------------------------------------------------------------------------------------------------------------


def act(protocol: Any, action: str, *rows: Any, address: str = SERIES, **person: Any) -> Any:
    chosen = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    return staff(protocol, **person).post(address, chosen, follow=True)


@AUTUMN
def test_making_makes_the_latest_ended_period_and_waits(protocol: Any):
    series = ReportRecipientFactory(series=ReportSeriesFactory(protocol=protocol)).series
    answer = act(protocol, "make", series)
    report = Report.objects.get()
    assert (report.period, report.released_at) == ("2026-S1", None)
    assert f"/report/{report.pk}/change/" in messages_of(answer)


@AUTUMN
def test_making_and_sending_releases_at_once_and_says_who_did(protocol: Any):
    series = ReportRecipientFactory(series=ReportSeriesFactory(protocol=protocol)).series
    act(protocol, "make_and_send", series)
    act(protocol, "make_and_send", series)
    report = Report.objects.get()
    assert report.released_at is not None
    assert report.released_by is not None


@AUTUMN
def test_a_series_released_by_both_is_made_but_not_sent_by_one(protocol: Any):
    series = ReportRecipientFactory(series=ReportSeriesFactory(protocol=protocol, needs_release=True)).series
    answer = act(protocol, "make_and_send", series)
    assert Report.objects.get().released_at is None
    assert "error" in {message.level_tag for message in answer.context["messages"]}


@AUTUMN
def test_a_series_without_recipients_makes_nothing_and_says_so(protocol: Any):
    answer = act(protocol, "make", ReportSeriesFactory(protocol=protocol))
    assert not Report.objects.exists()
    assert {message.level_tag for message in answer.context["messages"]} == {"error"}


def test_an_observer_makes_nothing(protocol: Any):
    series = ReportRecipientFactory(series=ReportSeriesFactory(protocol=protocol)).series
    act(protocol, "make", series, role="observer")
    assert not Report.objects.exists()


def test_the_running_period_is_previewed_and_not_kept(protocol: Any, monkeypatch: pytest.MonkeyPatch):
    series = ReportSeriesFactory(protocol=protocol)
    monkeypatch.setattr(making, "preview", lambda series, language: pdf.Rendered(b"%PDF- preview", 1))
    client = staff(protocol)
    page = client.get(f"{SERIES}{series.pk}/change/").content.decode()
    assert f"{SERIES}{series.pk}/preview/ar/" in page
    answer = client.get(f"{SERIES}{series.pk}/preview/ar/")
    assert (answer.content, answer["Content-Type"]) == (b"%PDF- preview", "application/pdf")
    assert client.get(f"{SERIES}{series.pk}/preview/nl/").status_code == 404
    assert not Report.objects.exists()


def test_another_protocols_series_is_neither_previewed_nor_read(protocol: Any):
    elsewhere = made_report(ProtocolFactory(), "2026-S1")
    client = staff(protocol)
    assert client.get(f"{SERIES}{elsewhere.series_id}/preview/ar/").status_code == 404
    assert client.get(f"{REPORTS}{elsewhere.pk}/fr.pdf").status_code == 404
    assert client.post(f"{REPORTS}{elsewhere.pk}/release/").status_code == 404


# Reports --------------------------------------------------------------------------------------------------------------


def test_a_report_shows_its_documents_and_how_each_mail_fares(protocol: Any):
    report = made_report(protocol, "2026-S1")
    message = report.deliveries.get().message
    message.state = MessageState.FAILED
    message.save()
    page = staff(protocol).get(f"{REPORTS}{report.pk}/change/").content.decode()
    assert f"{REPORTS}{report.pk}/fr.pdf" in page
    assert f"/message/{message.pk}/change/" in page
    assert "tag-bad" in page


def test_the_stored_pdf_is_read_before_the_release_too(protocol: Any):
    report = made_report(protocol, "2026-S1", released=False)
    answer = staff(protocol).get(f"{REPORTS}{report.pk}/fr.pdf")
    assert (answer.content, answer["Content-Type"]) == (b"%PDF-1.7\n", "application/pdf")


def test_the_button_releases_once_and_by_post_only(protocol: Any):
    report = made_report(protocol, "2026-S1", released=False)
    client = staff(protocol)
    assert f"{REPORTS}{report.pk}/release/" in client.get(f"{REPORTS}{report.pk}/change/").content.decode()
    assert client.get(f"{REPORTS}{report.pk}/release/").status_code == 405
    client.post(f"{REPORTS}{report.pk}/release/")
    report.refresh_from_db()
    assert report.released_by_id == int(client.session["_auth_user_id"])
    assert f"{REPORTS}{report.pk}/release/" not in client.get(f"{REPORTS}{report.pk}/change/").content.decode()


def test_an_observer_releases_nothing(protocol: Any):
    report = made_report(protocol, "2026-S1", released=False)
    client = staff(protocol, role="observer")
    assert client.post(f"{REPORTS}{report.pk}/release/").status_code == 403
    client.post(REPORTS, {"action": "release", "_selected_action": [str(report.pk)]})
    report.refresh_from_db()
    assert report.released_at is None


@pytest.mark.parametrize("model", ["report", "snapshot"])
def test_what_was_made_is_only_read(protocol: Any, model: str):
    report = made_report(protocol, "2026-S1")
    row = report if model == "report" else report.snapshot
    address = f"/fr/admin/transparency/{model}/"
    client = staff(protocol, is_superuser=True)
    assert client.get(f"{address}add/").status_code == 403
    assert client.post(f"{address}{row.pk}/change/", {"period": "2020-S1"}).status_code == 403
    assert client.post(f"{address}{row.pk}/delete/", {"post": "yes"}).status_code == 403
