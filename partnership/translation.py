"""Which fields are translated; one column for each language."""

from modeltranslation.translator import TranslationOptions, register

from partnership.models import (
    Attendance,
    Clause,
    Decision,
    Deliberation,
    Document,
    Domain,
    Foundation,
    InternationalGoal,
    Meeting,
    MeetingPoint,
    Membership,
    Objective,
    Organisation,
    Principle,
    ProgrammePhase,
    Protocol,
    Term,
)


@register([Principle, Objective, Domain, Foundation])
class NameTranslation(TranslationOptions):
    fields = ("name",)


@register([Protocol, ProgrammePhase, InternationalGoal])
class TitleTranslation(TranslationOptions):
    fields = ("title",)


@register(Clause)
class ClauseTranslation(TranslationOptions):
    fields = ("text",)


@register(Organisation)
class OrganisationTranslation(TranslationOptions):
    fields = ("name", "short_name", "place")


@register(Document)
class DocumentTranslation(TranslationOptions):
    fields = ("title", "alternative_text")


@register([Membership, Attendance])
class FunctionTranslation(TranslationOptions):
    fields = ("function",)


@register(Meeting)
class MeetingTranslation(TranslationOptions):
    fields = ("title", "place", "minutes")


@register(MeetingPoint)
class MeetingPointTranslation(TranslationOptions):
    fields = ("title", "outcome")


@register(Deliberation)
class DeliberationTranslation(TranslationOptions):
    fields = ("subject",)


@register(Decision)
class DecisionTranslation(TranslationOptions):
    fields = ("title", "sentence")


@register(Term)
class TermTranslation(TranslationOptions):
    fields = ("word",)
