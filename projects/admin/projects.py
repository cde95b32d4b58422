"""Projects: what they are, whom they serve, who does what. The rules stand on the model and in partnership/publishing.py."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partnership import formats, languages
from partnership.admin.columns import ATTENTION, BAD, GOOD, tag_column, text_column
from partnership.admin.publishing import PublishingAdmin, TextsFilter, publishing_tag
from partnership.admin.scope import ScopedStacked, ScopedTabular
from partnership.admin.texts import TextsForm
from partnership.refusals import Refusal
from projects import assessment_page, carrying_out, lifecycle_page, who_does_what
from projects.admin.activities import CarryingOutForm
from projects.admin.money_forms import BudgetFormSet, BudgetLineForm
from projects.models import (
    Activity,
    BudgetLine,
    Involvement,
    PolicyMarker,
    Project,
    ProjectState,
    ProjectTarget,
    TargetGroup,
)

if TYPE_CHECKING:
    _InlineFormSet = forms.BaseInlineFormSet[Involvement, Project, Any]
else:
    _InlineFormSet = forms.BaseInlineFormSet

STATE_TONES = {
    ProjectState.UNDER_WAY: GOOD,
    ProjectState.COMPLETED: GOOD,
    ProjectState.SUSPENDED: ATTENTION,
    ProjectState.CANCELLED: BAD,
}
STARTED = {ProjectState.UNDER_WAY, ProjectState.SUSPENDED, ProjectState.COMPLETED, ProjectState.CLOSED}


class ProjectForm(TextsForm):
    """A project, with its target groups as boxes to tick."""

    FROM_PARTS: ClassVar = {"target_groups": ("targets", "group")}
    """Fields that stand in rows of their own: the relation and its column, for comparing what two people typed."""

    target_groups = forms.MultipleChoiceField(
        label=_("target groups"),
        choices=TargetGroup.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Whom the project is for first."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["target_groups"] = list(self.instance.targets.values_list("group", flat=True))

    def _post_clean(self) -> None:
        super()._post_clean()
        for name, refusals in carrying_out.against_project_dates(self.instance).items():
            for refusal in refusals:
                self.add_error(name if name in self.fields else None, refusal)

    def _save_m2m(self) -> None:
        super()._save_m2m()
        if "target_groups" in self.cleaned_data:
            set_target_groups(self.instance, self.cleaned_data["target_groups"])


def set_target_groups(project: Project, groups: Iterable[str]) -> None:
    """Make the project's target groups these and no others."""
    wanted = set(groups)
    kept = set()
    for target in project.targets.all():
        if target.group in wanted:
            kept.add(target.group)
        else:
            target.delete()
    for group in sorted(wanted - kept):
        ProjectTarget.objects.create(project=project, group=group)


class InvolvementFormSet(_InlineFormSet):
    """Who does what, as typed. A project that is public or has started keeps a responsibility of each commune [I7]."""

    def clean(self) -> None:
        super().clean()
        project = self.instance
        if any(self.errors) or not (project.is_published or project.state in STARTED):
            return
        rows = [form for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        kept = [form.cleaned_data for form in rows if not form.instance.declined_on or form.has_changed()]
        organisations = [row["organisation"].pk for row in kept if row.get("organisation")]
        for party in project.communes_without_responsibility(organisations):
            raise Refusal(
                _(
                    "%(commune)s would have no responsibility left. A project that is public or has started keeps at least "
                    "one named responsibility of each commune (rule I7). Enter another one first, or withdraw the project."
                ),
                code="I7",
                params={"commune": str(party)},
            )


class InvolvementInline(ScopedStacked):
    """Who does what, in which phase and capacity."""

    model = Involvement
    formset = InvolvementFormSet
    protocol_path = "project__protocol"
    verbose_name_plural = _("Who does what")
    autocomplete_fields = ("organisation",)
    fields = (("organisation", "phase", "capacity", "answer"), "responsibility")
    readonly_fields = ("answer",)

    @admin.display(description=_("answer"))
    def answer(self, one: Involvement) -> SafeString | str:
        """How the organisation answered, and the page on which it is asked; who changes the row takes the answer back."""
        if not one.pk:
            return gettext("Save first, then ask for its answer.")
        day = one.accepted_on or one.declined_on
        written = who_does_what.answer_of(one) + (f" · {formats.day(day, languages.current())}" if day else "")
        changed = gettext("Changing the row takes the answer back.") if day else ""
        address = reverse("admin:responsibility", args=[one.pk])
        words = gettext("See") if day else gettext("Ask for the answer")
        return format_html('{} <a href="{}">{}</a> <span class="note">{}</span>', written, address, words, changed)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("organisation").order_by("pk")


class MarkerInline(ScopedTabular):
    """Policy markers of the OECD-DAC."""

    model = PolicyMarker
    protocol_path = "project__protocol"
    fields = ("marker", "significance")
    classes = ("collapse",)


class ActivityInline(ScopedStacked):
    """The activities' dates and titles; the rest of an activity has a form of its own."""

    model = Activity
    form = CarryingOutForm
    protocol_path = "project__protocol"
    fields = (("kind", "state", "planned_start", "planned_end"), ("actual_start", "actual_end", "from_party"), "title")
    show_change_link = True
    classes = ("collapse",)
    ordering = ("planned_start", "pk")


class BudgetInline(ScopedStacked):
    """The budget by line; movements on a line stand in the line's own form."""

    model = BudgetLine
    form = BudgetLineForm
    formset = BudgetFormSet
    protocol_path = "project__protocol"
    fields = (("category", "year", "funder"), ("planned", "currency", "in_kind", "hours", "confirmed"), "label")
    autocomplete_fields = ("funder",)
    show_change_link = True
    classes = ("collapse",)
    ordering = ("year", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("funder")


@admin.register(Project)
class ProjectAdmin(PublishingAdmin):
    """Projects both communes carry."""

    form = ProjectForm
    change_list_template = "admin/project_list.html"
    list_display = (
        "code",
        text_column(Project, "title"),
        tag_column("state", STATE_TONES, _("state")),
        publishing_tag,
        "lead",
        "period",
    )
    list_display_links = ("code",)
    list_filter = ("state", "publishing_state", TextsFilter, "lead", "domains", "objectives", "targets__group", "plan")
    list_select_related = ("lead__organisation",)
    search_fields = ("search_ar", "search_fr", "search_nl")
    search_help_text = _("Code, title or summary in any language; accents and spelling of alef or ta do not matter.")
    date_hierarchy = "planned_start"
    ordering = ("code",)
    autocomplete_fields = ("goals", "documents", "replaces", "plan")
    left_to_right = ("code", "dac_sector")
    inlines = (InvolvementInline, BudgetInline, ActivityInline, MarkerInline)
    readonly_fields = ("state", "life_link", "indicators_link", "pages_link")
    fieldsets = (
        (_("The project"), {"fields": (("code", "state", "lead"), "life_link", "title", "summary", "description")}),
        (_("Place and dates"), {
            "fields": (
                ("planned_start", "planned_end", "actual_start", "actual_end"),
                "place",
                "territories",
                ("place_sensitive", "people_expected"),
            )
        }),
        (_("What it serves"), {
            "fields": ("target_groups", "domains", "objectives", "principles", "goals", ("plan", "phase"), "replaces"),
            "classes": ("collapse",),
        }),
        (_("Law and communal action plan"), {
            "fields": (("competence", "dac_sector"), "legal_basis", "pac_line", "no_pac_reason"),
            "classes": ("collapse",),
        }),
        (_("Indicators and documents"), {"fields": ("indicators_link", "documents")}),
        (_("Partners beside the two communes"), {"fields": ("pages_link", "no_third_partner_reason")}),
    )  # fmt: skip

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in {"domains", "objectives", "principles", "territories"}:
            kwargs["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def view_on_site(self, obj: Project) -> str:  # type: ignore[override]  # Django takes a function that gives the address
        """The public page, where there is one."""
        return obj.get_absolute_url()

    def get_view_on_site_url(self, obj: Any | None = None) -> str | None:
        return super().get_view_on_site_url(obj) if obj is not None and obj.is_published else None

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """With the button that begins the prior assessment, or opens it."""
        project = context.get("original")
        if project is not None and not context.get("is_popup"):
            context |= {
                "assessment_tool": assessment_page.tool_for(project, begins=self.may(request, "change", project))
            }
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_("planned"), ordering="planned_start")
    def period(self, project: Project) -> str:
        """From the month of the planned start to that of the planned end."""
        months = [
            formats.month(day, languages.current()) if day else "…"
            for day in (project.planned_start, project.planned_end)
        ]
        return " – ".join(months) if project.planned_start or project.planned_end else "–"

    @admin.display(description=_("indicators"))
    def indicators_link(self, project: Project) -> SafeString | str:
        """Indicators stand on the floor above: a link to them and one to a new one."""
        if not project.pk:
            return gettext("Save the project first, then enter its indicators.")
        listed = reverse("admin:evaluation_indicator_changelist") + f"?project__id__exact={project.pk}"
        new = reverse("admin:evaluation_indicator_add") + f"?project={project.pk}"
        return format_html(
            '<a href="{}">{}</a> · <a href="{}">{}</a>',
            listed,
            gettext("See its indicators"),
            new,
            gettext("Add an indicator"),
        )

    @admin.display(description=_("life of the project"))
    def life_link(self, project: Project) -> SafeString | str:
        """Where the project is moved from one state to the next; the form itself never does."""
        if not project.pk:
            return gettext("It begins as proposed. Save it first, then begin its prior assessment.")
        return format_html(
            '<a href="{}">{}</a>', lifecycle_page.address(project), gettext("What follows, and what stands against it")
        )

    @admin.display(description=_("pages"))
    def pages_link(self, project: Project) -> SafeString | str:
        """Who does what as a table with its gaps, and the dates along a line."""
        if not project.pk:
            return gettext("Save the project first.")
        return format_html(
            '<a href="{}">{}</a> · <a href="{}">{}</a> · <a href="{}">{}</a> · <a href="{}">{}</a>',
            reverse("admin:converging", args=[project.pk]),
            gettext("What others do in the same territory"),
            reverse("admin:who_does_what_project", args=[project.pk]),
            gettext("Who does what, with the gaps"),
            reverse("admin:timeline", args=[project.pk]),
            gettext("Timeline"),
            reverse("admin:project_money", args=[project.pk]),
            gettext("The project’s money"),
        )

    @admin.display(description=_("target groups"))
    def target_groups(self, project: Project) -> str:
        """The groups in words, for those who only read."""
        return gettext(", ").join(str(target) for target in project.targets.all())
