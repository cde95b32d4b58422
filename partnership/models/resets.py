"""Second factors that are to be reset: asked for by a commune's coordinator, carried out a day later [I3]."""

from __future__ import annotations

import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from partnership.models.documents import Document
from partnership.models.people import Membership
from partnership.models.versions import Recorded


class SecondFactorResetQuerySet(models.QuerySet["SecondFactorReset"]):
    """Resets by what is still to happen to them."""

    def pending(self) -> Self:
        """Neither carried out nor called off."""
        return self.filter(carried_out_at__isnull=True, called_off_at__isnull=True)

    def due(self, now: datetime.datetime) -> Self:
        """Pending ones whose time has come, oldest first."""
        return self.pending().filter(due_at__lte=now).order_by("due_at", "pk")


class SecondFactorReset(Recorded):
    """The second factor of a signatory or coordinator that will be taken away, so that they can set up a new one."""

    ROOT: ClassVar = "membership"
    FROZEN: ClassVar = ("membership_id", "act", "act_document_id", "asked_by_id", "asked_at", "due_at")

    membership = models.ForeignKey(
        Membership, models.PROTECT, related_name="second_factor_resets", verbose_name=_("mandate")
    )
    act = models.CharField(_("act"), max_length=200)
    act_document = models.ForeignKey(
        Document, models.PROTECT, related_name="second_factor_resets", verbose_name=_("document of the act")
    )
    asked_by = models.ForeignKey(Membership, models.PROTECT, related_name="+", verbose_name=_("asked for by"))
    asked_at = models.DateTimeField(_("asked for at"))
    due_at = models.DateTimeField(_("due at"))
    carried_out_at = models.DateTimeField(_("carried out at"), null=True, blank=True)
    called_off_at = models.DateTimeField(_("called off at"), null=True, blank=True)

    objects: ClassVar[SecondFactorResetQuerySet] = SecondFactorResetQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("reset of a second factor")
        verbose_name_plural = _("resets of second factors")
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="reset_carried_out_or_called_off",
                condition=Q(carried_out_at__isnull=True) | Q(called_off_at__isnull=True),
            ),
            models.CheckConstraint(name="reset_due_later", condition=Q(due_at__gt=F("asked_at"))),
            models.UniqueConstraint(
                fields=["membership"],
                condition=Q(carried_out_at__isnull=True, called_off_at__isnull=True),
                name="reset_one_pending",
                violation_error_message=_("A reset of this second factor is under way already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.membership} · {self.due_at:%Y-%m-%d %H:%M}"
