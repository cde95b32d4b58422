"""What decisions hold fast is shown on every form with the way to change it, and refused where it is changed all the same [I4]."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from partnership import decisions, locks, opening
from partnership.models import Decision
from projects.models import ActionPlan, Project
from tests.deciding import adopted_plan
from tests.factories import ClauseFactory, ProtocolFactory
from tests.factories_decisions import (
    coordinator,
    protocol_in_force,
    ratify,
)
from tests.factories_planning import consulted
from tests.factories_programme import ActionPlanFactory, ProjectFactory
from tests.staff import errors_of, fields_of, sent, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


@pytest.fixture
def in_force() -> Any:
    return protocol_in_force()


def plan_form(plan: Any) -> str:
    return f"/fr/admin/projects/actionplan/{plan.pk}/change/"


def test_an_adopted_plan_shows_which_fields_are_locked_why_and_how_to_correct_them(in_force: Any):
    plan = adopted_plan(in_force)
    decision = Decision.objects.get(kind="adopt_plan")
    shown = staff(in_force).get(plan_form(plan))
    assert not {"code", "title_ar", "title_fr", "title_nl", "starts_on", "ends_on"} & set(
        fields_of(shown.content.decode())
    )
    [note] = shown.context["locked"]
    assert (note.decision, len(note.fields)) == (decision, 5)
    html = shown.content.decode()
    assert f"/fr/admin/partnership/decision/{decision.pk}/change/" in html
    assert f"/fr/admin/decisions/open/correct_text/{decision.pk}/?record=projects.actionplan:{plan.pk}" in html


def test_while_a_decision_is_open_the_way_to_edit_is_to_withdraw_it(in_force: Any):
    plan = consulted(ActionPlanFactory(protocol=in_force))
    ProjectFactory(protocol=in_force, plan=plan)
    decision = opening.propose(decisions.kind("adopt_plan"), plan, by=coordinator(in_force, 2))
    html = staff(in_force).get(plan_form(plan)).content.decode()
    assert f"/fr/admin/decisions/{decision.pk}/withdraw/" in html
    assert "/correct_text/" not in html


def test_what_no_decision_contains_is_edited_as_before(in_force: Any):
    plan = adopted_plan(in_force)
    project = plan.projects.get()
    client = staff(in_force)
    answer = sent(client, f"/fr/admin/projects/project/{project.pk}/change/", summary_fr="Un autre résumé.")
    assert answer.status_code == 302
    project.refresh_from_db()
    assert (project.summary_fr, project.plan) == ("Un autre résumé.", plan)


def test_a_form_that_was_opened_before_the_decision_is_refused_at_the_field_and_keeps_what_was_typed(in_force: Any):
    plan = consulted(ActionPlanFactory(protocol=in_force))
    ProjectFactory(protocol=in_force, plan=plan)
    client = staff(in_force)
    opened = fields_of(client.get(plan_form(plan)).content.decode())
    opening.propose(decisions.kind("adopt_plan"), plan, by=coordinator(in_force, 2))
    answer = client.post(plan_form(plan), {**opened, "title_fr": "Un autre plan"})
    form = answer.context["adminform"].form
    assert [error.code for error in form.errors.as_data()["title_fr"]] == ["I4"]
    assert fields_of(answer.content.decode())["title_fr"] == "Un autre plan"
    plan.refresh_from_db()
    assert plan.title_fr != "Un autre plan"
    assert client.post(plan_form(plan), opened).status_code == 302  # nothing that is locked was changed


def test_a_crafted_request_for_a_locked_field_is_refused(in_force: Any):
    plan = adopted_plan(in_force)
    answer = sent(staff(in_force), plan_form(plan), ends_on="31/12/2030")
    assert len(errors_of(answer)) == 1
    assert ActionPlan.objects.get(pk=plan.pk).ends_on == datetime.date(2026, 12, 31)


def test_a_project_in_an_adopted_plan_is_not_deleted_and_its_title_is_locked(in_force: Any):
    project = adopted_plan(in_force).projects.get()
    client = staff(in_force)
    shown = client.get(f"/fr/admin/projects/project/{project.pk}/change/")
    assert not {"code", "title_fr", "plan"} & set(fields_of(shown.content.decode()))
    client.post(f"/fr/admin/projects/project/{project.pk}/delete/", {"post": "yes"})
    assert Project.objects.filter(pk=project.pk).exists()


def test_a_clause_of_a_ratified_act_names_the_ratification_and_the_two_ways(protocol: Any):
    clause = ClauseFactory(protocol=protocol)
    decision = ratify(protocol)
    shown = staff(protocol).get(f"/fr/admin/partnership/clause/{clause.pk}/change/")
    [note] = shown.context["locked"]
    assert [way.url for way in note.ways] == [
        f"/fr/admin/decisions/open/correct_text/{decision.pk}/?record=partnership.clause:{clause.pk}",
        f"/fr/admin/decisions/open/amend_protocol/{protocol.pk}/?clauses={clause.number}",
    ]


def test_a_commune_sets_its_own_signing_rule_while_its_languages_stay_as_ratified(in_force: Any):
    party = in_force.parties.get(position=1)
    address = f"/fr/admin/partnership/party/{party.pk}/change/"
    assert sent(staff(in_force), address, hands="2", time_zone="Africa/Casablanca").status_code == 302
    party.refresh_from_db()
    assert party.hands == 2
    assert len(errors_of(sent(staff(in_force), address, languages="fr"))) == 1
    assert staff(in_force, 2).post(address, {"hands": "1"}).status_code == 403


def test_the_locks_of_many_rows_cost_one_query(in_force: Any):
    plan = adopted_plan(in_force)
    rows = [ClauseFactory(protocol=in_force) for _each in range(30)]
    with CaptureQueriesContext(
        connection,
    ) as captured:
        held = locks.on_each(rows)
    assert len(captured) == 1
    assert held == [[]] * 30
    assert [lock.kind.code for lock in locks.on(plan)] == ["adopt_plan"]
