"""Activities, training and exchange: planned, done, and what came of it. People are counted, never named [I15]."""

from __future__ import annotations

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from partnership.admin.columns import ATTENTION, BAD, GOOD, code, tag_column, text_column
from partnership.admin.scope import ScopedAdmin
from projects.models import Activity, ActivityState

STATE_TONES = {
    ActivityState.DONE: GOOD,
    ActivityState.UNDER_WAY: GOOD,
    ActivityState.POSTPONED: ATTENTION,
    ActivityState.CANCELLED: BAD,
}


@admin.register(Activity)
class ActivityAdmin(ScopedAdmin):
    """Activities of all projects."""

    protocol_path = "project__protocol"
    list_display = (
        text_column(Activity, "title"),
        "kind",
        tag_column("state", STATE_TONES, _("state")),
        "planned_start",
        "planned_end",
        "project_code",
    )
    list_filter = ("state", "kind", "project")
    list_select_related = ("project",)
    search_fields = ("title_ar", "title_fr", "title_nl", "project__code", "project__search_fr", "project__search_ar")
    date_hierarchy = "planned_start"
    ordering = ("-planned_start", "-pk")
    autocomplete_fields = ("project",)
    fieldsets = (
        (None, {"fields": (("project", "kind", "state"), "title")}),
        (_("When and where"), {"fields": (("planned_start", "planned_end", "actual_start", "actual_end"), "place")}),
        (_("What happened"), {"fields": ("happened", ("women", "men"))}),
        (
            _("Training"),
            {
                "fields": ("audience", "trainers", ("hours", "score_before", "score_after"), "able_to"),
                "classes": ("collapse",),
            },
        ),
        (_("Exchange"), {"fields": (("from_party", "days"), "put_to_use"), "classes": ("collapse",)}),
    )

    @admin.display(description=_("project"), ordering="project__code")
    def project_code(self, activity: Activity) -> SafeString:
        """The project's code."""
        return code(activity.project.code)
