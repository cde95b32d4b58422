"""Indicators with their measurements: measured by one commune, checked by the other."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.db.models import Max, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from evaluation.models import Indicator, Measurement
from partnership import formats, languages
from partnership.admin.columns import code, text_column
from partnership.admin.scope import ScopedAdmin, ScopedStacked


class MeasurementInline(ScopedStacked):
    """The values, oldest first."""

    model = Measurement
    protocol_path = "indicator__protocol"
    fields = (("on", "value", "by"), ("checked_by", "checked_on"), "statement")
    ordering = ("on",)


@admin.register(Indicator)
class IndicatorAdmin(ScopedAdmin):
    """What is measured, from which baseline to which target."""

    list_display = (text_column(Indicator, "title"), "level", "measure", "target_on", "last_value_on", "project_code")
    list_filter = ("level", "measure", "project", "objective")
    list_select_related = ("project",)
    search_fields = ("title_ar", "title_fr", "title_nl", "project__code")
    date_hierarchy = "target_on"
    ordering = ("project__code", "pk")
    autocomplete_fields = ("project",)
    inlines = (MeasurementInline,)
    fieldsets = (
        (None, {"fields": (("project", "objective"), "title", "unit", ("level", "measure", "ascending", "counts_people"))}),
        (_("From the baseline to the target"), {
            "fields": (
                ("baseline_on", "baseline_value", "target_on", "target_value"),
                "baseline_statement",
                "target_statement",
            )
        }),
        (_("Source and method"), {"fields": ("source", "method", "disaggregation"), "classes": ("collapse",)}),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return cast("QuerySet[Any]", super().get_queryset(request).annotate(last_on=Max("measurements__on")))

    @admin.display(description=_("last value"), ordering="last_on")
    def last_value_on(self, indicator: Any) -> str:
        """The day of the latest measurement."""
        return formats.day(indicator.last_on, languages.current()) if indicator.last_on else "–"

    @admin.display(description=_("project"), ordering="project__code")
    def project_code(self, indicator: Indicator) -> SafeString | str:
        """The project's code, where it measures one."""
        return code(indicator.project.code) if indicator.project else "–"
