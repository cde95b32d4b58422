"""The page of a project's life: where it stands, what follows, what still stands against each step."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from projects import lifecycle
from projects.models import Project, ProjectState
from tests.deciding_projects import assessed_project, decide
from tests.factories_decisions import coordinator
from tests.factories_programme import ProjectFactory
from tests.staff import messages_of, queries, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return decide(assessed_project())


def address(project: Project, language: str = "fr") -> str:
    return f"/{language}/admin/projects/{project.pk}/life/"


def take(client: Client, project: Project, step: str, **typed: Any) -> Any:
    return client.post(address(project), {"step": step, **{f"{step}-{name}": value for name, value in typed.items()}})


@pytest.mark.parametrize("position", [1, 2])
def test_a_coordinator_of_either_commune_starts_what_was_decided(project, position):
    client = staff(project.protocol, position)
    answer = take(client, project, "start", on=project.execution_decided_on.isoformat())
    project.refresh_from_db()
    assert (answer.status_code, project.state) == (302, ProjectState.UNDER_WAY)


def test_arabic_indic_digits_are_read_as_a_day(project):
    day = project.execution_decided_on.isoformat().translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert take(staff(project.protocol), project, "start", on=day).status_code == 302


def test_what_is_refused_comes_back_with_its_rule_and_what_was_typed(project):
    client = staff(project.protocol)
    answer = take(client, project, "suspend", words="", language="fr")
    assert answer.status_code == 422
    answer = take(client, project, "start", on="2019-02-03")
    assert answer.status_code == 422
    assert "2019-02-03" in answer.content.decode()
    project.refresh_from_db()
    assert project.state == ProjectState.DECIDED


def test_a_step_that_is_gone_says_so_and_changes_nothing(project):
    client = staff(project.protocol)
    answer = client.post(address(project), {"step": "close"}, follow=True)
    assert messages_of(answer)
    project.refresh_from_db()
    assert project.state == ProjectState.DECIDED


def test_what_stands_against_a_step_is_listed_with_its_rule():
    project = decide(assessed_project())
    project.involvements.all().delete()
    page = staff(project.protocol).get(address(project)).content.decode()
    assert "I7" in page
    assert 'name="start-on"' not in page


def test_the_ground_of_a_suspension_is_read_in_its_own_language(project):
    lifecycle.suspend(project, by=coordinator(project.protocol, 2), ground="Gevaar voor de deelnemers", language="nl")
    page = staff(project.protocol).get(address(project, "ar")).content.decode()
    assert re.search(r'<blockquote lang="nl" dir="auto">\s*Gevaar voor de deelnemers', page)
    assert "resume_project" in page


@pytest.mark.parametrize(
    ("role", "status"), [("coordinator", 200), ("signatory", 200), ("editor", 404), ("observer", 404)]
)
def test_only_who_may_propose_moves_a_project(project, role, status):
    assert staff(project.protocol, 1, role).get(address(project)).status_code == status


def test_another_protocols_project_is_unknown(project):
    assert staff(project.protocol).get(address(ProjectFactory())).status_code == 404


def test_the_page_costs_the_same_for_one_suspension_and_for_many(project):
    client, by = staff(project.protocol), coordinator(project.protocol, 1)
    lifecycle.suspend(project, by=by, ground="Risque.", language="fr")
    first = queries(client, address(project))
    for _time in range(4):
        project.suspensions.update(resumed_on=project.execution_decided_on)
        Project.objects.filter(pk=project.pk).update(state="decided")
        lifecycle.suspend(Project.objects.get(pk=project.pk), by=by, ground="Encore.", language="fr")
    assert queries(client, address(project)) == first
