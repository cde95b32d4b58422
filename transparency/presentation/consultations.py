"""Consultations as the public reads them: who was heard, counts that may be published [I15], what was said and done with it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Prefetch

from partnership.disclosure import publishable_total, suppressed
from partnership.models import Document, Protocol
from projects.models import ActionPlan, Consultation, Need
from projects.models.needs import ConsultationQuerySet
from transparency.presentation.activities import People


@dataclass(frozen=True)
class Heard:
    """How many people took part, as far as that may be published."""

    women: People
    men: People
    total: People
    youth: People

    @property
    def counted(self) -> bool:
        """Whether anyone was counted."""
        return any(one.value is not None or one.withheld for one in (self.women, self.men, self.youth))


@dataclass(frozen=True)
class ConsultationRow:
    """A consultation with its counts, what was voiced there, and its minutes where they are public."""

    consultation: Consultation
    heard: Heard
    needs: Sequence[Need]
    minutes: Document | None
    is_ahead: bool
    """Whether its day has not come yet."""


def heard(consultation: Consultation) -> Heard:
    """Women and men are withheld together where one would reveal the other; so are the young, where they or the others are few."""
    counts = [consultation.women, consultation.men]
    shown = suppressed(counts)
    women, men = (_people(count, value) for count, value in zip(counts, shown, strict=True))
    total = publishable_total(counts)
    known = any(count is not None for count in counts)
    return Heard(
        women, men, People(total, known and total is None), _people(consultation.youth, _youth(consultation, total))
    )


def _people(count: int | None, shown: int | None) -> People:
    return People(shown, count is not None and shown is None)


def _youth(consultation: Consultation, total: int | None) -> int | None:
    """The young as they may be published: beside a published total they tell how many were not young."""
    if consultation.youth is None or total is None:
        return suppressed([consultation.youth], total_published=False)[0]
    return suppressed([consultation.youth, max(total - consultation.youth, 0)])[0]


def published(protocol: Protocol) -> ConsultationQuerySet:
    """The protocol's published consultations, the latest first, with what a line about each needs. Two queries more."""
    return with_what_is_shown(Consultation.objects.for_protocol(protocol).published())


def of_plans(plans: Sequence[ActionPlan]) -> ConsultationQuerySet:
    """The published consultations that prepared any of these plans, for a list. Two queries."""
    rows = Consultation.objects.filter(plan__in=plans).published().select_related("minutes")
    return rows.prefetch_related(Prefetch("needs", Need.objects.published().order_by("code"))).order_by(
        "-held_on", "-pk"
    )


def with_what_is_shown(rows: ConsultationQuerySet) -> ConsultationQuerySet:
    """Consultations with their plan and minutes, the organisations heard, and the published needs that were voiced."""
    needs = Need.objects.published().with_sensitivity().order_by("code")
    found = rows.with_sensitivity().select_related("plan", "minutes")
    return found.prefetch_related("organisations", Prefetch("needs", needs)).order_by("-held_on", "-pk")


def rows_of(consultations: Iterable[Consultation], today: datetime.date) -> list[ConsultationRow]:
    """A row for each, in the order given. No query where they come with what is shown."""
    return [row_of(one, today) for one in consultations]


def row_of(consultation: Consultation, today: datetime.date) -> ConsultationRow:
    """The row of one consultation."""
    minutes = consultation.minutes
    return ConsultationRow(
        consultation,
        heard(consultation),
        list(consultation.needs.all()),
        minutes if minutes is not None and minutes.is_published else None,
        consultation.held_on > today,
    )
