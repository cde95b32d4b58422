"""Which fields are translated; one column for each language."""

from modeltranslation.translator import TranslationOptions, register

from evaluation.models import Indicator, Measurement


@register(Indicator)
class IndicatorTranslation(TranslationOptions):
    fields = (
        "title",
        "unit",
        "baseline_statement",
        "target_statement",
        "disaggregation",
        "source",
        "method",
    )


@register(Measurement)
class MeasurementTranslation(TranslationOptions):
    fields = ("statement",)
