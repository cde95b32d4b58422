"""Joint action plans: of a whole period, and of each year within it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partnership import formats, languages
from partnership.admin.columns import code, record_link, text_column
from partnership.admin.publishing import PublishingAdmin, TextsFilter, publishing_tag
from projects.admin.needs import consultations_of
from projects.models import ActionPlan


class SpanFilter(admin.SimpleListFilter):
    """Plans of a period and plans of a year."""

    title = _("span")
    parameter_name = "span"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("period", _("Of a whole period")), ("year", _("Of a year"))]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        wanted = {"period": True, "year": False}.get(self.value() or "")
        return queryset if wanted is None else queryset.filter(within__isnull=wanted)


@admin.register(ActionPlan)
class PlanAdmin(PublishingAdmin):
    """What both communes plan together for a period; the plan of a year lies within it."""

    list_display = (
        "code",
        text_column(ActionPlan, "title"),
        publishing_tag,
        "starts_on",
        "ends_on",
        "within_code",
        "phase",
    )
    list_display_links = ("code",)
    list_filter = (SpanFilter, "publishing_state", TextsFilter, "phase")
    list_select_related = ("phase", "within")
    search_fields = ("code", "title_ar", "title_fr", "title_nl")
    date_hierarchy = "starts_on"
    change_list_template = "admin/plan_list.html"
    readonly_fields = ("consultations", "years")
    fieldsets = (
        (None, {"fields": ("code", "title", "introduction")}),
        (_("Period"), {"fields": (("starts_on", "ends_on"), ("within", "phase"), "years")}),
        (_("Consultations (clause A4.1)"), {"fields": ("consultations",)}),
    )

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> models.QuerySet[Any] | None:
        """A year lies within the plan of a whole period: no other is offered."""
        rows = super().get_field_queryset(db, db_field, request)
        return rows.filter(within__isnull=True) if rows is not None and db_field.name == "within" else rows

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """To a project only plans of whole periods are suggested: a year's plan holds its period's projects."""
        if request.GET.get("model_name") == "project" and request.GET.get("field_name") == "plan":
            queryset = queryset.filter(within__isnull=True)
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=_("within the plan"), ordering="within__code")
    def within_code(self, plan: ActionPlan) -> SafeString | str:
        """The code of the period's plan."""
        return code(plan.within.code) if plan.within else "–"

    @admin.display(description=_("consultations"))
    def consultations(self, plan: ActionPlan) -> SafeString | str:
        """Those that prepare it, with what each lacks: without one that has minutes the plan is drafted and not adopted."""
        if not plan.pk:
            return gettext("Save the plan first, then enter the consultation that prepares it.")
        said = format_html(
            "<p>{}</p>",
            gettext(
                "A plan can be drafted without a consultation; it is adopted after one that has taken place and has minutes."
            ),
        )
        if plan.within:
            also = gettext("The consultations of the period’s plan count for the year too:")
            said += format_html("<p>{} {}</p>", also, record_link(plan.within))
        return said + consultations_of(plan)

    @admin.display(description=_("plans of its years"))
    def years(self, plan: ActionPlan) -> SafeString | str:
        """The plans of a year that lie within it, and the way to enter one."""
        if not plan.pk:
            return gettext("Save the plan first, then enter the plans of its years.")
        if plan.within_id:
            return gettext(
                "This is the plan of a year. It holds its period’s projects, with what is planned of them in the year."
            )
        rows = ((record_link(year), _span(year)) for year in plan.years.order_by("starts_on"))
        new = f"{reverse('admin:projects_actionplan_add')}?within={plan.pk}"
        if plan.phase_id:
            new += f"&phase={plan.phase_id}"
        return format_html_join("", "<p>{} · {}</p>", rows) + format_html(
            '<p><a class="addlink" href="{}">{}</a></p>', new, gettext("Enter the plan of a year")
        )


def _span(plan: ActionPlan) -> str:
    """From its first day to its last, in words."""
    first, last = (formats.day(on, languages.current()) for on in (plan.starts_on, plan.ends_on))
    return gettext("%(start)s to %(end)s") % {"start": first, "end": last}
