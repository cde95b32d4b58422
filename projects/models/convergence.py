"""What other actors do in the same territory, and how a project relates to it (clause F4.1)."""

from __future__ import annotations

from typing import ClassVar, Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partnership import parity
from partnership.models import Level, Organisation, Party, Protocol
from partnership.models.hiding import CoveringQuerySet, Hideable
from partnership.models.versions import Recorded, Versioned
from projects.models.projects import Project


class InitiativeQuerySet(CoveringQuerySet):
    """Initiatives by protocol, and those the public reads."""

    def for_protocol(self, protocol: Protocol) -> Self:
        """Initiatives known in this protocol."""
        return self.filter(protocol=protocol)

    def published(self) -> Self:
        """Those whose title stands in every required language [I10]."""
        return self.filter(parity.complete("title")).covered()


class Initiative(Hideable, Versioned):
    """What another actor does or plans, entered by hand or read from an IATI file."""

    REQUIRED_TEXTS: ClassVar = ("title",)
    PUBLIC_FIELDS: ClassVar = (
        "title",
        "description",
        "actor",
        "actor_name",
        "level",
        "territories",
        "dac_sector",
        "starts_on",
        "ends_on",
        "iati_identifier",
        "source_url",
    )

    protocol = models.ForeignKey(Protocol, models.CASCADE, related_name="initiatives", verbose_name=_("protocol"))
    title = models.CharField(_("title"), max_length=300)
    description = models.TextField(_("description"), blank=True)
    actor = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="initiatives",
        verbose_name=_("actor"),
        help_text=_("The organisation, where it is known on the platform."),
    )
    actor_name = models.CharField(
        _("name of the actor in the source"), max_length=250, blank=True, help_text=_("An organisation, no person.")
    )
    level = models.CharField(_("level"), max_length=15, choices=Level)
    territories = models.ManyToManyField(
        Party, blank=True, related_name="initiatives", verbose_name=_("in the territory of")
    )
    dac_sector = models.CharField(
        _("OECD-DAC sector"),
        max_length=5,
        blank=True,
        validators=[
            RegexValidator(r"^\d{5}$", _("A purpose code of the OECD-DAC has five digits, for instance 15185."))
        ],
    )
    starts_on = models.DateField(_("from"), null=True, blank=True)
    ends_on = models.DateField(_("until"), null=True, blank=True)
    iati_identifier = models.CharField(_("IATI identifier"), max_length=200, blank=True)
    source_url = models.URLField(_("source"), blank=True)
    imported_at = models.DateTimeField(_("imported at"), null=True, blank=True, editable=False)

    objects: ClassVar[InitiativeQuerySet] = InitiativeQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("initiative of another actor")
        verbose_name_plural = _("initiatives of other actors")
        ordering = ["protocol", "-starts_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["protocol", "iati_identifier"],
                condition=~Q(iati_identifier=""),
                name="initiative_iati_once",
                violation_error_message=_("This protocol already knows an initiative with this IATI identifier."),
            ),
            models.CheckConstraint(
                name="initiative_ends_after_start",
                condition=Q(ends_on__isnull=True) | Q(starts_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("An initiative cannot end before it begins."),
            ),
        ]
        indexes = [models.Index(fields=["protocol", "dac_sector"], name="initiative_sector")]

    def __str__(self) -> str:
        return self.title or self.iati_identifier or f"#{self.pk}"


class Relation(models.TextChoices):
    """How a project relates to an initiative of another actor (clause F4.1)."""

    COMPLEMENTS = "complements", pgettext_lazy("convergence", "Complements it")
    OVERLAPS = "overlaps", pgettext_lazy("convergence", "Overlaps with it")
    DEPENDS_ON = "depends_on", pgettext_lazy("convergence", "Depends on it")
    UNRELATED = "unrelated", pgettext_lazy("convergence", "Has nothing to do with it")


class ConvergenceQuerySet(CoveringQuerySet):
    """Relations the public reads."""

    def published(self) -> Self:
        """Those of published projects to initiatives of which the texts stand in every required language [I10]."""
        return self.filter(
            parity.complete("agreed"), parity.complete("initiative__title"), project__publishing_state="published"
        ).covered()


class Convergence(Hideable, Recorded):
    """How a project relates to one initiative of another actor, and what was agreed with that actor."""

    ROOT: ClassVar = "project"
    REQUIRED_TEXTS: ClassVar = ("agreed",)
    PUBLIC_FIELDS: ClassVar = ("initiative", "relation", "agreed")

    project = models.ForeignKey(Project, models.CASCADE, related_name="convergences", verbose_name=_("project"))
    initiative = models.ForeignKey(
        Initiative, models.PROTECT, related_name="convergences", verbose_name=_("initiative")
    )
    relation = models.CharField(_("relation"), max_length=12, choices=Relation)
    agreed = models.CharField(
        _("what was agreed"), max_length=400, blank=True, help_text=_("With that actor; or why there is no relation.")
    )

    objects: ClassVar[ConvergenceQuerySet] = ConvergenceQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("relation to an initiative")
        verbose_name_plural = _("convergence with other actors")
        ordering = ["project", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "initiative"],
                name="convergence_once",
                violation_error_message=_("This project already has a relation to this initiative."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.initiative} · {self.get_relation_display()}"
