"""Initiatives of other actors, entered by hand or read from an IATI file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from partnership import formats, languages
from partnership.admin.columns import text_column
from partnership.admin.publishing import TextsFilter
from partnership.admin.scope import ScopedAdmin
from partnership.admin.texts import TextsForm
from partnership.templatetags import words
from projects.models import Initiative


class InitiativeForm(TextsForm):
    """An initiative entered by hand says in whose territory it is: without that it is proposed to no project."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "territories" in self.fields:
            self.fields["territories"].required = True
            self.fields["territories"].error_messages["required"] = _(
                "Say in the territory of which commune it is, or of both; it is then proposed to the projects there (clause F4.1)."
            )


@admin.register(Initiative)
class InitiativeAdmin(ScopedAdmin):
    """What other actors do or plan where the two communes work."""

    form = InitiativeForm
    change_list_template = "admin/initiative_list.html"
    list_display = (text_column(Initiative, "title"), "by_whom", "level", "where", "dac_sector", "period")
    list_filter = ("level", "territories", TextsFilter)
    list_select_related = ("actor",)
    search_fields = ("title_ar", "title_fr", "title_nl", "actor_name", "iati_identifier", "dac_sector")
    date_hierarchy = "starts_on"
    autocomplete_fields = ("actor",)
    left_to_right = ("dac_sector", "iati_identifier", "source_url")
    readonly_fields = ("imported_at",)
    fieldsets = (
        (None, {"fields": ("title", "description")}),
        (_("Whose it is"), {"fields": ("actor", ("actor_name", "level"))}),
        (_("Where, in what, when"), {"fields": ("territories", ("dac_sector", "starts_on", "ends_on"))}),
        (_("Where it was read"), {"fields": (("iati_identifier", "source_url"), "imported_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("territories__organisation")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "source_url":
            kwargs["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "territories":
            kwargs["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @admin.display(description=_("actor"), ordering="actor_name")
    def by_whom(self, initiative: Initiative) -> str:
        """The organisation where it is known here, else its name in the source."""
        if initiative.actor is not None:
            return words.text(initiative.actor, "name")
        return initiative.actor_name or "–"

    @admin.display(description=_("in the territory of"))
    def where(self, initiative: Initiative) -> str:
        """The communes, in one cell."""
        return " · ".join(str(party) for party in initiative.territories.all()) or "–"

    @admin.display(description=_("period"), ordering="starts_on")
    def period(self, initiative: Initiative) -> str:
        """From its first month to its last."""
        days = (initiative.starts_on, initiative.ends_on)
        return " – ".join(formats.month(day, languages.current()) if day else "…" for day in days) if any(days) else "–"
