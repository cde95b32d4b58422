"""Joint action plans."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from partnership.admin.columns import text_column
from partnership.admin.publishing import PublishingAdmin, TextsFilter, publishing_tag
from projects.models import ActionPlan


@admin.register(ActionPlan)
class PlanAdmin(PublishingAdmin):
    """What both communes plan together for a period."""

    list_display = ("code", text_column(ActionPlan, "title"), publishing_tag, "starts_on", "ends_on", "phase")
    list_display_links = ("code",)
    list_filter = ("publishing_state", TextsFilter, "phase")
    list_select_related = ("phase",)
    search_fields = ("code", "title_ar", "title_fr", "title_nl")
    date_hierarchy = "starts_on"
    fieldsets = (
        (None, {"fields": ("code", "title", "introduction")}),
        (_("Period"), {"fields": (("starts_on", "ends_on"), "phase")}),
    )
