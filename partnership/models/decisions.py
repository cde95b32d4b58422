"""Joint decisions and the signatures under them. The acts stand in partnership/signing.py, the kinds in partnership/decisions.py."""

from __future__ import annotations

import json
from typing import Any, ClassVar, Self

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partnership.models.documents import Document
from partnership.models.meetings import Deliberation
from partnership.models.people import Membership, User
from partnership.models.protocol import Party, Protocol


class DecisionState(models.TextChoices):
    """Life of a joint decision. Only an open one can be signed; only an adopted one can be annulled afterwards."""

    OPEN = "open", pgettext_lazy("decision", "Open")
    ADOPTED = "adopted", pgettext_lazy("decision", "Adopted")
    REFUSED = "refused", pgettext_lazy("decision", "Refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("decision", "Withdrawn")
    ANNULLED = "annulled", pgettext_lazy("decision", "Annulled")


class DecisionQuerySet(models.QuerySet["Decision"]):
    """Decisions by protocol, subject and state."""

    def for_protocol(self, protocol: Protocol) -> Self:
        """Decisions of this protocol."""
        return self.filter(protocol=protocol)

    def open(self) -> Self:
        """Decisions that can still be signed."""
        return self.filter(state=DecisionState.OPEN)

    def on(self, *subjects: models.Model) -> Self:
        """Decisions about any of these records."""
        about = Q(pk__in=[])
        for subject in subjects:
            about |= Q(content_type=ContentType.objects.get_for_model(subject), object_id=str(subject.pk))
        return self.filter(about)

    def binding(self) -> Self:
        """Decisions whose statement locks what it contains: open ones, and adopted ones of a lasting kind."""
        return self.filter(binds=True, state__in=[DecisionState.OPEN, DecisionState.ADOPTED])

    def with_signatures(self) -> Self:
        """With both communes' signatures, without the statements. Two queries."""
        signatures = Signature.objects.select_related("party__organisation", "deliberation").order_by("pk")
        return self.defer("statement", "binding").prefetch_related(models.Prefetch("signatures", signatures))


class Decision(models.Model):
    """What both communes decide together: one exact text, signed by each or refused [I2, I3, I4]."""

    FROZEN: ClassVar = (
        "protocol_id",
        "number",
        "kind",
        "content_type_id",
        "object_id",
        "title_ar",
        "title_fr",
        "title_nl",
        "sentence_ar",
        "sentence_fr",
        "sentence_nl",
        "statement",
        "digest",
        "opened_by_id",
        "opened_at",
        "hands_first",
        "hands_second",
        "needs_deliberation",
        "decided_on",
        "scan_id",
    )
    PUBLIC_FIELDS: ClassVar = (
        "number",
        "kind",
        "title",
        "sentence",
        "statement",
        "digest",
        "opened_by",
        "opened_at",
        "deadline",
        "state",
        "closed_at",
        "withdrawn_by",
        "decided_on",
        "scan",
    )

    protocol = models.ForeignKey(Protocol, models.CASCADE, related_name="decisions", verbose_name=_("protocol"))
    number = models.CharField(_("number"), max_length=12)
    kind = models.CharField(_("kind"), max_length=40)
    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+", verbose_name=_("type of subject"))
    object_id = models.CharField(_("subject"), max_length=40)
    subject = GenericForeignKey()
    title = models.CharField(_("title"), max_length=300)
    sentence = models.TextField(_("what is decided"))
    statement = models.TextField(_("exact text"))
    digest = models.CharField(_("digest"), max_length=64)
    binding = models.TextField(_("what is locked"), editable=False)
    binds = models.BooleanField(_("locks its subject"), default=True, editable=False)
    opened_by = models.ForeignKey(
        Membership, models.PROTECT, related_name="opened_decisions", verbose_name=_("proposed by")
    )
    opened_at = models.DateTimeField(_("proposed at"))
    deadline = models.DateField(_("deadline"), null=True, blank=True, help_text=_("It reminds, and never decides."))
    hands_first = models.PositiveSmallIntegerField(_("signatures needed from the first commune"), default=1)
    hands_second = models.PositiveSmallIntegerField(_("signatures needed from the second commune"), default=1)
    needs_deliberation = models.BooleanField(_("rests on both councils’ deliberations"), default=False)
    decided_on = models.DateField(
        _("decided on"),
        null=True,
        blank=True,
        help_text=_("Only for an act older than the platform, recorded afterwards with its scan."),
    )
    scan = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("scan of the act")
    )
    state = models.CharField(_("state"), max_length=10, choices=DecisionState, default=DecisionState.OPEN)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closing_reason = models.TextField(_("reason for the end"), blank=True)
    closing_language = models.CharField(_("language of the reason"), max_length=2, blank=True)
    withdrawn_by = models.ForeignKey(
        Party, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("withdrawn by")
    )

    objects: ClassVar[DecisionQuerySet] = DecisionQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["protocol", "-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["protocol", "number"], name="decision_number_once"),
            models.UniqueConstraint(
                fields=["content_type", "object_id", "kind"],
                condition=Q(state="open"),
                name="decision_one_open",
                violation_error_message=_("A decision of this kind is already open on this record."),
            ),
            models.CheckConstraint(
                name="decision_closed_has_time",
                condition=Q(state="open", closed_at__isnull=True) | (~Q(state="open") & Q(closed_at__isnull=False)),
            ),
            models.CheckConstraint(name="decision_state_known", condition=Q(state__in=DecisionState.values)),
            models.CheckConstraint(
                name="decision_recorded_afterwards_has_scan",
                condition=Q(decided_on__isnull=True, scan__isnull=True)
                | Q(decided_on__isnull=False, scan__isnull=False),
                violation_error_message=_("An act recorded afterwards needs its own date and the scan, both."),
            ),
            models.CheckConstraint(
                name="decision_hands_one_or_two",
                condition=Q(hands_first__in=[1, 2], hands_second__in=[1, 2]),
            ),
        ]
        indexes = [models.Index(fields=["content_type", "object_id"], name="decision_subject")]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def is_open(self) -> bool:
        """Whether it can still be signed."""
        return self.state == DecisionState.OPEN

    @property
    def data(self) -> dict[str, Any]:
        """The statement as data: kind, protocol, subject, content, terms, title, sentence, recorded_afterwards."""
        read: dict[str, Any] = json.loads(self.statement)
        return read

    def hands(self, party: Party) -> int:
        """How many people must sign for a commune, as its rule was when the decision was opened."""
        return self.hands_first if party.position == 1 else self.hands_second


class Position(models.TextChoices):
    """What a commune answers."""

    APPROVE = "approve", _("Approve")
    RESERVE = "reserve", _("Approve with a reservation")
    REFUSE = "refuse", _("Refuse")


class Signature(models.Model):
    """A commune's answer to a decision, by one of its signatories. Append-only: what was signed stays, even when it is voided."""

    APPEND_ONLY: ClassVar = True
    PUBLIC_FIELDS: ClassVar = (
        "party",
        "hand",
        "function",
        "position",
        "reason",
        "reason_language",
        "digest_seen",
        "deliberation",
        "signed_at",
        "outside",
        "scan",
    )

    decision = models.ForeignKey(Decision, models.PROTECT, related_name="signatures", verbose_name=_("decision"))
    party = models.ForeignKey(Party, models.PROTECT, related_name="signatures", verbose_name=_("commune"))
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="signatures", verbose_name=_("mandate"))
    person = models.ForeignKey(User, models.PROTECT, related_name="signatures", verbose_name=_("person"))
    hand = models.PositiveSmallIntegerField(_("hand"), default=1)
    function = models.TextField(_("function"), help_text=_("In the three languages, as it was then."))
    position = models.CharField(_("answer"), max_length=8, choices=Position)
    reason = models.TextField(_("reservation or reason"), blank=True)
    reason_language = models.CharField(_("language of the reason"), max_length=2, blank=True)
    digest_seen = models.CharField(_("digest read"), max_length=64)
    deliberation = models.ForeignKey(
        Deliberation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="signatures",
        verbose_name=_("deliberation"),
    )
    signed_at = models.DateTimeField(_("signed at"))
    outside = models.BooleanField(_("signed outside the platform"), default=False)
    scan = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("scan of the signature")
    )

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        ordering = ["decision", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["decision", "party", "hand"], name="signature_hand_once"),
            models.UniqueConstraint(fields=["decision", "person"], name="signature_person_once"),
            models.CheckConstraint(
                name="signature_reason_given",
                condition=Q(position="approve") | (~Q(reason="") & ~Q(reason_language="")),
                violation_error_message=_("A reservation and a refusal need their reason in words."),
            ),
            models.CheckConstraint(
                name="signature_outside_has_scan",
                condition=Q(outside=False, scan__isnull=True) | Q(outside=True, scan__isnull=False),
                violation_error_message=_("A signature given outside the platform needs its scan."),
            ),
            models.CheckConstraint(name="signature_hand_one_or_two", condition=Q(hand__in=[1, 2])),
            models.CheckConstraint(name="signature_position_known", condition=Q(position__in=Position.values)),
        ]

    def __str__(self) -> str:
        return f"{self.party} · {self.get_position_display()}"

    @property
    def functions(self) -> dict[str, str]:
        """The signatory's function by language."""
        read: dict[str, str] = json.loads(self.function)
        return read

    @property
    def approves(self) -> bool:
        """Whether it agrees, with or without a reservation."""
        return self.position in {Position.APPROVE, Position.RESERVE}
