"""What the public pages cost: the same few queries however many projects there are, and few bytes."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from partnership.models import Protocol
from tests.copies import copied
from tests.factories import DomainFactory, ObjectiveFactory, OrganisationFactory, ProtocolFactory
from tests.factories_programme import (
    ActionPlanFactory,
    ActivityFactory,
    BudgetLineFactory,
    ExchangeRateFactory,
    IndicatorFactory,
    InvolvementFactory,
    MeasurementFactory,
    ProjectFactory,
    TransactionFactory,
)
from tests.pages import compressed_size

pytestmark = pytest.mark.django_db


def programme(projects: int) -> Protocol:
    """A protocol with that many published projects, each with everything a page may show."""
    protocol = ProtocolFactory()
    ExchangeRateFactory(protocol=protocol)
    domain, objective = DomainFactory(protocol=protocol), ObjectiveFactory(protocol=protocol)
    plan = ActionPlanFactory(protocol=protocol, published=True)
    for number in range(projects):
        project = ProjectFactory(
            protocol=protocol, code=f"P-{number}", plan=plan, domains=[domain], objectives=[objective], published=True
        )
        InvolvementFactory(project=project, organisation=OrganisationFactory())
        ActivityFactory(project=project, done=True, training=True)
        TransactionFactory(line=BudgetLineFactory(project=project))
        MeasurementFactory(indicator=IndicatorFactory(project=project))
    return protocol


def queries_of(client: Client, address: str) -> int:
    """How many queries a page costs."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


MOST_QUERIES = {
    "": 24,
    "projects/": 22,
    "action-plan/": 17,
    "partners/": 12,
    "protocol/": 9,
    "reports/": 6,
    "projects/P-0/": 26,
}


def test_every_page_costs_the_same_at_one_and_thirty_projects(client: Client):
    [project] = programme(1).projects.all()
    few = {path: queries_of(client, f"/fr/{path}") for path in MOST_QUERIES}
    for other in copied(project, 29, code=lambda number: f"P-{number + 1}"):
        InvolvementFactory(project=other, organisation=OrganisationFactory())
    assert client.get("/fr/projects/").context["total"] == 30
    many = {path: queries_of(client, f"/fr/{path}") for path in MOST_QUERIES}
    assert many == few
    assert {path: count for path, count in many.items() if count > MOST_QUERIES[path]} == {}


def test_a_page_of_many_projects_stays_under_60_kilobytes(client: Client):
    programme(60)
    sizes = {path: compressed_size(client.get(f"/fr/{path}")) for path in MOST_QUERIES}
    assert max(sizes.values()) < 60_000, sizes
