"""Publishing many records at once: step by step, each by itself, with how far it has come [I10]."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from partnership import publishing_many
from partnership.models import Membership, Protocol, PublishingState
from projects.models import Project
from tests.factories import ProtocolFactory
from tests.factories_programme import ProjectFactory
from tests.staff import fields_of, messages_of, staff

pytestmark = pytest.mark.django_db

LIST = "/fr/admin/projects/project/"


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


@pytest.fixture
def editor(protocol: Protocol) -> Any:
    return staff(protocol, role="editor")


@pytest.fixture
def steps_of_three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing_many, "MANY", 3)


def chosen(client: Any, projects: list[Any]) -> Any:
    keys = [project.pk for project in projects]
    return client.post(LIST, {"action": "publish", "_selected_action": keys, "select_across": "0", "index": "0"})


def next_step(client: Any, page: Any) -> Any:
    return client.post("/fr/admin/publish/", fields_of(page.content.decode()))


def walked(client: Any, page: Any) -> Any:
    """The last page of the steps."""
    while not page.context["work"].is_over:
        page = next_step(client, page)
    return page


def public() -> int:
    return Project.objects.filter(publishing_state=PublishingState.PUBLISHED).count()


@pytest.mark.parametrize("count", [45, pytest.param(100, marks=pytest.mark.long)])
def test_many_records_are_published_step_by_step(protocol: Protocol, editor: Any, count: int):
    page = chosen(editor, [ProjectFactory(protocol=protocol) for _ in range(count)])
    assert (page.context["work"].done, public()) == (0, 0)
    assert '<progress id="step-progress"' in page.content.decode()
    page = next_step(editor, page)
    assert (page.context["work"].done, public()) == (20, 20)
    page = walked(editor, page)
    assert (page.context["work"].published, page.context["work"].refused, public()) == (count, 0, count)
    assert "data-continue" not in page.content.decode()


def test_each_record_costs_the_same_however_many_were_chosen(protocol: Protocol, editor: Any, steps_of_three: None):
    def cost(count: int) -> int:
        page = chosen(editor, [ProjectFactory(protocol=protocol) for _ in range(count)])
        with CaptureQueriesContext(connection) as captured:
            next_step(editor, page)
        return len(captured)

    cost(4)
    assert cost(4) == cost(12)


def test_what_a_rule_refuses_is_told_with_the_rule_and_the_others_are_published(
    protocol: Protocol, editor: Any, steps_of_three: None
):
    projects = [ProjectFactory(protocol=protocol) for _ in range(4)]
    refused = ProjectFactory(protocol=protocol, title_nl="")
    page = walked(editor, chosen(editor, [refused, *projects]))
    [told] = page.context["work"].told
    assert (told.key, public()) == (str(refused.pk), 4)
    assert all("I10" in sentence for sentence in told.reasons)
    assert f"{LIST}{refused.pk}/change/" in page.content.decode()


def test_the_same_step_sent_twice_changes_nothing(protocol: Protocol, editor: Any, steps_of_three: None):
    first = chosen(editor, [ProjectFactory(protocol=protocol) for _ in range(5)])
    next_step(editor, first)
    moments = set(Project.objects.values_list("pk", "published_at", "version"))
    again = next_step(editor, first)
    assert set(Project.objects.values_list("pk", "published_at", "version")) == moments
    assert (again.context["work"].published, public()) == (3, 3)


def test_leaving_it_leaves_what_was_published_published(protocol: Protocol, editor: Any, steps_of_three: None):
    next_step(editor, chosen(editor, [ProjectFactory(protocol=protocol) for _ in range(5)]))
    assert public() == 3


def test_the_right_is_asked_again_for_each_record(protocol: Protocol, editor: Any, steps_of_three: None):
    page = chosen(editor, [ProjectFactory(protocol=protocol) for _ in range(4)])
    Membership.objects.update(role="observer")
    page = next_step(editor, page)
    assert (public(), page.context["work"].refused) == (0, 3)


def test_another_person_cannot_go_on_with_it_nor_anyone_with_what_was_forged(
    protocol: Protocol, editor: Any, steps_of_three: None
):
    page = chosen(editor, [ProjectFactory(protocol=protocol) for _ in range(4)])
    other = staff(protocol, position=2, role="editor")
    answer = other.post("/fr/admin/publish/", fields_of(page.content.decode()), follow=True)
    assert (public(), bool(messages_of(answer))) == (0, True)
    assert editor.post("/fr/admin/publish/", {"work": "forged"}).status_code == 302
    assert editor.get("/fr/admin/publish/").status_code == 302


def test_a_record_of_another_protocol_or_one_that_is_gone_is_told_about(
    protocol: Protocol, editor: Any, steps_of_three: None
):
    projects = [ProjectFactory(protocol=protocol) for _ in range(4)]
    page = chosen(editor, projects)
    projects[0].delete()
    Project.objects.filter(pk=projects[1].pk).update(protocol=ProtocolFactory(hostname="elsewhere.example"))
    page = walked(editor, page)
    assert (page.context["work"].refused, public()) == (2, 2)


def test_few_records_are_published_at_once_and_the_list_says_so(protocol: Protocol, editor: Any, steps_of_three: None):
    answer = chosen(editor, [ProjectFactory(protocol=protocol) for _ in range(publishing_many.MANY)])
    assert (answer.status_code, public()) == (302, 3)


def test_no_more_than_a_page_of_refusals_is_carried_along(
    protocol: Protocol, editor: Any, steps_of_three: None, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(publishing_many, "TOLD", 5)
    page = walked(editor, chosen(editor, [ProjectFactory(protocol=protocol, title_nl="") for _ in range(7)]))
    work = page.context["work"]
    assert (work.refused, len(work.told), work.untold) == (7, 5, 2)
