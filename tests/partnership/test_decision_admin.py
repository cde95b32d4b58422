"""Joint decisions on the staff pages: opened with what they would say word for word, withdrawn, read, and what they lock."""

from __future__ import annotations

import datetime
import json
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from partnership import decisions, locks, signing
from partnership.models import Clause, Decision, DecisionState, Document, ProtocolState
from partnership.signing import Answer
from projects.models import ActionPlan, Project
from tests.factories import (
    PDF,
    ActionPlanFactory,
    ClauseFactory,
    DocumentFactory,
    DomainFactory,
    ProjectFactory,
    ProtocolFactory,
)
from tests.factories_decisions import (
    DeliberationFactory,
    approve,
    coordinator,
    open_ratification,
    ratify,
    signatory,
    soon,
)
from tests.reports import made_report
from tests.staff import errors_of, fields_of, messages_of, queries, sent, staff, use_second_factor

pytestmark = pytest.mark.django_db
BOTH = pytest.mark.parametrize("position", [1, 2])


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


@pytest.fixture
def in_force(protocol: Any) -> Any:
    ratify(protocol)
    return protocol


def page(code: str, subject: Any, language: str = "fr") -> str:
    return f"/{language}/admin/decisions/open/{code}/{subject.pk}/"


def typed(client: Client, address: str, **values: Any) -> dict[str, Any]:
    """What a browser would send from a page, with some fields typed."""
    return {**fields_of(client.get(address).content.decode()), **values}


def read_and_open(client: Client, address: str, **values: Any) -> Any:
    """Type, look at what would be decided word for word, and open it."""
    shown = client.post(address, {**typed(client, address, **values), "_preview": ""})
    assert shown.status_code == 200
    return client.post(address, fields_of(shown.content.decode()))


def adopt(decision: Decision) -> Decision:
    """Both communes approve."""
    for position in (1, 2):
        approve(decision, signatory(decision.protocol, position))
    decision.refresh_from_db()
    return decision


def adopted_plan(protocol: Any) -> Any:
    plan = ActionPlanFactory(protocol=protocol)
    ProjectFactory(protocol=protocol, plan=plan)
    adopt(signing.propose(decisions.kind("adopt_plan"), plan, by=coordinator(protocol, 1)))
    return plan


# Opening --------------------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("role", ["coordinator", "signatory"])
def test_either_commune_opens_a_decision_after_reading_it_word_for_word(protocol: Any, position: int, role: str):
    client = staff(protocol, position, role)
    shown = client.get(page("ratify_protocol", protocol))
    for language in ("ar", "fr", "nl"):
        assert f'lang="{language}"' in shown.content.decode()
    proposal = shown.context["proposal"]
    assert json.loads(proposal.text)["title_nl"] == protocol.title_nl
    answer = client.post(page("ratify_protocol", protocol), typed(client, page("ratify_protocol", protocol)))
    decision = Decision.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"/fr/admin/partnership/decision/{decision.pk}/change/"
    assert (decision.state, decision.opened_by.role) == (DecisionState.OPEN, role)
    assert decision.opened_by.organisation == protocol.parties.get(position=position).organisation
    assert decision.data["content"] == json.loads(proposal.text)


@pytest.mark.parametrize("role", ["editor", "evaluator", "observer"])
def test_for_nobody_else_such_a_page_exists(protocol: Any, role: str):
    client = staff(protocol, 1, role)
    for address in (page("ratify_protocol", protocol), "/fr/admin/decisions/open/"):
        assert client.get(address).status_code == 404
        assert client.post(address).status_code == 404
    assert "decisions/open" not in client.get(f"/fr/admin/partnership/protocol/{protocol.pk}/change/").content.decode()


def test_a_record_of_another_protocol_or_an_unknown_kind_is_not_found(protocol: Any):
    client = staff(protocol)
    other = ActionPlanFactory(protocol=ProtocolFactory())
    for address in (page("adopt_plan", other), page("unheard_of", protocol), page("adopt_plan", protocol)):
        assert client.get(address).status_code == 404


def test_the_records_form_offers_its_kinds_and_says_what_stands_against_them(in_force: Any):
    shown = staff(in_force).get(f"/fr/admin/partnership/protocol/{in_force.pk}/change/")
    offers = {offer.url.split("/")[5]: offer.against for offer in shown.context["offers"]}
    assert [code for code, against in offers.items() if not against] == [
        "amend_protocol",
        "end_protocol",
        "renew_protocol",
    ]
    assert offers["ratify_protocol"]


def test_a_rule_that_stands_against_it_blocks_the_button_and_leads_to_where_it_is_met(in_force: Any):
    client = staff(in_force)
    plan = ActionPlanFactory(protocol=in_force, title_nl="")
    shown = client.get(page("adopt_plan", plan))
    html = shown.content.decode()
    assert 'aria-disabled="true"' in html
    assert [condition.rule for condition in shown.context["conditions"]] == ["", "I10"]
    assert html.count(f'href="/fr/admin/projects/actionplan/{plan.pk}/change/"') >= 2
    answer = client.post(page("adopt_plan", plan), typed(client, page("adopt_plan", plan), deadline=soon().isoformat()))
    assert answer.status_code == 422
    assert fields_of(answer.content.decode())["deadline"] == soon().isoformat()
    assert not Decision.objects.filter(kind="adopt_plan").exists()


def test_a_second_decision_of_a_kind_leads_to_the_open_one(protocol: Any):
    decision = open_ratification(protocol)
    shown = staff(protocol).get(page("ratify_protocol", protocol))
    [condition] = shown.context["conditions"]
    assert (condition.rule, condition.url) == ("I4", f"/fr/admin/partnership/decision/{decision.pk}/change/")


def test_a_deadline_in_the_past_is_refused_at_its_field_and_kept(protocol: Any):
    client = staff(protocol)
    address = page("ratify_protocol", protocol)
    answer = client.post(address, typed(client, address, deadline="2020-01-01"))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["deadline"]
    assert fields_of(answer.content.decode())["deadline"] == "2020-01-01"


def test_what_changed_since_it_was_read_is_shown_again_before_it_is_opened(in_force: Any):
    plan = ActionPlanFactory(protocol=in_force)
    ProjectFactory(protocol=in_force, plan=plan)
    client = staff(in_force)
    read = typed(client, page("adopt_plan", plan))
    ActionPlan.objects.filter(pk=plan.pk).update(title_fr="Un plan changé entre-temps")
    answer = client.post(page("adopt_plan", plan), read)
    assert answer.status_code == 422
    assert "Un plan changé entre-temps" in answer.context["proposal"].text
    assert client.post(page("adopt_plan", plan), fields_of(answer.content.decode())).status_code == 302


# Recorded afterwards --------------------------------------------------------------------------------------------------


def test_an_act_older_than_the_platform_is_recorded_with_its_own_date_and_a_new_scan(in_force: Any):
    project = ProjectFactory(protocol=in_force)
    client = staff(in_force, 2)
    address = page("take_over_project", project)
    scan = SimpleUploadedFile("convention.pdf", PDF, "application/pdf")
    answer = client.post(address, {**typed(client, address, decided_on="2024-01-15"), "upload": scan})
    assert answer.status_code == 302  # the page had shown it word for word: it has no terms
    decision = Decision.objects.get(kind="take_over_project")
    assert decision.decided_on == datetime.date(2024, 1, 15)
    assert (decision.scan.public, decision.scan.media_type) == (False, "application/pdf")
    assert decision.scan.owner == in_force.parties.get(position=2).organisation
    assert decision.scan.title_nl


def test_a_scan_that_came_with_a_refused_form_is_kept_and_chosen(in_force: Any):
    project = ProjectFactory(protocol=in_force)
    client = staff(in_force)
    address = page("take_over_project", project)
    scan = SimpleUploadedFile("convention.pdf", PDF, "application/pdf")
    answer = client.post(address, {**typed(client, address, decided_on="2999-01-01"), "upload": scan})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["decided_on"]
    kept = Document.objects.get()
    again = fields_of(answer.content.decode())
    assert (again["scan"], again["decided_on"]) == (str(kept.pk), "2999-01-01")
    assert client.post(address, {**again, "decided_on": "2024-01-15"}).status_code == 302
    assert Decision.objects.get(kind="take_over_project").scan == kept


@pytest.mark.parametrize(
    ("given", "fields"),
    [({}, {"decided_on"}), ({"decided_on": "2024-01-15"}, {"scan"}), ({"scan": "one"}, {"decided_on"})],
)
def test_half_of_it_is_asked_for_at_its_field(in_force: Any, given: dict[str, Any], fields: set[str]):
    project = ProjectFactory(protocol=in_force)
    client = staff(in_force)
    if "scan" in given:
        given = {"scan": str(DocumentFactory(protocol=in_force, kind="act").pk)}
    address = page("take_over_project", project)
    answer = client.post(address, typed(client, address, **given))
    assert (answer.status_code, set(answer.context["form"].errors)) == (422, fields)


def test_a_scan_that_is_not_what_its_name_says_is_refused(in_force: Any):
    project = ProjectFactory(protocol=in_force)
    client = staff(in_force)
    address = page("take_over_project", project)
    scan = SimpleUploadedFile("convention.pdf", b"MZ...", "application/pdf")
    answer = client.post(address, {**typed(client, address, decided_on="2024-01-15"), "upload": scan})
    assert (answer.status_code, Document.objects.count()) == (422, 0)
    assert "upload" in answer.context["form"].errors


# Terms ----------------------------------------------------------------------------------------------------------------

NEW = {"ar": "نص جديد.", "fr": "Nouveau texte.", "nl": "Nieuwe tekst."}


def test_an_amendment_begins_with_what_the_chosen_clauses_say(in_force: Any):
    first, second = ClauseFactory(protocol=in_force), ClauseFactory(protocol=in_force)
    address = page("amend_protocol", in_force)
    answer = staff(in_force).post(address, {"clauses": [second.number], "_more": "clauses"})
    fields = fields_of(answer.content.decode())
    assert (answer.status_code, fields[f"text-{second.number}-fr"]) == (200, second.text_fr)
    assert f"text-{first.number}-fr" not in fields
    assert not Decision.objects.filter(kind="amend_protocol").exists()


def test_a_clause_is_amended_and_another_added_with_its_domain(in_force: Any):
    clause = ClauseFactory(protocol=in_force)
    DomainFactory(protocol=in_force, clause=clause)
    client = staff(in_force)
    address = page("amend_protocol", in_force)
    given = {
        "clauses": [clause.number],
        "added": "1",
        **{f"text-{clause.number}-{code}": text for code, text in NEW.items()},
        "added-0-number": "Z9",
        "added-0-parent": clause.number,
        "added-0-kind": "bullet",
        "added-0-code": "DOM-NEW",
        **{f"added-0-text-{code}": f"{text} 2" for code, text in NEW.items()},
        **{f"added-0-name-{code}": f"{text} 3" for code, text in NEW.items()},
    }
    unread = client.post(address, given)
    assert (unread.status_code, "__all__" in unread.context["form"].errors) == (422, True)
    assert "Nouveau texte. 2" in unread.context["proposal"].text
    assert client.post(address, fields_of(unread.content.decode())).status_code == 302
    adopt(Decision.objects.get(kind="amend_protocol"))
    clause.refresh_from_db()
    assert (clause.text_nl, clause.original) == (NEW["nl"], NEW["ar"])
    added = Clause.objects.get(protocol=in_force, number="Z9")
    assert (added.parent, added.kind, added.text_fr) == (clause, "bullet", "Nouveau texte. 2")
    assert in_force.domains.get(code="DOM-NEW").name_ar == "نص جديد. 3"


def test_a_language_that_stays_as_it_is_keeps_the_act_letter_for_letter(in_force: Any):
    clause = ClauseFactory(protocol=in_force)
    client = staff(in_force)
    address = page("amend_protocol", in_force)
    chosen = client.post(address, {"clauses": [clause.number], "_more": "clauses"})
    given = {**fields_of(chosen.content.decode()), f"text-{clause.number}-nl": NEW["nl"]}
    assert read_and_open(client, address, **given).status_code == 302
    adopt(Decision.objects.get(kind="amend_protocol"))
    clause.refresh_from_db()
    assert (clause.text_nl, clause.original) == (NEW["nl"], "يضع الطرفان برنامج عمل مشترك.\n")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "__all__"),
        ({"clauses": ["C-NONE"]}, "clauses"),
        ({"added": "1", "added-0-number": "Z9", "added-0-text-fr": "x"}, "added-0-text-ar"),
        ({"added": "1", "added-0-text-ar": "x", "added-0-text-fr": "x", "added-0-text-nl": "x"}, "added-0-number"),
    ],
)
def test_an_incomplete_amendment_is_refused_with_everything_kept(in_force: Any, given: dict[str, Any], field: str):
    answer = staff(in_force).post(page("amend_protocol", in_force), given)
    assert answer.status_code == 422
    assert field in answer.context["terms"].errors
    again = fields_of(answer.content.decode())
    assert all(again[name] == value for name, value in given.items() if name.startswith("added-0"))


def test_a_clause_that_would_say_the_same_and_one_that_is_there_are_refused(in_force: Any):
    clause = ClauseFactory(protocol=in_force)
    client = staff(in_force)
    same = client.post(page("amend_protocol", in_force), {"clauses": [clause.number]})
    assert f"text-{clause.number}-fr" in same.context["terms"].errors
    assert fields_of(same.content.decode())[f"text-{clause.number}-ar"] == clause.text_ar
    texts = {f"added-0-text-{code}": "x" for code in NEW}
    taken = client.post(page("amend_protocol", in_force), {"added": "1", "added-0-number": clause.number, **texts})
    assert "added-0-number" in taken.context["terms"].errors


def test_a_protocol_is_ended_on_a_day_to_come(in_force: Any):
    client = staff(in_force)
    address = page("end_protocol", in_force)
    past = client.post(address, typed(client, address, ends_on="2020-01-01"))
    assert (past.status_code, list(past.context["terms"].errors)) == (422, ["ends_on"])
    day = timezone.localdate() + datetime.timedelta(days=90)
    assert read_and_open(client, address, ends_on=day.isoformat()).status_code == 302
    adopt(Decision.objects.get(kind="end_protocol"))
    in_force.refresh_from_db()
    assert (in_force.state, in_force.valid_until) == (ProtocolState.CLOSING, day)


def test_a_successor_is_a_draft_of_the_same_two_communes(in_force: Any):
    first, second = (in_force.parties.get(position=place).organisation for place in (1, 2))
    successor = ProtocolFactory(first__organisation=first, second__organisation=second)
    stranger = ProtocolFactory()
    client = staff(in_force)
    address = page("renew_protocol", in_force)
    menu = [code for code, _words in client.get(address).context["terms"].fields["successor"].choices]
    assert menu == ["", successor.code]
    assert client.post(address, typed(client, address, successor=stranger.code)).status_code == 422
    assert read_and_open(client, address, successor=successor.code).status_code == 302
    assert Decision.objects.get(kind="renew_protocol").data["terms"] == {"successor": successor.code}


def test_a_locked_text_is_corrected_beside_what_it_says_now(in_force: Any):
    plan = adopted_plan(in_force)
    decision = Decision.objects.get(kind="adopt_plan")
    client = staff(in_force, 2)
    address = f"{page('correct_text', decision)}?record=projects.actionplan:{plan.pk}"
    shown = client.get(address)
    fields = fields_of(shown.content.decode())
    assert (fields["to-title_fr"], fields["to-starts_on"]) == (plan.title_fr, "2022-01-01")
    ground = {f"ground-{code}": "Une faute." for code in NEW}
    same = client.post(address, {**fields, **ground})
    assert (same.status_code, "__all__" in same.context["terms"].errors) == (422, True)
    new = {"to-title_fr": "Plan corrigé", "to-ends_on": "2027-06-30"}
    assert read_and_open(client, address, **ground, **new).status_code == 302
    correction = Decision.objects.get(kind="correct_text")
    assert correction.data["terms"]["changes"] == {"title_fr": "Plan corrigé", "ends_on": "2027-06-30"}
    adopt(correction)
    plan.refresh_from_db()
    assert (plan.title_fr, plan.ends_on) == ("Plan corrigé", datetime.date(2027, 6, 30))


def test_a_project_is_taken_out_of_an_adopted_plan_by_correcting_it(in_force: Any):
    plan = adopted_plan(in_force)
    project = plan.projects.get()
    decision = Decision.objects.get(kind="adopt_plan")
    client = staff(in_force)
    address = f"{page('correct_text', decision)}?record=projects.project:{project.pk}"
    ground = {f"ground-{code}": "Le projet est reporté." for code in NEW}
    assert read_and_open(client, address, **ground, **{"to-plan": ""}).status_code == 302
    adopt(Decision.objects.get(kind="correct_text"))
    project.refresh_from_db()
    assert project.plan is None


def test_nothing_is_corrected_that_the_decision_does_not_contain(in_force: Any):
    adopted_plan(in_force)
    elsewhere = ActionPlanFactory(protocol=ProtocolFactory())
    decision = Decision.objects.get(kind="adopt_plan")
    given = {
        "record": f"projects.actionplan:{elsewhere.pk}",
        "to-title_fr": "x",
        **{f"ground-{code}": "x" for code in NEW},
    }
    answer = staff(in_force).post(page("correct_text", decision), given)
    assert (answer.status_code, "record" in answer.context["terms"].errors) == (422, True)
    terms = {"model": "projects.actionplan", "id": str(elsewhere.pk), "changes": {"title_fr": "x"}, "ground": NEW}
    with pytest.raises(signing.Refusals):
        signing.propose(decisions.kind("correct_text"), decision, by=coordinator(in_force, 1), terms=terms)


# Withdrawing ----------------------------------------------------------------------------------------------------------


@BOTH
def test_either_commune_withdraws_with_a_reason_once_it_has_read_what_that_does(protocol: Any, position: int):
    decision = open_ratification(protocol)
    approve(decision, signatory(protocol, 1))
    client = staff(protocol, position)
    address = f"/fr/admin/decisions/{decision.pk}/withdraw/"
    assert client.get(address).status_code == 200
    empty = client.post(address, {"words": " ", "language": "fr"})
    assert (empty.status_code, list(empty.context["form"].errors)) == (422, ["words"])
    answer = client.post(address, {"words": "Une date est fausse.", "language": "fr"}, follow=True)
    decision.refresh_from_db()
    assert (decision.state, decision.closing_reason) == (DecisionState.WITHDRAWN, "Une date est fausse.")
    assert decision.withdrawn_by == protocol.parties.get(position=position)
    assert answer.redirect_chain == [(f"/fr/admin/partnership/decision/{decision.pk}/change/", 302)]
    assert client.get(address).status_code == 302  # closed meanwhile: the page says how, nothing is asked any more


@pytest.mark.parametrize("role", ["editor", "evaluator", "observer"])
def test_nobody_else_withdraws(protocol: Any, role: str):
    decision = open_ratification(protocol)
    client = staff(protocol, 1, role)
    assert (
        client.post(f"/fr/admin/decisions/{decision.pk}/withdraw/", {"words": "x", "language": "fr"}).status_code == 404
    )
    decision.refresh_from_db()
    assert decision.is_open


# Leaving --------------------------------------------------------------------------------------------------------------

LEAVE = "/fr/admin/decisions/leave/"


@BOTH
def test_a_signatory_leaves_on_the_councils_deliberation(in_force: Any, position: int):
    own, other = (in_force.parties.get(position=place) for place in (position, 3 - position))
    resolution, strange = DeliberationFactory(party=own), DeliberationFactory(party=other)
    client = staff(in_force, position, "signatory")
    offered = client.get(LEAVE).context["form"].fields["deliberation"].queryset
    assert resolution in offered
    assert strange not in offered
    given = {"words": "Le conseil en a décidé ainsi.", "language": "fr", "deliberation": str(resolution.pk)}
    unsure = client.post(LEAVE, given)
    assert (unsure.status_code, list(unsure.context["form"].errors)) == (422, ["understood"])
    assert fields_of(unsure.content.decode())["words"] == given["words"]
    assert client.post(LEAVE, {**given, "understood": "on"}).status_code == 302
    in_force.refresh_from_db()
    assert in_force.state == ProtocolState.CLOSING
    assert in_force.register.last().data["party"] == position


def test_what_was_typed_waits_while_the_second_factor_is_shown(in_force: Any):
    resolution = DeliberationFactory(party=in_force.parties.get(position=1))
    client = staff(in_force, 1, "signatory")
    use_second_factor(client, ago=datetime.timedelta(hours=1))
    given = {"words": "Ainsi décidé.", "language": "fr", "deliberation": str(resolution.pk), "understood": "on"}
    answer = client.post(LEAVE, given)
    assert (answer.status_code, "next=" in answer["Location"]) == (302, True)
    in_force.refresh_from_db()
    assert in_force.state == ProtocolState.IN_FORCE
    assert fields_of(client.get(LEAVE).content.decode())["words"] == "Ainsi décidé."


@pytest.mark.parametrize("role", ["coordinator", "editor", "observer"])
def test_for_nobody_else_there_is_a_way_to_leave(in_force: Any, role: str):
    client = staff(in_force, 1, role)
    assert client.get(LEAVE).status_code == 404
    assert LEAVE not in client.get(f"/fr/admin/partnership/protocol/{in_force.pk}/change/").content.decode()


# Reading --------------------------------------------------------------------------------------------------------------

LIST = "/fr/admin/partnership/decision/"


def test_the_list_costs_the_same_queries_for_one_decision_and_for_thirty(in_force: Any):
    client = staff(in_force)
    one = queries(client, LIST)
    for _each in range(29):
        plan = ActionPlanFactory(protocol=in_force)
        ProjectFactory(protocol=in_force, plan=plan)
        approve(
            signing.propose(decisions.kind("adopt_plan"), plan, by=coordinator(in_force, 1)), signatory(in_force, 2)
        )
    assert len(client.get(LIST).context["cl"].result_list) == 30
    assert queries(client, LIST) == one


def test_the_list_says_what_each_commune_has_answered_and_for_whom_it_waits(protocol: Any):
    decision = open_ratification(protocol)
    approve(decision, signatory(protocol, 2))
    client = staff(protocol)
    assert list(client.get(f"{LIST}?awaits=1").context["cl"].queryset) == [decision]
    assert list(client.get(f"{LIST}?awaits=2").context["cl"].queryset) == []
    html = client.get(LIST).content.decode()
    assert html.count("half-done") == 1


@pytest.mark.parametrize("language", ["ar", "fr", "nl"])
def test_the_page_of_a_decision_shows_both_answers_and_leads_on(protocol: Any, language: str):
    decision = open_ratification(protocol)
    reservation = {"position": "reserve", "reason": "À revoir en mai.", "reason_language": "fr"}
    resolution = DeliberationFactory(party=protocol.parties.get(position=2))
    signing.sign(
        decision.pk,
        by=signatory(protocol, 2),
        digest_seen=decision.digest,
        answer=Answer(**reservation, deliberation=resolution),
    )
    client = staff(protocol, 1, "signatory")
    html = client.get(f"/{language}/admin/partnership/decision/{decision.pk}/change/").content.decode()
    assert "À revoir en mai." in html
    assert resolution.number in html
    assert f"/{language}/admin/decisions/{decision.pk}/sign/" in html
    assert f"/{language}/admin/decisions/{decision.pk}/withdraw/" in html
    assert f"/{language}/admin/partnership/protocol/{protocol.pk}/change/" in html
    reader = staff(protocol, 1, "observer")
    html = reader.get(f"/{language}/admin/partnership/decision/{decision.pk}/change/").content.decode()
    assert "/withdraw/" not in html


def test_nothing_about_a_decision_or_the_register_is_changed_in_the_browser(in_force: Any):
    client = staff(in_force, is_superuser=True)
    decision, entry = Decision.objects.get(), in_force.register.get()
    for model, record in (("decision", decision), ("registerentry", entry)):
        base = f"/fr/admin/partnership/{model}/"
        assert client.get(base).status_code == 200
        assert client.get(f"{base}{record.pk}/change/").status_code == 200
        assert client.get(f"{base}add/").status_code == 403
        assert client.get(f"{base}{record.pk}/delete/").status_code == 403
    shown = client.get(f"/fr/admin/partnership/registerentry/{entry.pk}/change/").content.decode()
    assert entry.payload in unescape(shown)


# Locked -------------------------------------------------------------------------------------------------------------------


def plan_form(plan: Any) -> str:
    return f"/fr/admin/projects/actionplan/{plan.pk}/change/"


def test_an_adopted_plan_shows_which_fields_are_locked_why_and_how_to_correct_them(in_force: Any):
    plan = adopted_plan(in_force)
    decision = Decision.objects.get(kind="adopt_plan")
    shown = staff(in_force).get(plan_form(plan))
    assert not {"code", "title_ar", "title_fr", "title_nl", "starts_on", "ends_on"} & set(
        fields_of(shown.content.decode())
    )
    [note] = shown.context["locked"]
    assert (note.decision, len(note.fields)) == (decision, 5)
    html = shown.content.decode()
    assert f"/fr/admin/partnership/decision/{decision.pk}/change/" in html
    assert f"/fr/admin/decisions/open/correct_text/{decision.pk}/?record=projects.actionplan:{plan.pk}" in html


def test_while_a_decision_is_open_the_way_to_edit_is_to_withdraw_it(in_force: Any):
    plan = ActionPlanFactory(protocol=in_force)
    ProjectFactory(protocol=in_force, plan=plan)
    decision = signing.propose(decisions.kind("adopt_plan"), plan, by=coordinator(in_force, 2))
    html = staff(in_force).get(plan_form(plan)).content.decode()
    assert f"/fr/admin/decisions/{decision.pk}/withdraw/" in html
    assert "/correct_text/" not in html


def test_what_no_decision_contains_is_edited_as_before(in_force: Any):
    plan = adopted_plan(in_force)
    project = plan.projects.get()
    client = staff(in_force)
    answer = sent(client, f"/fr/admin/projects/project/{project.pk}/change/", summary_fr="Un autre résumé.")
    assert answer.status_code == 302
    project.refresh_from_db()
    assert (project.summary_fr, project.plan) == ("Un autre résumé.", plan)


def test_a_form_that_was_opened_before_the_decision_is_refused_at_the_field_and_keeps_what_was_typed(in_force: Any):
    plan = ActionPlanFactory(protocol=in_force)
    ProjectFactory(protocol=in_force, plan=plan)
    client = staff(in_force)
    opened = fields_of(client.get(plan_form(plan)).content.decode())
    signing.propose(decisions.kind("adopt_plan"), plan, by=coordinator(in_force, 2))
    answer = client.post(plan_form(plan), {**opened, "title_fr": "Un autre plan"})
    form = answer.context["adminform"].form
    assert [error.code for error in form.errors.as_data()["title_fr"]] == ["I4"]
    assert fields_of(answer.content.decode())["title_fr"] == "Un autre plan"
    plan.refresh_from_db()
    assert plan.title_fr != "Un autre plan"
    assert client.post(plan_form(plan), opened).status_code == 302  # nothing that is locked was changed


def test_a_crafted_request_for_a_locked_field_is_refused(in_force: Any):
    plan = adopted_plan(in_force)
    answer = sent(staff(in_force), plan_form(plan), ends_on="31/12/2030")
    assert len(errors_of(answer)) == 1
    assert ActionPlan.objects.get(pk=plan.pk).ends_on == datetime.date(2026, 12, 31)


def test_a_project_in_an_adopted_plan_is_not_deleted_and_its_title_is_locked(in_force: Any):
    project = adopted_plan(in_force).projects.get()
    client = staff(in_force)
    shown = client.get(f"/fr/admin/projects/project/{project.pk}/change/")
    assert not {"code", "title_fr", "plan"} & set(fields_of(shown.content.decode()))
    client.post(f"/fr/admin/projects/project/{project.pk}/delete/", {"post": "yes"})
    assert Project.objects.filter(pk=project.pk).exists()


def test_a_clause_of_a_ratified_act_names_the_ratification_and_the_two_ways(protocol: Any):
    clause = ClauseFactory(protocol=protocol)
    decision = ratify(protocol)
    shown = staff(protocol).get(f"/fr/admin/partnership/clause/{clause.pk}/change/")
    [note] = shown.context["locked"]
    assert [way.url for way in note.ways] == [
        f"/fr/admin/decisions/open/correct_text/{decision.pk}/?record=partnership.clause:{clause.pk}",
        f"/fr/admin/decisions/open/amend_protocol/{protocol.pk}/?clauses={clause.number}",
    ]


def test_a_commune_sets_its_own_signing_rule_while_its_languages_stay_as_ratified(in_force: Any):
    party = in_force.parties.get(position=1)
    address = f"/fr/admin/partnership/party/{party.pk}/change/"
    assert sent(staff(in_force), address, hands="2", time_zone="Africa/Casablanca").status_code == 302
    party.refresh_from_db()
    assert party.hands == 2
    assert len(errors_of(sent(staff(in_force), address, languages="fr"))) == 1
    assert staff(in_force, 2).post(address, {"hands": "1"}).status_code == 403


def test_the_locks_of_many_rows_cost_one_query(in_force: Any):
    plan = adopted_plan(in_force)
    rows = [ClauseFactory(protocol=in_force) for _each in range(30)]
    with CaptureQueriesContext(
        connection,
    ) as captured:
        held = locks.on_each(rows)
    assert len(captured) == 1
    assert held == [[]] * 30
    assert [lock.kind.code for lock in locks.on(plan)] == ["adopt_plan"]


# Reports ------------------------------------------------------------------------------------------------------------------


def test_a_series_of_both_coordinators_leads_to_a_joint_decision(in_force: Any):
    report = made_report(in_force, "2026-S1", released=False)
    type(report.series).objects.filter(pk=report.series_id).update(needs_release=True)
    client = staff(in_force)
    address = f"/fr/admin/transparency/report/{report.pk}/change/"
    html = client.get(address).content.decode()
    assert f"/fr/admin/decisions/open/release_report/{report.pk}/" in html
    assert f"/fr/admin/transparency/report/{report.pk}/release/" not in html
    opening = page("release_report", report)
    assert client.post(opening, typed(client, opening)).status_code == 302
    decision = Decision.objects.get(kind="release_report")
    html = client.get(address).content.decode()
    assert f"/fr/admin/decisions/{decision.pk}/sign/" in html
    for position in (1, 2):
        approve(decision, coordinator(in_force, position))
    report.refresh_from_db()
    assert report.released_at is not None
    assert messages_of(client.get(address)) == ""
