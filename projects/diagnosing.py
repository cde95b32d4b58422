"""Beginning a version of a joint diagnosis: a first one, one that was filled on paper, the next after a decided one [I5, I6]."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from partnership import history, mandates, parity
from partnership.models import Membership, Organisation
from partnership.refusals import Refusal, Refusals
from projects.assessing import (
    ASSESSORS,
    MEASURE,
    OVER,
    WEIGHT,
    Answer,
    Measure,
    against_columns,
    cleaned,
    refuse_typed,
    set_texts,
    with_parts,
)
from projects.models import (
    CELLS,
    AssessmentParticipant,
    Impact,
    Mitigation,
    Need,
    Outcome,
    PriorAssessment,
    Project,
    ProjectState,
)

HEAD = ("context", "alternatives", "future_generations")
"""The texts above the cells, which the next version begins with."""


@transaction.atomic
def begin(project: Project, *, by: Membership, need: Need | None = None) -> PriorAssessment:
    """Begin the next version of a project's diagnosis, with its 24 cells; a next one starts from what was decided before it.

    Raises Refusal where one is open already, where the project is past its assessment, or over [I6].
    """
    locked = Project.objects.select_for_update(of=("self",), no_key=True).select_related("protocol").get(pk=project.pk)
    mandates.acting_for(by, locked.protocol, ASSESSORS)
    before = locked.assessments.order_by("-number").first()
    _refuse_beginning(locked, before)
    _refuse_foreign(locked, need)
    with history.acting(by.user):
        begun = _begun(locked, before, need)
    project.refresh_from_db()
    return begun


@dataclass(frozen=True)
class OnPaper:
    """A first diagnosis as both communes filled it on paper: its texts by column, who took part with their function, the cells by name."""

    need: Need
    texts: Mapping[str, str]
    participants: Sequence[tuple[Organisation, Mapping[str, str]]]
    cells: Mapping[str, Answer]


@transaction.atomic
def take_in(project: Project, paper: OnPaper, *, by: Membership) -> PriorAssessment:
    """Begin the first version of a project's diagnosis with what stands on paper, in one act; a cell not named has no answer yet.

    Raises what `begin` and `answer` raise, and Refusal where there is a version already; then nothing is saved.
    """
    locked = Project.objects.select_for_update(of=("self",), no_key=True).select_related("protocol").get(pk=project.pk)
    mandates.acting_for(by, locked.protocol, ASSESSORS)
    before = locked.assessments.order_by("-number").first()
    _refuse_beginning(locked, before)
    if before is not None:
        raise Refusal(_("A diagnosis on paper is taken in as the first version. Change the cells instead."), code="I5")
    _refuse_foreign(locked, paper.need)
    with history.acting(by.user), history.one_version():
        begun = PriorAssessment(protocol=locked.protocol, project=locked, number=1, need=paper.need, **paper.texts)
        begun.save()
        _lay_down(begun, paper)
        if locked.state == ProjectState.PROPOSED:
            locked.state = ProjectState.ASSESSING
            locked.save(update_fields=["state"])
    project.refresh_from_db()
    return begun


def _lay_down(begun: PriorAssessment, paper: OnPaper) -> None:
    """Who took part, the 24 cells and their measures, each kind in one insert."""
    taking_part = []
    for organisation, function in paper.participants:
        participant = AssessmentParticipant(assessment=begun, organisation=organisation)
        set_texts(participant, "function", function)
        taking_part.append(participant)
    history.create_together(taking_part)
    typed = {name: cleaned(told) for name, told in paper.cells.items()}
    refused = [refusal for told in typed.values() for refusal in against_columns(told)]
    if refused:
        raise Refusals([*refused])
    rows = []
    for dimension, directness, horizon in CELLS:
        cell = Impact(assessment=begun, dimension=dimension, directness=directness, horizon=horizon)
        _set_cell(cell, typed.get(cell.slug, Answer()))
        rows.append(cell)
    history.create_together(rows)
    measures = []
    for cell in with_parts(begun.impacts.select_related("assessment")):
        told = typed.get(cell.slug, Answer())
        refuse_typed(cell, told)
        measures += [_set_measure(Mitigation(impact=cell), each) for each in told.measures if each.is_typed]
    history.create_together(measures)


def _set_cell(cell: Impact, typed: Answer) -> None:
    for name in WEIGHT:
        setattr(cell, name, getattr(typed, name))
    set_texts(cell, "why", typed.why)


def _set_measure(one: Mitigation, typed: Measure) -> Mitigation:
    one.responsible, one.due = typed.responsible, typed.due
    set_texts(one, "measure", typed.measure)
    set_texts(one, "remains", typed.remains)
    return one


def next_version(before: PriorAssessment) -> PriorAssessment:
    """Begin the version after a decided one, as both communes’ decision to modify asks for [I6]; the one that is there already.

    It stands in the transaction of that decision, which holds the project's lock.
    """
    standing = PriorAssessment.objects.filter(project=before.project_id, number__gt=before.number).first()
    return standing or _begun(before.project, before, None)


def _begun(project: Project, before: PriorAssessment | None, need: Need | None) -> PriorAssessment:
    with history.one_version():
        begun = PriorAssessment(protocol=project.protocol, project=project, number=before.number + 1 if before else 1)
        begun.need = need or (before.need if before else None)
        if before is not None:
            _copy_texts(before, begun, HEAD)
        begun.save()
        _fill(begun, before)
        if project.state == ProjectState.PROPOSED:
            project.state = ProjectState.ASSESSING
            project.save(update_fields=["state"])
    return begun


def against_beginning(project: Project, before: PriorAssessment | None) -> Refusal | None:
    """Why no version can be begun now after this one, the latest; None where one can."""
    try:
        _refuse_beginning(project, before)
    except Refusal as refusal:
        return refusal
    return None


def _refuse_beginning(project: Project, before: PriorAssessment | None) -> None:
    if project.state in OVER:
        raise Refusal(
            _("The project is over: %(state)s. That is final; another project may replace it."),
            code="I6",
            params={"state": project.get_state_display()},
        )
    if before is not None and not before.outcome:
        raise Refusal(
            _("Version %(number)s of this prior assessment is still open. Decide on it first."),
            code="I5",
            params={"number": before.number},
        )
    if before is not None and before.outcome in {Outcome.CANCEL, Outcome.REPLACE}:
        raise Refusal(_("Both communes decided to end this project. That is final."), code="I6")
    first_states = {ProjectState.PROPOSED, ProjectState.ASSESSING}
    if before is None and project.state not in first_states and not project.taken_over:
        raise Refusal(
            _("A prior assessment comes before the project starts; this one is “%(state)s”."),
            code="I5",
            params={"state": project.get_state_display()},
        )


def _refuse_foreign(project: Project, need: Need | None) -> None:
    if need is not None and need.protocol_id != project.protocol_id:
        raise Refusal(_("The need belongs to another protocol. Choose one of this protocol."), code="need")


def _fill(begun: PriorAssessment, before: PriorAssessment | None) -> None:
    """The 24 cells, with what the version before says in each, and who took part in it."""
    rows = before.impacts.prefetch_related("mitigations") if before is not None else ()
    known = {cell.slug: cell for cell in rows}
    for dimension, directness, horizon in CELLS:
        cell = Impact(assessment=begun, dimension=dimension, directness=directness, horizon=horizon)
        source = known.get(cell.slug)
        if source is not None:
            _copy_cell(source, cell)
        else:
            cell.save()
    for one in before.participants.all() if before is not None else ():
        participant = AssessmentParticipant(assessment=begun, organisation_id=one.organisation_id)
        _copy_texts(one, participant, ("function",))
        participant.save()


def _copy_cell(source: Impact, cell: Impact) -> None:
    for name in WEIGHT:
        setattr(cell, name, getattr(source, name))
    _copy_texts(source, cell, ("why",))
    cell.save()
    for one in source.mitigations.all():
        copied = Mitigation(impact=cell, responsible_id=one.responsible_id, due=one.due, done_on=one.done_on)
        _copy_texts(one, copied, (*MEASURE, "follow_up"))
        copied.save()


def _copy_texts(source: Any, target: Any, fields: Iterable[str]) -> None:
    for name in fields:
        for code in settings.REQUIRED_LANGUAGES:
            column = parity.column(name, code)
            setattr(target, column, getattr(source, column))
