"""The joint action plan (protocol, article 4)."""

from __future__ import annotations

import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from partnership import formats, languages
from partnership.models import ProgrammePhase, Protocol, Publishable, PublishedQuerySet
from partnership.models.protocol import plain_code
from partnership.models.publishing import published_is_complete
from partnership.refusals import Refusal, Refusals


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

    @property
    def is_of_a_year(self) -> bool:
        """Whether it is the plan of a year, which lies within that of a whole period."""
        return self.within_id is not None

    def place_refusals(self) -> list[Refusal]:
        """Every rule against where a plan stands: that of a year lies in its period's dates, and in no other year's plan."""
        refusals = self._against_its_period(self.within) if self.within else []
        return [*refusals, *self._against_its_years(list(self.years.all()) if self.pk else [])]

    def _against_its_period(self, period: ActionPlan) -> list[Refusal]:
        if period.within_id or period.protocol_id != self.protocol_id:
            message = _("%(code)s is the plan of a year itself. Choose the plan of the whole period.")
            return [Refusal(message, code="plan", params={"code": period.code})]
        if period.holds(self):
            return []
        message = _("The plan of a year lies within its period: from %(start)s to %(end)s.")
        return [Refusal(message, code="plan", params={"start": _day(period.starts_on), "end": _day(period.ends_on)})]

    def _against_its_years(self, years: list[ActionPlan]) -> list[Refusal]:
        if years and self.within_id:
            message = _(
                "Plans of a year lie within this one, so it cannot be the plan of a year itself. Take it out of the other."
            )
            return [Refusal(message, code="plan")]
        message = _("The plan %(code)s of a year would lie outside this period. Change its dates first, or these.")
        return [Refusal(message, code="plan", params={"code": year.code}) for year in years if not self.holds(year)]

    def holds(self, year: ActionPlan) -> bool:
        """Whether a plan's days lie within this one's; said of days only once all four are known, as in a form half typed."""
        days: tuple[datetime.date | None, ...] = (self.starts_on, year.starts_on, year.ends_on, self.ends_on)
        known = [on for on in days if on is not None]
        return len(known) < len(days) or (known[0] <= known[1] and known[2] <= known[3])

    def clean(self) -> None:
        """Raises Refusals where the plan does not lie within its period, or a year would fall out of it."""
        super().clean()
        refusals = self.place_refusals()
        if refusals:
            raise Refusals(refusals)

    def publication_refusals(self) -> list[Refusal]:
        """Missing texts [I10], and a year outside its period."""
        return [*super().publication_refusals(), *self.place_refusals()]


def _day(on: datetime.date) -> str:
    return formats.day(on, languages.current())
