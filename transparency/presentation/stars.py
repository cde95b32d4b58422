"""The emblem as a sign: its state is that of the decision it stands beside.

Nobody agreed: both outlines dashed. One agreed: its shape filled, the octagon empty. Both: all filled. Refused: red outlines and a cross.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Prefetch, Q
from django.utils.translation import gettext

from partnership import standing
from partnership.models import Decision, DecisionState, EntryKind, Party, RegisterEntry
from partnership.models.decisions import DecisionQuerySet
from projects.models import ActionPlan, Project, ProjectState


@dataclass(frozen=True)
class Star:
    """The picture and its words: `state` is open, both, refused or void, `filled` the shapes of those who agreed."""

    state: str
    filled: frozenset[str]
    label: str


def star(state: str, agreed: Collection[int], parties: Sequence[Party]) -> Star:
    """The star of a decision in a state (a code of DecisionState, or empty for none) to which the communes at these positions agreed."""
    if state == DecisionState.ADOPTED:
        return Star("both", frozenset(party.shape for party in parties), gettext("Agreed by both communes"))
    if state == DecisionState.REFUSED:
        return Star("refused", frozenset(), gettext("Refused"))
    if state == DecisionState.ANNULLED:
        return Star("void", frozenset(), gettext("Without effect"))
    if state == DecisionState.WITHDRAWN:
        return Star("void", frozenset(), gettext("Withdrawn"))
    ahead = [party for party in parties if party.position in agreed]
    if state and ahead:
        return Star("open", frozenset(party.shape for party in ahead), _ahead(ahead, parties))
    return Star("open", frozenset(), gettext("Awaiting both communes") if state else gettext("No joint decision yet"))


def _ahead(ahead: Sequence[Party], parties: Sequence[Party]) -> str:
    other = next((party for party in parties if party not in ahead), None)
    return gettext("%(commune)s has agreed, %(other)s not yet") % {"commune": ahead[0], "other": other}


def of_decision(decision: Decision | None, parties: Sequence[Party]) -> Star:
    """The star of a decision; None means that there is none yet. Signatures come prefetched."""
    if decision is None:
        return star("", (), parties)
    agreed = [one.party.position for one in standing.of(decision, parties) if one.has_answered and not one.refuses]
    return star(decision.state, agreed, parties)


def legend(stars: Iterable[Star]) -> list[Star]:
    """Each star that occurs, once, what both decided first."""
    order = ("both", "open", "refused", "void")
    return sorted(dict.fromkeys(stars), key=lambda one: (order.index(one.state), -len(one.filled), one.label))


@dataclass(frozen=True)
class Decided:
    """A star, and the decision it comes from; None while there is none."""

    star: Star
    decision: Decision | None
    parties: Sequence[Party] = ()

    @property
    def entry(self) -> int | None:
        """The number of its entry in the register; None while it is open."""
        entries = self.decision.entries.all() if self.decision else ()
        return next((entry.sequence for entry in entries if entry.kind == EntryKind.DECISION), None)

    @property
    def awaited(self) -> Sequence[Party]:
        """The communes whose answer it waits for."""
        return standing.awaited(self.decision, self.parties) if self.decision else ()


def deciding(record: Model, kind: str, parties: Sequence[Party]) -> Decided:
    """Where a decision of this kind about a record stands: an adopted one before any other, then the latest. At most three queries.

    The record is one that the public reads [I11].
    """
    rows = _with_all(Decision.objects.on(record).filter(kind=kind))
    return _decided(_first(rows), parties)


def deciding_each(records: Sequence[Model], kind: str, parties: Sequence[Party]) -> dict[int, Decided]:
    """The same for several records of one model, by their keys; three queries for them all."""
    rows = _with_all(Decision.objects.on(*records).filter(kind=kind))
    return {one.pk: _decided(_first([row for row in rows if row.object_id == str(one.pk)]), parties) for one in records}


def _decided(decision: Decision | None, parties: Sequence[Party]) -> Decided:
    return Decided(of_decision(decision, parties), decision, parties)


def _with_all(rows: DecisionQuerySet) -> list[Decision]:
    """The decisions that were not withdrawn, the latest first, with their signatures and entries."""
    entries = RegisterEntry.objects.only("decision", "sequence", "kind").order_by("sequence")
    found = rows.exclude(state=DecisionState.WITHDRAWN).with_signatures().prefetch_related(Prefetch("entries", entries))
    return list(found.order_by("-opened_at", "-pk"))


def _first(rows: Sequence[Decision]) -> Decision | None:
    return next((one for one in rows if one.state == DecisionState.ADOPTED), rows[0] if rows else None)


def of_projects(projects: Sequence[Project], parties: Sequence[Party]) -> Mapping[int, Decided]:
    """For each project by its key: the decision that carries it, its own take-over or the adoption of its plan. At most three queries.

    `projects` are published, their plans fetched. An open decision on a plan that is not published stays unknown [I11].
    """
    rows = _deciding(projects)
    rows.sort(key=lambda one: one.kind != "take_over_project")  # what is about the project alone goes first
    carrying = {project.pk: [one for one in rows if _is_about(one, project)] for project in projects}
    return {key: _decided(_first(its), parties) for key, its in carrying.items()}


def _deciding(projects: Sequence[Project]) -> list[Decision]:
    project_type, plan_type = (ContentType.objects.get_for_model(model) for model in (Project, ActionPlan))
    of_project = Q(content_type=project_type, object_id__in=[str(project.pk) for project in projects])
    plans = {str(project.plan_id) for project in projects if project.plan_id}
    about = of_project & Q(kind="take_over_project") | Q(content_type=plan_type, object_id__in=plans, kind="adopt_plan")
    return _with_all(Decision.objects.filter(about))


UNDECIDED = frozenset({ProjectState.PROPOSED, ProjectState.ASSESSING})
"""States in which nothing is decided about the project itself, though its plan may be adopted [I5]."""


def _is_about(decision: Decision, project: Project) -> bool:
    if decision.kind == "take_over_project":
        return decision.object_id == str(project.pk)
    plan = project.plan
    if plan is None or decision.object_id != str(plan.pk) or project.state in UNDECIDED:
        return False
    return plan.is_published or not decision.is_open
