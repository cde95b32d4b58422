"""The snapshot: published data only, frozen, the same for both councils, few queries [I11, I13, I16]."""

from __future__ import annotations

import datetime
import threading
from decimal import Decimal

import pytest
from django.db import connection, connections
from django.utils import timezone

from partnership import canonical, publishing, register
from partnership.models import Protocol
from projects.models import ActivityState
from tests.factories import DomainFactory, ObjectiveFactory, OrganisationFactory, ProtocolFactory
from tests.factories_decisions import approve, open_ratification, ratify, signatory
from tests.factories_programme import (
    ActivityFactory,
    BudgetLineFactory,
    ExchangeRateFactory,
    IndicatorFactory,
    InvolvementFactory,
    MeasurementFactory,
    ProjectFactory,
    TransactionFactory,
)
from tests.factories_register import REFUSAL, RESERVATION, appointed, member, proposed_plan, reserve, whole_register
from transparency.models import Snapshot
from transparency.reports import snapshot
from transparency.reports.periods import Period

pytestmark = pytest.mark.django_db

PERIOD = Period.parse("2026-S1")
NOW = datetime.datetime(2026, 7, 1, 6, tzinfo=datetime.UTC)
SECRET = "لا ينشر-SECRET"


@pytest.fixture
def protocol() -> Protocol:
    made = ProtocolFactory()
    ExchangeRateFactory(protocol=made)
    return made


def collect(protocol: Protocol) -> dict:
    return snapshot.read(canonical.text(snapshot.collect(protocol, PERIOD, NOW)))


def only_project(protocol: Protocol) -> dict:
    [project] = collect(protocol)["projects"]
    return project


def whole_project(protocol: Protocol, **fields):
    project = ProjectFactory(
        protocol=protocol,
        published=True,
        domains=[DomainFactory(protocol=protocol)],
        objectives=[ObjectiveFactory(protocol=protocol)],
        **fields,
    )
    line = BudgetLineFactory(project=project)
    TransactionFactory(line=line)
    MeasurementFactory(indicator=IndicatorFactory(project=project))
    ActivityFactory(project=project, done=True)
    return project


def test_money_counts_up_to_the_last_day_in_both_currencies(protocol: Protocol):
    line = BudgetLineFactory(project=ProjectFactory(protocol=protocol, published=True))
    for on, amount in [("2025-11-03", 100), ("2026-06-30", 200), ("2026-07-01", 400)]:
        TransactionFactory(line=line, on=on, amount=amount)
    project = only_project(protocol)
    assert project["money"]["spent"] == {"EUR": "300.00", "MAD": "3240.00"}
    assert project["period_money"]["spent"] == {"EUR": "200.00", "MAD": "2160.00"}
    assert project["money"]["planned"]["EUR"] == "12000.00"


def test_dirhams_and_euros_are_added_at_the_one_rate(protocol: Protocol):
    project = ProjectFactory(protocol=protocol, published=True)
    BudgetLineFactory(project=project, planned=Decimal("1000"), currency="EUR")
    BudgetLineFactory(project=project, planned=Decimal("10800"), currency="MAD")
    data = collect(protocol)
    assert data["totals"]["planned"] == {"EUR": "2000.00", "MAD": "21600.00"}
    assert data["rate"]["mad_per_eur"] == "10.8000"


def test_without_a_rate_each_currency_stands_as_entered():
    protocol = ProtocolFactory()
    project = ProjectFactory(protocol=protocol, published=True)
    BudgetLineFactory(project=project, planned=Decimal("1000"), currency="EUR")
    BudgetLineFactory(project=project, planned=Decimal("500"), currency="MAD")
    data = collect(protocol)
    assert data["rate"] is None
    assert data["totals"]["planned"] == {"EUR": "1000", "MAD": "500"} or data["totals"]["planned"] == {
        "EUR": "1000.00",
        "MAD": "500.00",
    }


def test_the_latest_value_of_the_period_counts(protocol: Protocol):
    indicator = IndicatorFactory(project=ProjectFactory(protocol=protocol, published=True))
    for on, value in [("2025-12-31", 10), ("2026-06-30", 20), ("2026-09-30", 40)]:
        MeasurementFactory(indicator=indicator, on=on, value=value)
    [told] = only_project(protocol)["indicators"]
    assert told["latest"]["value"] == "20.00"
    assert told["progress"] == "0.5000"


def test_a_small_count_of_people_is_withheld_with_its_progress(protocol: Protocol):
    indicator = IndicatorFactory(project=ProjectFactory(protocol=protocol, published=True), counts_people=True)
    MeasurementFactory(indicator=indicator, value=3)
    [told] = only_project(protocol)["indicators"]
    assert (told["latest"]["value"], told["progress"], told["withheld"]) == (None, None, True)


def test_few_women_are_not_told_and_neither_are_the_men_beside_them(protocol: Protocol):
    ActivityFactory(project=ProjectFactory(protocol=protocol, published=True), done=True, women=3, men=12)
    [told] = only_project(protocol)["activities"]
    assert (told["women"], told["men"], told["people"], told["withheld"]) == (None, None, 15, True)


def test_activities_of_the_period_are_told_and_later_ones_announced(protocol: Protocol):
    project = ProjectFactory(protocol=protocol, published=True)
    ActivityFactory(project=project, done=True, title_fr="Avant", planned_start="2025-05-01", planned_end="2025-05-02")
    ActivityFactory(project=project, done=True, title_fr="Pendant")
    ActivityFactory(project=project, title_fr="Après", planned_start="2026-09-01", planned_end="2026-09-02")
    data = collect(protocol)
    assert [one["title"]["fr"] for one in data["projects"][0]["activities"]] == ["Pendant"]
    assert [one["title"]["fr"] for one in data["next"] if one["kind"] == "activity"] == ["Après"]
    assert data["people"]["activities"] == 1


def test_nothing_unpublished_is_told(protocol: Protocol):
    draft = ProjectFactory(protocol=protocol, title_fr=SECRET)
    ActivityFactory(project=draft, title_fr=SECRET)
    IndicatorFactory(project=draft, title_fr=SECRET)
    public = ProjectFactory(protocol=protocol, published=True, replaces=draft)
    ActivityFactory(project=public, title_fr=SECRET, title_nl="")
    withdrawn = ProjectFactory(protocol=protocol, published=True, summary_ar=SECRET)
    publishing.withdraw(withdrawn, by=None)
    text = canonical.text(snapshot.collect(protocol, PERIOD, NOW))
    assert SECRET not in text
    assert draft.code not in text
    assert withdrawn.code not in text


def test_a_part_whose_own_texts_have_a_gap_is_not_told(protocol: Protocol):
    project = ProjectFactory(protocol=protocol, published=True)
    project.place_fr = SECRET
    project.save()
    organisation = OrganisationFactory()
    InvolvementFactory(project=project, organisation=organisation, responsibility_fr=SECRET, responsibility_nl="")
    ActivityFactory(project=project, done=True, happened_ar=SECRET, happened_fr="")
    BudgetLineFactory(project=project, label_nl=SECRET, label_ar="")
    text = canonical.text(snapshot.collect(protocol, PERIOD, NOW))
    assert SECRET not in text
    assert organisation.name_fr not in text


def test_a_sensitive_place_is_told_as_the_commune_only(protocol: Protocol):
    ProjectFactory(
        protocol=protocol, published=True, place_fr=SECRET, place_ar=SECRET, place_nl=SECRET, place_sensitive=True
    )
    text = canonical.text(snapshot.collect(protocol, PERIOD, NOW))
    assert SECRET not in text


def test_an_address_or_a_voucher_is_never_told(protocol: Protocol):
    line = BudgetLineFactory(project=ProjectFactory(protocol=protocol, published=True))
    TransactionFactory(line=line, voucher="SECRET-VOUCHER", description_fr=SECRET)
    text = canonical.text(snapshot.collect(protocol, PERIOD, NOW))
    assert "SECRET" not in text


def test_another_protocol_is_not_told(protocol: Protocol):
    other = ProtocolFactory(hostname="second.example")
    whole_project(other, title_fr=SECRET)
    assert SECRET not in canonical.text(snapshot.collect(protocol, PERIOD, NOW))


def test_what_a_commune_gives_is_counted_apart_in_money_in_kind_and_hours(protocol: Protocol):
    project = ProjectFactory(protocol=protocol, published=True)
    first = protocol.parties.get(position=1).organisation
    BudgetLineFactory(project=project, funder=first, planned=Decimal("3000"))
    BudgetLineFactory(project=project, funder=first, planned=Decimal("500"), in_kind=True, hours=Decimal("40.0"))
    mine, theirs = collect(protocol)["contributions"]
    assert (mine["money"]["planned"]["EUR"], mine["in_kind"]["planned"]["EUR"], mine["hours"]) == (
        "3000.00",
        "500.00",
        "40.0",
    )
    assert Decimal(theirs["money"]["planned"]["EUR"]) == 0


@pytest.mark.parametrize("projects", [1, 30])
def test_a_snapshot_takes_at_most_30_queries(protocol: Protocol, projects: int, django_assert_max_num_queries):
    for _ in range(projects):
        whole_project(protocol)
        appointed(protocol.parties.get(position=1))
    decision = open_ratification(protocol)
    approve(decision, signatory(protocol, 2))
    protocol.refresh_from_db()
    with django_assert_max_num_queries(30):
        snapshot.take(protocol, PERIOD, NOW)


def test_a_later_change_does_not_reach_the_snapshot(protocol: Protocol):
    project = whole_project(protocol)
    first = snapshot.take(protocol, PERIOD, NOW)
    project.title_fr = "Autre titre"
    project.save()
    again = snapshot.take(protocol, PERIOD, NOW + datetime.timedelta(days=40))
    assert again == first
    assert "Autre titre" not in again.text
    assert again.digest == canonical.digest(again.text)


def test_a_postponed_activity_of_the_period_is_told(protocol: Protocol):
    ActivityFactory(project=ProjectFactory(protocol=protocol, published=True), state=ActivityState.POSTPONED)
    assert [one["state"] for one in only_project(protocol)["activities"]] == ["postponed"]


# Decisions and the register


def in_this_period(protocol: Protocol) -> dict:
    """The snapshot of the half-year in which the tests run, when what they decide is entered."""
    period = Period.containing(timezone.localdate(), PERIOD.cadence)
    return snapshot.read(canonical.text(snapshot.collect(protocol, period, timezone.now())))


def test_the_end_of_the_register_is_frozen(protocol: Protocol):
    assert collect(protocol)["register"] == {"sequence": 0, "hash": "0" * 64}
    appointed(protocol.parties.get(position=1))
    head = register.head_of(protocol)
    assert collect(protocol)["register"] == {"sequence": 1, "hash": head.hash}


def test_the_decisions_of_the_period_are_told_with_reservations_and_refusals_as_they_were_written(protocol: Protocol):
    whole_register(protocol)
    told = in_this_period(protocol)["decisions"]
    assert [(one["sequence"], one["state"]) for one in told] == [
        (1, "adopted"),
        (2, "adopted"),
        (3, "refused"),
        (4, "withdrawn"),
        (6, "annulled"),
    ]
    words = {answer["position"]: answer["words"] for answer in told[1]["answers"]}
    assert words == {1: {"text": RESERVATION, "language": "ar"}, 2: None}
    assert told[2]["answers"][1]["words"] == {"text": REFUSAL, "language": "nl"}
    assert told[3]["words"] == {"text": "Il manque un projet.", "language": "fr"}
    assert (told[4]["since"], told[4]["words"]["language"]) == ("2026-06-01", "fr")
    assert set(told[0]["title"]) == {"ar", "fr", "nl"}


def test_what_was_entered_in_another_period_is_not_told_again(protocol: Protocol):
    whole_register(protocol)
    earlier = Period.containing(timezone.localdate(), PERIOD.cadence).previous()
    told = snapshot.collect(protocol, earlier, timezone.now())
    assert told["decisions"] == []
    assert told["register"]["sequence"] == 6


def test_a_decision_that_awaits_a_commune_is_told_without_words_and_one_on_a_draft_not_at_all(protocol: Protocol):
    ratify(protocol)
    reserve(proposed_plan(protocol), member(protocol, 1), SECRET, "fr")
    proposed_plan(protocol, published=False, title_fr=SECRET)
    data = in_this_period(protocol)
    [open_one] = [one for one in data["decisions"] if one["state"] == "open"]
    assert (open_one["sequence"], [one["position"] for one in open_one["answers"]]) == (None, [1])
    assert SECRET not in canonical.text(data)


def test_no_person_is_named_in_a_snapshot(protocol: Protocol):
    for position in (1, 2):
        for role in ("signatory", "coordinator"):
            person = member(protocol, position, role).user
            person.name = f"{SECRET} {position} {role}"
            person.save()
    whole_register(protocol)
    assert SECRET not in canonical.text(in_this_period(protocol))


@pytest.mark.django_db(transaction=True)
def test_eight_who_ask_at_once_get_one_snapshot():
    if connection.vendor == "sqlite":
        pytest.skip("threads share one SQLite memory database")
    protocol = ProtocolFactory()
    whole_project(protocol)
    digests: list[str] = []

    def ask(second: int) -> None:
        digests.append(snapshot.take(protocol, PERIOD, NOW + datetime.timedelta(seconds=second)).digest)
        connections.close_all()

    threads = [threading.Thread(target=ask, args=[second]) for second in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(digests) == 8
    assert set(digests) == {Snapshot.objects.get().digest}
