"""Application configuration."""

from typing import Any

from django.apps import AppConfig
from django.core.management import call_command
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class PartnershipConfig(AppConfig):
    """The agreement, and what every floor stands on."""

    name = "partnership"
    verbose_name = _("Partnership")

    def ready(self) -> None:
        from partnership import agreement, checks, correcting, history, triggers  # noqa: F401  they register kinds and checks

        autodiscover_modules("decisions", "permissions", "link_purposes")
        history.connect()
        post_migrate.connect(triggers.install_triggers, dispatch_uid="append-only triggers")
        post_migrate.connect(_make_cache_table, dispatch_uid="table of the shared cache", sender=self)


def _make_cache_table(using: str, **options: Any) -> None:
    """Where the cache is the database's, its table comes with the migrations; nothing happens where it stands."""
    call_command("createcachetable", database=using, verbosity=0)
