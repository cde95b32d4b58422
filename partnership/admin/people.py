"""People and mandates. Nobody makes, changes or ends a signatory in the browser [I3]; each commune looks after its own people [I2]."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from partnership.admin.columns import ATTENTION, GOOD, PLAIN, tag
from partnership.admin.scope import ScopedAdmin, ScopedTabular, may
from partnership.admin.texts import TextsForm
from partnership.middleware import current
from partnership.models import Membership, Organisation, Party, Role, User
from partnership.refusals import Refusal

NO_SIGNATORY_HERE = _(
    "Nobody is made, changed or removed as a signatory in the browser (rule I3). "
    "The commune’s act is entered by the platform’s administrator on the server."
)
OWN_PEOPLE = _("Each commune enters its own people; for the other commune’s, ask its coordinator (rule I2).")


def is_administrator(request: HttpRequest) -> bool:
    """Whether the person administers the platform itself."""
    return isinstance(request.user, User) and request.user.is_superuser


def looks_after(request: HttpRequest) -> set[int] | None:
    """Ids of organisations whose people this person may enter: None for all.

    A coordinator of a commune looks after everyone but the other commune's people; who is no coordinator after nobody.
    """
    if is_administrator(request):
        return None
    protocol = current(request)
    today = timezone.localdate()
    coordinates = Membership.objects.filter(user=request.user.pk, protocol=protocol, role=Role.COORDINATOR)
    own = set(coordinates.valid_on(today).values_list("organisation", flat=True))
    if not own:
        return set()
    other_communes = set(Party.objects.filter(protocol=protocol).values_list("organisation", flat=True)) - own
    return set(Organisation.objects.exclude(pk__in=other_communes).values_list("pk", flat=True))


class MembershipForm(TextsForm):
    """A mandate as a coordinator enters it."""

    looked_after: set[int] | None = None
    """Set by the admin for the request."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role = self.fields.get("role")
        if isinstance(role, forms.ChoiceField):  # offered to nobody; a crafted request meets the rule below
            role.widget.choices = [choice for choice in Role.choices if choice[0] != Role.SIGNATORY]  # type: ignore[attr-defined]  # a select has choices

    def clean_role(self) -> str:
        role: str = self.cleaned_data["role"]
        if role == Role.SIGNATORY:
            raise Refusal(NO_SIGNATORY_HERE, code="I3")
        return role

    def clean_organisation(self) -> Organisation:
        organisation: Organisation = self.cleaned_data["organisation"]
        if self.looked_after is not None and organisation.pk not in self.looked_after:
            raise Refusal(OWN_PEOPLE, code="I2")
        return organisation


class ValidTodayFilter(admin.SimpleListFilter):
    """Mandates that run today, and the others."""

    title = _("validity")
    parameter_name = "valid"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("today", _("Valid today")), ("past", _("Ended")), ("coming", _("Not begun"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = timezone.localdate()
        chosen = {
            "today": lambda: Membership.objects.filter(pk__in=queryset.values("pk")).valid_on(today),
            "past": lambda: queryset.filter(ends_on__lt=today),
            "coming": lambda: queryset.filter(starts_on__gt=today),
        }
        return chosen.get(self.value() or "", lambda: queryset)()


@admin.register(Membership)
class MembershipAdmin(ScopedAdmin):
    """Mandates: who acts for whom, in which role, from when until when, on which act. A mandate is ended, not deleted."""

    form = MembershipForm
    list_display = ("user", "role", "organisation", "starts_on", "ends_on", "standing", "act")
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
        form.looked_after = looks_after(request)
        return form

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request, obj) and looks_after(request) != set()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not super().has_change_permission(request, obj):
            return False
        allowed = looks_after(request)
        if obj is None:
            return allowed != set()
        return obj.role != Role.SIGNATORY and (allowed is None or obj.organisation_id in allowed)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

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
    fields = ("organisation", "role", "starts_on", "ends_on", "act")
    readonly_fields = fields
    show_change_link = True
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("organisation", "user")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class PersonAdmin(ScopedAdmin):
    """People with a professional contact. What they may do stands in their mandates; they choose their password themselves."""

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
                    "New people choose their password through “Forgotten your password?” on the sign-in page, with this address."
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

    def get_readonly_fields(self, request: HttpRequest, obj: Any | None = None) -> Any:
        """The address is the key to an account: nobody hands a signatory's, or the other commune's, to someone else."""
        fixed = super().get_readonly_fields(request, obj)
        return fixed if obj is None or may_change_access(request, obj) else [*fixed, "email", "is_staff", "is_active"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, "add") and looks_after(request) != set()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not may(request, "change"):
            return False
        if obj is None:
            return looks_after(request) != set()
        return is_administrator(request) or may_change_access(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def may_change_access(request: HttpRequest, person: User) -> bool:
    """Whether this person may change another's address or access: never a signatory's [I3], never the other commune's people's [I2]."""
    mandates = list(Membership.objects.filter(user=person).values_list("role", "organisation", "protocol"))
    if any(role == Role.SIGNATORY for role, _organisation, _protocol in mandates):
        return False
    allowed = looks_after(request)
    if allowed is None:
        return True
    here = getattr(current(request), "pk", None)
    return bool(allowed) and all(
        organisation in allowed and protocol == here for _role, organisation, protocol in mandates
    )
