"""Application configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EvaluationConfig(AppConfig):
    """Indicators, measurements, evaluations and lessons."""

    name = "evaluation"
    verbose_name = _("Evaluation")
