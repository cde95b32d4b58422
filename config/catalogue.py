"""The words of the admin's calendar: Django's own, with the months as partnership/months.py has them translated."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from django.views.i18n import JavaScriptCatalog

from partnership import months


class StaffCatalogue(JavaScriptCatalog):
    """One list of months serves the pages and the calendar."""

    def get_catalog(self) -> dict[str, Any]:
        return {**super().get_catalog(), **{name: gettext(name) for name in months.NAMES}}
