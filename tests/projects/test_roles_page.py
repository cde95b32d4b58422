"""Who does what: organisations by phase, what they answered, and every empty place (clauses S1.1, F2.1)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from projects import who_does_what
from projects.models import Involvement, Phase, Project
from tests.factories import MembershipFactory, OrganisationFactory, ProtocolFactory
from tests.factories_programme import InvolvementFactory, ProjectFactory
from tests.pages import LANGUAGES, Page
from tests.staff import queries, sent, sign_in_with_second_factor, staff

pytestmark = pytest.mark.django_db

ADDRESS = "/fr/admin/who-does-what/"
REASON = {
    "no_third_partner_reason_ar": "المشروع داخلي",
    "no_third_partner_reason_fr": "Le projet est interne aux deux administrations",
    "no_third_partner_reason_nl": "Het project is intern",
}


@pytest.fixture(autouse=True)
def in_english() -> Any:
    with translation.override("en"):
        yield


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


@pytest.fixture
def project(protocol: Any) -> Project:
    return ProjectFactory(protocol=protocol)


def rules_of(project: Project) -> list[str]:
    [matrix] = who_does_what.matrices(project.protocol, [project])
    return [gap.rule for gap in matrix.gaps]


def complete(project: Project) -> Project:
    """Nothing is left empty: each phase has someone accountable, and a third partner delivers."""
    commune = project.protocol.parties.get(position=1).organisation
    for phase in Phase:
        InvolvementFactory(project=project, organisation=commune, phase=phase, capacity="accountable")
    InvolvementFactory(project=project, organisation=OrganisationFactory())
    return project


# The gaps -------------------------------------------------------------------------------------------------------------


def test_a_complete_project_has_no_gap(project: Project):
    assert rules_of(complete(project)) == []


def test_each_phase_without_anybody_accountable_is_a_gap(project: Project):
    complete(project)
    Involvement.objects.filter(phase="design", capacity="accountable").delete()
    [matrix] = who_does_what.matrices(project.protocol, [project])
    assert matrix.empty_phases == {Phase.DESIGN}
    assert rules_of(project) == ["S1.1"]


@pytest.mark.parametrize("position", [1, 2])
def test_a_commune_without_a_responsibility_is_a_gap(protocol: Any, position: int):
    there = protocol.parties.get(position=3 - position).organisation
    assert "I7" in rules_of(ProjectFactory(protocol=protocol, involved=[there]))
    assert rules_of(ProjectFactory(protocol=protocol)).count("I7") == 0


def test_whoever_declined_fills_no_place(project: Project):
    complete(project)
    third = project.involvements.get(organisation__kind="association")
    third.declined_on = "2026-05-04"
    third.save()
    assert rules_of(project) == ["F2.1"]


@pytest.mark.parametrize(("phase", "missing"), [("design", False), ("delivery", False), ("follow_up", True)])
def test_a_third_partner_is_looked_for_in_design_and_delivery(project: Project, phase: str, missing: bool):
    InvolvementFactory(project=project, organisation=OrganisationFactory(), phase=phase)
    assert who_does_what.third_partner_missing(project) is missing


def test_a_project_of_the_two_communes_alone_says_why_in_three_languages(project: Project):
    assert who_does_what.third_partner_missing(project)
    project.no_third_partner_reason_fr = REASON["no_third_partner_reason_fr"]
    assert who_does_what.third_partner_missing(project)
    for column, text in REASON.items():
        setattr(project, column, text)
    assert not who_does_what.third_partner_missing(project)


def test_the_reason_is_entered_beside_who_does_what(project: Project):
    address = f"/fr/admin/projects/project/{project.pk}/change/"
    assert sent(staff(project.protocol), address, **REASON).status_code == 302
    project.refresh_from_db()
    assert not who_does_what.third_partner_missing(project)


def test_the_communes_stand_first_in_the_reader_s_order(project: Project):
    InvolvementFactory(project=project, organisation=OrganisationFactory())
    orders = {}
    for language in LANGUAGES:
        with translation.override(language):
            [matrix] = who_does_what.matrices(project.protocol, [project])
            orders[language] = [row.party.position if row.party else 0 for row in matrix.rows]
    assert orders == {"ar": [1, 2, 0], "fr": [2, 1, 0], "nl": [2, 1, 0]}


def test_levels_count_organisations_once_and_each_of_their_answers(protocol: Any):
    region = OrganisationFactory(level="regional")
    for answered in ({"accepted_on": "2026-05-04"}, {"declined_on": "2026-05-04"}, {}):
        InvolvementFactory(project=ProjectFactory(protocol=protocol, involved=[]), organisation=region, **answered)
    found = who_does_what.levels(who_does_what.matrices(protocol, Project.objects.for_protocol(protocol)))
    [regional] = [one for one in found if one.level == "regional"]
    assert (len(regional.organisations), regional.accepted, regional.waiting, regional.declined) == (1, 1, 1, 1)


# The page -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_matrix_of_a_project_reads_in_every_language(project: Project, language: str):
    InvolvementFactory(project=project, organisation=OrganisationFactory(), accepted_on="2026-05-04")
    page = Page(staff(project.protocol).get(f"/{language}/admin/who-does-what/{project.pk}/"))
    assert (page.root["lang"], page.root["dir"]) == (language, LANGUAGES[language])
    assert getattr(project, f"title_{language}") in page.words
    links = [address for address in page.links if f"/{language}/admin/responsibilities/" in address]
    assert len(links) == project.involvements.count()


def test_projects_are_narrowed_down_to_those_with_a_gap_or_of_a_level(protocol: Any):
    whole, open_one = complete(ProjectFactory(protocol=protocol)), ProjectFactory(protocol=protocol)
    regional = OrganisationFactory(level="regional")
    InvolvementFactory(project=open_one, organisation=regional)
    ProjectFactory(protocol=protocol, state="cancelled")
    client = staff(protocol)

    def listed(query: str) -> list[Project]:
        return [matrix.project for matrix in client.get(ADDRESS + query).context["matrices"]]

    assert listed("") == [whole, open_one]
    assert listed("?gaps=1") == [open_one]
    assert listed("?level=regional") == [open_one]
    assert listed("?level=provincial&gaps=1") == []
    assert listed("?level=nowhere") == [whole, open_one]


def test_one_project_and_thirty_cost_the_same(protocol: Any):
    complete(ProjectFactory(protocol=protocol))
    client = staff(protocol)
    few = queries(client, ADDRESS)
    for _project in range(29):
        ProjectFactory(protocol=protocol)
    assert queries(client, ADDRESS) == few


def test_a_project_of_another_protocol_is_not_here(protocol: Any):
    other = ProjectFactory(protocol=ProtocolFactory(hostname="second.example"))
    assert staff(protocol).get(f"{ADDRESS}{other.pk}/").status_code == 404
    assert other not in [matrix.project for matrix in staff(protocol).get(ADDRESS).context["matrices"]]


@pytest.mark.parametrize("role", ["observer", "evaluator", "signatory"])
def test_whoever_only_reads_sees_the_answers_and_asks_nobody(project: Project, role: str):
    page = Page(staff(project.protocol, role=role).get(ADDRESS))
    assert not [address for address in page.links if "/responsibilities/" in address]


def test_someone_without_a_mandate_sees_nothing(project: Project):
    elsewhere = ProtocolFactory(hostname="second.example")
    person = MembershipFactory(protocol=elsewhere).user
    client = Client()
    sign_in_with_second_factor(client, person)
    assert client.get(ADDRESS).status_code == 302
