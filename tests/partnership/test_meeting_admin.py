"""Meetings and both councils' deliberations on the staff pages, under the law of each commune."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from partnership.models import (
    Decision,
    DecisionState,
    Deliberation,
    Document,
    Meeting,
    ProtocolState,
    Regime,
    Supervision,
)
from partnership.models.meetings import BY_REGIME
from tests.factories import PDF, ProtocolFactory
from tests.factories_decisions import DeliberationFactory, approve, open_ratification, ratify, signatory
from tests.staff import errors_of, fields_of, queries, sent, staff

pytestmark = pytest.mark.django_db
BOTH = pytest.mark.parametrize("position", [1, 2])
MEETINGS = "/fr/admin/partnership/meeting/"
DELIBERATIONS = "/fr/admin/partnership/deliberation/"
SUBJECT = {"subject_ar": "المصادقة على البروتوكول", "subject_fr": "Approbation", "subject_nl": "Goedkeuring"}
TITLE = {"title_ar": "الاجتماع الأول", "title_fr": "Première réunion", "title_nl": "Eerste vergadering"}
HELD = {**SUBJECT, "number": "2026/14", "held_on": "06/05/2026", "votes_for": "21"}
REGIMES = {1: Regime.MOROCCO, 2: Regime.BRUSSELS}
EXECUTORY = {
    1: {"supervision": "visa", "sent_on": "08/05/2026", "answered_on": "20/05/2026", "executory_on": "20/05/2026"},
    2: {"supervision": "expired", "sent_on": "08/05/2026", "answered_on": "28/05/2026", "executory_on": "28/05/2026"},
}


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


def form_of(deliberation: Deliberation) -> str:
    return f"{DELIBERATIONS}{deliberation.pk}/change/"


# Deliberations --------------------------------------------------------------------------------------------------------


@BOTH
def test_a_commune_enters_its_own_councils_deliberation_under_its_own_law(protocol: Any, position: int):
    assert sent(staff(protocol, position), f"{DELIBERATIONS}add/", **HELD, **EXECUTORY[position]).status_code == 302
    entered = Deliberation.objects.get()
    assert entered.party == protocol.parties.get(position=position)
    assert (entered.regime, entered.is_executory_on(datetime.date(2026, 6, 1))) == (REGIMES[position], True)


@BOTH
def test_the_form_offers_only_the_states_of_that_law_and_says_its_rule(protocol: Any, position: int):
    shown = staff(protocol, position).get(f"{DELIBERATIONS}add/")
    form = shown.context["adminform"].form
    offered = {value for value, _words in form.fields["supervision"].choices}
    assert offered == set(BY_REGIME[REGIMES[position]])
    html = shown.content.decode()
    assert ("113-14" in html, "1998" in html) == (position == 1, position == 2)
    assert "party" not in fields_of(html)


@BOTH
def test_a_state_of_the_other_law_is_refused(protocol: Any, position: int):
    answer = sent(staff(protocol, position), f"{DELIBERATIONS}add/", **HELD, **EXECUTORY[3 - position])
    assert "supervision" in answer.context["adminform"].form.errors
    assert not Deliberation.objects.exists()


@pytest.mark.parametrize(
    ("days", "field"),
    [
        ({"executory_on": ""}, "executory_on"),
        ({"executory_on": "01/05/2026"}, "executory_on"),
        ({"sent_on": ""}, "sent_on"),
        ({"sent_on": "01/05/2026"}, "sent_on"),
        ({"answered_on": ""}, "answered_on"),
        ({"answered_on": "07/05/2026"}, "answered_on"),
        ({"supervision": "tacit"}, "answered_on"),
        ({"supervision": "sent", "answered_on": ""}, "executory_on"),
    ],
)
def test_a_day_that_breaks_the_rule_is_refused_at_its_own_field_and_kept(
    protocol: Any, days: dict[str, str], field: str
):
    given = {**HELD, **EXECUTORY[1], **days}
    answer = sent(staff(protocol), f"{DELIBERATIONS}add/", **given)
    assert field in answer.context["adminform"].form.errors
    assert "__all__" not in answer.context["adminform"].form.errors
    again = fields_of(answer.content.decode())
    assert (again["number"], again["sent_on"]) == (given["number"], given["sent_on"])


def test_silence_counts_as_a_visa_after_the_legal_term(protocol: Any):
    days = {**EXECUTORY[1], "supervision": "tacit", "answered_on": "28/05/2026", "executory_on": "28/05/2026"}
    assert sent(staff(protocol), f"{DELIBERATIONS}add/", **HELD, **days).status_code == 302


@BOTH
def test_the_other_communes_deliberations_are_read_and_not_written(protocol: Any, position: int):
    theirs = DeliberationFactory(party=protocol.parties.get(position=3 - position))
    client = staff(protocol, position)
    assert theirs.number in client.get(DELIBERATIONS).content.decode()
    assert "votes_for" not in fields_of(client.get(form_of(theirs)).content.decode())
    assert client.post(form_of(theirs), {"votes_for": "1"}).status_code == 403
    client.post(f"{DELIBERATIONS}add/", {**fields_of(client.get(f"{DELIBERATIONS}add/").content.decode()), **HELD})
    crafted = {**HELD, **EXECUTORY[3 - position], "party": str(theirs.party_id)}
    client.post(f"{DELIBERATIONS}add/", crafted)
    assert set(Deliberation.objects.exclude(pk=theirs.pk).values_list("party__position", flat=True)) <= {position}


@pytest.mark.parametrize("role", ["signatory", "evaluator", "observer"])
def test_who_does_not_edit_enters_none(protocol: Any, role: str):
    assert staff(protocol, 1, role).get(f"{DELIBERATIONS}add/").status_code == 403


def test_a_new_file_is_kept_as_a_document_even_when_something_else_is_refused(protocol: Any):
    client = staff(protocol)
    given = {**fields_of(client.get(f"{DELIBERATIONS}add/").content.decode()), **HELD, **EXECUTORY[1], "sent_on": ""}
    scan = SimpleUploadedFile("deliberation.pdf", PDF, "application/pdf")
    answer = client.post(f"{DELIBERATIONS}add/", {**given, "upload": scan})
    assert list(answer.context["adminform"].form.errors) == ["sent_on"]
    kept = Document.objects.get()
    again = fields_of(answer.content.decode())
    assert again["document"] == str(kept.pk)
    assert client.post(f"{DELIBERATIONS}add/", {**again, "sent_on": "08/05/2026"}).status_code == 302
    entered = Deliberation.objects.get()
    assert (entered.document, kept.kind, kept.public) == (kept, "deliberation", False)


def test_the_list_costs_the_same_for_one_of_each_commune_and_for_thirty(protocol: Any):
    client = staff(protocol)
    communes = [protocol.parties.get(position=place) for place in (1, 2)]
    for party in communes:
        DeliberationFactory(party=party)
    two = queries(client, DELIBERATIONS)
    for number in range(28):
        DeliberationFactory(party=communes[number % 2])
    assert queries(client, DELIBERATIONS) == two


# Locked once signed upon ----------------------------------------------------------------------------------------------


@BOTH
def test_a_deliberation_that_was_signed_upon_is_shown_with_what_rests_on_it(protocol: Any, position: int):
    resolution = DeliberationFactory(party=protocol.parties.get(position=position))
    client = staff(protocol, position)
    assert "votes_for" in fields_of(client.get(form_of(resolution)).content.decode())
    decision = open_ratification(protocol)
    approve(decision, signatory(protocol, position), deliberation=resolution)
    html = client.get(form_of(resolution)).content.decode()
    assert "votes_for" not in fields_of(html)
    assert f"/fr/admin/partnership/decision/{decision.pk}/change/" in html
    assert f"{DELIBERATIONS}{resolution.pk}/without-effect/" in html


def test_a_form_that_was_opened_before_the_signature_is_refused_and_keeps_what_was_typed(protocol: Any):
    resolution = DeliberationFactory(party=protocol.parties.get(position=1))
    client = staff(protocol)
    opened = fields_of(client.get(form_of(resolution)).content.decode())
    approve(open_ratification(protocol), signatory(protocol, 1), deliberation=resolution)
    answer = client.post(form_of(resolution), {**opened, "votes_for": "3"})
    assert len(errors_of(answer)) == 1
    assert {error.code for error in answer.context["adminform"].form.non_field_errors().as_data()} == {"I4"}
    assert fields_of(answer.content.decode())["votes_for"] == "3"
    resolution.refresh_from_db()
    assert resolution.votes_for == 21


# Without effect -------------------------------------------------------------------------------------------------------


def without_effect(resolution: Deliberation) -> str:
    return f"{DELIBERATIONS}{resolution.pk}/without-effect/"


@BOTH
@pytest.mark.parametrize("role", ["coordinator", "signatory"])
def test_its_own_commune_says_since_when_it_is_without_effect(protocol: Any, position: int, role: str):
    decision = ratify(protocol)
    resolution = decision.signatures.get(party__position=position).deliberation
    client = staff(protocol, position, role)
    shown = client.get(without_effect(resolution))
    assert list(shown.context["resting"]) == [decision]
    given = {"on": "2026-09-14", "words": "Annulée par l’autorité.", "language": "fr"}
    early = client.post(without_effect(resolution), {**given, "on": "2026-01-01"})
    assert (early.status_code, list(early.context["form"].errors)) == (422, ["on"])
    assert fields_of(early.content.decode())["words"] == given["words"]
    assert client.post(without_effect(resolution), given).status_code == 302
    protocol.refresh_from_db()
    resolution.refresh_from_db()
    decision.refresh_from_db()
    assert (protocol.state, decision.state) == (ProtocolState.DRAFT, DecisionState.ANNULLED)
    assert resolution.supervision == (Supervision.VISA_REFUSED if position == 1 else Supervision.ANNULLED)
    assert "Annulée par l’autorité." in client.get(form_of(resolution)).content.decode()


@BOTH
def test_nobody_else_says_so(protocol: Any, position: int):
    resolution = ratify(protocol).signatures.get(party__position=position).deliberation
    given = {"on": "2026-09-14", "words": "x", "language": "fr"}
    for place, role in ((3 - position, "coordinator"), (position, "editor"), (position, "observer")):
        client = staff(protocol, place, role)
        assert client.post(without_effect(resolution), given).status_code == 404
        assert without_effect(resolution) not in client.get(form_of(resolution)).content.decode()
    protocol.refresh_from_db()
    assert protocol.state == ProtocolState.IN_FORCE


# Meetings -------------------------------------------------------------------------------------------------------------


def rows(prefix: str, *given: dict[str, str]) -> dict[str, str]:
    """Rows of an inline as a browser sends them."""
    fields = {f"{prefix}-{place}-{name}": value for place, row in enumerate(given) for name, value in row.items()}
    return {**fields, f"{prefix}-TOTAL_FORMS": str(len(given)), f"{prefix}-INITIAL_FORMS": "0"}


def enter_meeting(client: Client, protocol: Any) -> Meeting:
    first, second = (str(protocol.parties.get(position=place).pk) for place in (1, 2))
    people = [
        {"party": party, "function_ar": "رئيس الجماعة", "function_fr": "Bourgmestre", "function_nl": "Burgemeester"}
        for party in (first, second)
    ]
    point = {"order": "1", "title_ar": "المصادقة", "title_fr": "Ratification", "title_nl": "Bekrachtiging"}
    given = {**TITLE, "held_on": "04/03/2026", **rows("attendances", *people), **rows("points", point)}
    assert sent(client, f"{MEETINGS}add/", **given).status_code == 302
    return Meeting.objects.get()


@BOTH
def test_either_commune_enters_a_meeting_with_who_was_there_and_its_points(protocol: Any, position: int):
    meeting = enter_meeting(staff(protocol, position), protocol)
    assert {person.function_nl for person in meeting.attendances.all()} == {"Burgemeester"}
    assert meeting.attendances.values("party").distinct().count() == 2
    assert meeting.points.get().title_nl == "Bekrachtiging"


def test_a_point_leads_to_the_decision_that_is_opened_from_it(protocol: Any):
    client = staff(protocol)
    point = enter_meeting(client, protocol).points.get()
    form = f"{MEETINGS}{point.meeting_id}/change/"
    choose = f"/fr/admin/decisions/open/?point={point.pk}"
    assert choose in client.get(form).content.decode()
    opening = f"/fr/admin/decisions/open/ratify_protocol/{protocol.pk}/?point={point.pk}"
    assert opening in client.get(choose).content.decode()
    assert client.post(opening, fields_of(client.get(opening).content.decode())).status_code == 302
    point.refresh_from_db()
    assert point.decision == Decision.objects.get()
    assert f"/fr/admin/partnership/decision/{point.decision_id}/change/" in client.get(form).content.decode()


def test_a_point_leads_to_a_decision_that_is_chosen(protocol: Any):
    client = staff(protocol)
    decision = open_ratification(protocol)
    meeting = enter_meeting(client, protocol)
    assert sent(client, f"{MEETINGS}{meeting.pk}/change/", **{"points-0-decision": str(decision.pk)}).status_code == 302
    assert meeting.points.get().decision == decision


def test_the_form_of_a_meeting_costs_no_query_for_each_of_its_points(protocol: Any):
    client = staff(protocol)
    meeting = enter_meeting(client, protocol)
    form = f"{MEETINGS}{meeting.pk}/change/"
    one = queries(client, form)
    for order in range(2, 31):
        meeting.points.create(order=order, title_ar="x", title_fr="x", title_nl="x")
    assert queries(client, form) == one


def test_two_people_who_edit_one_deliberation_choose_between_their_versions(protocol: Any):
    resolution = DeliberationFactory(party=protocol.parties.get(position=1))
    mine, theirs = staff(protocol), staff(protocol)
    opened = fields_of(mine.get(form_of(resolution)).content.decode())
    assert sent(theirs, form_of(resolution), votes_for="20").status_code == 302
    answer = mine.post(form_of(resolution), {**opened, "votes_for": "19"})
    assert answer.status_code in {200, 409}
    assert "19" in answer.content.decode()
    resolution.refresh_from_db()
    assert resolution.votes_for == 20
