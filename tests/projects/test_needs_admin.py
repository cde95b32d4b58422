"""Needs, consultations and plans on the staff pages: who recorded what, what a plan lacks, years within their period."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import given, settings, strategies

from partnership import decisions, locks, opening
from projects.models import ActionPlan, Consultation, Need
from tests.copies import copied
from tests.deciding import adopt, page
from tests.factories import DocumentFactory, OrganisationFactory, ProtocolFactory
from tests.factories_decisions import coordinator, ratify, write
from tests.factories_planning import ConsultationFactory, NeedFactory, PriorAssessmentFactory, consulted, recorded
from tests.factories_programme import ActionPlanFactory, ActivityFactory, ProjectFactory
from tests.staff import errors_of, fields_of, messages_of, queries, sent, staff

pytestmark = pytest.mark.django_db

NEEDS, CONSULTATIONS, PLANS = (f"/fr/admin/projects/{name}/" for name in ("need", "consultation", "actionplan"))
BOTH = pytest.mark.parametrize("position", [1, 2])
NEED = {"title_ar": "الحاجة إلى مكتبة", "title_fr": "Une bibliothèque", "title_nl": "Een bibliotheek"}


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


@pytest.fixture
def in_force(protocol: Any) -> Any:
    ratify(protocol)
    return protocol


def change(record: Any) -> str:
    return f"/fr/admin/projects/{record._meta.model_name}/{record.pk}/change/"


# Needs ----------------------------------------------------------------------------------------------------------------


@BOTH
def test_whoever_enters_a_need_records_it_for_their_commune_in_the_same_act(protocol: Any, position: int):
    client = staff(protocol, position, "editor")
    answer = sent(client, f"{NEEDS}add/", code="NEED-1", **NEED)
    assert answer.status_code == 302
    need = Need.objects.get()
    assert [one.party.position for one in need.records.all()] == [position]
    said = messages_of(client.get(answer["Location"]))
    assert str(protocol.parties.get(position=position)) in said


def test_a_need_that_is_changed_is_not_recorded_by_it(protocol: Any):
    need = recorded(NeedFactory(protocol=protocol), 1)
    client = staff(protocol, 2, "editor")
    shown = client.get(change(need)).content.decode()
    assert f'href="/fr/admin/needs/{need.pk}/record/"' in shown
    assert sent(client, change(need), title_nl="Een leeszaal").status_code == 302
    assert need.records.count() == 1


def test_once_both_have_recorded_it_no_button_asks_for_it(protocol: Any):
    need = recorded(NeedFactory(protocol=protocol))
    assert f"/needs/{need.pk}/record/" not in staff(protocol).get(change(need)).content.decode()


def test_a_need_that_is_refused_is_recorded_by_nobody(protocol: Any):
    NeedFactory(protocol=protocol, code="NEED-1")
    answer = sent(staff(protocol, 1, "editor"), f"{NEEDS}add/", code="NEED-1", **NEED)
    assert len(errors_of(answer)) == 1
    assert not Need.objects.get().records.exists()


def test_the_list_of_needs_costs_the_same_for_one_and_for_thirty_and_shows_the_pair(protocol: Any):
    need = recorded(NeedFactory(protocol=protocol), 2)
    client = staff(protocol)
    one = queries(client, NEEDS)
    copied(need, 29, code=lambda number: f"N-{number}")
    html = client.get(NEEDS).content.decode()
    assert html.count("half-done") == 30
    assert queries(client, NEEDS) == one


def test_needs_are_filtered_by_who_recorded_them_and_by_projects(protocol: Any):
    nobody, one, both = (NeedFactory(protocol=protocol) for _each in range(3))
    recorded(one, 2)
    recorded(both)
    PriorAssessmentFactory(project=ProjectFactory(protocol=protocol), need=both)
    client = staff(protocol)

    def found(**chosen: str) -> set[Any]:
        return set(client.get(NEEDS, chosen).context["cl"].queryset)

    assert found(recorded="nobody") == {nobody}
    assert found(recorded="one") == {one}
    assert found(recorded="both") == {both} == found(started="yes")
    assert found(started="no") == {nobody, one}


@pytest.mark.parametrize("role", ["signatory", "evaluator", "observer"])
def test_others_read_needs_and_consultations(protocol: Any, role: str):
    client = staff(protocol, 1, role)
    need = recorded(NeedFactory(protocol=protocol), 1)
    consultation = ConsultationFactory(protocol=protocol)
    for record in (need, consultation):
        assert client.get(change(record)).status_code == 200
        assert client.post(change(record), {"code": "X"}).status_code == 403


# Consultations --------------------------------------------------------------------------------------------------------

SAID = {f"{name}_{code}": f"{name} {code}" for name in ("title", "said", "done_with") for code in ("ar", "fr", "nl")}


def test_a_consultation_is_entered_from_its_plan_with_minutes_organisations_and_needs(protocol: Any):
    plan, need, heard = ActionPlanFactory(protocol=protocol), NeedFactory(protocol=protocol), OrganisationFactory()
    minutes = DocumentFactory(protocol=protocol, kind="minutes", public=False)
    client = staff(protocol)
    new = f"{CONSULTATIONS}add/?plan={plan.pk}"
    assert new.replace("&", "&amp;") in client.get(change(plan)).content.decode()
    answer = sent(
        client,
        new,
        code="CONS-1",
        held_on="10/02/2026",
        with_partners="on",
        women="14",
        men="9",
        youth="8",
        minutes=minutes.pk,
        organisations=[heard.pk],
        needs=[need.pk],
        **SAID,
    )
    assert answer.status_code == 302
    made = Consultation.objects.get()
    assert (made.plan, made.minutes, list(made.organisations.all()), list(made.needs.all())) == (
        plan,
        minutes,
        [heard],
        [need],
    )


@pytest.mark.parametrize(
    "typed", [{"with_partners": None}, {"youth": "24"}, {"held_on": "31/02/2026"}, {"women": "-1"}]
)
def test_what_cannot_be_is_refused_and_kept_as_typed(protocol: Any, typed: dict[str, Any]):
    consultation = ConsultationFactory(protocol=protocol)
    answer = sent(staff(protocol), change(consultation), said_fr="Gardé.", **typed)
    assert len(errors_of(answer)) == 1
    assert fields_of(answer.content.decode())["said_fr"] == "Gardé."
    consultation.refresh_from_db()
    assert (consultation.youth, consultation.with_partners) == (8, True)


def test_the_list_of_consultations_costs_the_same_for_one_and_for_thirty(protocol: Any):
    plan = consulted(ActionPlanFactory(protocol=protocol))
    client = staff(protocol)
    one = queries(client, CONSULTATIONS)
    copied(plan.consultations.get(), 29, code=lambda number: f"C-{number}")
    assert queries(client, CONSULTATIONS) == one


def test_a_consultation_comes_before_the_public_in_three_languages(protocol: Any):
    consultation = ConsultationFactory(protocol=protocol, said_nl="")
    client = staff(protocol)
    answer = client.post(CONSULTATIONS, {"action": "publish", "_selected_action": [consultation.pk]}, follow=True)
    assert "I10" in messages_of(answer)
    sent(client, change(consultation), said_nl="Lessen dichtbij.", _publish="")
    consultation.refresh_from_db()
    assert consultation.is_published


# A plan without a consultation ----------------------------------------------------------------------------------------


def against(plan: Any) -> list[str]:
    found = opening.against(decisions.kind("adopt_plan"), plan)
    return [" ".join(error.messages) for refusal in found for error in refusal.error_list if error.code == "A4.1"]


def plan_of(protocol: Any, **values: Any) -> Any:
    plan = ActionPlanFactory(protocol=protocol, **values)
    ProjectFactory(protocol=protocol, plan=plan)
    return plan


def test_a_plan_without_a_consultation_is_drafted_and_not_adopted(in_force: Any):
    plan = plan_of(in_force)
    write(plan)
    [reason] = against(plan)
    assert "A4.1" in reason
    with pytest.raises(ValidationError):
        opening.propose(decisions.kind("adopt_plan"), plan, by=coordinator(in_force, 2))
    shown = staff(in_force).get(page("adopt_plan", plan)).content.decode()
    assert "A4.1" in shown
    assert f'href="{change(plan)}"' in shown


def test_each_step_says_what_is_missing_until_nothing_is(in_force: Any):
    plan = plan_of(in_force)
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    minutes = DocumentFactory(protocol=in_force, kind="minutes", public=False)
    ConsultationFactory(protocol=in_force, plan=plan, code="CONS-LATER", held_on=tomorrow, minutes=minutes)
    [reason] = against(plan)
    assert "CONS-LATER" in reason
    held = ConsultationFactory(protocol=in_force, plan=plan, code="CONS-HELD")
    [reason] = against(plan)
    assert "CONS-HELD" in reason
    held.minutes = minutes
    held.save()
    assert against(plan) == []
    assert adopt(opening.propose(decisions.kind("adopt_plan"), plan, by=coordinator(in_force, 1))).state == "adopted"


def test_a_consultation_taken_away_before_the_last_signature_stops_the_adoption(in_force: Any):
    plan = consulted(plan_of(in_force))
    decision = opening.propose(decisions.kind("adopt_plan"), plan, by=coordinator(in_force, 1))
    plan.consultations.update(plan=None)
    with pytest.raises(ValidationError) as refusal:
        adopt(decision)
    assert refusal.value.error_list[0].code == "A4.1"


@pytest.fixture
def adopted(in_force: Any) -> Any:
    plan = consulted(plan_of(in_force))
    adopt(opening.propose(decisions.kind("adopt_plan"), plan, by=coordinator(in_force, 1)))
    return plan


@pytest.mark.parametrize("typed", [{"plan": ""}, {"minutes": ""}, {"held_on": "01/01/2030"}])
def test_an_adopted_plan_keeps_the_consultation_it_rests_on(adopted: Any, typed: dict[str, str]):
    consultation = adopted.consultations.get()
    client = staff(adopted.protocol)
    answer = sent(client, change(consultation), said_fr="Gardé.", **typed)
    assert adopted.code in " ".join(errors_of(answer))
    assert fields_of(answer.content.decode())["said_fr"] == "Gardé."
    assert client.post(f"{CONSULTATIONS}{consultation.pk}/delete/", {"post": "yes"}).status_code == 302
    assert adopted.consultations.get().minutes == consultation.minutes
    consulted(adopted)
    assert sent(client, change(consultation), **typed).status_code == 302


def test_a_plan_adopted_on_nothing_recorded_here_hinders_nobody(adopted: Any):
    adopted.consultations.all().delete()
    consultation = ConsultationFactory(protocol=adopted.protocol, plan=adopted)
    assert sent(staff(adopted.protocol), change(consultation), said_fr="Autre.").status_code == 302


# Plans of a year ------------------------------------------------------------------------------------------------------


def year_of(period: Any, year: int = 2025, **values: Any) -> Any:
    dates = {"starts_on": datetime.date(year, 1, 1), "ends_on": datetime.date(year, 12, 31)}
    return ActionPlanFactory(protocol=period.protocol, within=period, **{**dates, **values})


def test_the_plan_of_a_year_is_entered_from_its_periods_plan_and_lies_within_it(protocol: Any):
    period = ActionPlanFactory(protocol=protocol)
    client = staff(protocol)
    new = f"{PLANS}add/?within={period.pk}"
    assert new in client.get(change(period)).content.decode()
    texts = {f"{name}_{code}": f"{name} {code}" for name in ("title", "introduction") for code in ("ar", "fr", "nl")}
    beyond = sent(client, new, code="PLAN-27", starts_on="01/01/2027", ends_on="31/12/2027", **texts)
    assert len(errors_of(beyond)) == 1
    assert "31 décembre 2026" in errors_of(beyond)[0]
    assert sent(client, new, code="PLAN-25", starts_on="01/01/2025", ends_on="31/12/2025", **texts).status_code == 302
    year = ActionPlan.objects.get(code="PLAN-25")
    assert year.within == period
    shown = client.get(change(period)).content.decode()
    assert change(year) in shown
    refused = sent(client, change(period), ends_on="30/06/2025")
    assert "PLAN-25" in " ".join(errors_of(refused))


def test_years_lie_one_level_deep(protocol: Any):
    period = ActionPlanFactory(protocol=protocol)
    year = year_of(period)
    deeper = ActionPlanFactory.build(protocol=protocol, within=year, starts_on=year.starts_on, ends_on=year.ends_on)
    with pytest.raises(ValidationError):
        deeper.clean()
    other = ActionPlanFactory(protocol=protocol)
    period.within = other
    with pytest.raises(ValidationError):
        period.clean()
    offered = staff(protocol).get(change(other)).context["adminform"].form.fields["within"].queryset
    assert year not in offered


def test_a_project_is_offered_plans_of_whole_periods_only(protocol: Any):
    period = ActionPlanFactory(protocol=protocol)
    year_of(period)
    asked = {"app_label": "projects", "model_name": "project", "field_name": "plan", "term": "PLAN"}
    found = staff(protocol).get("/fr/admin/autocomplete/", asked).json()["results"]
    assert [one["id"] for one in found] == [str(period.pk)]


DAYS = strategies.dates(datetime.date(2020, 1, 1), datetime.date(2030, 12, 31))


@given(first=DAYS, last=DAYS)
@settings(max_examples=20)
def test_a_year_is_accepted_exactly_where_it_lies_within_its_period(first: datetime.date, last: datetime.date):
    period = ActionPlan(pk=1, starts_on=datetime.date(2022, 1, 1), ends_on=datetime.date(2026, 12, 31))
    year = ActionPlan(within=period, starts_on=first, ends_on=last)
    assert (year.place_refusals() == []) == (period.starts_on <= first and last <= period.ends_on)


@pytest.fixture
def year(in_force: Any) -> Any:
    period = consulted(plan_of(in_force))
    project = period.projects.get()
    ActivityFactory(project=project, title_fr="Atelier de mars", **_in(2025, 3))
    ActivityFactory(project=project, title_fr="Atelier d’avant", **_in(2024, 3))
    ActivityFactory(project=project, title_fr="Atelier annulé", state="cancelled", **_in(2025, 4))
    return year_of(period)


def _in(year: int, month: int) -> dict[str, datetime.date]:
    return {"planned_start": datetime.date(year, month, 1), "planned_end": datetime.date(year, month, 20)}


def test_a_years_plan_says_what_is_planned_of_its_periods_projects_in_that_year(year: Any):
    decision = opening.propose(decisions.kind("adopt_plan"), year, by=coordinator(year.protocol, 1))
    content = decision.data["content"]
    assert content["within"] == year.within.code
    assert [one["code"] for one in content["projects"]] == [year.within.projects.get().code]
    assert [(one["title_fr"], one["planned_start"]) for one in content["activities"]] == [
        ("Atelier de mars", "2025-03-01")
    ]
    assert adopt(decision).state == "adopted"
    shown = staff(year.protocol).get(f"/fr/admin/partnership/decision/{decision.pk}/change/").content.decode()
    assert "Atelier de mars" in shown


def test_its_own_consultation_does_for_a_year_as_that_of_its_period_does(year: Any):
    assert against(year) == []
    year.within.consultations.all().delete()
    assert len(against(year)) == 1
    consulted(year)
    assert against(year) == []


def test_a_year_in_which_nothing_is_planned_is_not_adopted(year: Any):
    year.within.projects.get().activities.all().delete()
    reasons = opening.against(decisions.kind("adopt_plan"), year)
    assert [error.code for refusal in reasons for error in refusal.error_list] == ["plan"]


def test_an_activity_may_be_postponed_after_the_years_plan_and_the_plan_stays_as_it_was(year: Any):
    decision = opening.propose(decisions.kind("adopt_plan"), year, by=coordinator(year.protocol, 1))
    activity = year.within.projects.get().activities.get(title_fr="Atelier de mars")
    activity.planned_end = datetime.date(2026, 3, 20)
    activity.planned_start = datetime.date(2026, 3, 1)
    write(activity)
    adopt(decision)
    ActivityFactory(project=activity.project, **_in(2025, 9))
    write(year)
    assert json.loads(decision.statement)["content"]["activities"][0]["planned_start"] == "2025-03-01"
    year.refresh_from_db()
    year.title_fr = "Un autre titre"
    with pytest.raises(locks.Locked):
        write(year)


def test_the_list_of_plans_costs_the_same_for_one_and_for_thirty(protocol: Any):
    year = year_of(ActionPlanFactory(protocol=protocol))
    client = staff(protocol)
    one = queries(client, PLANS)
    copied(year, 29, code=lambda number: f"Y-{number}")
    assert queries(client, PLANS) == one
