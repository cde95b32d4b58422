"""Files, with their rights and texts. What may be uploaded: partnership/uploads.py."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from partnership import parity
from partnership.models.organisations import Organisation
from partnership.models.protocol import Protocol
from partnership.models.publishing import Publishable, PublishedQuerySet, published_is_complete
from partnership.refusals import Refusal
from partnership.uploads import random_name, validate_upload


class DocumentKind(models.TextChoices):
    """What a document is for."""

    ACT = "act", _("Act or agreement")
    DELIBERATION = "deliberation", _("Deliberation")
    MINUTES = "minutes", _("Minutes")
    STUDY = "study", _("Study or diagnosis")
    VOUCHER = "voucher", _("Supporting document")
    PAYSLIP = "payslip", _("Payslip")
    PICTURE = "picture", _("Picture")
    OTHER = "other", _("Other document")


class Document(Publishable):
    """A file of a protocol. Its address is random; an internal one is only for staff [I11]."""

    REQUIRED_TEXTS: ClassVar = ("title",)
    PUBLIC_FIELDS: ClassVar = ("title", "kind", "alternative_text", "size", "media_type", "owner")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    protocol = models.ForeignKey(Protocol, models.CASCADE, related_name="documents", verbose_name=_("protocol"))
    owner = models.ForeignKey(Organisation, models.PROTECT, related_name="documents", verbose_name=_("owner"))
    kind = models.CharField(_("kind"), max_length=12, choices=DocumentKind)
    title = models.CharField(_("title"), max_length=200)
    alternative_text = models.CharField(
        _("alternative text"),
        max_length=300,
        blank=True,
        help_text=_("What a picture shows, for those who do not see it."),
    )
    file = models.FileField(_("file"), upload_to=random_name, validators=[validate_upload])
    public = models.BooleanField(
        _("may be published"), default=False, help_text=_("An internal document is never shown to the public.")
    )
    size = models.PositiveIntegerField(_("size in bytes"), default=0, editable=False)
    media_type = models.CharField(_("media type"), max_length=100, blank=True, editable=False)
    added_at = models.DateTimeField(_("added at"), auto_now_add=True)

    objects: ClassVar[PublishedQuerySet] = PublishedQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["-added_at"]
        constraints = [
            published_is_complete("document_published_complete", "title"),
            models.CheckConstraint(
                name="document_internal_unpublished",
                condition=Q(public=True) | ~Q(publishing_state="published"),
                violation_error_message=_("An internal document cannot be published."),
            ),
            models.CheckConstraint(
                name="document_payslip_internal",
                condition=~Q(kind="payslip") | Q(public=False),
                violation_error_message=_("A payslip names a person: it is never public."),
            ),
            models.CheckConstraint(
                name="document_picture_described",
                condition=~Q(publishing_state="published")
                | ~(Q(kind="picture") | Q(media_type__startswith="image/"))
                | parity.complete("alternative_text"),
                violation_error_message=_(
                    "A public picture says in Arabic, French and Dutch what it shows, for those who do not see it."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.title or str(self.pk)

    def get_absolute_url(self) -> str:
        return reverse("document", args=[self.pk])

    @property
    def is_picture(self) -> bool:
        """Whether people look at it rather than read it."""
        return self.kind == DocumentKind.PICTURE or self.media_type.startswith("image/")

    def publication_refusals(self) -> list[Refusal]:
        """Missing texts [I10], a picture without alternative text (WCAG 2.2, criterion 1.1.1), and what stays internal [I11]."""
        refusals = super().publication_refusals()
        if self.is_picture and not any(parity.has_text(text) for text in _descriptions(self)):
            refusals.append(_undescribed())
        return [*refusals, *self._internal()]

    def refusals_while_public(self) -> list[Refusal]:
        """Rules that a public document would break as it is about to be saved; none for one that is not public.

        Its texts are what the public reads now: what was typed beside it waits as a draft.
        """
        if not self.is_published:
            return []
        stored = type(self).objects.filter(pk=self.pk).first()
        if self.is_picture and stored is not None and not all(parity.has_text(text) for text in _descriptions(stored)):
            return [_undescribed(), *self._internal()]
        return self._internal()

    def _internal(self) -> list[Refusal]:
        if self.kind == DocumentKind.PAYSLIP:
            return [Refusal(_("A payslip names a person: it is never public."), code="I11")]
        if self.public:
            return []
        message = _("An internal document is never shown to the public. Tick “may be published”, or withdraw it first.")
        return [Refusal(message, code="I11")]


def _descriptions(document: Document) -> list[str | None]:
    """The alternative text in each required language."""
    return [getattr(document, parity.column("alternative_text", code)) for code in settings.REQUIRED_LANGUAGES]


def _undescribed() -> Refusal:
    return Refusal(
        _(
            "A picture is published with its alternative text in Arabic, French and Dutch: what it shows, for those who do "
            "not see it. Enter it first."
        ),
        code="WCAG 1.1.1",
    )
