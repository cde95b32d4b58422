"""Which fields are translated; one column for each language."""

from modeltranslation.translator import TranslationOptions, register

from transparency.models import ReportSeries


@register(ReportSeries)
class ReportSeriesTranslation(TranslationOptions):
    fields = ("title",)
