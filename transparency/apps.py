"""Application configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TransparencyConfig(AppConfig):
    """Everything that leaves the house."""

    name = "transparency"
    verbose_name = _("Transparency")
