"""What happened to a project besides its plan: it was suspended, with the ground, and resumed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from partnership.models import Decision, Membership, Party
from partnership.models.versions import Recorded
from projects.models.projects import Project


class Suspension(Recorded):
    """One commune stops a project at once, on a stated ground [I2]; what ends it is a decision of both."""

    ROOT: ClassVar = "project"
    TEXTS_FOLLOW: ClassVar = False
    PUBLIC_FIELDS: ClassVar = ("party", "ground", "language", "on", "resumed_on")

    project = models.ForeignKey(Project, models.PROTECT, related_name="suspensions", verbose_name=_("project"))
    party = models.ForeignKey(Party, models.PROTECT, related_name="suspensions", verbose_name=_("commune"))
    by = models.ForeignKey(Membership, models.PROTECT, related_name="+", verbose_name=_("by"))
    ground = models.TextField(_("ground"))
    language = models.CharField(_("language of the ground"), max_length=8)
    on = models.DateField(_("suspended on"))
    state_before = models.CharField(_("state before"), max_length=10, editable=False)
    resumed_on = models.DateField(_("resumed on"), null=True, blank=True)
    decision = models.ForeignKey(
        Decision,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decision to resume"),
    )

    class Meta:
        verbose_name = _("suspension")
        verbose_name_plural = _("suspensions")
        ordering = ["project", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project"],
                condition=Q(resumed_on__isnull=True),
                name="suspension_one_at_a_time",
                violation_error_message=_("This project is suspended already."),
            ),
            models.CheckConstraint(
                name="suspension_with_ground",
                condition=~Q(ground="") & ~Q(language=""),
                violation_error_message=_(
                    "Say why the project is suspended; the other commune and the public read it."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project.code} · {self.on}"
