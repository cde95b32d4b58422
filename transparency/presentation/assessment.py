"""The prior assessment as the public reads it once both communes decided on it: the matrix, its notes, the measures (clause F1.2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Prefetch
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from partnership import parity
from partnership.models import Party
from projects.assessment_grid import in_order
from projects.models import (
    AssessmentParticipant,
    Degree,
    Dimension,
    Effect,
    Horizon,
    Impact,
    Mitigation,
    PriorAssessment,
    Project,
)
from transparency.presentation import stars

KIND = "assessment_outcome"
"""The kind of decision that an assessment rests on."""
SIGNS = {Effect.POSITIVE: "+", Effect.NEGATIVE: "−"}
STRONG = Degree.MAJOR
NO_EFFECT = pgettext_lazy("cells", "no effect")


@dataclass(frozen=True)
class Cell:
    """One of the 24 cells: its sign, twice where it is strong, its word, and the number of the note that explains it."""

    impact: Impact
    note: int | None

    @property
    def sign(self) -> str:
        """Plus, minus or zero."""
        return SIGNS.get(Effect(self.impact.effect), "") * (2 if self.is_strong else 1) or "0"

    @property
    def is_strong(self) -> bool:
        """Whether the effect is major or very great."""
        return self.impact.severity is not None and self.impact.severity >= STRONG

    @property
    def word(self) -> str | Promise:
        """How severe the effect is, in words."""
        return Degree(self.impact.severity).label if self.impact.severity is not None else NO_EFFECT


@dataclass(frozen=True)
class Note:
    """Why a project has an effect, in words that every language has; the cells that say so, and what keeps it small."""

    number: int
    impacts: list[Impact]
    measures: list[Mitigation]

    @property
    def impact(self) -> Impact:
        """The first cell that says so, which says why."""
        return self.impacts[0]


@dataclass(frozen=True)
class Row:
    """One dimension with its six cells."""

    dimension: Dimension
    cells: list[Cell]


@dataclass(frozen=True)
class Matrix:
    """The latest version both communes decided on, and those before it."""

    assessment: PriorAssessment
    rows: list[Row]
    notes: list[Note]
    participants: Sequence[AssessmentParticipant]
    decided: stars.Decided
    earlier: list[PriorAssessment]

    @property
    def horizons(self) -> list[Horizon]:
        """The three terms."""
        return list(Horizon)


def matrix(project: Project, parties: Sequence[Party]) -> Matrix | None:
    """What the public reads of a published project's diagnoses; None while none is decided and published. Eight queries."""
    published = PriorAssessment.objects.published().filter(project=project).exclude(outcome="")
    versions = list(published.select_related("need").order_by("-number"))
    if not versions:
        return None
    latest = versions[0]
    measures = Mitigation.objects.filter(parity.complete("measure", "remains")).covered().select_related("responsible")
    cells = Impact.objects.filter(assessment=latest).covered()
    impacts = in_order(cells.prefetch_related(Prefetch("mitigations", measures.order_by("pk"))))
    notes = _notes(impacts)
    took_part = AssessmentParticipant.objects.filter(parity.complete("function"), assessment=latest).covered()
    return Matrix(
        latest,
        _rows(impacts, notes),
        notes,
        list(took_part.select_related("organisation").order_by("pk")),
        stars.deciding(latest, KIND, parties),
        versions[1:],
    )


def _rows(impacts: Iterable[Impact], notes: Iterable[Note]) -> list[Row]:
    numbers = {impact.pk: note.number for note in notes for impact in note.impacts}
    cells = [Cell(impact, numbers.get(impact.pk)) for impact in impacts]
    return [Row(one, [cell for cell in cells if cell.impact.dimension == one]) for one in Dimension]


def _notes(impacts: Iterable[Impact]) -> list[Note]:
    """One for each reason; cells that say the same, and have no measure, share it."""
    shared: dict[tuple[str, ...], Note] = {}
    found: list[Note] = []
    for impact in impacts:
        why = tuple(getattr(impact, parity.column("why", code)) or "" for code in settings.REQUIRED_LANGUAGES)
        said, measures = all(map(parity.has_text, why)), list(impact.mitigations.all())
        if not said and not measures:
            continue
        if said and not measures and why in shared:
            shared[why].impacts.append(impact)
            continue
        found.append(Note(len(found) + 1, [impact], measures))
        if said and not measures:
            shared[why] = found[-1]
    return found
