"""Which fields are translated; one column for each language."""

from modeltranslation.translator import TranslationOptions, register

from projects.models import (
    ActionPlan,
    Activity,
    AssessmentParticipant,
    BudgetLine,
    Consultation,
    Convergence,
    ExchangeRate,
    Impact,
    Initiative,
    Involvement,
    Mitigation,
    Need,
    PriorAssessment,
    Project,
    TrainingQuestion,
    Transaction,
)


@register(ActionPlan)
class ActionPlanTranslation(TranslationOptions):
    fields = ("title", "introduction")


@register(Project)
class ProjectTranslation(TranslationOptions):
    fields = (
        "title",
        "summary",
        "description",
        "pac_line",
        "no_pac_reason",
        "legal_basis",
        "place",
        "no_third_partner_reason",
        "convergence_asked",
    )


@register(Involvement)
class InvolvementTranslation(TranslationOptions):
    fields = ("responsibility",)


@register(Activity)
class ActivityTranslation(TranslationOptions):
    fields = ("title", "place", "happened", "audience", "trainers", "able_to", "put_to_use", "postponed_reason")


@register(BudgetLine)
class BudgetLineTranslation(TranslationOptions):
    fields = ("label", "amended_reason", "overspent_reason")


@register(Transaction)
class TransactionTranslation(TranslationOptions):
    fields = ("description",)


@register(ExchangeRate)
class ExchangeRateTranslation(TranslationOptions):
    fields = ("source",)


@register(Need)
class NeedTranslation(TranslationOptions):
    fields = ("title", "description", "territory", "voiced_by")


@register(Consultation)
class ConsultationTranslation(TranslationOptions):
    fields = ("title", "place", "with_whom", "said", "done_with")


@register(PriorAssessment)
class PriorAssessmentTranslation(TranslationOptions):
    fields = ("context", "alternatives", "future_generations", "reason")


@register(AssessmentParticipant)
class AssessmentParticipantTranslation(TranslationOptions):
    fields = ("function",)


@register(Impact)
class ImpactTranslation(TranslationOptions):
    fields = ("why",)


@register(Mitigation)
class MitigationTranslation(TranslationOptions):
    fields = ("measure", "remains", "follow_up")


@register(TrainingQuestion)
class TrainingQuestionTranslation(TranslationOptions):
    fields = ("question",)


@register(Initiative)
class InitiativeTranslation(TranslationOptions):
    fields = ("title", "description")


@register(Convergence)
class ConvergenceTranslation(TranslationOptions):
    fields = ("agreed",)
