"""Activities, training and exchange: planned, done, and what came of it. People are counted, never named [I15]."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partnership import languages, parity
from partnership.admin.columns import ATTENTION, BAD, GOOD, code, tag_column, text_column
from partnership.admin.scope import ScopedAdmin, ScopedStacked, ScopedTabular
from partnership.admin.texts import TextsForm
from partnership.refusals import Refusals
from projects import carrying_out
from projects.models import (
    Activity,
    ActivityKind,
    ActivityState,
    Impact,
    Involvement,
    ParticipantCount,
    TrainingQuestion,
)

if TYPE_CHECKING:
    _CountsFormSet = forms.BaseInlineFormSet[ParticipantCount, Activity, Any]
else:
    _CountsFormSet = forms.BaseInlineFormSet

STATE_TONES = {
    ActivityState.DONE: GOOD,
    ActivityState.UNDER_WAY: GOOD,
    ActivityState.POSTPONED: ATTENTION,
    ActivityState.CANCELLED: BAD,
}


class CarryingOutForm(TextsForm):
    """An activity as typed, held against the rules of carrying it out; also where only its dates and state are typed."""

    def _post_clean(self) -> None:
        super()._post_clean()
        self.is_asked = self.instance.project_id is not None and self._is_dated()
        if not self.is_asked:
            return
        cleaned = self.cleaned_data
        cells = list(cleaned["changes"]) if "changes" in cleaned else None
        prepares = list(cleaned["prepares"]) if "prepares" in cleaned else None
        found = carrying_out.against(self.instance, cells=cells, prepares=prepares, says=self._says)
        for name, refusals in found.items():
            for refusal in refusals:
                self.add_error(self._field_of(name), refusal)

    def save(self, commit: bool = True) -> Any:
        """An activity typed with its new project is asked about once that is there; the admin gives the form back where it is refused."""
        if not self.is_asked:
            carrying_out.check(self.instance)
        return super().save(commit)

    def _is_dated(self) -> bool:
        return self.instance.planned_start is not None and self.instance.planned_end is not None

    def _says(self, name: str) -> bool:
        """Whether a text was typed; on a public record it waits as a draft and is not on the instance."""
        columns = [parity.column(name, language) for language in ("ar", "fr", "nl")]
        return any(parity.has_text(self.cleaned_data.get(one, getattr(self.instance, one))) for one in columns)

    def _field_of(self, name: str) -> str | None:
        here = (name, parity.column(name, languages.current()))
        return next((one for one in here if one in self.fields), None)


class ActivityForm(CarryingOutForm):
    """An activity with its links: only responsibilities and cells of its own project are offered."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        project = self.instance.project_id
        if "prepares" in self.fields:
            field: Any = self.fields["prepares"]
            rows = Involvement.objects.filter(project=project).select_related("organisation").order_by("pk")
            field.queryset = rows
            field.label_from_instance = _responsibility
        if "changes" in self.fields:
            field = self.fields["changes"]
            cells = Impact.objects.filter(assessment__project=project).select_related("assessment")
            field.queryset = cells.order_by("-assessment__number", "pk")
            field.label_from_instance = _cell


def _responsibility(one: Involvement) -> str:
    return f"{one.organisation} · {one.get_phase_display()} · {one.get_capacity_display()}"


def _cell(cell: Impact) -> str:
    return gettext("%(cell)s (version %(number)s)") % {"cell": cell, "number": cell.assessment.number}


class CountFormSet(_CountsFormSet):
    """People by age, as typed: they do not add up to more than took part in all [I15]."""

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        kept = [form for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        refusals = carrying_out.against_counts(self.instance, [form.instance for form in kept])
        if refusals:
            raise Refusals(refusals)


class CountInline(ScopedTabular):
    """Women and men by age: numbers, never a list of names."""

    model = ParticipantCount
    formset = CountFormSet
    protocol_path = "activity__project__protocol"
    verbose_name_plural = _("People by age: numbers, never names")
    fields = ("band", "women", "men")
    ordering = ("band",)


class QuestionInline(ScopedStacked):
    """The same questions before and after a training, with the mean answers on a scale from 0 to 4."""

    model = TrainingQuestion
    protocol_path = "activity__project__protocol"
    verbose_name_plural = _("The same questions before and after a training")
    fields = (("order", "before", "after"), "question")
    classes = ("collapse",)
    ordering = ("order", "pk")


@admin.register(Activity)
class ActivityAdmin(ScopedAdmin):
    """Activities of all projects."""

    form = ActivityForm
    change_list_template = "admin/activity_list.html"
    protocol_path = "project__protocol"
    list_display = (
        text_column(Activity, "title"),
        "kind",
        tag_column("state", STATE_TONES, _("state")),
        "planned_start",
        "planned_end",
        "is_milestone",
        "project_code",
    )
    list_filter = ("state", "kind", "is_milestone", "outside_assessment", "project")
    list_select_related = ("project",)
    search_fields = ("title_ar", "title_fr", "title_nl", "project__code", "project__search_fr", "project__search_ar")
    date_hierarchy = "planned_start"
    ordering = ("-planned_start", "-pk")
    autocomplete_fields = ("project",)
    readonly_fields = ("pages_link",)
    inlines = (CountInline, QuestionInline)
    fieldsets = (
        (None, {"fields": (("project", "kind", "state"), "title", "pages_link")}),
        (
            _("When and where"),
            {
                "fields": (
                    ("planned_start", "planned_end", "actual_start", "actual_end"),
                    "is_milestone",
                    "postponed_reason",
                    "place",
                )
            },
        ),
        (_("What happened"), {"fields": ("happened", ("women", "men"))}),
        (
            _("Training"),
            {
                "fields": (
                    "prepares",
                    "audience",
                    "trainers",
                    ("hours", "score_before", "score_after"),
                    "able_to",
                ),
                "classes": ("collapse",),
                "description": _("Where questions are entered below, the mean scores are theirs."),
            },
        ),
        (_("Exchange"), {"fields": (("from_party", "days"), "put_to_use"), "classes": ("collapse",)}),
        (
            _("Outside the prior assessment"),
            {
                "fields": ("outside_assessment", "changes"),
                "classes": ("collapse",),
                "description": _(
                    "An activity that was not in the assessed statement says which cells it changes. If it changes any, it "
                    "begins once both communes have decided to execute a new version of the assessment (rule I5)."
                ),
            },
        ),
    )

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Responsibilities and cells are parts of a project: the form offers those of its own."""
        if db_field.name in {"prepares", "changes"}:
            kwargs["queryset"] = db_field.remote_field.model.objects.none()
            kwargs["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The mean scores are those of the questions; what a finished activity leaves unsaid is asked for."""
        super().save_related(request, form, formsets, change)
        carrying_out.settle_scores(form.instance)
        self._ask_for_more(request, form.instance)

    def _ask_for_more(self, request: HttpRequest, activity: Activity) -> None:
        if activity.state != ActivityState.DONE:
            return
        if activity.kind == ActivityKind.TRAINING and not activity.prepares.exists():
            words = _("Saved. Say also for which responsibilities this training prepares (clause F3.1).")
            messages.warning(request, words)
        if activity.kind == ActivityKind.EXCHANGE and not carrying_out.has_text(activity, "put_to_use"):
            messages.warning(request, _("Saved. Say also, once you know, what was put to use (clause A1.3)."))

    @admin.display(description=_("project"), ordering="project__code")
    def project_code(self, activity: Activity) -> SafeString:
        """The project's code."""
        return code(activity.project.code)

    @admin.display(description=_("dates"))
    def pages_link(self, activity: Activity) -> SafeString | str:
        """The pages on which its dates are seen beside others."""
        if not activity.pk:
            return gettext("Save the activity first, then see it on the timeline.")
        return format_html(
            '<a href="{}">{}</a> · <a href="{}?month={}">{}</a>',
            reverse("admin:timeline", args=[activity.project_id]),
            gettext("Timeline of the project"),
            reverse("admin:calendar"),
            f"{activity.planned_start:%Y-%m}",
            gettext("Calendar of the month"),
        )
