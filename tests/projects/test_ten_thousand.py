"""A list of ten thousand records asks the database as often as a list of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from partnership.models import Organisation
from projects.models import Involvement, Project
from tests.factories import OrganisationFactory, ProtocolFactory
from tests.factories_programme import InvolvementFactory, ProjectFactory
from tests.staff import queries, staff

pytestmark = pytest.mark.django_db
how_many = pytest.mark.parametrize("many", [100, pytest.param(10_000, marks=pytest.mark.long)])


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


@pytest.fixture
def project(protocol: Any) -> Any:
    """A published project in which a partner takes part."""
    made = ProjectFactory(protocol=protocol, published=True)
    InvolvementFactory(project=made, organisation=OrganisationFactory())
    return made


def in_three_languages(name: str, text: str) -> dict[str, str]:
    return {f"{name}_{code}": text for code in ("ar", "fr", "nl")}


def projects(protocol: Any, many: int) -> Iterator[Project]:
    for number in range(many):
        yield Project(
            protocol=protocol,
            code=f"MANY-{number}",
            publishing_state="published",
            published_at=timezone.now(),
            **in_three_languages("title", f"Projet {number}"),
            **in_three_languages("summary", "Résumé"),
        )


def partners(many: int) -> Iterator[Organisation]:
    for number in range(many):
        yield Organisation(kind="association", level="local", country="MA", **in_three_languages("name", f"A{number}"))


@how_many
def test_the_public_and_the_staff_list_of_projects(client: Client, protocol: Any, project: Any, many: int):
    public, own = "/fr/projects/", "/fr/admin/projects/project/"
    editor = staff(protocol)
    one = (queries(client, public), queries(editor, own))
    Project.objects.bulk_create(projects(protocol, many))
    assert (queries(client, public), queries(editor, own)) == one
    assert client.get(public).context["total"] == many + 1


@how_many
def test_the_public_list_of_partners(client: Client, project: Any, many: int):
    one = queries(client, "/fr/partners/")
    added = Organisation.objects.bulk_create(partners(many))
    Involvement.objects.bulk_create(
        Involvement(
            project=project,
            organisation=partner,
            phase="delivery",
            capacity="contributor",
            **in_three_languages("responsibility", "Contribuer"),
        )
        for partner in added
    )
    assert queries(client, "/fr/partners/") == one
