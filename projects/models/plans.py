"""The joint action plan (protocol, article 4)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from partnership.models import ProgrammePhase, Protocol, Publishable, PublishedQuerySet
from partnership.models.protocol import plain_code
from partnership.models.publishing import published_is_complete


class ActionPlan(Publishable):
    """What both communes plan together for a period, after consultations."""

    REQUIRED_TEXTS: ClassVar = ("title", "introduction")
    PUBLIC_FIELDS: ClassVar = ("code", "title", "introduction", "starts_on", "ends_on", "phase", "within")

    protocol = models.ForeignKey(Protocol, models.CASCADE, related_name="plans", verbose_name=_("protocol"))
    phase = models.ForeignKey(
        ProgrammePhase,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="plans",
        verbose_name=_("programme phase"),
    )
    code = models.CharField(_("code"), max_length=20, validators=[plain_code])
    title = models.CharField(_("title"), max_length=200)
    introduction = models.TextField(_("introduction"), blank=True)
    within = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="years",
        verbose_name=_("within the plan"),
        help_text=_("For the plan of a year: the plan of the whole period it belongs to."),
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))

    objects: ClassVar[PublishedQuerySet] = PublishedQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("joint action plan")
        verbose_name_plural = _("joint action plans")
        ordering = ["protocol", "-starts_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["protocol", "code"],
                name="plan_code_once",
                violation_error_message=_("This protocol already has a plan with this code."),
            ),
            models.CheckConstraint(
                name="plan_ends_after_start",
                condition=Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("A plan cannot end before it begins."),
            ),
            models.CheckConstraint(
                name="plan_not_within_itself",
                condition=Q(within__isnull=True) | ~Q(within=F("id")),
                violation_error_message=_("A plan cannot lie within itself."),
            ),
            published_is_complete("plan_published_complete", "title", "introduction"),
        ]

    def __str__(self) -> str:
        return self.title or self.code
