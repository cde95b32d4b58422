"""The admin, with the platform's own site."""

from django.contrib.admin.apps import AdminConfig


class PlatformAdminConfig(AdminConfig):
    """Django's admin; the only change is which site it serves."""

    default_site = "config.admin.PlatformAdminSite"
