"""Who does what in a project: organisations by phase and capacity, what is accepted, and which places are empty (clauses S1.1, F2.1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.utils.translation import gettext, pgettext

from partnership import equality, languages, parity
from partnership.models import Level, Organisation, Party, Protocol
from projects.models import Capacity, Involvement, Phase, Project

SHARED_PHASES = (Phase.DESIGN, Phase.DELIVERY)
"""The phases in which a third partner is looked for (clause F2.1)."""


@dataclass(frozen=True)
class Row:
    """An organisation with its responsibilities in each phase, in the order of the phases; the party it is, if it is one."""

    organisation: Organisation
    party: Party | None
    phases: Sequence[tuple[Phase, Sequence[Involvement]]]


@dataclass(frozen=True)
class Gap:
    """An empty place: the rule, in words, and the phase it lies in where it lies in one."""

    rule: str
    message: str
    phase: Phase | None = None


@dataclass(frozen=True)
class Matrix:
    """Who does what in one project."""

    project: Project
    rows: Sequence[Row]
    gaps: Sequence[Gap]

    @property
    def empty_phases(self) -> set[Phase]:
        """The phases in which nobody is accountable."""
        return {gap.phase for gap in self.gaps if gap.phase is not None}


@dataclass
class LevelCount:
    """How many organisations of a level take part, and how many of their responsibilities stand in which state."""

    level: Level
    organisations: set[int] = field(default_factory=set)
    accepted: int = 0
    waiting: int = 0
    declined: int = 0


def standing(involvements: Iterable[Involvement]) -> list[Involvement]:
    """Those that were not declined: an organisation that said no fills no place."""
    return [one for one in involvements if one.declined_on is None]


def third_partner_missing(project: Project) -> bool:
    """Whether only the two communes take part in design and delivery, and no reason says why, in three languages (clause F2.1)."""
    communes = set(project.protocol.parties.values_list("organisation_id", flat=True))
    return _lacks_third_partner(project, project.involvements.all(), communes)


def _lacks_third_partner(project: Project, involvements: Iterable[Involvement], communes: set[int]) -> bool:
    third = any(one.phase in SHARED_PHASES and one.organisation_id not in communes for one in standing(involvements))
    return not third and not gives_reason(project)


def gives_reason(project: Project) -> bool:
    """Whether the reason for having no third partner stands in every required language."""
    columns = [parity.column("no_third_partner_reason", code) for code in settings.REQUIRED_LANGUAGES]
    return all(parity.has_text(getattr(project, column)) for column in columns)


def gaps(project: Project, involvements: Sequence[Involvement], parties: Sequence[Party]) -> list[Gap]:
    """The empty places of a project: communes [I7], phases without anybody accountable, no third partner (clause F2.1)."""
    kept = standing(involvements)
    involved = {one.organisation_id for one in kept}
    accountable = {one.phase for one in kept if one.capacity == Capacity.ACCOUNTABLE}
    found = [
        Gap("I7", gettext("%(commune)s has no responsibility in this project.") % {"commune": party})
        for party in parties
        if party.organisation_id not in involved
    ]
    found += [
        Gap("S1.1", gettext("%(phase)s: nobody is accountable.") % {"phase": phase.label}, phase)
        for phase in Phase
        if phase not in accountable
    ]
    if _lacks_third_partner(project, kept, {party.organisation_id for party in parties}):
        words = gettext("Nobody but the two communes takes part in design or delivery, and no reason is stated.")
        found.append(Gap("F2.1", words))
    return found


def matrices(protocol: Protocol, projects: Iterable[Project]) -> list[Matrix]:
    """Who does what in each of these projects, the communes first in the reader's order [I16]. Two queries, however many."""
    its = list(projects)
    parties = equality.ordered(
        list(protocol.parties.select_related("organisation")), equality.Reader(languages.current())
    )
    by_project: dict[int, list[Involvement]] = {project.pk: [] for project in its}
    rows = Involvement.objects.filter(project__in=by_project).select_related("organisation").order_by("pk")
    for one in rows:
        by_project[one.project_id].append(one)
    return [_matrix(project, by_project[project.pk], parties) for project in its]


def _matrix(project: Project, involvements: Sequence[Involvement], parties: Sequence[Party]) -> Matrix:
    its: dict[int, list[Involvement]] = {party.organisation_id: [] for party in parties}
    for one in involvements:
        its.setdefault(one.organisation_id, []).append(one)
    by_organisation = {party.organisation_id: party for party in parties}
    rows = []
    for key, responsibilities in its.items():
        party = by_organisation.get(key)
        organisation = party.organisation if party else responsibilities[0].organisation
        phases = [(phase, [one for one in responsibilities if one.phase == phase]) for phase in Phase]
        rows.append(Row(organisation, party, phases))
    return Matrix(project, rows, gaps(project, involvements, parties))


def levels(found: Iterable[Matrix]) -> list[LevelCount]:
    """How many take part at each level, from local to international (clauses F2.2 and S4.1)."""
    counts = {level: LevelCount(level) for level in Level}
    for matrix in found:
        for row in matrix.rows:
            for one in (one for _phase, its in row.phases for one in its):
                _count(counts[Level(row.organisation.level)], one)
    return list(counts.values())


def _count(level: LevelCount, one: Involvement) -> None:
    level.organisations.add(one.organisation_id)
    if one.accepted_on:
        level.accepted += 1
    elif one.declined_on:
        level.declined += 1
    else:
        level.waiting += 1


def answer_of(one: Involvement) -> str:
    """How an organisation answered for its responsibility: accepted, declined or waiting, in a word."""
    if one.accepted_on:
        return pgettext("responsibility", "Accepted")
    return pgettext("responsibility", "Declined") if one.declined_on else pgettext("responsibility", "Waiting")
