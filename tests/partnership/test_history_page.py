"""The page that tells the history of a record: in three languages, of this protocol alone, at a constant cost."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from partnership import formats
from tests.factories import DomainFactory, MembershipFactory, MessageFactory, OrganisationFactory, ProtocolFactory
from tests.factories_programme import (
    ActionPlanFactory,
    ActivityFactory,
    BudgetLineFactory,
    InvolvementFactory,
    ProjectFactory,
    TransactionFactory,
)
from tests.staff import queries, sent, staff

pytestmark = pytest.mark.django_db


def page_of(client: Any, record: Any, language: str = "fr", page: int = 1) -> Any:
    label = f"{record._meta.app_label}/{record._meta.model_name}"
    return client.get(f"/{language}/admin/{label}/{record.pk}/history/?p={page}")


@pytest.mark.parametrize("language", ["ar", "fr", "nl"])
def test_the_page_says_who_when_and_from_what_to_what(language: str):
    protocol = ProtocolFactory()
    client = staff(protocol, name="Coordination de la commune")
    project = ProjectFactory(protocol=protocol, title_ar="عنوان", planned_end=datetime.date(2026, 12, 31))
    plan = ActionPlanFactory(protocol=protocol, ends_on=datetime.date(2027, 12, 31))
    typed = {"title_ar": "عنوان آخر", "planned_end": "30/06/2027", "place_sensitive": "on", "plan": plan.pk}
    sent(
        client,
        f"/fr/admin/projects/project/{project.pk}/change/",
        **typed,
        domains=[DomainFactory(protocol=protocol).pk],
    )
    html = page_of(client, project, language).content.decode()
    assert "Coordination de la commune" in html
    assert '<span class="said" lang="ar" dir="rtl">عنوان</span>' in html
    assert '<span class="said" lang="ar" dir="rtl">عنوان<mark> آخر</mark></span>' in html
    assert formats.day(datetime.date(2027, 6, 30), language) in html
    assert getattr(plan, f"title_{language}") in html
    assert getattr(project.domains.get(), f"name_{language}") in html


def test_a_root_tells_what_hangs_under_it_and_a_part_what_hangs_under_the_part():
    protocol = ProtocolFactory()
    client = staff(protocol)
    project = ProjectFactory(protocol=protocol, involved=[])
    activity = ActivityFactory(project=project, title_fr="Atelier du matin")
    movement = TransactionFactory(line=BudgetLineFactory(project=project), description_fr="Location de la salle")
    whole = page_of(client, project).content.decode()
    assert "Atelier du matin" in whole
    assert "Location de la salle" in whole
    line = page_of(client, movement.line).content.decode()
    assert "Location de la salle" in line
    assert "Atelier du matin" not in line
    assert "Location" not in page_of(client, activity).content.decode()


def test_what_is_personal_is_named_and_not_shown():
    protocol = ProtocolFactory()
    client = staff(protocol)
    person = MembershipFactory(protocol=protocol, user__email="avant@commune.example").user
    person.email = "apres@commune.example"
    person.save()
    html = page_of(client, person).content.decode()
    assert "avant@" not in html


def test_it_is_paged():
    protocol = ProtocolFactory()
    client = staff(protocol)
    project = ProjectFactory(protocol=protocol, involved=[])
    for number in range(60):
        project.people_expected = number
        project.save()
    first, second, beyond = (page_of(client, project, page=number).context["saves"] for number in (1, 2, 9))
    assert (len(first), len(second), len(beyond)) == (50, 11, 11)
    assert first[0].entries[0].fields[0].after == '<span class="said">\u206659\u2069</span>'


def test_a_long_history_costs_as_many_queries_as_a_short_one():
    protocol = ProtocolFactory()
    client = staff(protocol)
    short, long = (ProjectFactory(protocol=protocol, involved=[]) for _ in range(2))
    for project, count in ((short, 1), (long, 16)):  # 4 rows and 49, on one page each
        for _ in range(count):
            InvolvementFactory(project=project, organisation=OrganisationFactory())
            ActivityFactory(project=project)
            project.domains.add(DomainFactory(protocol=protocol))
    addresses = [f"/fr/admin/projects/project/{project.pk}/history/" for project in (short, long)]
    assert queries(client, addresses[0]) == queries(client, addresses[1])


def test_another_protocols_record_has_no_history_here():
    protocol = ProtocolFactory()
    client = staff(protocol)
    other = ProjectFactory(protocol=ProtocolFactory(hostname="second.example"))
    assert page_of(client, other).status_code == 404
    assert page_of(client, ProjectFactory(protocol=protocol)).status_code == 200
    assert client.get("/fr/admin/projects/project/999999/history/").status_code == 404


def test_what_the_platform_writes_says_so():
    protocol = ProtocolFactory()
    message = MessageFactory(protocol=protocol)
    answer = page_of(staff(protocol), message)
    assert (answer.status_code, answer.context["recorded"]) == (200, False)
