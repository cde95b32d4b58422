"""The admin site: Django's own, entered through allauth only, beginning with what awaits the person."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib.admin import AdminSite
from django.utils.translation import gettext_lazy as _


class PlatformAdminSite(AdminSite):
    """Django's admin under the platform's name."""

    site_title = _("Cooperation protocol")
    site_header = _("Cooperation protocol")
    index_title = _("What awaits you")
    login = secure_admin_login(AdminSite.login)
