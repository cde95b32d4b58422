"""Indicators of projects, objectives and the partnership, and their measurements (results chain of the OECD-DAC; IATI results)."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partnership import parity
from partnership.models import Objective, Party, Protocol
from partnership.models.hiding import CoveringQuerySet, Hideable
from partnership.models.versions import Recorded, Versioned
from projects.models import Project


class IndicatorLevel(models.TextChoices):
    """Place in the results chain (IATI ResultType 1, 2 and 3)."""

    OUTPUT = "output", pgettext_lazy("results chain", "Output")
    OUTCOME = "outcome", pgettext_lazy("results chain", "Outcome")
    IMPACT = "impact", pgettext_lazy("results chain", "Impact")


class Measure(models.TextChoices):
    """What a value is (IATI IndicatorMeasure 1, 2 and 5)."""

    UNIT = "unit", pgettext_lazy("measure", "Number")
    PERCENTAGE = "percentage", pgettext_lazy("measure", "Percentage")
    QUALITATIVE = "qualitative", pgettext_lazy("measure", "In words")


def way_gone(baseline: Decimal | None, target: Decimal | None, value: Decimal | None) -> Decimal | None:
    """The share of the way from baseline to target that a value has gone, between 0 and 1; None where it cannot be said."""
    if baseline is None or target is None or value is None or baseline == target:
        return None
    return min(Decimal(1), max(Decimal(0), (value - baseline) / (target - baseline)))


class IndicatorQuerySet(CoveringQuerySet):
    """Indicators the public reads."""

    def published(self) -> IndicatorQuerySet:
        """Indicators whose own texts are complete and whose project, if any, is published [I10]."""
        return self.filter(
            Q(project__isnull=True) | Q(project__publishing_state="published"), parity.complete("title", "unit")
        ).covered()


class Indicator(Hideable, Versioned):
    """What is measured, from which baseline to which target. Values are numbers, per cent for percentages, words if qualitative."""

    REQUIRED_TEXTS: ClassVar = ("title", "unit")
    PUBLISHED_WITH: ClassVar = "project"
    PUBLIC_FIELDS: ClassVar = (
        "title",
        "unit",
        "level",
        "measure",
        "ascending",
        "baseline_on",
        "baseline_value",
        "baseline_statement",
        "target_on",
        "target_value",
        "target_statement",
        "disaggregation",
        "source",
        "method",
    )

    protocol = models.ForeignKey(Protocol, models.CASCADE, related_name="indicators", verbose_name=_("protocol"))
    project = models.ForeignKey(
        Project, models.CASCADE, null=True, blank=True, related_name="indicators", verbose_name=_("project")
    )
    objective = models.ForeignKey(
        Objective, models.PROTECT, null=True, blank=True, related_name="indicators", verbose_name=_("objective")
    )
    title = models.CharField(_("title"), max_length=250)
    unit = models.CharField(_("unit"), max_length=60)
    level = models.CharField(_("level"), max_length=8, choices=IndicatorLevel)
    measure = models.CharField(_("measure"), max_length=12, choices=Measure)
    ascending = models.BooleanField(_("more is better"), default=True)
    counts_people = models.BooleanField(
        _("counts people"), default=False, help_text=_("Values under 5 are then withheld from the public.")
    )
    baseline_on = models.DateField(_("baseline date"))
    baseline_value = models.DecimalField(_("baseline"), max_digits=14, decimal_places=2, null=True, blank=True)
    baseline_statement = models.CharField(_("baseline in words"), max_length=250, blank=True)
    target_on = models.DateField(_("target date"))
    target_value = models.DecimalField(_("target"), max_digits=14, decimal_places=2, null=True, blank=True)
    target_statement = models.CharField(_("target in words"), max_length=250, blank=True)
    disaggregation = models.CharField(_("disaggregated by"), max_length=200, blank=True)
    source = models.CharField(_("means of verification"), max_length=250, blank=True)
    method = models.CharField(_("method"), max_length=250, blank=True)

    objects: ClassVar[IndicatorQuerySet] = IndicatorQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("indicator")
        verbose_name_plural = _("indicators")
        ordering = ["protocol", "project", "pk"]
        constraints = [
            models.CheckConstraint(
                name="indicator_target_after_baseline",
                condition=Q(target_on__gte=F("baseline_on")),
                violation_error_message=_("The target cannot be dated before the baseline."),
            ),
            models.CheckConstraint(
                name="indicator_values_fit_measure",
                condition=Q(measure=Measure.QUALITATIVE, baseline_value__isnull=True, target_value__isnull=True)
                | (~Q(measure=Measure.QUALITATIVE) & Q(baseline_value__isnull=False, target_value__isnull=False)),
                violation_error_message=_(
                    "A qualitative indicator has a baseline and a target in words only; every other one has both as numbers."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.title or f"#{self.pk}"

    def progress(self, value: Decimal | None) -> Decimal | None:
        """The way from baseline to target that a value has gone, between 0 and 1; None where it cannot be said."""
        return way_gone(self.baseline_value, self.target_value, value)


class Measurement(Hideable, Recorded):
    """A value of an indicator on a day, measured by one commune and checked by the other."""

    ROOT: ClassVar = "indicator"
    PUBLISHED_WITH: ClassVar = "indicator__project"
    PUBLIC_FIELDS: ClassVar = ("on", "value", "statement", "by", "checked_by", "checked_on")

    indicator = models.ForeignKey(Indicator, models.CASCADE, related_name="measurements", verbose_name=_("indicator"))
    on = models.DateField(_("measured on"))
    value = models.DecimalField(_("value"), max_digits=14, decimal_places=2, null=True, blank=True)
    statement = models.CharField(_("in words"), max_length=250, blank=True)
    by = models.ForeignKey(Party, models.PROTECT, related_name="measurements", verbose_name=_("measured by"))
    checked_by = models.ForeignKey(
        Party, models.PROTECT, null=True, blank=True, related_name="checks", verbose_name=_("checked by")
    )
    checked_on = models.DateField(_("checked on"), null=True, blank=True)

    class Meta:
        verbose_name = _("measurement")
        verbose_name_plural = _("measurements")
        ordering = ["indicator", "on"]
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "on"],
                name="measurement_once",
                violation_error_message=_("This indicator already has a value for this day."),
            ),
            models.CheckConstraint(
                name="measurement_checked_by_other",
                condition=Q(checked_by__isnull=True) | ~Q(checked_by=F("by")),
                violation_error_message=_("A measurement is checked by the other commune."),
            ),
            models.CheckConstraint(
                name="measurement_check_complete",
                condition=Q(checked_by__isnull=True, checked_on__isnull=True)
                | Q(checked_by__isnull=False, checked_on__isnull=False),
                violation_error_message=_("A check needs both the commune that checked and the day."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.value if self.value is not None else self.statement}"
