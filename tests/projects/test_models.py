"""What the database itself refuses to store of projects, and what the public reads of them."""

from __future__ import annotations

import datetime
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from partnership.models import PublishingState
from partnership.publishing import publish, withdraw
from projects.models import Activity, ExchangeRate, Involvement, Project, Transaction
from tests.constraints import Case, assert_refused, declared
from tests.factories import ProtocolFactory, first_commune
from tests.factories_programme import (
    ActionPlanFactory,
    ActivityFactory,
    BudgetLineFactory,
    ExchangeRateFactory,
    InvolvementFactory,
    PolicyMarkerFactory,
    ProjectFactory,
    ProjectTargetFactory,
    TransactionFactory,
)
from tests.projects import planning_cases

DAY = datetime.date(2026, 6, 30)
NEXT_DAY = DAY + timedelta(days=1)
pytestmark = pytest.mark.django_db


def in_one_protocol(factory, **values):
    """Two rows with the same values in one protocol."""
    protocol = ProtocolFactory()
    return [factory(protocol=protocol, **values), factory(protocol=protocol, **values)]


def in_two_protocols(factory, **values):
    """A row with these values in each of two protocols."""
    return [factory(**values), factory(**values)]


def in_one_project(factory, **values):
    """Two rows with the same values in one project."""
    project = ProjectFactory(involved=[])
    return [factory(project=project, **values), factory(project=project, **values)]


def on_one_line(**second):
    """Two transactions on one line, the second with these values."""
    first = TransactionFactory(voucher="1")
    return TransactionFactory(**{"line": first.line, "voucher": "1", **second})


def replaced_by_itself():
    """A project that replaces itself."""
    project = ProjectFactory()
    project.replaces = project
    project.save()


PUBLISHED = {"publishing_state": PublishingState.PUBLISHED, "published_at": timezone.now()}
CASES = [
    Case(
        "plan_code_once",
        lambda: in_two_protocols(ActionPlanFactory, code="P"),
        lambda: in_one_protocol(ActionPlanFactory, code="P"),
    ),
    Case(
        "plan_ends_after_start",
        lambda: ActionPlanFactory(starts_on=DAY, ends_on=DAY),
        lambda: ActionPlanFactory(starts_on=NEXT_DAY, ends_on=DAY),
    ),
    Case(
        "plan_published_complete",
        lambda: [ActionPlanFactory(introduction_ar=""), ActionPlanFactory(published=True)],
        lambda: ActionPlanFactory(introduction_ar="", **PUBLISHED),
    ),
    Case(
        "project_code_once",
        lambda: in_two_protocols(ProjectFactory, code="P"),
        lambda: in_one_protocol(ProjectFactory, code="P"),
    ),
    Case(
        "project_planned_end_after_start",
        lambda: [ProjectFactory(planned_start=DAY, planned_end=DAY), ProjectFactory(planned_start=None)],
        lambda: ProjectFactory(planned_start=NEXT_DAY, planned_end=DAY),
    ),
    Case(
        "project_actual_end_after_start",
        lambda: [ProjectFactory(actual_start=DAY, actual_end=DAY), ProjectFactory(actual_start=None)],
        lambda: ProjectFactory(actual_start=NEXT_DAY, actual_end=DAY),
    ),
    Case(
        "project_actual_end_after_start",
        lambda: ProjectFactory(actual_start=DAY, actual_end=None),
        lambda: ProjectFactory(actual_start=None, actual_end=DAY),
    ),
    Case("project_replaces_another", lambda: ProjectFactory(replaces=ProjectFactory()), replaced_by_itself),
    Case("project_state_known", lambda: ProjectFactory(state="replaced"), lambda: ProjectFactory(state="lost")),
    Case(
        "project_published_complete",
        lambda: [ProjectFactory(title_fr=""), ProjectFactory(published=True)],
        lambda: ProjectFactory(title_fr="", **PUBLISHED),
    ),
    Case(
        "project_published_complete",
        lambda: ProjectFactory(summary_nl=None),
        lambda: ProjectFactory(**{**PUBLISHED, "published_at": None}),
    ),
    Case(
        "project_target_once",
        lambda: [ProjectTargetFactory(group="youth"), ProjectTargetFactory(group="youth")],
        lambda: in_one_project(ProjectTargetFactory, group="youth"),
    ),
    Case(
        "project_marker_once",
        lambda: [PolicyMarkerFactory(marker="1"), PolicyMarkerFactory(marker="1")],
        lambda: in_one_project(PolicyMarkerFactory, marker="1"),
    ),
    Case(
        "involvement_once",
        lambda: [
            InvolvementFactory(phase="design", project=(one := InvolvementFactory(phase="delivery")).project),
            one,
        ],
        lambda: in_one_project(InvolvementFactory),
    ),
    Case(
        "activity_planned_end_after_start",
        lambda: ActivityFactory(planned_start=DAY, planned_end=DAY),
        lambda: ActivityFactory(planned_start=NEXT_DAY, planned_end=DAY),
    ),
    Case(
        "activity_actual_end_after_start",
        lambda: ActivityFactory(actual_start=DAY, actual_end=DAY),
        lambda: ActivityFactory(actual_start=NEXT_DAY, actual_end=DAY),
    ),
    Case(
        "activity_actual_end_after_start",
        lambda: ActivityFactory(actual_start=DAY, actual_end=None),
        lambda: ActivityFactory(actual_start=None, actual_end=DAY),
    ),
    Case("activity_done_has_start", lambda: ActivityFactory(done=True), lambda: ActivityFactory(state="done")),
    Case(
        "activity_exchange_has_direction",
        lambda: ActivityFactory(exchange=True),
        lambda: ActivityFactory(kind="exchange"),
    ),
    Case(
        "activity_hours_not_negative", lambda: ActivityFactory(hours=0), lambda: ActivityFactory(hours=Decimal("-0.1"))
    ),
    Case(
        "exchange_rate_once",
        lambda: in_two_protocols(ExchangeRateFactory),
        lambda: in_one_protocol(ExchangeRateFactory),
    ),
    Case(
        "exchange_rate_positive",
        lambda: ExchangeRateFactory(mad_per_eur=Decimal("0.0001")),
        lambda: ExchangeRateFactory(mad_per_eur=0),
    ),
    Case("exchange_rate_source_complete", ExchangeRateFactory, lambda: ExchangeRateFactory(source_nl="")),
    Case(
        "budget_line_not_negative",
        lambda: BudgetLineFactory(planned=0),
        lambda: BudgetLineFactory(planned=Decimal("-0.01")),
    ),
    Case(
        "budget_line_eur_or_mad", lambda: BudgetLineFactory(currency="MAD"), lambda: BudgetLineFactory(currency="USD")
    ),
    Case(
        "budget_line_hours_not_negative",
        lambda: [BudgetLineFactory(hours=0), BudgetLineFactory(hours=None)],
        lambda: BudgetLineFactory(hours=-1),
    ),
    Case(
        "transaction_positive", lambda: TransactionFactory(amount=Decimal("0.01")), lambda: TransactionFactory(amount=0)
    ),
    Case(
        "transaction_eur_or_mad", lambda: TransactionFactory(currency="MAD"), lambda: TransactionFactory(currency="USD")
    ),
    Case("transaction_voucher_once", lambda: on_one_line(voucher="2"), on_one_line),
    *planning_cases.CASES,
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rows_that_satisfy_a_constraint_are_stored(case):
    case.holds()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rows_that_break_a_constraint_are_refused(case):
    assert_refused(case)


def test_every_constraint_is_tested_both_ways():
    assert declared("projects") == {case.name for case in CASES}


def test_a_project_is_published_in_three_languages_at_one_moment():
    project = ProjectFactory(published=True)
    assert list(Project.objects.published()) == [project]
    assert project.published_at is not None


@pytest.mark.parametrize("column", ["title_ar", "summary_fr", "summary_nl"])
def test_a_project_that_lacks_one_text_is_not_published(column):
    project = ProjectFactory(**{column: "\u200f "})
    with pytest.raises(ValidationError) as refused:
        publish(project, by=None)
    assert [error.code for error in refused.value.error_list] == ["I10"]
    assert not Project.objects.published().exists()


@pytest.mark.parametrize("position", [1, 2])
def test_a_project_in_which_one_commune_has_no_responsibility_is_not_published(position):
    protocol = ProtocolFactory()
    project = ProjectFactory(protocol=protocol, involved=[protocol.parties.get(position=position).organisation])
    with pytest.raises(ValidationError) as refused:
        publish(project, by=None)
    assert [error.code for error in refused.value.error_list] == ["I7"]
    assert not Project.objects.with_both_communes().exists()


def test_a_withdrawn_project_is_not_public_and_keeps_the_moment():
    project = ProjectFactory(published=True)
    withdraw(project, by=None)
    assert not Project.objects.published().exists()
    assert project.withdrawn_at is not None


def test_projects_of_another_protocol_are_not_found():
    project = ProjectFactory()
    ProjectFactory()
    assert list(Project.objects.for_protocol(project.protocol)) == [project]


@pytest.mark.parametrize("words", ["FORMATION", "eleve formation", "projet-x", "élèves"])
def test_a_search_does_not_mind_accents_capitals_or_order(words):
    project = ProjectFactory(code="PROJET-X", title_fr="Formation des élèves")
    ProjectFactory(code="AUTRE", title_fr="Réseau d’eau", summary_fr="Un château d’eau.")
    assert list(Project.objects.matching(words, "fr")) == [project]


def test_an_arabic_search_does_not_mind_alef_and_ta_marbuta():
    project = ProjectFactory(title_ar="إدارة مدرسة")
    ProjectFactory(title_ar="طريق")
    assert list(Project.objects.matching("اداره مدرسه", "ar")) == [project]


def test_the_public_reads_of_a_sensitive_place_only_the_commune():
    project = ProjectFactory(place_fr="Douar Inchaden", place_sensitive=True)
    activity = ActivityFactory(project=project, place_fr="Maison des femmes")
    commune = str(first_commune(project.protocol).organisation)
    assert (project.public_place, activity.public_place) == (commune, commune)


def test_the_public_reads_a_place_that_is_not_sensitive():
    project = ProjectFactory(place_fr="Centre de la commune")
    activity = ActivityFactory(project=project, place_fr="Maison des jeunes")
    assert (project.public_place, activity.public_place) == ("Centre de la commune", "Maison des jeunes")


def test_parts_are_public_once_their_project_is_and_their_own_texts_are_whole():
    project = ProjectFactory(published=True)
    whole = ActivityFactory(project=project)
    ActivityFactory(project=project, title_nl="")
    ActivityFactory()
    assert list(Activity.objects.published()) == [whole]
    InvolvementFactory(project=project, phase="follow_up", responsibility_ar="")
    InvolvementFactory()
    assert Involvement.objects.published().count() == 2


def test_the_rate_of_a_day_is_the_latest_one_not_later():
    earlier = ExchangeRateFactory(on=DAY)
    later = ExchangeRateFactory(protocol=earlier.protocol, on=NEXT_DAY)
    ExchangeRateFactory(on=NEXT_DAY)
    found = [ExchangeRate.objects.valid_on(earlier.protocol, day) for day in (DAY - timedelta(days=1), DAY, NEXT_DAY)]
    assert found == [None, earlier, later]


def test_transactions_until_a_day_include_that_day():
    on_day = TransactionFactory(on=DAY)
    TransactionFactory(line=on_day.line, on=NEXT_DAY)
    assert list(Transaction.objects.until(DAY)) == [on_day]


@pytest.mark.parametrize(("field", "value"), [("dac_sector", "151"), ("code", "projet é"), ("code", "-A")])
def test_codes_are_what_the_standards_say(field, value):
    project = ProjectFactory()
    setattr(project, field, value)
    with pytest.raises(ValidationError) as refused:
        project.full_clean()
    assert field in refused.value.message_dict
