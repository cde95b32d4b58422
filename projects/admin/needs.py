"""Needs, recorded by both communes (clause F1.1), and consultations, without which no plan is adopted (clause A4.1)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from partnership import permissions
from partnership.admin.columns import BAD, GOOD, code, record_link, tag, text_column
from partnership.admin.publishing import PublishingAdmin, TextsFilter, publishing_tag
from partnership.middleware import current
from partnership.models import Membership
from projects import consulting, recording, recording_page
from projects.models import Consultation, Need

ONE, NOBODY, BOTH = "one", "nobody", "both"


class RecordedFilter(admin.SimpleListFilter):
    """Needs by how many communes have recorded them."""

    title = _("recorded by")
    parameter_name = "recorded"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(BOTH, _("Both communes")), (ONE, _("One commune, awaits the other")), (NOBODY, _("No commune yet"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = {NOBODY: 0, ONE: 1, BOTH: 2}.get(self.value() or "")
        return queryset if wanted is None else queryset.annotate(times=Count("records")).filter(times=wanted)


class ProjectFilter(admin.SimpleListFilter):
    """Needs from which a project starts, and those from which none does yet."""

    title = _("projects")
    parameter_name = "started"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("A project starts from it")), ("no", _("No project yet"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        without = Need.objects.without_a_project().values("pk")
        if self.value() == "no":
            return queryset.filter(pk__in=without)
        return queryset.exclude(pk__in=without) if self.value() == "yes" else queryset


@admin.register(Need)
class NeedAdmin(PublishingAdmin):
    """What is needed in a territory. Whoever enters a need records it in their commune's name in the same act."""

    list_display = ("code", text_column(Need, "title"), "both", publishing_tag, "starts")
    list_display_links = ("code",)
    list_filter = (RecordedFilter, ProjectFilter, "publishing_state", TextsFilter)
    search_fields = ("code", "title_ar", "title_fr", "title_nl", "territory_ar", "territory_fr", "territory_nl")
    date_hierarchy = "voiced_on"
    ordering = ("code",)
    left_to_right = ("code",)
    change_list_template = "admin/plan_list.html"
    autocomplete_fields = ("organisations",)
    readonly_fields = ("both_on", "voiced_at", "starts")
    fieldsets = (
        (_("The need"), {"fields": ("code", "title", "description")}),
        (_("Who voiced it, where"), {"fields": ("voiced_on", "territory", "voiced_by", "organisations")}),
        (_("What became of it"), {"fields": ("both_on", "voiced_at", "starts")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any | None = None) -> Any:
        """Of a need that is only being entered nothing has become yet."""
        found = super().get_fieldsets(request, obj)
        return found if obj else found[:2]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With both communes, their records and the projects: the same few queries for one need and for fifty."""
        rows = super().get_queryset(request)
        return rows.prefetch_related("protocol__parties__organisation", "records", "assessments__project")

    def save_model(self, request: HttpRequest, obj: Need, form: Any, change: bool) -> None:
        """A new need is recorded in the name of the commune that enters it. Raises Refusal where that is refused."""
        super().save_model(request, obj, form, change)
        if change:
            return
        by = self._entering(request, obj)
        if by is not None:
            recording.record(obj, by=by)
            self.message_user(
                request,
                gettext("The need is recorded in the name of %(commune)s. It awaits the other commune’s record.")
                % {"commune": by.organisation},
                messages.INFO,
            )

    def _entering(self, request: HttpRequest, need: Need) -> Membership | None:
        protocol = current(request)
        return permissions.membership_for(request.user, "change", protocol, need) if protocol else None

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Whoever can record the need in their commune's name finds the way first."""
        need = context.get("original")
        if need is not None and recording.still_to_record(need, recording_page.held(request, need)):
            context["act_first"] = (recording_page.address(need), _("Record it for your commune"))
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_("recorded by both communes"))
    def both(self, need: Need) -> SafeString:
        """The pair of communes: which have recorded the need."""
        return render_to_string("admin/includes/pair.html", {"pair": recording_page.pair_of(need)})

    @admin.display(description=_("recorded by both communes"))
    def both_on(self, need: Need) -> SafeString:
        """The pair of communes, each with the day on which it recorded the need."""
        return render_to_string("admin/includes/pair.html", {"pair": recording_page.pair_with_days(need)})

    @admin.display(description=_("consultations at which it was voiced"))
    def voiced_at(self, need: Need) -> SafeString | str:
        """Links to them."""
        rows = ((record_link(one, one.code),) for one in Consultation.objects.filter(needs=need).order_by("held_on"))
        return format_html_join(" · ", "{}", rows) or pgettext("consultations", "None")

    @admin.display(description=_("projects"))
    def starts(self, need: Need) -> SafeString:
        """The codes of the projects whose prior assessment starts from the need."""
        codes = sorted({one.project.code for one in need.assessments.all()})
        if not codes:
            return tag(gettext("no project yet"), "attention")
        return format_html_join(" ", "{}", ((code(one),) for one in codes))


@admin.register(Consultation)
class ConsultationAdmin(PublishingAdmin):
    """Who was heard before a plan, what was said and what was done with it. People are counted, never named."""

    list_display = ("code", text_column(Consultation, "title"), "held_on", publishing_tag, "plan_code", "has_minutes")
    list_display_links = ("code",)
    list_filter = ("publishing_state", TextsFilter, "plan", "with_partners", "with_citizens")
    list_select_related = ("plan",)
    search_fields = ("code", "title_ar", "title_fr", "title_nl")
    date_hierarchy = "held_on"
    ordering = ("-held_on", "-pk")
    left_to_right = ("code",)
    autocomplete_fields = ("plan", "organisations", "minutes", "needs")
    fieldsets = (
        (_("The consultation"), {"fields": (("code", "held_on", "plan"), "title", "place")}),
        (
            _("Who was heard"),
            {
                "fields": (("with_partners", "with_citizens"), "with_whom", "organisations", ("women", "men", "youth")),
                "description": _("People are counted, never named. The public reads no number under 5."),
            },
        ),
        (_("What was said, and done with it"), {"fields": ("said", "done_with", "needs", "minutes")}),
    )

    def view_on_site(self, obj: Consultation) -> str:  # type: ignore[override]  # Django takes a function that gives the address
        """The public page, where there is one."""
        return obj.get_absolute_url()

    def get_view_on_site_url(self, obj: Any | None = None) -> str | None:
        return super().get_view_on_site_url(obj) if obj is not None and obj.is_published else None

    def save_model(self, request: HttpRequest, obj: Consultation, form: Any, change: bool) -> None:
        """Raises Refusals where an adopted plan would lose the consultation it rests on."""
        with consulting.kept(obj.protocol):
            super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: Consultation) -> None:
        with consulting.kept(obj.protocol):
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        protocol = current(request)
        assert protocol is not None  # the rows are of the request's protocol
        with consulting.kept(protocol):
            super().delete_queryset(request, queryset)

    @admin.display(description=_("plan"), ordering="plan__code")
    def plan_code(self, consultation: Consultation) -> SafeString | str:
        """The code of the plan it prepares."""
        return code(consultation.plan.code) if consultation.plan else "–"

    @admin.display(description=_("minutes"), ordering="minutes")
    def has_minutes(self, consultation: Consultation) -> SafeString:
        """Whether there are minutes: a plan rests on a consultation that has them (clause A4.1)."""
        if consultation.minutes_id:
            return tag(pgettext("minutes", "added"), GOOD)
        return tag(pgettext("minutes", "missing"), BAD)


def consultations_of(plan: Any) -> SafeString:
    """The consultations that prepare a plan, each with what it still lacks, and the way to enter one."""
    rows = [
        (record_link(one, f"{one.code} {one.title}"), _standing(one)) for one in plan.consultations.order_by("held_on")
    ]
    new = f"{reverse('admin:projects_consultation_add')}?plan={plan.pk}"
    return format_html_join("", "<p>{} {}</p>", rows) + format_html_join(
        "", '<p><a class="addlink" href="{}">{}</a></p>', [(new, gettext("Enter a consultation for this plan"))]
    )


def _standing(consultation: Consultation) -> SafeString:
    if consultation.minutes_id:
        return tag(gettext("with minutes"), GOOD)
    return tag(gettext("without minutes"), BAD)
