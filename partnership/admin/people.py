"""People and mandates. Each commune looks after its own people [I2].

Signatories and coordinators are appointed and ended on pages of their own (partnership/admin/appointments.py), never in this form [I3].
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partnership import accounts, formats, languages, mandates, permissions
from partnership import invitations as inviting
from partnership.admin import appointments, invitations
from partnership.admin.columns import ATTENTION, GOOD, PLAIN, isolated, record_link, tag
from partnership.admin.scope import ScopedAdmin, ScopedTabular
from partnership.admin.texts import TextsForm
from partnership.middleware import current
from partnership.models import APPOINTED, Document, Membership, Organisation, Role, User
from partnership.refusals import Refusal
from partnership.templatetags import words

NO_KEYS_HERE = _(
    "Signatories and coordinators are not entered here: a coordinator of their commune appoints them on the commune’s act, "
    "with the button above the list of mandates (rule I3)."
)
OWN_PEOPLE = _("Each commune enters its own people; for the other commune’s, ask its coordinator (rule I2).")


@dataclass(frozen=True)
class Reach:
    """Whose people someone may enter: nobody's, or everyone's but those of some organisations."""

    anyone: bool
    not_these: frozenset[int] = frozenset()

    def covers(self, organisation_id: int) -> bool:
        """Whether this organisation's people are within reach."""
        return self.anyone and organisation_id not in self.not_these


def is_administrator(request: HttpRequest) -> bool:
    """Whether the person administers the platform itself."""
    return isinstance(request.user, User) and request.user.is_superuser


def reach(request: HttpRequest) -> Reach:
    """A coordinator of a commune enters everyone but the other commune's people; who is no coordinator, nobody. Read once a request."""
    known: Reach | None = getattr(request, "_reach", None)
    if known is None:
        known = _coordinators_reach(request)
        request._reach = known  # type: ignore[attr-defined]  # kept with the request it was read for
    return known


def _coordinators_reach(request: HttpRequest) -> Reach:
    protocol = current(request)
    if protocol is None:
        return Reach(False)
    mandates = Membership.objects.for_protocol(protocol).filter(user=request.user.pk, role=Role.COORDINATOR)
    communes = permissions.communes_of(protocol)
    own = set(mandates.valid_now().values_list("organisation", flat=True)) & communes
    return Reach(bool(own), communes - own)


class MembershipForm(TextsForm):
    """A mandate as a coordinator enters it."""

    reach: ClassVar[Reach] = Reach(False)
    """Set by the admin for the request."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role = self.fields.get("role")
        if isinstance(role, forms.ChoiceField):  # offered to nobody; a crafted request meets the rule below
            role.widget.choices = [choice for choice in role.widget.choices if choice[0] not in APPOINTED]

    def clean_role(self) -> str:
        role: str = self.cleaned_data["role"]
        if role in APPOINTED:
            raise Refusal(NO_KEYS_HERE, code="I3")
        return role

    def clean_organisation(self) -> Organisation:
        organisation: Organisation = self.cleaned_data["organisation"]
        if not self.reach.covers(organisation.pk):
            raise Refusal(OWN_PEOPLE, code="I2")
        return organisation

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in ("deputy", "successor"):
            other = cleaned.get(name)
            if other is not None and {"organisation", "role"} <= cleaned.keys():
                self._refuse_stand_in(name, other)
        return cleaned

    def _refuse_stand_in(self, name: str, other: Membership) -> None:
        """A deputy or successor holds the same role for the same organisation."""
        typed = Membership(
            pk=self.instance.pk,
            protocol=self.instance.protocol,
            organisation=self.cleaned_data["organisation"],
            role=self.cleaned_data["role"],
        )
        try:
            mandates.refuse_stand_in(typed, other)
        except Refusal as refusal:
            self.add_error(name, refusal)


class PersonForm(TextsForm):
    """A person; the address is written in small letters, as the sign-in looks it up."""

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        return email


class ValidTodayFilter(admin.SimpleListFilter):
    """Mandates that run today, and the others."""

    title = _("validity")
    parameter_name = "valid"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("today", _("Valid today")), ("past", _("Ended")), ("coming", _("Not begun"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        moment, today = timezone.now(), timezone.localdate()
        if self.value() == "today":
            return queryset.filter(pk__in=Membership.objects.valid_at(moment, today).values("pk"))
        if self.value() == "past":
            return queryset.exclude(pk__in=Membership.objects.standing_at(moment, today).values("pk"))
        awaited = Q(starts_on__gt=today) | Q(effective_at__gt=moment)
        standing = Membership.objects.standing_at(moment, today).filter(awaited)
        return queryset.filter(pk__in=standing.values("pk")) if self.value() == "coming" else queryset


@admin.register(Membership)
class MembershipAdmin(ScopedAdmin):
    """Mandates: who acts for whom, in which role, from when until when, on which act. A mandate is ended, not deleted."""

    form = MembershipForm
    list_display = ("user", "role", "organisation", "starts_on", "ends_on", "standing", "deputy")
    list_filter = (ValidTodayFilter, "role", "organisation")
    list_select_related = ("user", "organisation", "deputy__user", "deputy__organisation")
    search_fields = ("user__name", "user__email", "act", "organisation__sort_fr", "organisation__sort_ar")
    date_hierarchy = "starts_on"
    autocomplete_fields = ("user", "organisation", "deputy", "successor")
    readonly_fields = ("standing", "shown_act_document", "end_act", "shown_end_document")
    fieldsets = (
        (None, {"fields": ("user", "organisation", "role", "function", ("starts_on", "ends_on"), "standing")}),
        (_("The act it rests on"), {"fields": (("basis", "act"), "shown_act_document")}),
        (_("The act that ended it"), {"fields": (("end_act", "shown_end_document"),)}),
        (_("Deputy and successor"), {"fields": ("deputy", "successor")}),
    )

    def get_urls(self) -> list[URLPattern]:
        """With the pages of keys and invitations."""
        pages: dict[str, Callable[..., HttpResponse]] = {
            "appoint/": appointments.appoint,
            "<path:pk>/end/": appointments.end,
            "<path:pk>/second-factor/": appointments.reset,
            "<path:pk>/call-off/": appointments.call_off,
            "<path:pk>/invitation/": invitations.invite,
        }
        own = [
            path(
                address,
                self.admin_site.admin_view(partial(view, self)),
                name=f"partnership_membership_{address.rstrip('/').rpartition('/')[2].replace('-', '_')}",
            )
            for address, view in pages.items()
        ]
        return [*own, *super().get_urls()]

    def get_fieldsets(self, request: HttpRequest, obj: Any | None = None) -> Any:
        """What has not happened yet is not shown."""
        hidden: set[Any] = set() if obj else {"standing", "shown_act_document"}
        if obj is None or not obj.end_act:
            hidden.add(("end_act", "shown_end_document"))
        parts = [
            (name, {**options, "fields": [row for row in options["fields"] if row not in hidden]})
            for name, options in super().get_fieldsets(request, obj)
        ]
        return [part for part in parts if part[1]["fields"]]

    def get_form(self, request: HttpRequest, obj: Any | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.reach = reach(request)
        return form

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        """Whoever is given a mandate and has no password yet is invited by mail."""
        super().save_model(request, obj, form, change)
        assert isinstance(request.user, User)
        if not change and inviting.invite_newcomer(obj, by=request.user) is not None:
            told = gettext("An invitation is on its way to %(address)s.") % {"address": isolated(obj.user.email)}
            self.message_user(request, told, messages.SUCCESS)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return super().changelist_view(
            request, {"may_appoint": appointments.may_appoint(request), **(extra_context or {})}
        )

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        mandate = context.get("original")
        if mandate is not None:
            context["act_links"] = appointments.acts_on(self, request, mandate)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_("validity"))
    def standing(self, mandate: Membership) -> str:
        """Whether it runs, and from or until when."""
        moment, today = timezone.now(), timezone.localdate()
        if mandate.is_called_off:
            return tag(_("Called off"), PLAIN)
        if mandate.is_over(moment, today):
            return tag(_("Ended"), PLAIN)
        if mandate.effective_at is not None and mandate.effective_at > moment:
            return tag(_("In effect from %(moment)s") % {"moment": _moment(mandate.effective_at)}, ATTENTION)
        if mandate.starts_on > today:
            return tag(_("Not begun"), PLAIN)
        if mandate.ceases_at is not None:
            return tag(_("In effect until %(moment)s") % {"moment": _moment(mandate.ceases_at)}, ATTENTION)
        soon = mandate.ends_on is not None and mandate.ends_on - today <= datetime.timedelta(days=60)
        return tag(_("Ends soon"), ATTENTION) if soon else tag(_("Valid today"), GOOD)

    @admin.display(description=_("document of the act"))
    def shown_act_document(self, mandate: Membership) -> SafeString | str:
        """A link to the act's own document."""
        return file_link(mandate.act_document)

    @admin.display(description=_("document of the act that ended it"))
    def shown_end_document(self, mandate: Membership) -> SafeString | str:
        """A link to the document of the act that ended it."""
        return file_link(mandate.end_document)


def _moment(moment: datetime.datetime) -> str:
    """A day and an hour in the person's commune."""
    local = timezone.localtime(moment)
    return f"{formats.day(local.date(), languages.current())}, {isolated(f'{local:%H:%M}')}"


def file_link(document: Document | None) -> SafeString | str:
    """A link to a document's file; a dash for none."""
    if document is None:
        return "–"
    return format_html('<a href="{}">{}</a>', document.get_absolute_url(), words.text(document, "title"))


class MandateInline(ScopedTabular):
    """A person's mandates in this protocol, to read."""

    model = Membership
    fk_name = "user"
    fields = ("organisation", "role", "starts_on", "ends_on", "act", "link")
    readonly_fields = fields
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("organisation", "user")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("mandate"))
    def link(self, mandate: Membership) -> SafeString | str:
        """To the mandate's own page."""
        return record_link(mandate, gettext("Open"))


@admin.register(User)
class PersonAdmin(ScopedAdmin):
    """People with a professional contact. What they may do stands in their mandates; they choose their password themselves."""

    form = PersonForm
    list_display = ("name", "email", "language", "is_staff", "is_active")
    list_filter = ("is_active", "is_staff", "language")
    search_fields = ("name", "email")
    ordering = ("name",)
    readonly_fields = ("last_login", "date_joined")
    inlines = (MandateInline,)
    fieldsets = (
        (None, {"fields": ("name", "email", "language")}),
        (
            _("Access"),
            {
                "fields": ("is_staff", "is_active"),
                "description": _(
                    "Whoever is given a mandate is invited by mail to choose a password. On the mandate’s page you can also make "
                    "a link to hand on, or a sheet to print."
                ),
            },
        ),
        (_("On this platform"), {"fields": (("date_joined", "last_login"),)}),
    )

    def in_protocol(self, rows: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
        """People with a mandate in this protocol, and people just entered who have none anywhere yet."""
        if is_administrator(request):
            return rows
        mandates = Membership.objects.filter(user=OuterRef("pk"))
        here = Exists(mandates.filter(protocol=current(request)))
        return rows.filter(here | ~Exists(mandates), is_superuser=False)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """A new person has no password; the invitation with their first mandate lets them choose one."""
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """With what this person may do here, and why."""
        person, protocol = context.get("original"), current(request)
        if person is not None and protocol is not None:
            context["explanations"] = permissions.explain(person, protocol)
            context["factors"] = accounts.factors(person)
        return super().render_change_form(request, context, *args, **kwargs)
