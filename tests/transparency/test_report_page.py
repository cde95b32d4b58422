"""A report's own page, behind the code on its last page: what it is, who released it, and the register then and now [I9, I11]."""

from __future__ import annotations

import datetime
import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from partnership import canonical, decisions, opening, register, signing, triggers
from partnership.models import Position, Protocol, RegisterEntry
from partnership.signing import Answer
from tests.factories import MembershipFactory, ProtocolFactory, UserFactory
from tests.factories_decisions import ratify
from tests.factories_programme import ReportRecipientFactory, ReportSeriesFactory
from tests.factories_register import appointed, member, whole_register
from tests.pages import LANGUAGES, Page, compressed_size, leftovers
from transparency.models import Report, ReportDocument
from transparency.reports import making
from transparency.reports.periods import Period

pytestmark = pytest.mark.django_db

S1, S2 = Period.parse("2026-S1"), Period.parse("2026-S2")
NOW = datetime.datetime(2027, 1, 5, 9, tzinfo=datetime.UTC)


@pytest.fixture
def protocol() -> Protocol:
    made = ProtocolFactory()
    for position in (1, 2):
        appointed(made.parties.get(position=position))
    return made


def made(protocol: Protocol, period: Period = S1, **series) -> Report:
    """A report as the product makes it, with one document."""
    own = protocol.report_series.first() or ReportSeriesFactory(protocol=protocol, **series)
    if not own.recipients.exists():
        ReportRecipientFactory(series=own)
    report = making.make(own, period, now=NOW)
    ReportDocument.objects.create(
        report=report, language="fr", content=b"%PDF-1.7", digest="d" * 64, pages=17, rendered_at=NOW
    )
    return report


def released_by_both(report: Report) -> None:
    """Released by the two coordinators' own decision."""
    protocol = report.series.protocol
    decision = opening.propose(decisions.kind("release_report"), report, by=member(protocol, 1, "coordinator"))
    for position in (1, 2):
        by = member(protocol, position, "coordinator")
        signing.sign(decision.pk, by=by, digest_seen=decision.digest, answer=Answer(Position.APPROVE))


def get(client: Client, report: Report, language: str = "fr", status: int = 200) -> Page:
    answer = client.get(f"/{language}/reports/{report.pk}/")
    assert answer.status_code == status
    return Page(answer)


def page_of(client: Client, report: Report):
    return client.get(f"/fr/reports/{report.pk}/").context["one"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_whole_and_light(client: Client, protocol: Protocol, language):
    report = made(protocol, needs_release=True)
    released_by_both(report)
    page = get(client, report, language)
    assert page.root == {"lang": language, "dir": LANGUAGES[language]}
    assert leftovers(page) == []
    assert len(page.headings) == 1
    assert report.snapshot.digest in page.source
    assert f"/{language}/reports/{report.pk}/fr.pdf" in page.links
    assert compressed_size(client.get(f"/{language}/reports/{report.pk}/")) < 60_000


def test_the_list_of_reports_leads_there(client: Client, protocol: Protocol):
    report = made(protocol)
    assert f"/fr/reports/{report.pk}/" in Page(client.get("/fr/reports/")).links


def test_both_coordinators_are_named_by_function_and_date(client: Client, protocol: Protocol):
    for position, function in ((1, "Directrice des services"), (2, "Responsable de la coopération")):
        MembershipFactory(
            protocol=protocol,
            organisation=protocol.parties.get(position=position).organisation,
            role="coordinator",
            function_ar="منسق البرنامج",
            function_fr=function,
            function_nl="Coördinator",
            user__name="PLANTED-NAME",
            user__email=f"planted-{position}@commune.example",
        )
    report = made(protocol, needs_release=True)
    assert client.get(f"/fr/reports/{report.pk}/").status_code == 404
    released_by_both(report)
    one = page_of(client, report)
    assert one.both_released
    assert [(who.party.position, who.function) for who in one.releasers] == [
        (2, "Responsable de la coopération"),
        (1, "Directrice des services"),
    ]
    source = get(client, report).source
    assert "Directrice des services" in source
    assert "planted" not in source.lower()


def test_one_person_who_let_it_go_is_named_by_function_too(client: Client, protocol: Protocol):
    report = made(protocol)
    person = UserFactory(name="PLANTED-NAME", email="planted@commune.example")
    Report.objects.update(released_by=person)
    assert [who.party for who in page_of(client, report).releasers] == [None]
    MembershipFactory(
        protocol=protocol,
        user=person,
        role="coordinator",
        function_ar="منسق",
        function_fr="Coordination",
        function_nl="Z",
    )
    [who] = page_of(client, report).releasers
    assert (who.party.position, who.function) == (1, "Coordination")
    assert "planted" not in get(client, report).source.lower()


def test_a_report_nobody_had_to_release_says_so(client: Client, protocol: Protocol):
    assert page_of(client, made(protocol)).releasers == []


def test_a_report_says_whether_a_later_one_has_followed(client: Client, protocol: Protocol):
    first = made(protocol, S1)
    assert page_of(client, first).latest is None
    second = made(protocol, S2)
    assert page_of(client, first).latest == second
    assert page_of(client, second).latest is None
    assert f"/fr/reports/{second.pk}/" in get(client, first).links
    Report.objects.filter(pk=second.pk).update(released_at=None)
    assert page_of(client, first).latest is None


def test_what_waits_for_release_or_belongs_to_another_protocol_has_no_page(client: Client, protocol: Protocol):
    waiting = made(protocol, needs_release=True)
    get(client, waiting, status=404)
    get(client, made(ProtocolFactory(hostname="second.example")), status=404)


def test_the_register_is_compared_then_and_now(client: Client, protocol: Protocol):
    report = made(protocol)
    then = register.head_of(protocol)
    appointed(protocol.parties.get(position=1))
    one, now = page_of(client, report), client.get(f"/fr/reports/{report.pk}/").context["now"]
    assert (one.then.sequence, one.then.hash, one.still_there) == (2, then.hash, True)
    assert (now.sequence, now.hash) == (3, register.head_of(protocol).hash)
    page = get(client, report)
    assert then.hash in page.source
    assert "/register/entries.json" in page.links
    assert "/fr/register/2/" in page.links


def test_an_entry_that_was_exchanged_since_is_found_out_by_the_report(client: Client, protocol: Protocol):
    report = made(protocol)
    rewrite_with_all_that_follows(protocol)
    assert register.verify(protocol).intact  # whoever owns the tables can compute the whole chain anew
    assert not page_of(client, report).still_there
    assert 'class="notice wrong"' in get(client, report).source


def rewrite_with_all_that_follows(protocol: Protocol) -> None:
    """What only an outside witness can show: the first entry changed, the rest of the chain and its end computed anew."""
    with triggers.lifted():
        previous = "0" * 64
        for row in RegisterEntry.objects.filter(protocol=protocol).order_by("sequence"):
            payload = row.payload.replace("échevine", "bourgmestre")
            digest = register.chained(previous, payload)
            RegisterEntry.objects.filter(pk=row.pk).update(previous=previous, payload=payload, hash=digest)
            previous = digest
        head = register.head_of(protocol)
        head.hash = previous
        head.save()


def test_a_report_made_before_anything_was_entered_says_so(client: Client):
    protocol = ProtocolFactory()
    report = made(protocol)
    assert (page_of(client, report).then.sequence, page_of(client, report).still_there) == (0, True)


def test_a_snapshot_older_than_the_register_has_its_page_all_the_same(client: Client, protocol: Protocol):
    report = made(protocol)
    data = json.loads(report.snapshot.text)
    del data["register"], data["decisions"]
    with triggers.lifted():
        report.snapshot.text = canonical.text(data)
        report.snapshot.save()
    one = page_of(client, report)
    assert (one.then, one.still_there) == (None, False)
    assert leftovers(get(client, report)) == []


def test_a_report_page_costs_the_same_whatever_the_register_holds(client: Client):
    costs = []
    for entries in (1, 30):
        Protocol.objects.update(primary=False)
        protocol = ProtocolFactory()
        for _ in range(entries):
            appointed(protocol.parties.get(position=1))
        report = made(protocol)
        page_of(client, report)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/fr/reports/{report.pk}/").status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1]
    assert costs[0] <= 14


def test_the_code_of_a_document_leads_to_its_page(protocol: Protocol):
    report = made(protocol)
    assert making.page_of(report, "ar") == f"http://testserver/ar/reports/{report.pk}/"
    protocol.hostname = "cooperation.example"
    protocol.save()
    report.refresh_from_db()
    assert making.page_of(report, "nl") == f"http://cooperation.example/nl/reports/{report.pk}/"


def test_a_whole_register_is_frozen_into_the_report(client: Client):
    protocol = ProtocolFactory()
    whole_register(protocol)
    assert page_of(client, made(protocol, S2)).then.sequence == 6


def test_ratifying_is_reported_in_the_period_in_which_it_was_entered(protocol: Protocol):
    ratify(protocol)
    frozen = json.loads(made(protocol, Period.containing(timezone.localdate(), S1.cadence)).snapshot.text)
    assert [one["sequence"] for one in frozen["decisions"]] == [3]
