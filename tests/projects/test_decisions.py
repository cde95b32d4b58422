"""The action plan's and its projects' joint decisions: adopt, take over, correct what several of them contain."""

from __future__ import annotations

import datetime

import pytest
from django.core.exceptions import ValidationError

from partnership import decisions, locks, opening
from partnership.opening import Afterwards
from projects.models import ProjectState
from tests.factories import DocumentFactory, ProtocolFactory
from tests.factories_decisions import approve, coordinator, ratify, signatory, write
from tests.factories_planning import consulted
from tests.factories_programme import ActionPlanFactory, ProjectFactory

pytestmark = pytest.mark.django_db
GROUND = {"ar": "خطأ مطبعي", "fr": "Coquille", "nl": "Drukfout"}


@pytest.fixture
def plan():
    protocol = ProtocolFactory()
    ratify(protocol)
    return consulted(ActionPlanFactory(protocol=protocol))


@pytest.fixture
def project(plan):
    return ProjectFactory(protocol=plan.protocol, plan=plan, state="proposed", actual_start=datetime.date(2023, 2, 1))


def propose(kind, subject, **options):
    return opening.propose(decisions.kind(kind), subject, by=coordinator(subject.protocol, 1), **options)


def adopt(decision):
    for position in (1, 2):
        approve(decision, signatory(decision.protocol, position))
    decision.refresh_from_db()
    return decision


def take_over(project):
    act = Afterwards(datetime.date(2023, 3, 1), DocumentFactory(protocol=project.protocol))
    return propose("take_over_project", project, afterwards=act)


def correction(decision, project, title):
    terms = {
        "model": "projects.project",
        "id": str(project.pk),
        "changes": {"title_fr": title},
        "ground": GROUND,
    }
    return propose("correct_text", decision, terms=terms)


def test_an_adopted_plan_holds_its_texts_and_its_list_of_projects(plan, project):
    adopt(propose("adopt_plan", plan))
    project.summary_fr = "Un résumé plus clair."
    write(project)
    project.plan = None
    with pytest.raises(locks.Locked):
        write(project)
    with pytest.raises(locks.Locked):
        write(ProjectFactory(protocol=plan.protocol, plan=plan))


def test_a_plan_needs_a_project_and_a_protocol_in_force(plan):
    with pytest.raises(ValidationError):
        propose("adopt_plan", plan)
    draft = ActionPlanFactory(protocol=ProtocolFactory())
    ProjectFactory(protocol=draft.protocol, plan=draft)
    with pytest.raises(ValidationError) as refusal:
        propose("adopt_plan", draft)
    assert refusal.value.error_list[0].code == "I1"


def test_a_project_begun_before_is_taken_over_with_its_scan_and_marked(project):
    with pytest.raises(ValidationError):
        propose("take_over_project", project)
    adopt(take_over(project))
    project.refresh_from_db()
    assert (project.taken_over, project.state) == (True, ProjectState.UNDER_WAY)


def test_a_text_that_two_decisions_contain_is_corrected_for_both(plan, project):
    adopted = adopt(propose("adopt_plan", plan))
    adopt(take_over(project))
    adopt(correction(adopted, project, "Un titre sans coquille"))
    project.refresh_from_db()
    assert project.title_fr == "Un titre sans coquille"
    write(project)
    write(plan)


def test_what_an_open_decision_contains_is_not_corrected_meanwhile(plan, project):
    adopted = adopt(propose("adopt_plan", plan))
    take_over(project)
    with pytest.raises(ValidationError) as refusal:
        correction(adopted, project, "Un titre sans coquille")
    assert refusal.value.error_list[0].code == "I4"
