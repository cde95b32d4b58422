"""Activities of a project; training and exchange are activities with more to say (clauses F3.1 and A1.3)."""

from __future__ import annotations

from typing import ClassVar, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partnership import parity
from partnership.disclosure import SMALLEST_PUBLISHED
from partnership.models import Party, Protocol
from partnership.models.hiding import CoveringQuerySet, Hideable
from partnership.models.versions import Recorded
from projects.models.projects import Involvement, Project


class ActivityKind(models.TextChoices):
    """What kind of activity it is."""

    ACTIVITY = "activity", pgettext_lazy("activity", "Activity")
    TRAINING = "training", pgettext_lazy("activity", "Training")
    EXCHANGE = "exchange", pgettext_lazy("activity", "Exchange")


class ActivityState(models.TextChoices):
    """Life of an activity."""

    PLANNED = "planned", pgettext_lazy("activity", "Planned")
    UNDER_WAY = "under_way", pgettext_lazy("activity", "Under way")
    DONE = "done", pgettext_lazy("activity", "Done")
    POSTPONED = "postponed", pgettext_lazy("activity", "Postponed")
    CANCELLED = "cancelled", pgettext_lazy("activity", "Cancelled")


class ActivityQuerySet(CoveringQuerySet):
    """Activities the public reads: those whose own texts are complete."""

    def published(self) -> Self:
        """Activities of published projects whose title stands in every required language [I10]."""
        return self.filter(parity.complete("title"), project__publishing_state="published").covered()

    def for_protocol(self, protocol: Protocol) -> Self:
        """Activities of this protocol's projects."""
        return self.filter(project__protocol=protocol)

    def done(self) -> Self:
        """Activities that took place."""
        return self.filter(state=ActivityState.DONE)

    def latest_done(self) -> Self:
        """Activities that took place, the latest first, with what a line about each needs."""
        return self.done().select_related("project").order_by("-actual_start", "-pk")

    def people_trained(self) -> int:
        """People counted at the training among these; a count too small to be published is left out [I15]."""
        counted = Coalesce("women", 0) + Coalesce("men", 0)
        trained = self.filter(kind=ActivityKind.TRAINING).annotate(counted=counted).order_by()
        found: int | None = trained.filter(counted__gte=SMALLEST_PUBLISHED).aggregate(Sum("counted"))["counted__sum"]
        return found or 0


class Activity(Hideable, Recorded):
    """Something done or planned at a place and time. People are counted, never named [I15]."""

    ROOT: ClassVar = "project"
    REQUIRED_TEXTS: ClassVar = ("title",)
    PUBLIC_FIELDS: ClassVar = (
        "kind",
        "title",
        "state",
        "planned_start",
        "planned_end",
        "actual_start",
        "actual_end",
        "public_place",
        "happened",
        "women",
        "men",
        "audience",
        "trainers",
        "hours",
        "able_to",
        "score_before",
        "score_after",
        "from_party",
        "days",
        "put_to_use",
        "is_milestone",
        "postponed_reason",
        "prepares",
    )

    project = models.ForeignKey(Project, models.CASCADE, related_name="activities", verbose_name=_("project"))
    kind = models.CharField(_("kind"), max_length=8, choices=ActivityKind, default=ActivityKind.ACTIVITY)
    title = models.CharField(_("title"), max_length=250)
    state = models.CharField(_("state"), max_length=10, choices=ActivityState, default=ActivityState.PLANNED)
    planned_start = models.DateField(_("planned start"))
    planned_end = models.DateField(_("planned end"))
    actual_start = models.DateField(_("actual start"), null=True, blank=True)
    actual_end = models.DateField(_("actual end"), null=True, blank=True)
    place = models.CharField(_("place"), max_length=200, blank=True)
    happened = models.TextField(_("what happened"), blank=True)
    women = models.PositiveIntegerField(_("women taking part"), null=True, blank=True)
    men = models.PositiveIntegerField(_("men taking part"), null=True, blank=True)
    audience = models.CharField(_("audience"), max_length=200, blank=True)
    trainers = models.CharField(
        _("trainers"), max_length=200, blank=True, help_text=_("Functions or organisations, no person's name.")
    )
    hours = models.DecimalField(_("hours of training"), max_digits=6, decimal_places=1, null=True, blank=True)
    able_to = models.TextField(_("what they can now do"), blank=True)
    score_before = models.DecimalField(
        _("mean score before"),
        max_digits=2,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(4)],
        help_text=_("The same questions before and after, on a scale from 0 to 4."),
    )
    score_after = models.DecimalField(
        _("mean score after"),
        max_digits=2,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(4)],
    )
    from_party = models.ForeignKey(
        Party,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="exchanges",
        verbose_name=_("commune that shares"),
        help_text=_("The commune whose experience is shared with the other."),
    )
    days = models.PositiveSmallIntegerField(_("days"), null=True, blank=True)
    put_to_use = models.TextField(_("what was put to use"), blank=True)
    is_milestone = models.BooleanField(
        _("milestone"), default=False, help_text=_("Both communes look at whether it is reached in time.")
    )
    postponed_reason = models.CharField(_("why it was postponed"), max_length=300, blank=True)
    prepares = models.ManyToManyField(
        Involvement,
        blank=True,
        related_name="training",
        verbose_name=_("responsibilities it prepares for"),
        help_text=_("For a training: which responsibilities in the project its audience takes up (clause F3.1)."),
    )
    outside_assessment = models.BooleanField(
        _("not covered by the prior assessment"),
        default=False,
        help_text=_("It was not in the statement that both communes assessed."),
    )
    changes = models.ManyToManyField(
        "projects.Impact",
        blank=True,
        related_name="changed_by",
        verbose_name=_("cells of the assessment it changes"),
        help_text=_("For an activity outside the assessment; if it changes any, a new version is needed."),
    )

    objects: ClassVar[ActivityQuerySet] = ActivityQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        ordering = ["project", "planned_start", "pk"]
        constraints = [
            models.CheckConstraint(
                name="activity_planned_end_after_start",
                condition=Q(planned_end__gte=F("planned_start")),
                violation_error_message=_(
                    "An activity cannot end before it starts: the planned end is earlier than the planned start."
                ),
            ),
            models.CheckConstraint(
                name="activity_actual_end_after_start",
                condition=Q(actual_end__isnull=True) | Q(actual_start__isnull=False, actual_end__gte=F("actual_start")),
                violation_error_message=_(
                    "An activity cannot end before it starts: the actual end needs an earlier actual start."
                ),
            ),
            models.CheckConstraint(
                name="activity_done_has_start",
                condition=~Q(state=ActivityState.DONE) | Q(actual_start__isnull=False),
                violation_error_message=_("An activity that is done needs the date on which it began."),
            ),
            models.CheckConstraint(
                name="activity_exchange_has_direction",
                condition=~Q(kind=ActivityKind.EXCHANGE) | Q(from_party__isnull=False),
                violation_error_message=_("An exchange needs the commune that shares its experience."),
            ),
            models.CheckConstraint(
                name="activity_hours_not_negative",
                condition=Q(hours__isnull=True) | Q(hours__gte=0),
                violation_error_message=_("Hours cannot be negative."),
            ),
        ]

    def __str__(self) -> str:
        return self.title or f"#{self.pk}"

    @property
    def public_place(self) -> str:
        """The place as the public reads it; nothing of a project with a sensitive place [I11]."""
        return self.project.public_place if self.project.place_sensitive else self.place or ""


class AgeBand(models.TextChoices):
    """Age bands in which people who take part are counted."""

    UNDER_15 = "under_15", _("Under 15 years")
    FROM_15 = "15_24", _("15 to 24 years")
    FROM_25 = "25_59", _("25 to 59 years")
    FROM_60 = "60_over", _("60 years and over")


class ParticipantCount(Recorded):
    """How many women and men of an age band took part in an activity: counts, never names [I15]."""

    ROOT: ClassVar = "activity__project"
    PUBLIC_FIELDS: ClassVar = ("band", "women", "men")

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="counts", verbose_name=_("activity"))
    band = models.CharField(_("age"), max_length=8, choices=AgeBand)
    women = models.PositiveIntegerField(_("women"), default=0)
    men = models.PositiveIntegerField(_("men"), default=0)

    class Meta:
        verbose_name = _("people by age")
        verbose_name_plural = _("people by age")
        ordering = ["activity", "band"]
        constraints = [
            models.UniqueConstraint(
                fields=["activity", "band"],
                name="participants_band_once",
                violation_error_message=_("This activity already counts people of this age."),
            )
        ]

    def __str__(self) -> str:
        return self.get_band_display()


class TrainingQuestion(Hideable, Recorded):
    """One question asked before and after a training, with the mean answers on a scale from 0 to 4."""

    ROOT: ClassVar = "activity__project"
    REQUIRED_TEXTS: ClassVar = ("question",)
    PUBLIC_FIELDS: ClassVar = ("question", "before", "after")

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="questions", verbose_name=_("activity"))
    order = models.PositiveSmallIntegerField(_("order"), default=1)
    question = models.CharField(_("question"), max_length=250)
    before = models.DecimalField(
        _("mean answer before"),
        max_digits=2,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(4)],
    )
    after = models.DecimalField(
        _("mean answer after"),
        max_digits=2,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(4)],
    )

    objects: ClassVar[CoveringQuerySet] = CoveringQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("question before and after")
        verbose_name_plural = _("questions before and after")
        ordering = ["activity", "order", "pk"]
        constraints = [
            models.CheckConstraint(
                name="training_question_scale",
                condition=(Q(before__isnull=True) | Q(before__range=(0, 4)))
                & (Q(after__isnull=True) | Q(after__range=(0, 4))),
                violation_error_message=_("Answers lie between 0 and 4."),
            )
        ]

    def __str__(self) -> str:
        return self.question or f"#{self.pk}"
