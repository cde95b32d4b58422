"""The outbox: one row for each mail and envelope recipient, and every attempt to hand it over."""

from __future__ import annotations

import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partnership.models.protocol import Protocol


class MessageState(models.TextChoices):
    """Where a mail stands; changed only by compare-and-swap in partnership/outbox.py."""

    WAITING = "waiting", pgettext_lazy("mail", "Waiting")
    SENDING = "sending", pgettext_lazy("mail", "Being sent")
    SENT = "sent", pgettext_lazy("mail", "Accepted by the mail server")
    FAILED = "failed", pgettext_lazy("mail", "Failed")


class MessageQuerySet(models.QuerySet["Message"]):
    """Mails by what must happen to them."""

    def due(self, now: datetime.datetime) -> Self:
        """Waiting mails whose time has come, and mails whose sender died with the lease."""
        return self.filter(
            Q(state=MessageState.WAITING, next_attempt_at__lte=now)
            | Q(state=MessageState.SENDING, lease_until__lte=now)
        ).order_by("next_attempt_at", "pk")


class Message(models.Model):
    """One mail to one envelope recipient: the bytes as they are sent, every time the same."""

    protocol = models.ForeignKey(
        Protocol, models.CASCADE, null=True, related_name="messages", verbose_name=_("protocol")
    )
    key = models.CharField(
        _("key"),
        max_length=200,
        unique=True,
        help_text=_("What the mail is for; a second request with it makes no second mail."),
    )
    message_id = models.CharField(_("Message-ID"), max_length=200, unique=True)
    recipient = models.EmailField(_("recipient"))
    subject = models.CharField(_("subject"), max_length=300)
    content = models.BinaryField(_("bytes"), editable=False)
    state = models.CharField(_("state"), max_length=8, choices=MessageState, default=MessageState.WAITING)
    created_at = models.DateTimeField(_("written at"))
    next_attempt_at = models.DateTimeField(_("next attempt"))
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True)
    sent_at = models.DateTimeField(_("accepted at"), null=True, blank=True)

    objects: ClassVar[MessageQuerySet] = MessageQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="message_sent_has_time",
                condition=~Q(state=MessageState.SENT) | Q(sent_at__isnull=False),
            ),
            models.CheckConstraint(
                name="message_sending_has_lease",
                condition=~Q(state=MessageState.SENDING) | Q(lease_until__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(state="waiting"), name="message_waiting"),
            models.Index(fields=["lease_until"], condition=Q(state="sending"), name="message_leased"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} → {self.recipient}"


class Outcome(models.TextChoices):
    """How an attempt ended."""

    ACCEPTED = "accepted", pgettext_lazy("mail", "Accepted")
    DEFERRED = "deferred", pgettext_lazy("mail", "To be tried again")
    REFUSED = "refused", pgettext_lazy("mail", "Refused for good")


class Attempt(models.Model):
    """One attempt to hand a mail over. Append-only, by trigger."""

    APPEND_ONLY: ClassVar = True

    message = models.ForeignKey(Message, models.CASCADE, related_name="attempts", verbose_name=_("mail"))
    at = models.DateTimeField(_("at"))
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome)
    smtp_code = models.PositiveSmallIntegerField(_("SMTP reply code"), null=True, blank=True)
    answer = models.CharField(_("answer"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["message", "at", "pk"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.get_outcome_display()}"
