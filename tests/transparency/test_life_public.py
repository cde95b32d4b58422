"""What the public reads of a project that stands still [I2]."""

from __future__ import annotations

import pytest
from django.test import Client

from partnership.publishing import publish
from projects import lifecycle
from tests.deciding_projects import assessed_project, decide
from tests.factories_decisions import coordinator
from tests.pages import get

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("position", [1, 2])
def test_a_suspended_project_says_by_whom_since_when_and_why_in_their_own_words(client: Client, position: int):
    project = decide(assessed_project())
    publish(project, by=None)
    by = coordinator(project.protocol, position)
    lifecycle.suspend(project, by=by, ground="De veiligheid is niet verzekerd.", language="nl")
    for language in ("ar", "fr", "nl"):
        page = get(client, f"/{language}/projects/{project.code}/")
        assert "De veiligheid is niet verzekerd." in page.words
    html = client.get(f"/fr/projects/{project.code}/").content.decode()
    assert '<blockquote lang="nl" dir="ltr">' in html
    assert str(by.organisation.short_name_fr) in html


def test_one_that_goes_on_says_nothing_of_it(client: Client):
    project = decide(assessed_project())
    publish(project, by=None)
    assert "Suspend" not in get(client, f"/fr/projects/{project.code}/").words
