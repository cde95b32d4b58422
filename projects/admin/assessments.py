"""Prior assessments: what stands above the 24 cells, and who took part. The cells have a page of their own."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partnership import formats, languages
from partnership.admin.columns import ATTENTION, BAD, GOOD, PLAIN, isolated, tag
from partnership.admin.publishing import PublishingAdmin, TextsFilter, publishing_tag
from partnership.admin.scope import ScopedStacked
from partnership.templatetags import words
from projects import assessment_page
from projects.models import CELLS, AssessmentParticipant, Outcome, PriorAssessment

OUTCOME_TONES = {Outcome.EXECUTE: GOOD, Outcome.MODIFY: ATTENTION, Outcome.CANCEL: BAD, Outcome.REPLACE: ATTENTION}


class ParticipantInline(ScopedStacked):
    """Who took part, by function."""

    model = AssessmentParticipant
    protocol_path = "assessment__protocol"
    verbose_name_plural = _("Who took part")
    autocomplete_fields = ("organisation",)
    fields = ("organisation", "function")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("organisation").order_by("pk")


@admin.register(PriorAssessment)
class PriorAssessmentAdmin(PublishingAdmin):
    """The diagnoses of a protocol's projects, each version. One is begun from its project's form, never added here."""

    list_display = (
        "which",
        "project_title",
        "answered",
        "outcome_tag",
        "decided_on",
        publishing_tag,
    )
    list_display_links = None
    list_filter = ("outcome", "publishing_state", TextsFilter)
    list_select_related = ("project", "need")
    search_fields = ("project__search_ar", "project__search_fr", "project__search_nl")
    ordering = ("-pk",)
    autocomplete_fields = ("need",)
    readonly_fields = ("project", "number")
    inlines = (ParticipantInline,)
    fieldsets = (
        (None, {"fields": (("project", "number"), "need")}),
        (_("What stands above the cells"), {"fields": ("context", "alternatives", "future_generations")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        counted: QuerySet[Any] = rows.annotate(answers=Count("impacts", filter=~Q(impacts__effect="")))
        return counted

    @admin.display(description=_("version"), ordering="project__code")
    def which(self, assessment: PriorAssessment) -> SafeString:
        """The project's code and the version, which lead to the grid."""
        return format_html(
            '<a href="{}">{} · {}</a>',
            assessment_page.address(assessment),
            isolated(assessment.project.code),
            gettext("version %(number)s") % {"number": assessment.number},
        )

    @admin.display(description=_("project"))
    def project_title(self, assessment: PriorAssessment) -> str:
        """What the project is called."""
        return words.text(assessment.project, "title")

    @admin.display(description=_("outcome"), ordering="outcome")
    def outcome_tag(self, assessment: PriorAssessment) -> SafeString:
        """What both communes decided; open until then."""
        word = assessment.get_outcome_display() if assessment.outcome else gettext("being filled")
        return tag(word, OUTCOME_TONES.get(Outcome(assessment.outcome), PLAIN) if assessment.outcome else PLAIN)

    @admin.display(description=_("cells answered"))
    def answered(self, assessment: Any) -> SafeString:
        """How many of the 24 cells are answered."""
        language = languages.current()
        done, every = formats.number(assessment.answers, language), formats.number(len(CELLS), language)
        return format_html('<bdi dir="ltr">{} / {}</bdi>', done, every)

    def heading(self, record: PriorAssessment) -> str:
        """The project, at the top of the form."""
        return gettext("Prior assessment, version %(number)s") % {"number": record.number}

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        record = context.get("original")
        if record is not None and not context.get("is_popup"):
            context["act_first"] = (assessment_page.address(record), _("The 24 cells"))
        return super().render_change_form(request, context, *args, **kwargs)
