"""What a project starts from: needs voiced in a territory, recorded by both communes (clauses A1.2 and F1.1), and consultations (A4.1)."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from partnership.models import (
    Document,
    Membership,
    Organisation,
    Party,
    Protocol,
    Publishable,
    PublishedQuerySet,
)
from partnership.models.protocol import plain_code
from partnership.models.publishing import published_is_complete
from partnership.models.versions import Recorded
from partnership.refusals import Refusal
from projects.models.plans import ActionPlan
from projects.models.projects import Project


class NeedQuerySet(PublishedQuerySet):
    """Needs, and how near they lie to a place that is kept back."""

    def with_sensitivity(self) -> Self:
        """With `is_sensitive`: whether a project with a sensitive place starts from the need. No query more."""
        sensitive = Project.objects.filter(assessments__need=OuterRef("pk"), place_sensitive=True)
        return self.annotate(is_sensitive=Exists(sensitive))

    def without_a_project(self) -> Self:
        """Needs from which no prior assessment, and so no project, starts yet."""
        return self.filter(assessments__isnull=True)

    def recorded_by_one(self) -> Self:
        """Needs that one commune has recorded and the other has not."""
        return self.annotate(recorded=models.Count("records")).filter(recorded=1)


class ConsultationQuerySet(PublishedQuerySet):
    """Consultations, and what the public asks about them."""

    def with_sensitivity(self) -> Self:
        """With `is_sensitive`: whether a project with a sensitive place starts from a need voiced there. No query more."""
        sensitive = Project.objects.filter(assessments__need__consultations=OuterRef("pk"), place_sensitive=True)
        return self.annotate(is_sensitive=Exists(sensitive))

    def preparing(self, plan: ActionPlan) -> Self:
        """Consultations that prepare a plan; for the plan of a year those of its period too."""
        return self.filter(plan__in=[plan.pk, plan.within_id])


class Need(Publishable):
    """A need voiced in a territory. A joint diagnosis starts from it; both communes record it."""

    REQUIRED_TEXTS: ClassVar = ("title", "description")
    PUBLIC_FIELDS: ClassVar = (
        "code",
        "title",
        "description",
        "public_territory",
        "voiced_by",
        "voiced_on",
        "organisations",
    )

    protocol = models.ForeignKey(Protocol, models.CASCADE, related_name="needs", verbose_name=_("protocol"))
    code = models.CharField(_("code"), max_length=20, validators=[plain_code])
    title = models.CharField(_("title"), max_length=250)
    description = models.TextField(_("description"), blank=True)
    territory = models.CharField(_("territory"), max_length=200, blank=True)
    voiced_by = models.CharField(
        _("voiced by"), max_length=250, blank=True, help_text=_("Groups or bodies, no person's name.")
    )
    voiced_on = models.DateField(_("voiced on"), null=True, blank=True)
    organisations = models.ManyToManyField(
        Organisation, blank=True, related_name="needs", verbose_name=_("organisations that voiced it")
    )

    objects: ClassVar[NeedQuerySet] = NeedQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("need")
        verbose_name_plural = _("needs")
        ordering = ["protocol", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["protocol", "code"],
                name="need_code_once",
                violation_error_message=_("This protocol already has a need with this code."),
            ),
            published_is_complete("need_published_complete", "title", "description"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def public_territory(self) -> str:
        """The territory as the public reads it; nothing where a project with a sensitive place starts from the need [I11]."""
        return "" if _is_sensitive(self) else self.territory or ""

    def parties_that_recorded(self) -> set[int]:
        """The keys of the parties that recorded the need."""
        return set(self.records.values_list("party", flat=True))

    def publication_refusals(self) -> list[Refusal]:
        """Missing texts [I10], and a commune that has not recorded the need yet [I2]."""
        refusals = super().publication_refusals()
        recorded = self.parties_that_recorded()
        for party in self.protocol.parties.select_related("organisation"):
            if party.pk not in recorded:
                refusals.append(
                    Refusal(
                        _("%(commune)s has not recorded this need yet. A need is recorded by both communes."),
                        code="I2",
                        params={"commune": str(party)},
                    )
                )
        return refusals


class NeedRecord(Recorded):
    """That a commune recorded a need as one it knows, with what it adds in its own words."""

    ROOT: ClassVar = "need"

    need = models.ForeignKey(Need, models.CASCADE, related_name="records", verbose_name=_("need"))
    party = models.ForeignKey(Party, models.PROTECT, related_name="needs_recorded", verbose_name=_("commune"))
    by = models.ForeignKey(Membership, models.PROTECT, related_name="+", verbose_name=_("by"))
    on = models.DateField(_("on"))
    remark = models.TextField(_("remark"), blank=True)
    remark_language = models.CharField(_("language of the remark"), max_length=8, blank=True)

    class Meta:
        verbose_name = _("record of a need")
        verbose_name_plural = _("records of a need")
        ordering = ["need", "party"]
        constraints = [
            models.UniqueConstraint(
                fields=["need", "party"],
                name="need_recorded_once",
                violation_error_message=_("This commune has recorded the need already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.party} · {self.on}"


class Consultation(Publishable):
    """Partners and citizens are heard before a plan is adopted: who, when, what was said and what was done with it."""

    REQUIRED_TEXTS: ClassVar = ("title", "said", "done_with")
    PUBLIC_FIELDS: ClassVar = (
        "code",
        "plan",
        "title",
        "held_on",
        "public_place",
        "with_partners",
        "with_citizens",
        "with_whom",
        "organisations",
        "women",
        "men",
        "youth",
        "said",
        "done_with",
        "minutes",
        "needs",
    )

    protocol = models.ForeignKey(Protocol, models.CASCADE, related_name="consultations", verbose_name=_("protocol"))
    code = models.CharField(_("code"), max_length=20, validators=[plain_code])
    plan = models.ForeignKey(
        ActionPlan,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="consultations",
        verbose_name=_("joint action plan"),
        help_text=_("The plan it prepares."),
    )
    title = models.CharField(_("title"), max_length=250)
    held_on = models.DateField(_("held on"))
    place = models.CharField(_("place"), max_length=200, blank=True)
    with_partners = models.BooleanField(_("with partners"), default=False)
    with_citizens = models.BooleanField(_("with citizens"), default=False)
    with_whom = models.CharField(
        _("with whom"), max_length=300, blank=True, help_text=_("Groups or bodies, no person's name.")
    )
    organisations = models.ManyToManyField(
        Organisation, blank=True, related_name="consultations", verbose_name=_("organisations heard")
    )
    women = models.PositiveIntegerField(_("women taking part"), null=True, blank=True)
    men = models.PositiveIntegerField(_("men taking part"), null=True, blank=True)
    youth = models.PositiveIntegerField(
        _("young people among them"), null=True, blank=True, help_text=_("From 15 to 24 years.")
    )
    said = models.TextField(_("what was said"), blank=True)
    done_with = models.TextField(_("what was done with it"), blank=True)
    minutes = models.ForeignKey(
        Document,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="consultations",
        verbose_name=_("minutes"),
        help_text=_("No plan is adopted on a consultation without minutes."),
    )
    needs = models.ManyToManyField(
        Need, blank=True, related_name="consultations", verbose_name=_("needs that were voiced")
    )

    objects: ClassVar[ConsultationQuerySet] = ConsultationQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("consultation")
        verbose_name_plural = _("consultations")
        ordering = ["protocol", "-held_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["protocol", "code"],
                name="consultation_code_once",
                violation_error_message=_("This protocol already has a consultation with this code."),
            ),
            models.CheckConstraint(
                name="consultation_with_somebody",
                condition=Q(with_partners=True) | Q(with_citizens=True),
                violation_error_message=_(
                    "A consultation is with partners, with citizens or with both. Say with whom."
                ),
            ),
            models.CheckConstraint(
                name="consultation_youth_among_them",
                condition=Q(youth__isnull=True)
                | Q(women__isnull=True)
                | Q(men__isnull=True)
                | Q(youth__lte=models.F("women") + models.F("men")),
                violation_error_message=_(
                    "The young people are counted among the women and men, so there cannot be more of them."
                ),
            ),
            published_is_complete("consultation_published_complete", "title", "said", "done_with"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("consultation", args=[self.code])

    @property
    def public_place(self) -> str:
        """The place as the public reads it; nothing where it would tell that of a project whose place is sensitive [I11]."""
        return "" if _is_sensitive(self) else self.place or ""


def _is_sensitive(record: Need | Consultation) -> bool:
    """What `with_sensitivity` found; of a record read without it, found now with one query."""
    known: bool | None = record.__dict__.get("is_sensitive")
    if known is None:
        rows = type(record).objects.with_sensitivity()
        known = bool(rows.values_list("is_sensitive", flat=True).filter(pk=record.pk).first())
        record.__dict__["is_sensitive"] = known
    return known
