"""One protocol at a time, and within it what the table of rights lets someone see: on every way that the admin offers."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from partnership.models import Role
from projects.models import Project
from tests.copies import copied
from tests.factories import DocumentFactory, MembershipFactory, MessageFactory, OrganisationFactory, ProtocolFactory
from tests.factories_programme import ActivityFactory, ProjectFactory
from tests.factories_rights import cast
from tests.staff import errors_of, messages_of, queries, sent, staff, use_second_factor

pytestmark = pytest.mark.django_db


def signed_in(membership: Any) -> Client:
    client = Client()
    client.force_login(membership.user)
    use_second_factor(client)
    return client


@pytest.fixture
def partner() -> Any:
    """A protocol, and someone of a partner organisation who reads its programme and neither its mails nor its people."""
    protocol = ProtocolFactory()
    return protocol, signed_in(
        MembershipFactory(protocol=protocol, organisation=OrganisationFactory(), role=Role.EDITOR)
    )


def test_what_someone_may_not_see_is_unknown_on_every_way_to_it(partner: Any):
    protocol, client = partner
    mail, person = MessageFactory(protocol=protocol), MembershipFactory(protocol=protocol)
    for path in (
        "message/",
        "message/?q=rapport",
        "message/?_popup=1&_to_field=id",
        f"message/{mail.pk}/",
        f"message/{mail.pk}/change/",
        f"message/{mail.pk}/history/",
        f"message/{mail.pk}/delete/",
        "membership/",
        "membership/add/",
        f"membership/{person.pk}/change/",
        f"user/{person.user_id}/change/",
        f"user/{person.user_id}/history/",
    ):
        assert client.get(f"/fr/admin/partnership/{path}").status_code == 404, path
    for model in ("message", "membership", "user"):
        assert client.post(f"/fr/admin/partnership/{model}/", {"action": "delete_selected"}).status_code == 404


def test_what_someone_may_not_see_is_suggested_nowhere_and_stands_in_no_menu(partner: Any):
    protocol, client = partner
    asked = {"app_label": "partnership", "model_name": "membership", "field_name": "user", "term": ""}
    assert client.get("/fr/admin/autocomplete/", asked).status_code == 404
    assert staff(protocol).get("/fr/admin/autocomplete/", asked).status_code == 200
    page = client.get("/fr/admin/").content.decode()
    assert "/fr/admin/projects/project/" in page
    for hidden in ("partnership/message/", "partnership/user/", "partnership/membership/", "transparency/report/"):
        assert f"/fr/admin/{hidden}" not in page


@pytest.mark.parametrize(
    "asked",
    [
        "lead__organisation__memberships__user__email__startswith=a",
        "documents__owner__memberships__user__name=a",
        "_to_field=title_fr&_popup=1",
        "_to_field=lead&_popup=1",
    ],
)
def test_no_filter_and_no_field_to_point_to_asks_about_what_someone_may_not_see(partner: Any, asked: str):
    _protocol, client = partner
    assert client.get(f"/fr/admin/projects/project/?{asked}").status_code == 400


def test_an_unknown_record_and_one_out_of_reach_are_answered_alike(partner: Any):
    _protocol, client = partner
    elsewhere = ProjectFactory(protocol=ProtocolFactory())
    for view in ("change", "history", "delete"):
        answers = [client.get(f"/fr/admin/projects/project/{key}/{view}/") for key in (elsewhere.pk, 999_999, "x")]
        assert [answer.status_code for answer in answers] == [404, 404, 404]


def test_who_may_see_and_not_change_is_told_so(partner: Any):
    protocol, client = partner
    project = ProjectFactory(protocol=protocol)
    address = f"/fr/admin/projects/project/{project.pk}/"
    assert client.get(f"{address}change/").status_code == 200
    assert client.post(f"{address}change/", {"title_fr": "X"}).status_code == 403
    assert client.post(f"{address}delete/", {"post": "yes"}).status_code == 403
    assert client.get("/fr/admin/projects/project/add/").status_code == 403


@pytest.mark.parametrize("name", ["programme body", "partner", "administrator", "signatory 2", "editor 1"])
def test_no_list_costs_more_when_it_is_longer_whoever_reads_it(name: str):
    here = ProtocolFactory(programme_body=OrganisationFactory(kind="programme_body"))
    client = Client()
    client.force_login(cast(here, ProtocolFactory())[name])
    use_second_factor(client)
    project = ProjectFactory(protocol=here)
    ActivityFactory(project=project)
    lists = ("projects/project/", "projects/activity/", "partnership/organisation/")
    one = [queries(client, f"/fr/admin/{path}") for path in lists]
    copied(project, 29, code=lambda number: f"{project.code}-{number}")
    copied(OrganisationFactory(), 28)
    assert [queries(client, f"/fr/admin/{path}") for path in lists] == one


# Several at once ------------------------------------------------------------------------------------------------------


def chosen(client: Client, address: str, act: str, *keys: Any) -> Any:
    return client.post(address, {"action": act, "_selected_action": [str(key) for key in keys]}, follow=True)


def test_one_record_that_is_refused_refuses_them_all():
    protocol = ProtocolFactory()
    fresh, once_public = DocumentFactory(protocol=protocol), DocumentFactory(protocol=protocol, published=True)
    answer = chosen(staff(protocol), "/fr/admin/partnership/document/", "delete_selected", fresh.pk, once_public.pk)
    assert str(once_public) in messages_of(answer)
    assert protocol.documents.count() == 2


def test_a_record_of_another_protocol_among_those_chosen_refuses_them_all():
    protocol = ProtocolFactory()
    own, elsewhere = ProjectFactory(protocol=protocol), ProjectFactory(protocol=ProtocolFactory())
    answer = chosen(staff(protocol), "/fr/admin/projects/project/", "publish", own.pk, elsewhere.pk)
    assert elsewhere.code not in messages_of(answer)
    assert not Project.objects.filter(publishing_state="published").exists()


def test_a_key_that_no_record_can_have_is_answered_and_nothing_is_done():
    protocol = ProtocolFactory()
    project = ProjectFactory(protocol=protocol)
    answer = chosen(staff(protocol), "/fr/admin/projects/project/", "publish", "x", project.pk)
    assert messages_of(answer)
    project.refresh_from_db()
    assert not project.is_published


@pytest.mark.parametrize("position", [1, 2])
def test_nobody_makes_the_other_councils_report_series(position: int):
    protocol = ProtocolFactory()
    own, other = (protocol.parties.get(position=place) for place in (position, 3 - position))
    client = staff(protocol, position)
    address = "/fr/admin/transparency/reportseries/add/"
    typed = {
        "audience": "council",
        "title_ar": "تقرير",
        "title_fr": "Rapport",
        "title_nl": "Verslag",
        "languages": "ar fr nl",
        "time_zone": "Europe/Brussels",
        "first_period": "2026-S1",
        "recipients-TOTAL_FORMS": "1",
        "recipients-0-email": "conseil@commune.example",
    }
    refused = sent(client, address, party=str(other.pk), **typed)
    assert refused.status_code == 200
    assert not protocol.report_series.exists()
    answer = sent(client, address, party=str(own.pk), **typed)
    assert errors_of(answer) == []
    assert protocol.report_series.get().party == own
