"""What the page of a prior assessment shows: the 24 cells in rows, how far they are, what changed since the version before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partnership import parity
from partnership.awaiting import Half
from partnership.models import Party
from projects import assessing, diagnosing
from projects.models import CELLS, CellView, Dimension, Effect, Impact, Mitigation, PriorAssessment, View

SIGNS = {Effect.NONE: "0", Effect.POSITIVE: "+", Effect.NEGATIVE: "−", "": ""}
KINDS = ((Effect.POSITIVE, "positive"), (Effect.NEGATIVE, "negative"), (Effect.NONE, "none"))
"""In which order a meter stacks the answers, with the name of each in the style sheet."""
WORDS: dict[str, str | Promise] = {
    "positive": pgettext_lazy("cells", "positive"),
    "negative": pgettext_lazy("cells", "negative"),
    "none": pgettext_lazy("cells", "no effect"),
    "open": pgettext_lazy("cells", "to answer"),
}


@dataclass(frozen=True)
class Segment:
    """A piece of a meter: so many cells with the same answer."""

    tone: str
    word: str | Promise
    x: int
    width: int


@dataclass(frozen=True)
class Meter:
    """How far some cells are, stacked by answer."""

    of: int
    answered: int
    segments: list[Segment]


def meter(cells: Sequence[Impact]) -> Meter:
    """The meter of these cells."""
    segments, x = [], 0
    for effect, tone in (*KINDS, ("", "open")):
        width = sum(cell.effect == effect for cell in cells)
        segments.append(Segment(tone, WORDS[tone], x, width))
        x += width
    return Meter(len(cells), sum(cell.is_answered for cell in cells), segments)


@dataclass(frozen=True)
class Shield:
    """Whether a negative effect is mitigated, in a word or two."""

    whole: bool
    word: str | Promise


def shield(impact: Impact) -> Shield | None:
    """How a negative effect is mitigated; None for any other."""
    if impact.effect != Effect.NEGATIVE:
        return None
    measures = list(impact.mitigations.all())
    if any(is_whole(one) for one in measures):
        return Shield(True, _("measure and responsible"))
    if not measures:
        return Shield(False, _("without a measure"))
    if all(one.responsible_id is None for one in measures):
        return Shield(False, _("without a responsible"))
    return Shield(False, _("measure incomplete"))


def is_whole(one: Mitigation) -> bool:
    """Whether a measure has everything a decision asks for: what, who, until when, what remains [I5]."""
    return one.responsible_id is not None and one.due is not None and not parity.missing(one, ["measure", "remains"])


@dataclass(frozen=True)
class GridCell:
    """One of the 24 cells as the grid shows it."""

    impact: Impact
    number: int
    is_chosen: bool
    changed: bool
    views: list[tuple[Party, CellView | None]]

    @property
    def sign(self) -> str:
        """Plus, minus, zero; nothing while it is not answered."""
        return SIGNS[self.impact.effect]

    @property
    def tone(self) -> str:
        """The name of its answer in the style sheet."""
        return self.impact.effect or "open"

    @property
    def shield(self) -> Shield | None:
        """Whether its negative effect is mitigated."""
        return shield(self.impact)

    @property
    def is_disputed(self) -> bool:
        """Whether a commune disputes it."""
        return any(view is not None and view.view == View.DISPUTED for _party, view in self.views)

    @property
    def pair(self) -> list[tuple[Party, Half]]:
        """Each commune's view, for the component of two halves."""
        return [(party, half(view)) for party, view in self.views]


def half(view: CellView | None) -> Half:
    """A commune's half: done only where it agrees; silence and dispute are not."""
    if view is None:
        return Half(False, str(_("has not said yet")))
    return Half(view.view == View.AGREED, str(View(view.view).label))


@dataclass(frozen=True)
class Row:
    """One dimension: its six cells and their meter."""

    dimension: Dimension
    cells: list[GridCell]
    meter: Meter
    is_chosen: bool


@dataclass
class Grid:
    """A diagnosis as its page shows it; `earlier` are the cells of the version before, by name."""

    assessment: PriorAssessment
    parties: list[Party]
    impacts: list[Impact]
    asked: str = ""
    earlier: dict[str, Impact] = field(default_factory=dict)
    dimension: str = ""
    before: PriorAssessment | None = None
    """The version before."""

    @cached_property
    def by_slug(self) -> dict[str, Impact]:
        """Every cell by its name."""
        return {impact.slug: impact for impact in self.impacts}

    @property
    def is_asked(self) -> bool:
        """Whether the address names a cell, which on a narrow screen then is a page of its own."""
        return self.asked in self.by_slug

    @cached_property
    def chosen(self) -> Impact:
        """The cell at hand: the one that was asked for, else the first that needs an answer."""
        return self.by_slug.get(self.asked) or next(
            (one for one in self.impacts if not one.is_answered), self.impacts[0]
        )

    @cached_property
    def at_hand(self) -> GridCell:
        """The cell at hand as the grid shows it."""
        return next(cell for cell in self.cells if cell.is_chosen)

    @cached_property
    def cells(self) -> list[GridCell]:
        """The 24 cells, in reading order."""
        return [self._cell(impact, number) for number, impact in enumerate(self.impacts, 1)]

    def _cell(self, impact: Impact, number: int) -> GridCell:
        known = {view.party_id: view for view in impact.views.all()}
        before = self.earlier.get(impact.slug)
        return GridCell(
            impact,
            number,
            impact.pk == self.chosen.pk,
            before is not None and says(before) != says(impact),
            [(party, known.get(party.pk)) for party in self.parties],
        )

    @property
    def changes(self) -> int:
        """How many cells say something else than in the version before."""
        return sum(cell.changed for cell in self.cells)

    @property
    def changed_head(self) -> list[str]:
        """The names of the texts above the cells that say something else than in the version before."""
        if self.before is None:
            return []
        found = []
        for name in diagnosing.HEAD:
            columns = [parity.column(name, code) for code in settings.REQUIRED_LANGUAGES]
            if any((getattr(self.assessment, one) or "") != (getattr(self.before, one) or "") for one in columns):
                found.append(str(PriorAssessment._meta.get_field(name).verbose_name))  # type: ignore[union-attr]  # no relation
        return found

    @cached_property
    def rows(self) -> list[Row]:
        """The four dimensions."""
        shown = self.dimension if self.dimension in Dimension.values and not self.is_asked else self.chosen.dimension
        found = []
        for dimension in Dimension:
            cells = [cell for cell in self.cells if cell.impact.dimension == dimension]
            found.append(Row(dimension, cells, meter([cell.impact for cell in cells]), dimension == shown))
        return found

    @cached_property
    def total(self) -> Meter:
        """How far all of it is."""
        return meter(self.impacts)

    def after(self, impact: Impact, own: Iterable[int] = ()) -> Impact:
        """Where one goes on from a cell: to the next unanswered, else the next of which an own commune said nothing, else the next."""
        place = self.impacts.index(impact)
        round_trip = [*self.impacts[place + 1 :], *self.impacts[:place]]
        mine = set(own)
        unanswered = (one for one in round_trip if not one.is_answered)
        unviewed = (one for one in round_trip if mine - {view.party_id for view in one.views.all()})
        return next(unanswered, None) or next(unviewed, None) or round_trip[0]

    @property
    def neighbours(self) -> tuple[Impact | None, Impact | None]:
        """The cells before and after the one at hand, in reading order."""
        around = [None, *self.impacts, None]
        return next((b, a) for (b, here), (_h, a) in pairwise(pairwise(around)) if here is self.chosen)


def says(impact: Impact) -> tuple[object, ...]:
    """What a cell says, comparable between versions: without the keys of its measures."""
    own = {name: text for name, text in assessing.said(impact).items() if "." not in name}
    measures = sorted(tuple(sorted(assessing.said_of_measure(one).items())) for one in impact.mitigations.all())
    return (tuple(sorted(own.items())), tuple(measures))


def in_order(impacts: Iterable[Impact]) -> list[Impact]:
    """Cells in the order in which they are read, whatever order they were written in."""
    places = {cell: place for place, cell in enumerate(CELLS)}
    return sorted(impacts, key=lambda one: places[(Dimension(one.dimension), one.directness, one.horizon)])  # type: ignore[index]  # a choice is its value


def read(assessment: PriorAssessment, parties: list[Party], asked: str, dimension: str = "") -> Grid:
    """The grid of a diagnosis beside the version before it. Seven queries, whatever is in it."""
    impacts = in_order(assessing.with_parts(assessment.impacts.all()))
    earlier = earlier_version(assessment)
    before = assessing.with_parts(earlier.impacts.all()) if earlier is not None else ()
    for impact in impacts:
        impact.assessment = assessment
    return Grid(assessment, parties, impacts, asked, {one.slug: one for one in before}, dimension, earlier)


def earlier_version(assessment: PriorAssessment) -> PriorAssessment | None:
    """The version that was decided before this one."""
    if assessment.number == 1:
        return None
    rows = PriorAssessment.objects.filter(project=assessment.project_id, number__lt=assessment.number)
    found: PriorAssessment | None = rows.order_by("-number").first()
    return found
