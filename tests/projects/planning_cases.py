"""The constraints of planning together, each with rows that just satisfy it and rows that break it; tried in test_models.py."""

from __future__ import annotations

import datetime
from datetime import timedelta
from typing import Any

from django.utils import timezone

from partnership.models import PublishingState
from projects.models import Impact
from tests.constraints import Case
from tests.factories import ProtocolFactory
from tests.factories_planning import (
    CellViewFactory,
    ConsultationFactory,
    ConvergenceFactory,
    InitiativeFactory,
    NeedFactory,
    NeedRecordFactory,
    ParticipantCountFactory,
    PriorAssessmentFactory,
    SheetWorkFactory,
    SuspensionFactory,
    TrainingQuestionFactory,
    cell_of,
    other_commune,
)
from tests.factories_programme import ActionPlanFactory, InvolvementFactory, ProjectFactory

DAY = datetime.date(2026, 6, 30)
PUBLISHED = {"publishing_state": PublishingState.PUBLISHED, "published_at": timezone.now()}
DECIDED = {"outcome": "execute", "decided_on": DAY}


def twice(factory: Any, **values: Any) -> list[Any]:
    """Two rows with the same values in one protocol."""
    protocol = ProtocolFactory()
    return [factory(protocol=protocol, **values), factory(protocol=protocol, **values)]


def apart(factory: Any, **values: Any) -> list[Any]:
    """A row with these values in each of two protocols."""
    return [factory(**values), factory(**values)]


def within_itself() -> None:
    """A plan that lies within itself."""
    plan = ActionPlanFactory()
    plan.within = plan
    plan.save()


def next_to(first: Any, factory: Any, **values: Any) -> list[Any]:
    """A row, and another made after it with these values."""
    return [first, factory(**values)]


def weighed(**values: Any) -> int:
    """A cell with these values, whatever they are."""
    return Impact.objects.filter(pk=cell_of(PriorAssessmentFactory()).pk).update(**values)


def assessed_again(**first: Any) -> list[Any]:
    """Two versions of one project's diagnosis."""
    before = PriorAssessmentFactory(**first)
    return [before, PriorAssessmentFactory(project=before.project, number=2)]


def recorded_again(*, by_the_other: bool) -> list[Any]:
    """A need that two communes recorded, or one of them twice."""
    first = NeedRecordFactory()
    party = other_commune(first.need.protocol) if by_the_other else first.party
    return [first, NeedRecordFactory(need=first.need, party=party)]


def seen_again(*, by_the_other: bool) -> list[Any]:
    """A cell on which two communes say how they stand, or one of them twice."""
    first = CellViewFactory()
    party = other_commune(first.impact.assessment.protocol) if by_the_other else first.party
    return [first, CellViewFactory(impact=first.impact, party=party)]


def suspended_again(**first: Any) -> list[Any]:
    """A project that is suspended a second time."""
    before = SuspensionFactory(**first)
    return [before, SuspensionFactory(project=before.project)]


CASES = [
    Case(
        "sheet_work_state_known",
        lambda: SheetWorkFactory(state="done"),
        lambda: SheetWorkFactory(state="lost"),
    ),
    Case("plan_not_within_itself", lambda: ActionPlanFactory(within=ActionPlanFactory()), within_itself),
    Case(
        "project_started_on_a_decision",
        lambda: [
            ProjectFactory(state="under_way"),
            ProjectFactory(state="closed", taken_over=True, execution_decided_on=None),
        ],
        lambda: ProjectFactory(state="decided", execution_decided_on=None),
    ),
    Case(
        "involvement_accepted_or_declined",
        lambda: [InvolvementFactory(accepted_on=DAY), InvolvementFactory(declined_on=DAY)],
        lambda: InvolvementFactory(accepted_on=DAY, declined_on=DAY),
    ),
    Case(
        "participants_band_once",
        lambda: next_to(
            one := ParticipantCountFactory(), ParticipantCountFactory, activity=one.activity, band="under_15"
        ),
        lambda: next_to(one := ParticipantCountFactory(), ParticipantCountFactory, activity=one.activity),
    ),
    Case(
        "training_question_scale",
        lambda: [TrainingQuestionFactory(before=0, after=4), TrainingQuestionFactory(before=None, after=None)],
        lambda: TrainingQuestionFactory(after=5),
    ),
    Case("need_code_once", lambda: apart(NeedFactory, code="N"), lambda: twice(NeedFactory, code="N")),
    Case(
        "need_published_complete",
        lambda: [NeedFactory(title_ar=""), NeedFactory(**PUBLISHED)],
        lambda: NeedFactory(title_ar="", **PUBLISHED),
    ),
    Case(
        "need_recorded_once",
        lambda: recorded_again(by_the_other=True),
        lambda: recorded_again(by_the_other=False),
    ),
    Case(
        "consultation_code_once",
        lambda: apart(ConsultationFactory, code="C"),
        lambda: twice(ConsultationFactory, code="C"),
    ),
    Case(
        "consultation_with_somebody",
        lambda: ConsultationFactory(with_partners=False, with_citizens=True),
        lambda: ConsultationFactory(with_partners=False),
    ),
    Case(
        "consultation_youth_among_them",
        lambda: [ConsultationFactory(women=2, men=3, youth=5), ConsultationFactory(women=None, men=3, youth=5)],
        lambda: ConsultationFactory(women=2, men=3, youth=6),
    ),
    Case(
        "consultation_published_complete",
        lambda: [ConsultationFactory(said_nl=""), ConsultationFactory(**PUBLISHED)],
        lambda: ConsultationFactory(said_nl="", **PUBLISHED),
    ),
    Case(
        "assessment_number_once",
        lambda: assessed_again(**DECIDED),
        lambda: next_to(
            one := PriorAssessmentFactory(**DECIDED), PriorAssessmentFactory, project=one.project, number=1
        ),
    ),
    Case("assessment_one_open", lambda: assessed_again(**DECIDED), assessed_again),
    Case(
        "assessment_decided_on_a_day",
        lambda: [PriorAssessmentFactory(), PriorAssessmentFactory(**DECIDED)],
        lambda: PriorAssessmentFactory(outcome="execute"),
    ),
    Case(
        "assessment_published_complete",
        lambda: [PriorAssessmentFactory(context_fr=""), PriorAssessmentFactory(**PUBLISHED)],
        lambda: PriorAssessmentFactory(context_fr="", **PUBLISHED),
    ),
    Case(
        "impact_each_cell_once",
        PriorAssessmentFactory,
        lambda: Impact.objects.create(
            assessment=PriorAssessmentFactory(), dimension="social", directness="direct", horizon="short"
        ),
    ),
    Case(
        "impact_weighed",
        lambda: [weighed(effect="negative", severity=1, likelihood=4), weighed(effect="")],
        lambda: weighed(effect="none", severity=1),
    ),
    Case(
        "impact_weighed",
        lambda: weighed(effect="positive", severity=4, likelihood=1),
        lambda: weighed(effect="positive", severity=5, likelihood=1),
    ),
    Case("cell_view_once", lambda: seen_again(by_the_other=True), lambda: seen_again(by_the_other=False)),
    Case(
        "cell_view_disputed_with_words",
        lambda: CellViewFactory(view="disputed", comment="Non.", comment_language="fr"),
        lambda: CellViewFactory(view="disputed"),
    ),
    Case(
        "initiative_iati_once",
        lambda: [*apart(InitiativeFactory, iati_identifier="XM-1"), *twice(InitiativeFactory)],
        lambda: twice(InitiativeFactory, iati_identifier="XM-1"),
    ),
    Case(
        "initiative_ends_after_start",
        lambda: [InitiativeFactory(starts_on=DAY, ends_on=DAY), InitiativeFactory(starts_on=DAY, ends_on=None)],
        lambda: InitiativeFactory(starts_on=DAY, ends_on=DAY - timedelta(days=1)),
    ),
    Case(
        "convergence_once",
        lambda: next_to(one := ConvergenceFactory(), ConvergenceFactory, project=one.project),
        lambda: next_to(
            one := ConvergenceFactory(), ConvergenceFactory, project=one.project, initiative=one.initiative
        ),
    ),
    Case(
        "suspension_one_at_a_time",
        lambda: suspended_again(resumed_on=DAY),
        suspended_again,
    ),
    Case("suspension_with_ground", SuspensionFactory, lambda: SuspensionFactory(ground="")),
]
