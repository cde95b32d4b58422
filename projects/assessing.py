"""The joint prior assessment, step by step: begun, its 24 cells answered, each commune's view of them, measures followed up [I5].

Both communes fill one diagnosis. A cell is saved by itself, under the assessment's lock; the form says by a short sign what the
cell said when it was opened, so that nobody overwrites another unseen. Whoever changes a cell takes both communes' views back [I2].
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from partnership import clock, drafting, editing, history, locks, mandates, parity, text_checks
from partnership.models import Membership, Organisation, Party, Role
from partnership.refusals import Refusal, Refusals
from partnership.translating import sign_of
from projects.models import (
    CELLS,
    AssessmentParticipant,
    CellView,
    Effect,
    Impact,
    Mitigation,
    Need,
    Outcome,
    PriorAssessment,
    Project,
    ProjectState,
    View,
)

ASSESSORS = frozenset({Role.COORDINATOR, Role.EDITOR})
"""Who fills a diagnosis for a commune, on either side alike."""
OVER = frozenset({ProjectState.CLOSED, ProjectState.CANCELLED, ProjectState.REPLACED})
WEIGHED = frozenset({Effect.POSITIVE, Effect.NEGATIVE})
WEIGHT = ("effect", "severity", "likelihood")
MEASURE = ("measure", "remains")
COPIED_HEAD = ("context", "alternatives", "future_generations")


class AtField(Refusal):
    """A rule about one thing that was typed into a cell: `field` names it, for instance severity or measures-0-responsible."""

    def __init__(self, message: Any, *, code: str, field: str, params: dict[str, object] | None = None) -> None:
        super().__init__(message, code=code, params=params)
        self.field = field


class Changed(Refusal):
    """Somebody changed the cell since it was opened; `impact` is how it stands now."""

    def __init__(self, impact: Impact) -> None:
        super().__init__(
            _(
                "Somebody changed this cell since you opened it. Compare what you typed with what stands, and save again."
            ),
            code="version",
        )
        self.impact = impact


@dataclass(frozen=True)
class Measure:
    """A mitigation as it was typed: its texts by language; `key` of one that stands already, `removed` to take it away."""

    measure: Mapping[str, str] = field(default_factory=dict)
    responsible: Organisation | None = None
    due: datetime.date | None = None
    remains: Mapping[str, str] = field(default_factory=dict)
    key: int | None = None
    removed: bool = False

    @property
    def is_typed(self) -> bool:
        """Whether it says anything: not a new row that was left empty, or taken away before it was saved."""
        if self.key is not None:
            return True
        texts = any(parity.has_text(text) for text in (*self.measure.values(), *self.remains.values()))
        return not self.removed and bool(texts or self.responsible or self.due)


@dataclass(frozen=True)
class Answer:
    """What a cell is to say: effect, weight, why by language, and the measures that were typed; others stay as they are."""

    effect: str = ""
    severity: int | None = None
    likelihood: int | None = None
    why: Mapping[str, str] = field(default_factory=dict)
    measures: Sequence[Measure] = ()


# Beginning ------------------------------------------------------------------------------------------------------------


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
        _set_texts(participant, "function", function)
        taking_part.append(participant)
    history.create_together(taking_part)
    typed = {name: _cleaned(told) for name, told in paper.cells.items()}
    refused = [refusal for told in typed.values() for refusal in _against_columns(told)]
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
        _refuse_typed(cell, told)
        measures += [_set_measure(Mitigation(impact=cell), each) for each in told.measures if each.is_typed]
    history.create_together(measures)


def _set_cell(cell: Impact, typed: Answer) -> None:
    for name in WEIGHT:
        setattr(cell, name, getattr(typed, name))
    _set_texts(cell, "why", typed.why)


def _set_measure(one: Mitigation, typed: Measure) -> Mitigation:
    one.responsible, one.due = typed.responsible, typed.due
    _set_texts(one, "measure", typed.measure)
    _set_texts(one, "remains", typed.remains)
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
            _copy_texts(before, begun, COPIED_HEAD)
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


# What a cell says -----------------------------------------------------------------------------------------------------


def said(impact: Impact) -> dict[str, str]:
    """What a cell says, thing by thing: its weight, why in each language, and each measure by its key."""
    found = {name: _plain(getattr(impact, name)) for name in WEIGHT}
    found |= {f"why_{code}": getattr(impact, f"why_{code}") or "" for code in settings.REQUIRED_LANGUAGES}
    for one in impact.mitigations.all():
        found |= {f"{one.pk}.{name}": text for name, text in said_of_measure(one).items()}
    return found


def said_of_measure(one: Mitigation) -> dict[str, str]:
    """What a mitigation says, without what became of it."""
    texts = {
        parity.column(name, code): getattr(one, parity.column(name, code)) or ""
        for name in MEASURE
        for code in settings.REQUIRED_LANGUAGES
    }
    return {**texts, "responsible": _plain(one.responsible_id), "due": _plain(one.due)}


def _plain(value: object) -> str:
    return "" if value is None else str(value)


def sign(impact: Impact) -> str:
    """A short sign of each thing a cell says, for a form to bring back: what it was when it was opened."""
    return " ".join(f"{name}={sign_of(text)}" for name, text in said(impact).items())


def with_parts(rows: Any) -> Any:
    """Cells with their measures and both communes' views. Two queries more."""
    return rows.prefetch_related(
        Prefetch("mitigations", Mitigation.objects.select_related("responsible").order_by("pk")),
        Prefetch("views", CellView.objects.order_by("party")),
    )


@contextmanager
def _under_lock(assessment_id: int, by: Membership) -> Iterator[Party]:
    """One transaction under the assessment's lock, in somebody's name, as one version; the commune they act for."""
    with transaction.atomic(), history.acting(by.user), history.one_version():
        editing.lock(history.Root(PriorAssessment, assessment_id))
        protocol = PriorAssessment.objects.select_related("protocol").get(pk=assessment_id).protocol
        yield mandates.acting_for(by, protocol, ASSESSORS)


def _fresh(impact: Impact) -> Impact:
    rows = Impact.objects.filter(pk=impact.pk).select_related("assessment__project", "assessment__protocol")
    found: Impact = with_parts(rows).get()
    return found


def held_by(assessment: PriorAssessment) -> Refusal | None:
    """Why nothing in a diagnosis changes any more: it is decided, or a decision is open on it [I4]; None where it is open."""
    for lock in locks.on(assessment):
        return locks.Locked(lock.decision)
    if assessment.outcome:
        return Refusal(
            _("This version is decided: %(outcome)s. Begin the next version to change it."),
            code="I4",
            params={"outcome": assessment.get_outcome_display()},
        )
    return None


def _refuse_held(assessment: PriorAssessment) -> None:
    refusal = held_by(assessment)
    if refusal is not None:
        raise refusal


# Answering ------------------------------------------------------------------------------------------------------------


def answer(impact: Impact, typed: Answer, *, by: Membership, seen: str | None = None, agrees: bool = False) -> bool:
    """Save one cell with its measures; whether anything changed. `seen` is its sign as it was opened, None does not ask.

    With `agrees`, the commune of whoever saves it says at once that it agrees with the cell as it is saved.

    Raises Changed where somebody else changed it since, Locked where a decision holds it, Refusals with what was typed wrongly.
    """
    with _under_lock(impact.assessment_id, by) as party:
        fresh = _fresh(impact)
        _refuse_held(fresh.assessment)
        typed = _cleaned(typed)
        differs = _differs(fresh, typed)
        if differs:
            _refuse_unseen(fresh, seen)
            _refuse_typed(fresh, typed)
            _write(fresh, typed)
        if agrees:
            _refuse_view(fresh, View.AGREED, "", "")
            _say(fresh, party, by, View.AGREED)
        locks.check(fresh)
    return differs


def fill(assessment: PriorAssessment, typed: Mapping[str, Answer], *, by: Membership) -> int:
    """Save several cells of a diagnosis by their names in one act, as they were filled on paper together; how many changed.

    Cells that are not named stay as they are. Raises what `answer` raises, and then nothing is saved.
    """
    with _under_lock(assessment.pk, by):
        rows = with_parts(Impact.objects.filter(assessment=assessment.pk).select_related("assessment__project"))
        standing: dict[str, Impact] = {cell.slug: cell for cell in rows}
        held = PriorAssessment.objects.select_related("protocol").get(pk=assessment.pk)
        _refuse_held(held)
        changed = 0
        for slug, told in typed.items():
            fresh, cleaned = standing[slug], _cleaned(told)
            if _differs(fresh, cleaned):
                _refuse_typed(fresh, cleaned)
                _write(fresh, cleaned)
                changed += 1
        locks.check(held)
    return changed


def _refuse_unseen(fresh: Impact, seen: str | None) -> None:
    if seen is not None and seen != sign(fresh):
        raise Changed(fresh)


def _refuse_typed(fresh: Impact, typed: Answer) -> None:
    refused = list(_against(fresh, typed))
    if refused:
        raise Refusals([*refused])


def _cleaned(typed: Answer) -> Answer:
    """Without spaces around texts, and without a weight where nothing is weighed."""
    weighed = typed.effect in WEIGHED
    measures = [replace(one, measure=_clean(one.measure), remains=_clean(one.remains)) for one in typed.measures]
    return Answer(
        typed.effect,
        typed.severity if weighed else None,
        typed.likelihood if weighed else None,
        _clean(typed.why),
        measures,
    )


def _clean(texts: Mapping[str, str]) -> dict[str, str]:
    return {code: parity.one_line(text or "") for code, text in texts.items()}


def _differs(fresh: Impact, typed: Answer) -> bool:
    stands = said(fresh)
    wanted = {name: _plain(getattr(typed, name)) for name in WEIGHT}
    wanted |= {f"why_{code}": text for code, text in typed.why.items()}
    for one in (each for each in typed.measures if each.is_typed):
        if one.key is None or one.removed:
            return True
        wanted |= {f"{one.key}.{name}": text for name, text in _said_typed(one).items()}
    return any(stands.get(name) != text for name, text in wanted.items())


def _said_typed(one: Measure) -> dict[str, str]:
    texts = {parity.column("measure", code): text for code, text in one.measure.items()}
    texts |= {parity.column("remains", code): text for code, text in one.remains.items()}
    return {**texts, "responsible": _plain(one.responsible and one.responsible.pk), "due": _plain(one.due)}


def _against(fresh: Impact, typed: Answer) -> Iterator[AtField]:
    yield from _against_columns(typed)
    kept = {one.pk for one in fresh.mitigations.all()} - {one.key for one in typed.measures if one.removed}
    if typed.effect != Effect.NEGATIVE and (kept or any(one.is_typed and not one.removed for one in typed.measures)):
        yield AtField(
            _("A measure belongs to a negative effect. Take the measures away first, or leave the effect negative."),
            code="I5",
            field="effect",
        )
    for place, one in enumerate(typed.measures):
        if one.is_typed and not one.removed:
            yield from _against_measure(f"measures-{place}", one)


def _against_columns(typed: Answer) -> Iterator[AtField]:
    """What the cell's own columns could not hold."""
    if typed.effect in WEIGHED:
        yield from _against_weight(typed)
    yield from _against_texts(Impact, "", {"why": typed.why})


def _against_weight(typed: Answer) -> Iterator[AtField]:
    if typed.severity is None:
        yield AtField(_("Say how severe the effect is, from 1 to 4."), code="F1.2", field="severity")
    if typed.likelihood is None:
        yield AtField(_("Say how likely the effect is, from 1 to 4."), code="F1.2", field="likelihood")


def _against_measure(place: str, one: Measure) -> Iterator[AtField]:
    if not any(parity.has_text(text) for text in one.measure.values()):
        yield AtField(_("Say what the measure is, in one language at least."), code="I5", field=f"{place}-measure")
    if one.responsible is None:
        yield AtField(
            _("Every measure has an organisation that answers for it. Choose it."),
            code="I5",
            field=f"{place}-responsible",
        )
    yield from _against_texts(Mitigation, f"{place}-", {"measure": one.measure, "remains": one.remains})


def _against_texts(model: Any, prefix: str, fields: Mapping[str, Mapping[str, str]]) -> Iterator[AtField]:
    for name, texts in fields.items():
        for code, text in texts.items():
            column = parity.column(name, code)
            refusal = drafting.too_long(model, column, text) or text_checks.refusal(text, code)
            if refusal is not None:
                error = refusal.error_list[0]
                yield AtField(error.message, code=str(error.code), field=f"{prefix}{column}", params=error.params)


def _write(fresh: Impact, typed: Answer) -> None:
    for name in WEIGHT:
        setattr(fresh, name, getattr(typed, name))
    _set_texts(fresh, "why", typed.why)
    standing = {one.pk: one for one in fresh.mitigations.all()}
    for each in typed.measures:
        if each.removed and each.key in standing:
            standing[each.key].delete()
    fresh.save()
    for each in typed.measures:
        if each.is_typed and not each.removed:
            _write_measure(standing.get(each.key or 0) or Mitigation(impact=fresh), each)


def _write_measure(one: Mitigation, typed: Measure) -> None:
    one.responsible, one.due = typed.responsible, typed.due
    _set_texts(one, "measure", typed.measure)
    _set_texts(one, "remains", typed.remains)
    one.save()


def _set_texts(record: Any, name: str, texts: Mapping[str, str]) -> None:
    for code, text in texts.items():
        setattr(record, parity.column(name, code), text)


# Each commune's view --------------------------------------------------------------------------------------------------


def view(
    impact: Impact, word: str, *, by: Membership, comment: str = "", language: str = "", seen: str | None = None
) -> CellView:
    """Say how a commune stands to a cell as it is now: agreed, or disputed, in words. Silence is never consent [I2].

    Raises Changed where the cell changed since it was read, Locked under a decision, Refusal for a dispute without words.
    """
    with _under_lock(impact.assessment_id, by) as party:
        fresh = _fresh(impact)
        _refuse_held(fresh.assessment)
        _refuse_unseen(fresh, seen)
        _refuse_view(fresh, word, comment.strip(), language)
        row = _say(fresh, party, by, word, comment.strip(), language)
        locks.check(fresh)
    return row


def _say(fresh: Impact, party: Party, by: Membership, word: str, comment: str = "", language: str = "") -> CellView:
    row = CellView.objects.filter(impact=fresh, party=party).first() or CellView(impact=fresh, party=party)
    row.view, row.comment, row.comment_language = word, comment, language if comment else ""
    row.by, row.at = by, clock.now(fresh.assessment.protocol)
    row.save()
    return row


def _refuse_view(fresh: Impact, word: str, comment: str, language: str) -> None:
    if word not in View.values:
        raise AtField(_("Say whether your commune agrees with this cell or disputes it."), code="I2", field="view")
    if not fresh.is_answered:
        raise AtField(
            _("This cell has no answer yet. Answer it first; then each commune says how it stands to it."),
            code="I2",
            field="view",
        )
    if word == View.DISPUTED and not (parity.has_text(comment) and language in dict(settings.LANGUAGES)):
        raise AtField(_("Say in words what you dispute; the other commune reads it."), code="I2", field="comment")


# Following up ---------------------------------------------------------------------------------------------------------


def sign_of_follow_up(one: Mitigation) -> str:
    """A short sign of what stands about what became of a measure, drafts included."""
    columns = [parity.column("follow_up", code) for code in settings.REQUIRED_LANGUAGES]
    return sign_of("\n".join((_plain(one.done_on), *(drafting.text_of(one, column) for column in columns))))


def follow_up(
    mitigation: Mitigation,
    *,
    by: Membership,
    done_on: datetime.date | None = None,
    texts: Mapping[str, str] | None = None,
    seen: str | None = None,
) -> None:
    """Say when a measure was done and what became of it, in whatever languages are known; also once the diagnosis is decided.

    Raises Refusal for a day to come, and with code "version" where somebody wrote it since it was opened.
    """
    with _under_lock(mitigation.impact.assessment_id, by):
        fresh = Mitigation.objects.select_related("impact__assessment__protocol").get(pk=mitigation.pk)
        if seen is not None and seen != sign_of_follow_up(fresh):
            raise Refusal(
                _("Somebody wrote what became of this measure since you opened it. Read it, and save again."),
                code="version",
            )
        if done_on is not None and done_on > clock.today(fresh.impact.assessment.protocol):
            raise AtField(_("A measure is done on a day that has come."), code="done_on", field="done_on")
        fresh.done_on = done_on
        fresh.save(update_fields=["done_on"])
        written = {parity.column("follow_up", code): (text or "").strip() for code, text in (texts or {}).items()}
        drafting.write(fresh, written, by=by.user)
