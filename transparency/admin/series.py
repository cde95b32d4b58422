"""Report series and their recipients; making, sending and previewing. The acts stand in transparency/reports/."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language_info, gettext
from django.utils.translation import gettext_lazy as _

from partnership.admin.columns import GOOD, PLAIN, isolated, record_link, tag, text_column
from partnership.admin.scope import ScopedAdmin, ScopedTabular
from partnership.models import User
from partnership.refusals import Refusal
from partnership.templatetags import words
from transparency.models import Report, ReportRecipient, ReportSeries
from transparency.reports import making

if TYPE_CHECKING:
    _InlineFormSet = forms.BaseInlineFormSet[ReportRecipient, ReportSeries, Any]
else:
    _InlineFormSet = forms.BaseInlineFormSet


class RecipientFormSet(_InlineFormSet):
    """A report without anybody to read it is refused, whichever way the recipients went."""

    def clean(self) -> None:
        super().clean()
        kept = [form for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        if not kept and not any(self.errors):
            raise Refusal(
                _("A report series needs at least one recipient: enter an e-mail address or a mandate (rule I12)."),
                code="I12",
            )


class RecipientInline(ScopedTabular):
    """Where the series is sent: an office's address, or a mandate and whoever succeeds in it."""

    model = ReportRecipient
    formset = RecipientFormSet
    protocol_path = "series__protocol"
    fields = ("name", "email", "membership")
    autocomplete_fields = ("membership",)

    def get_extra(self, request: HttpRequest, obj: Any | None = None, **kwargs: Any) -> int:
        return 0 if obj else 1

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("membership__user", "membership__organisation")


@admin.register(ReportSeries)
class SeriesAdmin(ScopedAdmin):
    """For whom, in which languages, how often, to which addresses."""

    list_display = (
        text_column(ReportSeries, "title"),
        "audience",
        "party",
        "shown_languages",
        "cadence",
        "shown_active",
    )
    list_filter = ("audience", "cadence", "active")
    list_select_related = ("party__organisation",)
    search_fields = ("title_ar", "title_fr", "title_nl")
    left_to_right = ("languages", "first_period", "time_zone")
    inlines = (RecipientInline,)
    actions = ("make", "make_and_send")
    readonly_fields = ("latest_reports", "previews")
    fieldsets = (
        (None, {"fields": ("title", ("audience", "party", "languages"))}),
        (_("When"), {"fields": (("cadence", "first_period", "time_zone"), ("needs_release", "active"))}),
    )
    made_fieldsets = ((_("Reports of this series"), {"fields": ("latest_reports", "previews")}),)

    def get_fieldsets(self, request: HttpRequest, obj: Any | None = None) -> Any:
        return [*super().get_fieldsets(request, obj), *(self.made_fieldsets if obj else ())]

    def has_make_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the person may make a report of the series now."""
        return self.may(request, "make", obj)

    def has_release_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the person may also let it go."""
        return self.may(request, "release", obj)

    def get_urls(self) -> list[URLPattern]:
        preview = self.admin_site.admin_view(self.preview)
        return [
            path("<int:series_id>/preview/<str:language>/", preview, name="transparency_reportseries_preview"),
            *super().get_urls(),
        ]

    @admin.action(description=_("Make the report of the latest ended period"), permissions=["make"])
    def make(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Make the reports; each waits until a person releases it."""
        for series in queryset:
            self._make(request, series, send=False)

    @admin.action(description=_("Make and send the report of the latest ended period"), permissions=["make", "release"])
    def make_and_send(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Make the reports and release them: the mails leave as soon as the documents are written."""
        for series in queryset:
            self._make(request, series, send=True)

    def _make(self, request: HttpRequest, series: ReportSeries, *, send: bool) -> None:
        person = request.user if isinstance(request.user, User) else None
        now = timezone.now()
        try:
            report = making.make(series, making.period_for(series, None, now), now=now, hold=True)
            if send:
                making.release(report, by=person, now=now)
        except ValidationError as refusal:
            self.message_user(request, f"{series} – {' '.join(refusal.messages)}", messages.ERROR)
            return
        self.message_user(request, made_words(report), messages.SUCCESS)

    def preview(self, request: HttpRequest, series_id: int, language: str) -> HttpResponse:
        """The running period as it would be reported today: a provisional PDF, neither stored nor sent."""
        series = self.get_object(request, str(series_id))
        if series is None or language not in series.language_codes or not self.has_view_permission(request, series):
            raise Http404
        document = making.preview(series, language)
        response = HttpResponse(document.content, content_type="application/pdf")
        response["Content-Disposition"] = f'attachment; filename="preview-{series.pk}-{language}.pdf"'
        return response

    @admin.display(description=_("languages"))
    def shown_languages(self, series: ReportSeries) -> SafeString:
        """The codes in order, from left to right."""
        return format_html('<bdi dir="ltr" class="code">{}</bdi>', " + ".join(series.language_codes))

    @admin.display(description=_("active"), ordering="active")
    def shown_active(self, series: ReportSeries) -> SafeString:
        """Whether the series appears."""
        return tag(_("active"), GOOD) if series.active else tag(_("switched off"), PLAIN)

    @admin.display(description=_("latest reports"))
    def latest_reports(self, series: ReportSeries) -> SafeString | str:
        """The last reports, newest first, each with a link."""
        reports: list[Report] = list(series.reports.order_by("-ends_on")[:6])
        if not reports:
            return gettext("None yet. Choose “Make the report of the latest ended period” in the list of series.")
        return format_html_join(" · ", "{}", ((record_link(report, words.ltr(report.period)),) for report in reports))

    @admin.display(description=_("preview of the running period"))
    def previews(self, series: ReportSeries) -> SafeString:
        """One link for each language; the PDF says on every page that it is provisional."""
        links = (
            (
                reverse("admin:transparency_reportseries_preview", args=[series.pk, code]),
                code,
                get_language_info(code)["name_local"],
            )
            for code in series.language_codes
        )
        return format_html_join(" · ", '<a href="{}" hreflang="{}">{} (PDF)</a>', links)


def made_words(report: Report) -> SafeString:
    """What happens next, with a link to the report."""
    if report.released_at is None:
        text = gettext("The report of %(period)s is made. Its documents are being written; it waits for a release.")
    else:
        text = gettext("The report of %(period)s is made. Its documents are being written, then it is sent.")
    return format_html(
        "{} {}", text % {"period": isolated(report.period)}, record_link(report, gettext("Open the report"))
    )
