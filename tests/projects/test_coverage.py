"""What the programme covers of the act, and what it leaves out."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from partnership import clock
from projects import coverage
from tests.copies import copied
from tests.factories import (
    ClauseFactory,
    DomainFactory,
    GoalFactory,
    ObjectiveFactory,
    OrganisationFactory,
    PrincipleFactory,
    ProtocolFactory,
)
from tests.factories_planning import (
    ConvergenceFactory,
    MitigationFactory,
    NeedFactory,
    PriorAssessmentFactory,
    cell_of,
    weighed,
)
from tests.factories_programme import ActivityFactory, InvolvementFactory, ProjectFactory
from tests.staff import queries, staff

pytestmark = pytest.mark.django_db
PAGE = "/fr/admin/coverage/"


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


def part(protocol: Any, code: str) -> Any:
    return next(one for one in coverage.of(protocol).parts if one.code == code)


@pytest.mark.parametrize(
    ("kind", "factory"),
    [("principles", PrincipleFactory), ("objectives", ObjectiveFactory), ("domains", DomainFactory)],
)
def test_what_no_project_names_is_named(protocol: Any, kind: str, factory: Any):
    served, left = factory(protocol=protocol), factory(protocol=protocol)
    factory(protocol=ProtocolFactory())
    project = ProjectFactory(protocol=protocol)
    getattr(project, kind).add(served)
    found = part(protocol, kind)
    assert (found.unserved, found.served) == ([left], 1)
    assert found.rows[0].projects == (project,)
    clauses = part(protocol, "clauses")
    assert [row.is_served for row in clauses.rows] == [True, False]


@pytest.mark.parametrize("state", ["cancelled", "replaced"])
def test_a_project_that_was_given_up_serves_nothing(protocol: Any, state: str):
    domain = DomainFactory(protocol=protocol)
    ProjectFactory(protocol=protocol, domains=[domain], state=state)
    assert part(protocol, "domains").unserved == [domain]
    assert coverage.of(protocol).lacking == ()


def test_a_project_that_serves_none_is_told_from_one_that_lacks_some(protocol: Any):
    none = ProjectFactory(protocol=protocol, code="A")
    some = ProjectFactory(protocol=protocol, code="B", domains=[DomainFactory(protocol=protocol)])
    whole = ProjectFactory(protocol=protocol, code="C", domains=[DomainFactory(protocol=protocol)])
    whole.objectives.add(ObjectiveFactory(protocol=protocol))
    whole.principles.add(PrincipleFactory(protocol=protocol))
    found = {one.project: (one.serves_none, len(one.lacks)) for one in coverage.of(protocol).lacking}
    assert found == {none: (True, 3), some: (False, 2)}


def training(project: Any) -> None:
    ActivityFactory(project=project, training=True)


def exchange(project: Any) -> None:
    ActivityFactory(project=project, exchange=True)


def decided(project: Any) -> None:
    PriorAssessmentFactory(project=project, outcome="execute", decided_on="2026-03-01")


def mitigated(project: Any) -> None:
    MitigationFactory(impact=weighed(cell_of(PriorAssessmentFactory(project=project))))


DOES = {
    "A1.3": exchange,
    "F1.1": lambda project: PriorAssessmentFactory(project=project),
    "F1.2": decided,
    "F1.3": mitigated,
    "F2.1": lambda project: InvolvementFactory(project=project, organisation=OrganisationFactory()),
    "F3.1": training,
    "F4.1": lambda project: ConvergenceFactory(project=project),
    "S1.1": lambda project: InvolvementFactory(project=project),
    "Z": lambda project: project.goals.add(GoalFactory()),
}


@pytest.mark.parametrize("number", coverage.BY_CLAUSE)
def test_a_clause_is_served_by_what_a_project_does_for_it(protocol: Any, number: str):
    clause = ClauseFactory(protocol=protocol, number=number)
    ClauseFactory(protocol=protocol, number="A4")
    project = ProjectFactory(protocol=protocol, involved=[])
    assert part(protocol, "clauses").unserved == [clause]
    DOES[number](project)
    assert part(protocol, "clauses").unserved == []


def test_the_two_communes_alone_are_no_third_partner(protocol: Any):
    clause = ClauseFactory(protocol=protocol, number="F2.1")
    project = ProjectFactory(protocol=protocol)
    InvolvementFactory(project=project, organisation=OrganisationFactory(), phase="follow_up")
    assert part(protocol, "clauses").unserved == [clause]


@pytest.mark.parametrize("number", ["F2.1", "S1.1"])
def test_a_responsibility_that_was_declined_serves_no_clause(protocol: Any, number: str):
    clause = ClauseFactory(protocol=protocol, number=number)
    project = ProjectFactory(protocol=protocol, involved=[])
    InvolvementFactory(project=project, organisation=OrganisationFactory(), declined_on=clock.today(protocol))
    assert part(protocol, "clauses").unserved == [clause]


def test_a_need_waits_until_a_prior_assessment_starts_from_it(protocol: Any):
    waits, begun, gone = (NeedFactory(protocol=protocol) for _each in range(3))
    PriorAssessmentFactory(project=ProjectFactory(protocol=protocol), need=begun)
    type(gone).objects.filter(pk=gone.pk).update(publishing_state="withdrawn")
    assert coverage.of(protocol).needs == (waits,)


def test_ten_queries_whatever_there_is(protocol: Any):
    domain, principle = DomainFactory(protocol=protocol), PrincipleFactory(protocol=protocol)
    for number in coverage.BY_CLAUSE:
        ClauseFactory(protocol=protocol, number=number)

    project = ProjectFactory(protocol=protocol, involved=[], domains=[domain], principles=[principle])
    with CaptureQueriesContext(connection) as one:
        coverage.of(protocol)
    many(project, NeedFactory(protocol=protocol))
    with CaptureQueriesContext(connection) as thirty:
        assert len(coverage.of(protocol).needs) == 30
    assert len(one) == len(thirty) <= 10


def many(project: Any, need: Any) -> None:
    """29 projects and needs more like these."""
    copied(need, 29, code=lambda number: f"N-{number}")
    copied(project, 29, code=lambda number: f"P-{number}")


# The page -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["ar", "fr", "nl"])
@pytest.mark.parametrize("role", ["coordinator", "observer"])
def test_everyone_on_the_staff_reads_it(protocol: Any, language: str, role: str):
    left = DomainFactory(protocol=protocol)
    ProjectFactory(protocol=protocol, code="BEL-7", domains=[DomainFactory(protocol=protocol)])
    answer = staff(protocol, 2, role).get(PAGE.replace("fr", language))
    html = answer.content.decode()
    assert staff(protocol, 1, role).post(PAGE).status_code == 405
    assert getattr(left, f"name_{language}") in html
    assert "BEL-7" in html
    assert "/admin/projects/actionplan/" in html
    assert ("/projects/need/add/" in html) == (role == "coordinator")


def test_the_page_costs_the_same_for_one_project_and_for_thirty(protocol: Any):
    domain = DomainFactory(protocol=protocol)
    client = staff(protocol)
    project = ProjectFactory(protocol=protocol, involved=[], domains=[domain])
    one = queries(client, PAGE)
    many(project, NeedFactory(protocol=protocol))
    assert queries(client, PAGE) == one


def test_the_list_of_plans_leads_there(protocol: Any):
    for address in ("/fr/admin/projects/actionplan/", "/fr/admin/projects/need/"):
        assert f'href="{PAGE}"' in staff(protocol, 1, "observer").get(address).content.decode()
