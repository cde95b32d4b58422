"""Both communes decide on a prior assessment: what must hold, and what follows from each outcome [I5, I6]."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from partnership import deliberating, locks
from partnership.models import Deliberation, EntryKind, PublishingState, RegisterEntry
from projects import diagnosing, outcomes
from projects.models import Effect, Impact, PriorAssessment, ProjectState
from tests.deciding_projects import adopt, assessed_project, decide, propose_outcome
from tests.factories import OrganisationFactory
from tests.factories_decisions import coordinator, write
from tests.factories_planning import CellViewFactory, MitigationFactory, ReadyProjectFactory, cell_of, weighed
from tests.factories_programme import BudgetLineFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def assessment() -> PriorAssessment:
    return assessed_project()


def missing(assessment: PriorAssessment) -> list[str]:
    return [" ".join(each.refusal.messages) for each in outcomes.blockers(assessment) if not each.done]


def codes_of(refused: pytest.ExceptionInfo[ValidationError]) -> set[str]:
    return {str(error.code) for error in refused.value.error_list}


def test_nothing_stands_against_a_whole_diagnosis(assessment):
    assert missing(assessment) == []
    assert all(each.url for each in outcomes.blockers(assessment))


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (lambda a: a.impacts.update(effect=""), "I5"),
        (lambda a: a.participants.first().delete(), "I5"),
        (lambda a: PriorAssessment.objects.filter(pk=a.pk).update(need=None), "I5"),
        (lambda a: PriorAssessment.objects.filter(pk=a.pk).update(alternatives_nl=""), "I10"),
        (lambda a: a.project.objectives.clear(), "I5"),
        (lambda a: a.project.domains.clear(), "I5"),
        (lambda a: a.project.goals.clear(), "I5"),
        (lambda a: type(a.project).objects.filter(pk=a.project_id).update(competence=""), "I5"),
        (lambda a: type(a.project).objects.filter(pk=a.project_id).update(legal_basis_ar=""), "I5"),
        (lambda a: type(a.project).objects.filter(pk=a.project_id).update(pac_line_fr=""), "I5"),
        (lambda a: type(a.project).objects.filter(pk=a.project_id).update(convergence_asked_on=None), "I5"),
        (lambda a: a.project.involvements.exclude(organisation__kind="commune").delete(), "I5"),
        (lambda a: weighed(cell_of(a)), "I5"),
        (lambda a: weighed_without_why(a), "I10"),
        (lambda a: CellViewFactory(impact=cell_of(a), view="disputed", comment="Non.", comment_language="fr"), "I2"),
    ],
)
def test_each_condition_keeps_the_decision_from_opening_and_names_its_rule(assessment, spoil, rule):
    spoil(assessment)
    with pytest.raises(ValidationError) as refused:
        propose_outcome(PriorAssessment.objects.get(pk=assessment.pk))
    assert rule in codes_of(refused)


def weighed_without_why(assessment):
    Impact.objects.filter(pk=cell_of(assessment).pk).update(effect=Effect.POSITIVE, severity=1, likelihood=2)


def test_a_reason_why_no_line_of_the_communal_plan_will_do(assessment):
    none = {"pac_line_ar": "", "pac_line_fr": "", "pac_line_nl": ""}
    why = {"no_pac_reason_ar": "لا محور", "no_pac_reason_fr": "Aucun axe", "no_pac_reason_nl": "Geen as"}
    type(assessment.project).objects.filter(pk=assessment.project_id).update(**none, **why)
    assert missing(PriorAssessment.objects.get(pk=assessment.pk)) == []


@pytest.mark.parametrize("incomplete", [{"responsible": None}, {"due": None}, {"remains_nl": ""}, {"measure_ar": ""}])
def test_a_mitigation_without_who_when_or_what_remains_is_none(assessment, incomplete):
    cell = weighed(cell_of(assessment))
    MitigationFactory(impact=cell, **incomplete)
    assert len(missing(assessment)) == 1
    MitigationFactory(impact=cell)
    assert missing(assessment) == []


def test_every_negative_effect_needs_its_own_however_small(assessment):
    for horizon in ("short", "medium", "long"):
        weighed(cell_of(assessment, horizon=horizon), severity=1, likelihood=1)
    assert len(missing(assessment)) == 3


def test_what_cannot_be_mitigated_can_still_be_cancelled_or_modified(assessment):
    weighed(cell_of(assessment))
    with pytest.raises(ValidationError):
        propose_outcome(assessment)
    assert propose_outcome(assessment, "cancel").is_open


def test_execute_rests_on_both_councils_by_default_and_the_other_outcomes_do_not(assessment):
    assert propose_outcome(assessment).needs_deliberation
    assert not propose_outcome(assessed_project(protocol=assessment.protocol), "modify").needs_deliberation


@pytest.mark.parametrize(("setting", "needed"), [("none", (False, False)), ("every", (True, True))])
def test_each_protocol_says_for_which_outcomes_councils_deliberate(assessment, setting, needed):
    assessment.protocol.councils_on_outcomes = setting
    assessment.protocol.save()
    found = propose_outcome(assessment), propose_outcome(assessed_project(protocol=assessment.protocol), "cancel")
    assert tuple(decision.needs_deliberation for decision in found) == needed


def test_to_execute_makes_the_project_decided_the_diagnosis_public_and_keeps_the_first_budget(assessment):
    line = BudgetLineFactory(project=assessment.project, planned=9000)
    project = decide(assessment)
    line.refresh_from_db()
    assert (project.state, project.execution_decided_on) == (ProjectState.DECIDED, assessment.decided_on)
    assert (assessment.outcome, assessment.reason_fr) == ("execute", "Aucun effet négatif.")
    assert assessment.publishing_state == PublishingState.PUBLISHED
    assert line.original == 9000
    entry = RegisterEntry.objects.filter(protocol=project.protocol).latest("sequence")
    assert (entry.kind, entry.decision.kind) == (EntryKind.DECISION, "assessment_outcome")


def test_what_was_decided_holds_cells_and_mitigations_fast_but_not_their_follow_up(assessment):
    mitigation = MitigationFactory(impact=weighed(cell_of(assessment)))
    decide(assessment)
    cell = mitigation.impact
    cell.refresh_from_db()
    cell.severity = 1
    with pytest.raises(locks.Locked):
        write(cell)
    mitigation.refresh_from_db()
    mitigation.measure_fr = "Autre chose"
    with pytest.raises(locks.Locked):
        write(mitigation)
    mitigation.refresh_from_db()
    mitigation.done_on = assessment.decided_on
    write(mitigation)


def test_modify_opens_the_next_version_with_the_cells_of_the_one_before(assessment):
    MitigationFactory(impact=weighed(cell_of(assessment)))
    project = decide(assessment, "modify")
    new = project.assessments.get(number=2)
    assert project.state == ProjectState.ASSESSING
    assert (new.outcome, new.impacts.count(), cell_of(new).effect) == ("", 24, "negative")
    assert cell_of(new).mitigations.get().measure_fr == "Cours du soir hors récolte"
    with pytest.raises(ValidationError) as refused:
        propose_outcome(assessment)
    assert "I6" in codes_of(refused)


def test_cancelled_for_good_is_final(assessment):
    project = decide(assessment, "cancel")
    assert project.state == ProjectState.CANCELLED
    with pytest.raises(ValidationError):
        diagnosing.begin(project, by=coordinator(project.protocol, 2))


def test_replace_links_both_ways(assessment):
    other = ReadyProjectFactory(protocol=assessment.protocol)
    project = decide(assessment, "replace", replaced_by=other.code)
    other.refresh_from_db()
    assert (project.state, other.replaces, project.replaced_by) == (ProjectState.REPLACED, project, other)


@pytest.mark.parametrize("by", ["itself", "nobody", "one that is over", "one that replaces another", "a loop"])
def test_a_replacement_that_cannot_be_is_refused(assessment, by):
    protocol, project = assessment.protocol, assessment.project
    earlier = ReadyProjectFactory(protocol=protocol)
    project.replaces = earlier
    project.save()
    code = {
        "itself": project.code,
        "nobody": "",
        "one that is over": ReadyProjectFactory(protocol=protocol, state="cancelled").code,
        "one that replaces another": ReadyProjectFactory(
            protocol=protocol, replaces=ReadyProjectFactory(protocol=protocol)
        ).code,
        "a loop": earlier.code,
    }[by]
    with pytest.raises(ValidationError) as refused:
        propose_outcome(assessment, "replace", replaced_by=code)
    assert codes_of(refused) == {"replaced_by"}


def annul(decision):
    """A council's deliberation under the decision loses its effect."""
    resting = decision.signatures.exclude(deliberation=None).first().deliberation
    deliberating.lose_effect(
        Deliberation.objects.get(pk=resting.pk),
        by=coordinator(decision.protocol, resting.party.position),
        on=decision.closed_at.date(),
        ground="Annulée.",
        language="fr",
    )


def test_a_decision_that_loses_its_ground_opens_the_diagnosis_again(assessment):
    decision = adopt(propose_outcome(assessment))
    annul(decision)
    assessment.refresh_from_db()
    project = assessment.project
    project.refresh_from_db()
    assert (assessment.outcome, assessment.decided_on, project.state) == ("", None, ProjectState.ASSESSING)
    assert assessment.publishing_state != PublishingState.PUBLISHED
    assert project.execution_decided_on is None


def test_reading_the_conditions_costs_the_same_for_one_mitigation_and_for_twenty_four(assessment):
    def cost() -> int:
        fresh = PriorAssessment.objects.select_related("project", "protocol").get(pk=assessment.pk)
        with CaptureQueriesContext(connection) as captured:
            outcomes.blockers(fresh)
        return len(captured)

    first, *others = assessment.impacts.all()
    MitigationFactory(impact=weighed(first))
    CellViewFactory(impact=first, view="disputed", comment="Non.", comment_language="fr")
    few = cost()
    for cell in others:
        MitigationFactory(impact=weighed(cell), responsible=OrganisationFactory())
        CellViewFactory(impact=cell, view="disputed", comment="Non.", comment_language="fr")
    assert cost() == few


def test_a_first_decision_that_loses_its_ground_leaves_what_a_later_one_decided(assessment):
    first = adopt(propose_outcome(assessment))
    second = diagnosing.next_version(PriorAssessment.objects.get(pk=assessment.pk))
    project = decide(second)
    annul(first)
    project.refresh_from_db()
    assessment.refresh_from_db()
    assert (project.state, project.execution_decided_on) == (ProjectState.DECIDED, second.decided_on)
    assert (assessment.outcome, assessment.publishing_state) == ("execute", PublishingState.WITHDRAWN)
