"""What the public pages cost: the same few queries however many projects there are, and few bytes."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from projects.models import Project
from tests.copies import copied
from tests.factories import DomainFactory, ObjectiveFactory, OrganisationFactory, ProtocolFactory
from tests.factories_programme import (
    ActionPlanFactory,
    ExchangeRateFactory,
    IndicatorFactory,
    InvolvementFactory,
    MeasurementFactory,
    ProjectFactory,
)
from tests.pages import compressed_size
from tests.transparency import planned

pytestmark = pytest.mark.django_db


def programme() -> Project:
    """A published project of a published plan, with everything that a page may show."""
    protocol = ProtocolFactory()
    ExchangeRateFactory(protocol=protocol)
    domain, objective = DomainFactory(protocol=protocol), ObjectiveFactory(protocol=protocol)
    plan = ActionPlanFactory(protocol=protocol, published=True)
    project: Project = ProjectFactory(
        protocol=protocol, code="P-0", plan=plan, domains=[domain], objectives=[objective], published=True
    )
    InvolvementFactory(project=project, organisation=OrganisationFactory())
    MeasurementFactory(indicator=IndicatorFactory(project=project))
    planned.shown(project, plan)
    protocol.consultations.update(code="C-0")
    return project


def grown(project: Project, count: int) -> None:
    """So many more like it, each with a partner and a consultation of its own."""
    for other in copied(project, count, code=lambda number: f"P-{number + 1}"):
        InvolvementFactory(project=other, organisation=OrganisationFactory())
    copied(project.protocol.consultations.get(), count, code=lambda number: f"C-{number + 1}")


def queries_of(client: Client, address: str) -> int:
    """How many queries a page costs."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


MOST_QUERIES = {
    "": 24,
    "projects/": 22,
    "action-plan/": 18,
    "consultations/": 6,
    "consultations/C-0/": 6,
    "partners/": 12,
    "protocol/": 9,
    "reports/": 6,
    "projects/P-0/": 33,
}


def test_every_page_costs_the_same_at_one_and_thirty_projects(client: Client):
    project = programme()
    few = {path: queries_of(client, f"/fr/{path}") for path in MOST_QUERIES}
    grown(project, 29)
    assert client.get("/fr/projects/").context["total"] == 30
    assert len(client.get("/fr/consultations/").context["rows"]) == 30
    many = {path: queries_of(client, f"/fr/{path}") for path in MOST_QUERIES}
    assert many == few
    assert {path: count for path, count in many.items() if count > MOST_QUERIES[path]} == {}


def test_a_page_of_many_projects_stays_under_60_kilobytes(client: Client):
    grown(programme(), 59)
    sizes = {path: compressed_size(client.get(f"/fr/{path}")) for path in MOST_QUERIES}
    assert max(sizes.values()) < 60_000, sizes
