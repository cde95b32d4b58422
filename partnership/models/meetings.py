"""Meetings of the joint steering committee, and what each commune's council resolved."""

from __future__ import annotations

import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partnership import parity
from partnership.models.documents import Document
from partnership.models.protocol import Party, Protocol, Regime
from partnership.models.versions import Recorded, Versioned


class Meeting(Versioned):
    """A meeting of the joint steering committee: equal numbers, no casting vote."""

    REQUIRED_TEXTS: ClassVar = ("title",)
    PUBLIC_FIELDS: ClassVar = ("title", "held_on", "place", "minutes")

    protocol = models.ForeignKey(Protocol, models.CASCADE, related_name="meetings", verbose_name=_("protocol"))
    title = models.CharField(_("title"), max_length=200)
    held_on = models.DateField(_("held on"))
    place = models.CharField(_("place"), max_length=200, blank=True)
    minutes = models.TextField(_("minutes"), blank=True)
    document = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="meetings", verbose_name=_("signed minutes")
    )

    class Meta:
        verbose_name = _("meeting")
        verbose_name_plural = _("meetings")
        ordering = ["protocol", "-held_on"]
        constraints = [
            models.CheckConstraint(
                name="meeting_title_in_all_languages",
                condition=parity.complete("title"),
                violation_error_message=_("A meeting needs its title in Arabic, French and Dutch."),
            ),
        ]

    def __str__(self) -> str:
        return self.title or f"{self.held_on:%Y-%m-%d}"


class Attendance(Recorded):
    """Who sat at a meeting for one side, by function."""

    ROOT: ClassVar = "meeting"

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="attendances", verbose_name=_("meeting"))
    party = models.ForeignKey(Party, models.PROTECT, related_name="attendances", verbose_name=_("commune"))
    function = models.CharField(_("function"), max_length=120)

    class Meta:
        verbose_name = _("person present")
        verbose_name_plural = _("people present")
        ordering = ["meeting", "party__position", "pk"]

    def __str__(self) -> str:
        return self.function or str(self.party)


class MeetingPoint(Recorded):
    """A point of a meeting; it may lead to a decision."""

    ROOT: ClassVar = "meeting"

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="points", verbose_name=_("meeting"))
    order = models.PositiveSmallIntegerField(_("order"))
    title = models.CharField(_("point"), max_length=250)
    outcome = models.TextField(_("what was agreed"), blank=True)
    decision = models.ForeignKey(
        "Decision", models.PROTECT, null=True, blank=True, related_name="points", verbose_name=_("decision")
    )

    class Meta:
        verbose_name = _("point")
        verbose_name_plural = _("points")
        ordering = ["meeting", "order"]
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "order"],
                name="meeting_point_order_once",
                violation_error_message=_("Another point of this meeting already has this number."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order}. {self.title}"


class Body(models.TextChoices):
    """Which body of a commune resolved."""

    COUNCIL = "council", _("Council")
    EXECUTIVE = "executive", _("Executive (bureau or college)")


class Session(models.TextChoices):
    """In which kind of session."""

    ORDINARY = "ordinary", pgettext_lazy("session", "Ordinary session")
    EXTRAORDINARY = "extraordinary", pgettext_lazy("session", "Extraordinary session")


class Supervision(models.TextChoices):
    """Where a resolution stands with whoever may look at it. Which values apply: BY_REGIME."""

    TO_SEND = "to_send", pgettext_lazy("supervision", "Not yet sent")
    SENT = "sent", pgettext_lazy("supervision", "Sent, no answer yet")
    VISA = "visa", pgettext_lazy("supervision", "Visa given")
    VISA_REFUSED = "visa_refused", pgettext_lazy("supervision", "Visa refused")
    TACIT = "tacit", pgettext_lazy("supervision", "Visa by silence after the legal term")
    NOT_NEEDED = "not_needed", pgettext_lazy("supervision", "Not subject to supervision")
    EXPIRED = "expired", pgettext_lazy("supervision", "Term of supervision expired")
    ANNULLED = "annulled", pgettext_lazy("supervision", "Annulled")


BY_REGIME: dict[Regime, tuple[Supervision, ...]] = {
    Regime.MOROCCO: (
        Supervision.TO_SEND,
        Supervision.SENT,
        Supervision.VISA,
        Supervision.VISA_REFUSED,
        Supervision.TACIT,
    ),
    Regime.BRUSSELS: (
        Supervision.TO_SEND,
        Supervision.SENT,
        Supervision.NOT_NEEDED,
        Supervision.EXPIRED,
        Supervision.ANNULLED,
    ),
}
EXECUTORY = (Supervision.VISA, Supervision.TACIT, Supervision.NOT_NEEDED, Supervision.EXPIRED)
ANSWERED = (Supervision.VISA, Supervision.VISA_REFUSED, Supervision.TACIT, Supervision.EXPIRED, Supervision.ANNULLED)
TACIT_AFTER = datetime.timedelta(days=20)
"""How long the governor may stay silent before the visa counts as given (organic law 113-14, article 118)."""


class DeliberationQuerySet(models.QuerySet["Deliberation"]):
    """Resolutions by commune and by what may rest on them."""

    def for_protocol(self, protocol: Protocol) -> Self:
        """Resolutions of both communes of this protocol."""
        return self.filter(party__protocol=protocol)

    def executory_on(self, day: datetime.date) -> Self:
        """Resolutions of a council that could be executed on a day and have not lost their effect."""
        return self.filter(
            body=Body.COUNCIL, supervision__in=EXECUTORY, executory_on__lte=day, without_effect_since__isnull=True
        )


class Deliberation(Versioned):
    """What a commune's council or executive resolved, and whether it may be executed [I1]."""

    REQUIRED_TEXTS: ClassVar = ("subject",)
    PUBLIC_FIELDS: ClassVar = (
        "party",
        "body",
        "session",
        "held_on",
        "number",
        "subject",
        "approved",
        "votes_for",
        "votes_against",
        "abstentions",
        "supervision",
        "sent_on",
        "answered_on",
        "executory_on",
        "without_effect_since",
        "without_effect_ground",
    )

    party = models.ForeignKey(Party, models.PROTECT, related_name="deliberations", verbose_name=_("commune"))
    regime = models.CharField(_("legal regime"), max_length=10, choices=Regime, editable=False)
    body = models.CharField(_("body"), max_length=10, choices=Body, default=Body.COUNCIL)
    session = models.CharField(_("session"), max_length=13, choices=Session, default=Session.ORDINARY)
    held_on = models.DateField(_("held on"))
    number = models.CharField(_("number"), max_length=40)
    subject = models.CharField(_("subject"), max_length=250)
    approved = models.BooleanField(_("approved"), choices=[(True, _("Approved")), (False, _("Rejected"))], default=True)
    votes_for = models.PositiveSmallIntegerField(_("votes for"))
    votes_against = models.PositiveSmallIntegerField(_("votes against"), default=0)
    abstentions = models.PositiveSmallIntegerField(_("abstentions"), default=0)
    document = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="deliberations", verbose_name=_("document")
    )
    supervision = models.CharField(_("supervision"), max_length=12, choices=Supervision, default=Supervision.TO_SEND)
    sent_on = models.DateField(_("sent on"), null=True, blank=True)
    answered_on = models.DateField(_("answered on"), null=True, blank=True, help_text=_("Or the day the term ran out."))
    executory_on = models.DateField(_("executory from"), null=True, blank=True)
    without_effect_since = models.DateField(_("without effect since"), null=True, blank=True, editable=False)
    without_effect_ground = models.TextField(_("ground"), blank=True, editable=False)
    without_effect_language = models.CharField(_("language of the ground"), max_length=2, blank=True, editable=False)

    objects: ClassVar[DeliberationQuerySet] = DeliberationQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("deliberation")
        verbose_name_plural = _("deliberations")
        ordering = ["party", "-held_on", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["party", "body", "number"],
                name="deliberation_number_once",
                violation_error_message=_("This body already has a deliberation with this number."),
            ),
            models.CheckConstraint(
                name="deliberation_subject_in_all_languages",
                condition=parity.complete("subject"),
                violation_error_message=_("A deliberation needs its subject in Arabic, French and Dutch."),
            ),
            models.CheckConstraint(
                name="deliberation_supervision_of_its_regime",
                condition=Q(regime=Regime.MOROCCO, supervision__in=BY_REGIME[Regime.MOROCCO])
                | Q(regime=Regime.BRUSSELS, supervision__in=BY_REGIME[Regime.BRUSSELS]),
                violation_error_message=_("This state of supervision does not exist under the law of this commune."),
            ),
            models.CheckConstraint(
                name="deliberation_executory_has_day",
                condition=Q(supervision__in=EXECUTORY, executory_on__isnull=False, executory_on__gte=F("held_on"))
                | (~Q(supervision__in=EXECUTORY) & Q(executory_on__isnull=True))
                | Q(without_effect_since__isnull=False),
                violation_error_message=_(
                    "Enter from which day the deliberation is executory, not before it was held; leave it empty until then."
                ),
            ),
            models.CheckConstraint(
                name="deliberation_sent_has_day",
                condition=Q(supervision__in=[Supervision.TO_SEND, Supervision.NOT_NEEDED])
                | Q(sent_on__isnull=False, sent_on__gte=F("held_on"))
                | Q(sent_on__isnull=True, without_effect_since__isnull=False),  # never sent, yet annulled
                violation_error_message=_("Enter the day the deliberation was sent, not before it was held."),
            ),
            models.CheckConstraint(
                name="deliberation_answered_has_day",
                condition=~Q(supervision__in=ANSWERED) | Q(answered_on__isnull=False, answered_on__gte=F("sent_on")),
                violation_error_message=_(
                    "Enter the day of the answer, or the day the term ran out, after it was sent."
                ),
            ),
            models.CheckConstraint(
                name="deliberation_tacit_after_the_term",
                condition=~Q(supervision=Supervision.TACIT) | Q(answered_on__gte=F("sent_on") + TACIT_AFTER),
                violation_error_message=_(
                    "The governor’s silence counts as a visa only 20 days after the sending (organic law 113-14, article 118)."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.party} · {self.number}"

    def is_executory_on(self, day: datetime.date) -> bool:
        """Whether it could be executed on a day and has not lost its effect."""
        executory = self.supervision in EXECUTORY and self.executory_on is not None and self.executory_on <= day
        return executory and self.without_effect_since is None
