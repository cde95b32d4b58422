"""Organisations: shared by all protocols of an installation, so that one protocol's staff cannot change another's partner."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from partnership import languages, permissions
from partnership.admin.columns import text_column
from partnership.admin.scope import SHARED, ScopedAdmin
from partnership.models import Organisation, Protocol, User
from partnership.normaliser import normalise


@admin.register(Organisation)
class OrganisationAdmin(ScopedAdmin):
    """Everyone who takes part. An organisation that stands in another protocol's act is changed by whoever may act there too."""

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

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, normalise(search_term) or search_term)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (
            obj is None or not self._belongs_to_others(request, obj)
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Another protocol may rest on the same row, so only the platform's administrator deletes one."""
        return isinstance(request.user, User) and request.user.is_superuser

    def _belongs_to_others(self, request: HttpRequest, organisation: Organisation) -> bool:
        stands_in = Q(parties__organisation=organisation) | Q(programme_body=organisation)
        protocols = Protocol.objects.filter(stands_in).distinct()
        return not all(permissions.may(request.user, "change", protocol) for protocol in protocols)
