"""Application configuration."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class PartnershipConfig(AppConfig):
    """The agreement, and what every floor stands on."""

    name = "partnership"
    verbose_name = _("Partnership")

    def ready(self) -> None:
        from partnership import agreement, correcting, triggers  # noqa: F401  the first two register their kinds

        autodiscover_modules("decisions")
        post_migrate.connect(triggers.install_triggers, dispatch_uid="append-only triggers")
