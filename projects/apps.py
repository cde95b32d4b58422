"""Application configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProjectsConfig(AppConfig):
    """The joint action plan."""

    name = "projects"
    verbose_name = _("Projects")
