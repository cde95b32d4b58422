"""Personal links: what lets someone act once without an account, or make one by invitation."""

from __future__ import annotations

import datetime
from typing import ClassVar, Self

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partnership.models.organisations import Organisation
from partnership.models.people import User
from partnership.models.protocol import Protocol


class LinkPurpose(models.TextChoices):
    """What a link is for."""

    INVITATION = "invitation", pgettext_lazy("link", "Invitation to the staff pages")
    ACCEPTANCE = "acceptance", pgettext_lazy("link", "Answer to a responsibility")


class PersonalLinkQuerySet(models.QuerySet["PersonalLink"]):
    """Links by whether they still open."""

    def usable(self, now: datetime.datetime) -> Self:
        """Links neither used, revoked nor expired."""
        return self.filter(used_at__isnull=True, revoked_at__isnull=True, expires_at__gt=now)

    def about(self, purpose: LinkPurpose, *subjects: models.Model) -> Self:
        """Links for a purpose whose subject is one of these records, all of one model."""
        if not subjects:
            return self.none()
        kind = ContentType.objects.get_for_model(subjects[0])
        return self.filter(purpose=purpose, content_type=kind, object_id__in=[str(one.pk) for one in subjects])


class PersonalLink(models.Model):
    """A link with a secret that only its holder knows; the database keeps its hash.

    Its GET shows, its POST acts, since mail scanners follow links.
    """

    protocol = models.ForeignKey(Protocol, models.CASCADE, related_name="links", verbose_name=_("protocol"))
    purpose = models.CharField(_("purpose"), max_length=12, choices=LinkPurpose)
    token_hash = models.CharField(_("hash of the secret"), max_length=64, unique=True)
    code_hash = models.CharField(
        _("hash of the short code"), max_length=64, blank=True, help_text=_("For a printed link, typed by hand.")
    )
    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+", verbose_name=_("type of subject"))
    object_id = models.CharField(_("subject"), max_length=40)
    subject = GenericForeignKey()
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="links",
        verbose_name=_("organisation"),
    )
    address = models.EmailField(_("e-mail address"), blank=True)
    created_at = models.DateTimeField(_("made at"))
    created_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("made by")
    )
    expires_at = models.DateTimeField(_("valid until"))
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    objects: ClassVar[PersonalLinkQuerySet] = PersonalLinkQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("personal link")
        verbose_name_plural = _("personal links")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="link_for_organisation_or_address",
                condition=Q(organisation__isnull=False) | ~Q(address=""),
                violation_error_message=_("A link is for an organisation or for an address."),
            ),
            models.UniqueConstraint(fields=["code_hash"], condition=~Q(code_hash=""), name="link_code_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} · {self.address or self.organisation}"
