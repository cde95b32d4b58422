"""The rules of carrying activities out: dates, postponing, training, exchange, counts, what lies outside the assessment."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from partnership.refusals import Refusals
from projects import carrying_out
from projects.models import Activity, ActivityState, ParticipantCount, PriorAssessment
from tests.factories import PhaseFactory, ProtocolFactory
from tests.factories_planning import (
    ParticipantCountFactory,
    PriorAssessmentFactory,
    TrainingQuestionFactory,
    cell_of,
)
from tests.factories_programme import ActionPlanFactory, ActivityFactory, InvolvementFactory, ProjectFactory
from tests.staff import errors_of, messages_of, sent, staff

ACTIVITIES = "/fr/admin/projects/activity/"


@pytest.fixture(autouse=True)
def in_english() -> Any:
    with translation.override("en"):
        yield


@pytest.fixture
def protocol(db: Any) -> Any:
    return ProtocolFactory()


def fresh(**fields: Any) -> Activity:
    """An activity as it stands in the database, ready to be changed."""
    return Activity.objects.get(pk=ActivityFactory(**fields).pk)


def refused(activity: Activity, **fields: Any) -> dict[str, list[str]]:
    """Which rules refuse a change, by the field that meets them."""
    for name, value in fields.items():
        setattr(activity, name, value)
    found = carrying_out.against(activity)
    return {name: [str(refusal.code) for refusal in refusals] for name, refusals in found.items()}


# Dates and postponing -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "fields"),
    [
        ("2024-01-01", "2026-12-31", []),
        ("2023-12-31", "2024-02-01", ["planned_start"]),
        ("2026-12-30", "2027-01-01", ["planned_end"]),
        ("2023-01-01", "2027-01-01", ["planned_start", "planned_end"]),
    ],
)
def test_planned_days_lie_within_the_project(protocol: Any, start: str, end: str, fields: list[str]):
    activity = fresh(project__protocol=protocol)
    days = [datetime.date.fromisoformat(day) for day in (start, end)]
    assert refused(activity, planned_start=days[0], planned_end=days[1]) == {name: ["plan"] for name in fields}


def test_a_project_without_dates_has_those_of_its_plan(protocol: Any):
    plan = ActionPlanFactory(protocol=protocol)
    project = ProjectFactory(protocol=protocol, plan=plan, planned_start=None, planned_end=None)
    late = datetime.date(2027, 1, 1)
    assert refused(fresh(project=project), planned_start=late, planned_end=late).keys() == {
        "planned_start",
        "planned_end",
    }


def test_days_that_stood_before_the_project_moved_do_not_stop_what_is_written_down(protocol: Any):
    activity = fresh(project__protocol=protocol)
    activity.project.planned_end = datetime.date(2026, 1, 31)
    assert refused(activity, happened_fr="Reporté de peu") == {}


def test_a_project_lies_within_its_plan(protocol: Any):
    project = ProjectFactory(protocol=protocol, plan=ActionPlanFactory(protocol=protocol))
    address = f"/fr/admin/projects/project/{project.pk}/change/"
    client = staff(protocol)
    assert len(errors_of(sent(client, address, planned_end="01/01/2027"))) == 1
    assert sent(client, address, planned_end="31/12/2026").status_code == 302


def test_a_project_carried_over_may_outlast_its_plan(protocol: Any):
    project = ProjectFactory(
        protocol=protocol, plan=ActionPlanFactory(protocol=protocol), carried_from=PhaseFactory(protocol=protocol)
    )
    project.planned_end = datetime.date(2027, 6, 30)
    assert carrying_out.against_project_dates(project) == {}


def test_activities_typed_with_a_new_project_are_held_against_its_dates(protocol: Any):
    typed = {
        "code": "NEW-1",
        "title_fr": "Un projet",
        "planned_start": "01/01/2026",
        "planned_end": "31/12/2026",
        "activities-TOTAL_FORMS": "1",
        "activities-0-kind": "activity",
        "activities-0-state": "planned",
        "activities-0-title_fr": "Un atelier",
        "activities-0-planned_start": "30/12/2026",
        "activities-0-planned_end": "02/01/2027",
    }
    client, address = staff(protocol), "/fr/admin/projects/project/add/"
    assert len(errors_of(sent(client, address, **typed))) == 1
    assert not Activity.objects.exists()
    typed["activities-0-planned_end"] = "31/12/2026"
    assert sent(client, address, **typed).status_code == 302
    assert Activity.objects.exists()


def test_a_postponed_activity_says_why_in_some_language(protocol: Any):
    activity = fresh(project__protocol=protocol)
    assert refused(activity, state="postponed") == {"postponed_reason": ["postponed"]}
    assert refused(activity, postponed_reason_nl="De zaal is dicht") == {}


def test_an_import_is_refused_with_every_rule(protocol: Any):
    activity = fresh(project__protocol=protocol)
    activity.state, activity.planned_end = ActivityState.POSTPONED, datetime.date(2027, 3, 1)
    with pytest.raises(Refusals) as refusal:
        carrying_out.check(activity)
    assert [error.code for error in refusal.value.error_list] == ["plan", "postponed"]


# Training and exchange ------------------------------------------------------------------------------------------------


def test_only_a_training_prepares_and_only_for_its_own_project(protocol: Any):
    activity = fresh(project__protocol=protocol)
    activity.prepares.add(activity.project.involvements.first())
    assert refused(activity) == {"prepares": ["F3.1"]}
    assert refused(activity, kind="training") == {}
    activity.prepares.add(InvolvementFactory(project__protocol=protocol))
    assert refused(activity) == {"prepares": ["F3.1"]}


def test_an_exchange_that_took_place_says_how_long(protocol: Any):
    activity = fresh(project__protocol=protocol, exchange=True, days=None)
    began = {"state": "done", "actual_start": activity.planned_start}
    assert refused(activity, **began) == {"days": ["A1.3"]}
    assert refused(activity, days=2) == {}


@pytest.mark.parametrize(
    ("answers", "means"),
    [
        ([(1, 3), (2, 4)], (Decimal("1.5"), Decimal("3.5"))),
        ([(1, 3), (None, 4), (2, None)], (Decimal(1), Decimal(3))),
        ([(1, 1), (1, 1), (2, 2)], (Decimal("1.3"), Decimal("1.3"))),
        ([(None, 4)], None),
        ([], None),
    ],
)
def test_mean_scores_are_of_the_questions_asked_both_times(protocol: Any, answers: Any, means: Any):
    activity = fresh(project__protocol=protocol, training=True)
    for before, after in answers:
        TrainingQuestionFactory(activity=activity, before=before, after=after)
    carrying_out.settle_scores(activity)
    activity.refresh_from_db()
    expected = means or (Decimal("1.5"), Decimal("3.0"))  # what was typed stays where no question was asked twice
    assert (activity.score_before, activity.score_after) == expected


# Outside the assessment -----------------------------------------------------------------------------------------------


@pytest.fixture
def assessed(protocol: Any) -> PriorAssessment:
    """A project that runs on an executed assessment."""
    project = ProjectFactory(protocol=protocol)
    return PriorAssessmentFactory(project=project, outcome="execute", decided_on=datetime.date(2024, 1, 10))


def outside(assessed: PriorAssessment) -> Activity:
    activity = fresh(project=assessed.project, outside_assessment=True)
    activity.changes.add(cell_of(assessed))
    return activity


def begun(activity: Activity) -> dict[str, Any]:
    return {"state": "under_way", "actual_start": activity.planned_start}


def test_an_activity_that_changes_the_assessment_waits_for_a_new_version(assessed: PriorAssessment):
    activity = outside(assessed)
    assert refused(activity) == {}  # it may be planned
    assert refused(activity, **begun(activity)) == {"state": ["I5"]}
    again = PriorAssessmentFactory(project=assessed.project, number=2)
    assert refused(activity) == {"state": ["I5"]}  # a version that is not decided opens nothing
    again.outcome, again.decided_on = "execute", datetime.date(2026, 2, 1)
    again.save()
    assert refused(activity) == {}


@pytest.mark.parametrize("outcome", ["modify", "cancel", "replace"])
def test_another_outcome_of_the_new_version_lets_nothing_begin(assessed: PriorAssessment, outcome: str):
    activity = outside(assessed)
    PriorAssessmentFactory(project=assessed.project, number=2, outcome=outcome, decided_on=datetime.date(2026, 2, 1))
    assert refused(activity, **begun(activity)) == {"state": ["I5"]}


def test_an_activity_outside_that_changes_no_cell_may_begin(assessed: PriorAssessment):
    activity = fresh(project=assessed.project, outside_assessment=True)
    assert refused(activity, **begun(activity)) == {}


def test_cells_are_of_the_own_project_and_said_to_be_outside(assessed: PriorAssessment, protocol: Any):
    inside = fresh(project=assessed.project)
    inside.changes.add(cell_of(assessed))
    assert refused(inside) == {"outside_assessment": ["I5"]}
    elsewhere = fresh(project=ProjectFactory(protocol=protocol), outside_assessment=True)
    elsewhere.changes.add(cell_of(assessed))
    assert refused(elsewhere) == {"changes": ["I5"]}


@pytest.mark.parametrize("state", ["proposed", "assessing", "suspended", "closed"])
def test_nothing_begins_in_a_project_that_does_not_run(protocol: Any, state: str):
    project = ProjectFactory(protocol=protocol, taken_over=True, state=state)
    activity = fresh(project=project)
    assert refused(activity, **begun(activity)) == {"state": ["I5"]}


def test_what_has_begun_can_still_be_written_down_when_the_project_stands_still(protocol: Any):
    project = ProjectFactory(protocol=protocol, taken_over=True, state="suspended")
    activity = fresh(project=project, done=True)
    assert refused(activity, happened_fr="Il a plu") == {}


# Counts ---------------------------------------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=4),
    st.integers(0, 90) | st.none(),
    st.integers(0, 90) | st.none(),
)
def test_ages_never_add_up_to_more_than_took_part(counts: list[tuple[int, int]], women: int | None, men: int | None):
    activity = Activity(women=women, men=men)
    rows = [ParticipantCount(women=one, men=other) for one, other in counts]
    sums = sum(one for one, _other in counts), sum(other for _one, other in counts)
    too_many = [counted > (total or 0) for counted, total in zip(sums, (women, men), strict=True)]
    found = carrying_out.against_counts(activity, rows)
    assert [refusal.code for refusal in found] == ["I15"] * sum(too_many)


# The form -------------------------------------------------------------------------------------------------------------


def change(activity: Activity) -> str:
    return f"{ACTIVITIES}{activity.pk}/change/"


def test_ages_are_entered_and_held_against_the_totals(protocol: Any):
    activity = fresh(project__protocol=protocol, done=True)  # 14 women, 11 men
    client = staff(protocol, role="editor")
    row = {"counts-TOTAL_FORMS": "1", "counts-0-activity": activity.pk, "counts-0-band": "15_24"}
    refusal = sent(client, change(activity), **row, **{"counts-0-women": "15", "counts-0-men": "11"})
    assert len(errors_of(refusal)) == 1
    assert not activity.counts.exists()
    both = sent(client, change(activity), women="15", **row, **{"counts-0-women": "15", "counts-0-men": "11"})
    assert both.status_code == 302
    assert activity.counts.get().women == 15


def test_lowering_a_total_below_its_ages_is_refused(protocol: Any):
    activity = fresh(project__protocol=protocol, done=True)
    ParticipantCountFactory(activity=activity)  # 12 women, 10 men
    assert len(errors_of(sent(staff(protocol), change(activity), women="11"))) == 1


def test_questions_settle_the_scores(protocol: Any):
    activity = fresh(project__protocol=protocol, training=True)
    row = {
        "questions-TOTAL_FORMS": "1",
        "questions-0-activity": activity.pk,
        "questions-0-order": "1",
        "questions-0-before": "1,2",
        "questions-0-after": "3,4",
        "questions-0-question_fr": "Savez-vous ?",
    }
    assert sent(staff(protocol), change(activity), **row).status_code == 302
    activity.refresh_from_db()
    assert (activity.score_before, activity.score_after) == (Decimal("1.2"), Decimal("3.4"))


def test_a_reason_typed_for_a_public_activity_counts_though_it_waits_as_a_draft(protocol: Any):
    activity = fresh(project=ProjectFactory(protocol=protocol, published=True))
    client = staff(protocol)
    assert len(errors_of(sent(client, change(activity), state="postponed"))) == 1
    answer = sent(client, change(activity), state="postponed", postponed_reason_fr="La salle est fermée")
    assert answer.status_code == 302


def test_cells_and_responsibilities_of_the_own_project_are_ticked(assessed: PriorAssessment, protocol: Any):
    activity = fresh(project=assessed.project, kind="training")
    ours = assessed.project.involvements.first()
    theirs = InvolvementFactory(project__protocol=protocol)
    client, cell = staff(protocol), cell_of(assessed)
    assert sent(client, change(activity), prepares=[theirs.pk]).status_code == 200
    typed = {"prepares": [ours.pk], "outside_assessment": ["on"], "changes": [cell.pk]}
    began = {"state": "under_way", "actual_start": "02/03/2026"}
    assert len(errors_of(sent(client, change(activity), **typed, **began))) == 1
    assert sent(client, change(activity), **typed).status_code == 302
    assert (list(activity.prepares.all()), list(activity.changes.all())) == ([ours], [cell])


def test_what_a_finished_activity_leaves_unsaid_is_asked_for(protocol: Any):
    activity = fresh(project__protocol=protocol, training=True)
    typed = {"state": "done", "actual_start": "02/03/2026", "actual_end": "04/03/2026"}
    client = staff(protocol)
    answer = sent(client, change(activity), **typed)
    assert "F3.1" in messages_of(client.get(answer["Location"]))


def test_the_rules_hold_in_the_project_s_form_too(assessed: PriorAssessment, protocol: Any):
    activity = outside(assessed)
    address = f"/fr/admin/projects/project/{activity.project_id}/change/"
    began = {"activities-0-state": "under_way", "activities-0-actual_start": "02/03/2026"}
    assert len(errors_of(sent(staff(protocol), address, **began))) == 1
    activity.refresh_from_db()
    assert activity.state == "planned"


def test_a_milestone_whose_day_has_passed_is_on_the_start_page(protocol: Any):
    project = ProjectFactory(protocol=protocol)
    milestone = ActivityFactory(project=project, is_milestone=True, state="postponed")
    other = ActivityFactory(project=project, state="postponed")
    page = staff(protocol).get("/fr/admin/").content.decode()
    assert change(milestone) in page
    assert change(other) not in page
