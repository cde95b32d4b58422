"""The life of a project: who moves it, what must hold, what either commune may do alone [I2, I5 to I7]."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from partnership import clock, decisions, drafting, hiding, opening
from partnership.models import EntryKind, Message, RegisterEntry
from partnership.models.hiding import notice
from partnership.publishing import publish
from projects import lifecycle
from projects.models import PriorAssessment, Project, ProjectState, Suspension
from tests.at_once import at_once, refused
from tests.conftest import LONG
from tests.deciding_projects import REASON, adopt, assessed_project, decide
from tests.factories import PhaseFactory
from tests.factories_decisions import approve, coordinator, protocol_in_force, signatory
from tests.factories_planning import MitigationFactory, ReadyProjectFactory, cell_of, weighed
from tests.factories_programme import ActivityFactory, ProjectFactory
from tests.pages import LANGUAGES

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    """Decided, and not started yet."""
    return decide(assessed_project())


@pytest.fixture
def by(project: Project) -> Any:
    return coordinator(project.protocol, 2)


def today(project: Project) -> datetime.date:
    return clock.today(project.protocol)


def codes_of(refused: pytest.ExceptionInfo[ValidationError]) -> set[str]:
    return {str(error.code) for error in refused.value.error_list}


def resume(project: Project) -> Any:
    kind = decisions.kind("resume_project")
    return adopt(opening.propose(kind, project, by=coordinator(project.protocol, 1)))


def test_a_project_goes_its_whole_way(project, by):
    lifecycle.start(project, by=by, on=today(project))
    lifecycle.complete(project, by=by, on=today(project))
    lifecycle.close(project, by=by)
    assert project.state == ProjectState.CLOSED
    assert (project.actual_start, project.actual_end) == (today(project), today(project))


@pytest.mark.parametrize("state", ["decided", "under_way", "completed", "closed"])
def test_the_database_itself_refuses_a_project_that_started_without_a_decision(state):
    project = ReadyProjectFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        Project.objects.filter(pk=project.pk).update(state=state)
    Project.objects.filter(pk=project.pk).update(state=state, execution_decided_on=datetime.date(2026, 1, 1))


def test_nothing_starts_without_a_decision_on_the_latest_diagnosis(project, by):
    PriorAssessment.objects.create(project=project, protocol=project.protocol, number=2)
    with pytest.raises(ValidationError) as refusal:
        lifecycle.start(project, by=by, on=today(project))
    assert codes_of(refusal) == {"I5"}


@pytest.mark.parametrize("position", [1, 2])
def test_nothing_starts_while_a_commune_has_no_responsibility(project, by, position):
    commune = project.protocol.parties.get(position=position).organisation
    project.involvements.filter(organisation=commune).delete()
    with pytest.raises(ValidationError) as refusal:
        lifecycle.start(project, by=by, on=today(project))
    assert codes_of(refusal) == {"I7"}


def test_no_start_on_a_day_to_come_nor_before_the_decision(project, by):
    for day in (today(project) + datetime.timedelta(days=1), datetime.date(2020, 1, 1)):
        with pytest.raises(ValidationError):
            lifecycle.start(project, by=by, on=day)
    project.refresh_from_db()
    assert project.state == ProjectState.DECIDED


def test_a_step_that_the_state_does_not_know_is_refused(project, by):
    with pytest.raises(ValidationError) as refusal:
        lifecycle.complete(project, by=by, on=today(project))
    assert codes_of(refusal) == {"state"}


def test_activities_are_ended_one_way_or_another_before_they_are_completed(project, by):
    lifecycle.start(project, by=by, on=today(project))
    activity = ActivityFactory(project=project, state="planned")
    with pytest.raises(ValidationError):
        lifecycle.complete(project, by=by, on=today(project))
    activity.state = "cancelled"
    activity.save()
    lifecycle.complete(project, by=by, on=today(project))


def test_no_project_is_closed_before_each_mitigation_is_followed_up(by):
    assessment = assessed_project(protocol=by.protocol)
    mitigation = MitigationFactory(impact=weighed(cell_of(assessment)))
    project = decide(assessment)
    lifecycle.start(project, by=by, on=today(project))
    lifecycle.complete(project, by=by, on=today(project))
    with pytest.raises(ValidationError) as refusal:
        lifecycle.close(project, by=by)
    assert codes_of(refusal) == {"mitigations"}
    mitigation.refresh_from_db()
    mitigation.done_on = today(project)
    mitigation.save()
    lifecycle.close(project, by=by)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("public", [False, True])
def test_a_follow_up_in_one_language_says_what_became_of_a_mitigation(by, language, public):
    """On a published project it waits for its other languages as a draft; it is said all the same."""
    assessment = assessed_project(protocol=by.protocol)
    mitigation = MitigationFactory(impact=weighed(cell_of(assessment)))
    project = decide(assessment)
    if public:
        publish(project, by=None)
    lifecycle.start(project, by=by, on=today(project))
    lifecycle.complete(project, by=by, on=today(project))
    mitigation.refresh_from_db()
    drafting.write(mitigation, {f"follow_up_{language}": "2027"}, by=by.user)
    lifecycle.close(project, by=by)
    assert project.state == ProjectState.CLOSED


# Suspending [I2] ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("position", [1, 2])
@pytest.mark.parametrize("member", [coordinator, signatory])
def test_either_commune_suspends_alone_and_at_once(project, position, member):
    lifecycle.start(project, by=coordinator(project.protocol, 1), on=today(project))
    suspension = lifecycle.suspend(project, by=member(project.protocol, position), ground="Risque.", language="fr")
    assert (project.state, suspension.party.position) == (ProjectState.SUSPENDED, position)
    entry = RegisterEntry.objects.filter(protocol=project.protocol).latest("sequence")
    assert (entry.kind, entry.data["ground"]) == (EntryKind.SUSPENSION, "Risque.")
    assert Message.objects.filter(protocol=project.protocol, key__contains=":suspended:").exists()


def test_a_second_suspension_on_the_same_day_is_told_too(project, by):
    lifecycle.suspend(project, by=by, ground="Risque.", language="fr")
    adopt(opening.propose(decisions.kind("resume_project"), project, by=by))
    project.refresh_from_db()
    lifecycle.suspend(project, by=by, ground="Encore.", language="fr")
    assert Message.objects.filter(key__contains=":suspended:", recipient=by.user.email).count() == 2


def test_a_title_that_is_hidden_does_not_stand_in_the_register_for_good(project, by):
    """[I11] What both communes signed keeps its words; what one of them does alone repeats nothing that is hidden."""
    title = project.title_fr
    publish(project, by=None)
    hiding.hide(project, "title", by=by, reason="Une personne y est reconnaissable.", language="fr")
    lifecycle.suspend(project, by=by, ground="Risque.", language="fr")
    entry = RegisterEntry.objects.filter(protocol=project.protocol).latest("sequence")
    assert entry.data["project"] == {"code": project.code, "title": {code: notice(code) for code in LANGUAGES}}
    assert title not in entry.payload
    assert Project.objects.get(pk=project.pk).title_fr == title


@pytest.mark.parametrize(("ground", "language"), [("", "fr"), ("   ", "fr"), ("Risque.", "")])
def test_nobody_suspends_without_a_ground(project, by, ground, language):
    with pytest.raises(ValidationError) as refusal:
        lifecycle.suspend(project, by=by, ground=ground, language=language)
    assert codes_of(refusal) == {"I2"}


def test_neither_commune_resumes_alone(project, by):
    lifecycle.suspend(project, by=by, ground="Risque.", language="fr")
    decision = opening.propose(decisions.kind("resume_project"), project, by=coordinator(project.protocol, 1))
    approve(decision, signatory(project.protocol, 2))
    project.refresh_from_db()
    assert project.state == ProjectState.SUSPENDED
    approve(decision, signatory(project.protocol, 1))
    project.refresh_from_db()
    assert project.state == ProjectState.DECIDED
    assert Suspension.objects.get().resumed_on == today(project)


def test_what_is_not_suspended_is_not_resumed(project):
    with pytest.raises(ValidationError):
        opening.propose(decisions.kind("resume_project"), project, by=coordinator(project.protocol, 1))


def test_a_closed_project_is_not_suspended(by):
    project = ProjectFactory(protocol=by.protocol, state="closed")
    with pytest.raises(ValidationError):
        lifecycle.suspend(project, by=by, ground="Trop tard.", language="fr")


def test_a_project_is_carried_over_into_a_later_phase_only(project, by):
    first = PhaseFactory(protocol=project.protocol, starts_on=datetime.date(2022, 1, 1))
    later = PhaseFactory(
        protocol=project.protocol, starts_on=datetime.date(2027, 1, 1), ends_on=datetime.date(2031, 12, 31)
    )
    lifecycle.carry_over(project, later, by=by)
    assert (project.carried_from, project.phase) == (None, later)
    with pytest.raises(ValidationError):
        lifecycle.carry_over(project, first, by=by)


def test_the_public_reads_a_suspended_project_as_suspended(project, by):
    publish(project, by=None)
    lifecycle.suspend(project, by=by, ground="Risque.", language="fr")
    assert Project.objects.published().get().state == ProjectState.SUSPENDED


# At once --------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_both_communes_suspend_at_the_same_instant_and_it_is_suspended_once():
    project = decide(assessed_project())
    people = [coordinator(project.protocol, position) for position in (1, 2)]
    acts = [
        lambda who=who: lifecycle.suspend(Project.objects.get(pk=project.pk), by=who, ground="Risque.", language="fr")
        for who in people
    ]
    assert len(refused(at_once(*acts))) == 1
    assert Suspension.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_a_start_and_a_suspension_at_the_same_instant_the_project_ends_suspended():
    project = decide(assessed_project())
    day = today(project)
    people = [coordinator(project.protocol, position) for position in (1, 2)]
    at_once(
        lambda: lifecycle.start(Project.objects.get(pk=project.pk), by=people[0], on=day),
        lambda: lifecycle.suspend(Project.objects.get(pk=project.pk), by=people[1], ground="Risque.", language="fr"),
    )
    project.refresh_from_db()
    assert project.state == ProjectState.SUSPENDED
    assert Suspension.objects.get().state_before in {ProjectState.DECIDED, ProjectState.UNDER_WAY}


# Whatever anybody tries -----------------------------------------------------------------------------------------------


class Living(RuleBasedStateMachine):
    """People of both communes, and one of neither, propose, sign, start, suspend, resume, complete and close as they like."""

    def __init__(self) -> None:
        super().__init__()
        self.run = transaction.atomic()
        self.run.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.run.__exit__(None, None, None)

    @initialize(whole=st.booleans())
    def a_project(self, whole: bool) -> None:
        protocol = protocol_in_force()
        assessment = assessed_project(protocol=protocol)
        self.pk = assessment.project_id
        if not whole:
            weighed(cell_of(assessment))
        self.people = [coordinator(protocol, 1), coordinator(protocol, 2), coordinator(protocol_in_force(), 1)]
        self.signers = [signatory(protocol, 1), signatory(protocol, 2)]
        self.over: str = ""

    @property
    def project(self) -> Project:
        return Project.objects.get(pk=self.pk)

    def attempt(self, act: Any) -> None:
        """Do it, or be refused; then the project is as it was."""
        before = self.project.state
        try:
            with transaction.atomic():
                act()
        except ValidationError:
            assert self.project.state == before

    @rule(
        outcome=st.sampled_from(["execute", "execute", "modify", "cancel"]), hands=st.sampled_from([(0,), (1,), (0, 1)])
    )
    def decide(self, outcome: str, hands: tuple[int, ...]) -> None:
        latest = self.project.assessments.order_by("-number").first()

        def act() -> None:
            terms = {"outcome": outcome, "replaced_by": "", **REASON}
            decision = opening.propose(decisions.kind("assessment_outcome"), latest, by=self.people[0], terms=terms)
            for hand in hands:
                approve(decision, self.signers[hand])

        self.attempt(act)

    @rule(who=st.sampled_from(range(3)))
    def start(self, who: int) -> None:
        project = self.project
        self.attempt(lambda: lifecycle.start(project, by=self.people[who], on=today(project)))

    @rule(who=st.sampled_from(range(3)))
    def complete(self, who: int) -> None:
        project = self.project
        self.attempt(lambda: lifecycle.complete(project, by=self.people[who], on=today(project)))

    @rule(who=st.sampled_from(range(3)))
    def close(self, who: int) -> None:
        self.attempt(lambda: lifecycle.close(self.project, by=self.people[who]))

    @rule(who=st.sampled_from(range(3)))
    def suspend(self, who: int) -> None:
        self.attempt(lambda: lifecycle.suspend(self.project, by=self.people[who], ground="Risque.", language="fr"))

    @rule(hands=st.sampled_from([(0,), (1,), (0, 1)]))
    def resume(self, hands: tuple[int, ...]) -> None:
        def act() -> None:
            decision = opening.propose(decisions.kind("resume_project"), self.project, by=self.people[1])
            for hand in hands:
                approve(decision, self.signers[hand])

        self.attempt(act)

    @rule(position=st.sampled_from([1, 2]))
    def a_commune_leaves_its_responsibility(self, position: int) -> None:
        project = self.project
        commune = project.protocol.parties.get(position=position).organisation_id
        if project.state in {ProjectState.ASSESSING, ProjectState.DECIDED}:
            project.involvements.filter(organisation=commune).delete()

    @invariant()
    def what_started_was_decided_by_both(self) -> None:
        project = self.project
        if project.state in {ProjectState.UNDER_WAY, ProjectState.COMPLETED, ProjectState.CLOSED}:
            latest = project.assessments.filter(outcome="execute").latest("number")
            decision = decisions.Decision.objects.on(latest).get(state="adopted")
            assert {one.party.position for one in decision.signatures.all()} == {1, 2}
            assert latest.impacts.exclude(effect="").count() == 24
            assert not latest.impacts.filter(effect="negative", mitigations=None).exists()
            assert not project.communes_without_responsibility()

    @invariant()
    def what_is_cancelled_stays_so(self) -> None:
        state = self.project.state
        if self.over:
            assert state == self.over
        if state in {ProjectState.CANCELLED, ProjectState.CLOSED}:
            self.over = state

    @invariant()
    def suspended_has_its_ground(self) -> None:
        project = self.project
        if project.state == ProjectState.SUSPENDED:
            assert project.suspensions.get(resumed_on=None).ground


def test_whatever_anybody_tries_no_project_starts_against_the_rules():
    examples = 60 if LONG else 6
    run_state_machine_as_test(Living, settings=settings(max_examples=examples, stateful_step_count=12, deadline=None))
