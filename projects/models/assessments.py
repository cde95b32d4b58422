"""The joint prior assessment: what a project may do to people, economy, environment and culture (clauses F1.1 to F1.3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partnership import field_values, parity
from partnership.models import Membership, Organisation, Party, Protocol, Publishable, PublishedQuerySet
from partnership.models.hiding import CoveringQuerySet, Hideable
from partnership.models.publishing import published_is_complete
from partnership.models.versions import Recorded
from partnership.refusals import Refusal
from projects.models.needs import Need
from projects.models.projects import Project


class Dimension(models.TextChoices):
    """What is touched (clause F1.2)."""

    SOCIAL = "social", pgettext_lazy("impact", "Social")
    ECONOMIC = "economic", pgettext_lazy("impact", "Economic")
    ENVIRONMENTAL = "environmental", pgettext_lazy("impact", "Environmental")
    CULTURAL = "cultural", pgettext_lazy("impact", "Cultural")


class Directness(models.TextChoices):
    """How it is touched (clause F1.2)."""

    DIRECT = "direct", pgettext_lazy("impact", "Direct")
    INDIRECT = "indirect", pgettext_lazy("impact", "Indirect")


class Horizon(models.TextChoices):
    """When it is touched (clause F1.2)."""

    SHORT = "short", pgettext_lazy("impact", "Short term")
    MEDIUM = "medium", pgettext_lazy("impact", "Medium term")
    LONG = "long", pgettext_lazy("impact", "Long term")


class Effect(models.TextChoices):
    """What a project does to a cell; an empty one is not answered yet."""

    NONE = "none", pgettext_lazy("impact", "None")
    POSITIVE = "positive", pgettext_lazy("impact", "Positive")
    NEGATIVE = "negative", pgettext_lazy("impact", "Negative")


class Degree(models.IntegerChoices):
    """How severe an effect is: four steps, without a middle to hide in (docs/scales.md)."""

    MINOR = 1, pgettext_lazy("severity", "Minor")
    MODERATE = 2, pgettext_lazy("severity", "Moderate")
    MAJOR = 3, pgettext_lazy("severity", "Major")
    CRITICAL = 4, pgettext_lazy("severity", "Very great")


class Likelihood(models.IntegerChoices):
    """How likely an effect is: four steps (docs/scales.md)."""

    UNLIKELY = 1, pgettext_lazy("likelihood", "Unlikely")
    POSSIBLE = 2, pgettext_lazy("likelihood", "Possible")
    LIKELY = 3, pgettext_lazy("likelihood", "Likely")
    CERTAIN = 4, pgettext_lazy("likelihood", "Almost certain")


class Outcome(models.TextChoices):
    """The four decisions that may follow a joint diagnosis (clause F1.3)."""

    EXECUTE = "execute", pgettext_lazy("outcome", "Execute")
    MODIFY = "modify", pgettext_lazy("outcome", "Modify")
    CANCEL = "cancel", pgettext_lazy("outcome", "Cancel for good")
    REPLACE = "replace", pgettext_lazy("outcome", "Replace")


CELLS: tuple[tuple[Dimension, Directness, Horizon], ...] = tuple(
    (dimension, directness, horizon) for dimension in Dimension for directness in Directness for horizon in Horizon
)
"""The 24 cells, in the order in which they are read: by dimension, direct before indirect, short before long."""


class PriorAssessment(Publishable):
    """One version of the joint diagnosis of a project. It comes before the public once both communes have decided on it."""

    REQUIRED_TEXTS: ClassVar = ("context", "alternatives", "future_generations")
    PUBLIC_FIELDS: ClassVar = (
        "number",
        "need",
        "context",
        "alternatives",
        "future_generations",
        "outcome",
        "reason",
        "decided_on",
    )

    protocol = models.ForeignKey(Protocol, models.CASCADE, related_name="assessments", verbose_name=_("protocol"))
    project = models.ForeignKey(Project, models.PROTECT, related_name="assessments", verbose_name=_("project"))
    number = models.PositiveSmallIntegerField(_("number of the version"), validators=[MinValueValidator(1)])
    need = models.ForeignKey(
        Need, models.PROTECT, null=True, blank=True, related_name="assessments", verbose_name=_("need it starts from")
    )
    context = models.TextField(_("context"), blank=True)
    alternatives = models.TextField(
        _("alternatives"), blank=True, help_text=_("What else could answer the need, doing nothing included.")
    )
    future_generations = models.TextField(
        _("future generations"), blank=True, help_text=_("What the project leaves to those who come after us.")
    )
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome, blank=True, editable=False)
    reason = models.TextField(_("reason"), blank=True, editable=False)
    decided_on = models.DateField(_("decided on"), null=True, blank=True, editable=False)

    objects: ClassVar[PublishedQuerySet] = PublishedQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("prior assessment")
        verbose_name_plural = _("prior assessments")
        ordering = ["project", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "number"],
                name="assessment_number_once",
                violation_error_message=_("This project already has this version of its prior assessment."),
            ),
            models.UniqueConstraint(
                fields=["project"],
                condition=Q(outcome=""),
                name="assessment_one_open",
                violation_error_message=_("This project already has a prior assessment that is not decided yet."),
            ),
            models.CheckConstraint(
                name="assessment_decided_on_a_day",
                condition=Q(outcome="", decided_on__isnull=True)
                | (Q(outcome__in=Outcome.values) & Q(decided_on__isnull=False)),
            ),
            published_is_complete("assessment_published_complete", "context", "alternatives", "future_generations"),
        ]

    def __str__(self) -> str:
        return f"{self.project.code} · {self.number}"

    def publication_refusals(self) -> list[Refusal]:
        """Missing texts [I10]; and nothing of a diagnosis is public before both communes have decided on it."""
        refusals = super().publication_refusals()
        if not self.outcome:
            refusals.append(
                Refusal(
                    _("The prior assessment is public once both communes have decided on it. Open the decision."),
                    code="I5",
                )
            )
        return refusals


class AssessmentParticipant(Hideable, Recorded):
    """Who took part in a diagnosis, by function: never a person's name."""

    ROOT: ClassVar = "assessment"
    REQUIRED_TEXTS: ClassVar = ("function",)
    PUBLIC_FIELDS: ClassVar = ("organisation", "function")

    assessment = models.ForeignKey(
        PriorAssessment, models.CASCADE, related_name="participants", verbose_name=_("prior assessment")
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="assessments", verbose_name=_("organisation")
    )
    function = models.CharField(_("function"), max_length=200, help_text=_("A function, no person's name."))

    objects: ClassVar[CoveringQuerySet] = CoveringQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("participant in the assessment")
        verbose_name_plural = _("participants in the assessment")
        ordering = ["assessment", "pk"]

    def __str__(self) -> str:
        return f"{self.organisation} · {self.function}"


def _columns(*fields: str) -> set[str]:
    return {parity.column(field, code) for field in fields for code in settings.REQUIRED_LANGUAGES}


class Impact(Hideable, Recorded):
    """One of the 24 cells of a diagnosis: what the project does to one dimension, directly or not, at one term."""

    ROOT: ClassVar = "assessment"
    PUBLIC_FIELDS: ClassVar = ("dimension", "directness", "horizon", "effect", "severity", "likelihood", "why")

    assessment = models.ForeignKey(
        PriorAssessment, models.CASCADE, related_name="impacts", verbose_name=_("prior assessment")
    )
    dimension = models.CharField(_("dimension"), max_length=13, choices=Dimension, editable=False)
    directness = models.CharField(_("directness"), max_length=8, choices=Directness, editable=False)
    horizon = models.CharField(_("term"), max_length=6, choices=Horizon, editable=False)
    effect = models.CharField(_("effect"), max_length=8, choices=Effect, blank=True)
    severity = models.PositiveSmallIntegerField(_("severity"), choices=Degree, null=True, blank=True)
    likelihood = models.PositiveSmallIntegerField(_("likelihood"), choices=Likelihood, null=True, blank=True)
    why = models.CharField(_("why"), max_length=400, blank=True)

    objects: ClassVar[CoveringQuerySet] = CoveringQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("impact")
        verbose_name_plural = _("impacts")
        ordering = ["assessment", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "dimension", "directness", "horizon"], name="impact_each_cell_once"
            ),
            models.CheckConstraint(
                name="impact_weighed",
                condition=Q(effect__in=["", Effect.NONE], severity__isnull=True, likelihood__isnull=True)
                | Q(
                    effect__in=[Effect.POSITIVE, Effect.NEGATIVE],
                    severity__in=Degree.values,
                    likelihood__in=Likelihood.values,
                ),
                violation_error_message=_("A positive or negative effect has a severity and a likelihood from 1 to 4."),
            ),
        ]

    def __str__(self) -> str:
        return " · ".join((self.get_dimension_display(), self.get_directness_display(), self.get_horizon_display()))

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        """Whoever changes what the cell says, on whatever page, takes both communes' views of it back [I2]."""
        only = None if update_fields is None else set(update_fields)
        changed = set() if self._state.adding else set(field_values.differences(self, self.remembered, only))
        super().save(*args, update_fields=only, **options)
        if changed & {"effect", "severity", "likelihood", *_columns("why")}:
            self.take_views_back()

    def take_views_back(self) -> None:
        """Both communes look at the cell anew."""
        for view in self.views.order_by("pk"):
            view.delete()

    @property
    def slug(self) -> str:
        """Its name in addresses, for instance economic-direct-short."""
        return f"{self.dimension}-{self.directness}-{self.horizon}"

    @property
    def is_answered(self) -> bool:
        """Whether the cell says something."""
        return bool(self.effect)

    @property
    def risk(self) -> int | None:
        """Severity times likelihood of a negative effect, from 1 to 16; None for any other."""
        if self.effect != Effect.NEGATIVE or self.severity is None or self.likelihood is None:
            return None
        return self.severity * self.likelihood

    def lacks_reason(self) -> bool:
        """Whether an effect is stated without saying why in every language."""
        if self.effect not in {Effect.POSITIVE, Effect.NEGATIVE}:
            return False
        return bool(parity.missing(self, ["why"])) or not parity.has_text(getattr(self, parity.column("why", "ar")))


class View(models.TextChoices):
    """How a commune stands to a cell."""

    AGREED = "agreed", pgettext_lazy("view", "Agreed")
    DISPUTED = "disputed", pgettext_lazy("view", "Disputed")


class CellView(Recorded):
    """How one commune stands to a cell as it is now; whoever changes the cell takes both communes' views back [I2]."""

    ROOT: ClassVar = "impact__assessment"

    impact = models.ForeignKey(Impact, models.CASCADE, related_name="views", verbose_name=_("impact"))
    party = models.ForeignKey(Party, models.PROTECT, related_name="cell_views", verbose_name=_("commune"))
    view = models.CharField(_("view"), max_length=8, choices=View)
    comment = models.TextField(_("comment"), blank=True)
    comment_language = models.CharField(_("language of the comment"), max_length=8, blank=True)
    by = models.ForeignKey(Membership, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("view of a commune on a cell")
        verbose_name_plural = _("views of the communes on a cell")
        ordering = ["impact", "party"]
        constraints = [
            models.UniqueConstraint(fields=["impact", "party"], name="cell_view_once"),
            models.CheckConstraint(
                name="cell_view_disputed_with_words",
                condition=~Q(view=View.DISPUTED) | (~Q(comment="") & ~Q(comment_language="")),
                violation_error_message=_("Say in words what you dispute; the other commune reads it."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.party} · {self.get_view_display()}"


class Mitigation(Hideable, Recorded):
    """What keeps a negative effect small: a measure, who answers for it, until when, and what remains. It is followed up."""

    ROOT: ClassVar = "impact__assessment"
    REQUIRED_TEXTS: ClassVar = ("measure", "remains")
    PUBLIC_FIELDS: ClassVar = ("measure", "responsible", "due", "remains", "done_on", "follow_up")

    impact = models.ForeignKey(Impact, models.CASCADE, related_name="mitigations", verbose_name=_("impact"))
    measure = models.CharField(_("mitigation measure"), max_length=400)
    responsible = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="mitigations",
        verbose_name=_("responsible organisation"),
    )
    due = models.DateField(_("until when"), null=True, blank=True)
    remains = models.CharField(_("what remains"), max_length=400, blank=True)
    done_on = models.DateField(_("done on"), null=True, blank=True)
    follow_up = models.TextField(_("what became of it"), blank=True)

    objects: ClassVar[CoveringQuerySet] = CoveringQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("mitigation")
        verbose_name_plural = _("mitigations")
        ordering = ["impact", "pk"]

    def __str__(self) -> str:
        return self.measure or f"#{self.pk}"

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        """A measure is part of what its cell says; what became of it is not."""
        only = None if update_fields is None else set(update_fields)
        changed = {"responsible", "due", *_columns("measure", "remains")}
        changed &= set(field_values.differences(self, self.remembered, only))
        super().save(*args, update_fields=only, **options)
        if changed:
            self.impact.take_views_back()

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        self.impact.take_views_back()
        return super().delete(*args, **options)
