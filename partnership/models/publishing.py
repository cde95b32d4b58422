"""Publishing state of a root: a record that the public reads as a whole (design, section 3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from partnership import parity
from partnership.models.hiding import CoveringQuerySet, Hideable
from partnership.models.versions import Versioned
from partnership.refusals import Refusal

if TYPE_CHECKING:
    from partnership.models.protocol import Protocol


class PublishingState(models.TextChoices):
    """Where a root stands on its way to the public [I10]."""

    DRAFT = "draft", _("Draft")
    READY = "ready", _("Ready to publish")
    PUBLISHED = "published", _("Published")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class PublishedQuerySet(CoveringQuerySet):
    """What the public may read, in one protocol."""

    def published(self) -> Self:
        """Only records that stand before the public in every required language, what is hidden in them covered."""
        return self.filter(publishing_state=PublishingState.PUBLISHED).covered()

    def for_protocol(self, protocol: Protocol) -> Self:
        """Only records of this protocol."""
        return self.filter(protocol=protocol)


class Publishable(Hideable, Versioned):
    """A root with a publishing state. REQUIRED_TEXTS must be complete before it is published; PUBLIC_FIELDS may then be read by anyone."""

    REQUIRED_TEXTS: ClassVar[Sequence[str]] = ()
    PUBLIC_FIELDS: ClassVar[Sequence[str]] = ()

    publishing_state = models.CharField(
        _("publishing state"), max_length=10, choices=PublishingState, default=PublishingState.DRAFT, editable=False
    )
    published_at = models.DateTimeField(_("published at"), null=True, blank=True, editable=False)
    revised_at = models.DateTimeField(
        _("texts last published at"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("One time stamp for the three languages."),
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True, editable=False)
    state_changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("publishing state changed by"),
    )

    class Meta:
        abstract = True

    @property
    def is_published(self) -> bool:
        """Whether the public reads this record now."""
        return self.publishing_state == PublishingState.PUBLISHED

    def settle_readiness(self) -> None:
        """What is ready to publish and lacks a text is a draft again; to be saved with the text that went."""
        if self.publishing_state == PublishingState.READY and parity.missing(self):
            self.publishing_state = PublishingState.DRAFT

    def publication_refusals(self) -> list[Refusal]:
        """Every rule that stands between this record and the public; empty when it may be published."""
        return [parity.gap_refusal(gap) for gap in parity.missing(self)]


def published_is_complete(name: str, *fields: str) -> models.CheckConstraint:
    """The constraint that a published record has these texts in every required language and a time stamp [I10]."""
    return models.CheckConstraint(
        name=name,
        condition=~Q(publishing_state=PublishingState.PUBLISHED)
        | (parity.complete(*fields) & Q(published_at__isnull=False)),
        violation_error_message=_("A published record needs its texts in Arabic, French and Dutch."),
    )
