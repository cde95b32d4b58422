"""A joint decision is opened by either commune, from a page that shows word for word what would be decided."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from partnership import decisions, opening
from partnership.models import Clause, Decision, DecisionState, Document, ProtocolState
from partnership.refusals import Refusals
from projects.models import ActionPlan
from tests.deciding import adopt, adopted_plan, page, read_and_open, typed
from tests.factories import PDF, ClauseFactory, DocumentFactory, DomainFactory, ProtocolFactory
from tests.factories_decisions import (
    coordinator,
    open_ratification,
    protocol_in_force,
    soon,
)
from tests.factories_planning import consulted
from tests.factories_programme import ActionPlanFactory, ProjectFactory
from tests.staff import fields_of, staff

pytestmark = pytest.mark.django_db
BOTH = pytest.mark.parametrize("position", [1, 2])


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


@pytest.fixture
def in_force() -> Any:
    return protocol_in_force()


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
    plan = consulted(ActionPlanFactory(protocol=in_force, title_nl=""))
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
    plan = consulted(ActionPlanFactory(protocol=in_force))
    ProjectFactory(protocol=in_force, plan=plan)
    client = staff(in_force)
    read = typed(client, page("adopt_plan", plan))
    ActionPlan.objects.filter(pk=plan.pk).update(title_fr="Un plan changé entre-temps")
    answer = client.post(page("adopt_plan", plan), read)
    assert answer.status_code == 422
    assert "Un plan changé entre-temps" in answer.context["proposal"].text
    assert client.post(page("adopt_plan", plan), fields_of(answer.content.decode())).status_code == 302


# Recorded afterwards ---------------------------------------------------------------------------------------------------


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


# Terms -----------------------------------------------------------------------------------------------------------------


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
    with pytest.raises(Refusals):
        opening.propose(decisions.kind("correct_text"), decision, by=coordinator(in_force, 1), terms=terms)
