"""Comments: everyone with a mandate comments, the programme body too; nobody else reads them, and they stay as they are [I2]."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db import IntegrityError, InternalError, transaction
from django.test import Client
from django.utils import timezone

from partnership import commenting
from partnership.models import Comment, ProtocolState
from partnership.refusals import Refusal
from tests.factories import ClauseFactory, MembershipFactory, MessageFactory, OrganisationFactory, ProtocolFactory
from tests.factories_decisions import open_ratification
from tests.factories_programme import ActivityFactory, ProjectFactory
from tests.staff import queries, staff, use_second_factor

pytestmark = pytest.mark.django_db

COLUMNS = {"function_ar": "منسق", "function_fr": "Coordinateur", "function_nl": "Coördinator"}


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory(programme_body=OrganisationFactory(name_fr="Brulocalis", kind="programme_body"))


@pytest.fixture
def project(protocol: Any) -> Any:
    return ProjectFactory(protocol=protocol)


def observer_of_the_programme_body(protocol: Any) -> Any:
    return MembershipFactory(protocol=protocol, organisation=protocol.programme_body, role="observer")


def signed_in(membership: Any) -> Client:
    client = Client()
    client.force_login(membership.user)
    use_second_factor(client)
    return client


def form_of(record: Any) -> str:
    return f"/fr/admin/{record._meta.app_label}/{record._meta.model_name}/{record.pk}/change/"


def address_of(record: Any) -> str:
    return f"/fr/admin/comments/{record._meta.app_label}/{record._meta.model_name}/{record.pk}/"


def said(client: Client, record: Any, text: str = "Une remarque.", language: str = "fr", back: str = "") -> Any:
    return client.post(
        address_of(record),
        {"comment-text": text, "comment-language": language, "comment-back": back or form_of(record)},
    )


# The act --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["coordinator", "editor", "signatory", "evaluator", "observer"])
@pytest.mark.parametrize("position", [1, 2])
def test_everyone_of_both_communes_comments(protocol: Any, project: Any, role: str, position: int):
    commune = protocol.parties.get(position=position).organisation
    by = MembershipFactory(protocol=protocol, organisation=commune, role=role)
    made = commenting.comment(project, by=by, text="  نعم  ", language="ar")
    assert (made.text, made.language, made.membership, made.protocol) == ("نعم", "ar", by, protocol)


def test_the_programme_body_and_a_partner_comment_too(protocol: Any, project: Any):
    for by in (
        observer_of_the_programme_body(protocol),
        MembershipFactory(protocol=protocol, organisation=OrganisationFactory()),
    ):
        commenting.comment(project, by=by, text="Bien vu.", language="fr")
    assert Comment.objects.count() == 2


@pytest.mark.parametrize(
    ("text", "language"), [("   ", "fr"), ("x" * (commenting.LONGEST + 1), "fr"), ("Hello", "en"), ("Bonjour", "")]
)
def test_nothing_nothing_endless_and_no_unknown_language(protocol: Any, project: Any, text: str, language: str):
    with pytest.raises(Refusal):
        commenting.comment(project, by=MembershipFactory(protocol=protocol), text=text, language=language)


def test_an_ended_mandate_comments_no_more(protocol: Any, project: Any):
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    with pytest.raises(Refusal) as refusal:
        commenting.comment(
            project, by=MembershipFactory(protocol=protocol, ends_on=yesterday), text="Encore", language="fr"
        )
    assert refusal.value.code == "I2"


def test_a_mandate_that_is_not_in_effect_yet_comments_not_yet(protocol: Any, project: Any):
    later = timezone.now() + datetime.timedelta(hours=24)
    with pytest.raises(Refusal):
        commenting.comment(
            project, by=MembershipFactory(protocol=protocol, effective_at=later), text="Déjà", language="fr"
        )


def test_another_protocols_record_is_not_commented_on(protocol: Any):
    elsewhere = ProjectFactory(protocol=ProtocolFactory())
    with pytest.raises(Refusal):
        commenting.comment(elsewhere, by=MembershipFactory(protocol=protocol), text="Ici", language="fr")


def test_an_archive_is_only_read(protocol: Any, project: Any):
    protocol.state = ProtocolState.ENDED
    protocol.save()
    with pytest.raises(Refusal):
        commenting.comment(project, by=MembershipFactory(protocol=protocol), text="Trop tard", language="fr")


def test_mails_and_people_are_not_talked_about(protocol: Any):
    by = MembershipFactory(protocol=protocol)
    for record in (MessageFactory(protocol=protocol), by.user, by):
        with pytest.raises(Refusal):
            commenting.comment(record, by=by, text="Qui ?", language="fr")


def test_a_comment_stays_as_it_is(protocol: Any, project: Any):
    made = commenting.comment(project, by=MembershipFactory(protocol=protocol), text="Dit", language="fr")
    for change in (lambda: Comment.objects.update(text="Jamais dit"), lambda: made.delete()):
        with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
            change()
    assert Comment.objects.get().text == "Dit"


# The panel ------------------------------------------------------------------------------------------------------------


def test_the_panel_names_function_and_organisation_never_the_person(protocol: Any, project: Any):
    by = MembershipFactory(protocol=protocol, user__name="Prénom Nom", **COLUMNS)
    commenting.comment(project, by=by, text="ملاحظة", language="ar")
    page = signed_in(observer_of_the_programme_body(protocol)).get(form_of(project)).content.decode()
    panel = page[page.index('<section class="comments"') :]
    assert "Coordinateur" in panel
    assert by.organisation.name_fr in panel
    assert "Prénom Nom" not in panel
    assert 'lang="ar" dir="rtl"><p>ملاحظة</p>' in " ".join(panel.split())


def test_who_may_only_read_the_record_comments_through_a_form_of_its_own(protocol: Any, project: Any):
    client = signed_in(observer_of_the_programme_body(protocol))
    page = client.get(form_of(project)).content.decode()
    assert 'name="_save"' not in page
    assert f'action="{address_of(project)}"' in page
    answer = said(client, project, "Une <b>remarque</b>.", "fr")
    assert (answer.status_code, answer["Location"]) == (302, f"{form_of(project)}#comments")
    assert "Une &lt;b&gt;remarque&lt;/b&gt;." in client.get(form_of(project)).content.decode()


def test_the_panel_stands_on_roots_and_not_on_their_parts_or_people(protocol: Any, project: Any):
    client = staff(protocol)
    people = MembershipFactory(protocol=protocol).user
    for record, shown in (
        (project, True),
        (protocol, True),
        (protocol.parties.first().organisation, True),
        (ActivityFactory(project=project), False),
        (ClauseFactory(protocol=protocol), False),
        (people, False),
    ):
        assert ('<section class="comments"' in client.get(form_of(record)).content.decode()) is shown


def test_an_empty_comment_is_given_back_and_a_long_one_keeps_what_was_typed(protocol: Any, project: Any):
    client = staff(protocol)
    assert said(client, project, "   ").status_code == 200
    long = "Une phrase. " * 400
    answer = said(client, project, long)
    assert answer.status_code == 200
    assert long.strip() in answer.content.decode()
    assert not Comment.objects.exists()


def test_one_never_is_led_elsewhere_after_a_comment(protocol: Any, project: Any):
    answer = said(staff(protocol), project, back="https://elsewhere.example/")
    assert answer["Location"] == f"{address_of(project)}#comments"


def test_the_platforms_administrator_reads_and_does_not_comment(protocol: Any, project: Any):
    client = signed_in(MembershipFactory(protocol=ProtocolFactory(), user__is_superuser=True))
    page = client.get(form_of(project)).content.decode()
    assert '<section class="comments"' in page
    assert f'action="{address_of(project)}"' not in page
    assert said(client, project).status_code == 403


def test_comments_on_what_is_out_of_reach_do_not_exist(protocol: Any, project: Any):
    client = staff(protocol)
    elsewhere = ProjectFactory(protocol=ProtocolFactory())
    mail = MessageFactory(protocol=protocol)
    for address in (
        address_of(elsewhere),
        address_of(mail),
        "/fr/admin/comments/projects/project/999999/",
        "/fr/admin/comments/projects/nothing/1/",
        "/fr/admin/comments/partnership/decision/x/",
    ):
        assert client.get(address).status_code == 404
        assert client.post(address, {"comment-text": "x", "comment-language": "fr"}).status_code == 404
    assert not Comment.objects.exists()


def test_a_decision_is_commented_on_by_its_own_address(protocol: Any):
    decision = open_ratification(protocol)
    client = signed_in(observer_of_the_programme_body(protocol))
    answer = said(client, decision, "Les deux communes sont prêtes.", back=address_of(decision))
    assert answer.status_code == 302
    assert "Les deux communes sont prêtes." in client.get(address_of(decision)).content.decode()


def test_comments_cost_the_same_however_many_there_are(protocol: Any, project: Any):
    client = staff(protocol)
    by = MembershipFactory(protocol=protocol)
    commenting.comment(project, by=by, text="Un", language="fr")
    one = queries(client, form_of(project))
    for number in range(29):
        mandate = MembershipFactory(protocol=protocol, organisation=OrganisationFactory())
        commenting.comment(project, by=mandate, text=f"Encore {number}", language="nl")
    assert queries(client, form_of(project)) == one
    page = client.get(form_of(project)).content.decode()
    assert page.count('<li class="comment">') == 30
    assert "<details" in page[page.index('<section class="comments"') :]


def test_no_comment_is_public(protocol: Any, client: Client):
    project = ProjectFactory(protocol=protocol, published=True)
    commenting.comment(project, by=MembershipFactory(protocol=protocol), text="Entre nous", language="fr")
    for address in ("/fr/projects/", f"/fr/projects/{project.code}/", "/fr/"):
        assert "Entre nous" not in client.get(address).content.decode()
    assert client.get(address_of(project)).status_code == 302
