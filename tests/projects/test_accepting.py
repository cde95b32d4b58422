"""A responsibility is accepted or declined, once, by whoever it concerns, for exactly what was read (clause S1.1)."""

from __future__ import annotations

import datetime
import email
import email.policy
import json
import re
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import translation

from partnership import editing, history, links, publishing
from partnership.links import LinkClosed
from partnership.models import Change, Membership, PersonalLink
from partnership.refusals import Refusal
from projects import accepting
from projects.accepting import Answer
from projects.models import Involvement, Project
from tests.at_once import at_once, refused
from tests.factories import PDF, MembershipFactory, OrganisationFactory, ProtocolFactory
from tests.factories_programme import InvolvementFactory, ProjectFactory
from tests.pages import LANGUAGES, Page
from tests.staff import fields_of, messages_of, sent, staff

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 5, 4, 9, 0, tzinfo=datetime.UTC)
TODAY = NOW.date()
YES, NO = Answer(True), Answer(False)


@pytest.fixture(autouse=True)
def at_now() -> Any:
    with translation.override("en"), time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


@pytest.fixture
def asked(protocol: Any) -> Involvement:
    """An association's responsibility in a project of both communes."""
    project = ProjectFactory(protocol=protocol)
    return InvolvementFactory(project=project, organisation=OrganisationFactory(country="BE"))


def own(protocol: Any, position: int = 1) -> tuple[Involvement, Membership]:
    """A commune's own responsibility, and an editor of that commune."""
    organisation = protocol.parties.get(position=position).organisation
    one = InvolvementFactory(project=ProjectFactory(protocol=protocol, involved=[]), organisation=organisation)
    return one, MembershipFactory(protocol=protocol, organisation=organisation, role="editor")


def seen(one: Involvement) -> str:
    return accepting.digest_of(one)


def state_of(one: Involvement) -> tuple[Any, Any, str, str]:
    one.refresh_from_db()
    return one.accepted_on, one.declined_on, one.accepted_through, one.words


def accepted(one: Involvement) -> Involvement:
    return accepting.answer(accepting.ask(one, by=None).link, YES, seen=seen(one))


# By a link ------------------------------------------------------------------------------------------------------------


def test_a_partner_accepts_with_its_link_once(asked: Involvement):
    issued = accepting.ask(asked, by=None)
    accepting.answer(issued.link, Answer(True, " Avec plaisir. ", "fr"), seen=seen(asked))
    assert state_of(asked) == (TODAY, None, "link", "Avec plaisir.")
    assert links.find(issued.secret, asked.project.protocol) is None
    with pytest.raises(LinkClosed):
        accepting.answer(issued.link, NO, seen=seen(asked))


def test_a_partner_that_declined_can_be_asked_again(asked: Involvement):
    accepting.answer(accepting.ask(asked, by=None).link, NO, seen=seen(asked))
    assert state_of(asked) == (None, TODAY, "link", "")
    accepted(asked)
    assert state_of(asked)[:2] == (TODAY, None)


def test_a_new_link_closes_the_one_before(asked: Involvement):
    first, second = (accepting.ask(asked, by=None) for _time in range(2))
    assert links.find(first.secret, asked.project.protocol) is None
    assert accepting.open_for(asked) == second.link


def test_what_was_accepted_is_what_was_read(asked: Involvement):
    issued, read = accepting.ask(asked, by=None), seen(asked)
    asked.responsibility_fr = "Organiser et payer les sessions"
    asked.save()
    with pytest.raises(Refusal, match="Read it again"):
        accepting.answer(issued.link, YES, seen=read)
    assert state_of(asked)[0] is None
    accepting.answer(issued.link, YES, seen=seen(asked))  # the refusal used nothing up


@pytest.mark.parametrize("state", ["closed", "cancelled", "replaced"])
def test_nobody_is_asked_in_a_project_that_is_over(asked: Involvement, state: str):
    issued = accepting.ask(asked, by=None)
    type(asked.project).objects.filter(pk=asked.project_id).update(state=state, taken_over=True)
    with pytest.raises(LinkClosed):
        accepting.answer(issued.link, YES, seen=seen(asked))
    with pytest.raises(Refusal, match="over"):
        accepting.ask(asked, by=None)


def test_a_link_is_for_one_organisation(asked: Involvement):
    issued = accepting.ask(asked, by=None)
    asked.organisation = OrganisationFactory()
    asked.save()
    with pytest.raises(LinkClosed):
        accepting.subject_of(issued.link)


def test_a_mail_in_brussels_is_in_french_and_dutch_both(asked: Involvement):
    asked.organisation.public_contact = "Secrétariat, info@vereniging.example"
    asked.organisation.save()
    accepting.ask(asked, by=None, by_mail=True)
    [message] = asked.project.protocol.messages.all()
    text = email.message_from_bytes(bytes(message.content), policy=email.policy.default).get_content()
    assert message.recipient == "info@vereniging.example"
    assert re.findall(r"/(fr|nl|ar)/link/\S{43}/", text) == ["fr", "nl"]
    assert asked.responsibility_nl in text


def test_a_mail_in_morocco_is_in_arabic(asked: Involvement):
    asked.organisation.country = "MA"
    asked.organisation.save()
    assert accepting.languages_of(asked) == ("ar",)


def test_a_mail_needs_an_address(asked: Involvement):
    with pytest.raises(Refusal, match="e-mail address"):
        accepting.ask(asked, by=None, by_mail=True)
    assert not PersonalLink.objects.exists()


# A change takes the answer back ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [("phase", "design"), ("capacity", "funder"), ("responsibility_fr", "Payer"), ("responsibility_ar", "الأداء")],
)
def test_changing_what_was_accepted_takes_the_acceptance_back(asked: Involvement, field: str, value: str):
    one = Involvement.objects.get(pk=accepted(asked).pk)
    setattr(one, field, value)
    one.save(update_fields=[field])
    assert state_of(one) == (None, None, "", "")
    told = json.loads(Change.objects.filter(object_id=str(one.pk)).latest("pk").fields)
    assert told["accepted_on"] == ["2026-05-04", None]


def test_so_does_another_organisation(asked: Involvement):
    one = accepted(asked)
    one.organisation = OrganisationFactory()
    one.save()
    assert state_of(one)[0] is None


def test_a_translation_made_later_takes_nothing_back(asked: Involvement):
    asked.responsibility_nl = ""
    asked.save()
    one = accepted(asked)
    one.responsibility_nl = "De sessies organiseren"
    one.save()
    assert state_of(one)[0] == TODAY


def test_a_new_answer_with_a_new_text_stands(asked: Involvement):
    """As an import that brings both writes it."""
    one = accepted(asked)
    one.responsibility_fr, one.accepted_on = "Payer", datetime.date(2026, 5, 3)
    one.save()
    assert state_of(one)[0] == datetime.date(2026, 5, 3)


# On paper, and on the staff pages -------------------------------------------------------------------------------------


def test_an_answer_on_paper_keeps_its_scan_for_staff(asked: Involvement):
    by = MembershipFactory(protocol=asked.project.protocol, role="editor")
    issued = accepting.ask(asked, by=None)
    scan = SimpleUploadedFile("oui.pdf", PDF, "application/pdf")
    accepting.accept_on_paper(asked, on=datetime.date(2026, 4, 30), by=by, scan=scan)
    assert state_of(asked) == (datetime.date(2026, 4, 30), None, "paper", "")
    assert [document.public for document in asked.project.documents.all()] == [False]
    assert links.find(issued.secret, asked.project.protocol) is None


def test_a_paper_of_tomorrow_is_refused(asked: Involvement):
    by = MembershipFactory(protocol=asked.project.protocol, role="editor")
    with pytest.raises(Refusal, match="still to come"):
        accepting.accept_on_paper(asked, on=TODAY + datetime.timedelta(days=1), by=by)


@pytest.mark.parametrize("position", [1, 2])
def test_no_commune_answers_for_the_other(protocol: Any, position: int):
    one, by = own(protocol, position)
    other = MembershipFactory(
        protocol=protocol, organisation=protocol.parties.get(position=3 - position).organisation, role="coordinator"
    )
    for act in (
        lambda: accepting.ask(one, by=None),
        lambda: accepting.accept_on_paper(one, on=TODAY, by=other),
        lambda: accepting.answer_here(one, YES, by=other, seen=seen(one)),
    ):
        with pytest.raises(Refusal) as refusal:
            act()
        assert refusal.value.code == "I2"
    accepting.answer_here(one, YES, by=by, seen=seen(one))
    assert state_of(one)[:3] == (TODAY, None, "staff")


@pytest.mark.parametrize("role", ["observer", "evaluator"])
def test_an_observer_answers_for_nobody(protocol: Any, role: str):
    one, _editor = own(protocol)
    by = MembershipFactory(protocol=protocol, organisation=one.organisation, role=role)
    with pytest.raises(Refusal) as refusal:
        accepting.answer_here(one, YES, by=by, seen=seen(one))
    assert refusal.value.code == "I3"


def test_a_commune_keeps_one_responsibility_while_the_project_runs(protocol: Any):
    one, by = own(protocol)
    with pytest.raises(Refusal) as refusal:
        accepting.answer_here(one, NO, by=by, seen=seen(one))
    assert refusal.value.code == "I7"
    InvolvementFactory(project=one.project, organisation=one.organisation, phase="follow_up")
    accepting.answer_here(one, NO, by=by, seen=seen(one))
    assert state_of(one)[:2] == (None, TODAY)


def test_a_commune_that_declined_everything_has_no_responsibility(protocol: Any):
    project = ProjectFactory(protocol=protocol, state="proposed", actual_start=None)
    assert Project.objects.with_both_communes().contains(project)
    one = project.involvements.get(organisation__parties__position=1)
    by = MembershipFactory(protocol=protocol, organisation=one.organisation, role="editor")
    accepting.answer_here(one, NO, by=by, seen=seen(one))
    assert [party.position for party in project.communes_without_responsibility()] == [1]
    assert not Project.objects.with_both_communes().contains(project)
    with pytest.raises(Refusal):
        publishing.publish(project, by=None)


# The partner's page ---------------------------------------------------------------------------------------------------


def page_of(asked: Involvement, language: str = "fr") -> str:
    return f"/{language}/link/{accepting.ask(asked, by=None).secret}/"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_partner_reads_and_answers_without_an_account(asked: Involvement, language: str):
    client, address = Client(), page_of(asked, language)
    page = Page(client.get(address))
    assert (page.root["lang"], page.root["dir"]) == (language, LANGUAGES[language])
    assert getattr(asked, f"responsibility_{language}") in page.words
    assert state_of(asked)[0] is None  # to look is not to answer
    answer = sent(client, address, answer="accept", words="Oui !")
    assert (answer.status_code, state_of(asked)[0]) == (200, TODAY)
    assert (answer["Referrer-Policy"], answer["X-Robots-Tag"]) == ("same-origin", "noindex")
    assert client.get(address).status_code == 404
    asked.refresh_from_db()
    assert (asked.words, asked.words_language) == ("Oui !", language)


def test_nothing_is_chosen_beforehand_and_silence_is_no_answer(asked: Involvement):
    client, address = Client(), page_of(asked)
    answer = sent(client, address, words="Nous hésitons")
    assert (answer.status_code, state_of(asked)[:2]) == (422, (None, None))
    assert fields_of(answer.content.decode())["words"] == "Nous hésitons"


def test_a_text_changed_meanwhile_is_read_again(asked: Involvement):
    client, address = Client(), page_of(asked)
    typed = fields_of(client.get(address).content.decode())
    asked.responsibility_fr = "Payer les sessions"
    asked.save()
    again = client.post(address, {**typed, "answer": "accept"})
    assert (again.status_code, state_of(asked)[0]) == (422, None)
    assert "Payer les sessions" in Page(again).words
    done = client.post(address, fields_of(again.content.decode()) | {"answer": "accept"})
    assert (done.status_code, state_of(asked)[0]) == (200, TODAY)


def test_a_link_of_one_protocol_opens_nothing_in_another(asked: Involvement, settings: Any):
    settings.ALLOWED_HOSTS = ["second.example"]
    ProtocolFactory(hostname="second.example")
    secret = accepting.ask(asked, by=None).secret
    assert Client(headers={"host": "second.example"}).get(f"/fr/link/{secret}/").status_code == 404


# The staff page -------------------------------------------------------------------------------------------------------


def staff_page(one: Involvement, language: str = "fr") -> str:
    return f"/{language}/admin/responsibilities/{one.pk}/"


def test_a_link_to_copy_is_shown_once(asked: Involvement):
    client = staff(asked.project.protocol, role="editor")
    page = client.post(staff_page(asked), {"way": "link"}).content.decode()
    [secret] = re.findall(r"/fr/link/(\S{43})/", page)
    assert links.find(secret, asked.project.protocol) == accepting.open_for(asked)
    assert secret not in client.get(staff_page(asked)).content.decode()


def test_a_sheet_for_brussels_stands_in_both_languages(asked: Involvement):
    page = staff(asked.project.protocol).post(staff_page(asked), {"way": "paper"})
    html = page.content.decode()
    assert (html.count('class="qr"'), html.count('lang="nl" dir="ltr"')) == (2, 1)
    code = re.findall(r"\d{4} \d{4} \d{4}", Page(page).words)[0]
    assert links.find(code, asked.project.protocol) == accepting.open_for(asked)
    assert asked.responsibility_nl in html


def test_the_question_is_mailed_to_the_address_that_was_typed(asked: Involvement):
    client = staff(asked.project.protocol, 2, role="editor")
    answer = client.post(staff_page(asked), {"way": "mail", "address": "asbl@example.org"}, follow=True)
    assert "asbl@example.org" in messages_of(answer)
    assert asked.project.protocol.messages.get().recipient == "asbl@example.org"


@pytest.mark.parametrize("typed", ["", "pas une adresse"])
def test_a_mail_without_an_address_is_refused_on_the_page(asked: Involvement, typed: str):
    answer = staff(asked.project.protocol).post(staff_page(asked), {"way": "mail", "address": typed})
    assert (answer.status_code, PersonalLink.objects.count()) == (422, 0)


def test_a_paper_is_entered_on_the_page(asked: Involvement):
    typed = {"way": "answered", "paper-answer": "decline", "paper-on": "2026-05-01"}
    answer = staff(asked.project.protocol, role="editor").post(staff_page(asked), typed)
    assert (answer.status_code, state_of(asked)[:3]) == (302, (None, datetime.date(2026, 5, 1), "paper"))


def test_a_commune_answers_on_the_page(protocol: Any):
    one, _by = own(protocol, 2)
    ours, theirs = staff(protocol, 2, role="editor"), staff(protocol, 1, role="editor")
    typed = {"way": "own", "own-answer": "accept", "own-language": "nl", "own-words": "", "own-seen": seen(one)}
    assert theirs.post(staff_page(one), typed).status_code == 422
    assert theirs.post(staff_page(one), {"way": "link"}).status_code == 422
    assert state_of(one)[0] is None
    assert ours.post(staff_page(one), typed).status_code == 302
    assert state_of(one)[:3] == (TODAY, None, "staff")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_shows_what_was_answered(asked: Involvement, language: str):
    accepting.answer(accepting.ask(asked, by=None).link, Answer(False, "Pas cette année", "fr"), seen=seen(asked))
    page = staff(asked.project.protocol).get(staff_page(asked, language))
    assert (page.status_code, "Pas cette année" in Page(page).words) == (200, True)


@pytest.mark.parametrize("role", ["observer", "evaluator", "signatory"])
def test_who_edits_no_project_asks_nobody(asked: Involvement, role: str):
    client = staff(asked.project.protocol, role=role)
    assert client.get(staff_page(asked)).status_code == 404
    assert client.post(staff_page(asked), {"way": "link"}).status_code == 404
    assert not PersonalLink.objects.exists()


def test_a_declined_responsibility_awaits_somebody(asked: Involvement):
    accepting.answer(accepting.ask(asked, by=None).link, NO, seen=seen(asked))
    assert staff_page(asked) in staff(asked.project.protocol).get("/fr/admin/").content.decode()


def test_in_the_project_s_form_changing_the_row_takes_the_answer_back(asked: Involvement):
    accepted(asked)
    client = staff(asked.project.protocol)
    address = f"/fr/admin/projects/project/{asked.project_id}/change/"
    page = client.get(address).content.decode()
    assert staff_page(asked) in page
    place = next(
        name.removesuffix("-id") for name, value in fields_of(page).items() if value == str(asked.pk) and "inv" in name
    )
    assert sent(client, address).status_code == 302
    assert state_of(asked)[0] == TODAY  # a save that changes nothing takes nothing back
    sent(client, address, **{f"{place}-capacity": "contributor"})
    assert state_of(asked)[0] is None
    assert client.get(f"/fr/admin/projects/project/{asked.project_id}/history/").status_code == 200


# At once --------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_people_with_one_link_give_one_answer():
    for _round in range(3):
        asked = InvolvementFactory(project=ProjectFactory(), organisation=OrganisationFactory())
        issued, read = accepting.ask(asked, by=None), seen(asked)
        results = at_once(
            lambda: accepting.answer(issued.link, YES, seen=read),  # noqa: B023  run within the round
            lambda: accepting.answer(issued.link, NO, seen=read),  # noqa: B023
        )
        assert [refusal.code for refusal in refused(results)] == ["link"]
        asked.refresh_from_db()
        assert (asked.accepted_on is None) != (asked.declined_on is None)


@pytest.mark.django_db(transaction=True)
def test_an_answer_and_a_change_of_the_text_at_once_never_leave_an_acceptance_of_another_text():
    for _round in range(3):
        asked = InvolvementFactory(project=ProjectFactory(), organisation=OrganisationFactory())
        issued, read = accepting.ask(asked, by=None), seen(asked)

        def change(pk: int = asked.pk) -> None:
            with transaction.atomic():
                editing.lock(history.root_of(Involvement.objects.get(pk=pk)))
                one = Involvement.objects.get(pk=pk)
                one.responsibility_fr = "Tout payer"
                one.save()

        at_once(lambda: accepting.answer(issued.link, YES, seen=read), change)  # noqa: B023
        asked.refresh_from_db()
        assert asked.accepted_on is None or seen(asked) == read
