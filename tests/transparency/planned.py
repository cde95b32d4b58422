"""Planning together, as the public reads it and as it must not: rows for the tests of secrets and of what pages cost."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

from partnership import publishing
from projects.models import PriorAssessment
from tests.factories import OrganisationFactory
from tests.factories_planning import (
    CellViewFactory,
    ConsultationFactory,
    ConvergenceFactory,
    InitiativeFactory,
    MitigationFactory,
    NeedFactory,
    NeedRecordFactory,
    ParticipantCountFactory,
    ParticipantFactory,
    PriorAssessmentFactory,
    SheetWorkFactory,
    SuspensionFactory,
    TrainingQuestionFactory,
    cell_of,
    decided_version,
    other_commune,
    recorded,
    weighed,
)
from tests.factories_programme import (
    ActivityFactory,
    BudgetLineFactory,
    InvolvementFactory,
    ProjectFactory,
    TransactionFactory,
)

WITHOUT_DUTCH = ""


def shown(project: Any, plan: Any) -> list[Any]:
    """Everything that the public reads of the planning of a published project: what can hold a hidden text."""
    need = _need(project.protocol)
    consultation = ConsultationFactory(protocol=project.protocol, plan=plan, published=True)
    consultation.needs.add(need)
    earlier = decided_version(project, 1, "modify")
    assessment = decided_version(project, 2, need=need)
    cell = weighed(cell_of(assessment))
    convergence = ConvergenceFactory(project=project)
    return [
        *(need, consultation, earlier, assessment, cell, MitigationFactory(impact=cell)),
        *assessment.participants.all(),
        *(convergence, convergence.initiative, *_training(project), *_money(project)),
    ]


def _need(protocol: Any) -> Any:
    need = recorded(NeedFactory(protocol=protocol))
    publishing.publish(need, by=None)
    return need


def _training(project: Any) -> list[Any]:
    """A training that prepares for responsibilities, its people by age and its questions; an activity that was postponed."""
    activity = ActivityFactory(project=project, done=True, training=True)
    activity.prepares.set(project.involvements.all())
    ParticipantCountFactory(activity=activity, women=9, men=6)
    postponed = ActivityFactory(project=project, state="postponed")
    return [activity, postponed, TrainingQuestionFactory(activity=activity)]


def _money(project: Any) -> list[Any]:
    """A line that both communes decided on otherwise, of which more was spent."""
    line = BudgetLineFactory(project=project, original=Decimal("9000.00"))
    TransactionFactory(line=line, amount=line.planned + 1)
    return [line]


def kept_back(project: Any, plan: Any) -> None:
    """What hangs on a published project and a published plan, and is not public itself: not decided, draft, withdrawn, incomplete.

    Comments, views, remarks and an organisation's own words are not public beside what is.
    """
    here = project.protocol
    draft = NeedFactory(protocol=here)
    NeedRecordFactory(need=draft)
    consultation = ConsultationFactory(protocol=here, plan=plan, published=True)
    consultation.needs.add(draft, _need(here))
    ConsultationFactory(protocol=here, plan=plan)
    publishing.withdraw(ConsultationFactory(protocol=here, plan=plan, published=True), by=None)
    publishing.withdraw(decided_version(project, 3, need=draft), by=None)
    _undecided(PriorAssessmentFactory(project=project, number=4, need=draft))
    stopped = ProjectFactory(protocol=here, plan=plan, state="suspended", published=True)
    decided_version(stopped, need=draft)
    SuspensionFactory(project=stopped)
    _incomplete(project)
    _answered(project)
    SheetWorkFactory(protocol=here, ended_at=datetime.datetime(2026, 5, 4, tzinfo=datetime.UTC))


def _undecided(assessment: Any) -> None:
    """A diagnosis in which the communes do not agree yet."""
    cell = weighed(cell_of(assessment))
    MitigationFactory(impact=cell)
    disputed = {"view": "disputed", "comment": "Trop grave.", "comment_language": "fr"}
    CellViewFactory(impact=cell, party=other_commune(assessment.protocol), **disputed)


def _incomplete(project: Any) -> None:
    """Parts of what is public that lack a language, and what hangs on them."""
    latest = project.assessments.get(number=2)
    MitigationFactory(impact=weighed(cell_of(latest, "social")), measure_nl=WITHOUT_DUTCH)
    CellViewFactory(impact=cell_of(latest, "social"))
    ParticipantFactory(assessment=latest, function_nl=WITHOUT_DUTCH)
    unnamed = InitiativeFactory(protocol=project.protocol, title_nl=WITHOUT_DUTCH)
    ConvergenceFactory(project=project, initiative=unnamed)
    ConvergenceFactory(project=project, agreed_nl=WITHOUT_DUTCH)
    TrainingQuestionFactory(
        activity=project.activities.filter(kind="training").earliest("pk"), order=2, question_nl=WITHOUT_DUTCH
    )
    TrainingQuestionFactory(activity=ActivityFactory(project=project, title_nl=WITHOUT_DUTCH))


def _answered(project: Any) -> None:
    """What organisations said when they were asked for their responsibilities."""
    told = {"words": "Avec plaisir.", "words_language": "fr", "accepted_through": "link"}
    day = datetime.date(2026, 4, 1)
    for answer in ("accepted_on", "declined_on"):
        InvolvementFactory(project=project, organisation=OrganisationFactory(), **{answer: day}, **told)


def near_a_sensitive_place(project: Any) -> None:
    """A need and a consultation, both public, from which a project starts whose place is kept back: theirs would tell it."""
    need = _need(project.protocol)
    consultation = ConsultationFactory(protocol=project.protocol, published=True)
    consultation.needs.add(need)
    PriorAssessment.objects.create(protocol=project.protocol, project=project, number=1, need=need)
