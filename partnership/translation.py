"""Which fields are translated; one column for each language."""

from modeltranslation.translator import TranslationOptions, register

from partnership.models import (
    Clause,
    Document,
    Domain,
    Foundation,
    InternationalGoal,
    Objective,
    Organisation,
    Principle,
    ProgrammePhase,
    Protocol,
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
