"""The joint prior assessment, step by step: its 24 cells answered, each commune's view of them, measures followed up [I5].

How a version of it begins: projects/diagnosing.py.

Both communes fill one diagnosis. A cell is saved by itself, under the assessment's lock; the form says by a short sign what the
cell said when it was opened, so that nobody overwrites another unseen. Whoever changes a cell takes both communes' views back [I2].
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
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
    CellView,
    Effect,
    Impact,
    Mitigation,
    PriorAssessment,
    ProjectState,
    View,
)

ASSESSORS = frozenset({Role.COORDINATOR, Role.EDITOR})
"""Who fills a diagnosis for a commune, on either side alike."""
OVER = frozenset({ProjectState.CLOSED, ProjectState.CANCELLED, ProjectState.REPLACED})
WEIGHED = frozenset({Effect.POSITIVE, Effect.NEGATIVE})
WEIGHT = ("effect", "severity", "likelihood")
MEASURE = ("measure", "remains")


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
        typed = cleaned(typed)
        differs = _differs(fresh, typed)
        if differs:
            _refuse_unseen(fresh, seen)
            refuse_typed(fresh, typed)
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
            fresh, typed_here = standing[slug], cleaned(told)
            if _differs(fresh, typed_here):
                refuse_typed(fresh, typed_here)
                _write(fresh, typed_here)
                changed += 1
        locks.check(held)
    return changed


def _refuse_unseen(fresh: Impact, seen: str | None) -> None:
    if seen is not None and seen != sign(fresh):
        raise Changed(fresh)


def refuse_typed(fresh: Impact, typed: Answer) -> None:
    """Raises Refusals, each at its field, for everything that was typed into a cell and cannot stand."""
    refused = list(_against(fresh, typed))
    if refused:
        raise Refusals([*refused])


def cleaned(typed: Answer) -> Answer:
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
    yield from against_columns(typed)
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


def against_columns(typed: Answer) -> Iterator[AtField]:
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
    set_texts(fresh, "why", typed.why)
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
    set_texts(one, "measure", typed.measure)
    set_texts(one, "remains", typed.remains)
    one.save()


def set_texts(record: Any, name: str, texts: Mapping[str, str]) -> None:
    """Put a text, by language, into a record's columns; languages that are not named stay as they are."""
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
