"""People and mandates. Nobody makes, changes or ends a signatory in the browser [I3]; each commune looks after its own people [I2]."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partnership import permissions
from partnership.admin.columns import ATTENTION, GOOD, PLAIN, record_link, tag
from partnership.admin.scope import ScopedAdmin, ScopedTabular
from partnership.admin.texts import TextsForm
from partnership.middleware import current
from partnership.models import Membership, Organisation, Role, User
from partnership.refusals import Refusal

NO_SIGNATORY_HERE = _(
    "Nobody is made, changed or removed as a signatory in the browser (rule I3). "
    "The commune’s act is entered by the platform’s administrator on the server."
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
            role.widget.choices = [choice for choice in role.widget.choices if choice[0] != Role.SIGNATORY]

    def clean_role(self) -> str:
        role: str = self.cleaned_data["role"]
        if role == Role.SIGNATORY:
            raise Refusal(NO_SIGNATORY_HERE, code="I3")
        return role

    def clean_organisation(self) -> Organisation:
        organisation: Organisation = self.cleaned_data["organisation"]
        if not self.reach.covers(organisation.pk):
            raise Refusal(OWN_PEOPLE, code="I2")
        return organisation


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
        today = timezone.localdate()
        if self.value() == "today":
            return queryset.filter(pk__in=Membership.objects.valid_on(today).values("pk"))
        if self.value() == "past":
            return queryset.filter(ends_on__lt=today)
        return queryset.filter(starts_on__gt=today) if self.value() == "coming" else queryset


@admin.register(Membership)
class MembershipAdmin(ScopedAdmin):
    """Mandates: who acts for whom, in which role, from when until when, on which act. A mandate is ended, not deleted."""

    form = MembershipForm
    list_display = ("user", "role", "organisation", "starts_on", "ends_on", "standing")
    list_filter = (ValidTodayFilter, "role", "organisation")
    list_select_related = ("user", "organisation")
    search_fields = ("user__name", "user__email", "act", "organisation__sort_fr", "organisation__sort_ar")
    date_hierarchy = "starts_on"
    autocomplete_fields = ("user", "organisation", "deputy", "successor")
    fieldsets = (
        (None, {"fields": ("user", "organisation", "role", ("starts_on", "ends_on"))}),
        (_("The act it rests on"), {"fields": (("basis", "act"),)}),
        (_("Deputy and successor"), {"fields": ("deputy", "successor")}),
    )

    def get_form(self, request: HttpRequest, obj: Any | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.reach = reach(request)
        return form

    @admin.display(description=_("validity"))
    def standing(self, mandate: Membership) -> str:
        """Whether it runs today."""
        today = timezone.localdate()
        if mandate.starts_on > today:
            return tag(_("Not begun"), PLAIN)
        if mandate.ends_on is None:
            return tag(_("Valid today"), GOOD)
        if mandate.ends_on < today:
            return tag(_("Ended"), PLAIN)
        soon = mandate.ends_on - today <= datetime.timedelta(days=60)
        return tag(_("Ends soon"), ATTENTION) if soon else tag(_("Valid today"), GOOD)


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
                    "New people choose their password through “Forgotten your password, or signing in for the first time?” "
                    "on the sign-in page, with this address."
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
        """A new person has no password; the link on the sign-in page lets them choose one."""
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
