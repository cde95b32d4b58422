"""People and the mandates under which they act. Rights come from the mandate, never from the person."""

from __future__ import annotations

import datetime
from typing import ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from partnership import parity
from partnership.models.organisations import Organisation
from partnership.models.protocol import Protocol
from partnership.models.versions import Versioned


class UserManager(BaseUserManager["User"]):
    """Makes users from an address; there is no open sign-up."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> User:
        """A user with this address; without a password nobody can sign in with it."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> User:
        """A platform administrator. Even so no signatory [I3]."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(Versioned, AbstractBaseUser, PermissionsMixin):
    """A person with a professional contact, who acts only through memberships."""

    NOT_KEPT: ClassVar = ("password", "last_login", "session_round")
    PERSONAL: ClassVar = ("email", "name")

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name or function"), max_length=150)
    language = models.CharField(
        _("language"),
        max_length=max(map(len, parity.LANGUAGE_NAMES)),
        choices=list(parity.LANGUAGE_NAMES.items()),
        blank=True,
        help_text=_(
            "For pages and mail. Left empty: the browser's language, and mail in that of the organisation: "
            "French and Dutch together in Brussels, Arabic in Morocco."
        ),
    )
    is_staff = models.BooleanField(_("may open the staff pages"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    is_demonstration = models.BooleanField(_("made for a demonstration"), default=False, editable=False)
    date_joined = models.DateTimeField(_("entered on"), default=timezone.now, editable=False)
    session_round = models.PositiveIntegerField(
        _("round of sessions"), default=0, editable=False, help_text=_("Raised by one, it ends every session.")
    )

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    def get_session_auth_hash(self) -> str:
        """What a session must carry to stay open: of this password and this round; either changed ends it."""
        return salted_hmac(
            "partnership.session", f"{self.session_round}:{self.password}", algorithm="sha256"
        ).hexdigest()


class Role(models.TextChoices):
    """In which role a person acts for an organisation."""

    COORDINATOR = "coordinator", _("Coordinator")
    EDITOR = "editor", _("Editor")
    SIGNATORY = "signatory", _("Signatory")
    EVALUATOR = "evaluator", _("Evaluator")
    OBSERVER = "observer", _("Observer")


APPOINTED = (Role.COORDINATOR, Role.SIGNATORY)
"""Roles that hold a commune's keys: given, and ended, by an appointment that stands in the register [I3]."""


class Basis(models.TextChoices):
    """The kind of act a mandate rests on."""

    ELECTION = "election", _("Election")
    DELEGATION = "delegation", _("Delegation")
    INTERIM = "interim", _("Interim")


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Mandates, by protocol, by day and by moment."""

    def for_protocol(self, protocol: Protocol) -> Self:
        """Mandates within this protocol."""
        return self.filter(protocol=protocol)

    def valid_on(self, day: datetime.date) -> Self:
        """Mandates running on this day, first and last day included."""
        return self.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day), starts_on__lte=day, user__is_active=True)

    def valid_at(self, moment: datetime.datetime, day: datetime.date) -> Self:
        """Mandates one may act under at a moment: running on the day (in the commune's own calendar), and in effect."""
        return self.valid_on(day).filter(
            Q(effective_at__isnull=True) | Q(effective_at__lte=moment),
            Q(ceases_at__isnull=True) | Q(ceases_at__gt=moment),
        )

    def valid_now(self) -> Self:
        """Mandates one may act under now, by today's date in the current time zone."""
        return self.valid_at(timezone.now(), timezone.localdate())

    def standing_at(self, moment: datetime.datetime, day: datetime.date) -> Self:
        """Mandates that are not over at a moment: running, or still to begin."""
        return self.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gte=day), Q(ceases_at__isnull=True) | Q(ceases_at__gt=moment)
        )

    def holding_keys(self) -> Self:
        """Mandates of coordinators and signatories."""
        return self.filter(role__in=APPOINTED)


class Membership(Versioned):
    """A mandate: a user acts for an organisation in a protocol, in one role, from a day to a day."""

    protocol = models.ForeignKey(Protocol, models.CASCADE, related_name="memberships", verbose_name=_("protocol"))
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="memberships", verbose_name=_("organisation")
    )
    user = models.ForeignKey(User, models.PROTECT, related_name="memberships", verbose_name=_("person"))
    role = models.CharField(_("role"), max_length=12, choices=Role)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    basis = models.CharField(_("rests on"), max_length=10, choices=Basis)
    function = models.CharField(
        _("function"),
        max_length=120,
        blank=True,
        help_text=_(
            "As it stands under a signature, for instance “mayor”. A public act names the function, not the person."
        ),
    )
    act = models.CharField(
        _("appointing act"), max_length=200, blank=True, help_text=_("Number and date of the act, as it is cited.")
    )
    act_document = models.ForeignKey(
        "Document",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="appointments",
        verbose_name=_("document of the act"),
    )
    effective_at = models.DateTimeField(
        _("in effect from"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("The appointment of a signatory or coordinator takes effect 24 hours after it was entered."),
    )
    ceases_at = models.DateTimeField(
        _("in effect until"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("The end of a signatory’s or coordinator’s mandate takes effect 24 hours after it was entered."),
    )
    end_act = models.CharField(_("act that ended it"), max_length=200, blank=True, editable=False)
    end_document = models.ForeignKey(
        "Document",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="ended_mandates",
        verbose_name=_("document of the act that ended it"),
    )
    deputy = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="deputises_for",
        verbose_name=_("deputy"),
        help_text=_("Holds the same role for the same organisation, and acts when this person cannot."),
    )
    successor = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="predecessors",
        verbose_name=_("successor"),
        help_text=_("Tasks, drafts and reports pass to this mandate when this one ends."),
    )

    objects: ClassVar[MembershipQuerySet] = MembershipQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("mandate")
        verbose_name_plural = _("mandates")
        ordering = ["organisation", "role", "-starts_on"]
        constraints = [
            models.CheckConstraint(
                name="membership_ends_after_start",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("A mandate cannot end before it begins."),
            ),
            models.CheckConstraint(
                name="membership_successor_is_another",
                condition=Q(successor__isnull=True) | ~Q(successor=F("id")),
                violation_error_message=_("A mandate cannot be its own successor."),
            ),
            models.UniqueConstraint(
                fields=["protocol", "organisation", "user", "role", "starts_on"],
                condition=Q(ceases_at__isnull=True),
                name="membership_once",
                violation_error_message=_("This person already has this role from this day."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.organisation}"

    def is_over(self, moment: datetime.datetime, day: datetime.date) -> bool:
        """Whether it has ended: past its last day, or ended by an act that has taken effect."""
        past_its_last_day = self.ends_on is not None and self.ends_on < day
        return past_its_last_day or (self.ceases_at is not None and self.ceases_at <= moment)

    @property
    def is_called_off(self) -> bool:
        """Whether its appointment was called off before it took effect."""
        return self.ceases_at is not None and self.effective_at is not None and self.ceases_at < self.effective_at

    def holder_on(self, day: datetime.date, moment: datetime.datetime | None = None) -> Membership:
        """The mandate that carries this one's tasks on a day: itself, or the last successor once it has ended."""
        moment = moment or timezone.now()
        holder: Membership = self
        seen = {self.pk}
        while holder.is_over(moment, day) and holder.successor is not None:
            if holder.successor.pk in seen:
                break
            holder = holder.successor
            seen.add(holder.pk)
        return holder
