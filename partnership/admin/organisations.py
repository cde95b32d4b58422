"""Organisations: shared by all protocols of an installation, so that one protocol's staff cannot change another's partner."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from partnership import languages
from partnership.admin.columns import text_column
from partnership.admin.scope import SHARED, ScopedAdmin
from partnership.models import Organisation


@admin.register(Organisation)
class OrganisationAdmin(ScopedAdmin):
    """Everyone who takes part. One that stands in another protocol's act is changed by the platform's administrator."""

    protocol_path = SHARED
    list_display = (
        text_column(Organisation, "name"),
        text_column(Organisation, "short_name"),
        "kind",
        "level",
        "country",
        text_column(Organisation, "place"),
    )
    list_filter = ("kind", "level", "country")
    search_fields = ("sort_ar", "sort_fr", "sort_nl", "iati_ref")
    search_help_text = _("Name in any language; accents and spelling of alef or ta do not matter.")
    left_to_right = ("country", "iati_ref")
    fieldsets = (
        (None, {"fields": ("name", "short_name", ("kind", "level"))}),
        (_("Where"), {"fields": ("place", "country")}),
        (_("For the public"), {"fields": ("public_contact", "iati_ref")}),
    )

    def get_ordering(self, request: HttpRequest) -> Any:
        return [f"sort_{languages.current()}", "pk"]
