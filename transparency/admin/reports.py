"""Reports that were made: their documents, their snapshot, and how each delivery fares. To read, and to release."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language_info, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from partnership import standing
from partnership.admin.columns import ATTENTION, BAD, GOOD, PLAIN, code, isolated, record_link, tag
from partnership.admin.decisions import STATE_TONES, pair, parties_of
from partnership.admin.scope import ReadOnly, ReadOnlyTabular, ScopedAdmin, may
from partnership.models import Decision, DecisionState, MessageState, User
from partnership.templatetags import words
from transparency.models import Delivery, Report, ReportDocument, Snapshot
from transparency.reports import making

DELIVERY_TONES = {MessageState.SENT: GOOD, MessageState.FAILED: BAD}


class DocumentInline(ReadOnlyTabular):
    """One PDF for each language: the stored bytes, which never change."""

    model = ReportDocument
    protocol_path = "report__series__protocol"
    fields = ("shown_language", "pages", "shown_size", "shown_digest", "rendered_at", "link")
    readonly_fields = fields
    verbose_name_plural = _("Documents")

    @admin.display(description=_("language"))
    def shown_language(self, document: ReportDocument) -> str:
        """The language's own name."""
        return str(get_language_info(document.language)["name_local"])

    @admin.display(description=_("size"))
    def shown_size(self, document: ReportDocument) -> SafeString:
        """Kilobytes."""
        return format_html('<bdi dir="ltr">{} kB</bdi>', len(document.content) // 1024)

    @admin.display(description=_("digest"))
    def shown_digest(self, document: ReportDocument) -> SafeString:
        """Its first characters."""
        return code(document.digest[:12])

    @admin.display(description=_("file"))
    def link(self, document: ReportDocument) -> SafeString:
        """The PDF, for staff also before the release."""
        url = reverse("admin:transparency_report_document", args=[document.report_id, document.language])
        return format_html('<a href="{}">PDF</a>', url)


class DeliveryInline(ReadOnlyTabular):
    """Who receives it, and how far the mail has come."""

    model = Delivery
    protocol_path = "report__series__protocol"
    fields = ("recipient", "shown_address", "state", "tries", "next_attempt", "log")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).select_related("recipient", "message").defer("message__content")
        return cast("QuerySet[Any]", rows.annotate(attempts=Count("message__attempts")))

    @admin.display(description=_("e-mail address"))
    def shown_address(self, delivery: Delivery) -> SafeString:
        """From left to right."""
        return code(delivery.address)

    @admin.display(description=_("state"))
    def state(self, delivery: Delivery) -> SafeString:
        """The mail's state."""
        message = delivery.message
        return tag(message.get_state_display(), DELIVERY_TONES.get(MessageState(message.state), ATTENTION))

    @admin.display(description=_("attempts"))
    def tries(self, delivery: Any) -> int:
        """How often it was tried."""
        return int(delivery.attempts)

    @admin.display(description=_("next attempt"))
    def next_attempt(self, delivery: Delivery) -> str:
        """When it is tried again; a dash once it is accepted or given up."""
        if delivery.message.state not in {MessageState.WAITING, MessageState.SENDING}:
            return "–"
        return date_format(timezone.localtime(delivery.message.next_attempt_at), "DATETIME_FORMAT")

    @admin.display(description=_("log"))
    def log(self, delivery: Delivery) -> SafeString | str:
        """The attempts and the server's answers."""
        return record_link(delivery.message, gettext("See the attempts"))


class ReleasedFilter(admin.SimpleListFilter):
    """Reports that were released, and those that wait for a person."""

    title = _("release")
    parameter_name = "released"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Released")), ("no", _("Waits for a release"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {"yes", "no"}:
            return queryset
        return queryset.filter(released_at__isnull=self.value() == "no")


class PeriodFilter(admin.SimpleListFilter):
    """The periods there are reports or snapshots of, newest first; their codes run from left to right."""

    title = _("period")
    parameter_name = "period"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        found = model_admin.get_queryset(request).order_by("-period").values_list("period", flat=True).distinct()
        return [(period, words.ltr(period)) for period in found]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(period=self.value()) if self.value() else queryset


def decisions_on(report: Report) -> Any:
    """The decisions about a report's release, the latest first."""
    return Decision.objects.on(report).filter(kind="release_report").order_by("-opened_at", "-pk")


@admin.register(Report)
class ReportAdmin(ReadOnly, ScopedAdmin):
    """What was made for one series and period."""

    protocol_path = "series__protocol"
    list_display = ("shown_period", "shown_series", "released", "made_at", "delivered")
    list_display_links = ("shown_period",)
    list_filter = (ReleasedFilter, "series", PeriodFilter)
    search_fields = ("period", "series__title_ar", "series__title_fr", "series__title_nl")
    date_hierarchy = "ends_on"
    ordering = ("-ends_on", "series")
    actions = ("release",)
    inlines = (DocumentInline, DeliveryInline)
    fields = (
        "shown_series",
        ("shown_period", "starts_on", "ends_on"),
        ("released", "released_at", "released_by"),
        "together",
        ("made_at", "shown_snapshot"),
    )
    readonly_fields = (
        "shown_series", "shown_period", "starts_on", "ends_on", "released", "released_at", "released_by", "together",
        "made_at", "shown_snapshot",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).select_related("series", "snapshot", "released_by").defer("snapshot__text")
        accepted = Count("deliveries", filter=Q(deliveries__message__state=MessageState.SENT))
        return cast("QuerySet[Any]", rows.annotate(accepted=accepted, wanted=Count("deliveries")))

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<uuid:report_id>/<str:language>.pdf", wrap(self.document), name="transparency_report_document"),
            path("<uuid:report_id>/release/", wrap(self.release_view), name="transparency_report_release"),
            *super().get_urls(),
        ]

    def has_release_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the person may let the report go alone."""
        return self.may(request, "release", obj)

    @admin.action(description=_("Release and send"), permissions=["release"])
    def release(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Let the reports go."""
        for report in queryset:
            self._release(request, report)

    def _release(self, request: HttpRequest, report: Report) -> None:
        try:
            making.release(report, by=request.user if isinstance(request.user, User) else None)
        except ValidationError as refusal:
            self.message_user(request, f"{report} – {' '.join(refusal.messages)}", messages.ERROR)
        else:
            text = gettext("%(report)s is released. The mails leave as soon as its documents are written.")
            self.message_user(request, text % {"report": report}, messages.SUCCESS)

    @method_decorator(require_POST)
    def release_view(self, request: HttpRequest, report_id: Any) -> HttpResponseRedirect:
        """The button on a report's own page."""
        report = self.get_object(request, str(report_id))
        if report is None:
            raise Http404
        if not self.has_release_permission(request, report):
            raise PermissionDenied
        self._release(request, report)
        return redirect("admin:transparency_report_change", report.pk)

    def document(self, request: HttpRequest, report_id: Any, language: str) -> HttpResponse:
        """The stored PDF, for staff also before the release."""
        report = self.get_object(request, str(report_id))
        found = report.documents.filter(language=language).first() if report else None
        if found is None or not self.has_view_permission(request):
            raise Http404
        response = HttpResponse(bytes(found.content), content_type="application/pdf")
        response["Content-Disposition"] = f'attachment; filename="{found.file_name}"'
        return response

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """One person lets a report go where the series allows it; else it takes a decision of both coordinators."""
        report = context.get("original")
        if report is not None and report.released_at is None:
            if self.has_release_permission(request, report):
                url = reverse("admin:transparency_report_release", args=[report.pk])
                context["act_buttons"] = [(url, _("Release and send"))]
            elif report.series.needs_release and may(request, "propose", "partnership.decision"):
                context["act_first"] = self._way_together(report)
        return super().render_change_form(request, context, *args, **kwargs)

    def _way_together(self, report: Report) -> tuple[str, Any]:
        """To the open decision about its release, else to the page that opens one."""
        opened = decisions_on(report).open().first()
        if opened is not None:
            return reverse("admin:decision_sign", args=[opened.pk]), _("Release: read and sign")
        return reverse("admin:decision_open", args=["release_report", report.pk]), _("Release: open a joint decision")

    def offers_on(self, request: HttpRequest, record: Any) -> list[Any]:
        """Its one kind of decision has a button of its own."""
        return []

    @admin.display(description=_("released by both coordinators"))
    def together(self, report: Report) -> SafeString | str:
        """How far both have come: the latest decision about its release."""
        if not report.series.needs_release:
            return gettext("This series does not need it.")
        decision = decisions_on(report).with_signatures().prefetch_related("protocol__parties__organisation").first()
        if decision is None:
            return gettext("Nobody has asked for it yet.")
        state = tag(decision.get_state_display(), STATE_TONES.get(DecisionState(decision.state), PLAIN))
        sides = standing.of(decision, parties_of(decision.protocol))
        return format_html("{} {} {}", record_link(decision, code(decision.number)), state, pair(sides))

    @admin.display(description=_("report series"), ordering="series")
    def shown_series(self, report: Report) -> str:
        """The series' title in the reader's language."""
        return words.text(report.series, "title")

    @admin.display(description=_("period"), ordering="ends_on")
    def shown_period(self, report: Report) -> SafeString:
        """Its code, from left to right."""
        return words.ltr(report.period)

    def heading(self, report: Report) -> str:
        return f"{words.text(report.series, 'title')} · {isolated(report.period)}"

    @admin.display(description=_("release"), ordering="released_at")
    def released(self, report: Report) -> SafeString:
        """Released, or for whom it waits."""
        if report.released_at is not None:
            return tag(_("Released"), GOOD)
        waits = _("Waits for both coordinators") if report.series.needs_release else _("Waits for a release")
        return tag(waits, ATTENTION)

    @admin.display(description=_("accepted mails"))
    def delivered(self, report: Any) -> SafeString:
        """How many of its mails the servers have accepted."""
        done = report.wanted and report.accepted == report.wanted
        counted = format_html('<bdi dir="ltr">{} / {}</bdi>', report.accepted, report.wanted)
        return tag(counted, GOOD if done else PLAIN)

    @admin.display(description=_("snapshot"))
    def shown_snapshot(self, report: Report) -> SafeString | str:
        """The frozen data it was made from, by the beginning of its digest."""
        return record_link(report.snapshot, code(report.snapshot.digest[:12]))


@admin.register(Snapshot)
class SnapshotAdmin(ReadOnly, ScopedAdmin):
    """What the programme was, frozen; both councils get the same one."""

    list_display = ("shown_period", "taken_at", "shown_digest")
    list_filter = (PeriodFilter,)
    date_hierarchy = "taken_at"
    fields = (("shown_period", "taken_at"), "full_digest", "shown_text")
    readonly_fields = ("shown_period", "taken_at", "full_digest", "shown_text")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        resolved = request.resolver_match
        return rows if resolved and resolved.url_name and resolved.url_name.endswith("_change") else rows.defer("text")

    @admin.display(description=_("period"), ordering="period")
    def shown_period(self, snapshot: Snapshot) -> SafeString:
        """Its code, from left to right."""
        return words.ltr(snapshot.period)

    @admin.display(description=_("digest"), ordering="digest")
    def shown_digest(self, snapshot: Snapshot) -> SafeString:
        """Its beginning."""
        return code(snapshot.digest[:12])

    @admin.display(description=_("digest (SHA-256)"))
    def full_digest(self, snapshot: Snapshot) -> SafeString:
        """All 64 digits in groups of eight."""
        groups = " ".join(snapshot.digest[start : start + 8] for start in range(0, 64, 8))
        return code(groups)

    @admin.display(description=_("the exact text that was hashed"))
    def shown_text(self, snapshot: Snapshot) -> SafeString:
        """Canonical JSON, from left to right."""
        return format_html('<pre class="canonical" dir="ltr" tabindex="0">{}</pre>', snapshot.text)
