"""Which fields are translated; one column for each language."""

from modeltranslation.translator import TranslationOptions, register

from projects.models import ActionPlan, Activity, BudgetLine, ExchangeRate, Involvement, Project, Transaction


@register(ActionPlan)
class ActionPlanTranslation(TranslationOptions):
    fields = ("title", "introduction")


@register(Project)
class ProjectTranslation(TranslationOptions):
    fields = ("title", "summary", "description", "pac_line", "no_pac_reason", "legal_basis", "place")


@register(Involvement)
class InvolvementTranslation(TranslationOptions):
    fields = ("responsibility",)


@register(Activity)
class ActivityTranslation(TranslationOptions):
    fields = ("title", "place", "happened", "audience", "trainers", "able_to", "put_to_use")


@register(BudgetLine)
class BudgetLineTranslation(TranslationOptions):
    fields = ("label",)


@register(Transaction)
class TransactionTranslation(TranslationOptions):
    fields = ("description",)


@register(ExchangeRate)
class ExchangeRateTranslation(TranslationOptions):
    fields = ("source",)
