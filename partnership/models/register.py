"""The register of decisions: one chain for each protocol, which only grows [I9]."""

from __future__ import annotations

import json
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partnership.models.decisions import Decision
from partnership.models.meetings import Deliberation
from partnership.models.protocol import Protocol

NO_ENTRY = "0" * 64
"""What stands as the previous digest of a protocol's first entry."""


class EntryKind(models.TextChoices):
    """What an entry records."""

    DECISION = "decision", pgettext_lazy("register", "Joint decision")
    WITHOUT_EFFECT = "without_effect", pgettext_lazy("register", "Without effect since")
    APPOINTMENT = "appointment", pgettext_lazy("register", "Appointment")
    END_OF_MANDATE = "end_of_mandate", pgettext_lazy("register", "End of a mandate")
    SECOND_FACTOR_RESET = "second_factor_reset", pgettext_lazy("register", "Second factor reset")
    LEAVING = "leaving", pgettext_lazy("register", "A commune leaves the protocol")
    SUSPENSION = "suspension", pgettext_lazy("register", "A commune suspends a project")


class RegisterEntryQuerySet(models.QuerySet["RegisterEntry"]):
    """Entries of a chain."""

    def for_protocol(self, protocol: Protocol) -> Self:
        """Entries of this protocol's chain."""
        return self.filter(protocol=protocol)


class RegisterEntry(models.Model):
    """One entry: `hash` is the SHA-256 of the previous entry's hash followed by the payload, in UTF-8, as 64 hexadecimal digits."""

    APPEND_ONLY: ClassVar = True
    PUBLIC_FIELDS: ClassVar = ("sequence", "previous", "payload", "hash", "kind", "decision", "at")

    protocol = models.ForeignKey(Protocol, models.PROTECT, related_name="register", verbose_name=_("protocol"))
    sequence = models.PositiveIntegerField(_("sequence"))
    previous = models.CharField(_("previous digest"), max_length=64)
    payload = models.TextField(_("payload"))
    hash = models.CharField(_("digest"), max_length=64)
    kind = models.CharField(_("kind"), max_length=20, choices=EntryKind)
    decision = models.ForeignKey(
        Decision, models.PROTECT, null=True, blank=True, related_name="entries", verbose_name=_("decision")
    )
    deliberation = models.ForeignKey(
        Deliberation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="entries",
        verbose_name=_("deliberation"),
        help_text=_("What an act of one commune alone rests on."),
    )
    at = models.DateTimeField(_("entered at"))

    objects: ClassVar[RegisterEntryQuerySet] = RegisterEntryQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("register entry")
        verbose_name_plural = _("register entries")
        ordering = ["protocol", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["protocol", "sequence"], name="register_sequence_once"),
            models.UniqueConstraint(fields=["protocol", "previous"], name="register_never_forks"),
            models.CheckConstraint(name="register_sequence_from_one", condition=Q(sequence__gte=1)),
            models.CheckConstraint(
                name="register_decision_named",
                condition=~Q(kind__in=["decision", "without_effect"])
                | Q(decision__isnull=False)
                | Q(kind="without_effect", deliberation__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} · {self.hash[:12]}"

    @property
    def data(self) -> dict[str, Any]:
        """The payload as data."""
        read: dict[str, Any] = json.loads(self.payload)
        return read


class RegisterHead(models.Model):
    """The end of a protocol's chain: the row that is locked while an entry is appended, and what shows a cut-off end."""

    protocol = models.OneToOneField(
        Protocol, models.PROTECT, primary_key=True, related_name="register_head", verbose_name=_("protocol")
    )
    sequence = models.PositiveIntegerField(_("sequence"), default=0)
    hash = models.CharField(_("digest"), max_length=64, default=NO_ENTRY)

    class Meta:
        verbose_name = _("end of the register")
        verbose_name_plural = _("ends of the registers")

    def __str__(self) -> str:
        return f"{self.sequence} · {self.hash[:12]}"
