"""Projects in the admin: what is refused and why, what is kept of what was typed, who does what."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

from partnership.models import PublishingState
from projects.models import Activity, BudgetLine, Project, ProjectState, Transaction
from tests.factories import DomainFactory, OrganisationFactory, ProtocolFactory
from tests.factories_programme import (
    ActivityFactory,
    BudgetLineFactory,
    ExchangeRateFactory,
    IndicatorFactory,
    InvolvementFactory,
    ProjectFactory,
    ProjectTargetFactory,
)
from tests.staff import errors_of, fields_of, messages_of, sent, staff

pytestmark = pytest.mark.django_db

PROJECTS = "/fr/admin/projects/project/"
TEXTS = {"title_ar": "مشروع جديد", "title_fr": "Un projet", "title_nl": "Een project"}


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


def change(project: Any) -> str:
    return f"{PROJECTS}{project.pk}/change/"


def test_a_project_is_entered_with_its_groups_and_domains(protocol: Any):
    domain = DomainFactory(protocol=protocol)
    groups = ["women", "youth"]
    answer = sent(staff(protocol), f"{PROJECTS}add/", code="BEL-01", **TEXTS, target_groups=groups, domains=[domain.pk])
    assert answer.status_code == 302
    made = Project.objects.get(code="BEL-01")
    assert made.protocol == protocol
    assert sorted(made.targets.values_list("group", flat=True)) == groups
    assert list(made.domains.all()) == [domain]


def test_ticking_other_boxes_changes_the_groups(protocol: Any):
    project = ProjectFactory(protocol=protocol)
    kept = ProjectTargetFactory(project=project, group="women")
    ProjectTargetFactory(project=project, group="migrants")
    sent(staff(protocol), change(project), target_groups=["women", "youth"])
    assert sorted(project.targets.values_list("group", flat=True)) == ["women", "youth"]
    assert project.targets.get(group="women") == kept


def test_a_code_stands_once_in_a_protocol_and_says_so(protocol: Any):
    ProjectFactory(protocol=protocol, code="BEL-01")
    answer = sent(staff(protocol), f"{PROJECTS}add/", code="BEL-01", **TEXTS)
    assert answer.status_code == 200
    assert len(errors_of(answer)) == 1


@pytest.mark.parametrize("language", ["ar", "fr", "nl"])
def test_a_project_that_ends_before_it_starts_is_refused_and_nothing_is_lost(protocol: Any, language: str):
    project = ProjectFactory(protocol=protocol)
    answer = sent(
        staff(protocol),
        change(project).replace("/fr/", f"/{language}/"),
        planned_start="01/09/2026",
        planned_end="31/08/2026",
        title_nl="Nog niet bewaard",
    )
    assert len(errors_of(answer)) == 1
    typed = fields_of(answer.content.decode())
    assert (typed["planned_end"], typed["title_nl"]) == ("31/08/2026", "Nog niet bewaard")
    project.refresh_from_db()
    assert project.planned_end == datetime.date(2026, 12, 31)


@pytest.mark.parametrize(
    ("typed", "stored"), [("12/03/2026", (2026, 3, 12)), ("2026-03-12", (2026, 3, 12)), ("12-03-2026", (2026, 3, 12))]
)
def test_days_are_typed_day_first(protocol: Any, typed: str, stored: tuple[int, int, int]):
    project = ProjectFactory(protocol=protocol)
    sent(staff(protocol), change(project), actual_start=typed)
    project.refresh_from_db()
    assert project.actual_start == datetime.date(*stored)


# Who does what --------------------------------------------------------------------------------------------------------


def without_the_row(project: Any, position: int) -> dict[str, str]:
    """Ticks “delete” on every responsibility of a commune."""
    commune = project.protocol.parties.get(position=position).organisation_id
    rows = list(project.involvements.order_by("pk"))
    return {f"involvements-{n}-DELETE": "on" for n, row in enumerate(rows) if row.organisation_id == commune}


@pytest.mark.parametrize("position", [1, 2])
def test_a_public_project_keeps_a_responsibility_of_each_commune(protocol: Any, position: int):
    project = ProjectFactory(protocol=protocol, published=True, state=ProjectState.PROPOSED)
    answer = sent(staff(protocol), change(project), title_nl="Nieuwe titel", **without_the_row(project, position))
    refusals = errors_of(answer)
    assert len(refusals) == 1
    assert "I7" in refusals[0]
    assert str(protocol.parties.get(position=position)) in refusals[0]
    assert fields_of(answer.content.decode())["title_nl"] == "Nieuwe titel"
    assert project.involvements.count() == 2


def test_the_same_holds_once_a_project_has_started(protocol: Any):
    project = ProjectFactory(protocol=protocol, state=ProjectState.UNDER_WAY)
    assert "I7" in " ".join(errors_of(sent(staff(protocol), change(project), **without_the_row(project, 1))))


def test_no_form_moves_a_project_from_one_state_to_another(protocol: Any):
    proposed = ProjectFactory(protocol=protocol, state=ProjectState.PROPOSED)
    sent(staff(protocol), change(proposed), state="under_way")
    proposed.refresh_from_db()
    assert proposed.state == ProjectState.PROPOSED


def test_a_proposal_may_still_be_empty(protocol: Any):
    project = ProjectFactory(protocol=protocol, state=ProjectState.PROPOSED)
    assert sent(staff(protocol), change(project), **without_the_row(project, 1)).status_code == 302
    assert project.involvements.count() == 1


def test_replacing_the_last_responsibility_by_another_is_allowed(protocol: Any):
    project = ProjectFactory(protocol=protocol, published=True)
    commune = protocol.parties.get(position=1).organisation
    new = {
        "involvements-TOTAL_FORMS": "3",
        "involvements-2-organisation": commune.pk,
        "involvements-2-phase": "follow_up",
        "involvements-2-capacity": "accountable",
        "involvements-2-responsibility_ar": "تتبع المشروع",
        "involvements-2-responsibility_fr": "Suivre le projet",
        "involvements-2-responsibility_nl": "Het project opvolgen",
        "involvements-2-project": project.pk,
    }
    assert sent(staff(protocol), change(project), **without_the_row(project, 1), **new).status_code == 302
    assert project.involvements.get(organisation=commune).phase == "follow_up"


def test_publishing_without_a_responsibility_says_which_commune_lacks_one(protocol: Any):
    project = ProjectFactory(protocol=protocol, involved=[], state=ProjectState.PROPOSED, summary_nl="")
    InvolvementFactory(project=project)
    client = staff(protocol)
    answer = client.post(PROJECTS, {"action": "publish", "_selected_action": [project.pk]}, follow=True)
    said = messages_of(answer)
    assert said.count("<li>") == 2
    assert str(protocol.parties.get(position=2)) in said
    assert ("I7" in said, "I10" in said) == (True, True)
    project.refresh_from_db()
    assert project.publishing_state == PublishingState.DRAFT


# Money ----------------------------------------------------------------------------------------------------------------

LINES = "/fr/admin/projects/budgetline/"


@pytest.mark.parametrize(
    ("field", "typed"), [("planned", "-1"), ("planned", "beaucoup"), ("currency", "USD"), ("hours", "-3")]
)
def test_a_budget_is_not_negative_and_in_eur_or_mad(protocol: Any, field: str, typed: str):
    line = BudgetLineFactory(project=ProjectFactory(protocol=protocol))
    answer = sent(staff(protocol), f"{LINES}{line.pk}/change/", label_fr="Gardé", **{field: typed})
    assert len(errors_of(answer)) == 1
    values = fields_of(answer.content.decode())
    assert values["label_fr"] == "Gardé"
    if field != "currency":
        assert values[field] == typed
    line.refresh_from_db()
    assert (line.planned, line.currency) == (Decimal("12000.00"), "EUR")


def test_an_amount_is_typed_with_a_comma(protocol: Any):
    line = BudgetLineFactory(project=ProjectFactory(protocol=protocol))
    client = staff(protocol)
    address = f"{LINES}{line.pk}/change/"
    assert fields_of(client.get(address).content.decode())["planned"] == "12000,00"
    sent(client, address, planned="1250,75")
    line.refresh_from_db()
    assert line.planned == Decimal("1250.75")


def test_a_movement_is_entered_under_its_line(protocol: Any):
    line = BudgetLineFactory(project=ProjectFactory(protocol=protocol, taken_over=True))
    row = {
        "transactions-TOTAL_FORMS": "1",
        "transactions-0-line": line.pk,
        "transactions-0-kind": "expenditure",
        "transactions-0-on": "05/03/2026",
        "transactions-0-amount": "99,90",
        "transactions-0-currency": "EUR",
        "transactions-0-voucher": "2026-7",
        "transactions-0-payer": line.funder_id,
        "transactions-0-payee": OrganisationFactory().pk,
    }
    assert sent(staff(protocol), f"{LINES}{line.pk}/change/", **row).status_code == 302
    assert Transaction.objects.get().amount == Decimal("99.90")
    answer = sent(staff(protocol), f"{LINES}{line.pk}/change/", **{"transactions-0-amount": "0"})
    assert len(errors_of(answer)) == 1


def test_one_day_has_one_rate(protocol: Any):
    ExchangeRateFactory(protocol=protocol)
    sources = {f"source_{code}": "Bank Al-Maghrib" for code in ("ar", "fr", "nl")}
    answer = sent(
        staff(protocol), "/fr/admin/projects/exchangerate/add/", on="01/01/2026", mad_per_eur="10,8", **sources
    )
    assert len(errors_of(answer)) == 1


# Activities, lists, links ---------------------------------------------------------------------------------------------


def test_an_activity_that_is_done_says_when_it_began(protocol: Any):
    activity = ActivityFactory(project=ProjectFactory(protocol=protocol))
    address = f"/fr/admin/projects/activity/{activity.pk}/change/"
    client = staff(protocol)
    assert len(errors_of(sent(client, address, state="done"))) == 1
    assert sent(client, address, state="done", actual_start="02/03/2026").status_code == 302
    assert Activity.objects.get().state == "done"


@pytest.mark.parametrize("words", ["ecole", "École", "مدرسه", "SCHOOL", "BEL-77"])
def test_a_project_is_found_however_it_is_spelt(protocol: Any, words: str):
    found = ProjectFactory(
        protocol=protocol, code="BEL-77", title_fr="École ouverte", title_ar="مدرسة مفتوحة", title_nl="Open school"
    )
    ProjectFactory(protocol=protocol)
    assert list(staff(protocol).get(PROJECTS, {"q": words}).context["cl"].queryset) == [found]


def test_the_filter_of_texts_knows_what_publication_asks(protocol: Any):
    whole, broken = ProjectFactory(protocol=protocol), ProjectFactory(protocol=protocol, legal_basis_fr="Loi 113-14")
    client = staff(protocol)
    assert list(client.get(PROJECTS, {"texts": "missing"}).context["cl"].queryset) == [broken]
    assert list(client.get(PROJECTS, {"texts": "complete"}).context["cl"].queryset) == [whole]


def test_indicators_are_linked_and_not_embedded(protocol: Any):
    project = IndicatorFactory(project=ProjectFactory(protocol=protocol)).project
    page = staff(protocol).get(change(project)).content.decode()
    assert f'href="/fr/admin/evaluation/indicator/?project__id__exact={project.pk}"' in page
    assert f'href="/fr/admin/evaluation/indicator/add/?project={project.pk}"' in page
    assert "measurements-" not in page


def test_a_saved_form_that_nobody_touched_changes_nothing(protocol: Any):
    project = ProjectFactory(protocol=protocol, published=True, domains=[DomainFactory(protocol=protocol)])
    ActivityFactory(project=project)
    BudgetLineFactory(project=project)
    before = Project.objects.values().get()
    lines = list(BudgetLine.objects.values())
    assert sent(staff(protocol), change(project)).status_code == 302
    assert (Project.objects.values().get(), list(BudgetLine.objects.values())) == (before, lines)
