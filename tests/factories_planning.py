"""Rows of planning together: needs, consultations, prior assessments, initiatives of others.

PriorAssessmentFactory()                 24 cells, all answered "none", someone of each commune took part: nothing blocks it
PriorAssessmentFactory(cells="open")     24 cells without an answer
consulted(ActionPlanFactory())           a plan with a consultation that took place and has minutes
decided_version(ProjectFactory())        a prior assessment as the public reads it once both communes decided
recorded(NeedFactory())                  a need that both communes have recorded
ReadyProjectFactory()                    a project that lacks nothing but its prior assessment's decision
"""

from __future__ import annotations

import datetime
from typing import Any

import factory

from partnership import publishing
from partnership.history import create_together
from partnership.models import Party
from projects import recording
from projects.models import CELLS, Effect, Impact, PriorAssessment
from tests.factories import (
    DocumentFactory,
    DomainFactory,
    GoalFactory,
    MembershipFactory,
    ObjectiveFactory,
    OrganisationFactory,
    ProtocolFactory,
    Rows,
    UserFactory,
    first_commune,
    numbered,
    publish_if_asked,
)
from tests.factories_programme import InvolvementFactory, ProjectFactory


class NeedFactory(Rows):
    class Meta:
        model = "projects.Need"

    protocol = factory.SubFactory(ProtocolFactory)
    code = factory.Sequence(lambda n: f"NEED-{n}")
    title_ar = numbered("ولوج النساء العاملات في الفلاحة إلى القراءة")
    title_fr = numbered("L’accès des ouvrières agricoles à la lecture")
    title_nl = numbered("Toegang tot lezen voor landarbeidsters")
    description_ar = "عبرت عاملات فلاحيات عن حاجتهن إلى أقسام مسائية."
    description_fr = "Des ouvrières agricoles ont demandé des cours du soir."
    description_nl = "Landarbeidsters vroegen om avondlessen."


class NeedRecordFactory(Rows):
    class Meta:
        model = "projects.NeedRecord"

    need = factory.SubFactory(NeedFactory)
    party = factory.LazyAttribute(lambda made: first_commune(made.need.protocol))
    by = factory.LazyAttribute(
        lambda made: MembershipFactory(protocol=made.need.protocol, organisation=made.party.organisation, role="editor")
    )
    on = datetime.date(2026, 3, 2)


class ConsultationFactory(Rows):
    class Meta:
        model = "projects.Consultation"

    protocol = factory.SubFactory(ProtocolFactory)
    code = factory.Sequence(lambda n: f"CONS-{n}")
    title_ar = numbered("لقاء تشاوري مع الجمعيات")
    title_fr = numbered("Rencontre de consultation avec les associations")
    title_nl = numbered("Overlegvergadering met de verenigingen")
    held_on = datetime.date(2026, 2, 10)
    with_partners = True
    said_ar = "طالبت الجمعيات بأقسام قريبة من الدواوير."
    said_fr = "Les associations ont demandé des cours proches des douars."
    said_nl = "De verenigingen vroegen lessen dicht bij de douars."
    done_with_ar = "أدرج الطلب في برنامج العمل."
    done_with_fr = "La demande est reprise dans le plan."
    done_with_nl = "De vraag is in het plan opgenomen."
    women, men, youth = 14, 9, 8
    published = factory.PostGeneration(publish_if_asked)


class ReadyProjectFactory(ProjectFactory):
    """Nothing but its prior assessment's decision stands between this project and its start."""

    state = "assessing"
    actual_start = None
    competence = "shared"
    legal_basis_ar = "المادة 87 من القانون التنظيمي 113.14"
    legal_basis_fr = "Article 87 de la loi organique 113-14"
    legal_basis_nl = "Artikel 87 van organieke wet 113-14"
    pac_line_ar = "المحور 2"
    pac_line_fr = "Axe 2"
    pac_line_nl = "As 2"
    convergence_asked_ar = "قسم العمل الاجتماعي بالعمالة"
    convergence_asked_fr = "Division de l’action sociale de la province"
    convergence_asked_nl = "Afdeling sociale actie van de provincie"
    convergence_asked_on = datetime.date(2026, 3, 1)

    @factory.post_generation
    def anchored(self, create: bool, _given: Any, **_kwargs: Any) -> None:
        """An objective, a domain, an international goal, and a third partner in delivery."""
        if not create:
            return
        self.objectives.add(ObjectiveFactory(protocol=self.protocol))
        self.domains.add(DomainFactory(protocol=self.protocol))
        self.goals.add(GoalFactory())
        InvolvementFactory(project=self, organisation=OrganisationFactory())


class PriorAssessmentFactory(Rows):
    class Meta:
        model = "projects.PriorAssessment"
        skip_postgeneration_save = True

    project = factory.SubFactory(ReadyProjectFactory)
    protocol = factory.LazyAttribute(lambda made: made.project.protocol)
    number = 1
    need = factory.LazyAttribute(lambda made: NeedFactory(protocol=made.protocol))
    context_ar = "تعمل أغلب النساء موسميا."
    context_fr = "La plupart des femmes travaillent selon les saisons."
    context_nl = "De meeste vrouwen werken seizoensgebonden."
    alternatives_ar = "دروس عن بعد، أو عدم القيام بشيء."
    alternatives_fr = "Des cours à distance, ou ne rien faire."
    alternatives_nl = "Lessen op afstand, of niets doen."
    future_generations_ar = "أمهات متعلمات يشجعن التمدرس."
    future_generations_fr = "Des mères instruites encouragent l’école."
    future_generations_nl = "Geschoolde moeders moedigen school aan."

    @factory.post_generation
    def cells(self, create: bool, given: Any, **_kwargs: Any) -> None:
        """The 24 cells, and someone of each commune who took part."""
        if not create:
            return
        effect = "" if given == "open" else Effect.NONE
        create_together(
            [
                Impact(assessment=self, dimension=dimension, directness=directness, horizon=horizon, effect=effect)
                for dimension, directness, horizon in CELLS
            ]
        )
        for party in self.protocol.parties.all():
            ParticipantFactory(assessment=self, organisation=party.organisation)


class ParticipantFactory(Rows):
    class Meta:
        model = "projects.AssessmentParticipant"

    assessment = factory.SubFactory(PriorAssessmentFactory)
    organisation = factory.LazyAttribute(lambda made: first_commune(made.assessment.protocol).organisation)
    function_ar = "رئيسة مصلحة العمل الاجتماعي"
    function_fr = "Cheffe du service social"
    function_nl = "Hoofd van de sociale dienst"


def decided_version(project: Any, number: int = 1, outcome: str = "execute", **values: Any) -> PriorAssessment:
    """A version both communes decided on, published as their decision publishes it."""
    on = datetime.date(2026, 4, 1)
    made: PriorAssessment = PriorAssessmentFactory(
        project=project, number=number, outcome=outcome, decided_on=on, **values
    )
    publishing.publish(made, by=None)
    return made


def cell_of(
    assessment: PriorAssessment, dimension: str = "economic", directness: str = "direct", horizon: str = "short"
) -> Impact:
    """One cell of an assessment."""
    return assessment.impacts.get(dimension=dimension, directness=directness, horizon=horizon)


def weighed(cell: Impact, effect: str = "negative", severity: int = 3, likelihood: int = 3) -> Impact:
    """The cell with an effect, weighed and explained in three languages."""
    cell.effect, cell.severity, cell.likelihood = effect, severity, likelihood
    cell.why_ar, cell.why_fr, cell.why_nl = "فقدان ساعات عمل", "Perte d’heures de travail", "Verlies van werkuren"
    cell.save()
    return cell


class MitigationFactory(Rows):
    class Meta:
        model = "projects.Mitigation"

    impact = factory.LazyFunction(lambda: weighed(cell_of(PriorAssessmentFactory())))
    measure_ar = "أقسام مسائية خارج فترة الجني"
    measure_fr = "Cours du soir hors récolte"
    measure_nl = "Avondlessen buiten de oogst"
    remains_ar = "لا شيء يذكر"
    remains_fr = "Presque rien"
    remains_nl = "Bijna niets"
    responsible = factory.LazyAttribute(lambda made: first_commune(made.impact.assessment.protocol).organisation)
    due = datetime.date(2026, 10, 15)


class CellViewFactory(Rows):
    class Meta:
        model = "projects.CellView"

    impact = factory.LazyFunction(lambda: cell_of(PriorAssessmentFactory()))
    party = factory.LazyAttribute(lambda made: first_commune(made.impact.assessment.protocol))
    view = "agreed"
    by = factory.LazyAttribute(
        lambda made: MembershipFactory(
            protocol=made.impact.assessment.protocol, organisation=made.party.organisation, role="editor"
        )
    )
    at = datetime.datetime(2026, 3, 4, 9, 30, tzinfo=datetime.UTC)


class InitiativeFactory(Rows):
    class Meta:
        model = "projects.Initiative"

    protocol = factory.SubFactory(ProtocolFactory)
    title_ar = numbered("برنامج إقليمي لمحو الأمية")
    title_fr = numbered("Programme provincial d’alphabétisation")
    title_nl = numbered("Provinciaal alfabetiseringsprogramma")
    level = "provincial"
    dac_sector = "11230"
    starts_on = datetime.date(2024, 1, 1)
    ends_on = datetime.date(2026, 12, 31)


class ConvergenceFactory(Rows):
    class Meta:
        model = "projects.Convergence"

    project = factory.SubFactory(ReadyProjectFactory)
    initiative = factory.LazyAttribute(lambda made: InitiativeFactory(protocol=made.project.protocol))
    relation = "complements"
    agreed_ar = "تنسيق الأقسام"
    agreed_fr = "Les cours sont coordonnés"
    agreed_nl = "De lessen worden afgestemd"


class SuspensionFactory(Rows):
    class Meta:
        model = "projects.Suspension"

    project = factory.SubFactory(ProjectFactory)
    party = factory.LazyAttribute(lambda made: first_commune(made.project.protocol))
    by = factory.LazyAttribute(
        lambda made: MembershipFactory(
            protocol=made.project.protocol, organisation=made.party.organisation, role="coordinator"
        )
    )
    ground = "Le local est fermé."
    language = "fr"
    on = datetime.date(2026, 5, 4)
    state_before = "under_way"


class ParticipantCountFactory(Rows):
    class Meta:
        model = "projects.ParticipantCount"

    activity = factory.SubFactory("tests.factories_programme.ActivityFactory")
    band = "15_24"
    women, men = 12, 10


class TrainingQuestionFactory(Rows):
    class Meta:
        model = "projects.TrainingQuestion"

    activity = factory.SubFactory("tests.factories_programme.ActivityFactory")
    question_ar = "هل تستطيع إعداد ميزانية مشروع؟"
    question_fr = "Savez-vous établir le budget d’un projet ?"
    question_nl = "Kunt u de begroting van een project opmaken?"
    before, after = 1, 3


class SheetWorkFactory(Rows):
    class Meta:
        model = "projects.SheetWork"

    protocol = factory.SubFactory(ProtocolFactory)
    by = factory.SubFactory(UserFactory)
    kind = "projects"
    key = factory.Sequence(lambda n: f"{n:032}")
    name = "projets.xlsx"
    language = "fr"
    shown = "0" * 64


def other_commune(protocol: Any) -> Party:
    """The second commune of a protocol."""
    found: Party = protocol.parties.get(position=2)
    return found


def recorded(need: Any, *positions: int) -> Any:
    """The need, recorded by the communes at these places of the act's title, by default by both, through the product's own act."""
    for position in positions or (1, 2):
        commune = need.protocol.parties.get(position=position).organisation
        recording.record(need, by=MembershipFactory(protocol=need.protocol, organisation=commune, role="editor"))
    return need


def consulted(plan: Any, **values: Any) -> Any:
    """The plan, prepared by a consultation that took place and has minutes: without one no plan is adopted."""
    minutes = DocumentFactory(protocol=plan.protocol, kind="minutes", public=False)
    ConsultationFactory(protocol=plan.protocol, plan=plan, minutes=minutes, **values)
    return plan
