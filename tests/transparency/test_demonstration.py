"""The demonstration: whole and believable on any day, loaded once, and taken away without a trace."""

from __future__ import annotations

import datetime
import json
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.management import CommandError
from hypothesis import given
from hypothesis import strategies as st

from partnership import parity, protocol_file
from partnership.models import (
    InternationalGoal,
    Membership,
    Organisation,
    Protocol,
    User,
)
from partnership.protocol_file import BELFAA_JETTE
from projects.models import ActionPlan, Activity, ActivityState, BudgetLine, Project, ProjectState, Transaction
from projects.money import totals_by_line
from tests.demonstration import belonging, everything, said, told_on
from tests.factories import (
    UserFactory,
)
from transparency.demonstration import load
from transparency.demonstration.load import CODE, DATA, PASSWORD
from transparency.demonstration.shift import TOLD, Shift, parse_day
from transparency.models import (
    Cadence,
    ReportRecipient,
    ReportSeries,
)
from transparency.reports.periods import Period

FILE = json.loads(DATA.read_text(encoding="utf-8"))
LAST_ENDED = {
    date(2026, 11, 24): "2026-S1",
    date(2027, 2, 1): "2026-S2",
    date(2028, 7, 1): "2028-S1",
    date(2026, 6, 30): "2025-S2",
}


def last_ended(day: date) -> Period:
    """The latest half-year that had ended on a day."""
    return Period.parse(LAST_ENDED[day], cadence=Cadence.HALF_YEAR)


@pytest.fixture(params=LAST_ENDED, ids=str)
def day(request):
    """A day to tell the story on: with no shift, one half, four halves, and one back on the last day of a half-year."""
    return request.param


@pytest.mark.smoke
@pytest.mark.django_db
def test_the_demonstration_is_whole():
    protocol = told_on(date(2026, 11, 24))
    assert protocol.is_demonstration
    assert protocol.primary
    assert protocol.clauses.count() == 44
    assert list(protocol.projects.order_by("pk").values_list("code", flat=True)) == [
        "DEMO-01", "DEMO-02", "DEMO-03", "DEMO-04", "DEMO-05", "DEMO-06", "DEMO-07-0", "DEMO-08", "DEMO-07",
    ]  # fmt: skip
    found = [model.objects.count() for model in (Activity, BudgetLine, Transaction, Membership, ReportRecipient)]
    projects = FILE["projects"]
    assert found == [
        sum(len(project["activities"]) for project in projects),
        sum(len(project["budget_lines"]) for project in projects),
        sum(len(line["transactions"]) for project in projects for line in project["budget_lines"]),
        len(FILE["people"]),
        sum(len(series["recipients"]) for series in FILE["series"]),
    ]


@pytest.mark.django_db
def test_what_is_loaded_is_what_the_file_tells():
    project = told_on(date(2026, 11, 24)).projects.get(code="DEMO-02")
    told = FILE["projects"][1]
    assert [project.title_ar, project.description_nl, project.pac_line_fr] == [
        told["title"]["ar"], told["description"]["nl"], told["pac_line"]["fr"],
    ]  # fmt: skip
    assert [project.state, project.lead.organisation.short_name_fr, project.people_expected] == [
        "under_way",
        "Belfaa",
        240,
    ]
    assert {goal.code for goal in project.goals.all()} == set(told["goals"])
    assert dict(project.policy_markers.values_list("marker", "significance")) == told["markers"]
    assert set(project.targets.values_list("group", flat=True)) == set(told["target_groups"])
    exchange = project.activities.get(kind="exchange")
    assert (exchange.from_party.organisation.short_name_fr, exchange.days, exchange.women) == ("Belfaa", 5, 6)


@pytest.mark.django_db
def test_the_project_that_was_replaced_is_named_by_the_one_that_replaces_it():
    project = told_on(date(2026, 11, 24)).projects.get(code="DEMO-07")
    assert project.replaces is not None
    assert (project.replaces.code, project.replaces.state) == ("DEMO-07-0", ProjectState.REPLACED)


@pytest.mark.django_db
def test_every_record_keeps_every_rule_of_its_model(day):
    for row in belonging(told_on(day)):
        row.full_clean()


@pytest.mark.django_db
def test_every_record_says_everything_in_three_languages_or_nothing(day):
    translated = [row for row in belonging(told_on(day)) if hasattr(row, "REQUIRED_TEXTS")]
    assert len(translated) > 200
    assert [(row, parity.missing(row)) for row in translated if parity.missing(row)] == []


@pytest.mark.django_db
def test_every_project_and_the_plan_are_public_and_each_commune_has_its_part_in_each(day):
    protocol = told_on(day)
    assert ActionPlan.objects.for_protocol(protocol).published().count() == 1
    assert Project.objects.for_protocol(protocol).published().with_both_communes().count() == 9


@pytest.mark.django_db
def test_every_project_serves_an_objective_a_domain_and_an_international_goal(day):
    projects = told_on(day).projects.all()
    for relation in ("objectives", "domains", "goals", "principles", "targets"):
        assert not projects.filter(**{f"{relation}__isnull": True}).exists()
    assert all(bool(project.pac_line_fr) != bool(project.no_pac_reason_fr) for project in projects)
    assert all(project.legal_basis_fr and project.competence for project in projects)


@pytest.mark.django_db
def test_nothing_that_is_done_paid_measured_or_accepted_lies_after_the_last_ended_period(day):
    protocol, end = told_on(day), last_ended(day).ends_on
    done = Activity.objects.filter(project__protocol=protocol, state=ActivityState.DONE)
    facts = [
        *done.values_list("actual_start", flat=True),
        *done.values_list("actual_end", flat=True),
        *Transaction.objects.filter(line__project__protocol=protocol).values_list("on", flat=True),
        *protocol.indicators.values_list("measurements__on", flat=True),
        *protocol.indicators.values_list("measurements__checked_on", flat=True),
        *protocol.projects.values_list("involvements__accepted_on", flat=True),
        *protocol.projects.values_list("actual_start", flat=True),
        *protocol.projects.values_list("actual_end", flat=True),
        protocol.exchange_rates.get().on,
    ]
    assert max(fact for fact in facts if fact is not None) <= end


@pytest.mark.django_db
def test_the_last_ended_period_has_activities_and_money_in_both_currencies(day):
    protocol, period = told_on(day), last_ended(day)
    during = (period.starts_on, period.ends_on)
    done = Activity.objects.filter(project__protocol=protocol, state=ActivityState.DONE, actual_start__range=during)
    spent = Transaction.objects.filter(line__project__protocol=protocol, on__range=during)
    assert done.count() >= 5
    assert {*done.values_list("kind", flat=True)} == {"activity", "training", "exchange"}
    assert {*spent.values_list("kind", "currency")} >= {("expenditure", "EUR"), ("expenditure", "MAD")}


@pytest.mark.django_db
def test_dates_stand_in_order(day):
    protocol = told_on(day)
    plan = protocol.plans.get()
    for project in protocol.projects.all():
        assert plan.starts_on <= project.planned_start <= project.planned_end <= plan.ends_on
        begun = project.actual_start or date.max
        assert all(begun <= one.actual_start for one in project.activities.all() if one.actual_start)
        assert all(begun <= move.on for line in project.budget_lines.all() for move in line.transactions.all())
    for indicator in protocol.indicators.all():
        days = [(one.on, one.checked_on or one.on) for one in indicator.measurements.all()]
        assert all(indicator.baseline_on <= on <= checked_on for on, checked_on in days)


@pytest.mark.django_db
def test_money_adds_up_on_every_line(day):
    protocol = told_on(day)
    lines = list(BudgetLine.objects.filter(project__protocol=protocol).order_by("pk"))
    totals = totals_by_line(line.pk for line in lines)
    told = {project["code"]: project["budget_lines"] for project in FILE["projects"]}
    place: Counter[str] = Counter()
    for line in lines:
        entry = told[line.project.code][place[line.project.code]]
        place[line.project.code] += 1
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for move in entry["transactions"]:
            assert move["currency"] == entry["currency"]
            sums[move["kind"]] += Decimal(move["amount"])
        found = totals[line.pk].entered
        of_kind = [found.get((kind, line.currency), 0) for kind in ("committed", "disbursed", "spent")]
        assert of_kind == [sums[kind] for kind in ("commitment", "disbursement", "expenditure")]
        committed, disbursed, spent = of_kind
        assert max(disbursed, spent) <= committed <= line.planned


@pytest.mark.django_db
def test_the_series_begin_with_the_last_ended_period_and_wait_for_nobody(day):
    series = ReportSeries.objects.for_protocol(told_on(day))
    found = {
        (one.party.position if one.party else None, one.languages, one.first_period, one.needs_release)
        for one in series
    }
    code = LAST_ENDED[day]
    assert found == {(1, "ar fr", code, False), (2, "fr nl", code, False), (None, "fr nl", code, False)}
    assert {one.time_zone for one in series} == {"Africa/Casablanca", "Europe/Brussels"}


@pytest.mark.django_db
def test_a_recipient_is_named_in_the_first_language_of_the_series():
    told_on(date(2026, 11, 24))
    assert set(ReportRecipient.objects.filter(series__party__position=1).values_list("name", flat=True)) == {
        "كتابة المجلس الجماعي لبلفاع", "تنسيق البرنامج، جماعة بلفاع",
    }  # fmt: skip


@pytest.mark.django_db
def test_years_in_codes_move_with_the_story():
    protocol = told_on(date(2028, 7, 1))
    assert protocol.phases.get().code == "2024-2028"
    assert protocol.plans.get().code == "PA-2024-2028"
    vouchers = Transaction.objects.values_list("voucher", flat=True)
    assert {voucher[8:12] for voucher in vouchers} <= {"2024", "2025", "2026", "2027", "2028"}


def test_the_half_year_told_becomes_the_one_asked_for(day):
    period = last_ended(day)
    shift = Shift.to(period)
    assert (shift.day("2026-01-01"), shift.day("2026-06-30")) == (period.starts_on, period.ends_on)


@pytest.mark.parametrize(
    ("halves", "day", "moved"),
    [
        (0, "2026-02-28", "2026-02-28"),
        (1, "2026-02-28", "2026-08-31"),  # the last day of a month stays one
        (1, "2024-02-28", "2024-08-28"),
        (1, "2025-08-30", "2026-02-28"),
        (1, "2026-06-30", "2026-12-31"),
        (-1, "2026-03-15", "2025-09-15"),
        (2, "2024-02-29", "2025-02-28"),
    ],
)
def test_a_day_moves_by_whole_half_years(halves, day, moved):
    assert Shift(halves).day(day).isoformat() == moved


@given(st.dates(date(2000, 1, 1), date(2080, 1, 1)), st.integers(0, 400), st.integers(-20, 20))
def test_moved_days_keep_their_order(first, later, halves):
    shift = Shift(halves)
    second = first + timedelta(days=later)
    assert shift.day(first.isoformat()) <= shift.day(second.isoformat())


@pytest.mark.parametrize(("halves", "year"), [(0, 2024), (1, 2024), (2, 2025), (3, 2025), (-1, 2023)])
def test_a_code_moves_its_year_when_two_halves_make_one(halves, year):
    assert Shift(halves).code("DEMO-01-2024-001") == f"DEMO-01-{year}-001"


@pytest.mark.parametrize(
    "text",
    [
        "24/11/2026",
        "2026-13-01",
        "2026-02-30",
        "20261124",
        "2026-W48-2",
        "demain",
        "",
        "2026-11-24 ",
        "1999-01-01",
        "2091-01-01",
        "٢٠٢٦-١١-٢٤",
    ],
)
def test_a_malformed_day_is_refused_naming_the_form(text):
    with pytest.raises(ValidationError) as refused:
        parse_day(text)
    assert "2026-11-24" in refused.value.messages[0]


@pytest.mark.django_db
def test_the_command_refuses_a_malformed_day_and_loads_nothing():
    with pytest.raises(CommandError, match="2026-11-24"):
        said("load_demo", as_of="24/11/2026")
    assert not Protocol.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("moment", "period"),
    [
        ("2026-06-30 22:30", "2025-S2"),  # 1 July in Brussels, still 30 June in Casablanca
        ("2026-06-30 23:30", "2026-S1"),
    ],
)
def test_without_a_day_it_is_told_on_the_day_that_has_come_in_both_communes(moment, period):
    with time_machine.travel(datetime.datetime.fromisoformat(f"{moment}+00:00"), tick=False):
        protocol = load.load().protocol
    assert set(protocol.report_series.values_list("first_period", flat=True)) == {period}


@pytest.mark.smoke
@pytest.mark.django_db
def test_loading_it_twice_changes_nothing_and_says_so():
    assert said("load_demo", as_of="2026-11-24") == f"{CODE}: the demonstration is ready, with 9 projects.\n"
    before = everything()
    assert "is there already; nothing has changed" in said("load_demo", as_of="2028-07-01")
    assert everything() == before


@pytest.mark.django_db
def test_beside_a_primary_protocol_it_is_not_primary():
    protocol_file.load(BELFAA_JETTE)
    assert not told_on(date(2026, 11, 24)).primary


@pytest.mark.django_db
def test_only_what_was_made_for_it_bears_the_mark():
    protocol_file.load(BELFAA_JETTE)
    inhabitant = UserFactory(email="coordination@jette.example", name="Coordination")
    told_on(date(2026, 11, 24))
    marked = Organisation.objects.filter(is_demonstration=True)
    assert marked.count() == len(FILE["organisations"])
    assert not InternationalGoal.objects.filter(is_demonstration=True).exists()
    inhabitant.refresh_from_db()
    assert (inhabitant.is_demonstration, inhabitant.name) == (False, "Coordination")
    assert User.objects.filter(is_demonstration=True).count() == len(FILE["people"]) - 1


@pytest.mark.django_db
@pytest.mark.parametrize("demo", [True, False])
def test_the_known_password_opens_only_under_demo(settings, demo):
    settings.DEMO = demo
    told_on(date(2026, 11, 24))
    assert {user.check_password(PASSWORD) for user in User.objects.all()} == {demo}
    assert {user.has_usable_password() for user in User.objects.all()} == {demo}


@pytest.mark.django_db
def test_the_sign_ins_are_told_under_demo_with_role_commune_address_and_password(settings):
    settings.DEMO = True
    told_on(date(2026, 11, 24))
    lines = said("demo_sign_ins").splitlines()
    assert PASSWORD in lines[0]
    assert {tuple(line.split()) for line in lines[1:]} == {
        ("Coordinator", "Belfaa", "coordination@belfaa.example"),
        ("Editor", "Belfaa", "redaction@belfaa.example"),
        ("Coordinator", "Jette", "coordination@jette.example"),
        ("Editor", "Jette", "redactie@jette.example"),
        ("Observer", "Brulocalis", "suivi@brulocalis.example"),
    }


@pytest.mark.django_db
def test_the_sign_ins_are_not_told_without_demo(settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="DEMO=1"):
        said("demo_sign_ins")


@pytest.mark.django_db
def test_a_password_that_does_not_open_is_not_told(settings):
    settings.DEMO = False
    told_on(date(2026, 11, 24))
    settings.DEMO = True
    assert PASSWORD not in said("demo_sign_ins")


def test_the_half_year_told_is_the_one_the_file_was_written_for():
    assert TOLD.code == "2026-S1"
    days = [
        move["on"] for project in FILE["projects"] for line in project["budget_lines"] for move in line["transactions"]
    ]
    assert TOLD.starts_on.isoformat() <= max(days) <= TOLD.ends_on.isoformat()
