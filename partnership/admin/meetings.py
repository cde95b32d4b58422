"""Meetings of the joint committee, and what each commune's council resolved; one that a signature rests on is locked."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language_info, gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from partnership import decisions, deliberating, filing, permissions, uploads
from partnership.admin.columns import ATTENTION, BAD, GOOD, PLAIN, code, tag, tag_column, text_column
from partnership.admin.scope import ScopedAdmin, ScopedStacked
from partnership.admin.texts import TextsForm, in_language
from partnership.deciding_forms import WithoutEffectForm
from partnership.middleware import current
from partnership.models import (
    Attendance,
    Decision,
    DecisionState,
    Deliberation,
    DocumentKind,
    Meeting,
    MeetingPoint,
    Membership,
    Party,
    Regime,
    Supervision,
)
from partnership.models.meetings import BY_REGIME, EXECUTORY
from partnership.opening_page import REFUSED, errors_of
from partnership.refusals import Refusal
from partnership.templatetags import words

# Meetings -------------------------------------------------------------------------------------------------------------


class AttendanceInline(ScopedStacked):
    """Who sat there for each side, by function: people are not named."""

    model = Attendance
    protocol_path = "meeting__protocol"
    fields = ("party", "function")


class PointInline(ScopedStacked):
    """What was spoken of, and what was agreed; a point may lead to a decision of both communes."""

    model = MeetingPoint
    protocol_path = "meeting__protocol"
    fields = (("order", "decision", "leads_to"), "title", "outcome")
    readonly_fields = ("leads_to",)
    ordering = ("order",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("decision")

    @admin.display(description=_("or a new one"))
    def leads_to(self, point: MeetingPoint) -> SafeString | str:
        """Where a decision is opened that this point leads to, or the decision it has led to."""
        if point._state.adding:
            return gettext("Save the meeting first, then open a decision from here.")
        if point.decision_id is not None:
            url = reverse("admin:partnership_decision_change", args=[point.decision_id])
            return format_html('<a href="{}">{}</a>', url, gettext("See the decision"))
        return format_html(
            '<a href="{}?point={}">{}</a>', reverse("admin:decision_choose"), point.pk, gettext("Open a decision")
        )


@admin.register(Meeting)
class MeetingAdmin(ScopedAdmin):
    """Meetings of the joint steering committee: equal numbers from each side, no casting vote."""

    list_display = ("held_on", text_column(Meeting, "title"), "place", "shown_points")
    list_display_links = ("held_on",)
    search_fields = ("title_ar", "title_fr", "title_nl", "minutes_ar", "minutes_fr", "minutes_nl")
    date_hierarchy = "held_on"
    autocomplete_fields = ("document",)
    inlines = (AttendanceInline, PointInline)
    fieldsets = (
        (None, {"fields": ("title", ("held_on", "document"), "place")}),
        (_("Minutes"), {"fields": ("minutes",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(point_count=Count("points"))  # type: ignore[no-any-return]

    @admin.display(description=_("points"), ordering="point_count")
    def shown_points(self, meeting: Any) -> int:
        """How many points it had."""
        return int(meeting.point_count)


# Deliberations --------------------------------------------------------------------------------------------------------

RULES: dict[Regime, Any] = {
    Regime.MOROCCO: _(
        "In Morocco the council’s deliberation goes to the governor: it is executory with the visa, or by silence 20 days after the "
        "sending (organic law 113-14, article 118)."
    ),
    Regime.BRUSSELS: _(
        "In Brussels the council’s deliberation is executory once the region’s term of supervision has run out, or at once where it "
        "is not subject to supervision (ordinance of 14 May 1998); the region can annul it."
    ),
}
"""Each regime's rule in one sentence."""
SUPERVISION = _("Supervision")
ALIVE = (DecisionState.OPEN, DecisionState.ADOPTED)
TONES = {
    Supervision.VISA: GOOD,
    Supervision.TACIT: GOOD,
    Supervision.NOT_NEEDED: GOOD,
    Supervision.EXPIRED: GOOD,
    Supervision.SENT: ATTENTION,
    Supervision.VISA_REFUSED: BAD,
    Supervision.ANNULLED: BAD,
}
AT_FIELD = {
    "deliberation_executory_has_day": "executory_on",
    "deliberation_sent_has_day": "sent_on",
    "deliberation_answered_has_day": "answered_on",
    "deliberation_tacit_after_the_term": "answered_on",
    "deliberation_supervision_of_its_regime": "supervision",
    "deliberation_number_once": "number",
}
"""At which field a constraint's words stand."""


class DeliberationForm(TextsForm):
    """What a council resolved, and how far the law of its country has brought it."""

    own: ClassVar[Sequence[Party]] = ()
    """The communes for which the person enters deliberations; set by the admin for the request."""

    upload = forms.FileField(
        label=_("or a new file"),
        required=False,
        validators=[uploads.validate_upload],
        help_text=_("The signed deliberation as PDF or picture, at most 10 MB. It is kept as an internal document."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding and len(self.own) == 1:
            self.instance.party = self.own[0]
        if "party" in self.fields:
            menu: Any = self.fields["party"]
            menu.queryset = Party.objects.filter(pk__in=[party.pk for party in self.own]).select_related("organisation")
        if "supervision" in self.fields:
            states: Any = self.fields["supervision"]
            offered = {state for regime in self.regimes() for state in BY_REGIME[regime]}
            states.choices = [choice for choice in Supervision.choices if choice[0] in offered]

    def regimes(self) -> list[Regime]:
        """Under which law: that of the deliberation, or of the communes it can be of."""
        if not self.instance._state.adding:
            return [Regime(self.instance.regime)]
        parties = self.own if self.instance.party_id is None else [self.instance.party]
        return list(dict.fromkeys(Regime(party.regime) for party in parties))

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if not self.instance._state.adding:
            try:
                deliberating.refuse_locked(self.instance)
            except Refusal as refusal:
                self.add_error(None, refusal)
        self._keep_upload()
        return cleaned

    def _party(self) -> Party | None:
        chosen: Party | None = self.cleaned_data.get("party")
        return chosen or (self.instance.party if self.instance.party_id else None)

    def _keep_upload(self) -> None:
        """A new file becomes a document at once: no browser sends a file twice."""
        upload, party = self.cleaned_data.get("upload"), self._party()
        if not upload or party is None:
            return
        number = self.cleaned_data.get("number") or self.instance.number
        titles = decisions.in_languages(
            lambda: gettext("Deliberation no. %(number)s of %(commune)s") % {"number": number, "commune": party}
        )
        kept = filing.file_scan(
            upload, protocol=party.protocol, owner=party.organisation, titles=titles, kind=DocumentKind.DELIBERATION
        )
        self.cleaned_data["document"] = kept
        data: Any = self.data.copy()  # type: ignore[attr-defined]  # of a request
        data["document"] = str(kept.pk)
        self.data = data

    def _post_clean(self) -> None:
        party = self._party()
        if self.instance._state.adding and party is not None:
            self.instance.regime = party.regime  # the law of the day on which it was entered
        super()._post_clean()

    def _get_validation_exclusions(self) -> set[str]:
        """The rules of the law name the regime and the commune, which the form does not always show."""
        return set(super()._get_validation_exclusions()) - {"regime", "party", "without_effect_since"}

    def _update_errors(self, errors: ValidationError) -> None:
        """A rule of the law stands at the day or state it is about."""
        super()._update_errors(_at_fields(errors, self.fields))  # type: ignore[misc]  # Django's own hook


def _at_fields(errors: ValidationError, fields: Container[str]) -> ValidationError:
    if not hasattr(errors, "error_dict"):
        return errors
    places = {
        str(constraint.violation_error_message): AT_FIELD[constraint.name]
        for constraint in Deliberation._meta.constraints
        if constraint.name in AT_FIELD
    }
    placed: dict[str, list[ValidationError]] = {}
    for name, found in errors.error_dict.items():
        for error in found:
            wanted = places.get(str(error.message), name) if name == NON_FIELD_ERRORS else name
            placed.setdefault(wanted if wanted in fields else name, []).append(error)
    return ValidationError(placed)


class ExecutoryFilter(admin.SimpleListFilter):
    """Deliberations that can carry a signature today, and those that cannot."""

    title = _("executory")
    parameter_name = "executory"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Executory")), ("no", _("Not executory"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {"yes", "no"}:
            return queryset
        executory = Deliberation.objects.executory_on(timezone.localdate()).values("pk")
        return queryset.filter(pk__in=executory) if self.value() == "yes" else queryset.exclude(pk__in=executory)


@admin.register(Deliberation)
class DeliberationAdmin(ScopedAdmin):
    """What each commune's council resolved. Each commune enters its own; both read all."""

    form = DeliberationForm
    protocol_path = "party__protocol"
    list_display = (
        "shown_number",
        "party",
        text_column(Deliberation, "subject"),
        "held_on",
        tag_column("approved", {True: GOOD, False: BAD}, _("vote")),
        "standing",
        "executory_on",
    )
    list_display_links = ("shown_number",)
    list_filter = ("party", "body", ExecutoryFilter, "approved")
    list_select_related = ("party__organisation",)
    search_fields = ("number", "subject_ar", "subject_fr", "subject_nl")
    date_hierarchy = "held_on"
    autocomplete_fields = ("document",)
    left_to_right = ("number",)
    readonly_fields = ("lost",)
    fieldsets = (
        (None, {"fields": (("party", "body", "session"), ("number", "held_on"), "subject", ("document", "upload"))}),
        (_("Vote"), {"fields": (("approved", "votes_for", "votes_against", "abstentions"),)}),
        (SUPERVISION, {"fields": ("supervision", ("sent_on", "answered_on", "executory_on"), "lost")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Deliberation | None = None) -> Any:
        """Without what goes without saying; with the rule of the commune's law."""
        hidden = {"lost"} if obj is None or obj.without_effect_since is None else set()
        if obj is None and len(self.own(request)) == 1:
            hidden.add("party")
        if obj is not None and not self.has_change_permission(request, obj):
            hidden.add("upload")
        return [
            (
                name,
                {**options, "fields": _without(options["fields"], hidden)}
                | ({"description": self.rule(request, obj)} if name == SUPERVISION else {}),
            )
            for name, options in super().get_fieldsets(request, obj)
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any | None = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return fixed if obj is None else [*fixed, "party"]

    def get_form(self, request: HttpRequest, obj: Any | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.own = self.own(request)
        return form

    def own(self, request: HttpRequest) -> list[Party]:
        """The communes for which the person enters deliberations; read once for each request."""
        known: list[Party] | None = getattr(request, "_own_communes", None)
        protocol = current(request)
        if known is None and protocol is not None:
            granted = permissions.granting(request.user, "add", protocol, "partnership.deliberation")
            organisations = [mandate.organisation for _line, mandate in granted]
            rows = protocol.parties.filter(organisation__in=organisations).select_related("organisation", "protocol")
            known = list(rows)
            request._own_communes = known  # type: ignore[attr-defined]  # kept with the request it was read for
        return known or []

    def rule(self, request: HttpRequest, obj: Deliberation | None) -> str:
        """The rule of the law of this commune, in one sentence."""
        regimes = [Regime(obj.regime)] if obj else [Regime(party.regime) for party in self.own(request)]
        return " ".join(str(RULES[regime]) for regime in dict.fromkeys(regimes))

    # Locked once signed upon

    def is_locked(self, request: HttpRequest, obj: Deliberation) -> bool:
        """Whether a signature rests on it; read once for each request."""
        known: dict[int, bool] = request.__dict__.setdefault("_signed_upon", {})
        if obj.pk not in known:
            known[obj.pk] = deliberating.is_locked(obj)
        return known[obj.pk]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """One that was signed upon is shown, not typed into; a form that was opened before is refused as it was typed."""
        may_change = super().has_change_permission(request, obj)
        return may_change and (obj is None or request.method == "POST" or not self.is_locked(request, obj))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        record = context.get("original")
        if record is not None and not context.get("is_popup"):
            context["signed_upon"] = list(_resting_on(record))
            if self.can_lose_effect(request, record):
                url = reverse("admin:partnership_deliberation_without_effect", args=[record.pk])
                context["act_links"] = [(url, _("Without effect since…"))]
        return super().render_change_form(request, context, *args, **kwargs)

    # Without effect

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.without_effect)
        return [
            path("<int:key>/without-effect/", view, name="partnership_deliberation_without_effect"),
            *super().get_urls(),
        ]

    def acting(self, request: HttpRequest, obj: Deliberation) -> list[Membership]:
        """The mandates under which the person says what has become of this deliberation: as its own commune's coordinator or signatory."""
        protocol = current(request)
        if protocol is None:
            return []
        granted = permissions.granting(request.user, "annul", protocol, record=obj)
        held = [mandate.membership for _line, mandate in granted]
        return [membership for membership in held if membership is not None][:1]

    def can_lose_effect(self, request: HttpRequest, obj: Deliberation) -> bool:
        """Whether there is an effect to lose, and this person can say so."""
        has_effect = obj.supervision in EXECUTORY and obj.without_effect_since is None
        return has_effect and bool(self.acting(request, obj))

    def without_effect(self, request: HttpRequest, key: int) -> HttpResponse:
        """Say since when a deliberation is without effect, and why; before that, what it takes with it."""
        deliberation = self.get_object(request, str(key))
        acting = self.acting(request, deliberation)
        if not acting:
            raise Http404
        form = WithoutEffectForm(request.POST if request.method == "POST" else None, mandates=acting)
        if request.method == "POST" and form.is_valid() and self._lost(request, deliberation, form):
            return HttpResponseRedirect(reverse("admin:partnership_deliberation_change", args=[key]))
        state = deliberating.WITHOUT_EFFECT[Regime(deliberation.regime)]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Without effect since…"),
            "opts": self.opts,
            "deliberation": deliberation,
            "state": state.label,
            "resting": [each for each in _resting_on(deliberation) if each.state in ALIVE],
            "form": form,
            "errors": list(errors_of(form)),
        }
        status = REFUSED if form.is_bound else 200
        return TemplateResponse(request, "admin/deliberation_without_effect.html", context, status=status)

    def _lost(self, request: HttpRequest, deliberation: Deliberation, form: WithoutEffectForm) -> bool:
        typed = form.cleaned_data
        try:
            gone = deliberating.lose_effect(
                deliberation, by=form.by, on=typed["on"], ground=typed["words"], language=typed["language"]
            )
        except Refusal as refusal:
            form.refuse(refusal, {"day": "on", "ground": "words"})
            return False
        said = ngettext(
            "The deliberation is without effect; %(count)s decision that rested on it is annulled.",
            "The deliberation is without effect; %(count)s decisions that rested on it are annulled.",
            len(gone),
        )
        self.message_user(request, said % {"count": len(gone)}, messages.SUCCESS)
        return True

    # Columns

    @admin.display(description=_("number"), ordering="number")
    def shown_number(self, deliberation: Deliberation) -> SafeString:
        """From left to right."""
        return code(deliberation.number)

    @admin.display(description=_("supervision"), ordering="supervision")
    def standing(self, deliberation: Deliberation) -> SafeString:
        """Where it stands with whoever may look at it."""
        if deliberation.without_effect_since is not None:
            return tag(pgettext("deliberation", "Without effect"), BAD)
        return tag(deliberation.get_supervision_display(), TONES.get(Supervision(deliberation.supervision), PLAIN))

    @admin.display(description=_("without effect since"))
    def lost(self, deliberation: Deliberation) -> SafeString | str:
        """Since when, and the ground in the words in which it was given."""
        if deliberation.without_effect_since is None:
            return "–"
        ground = in_language(deliberation.without_effect_ground, deliberation.without_effect_language)
        written = gettext("In the language in which it was written: %(language)s") % {
            "language": get_language_info(deliberation.without_effect_language)["name_translated"]
        }
        return format_html(
            '{} – {} <span class="note">{}</span>', words.day(deliberation.without_effect_since), ground, written
        )

    def heading(self, record: Deliberation) -> str:
        return f"{record.party} · \u2066{record.number}\u2069"


def _without(rows: Any, hidden: set[str]) -> list[Any]:
    """A fieldset's rows without some fields."""
    kept = [tuple(name for name in row if name not in hidden) if isinstance(row, tuple) else row for row in rows]
    return [row for row in kept if row and row not in hidden]


def _resting_on(deliberation: Deliberation) -> QuerySet[Decision]:
    """The decisions under which a signature rests on it."""
    rows = Decision.objects.filter(pk__in=deliberation.signatures.values("decision"))
    return rows.defer("statement", "binding").order_by("-opened_at")
