"""The star of a decision beside the protocol, its plan and its projects."""

from __future__ import annotations

import pytest
from django.test import Client

from partnership import decisions, opening
from projects.models import Project
from tests.factories import DocumentFactory, ProtocolFactory
from tests.factories_decisions import approve, open_ratification, protocol_in_force
from tests.factories_planning import consulted
from tests.factories_programme import ActionPlanFactory, ProjectFactory
from tests.factories_register import (
    member,
    proposed_plan,
)
from tests.pages import Page

pytestmark = pytest.mark.django_db


def get(client: Client, address: str, status: int = 200, **headers: str) -> Page:
    """The page at an address, which must answer with the status."""
    answer = client.get(address, headers=headers)
    assert answer.status_code == status, address
    return Page(answer)


def test_the_protocols_page_and_the_home_page_say_where_its_ratification_stands(client: Client):
    protocol = ProtocolFactory()
    for address in ("/fr/", "/fr/protocol/"):
        assert client.get(address).context["standing"].decision is None
    decision = open_ratification(protocol)
    approve(decision, member(protocol, 1))
    for address in ("/fr/", "/fr/protocol/"):
        assert [party.position for party in client.get(address).context["standing"].awaited] == [2]
        assert f"/fr/register/decision/{decision.number}/" in get(client, address).links
    approve(decision, member(protocol, 2))
    for address in ("/fr/", "/fr/protocol/"):
        assert client.get(address).context["standing"].entry == 1
        assert "/fr/register/1/" in get(client, address).links


def test_a_project_bears_the_star_of_its_plan(client: Client):
    protocol = protocol_in_force()
    alone = ProjectFactory(protocol=protocol, code="ALONE", published=True)
    decision = proposed_plan(protocol)
    planned = decision.subject.projects.get()

    def states(language: str = "fr") -> dict[str, tuple[str, set[str]]]:
        decided = client.get(f"/{language}/projects/").context["decided"]
        return {pk: (one.star.state, set(one.star.filled)) for pk, one in decided.items()}

    assert states() == {alone.pk: ("open", set()), planned.pk: ("open", set())}
    approve(decision, member(protocol, 2))
    assert states()[planned.pk] == ("open", {"diamond"})
    assert states()[alone.pk] == ("open", set())
    approve(decision, member(protocol, 1))
    assert states()[planned.pk] == ("both", {"square", "diamond"})
    starred = client.get("/fr/").context["starred"]
    assert {project.code: one.star.state for project, one in starred} == {planned.code: "both", "ALONE": "open"}
    assert "/fr/register/2/" in get(client, f"/fr/projects/{planned.code}/").links
    assert "/fr/register/2/" in get(client, "/fr/action-plan/").links


@pytest.mark.parametrize("state", ["proposed", "assessing"])
def test_an_adopted_plan_decides_nothing_about_a_project_that_is_still_assessed(client: Client, state):
    protocol = protocol_in_force()
    decision = proposed_plan(protocol)
    planned = decision.subject.projects.get()
    Project.objects.filter(pk=planned.pk).update(state=state)
    for position in (1, 2):
        approve(decision, member(protocol, position))
    decided = client.get("/fr/projects/").context["decided"][planned.pk]
    assert (decided.star.state, decided.decision) == ("open", None)


def test_an_open_decision_on_a_draft_plan_gives_no_star_away(client: Client):
    protocol = protocol_in_force()
    decision = proposed_plan(protocol, published=False)
    approve(decision, member(protocol, 2))
    planned = decision.subject.projects.get()
    assert client.get("/fr/projects/").context["decided"][planned.pk].decision is None
    assert client.get(f"/fr/projects/{planned.code}/").context["decided"].decision is None


def test_a_project_taken_over_is_marked(client: Client):
    old = ProjectFactory(code="OLD", published=True, taken_over=True)
    fresh = ProjectFactory(protocol=old.protocol, code="NEW", published=True)
    assert 'class="notice"' in get(client, "/fr/projects/OLD/").source
    assert 'class="notice"' not in get(client, f"/fr/projects/{fresh.code}/").source
    assert get(client, "/fr/projects/").source.count('<span class="pill">') == 1


def test_a_project_taken_over_bears_its_own_decision_before_its_plans(client: Client):
    protocol = protocol_in_force()
    plan = consulted(ActionPlanFactory(protocol=protocol, published=True))
    old = ProjectFactory(protocol=protocol, code="OLD", plan=plan, published=True)
    scan = DocumentFactory(protocol=protocol)
    took = opening.propose(
        decisions.kind("take_over_project"),
        old,
        by=member(protocol, 1, "coordinator"),
        afterwards=opening.Afterwards(old.actual_start, scan),
    )
    for position in (1, 2):
        approve(took, member(protocol, position))
    adopted = opening.propose(decisions.kind("adopt_plan"), plan, by=member(protocol, 1, "coordinator"))
    for position in (1, 2):
        approve(adopted, member(protocol, position))
    decided = client.get("/fr/projects/OLD/").context["decided"]
    assert (decided.decision, decided.entry, decided.star.state) == (took, 2, "both")
