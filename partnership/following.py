"""Which language a text was written in, and whether the others follow it [I10].

Every write of a text comes by here: of a column through the history, of a draft from partnership/drafting.py. The rules:

- the language that is written first is the source; of several written at once, the writer's own, else the first;
- a language that was missing or stale and is written follows the source again;
- whoever changes the source, or a language that was up to date, makes that language the source, and those not written with it stale;
- a translator's correction changes no source; "still right" makes a stale language current without retyping.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.utils import timezone

from partnership import languages, parity
from partnership.models.protocol import Protocol
from partnership.models.texts import TO_TRANSLATE, TextDraft, TextStanding, TextState
from partnership.models.versions import Recorded

_translation: ContextVar[bool] = ContextVar("translation", default=False)
_settled: ContextVar[bool] = ContextVar("settled", default=False)


@contextmanager
def as_translation() -> Iterator[None]:
    """What is written within follows the source, whichever language it is in; the source's own language changes it."""
    token = _translation.set(True)
    try:
        yield
    finally:
        _translation.reset(token)


@contextmanager
def settled() -> Iterator[None]:
    """What is written within was known before: drafts that move into their columns."""
    token = _settled.set(True)
    try:
        yield
    finally:
        _settled.reset(token)


def root_of(record: Any) -> Any:
    """The record with which a text comes before the public: the way of PUBLISHED_WITH, else of ROOT, as far as it leads."""
    way = getattr(record, "PUBLISHED_WITH", "") or getattr(record, "ROOT", "")
    holder = record
    for name in way.split("__") if way else ():
        following = getattr(holder, name)
        if following is None:
            return holder
        holder = following
    return holder


def protocol_of(root: models.Model) -> Protocol | None:
    """The protocol a root belongs to; none for what all protocols share."""
    return root if isinstance(root, Protocol) else getattr(root, "protocol", None)


@cache
def models_with_texts() -> tuple[type[Recorded], ...]:
    """Models with texts of which one language follows another."""
    return tuple(
        model
        for model in apps.get_models()
        if issubclass(model, Recorded) and model.TEXTS_FOLLOW and parity.translated_fields(model)
    )


@cache
def _ways_to(model: type[models.Model]) -> tuple[tuple[type[Recorded], dict[str, Any]], ...]:
    """Models whose texts may be published with a record of this one, each with the condition; `None` stands for the record."""
    found: list[tuple[type[Recorded], dict[str, Any]]] = []
    for part in models_with_texts():
        names = (part.PUBLISHED_WITH or part.ROOT).split("__")
        here: Any = part
        for place, name in enumerate(names if names != [""] else ()):
            here = here._meta.get_field(name).related_model
            if here is model:
                way, rest = "__".join(names[: place + 1]), names[place + 1 :]
                goes_on = {f"{way}__{rest[0]}__isnull": True} if rest else {}
                found.append((part, {way: None, **goes_on}))
    return tuple(found)


def records_under(root: models.Model) -> list[Any]:
    """The root and every part whose texts come before the public with it; one query for each kind of part."""
    found: list[Any] = [root]
    for model, condition in _ways_to(type(root)):
        of_root = {way: root.pk if value is None else value for way, value in condition.items()}
        near = [one.name for one in model._meta.fields if one.many_to_one and one.name != "protocol"]
        way = model.PUBLISHED_WITH or model.ROOT
        rows = model._base_manager.filter(**of_root).select_related(*near, way)
        found += rows.order_by(*model._meta.ordering or ("pk",))
    return found


Changed = Mapping[str, Mapping[str, str]]
"""Texts that were written: a field's name, and for each language written what it said before."""


def texts_changed(fields: Mapping[str, Any], model: type[Recorded]) -> Changed:
    """Of a record's changed columns, each with [from, to], the texts in required languages."""
    changed: dict[str, dict[str, str]] = {}
    if not model.TEXTS_FOLLOW:
        return changed
    for name in parity.translated_fields(model):
        for code in settings.REQUIRED_LANGUAGES:
            pair = fields.get(parity.column(name, code))
            if pair is not None:
                changed.setdefault(name, {})[code] = pair[0] or ""
    return changed


@dataclass
class _Text:
    """One field's three languages: how they stood, what they say now."""

    values: Mapping[str, str]
    states: dict[str, TextState] = field(default_factory=dict)

    @property
    def source(self) -> str | None:
        """The language it was written in; None before anything was."""
        found = (code for code, state in self.states.items() if state.standing == TextStanding.SOURCE)
        return next(found, None)

    def filled(self) -> list[str]:
        """The languages in which it says something."""
        return [code for code, value in self.values.items() if parity.has_text(value)]


def noted(record: Any, changed: Changed, *, by: int | None, new: bool) -> None:
    """Write down, for texts that were just written, which languages follow which. At most five queries; none without a text."""
    if not changed or _settled.get():
        return
    states: dict[str, dict[str, TextState]] = {}
    drafts: dict[str, str] = {}
    if not new:
        waiting = TextDraft.objects.of(record).filter(field__in=list(changed))
        drafts = {draft.column: draft.text for draft in waiting}
        states = _states(record, list(changed))
    _write(_settled_texts(record, changed, drafts, states, by))


def noted_together(written: Iterable[tuple[Any, Changed]], *, by: int | None) -> None:
    """The same for new records, each with the texts it was created with. One query, however many."""
    kept = [] if _settled.get() else [_settled_texts(record, changed, {}, {}, by) for record, changed in written]
    _write([state for states in kept for state in states])


def _settled_texts(
    record: Any,
    changed: Changed,
    drafts: Mapping[str, str],
    states: Mapping[str, dict[str, TextState]],
    by: int | None,
) -> list[TextState]:
    """The states of every field that was written; `drafts` say what waits beside the columns, `states` how the texts stood."""
    root = root_of(record)
    kept: list[TextState] = []
    for name, written in changed.items():
        columns = {code: parity.column(name, code) for code in settings.REQUIRED_LANGUAGES}
        values = {code: drafts.get(column, _said(record, name, code)) for code, column in columns.items()}
        kept += _settle(record, root, name, _Text(values, states.get(name, {})), written, by)
    return kept


def _said(record: models.Model, name: str, code: str) -> str:
    return getattr(record, parity.column(name, code)) or ""


def _states(record: models.Model, fields: list[str]) -> dict[str, dict[str, TextState]]:
    found: dict[str, dict[str, TextState]] = {}
    for state in TextState.objects.of(record).filter(field__in=fields):
        found.setdefault(state.field, {})[state.language] = state
    return found


def _settle(
    record: models.Model, root: models.Model, name: str, text: _Text, written: Mapping[str, str], by: int | None
) -> list[TextState]:
    """The states of one field after a write; rows of a text that says nothing any more are deleted."""
    filled, now = text.filled(), timezone.now()
    if not filled:
        TextState.objects.of(record).filter(field=name).delete()
        return []
    before = text.source
    source = _source_after(text, set(written) & set(filled), own=None if by is None else languages.current())
    moved = before is not None and before != source
    changed = before is None or source in written
    for code in settings.REQUIRED_LANGUAGES:
        state = text.states.setdefault(code, _row(record, root, name, code))
        new = _standing(state, code, source, is_filled=code in filled, written=code in written, changed=changed)
        if code in written:
            state.by_id, state.at = by, now
        if new == TextStanding.SOURCE:
            state.follows = ""
        elif new == TextStanding.CURRENT and code in written:
            state.follows = text.values[source]
        elif (
            moved and source in written
        ):  # what it followed was in another language: the difference is in the new source
            state.follows = written.get(source, "")
        _stand(state, new, now)
    return list(text.states.values())


def _source_after(text: _Text, written: Collection[str], *, own: str | None) -> str:
    """The source once these languages were written; `own` is the writer's, None where the platform wrote them."""
    before = text.source if text.source in text.filled() else None
    if before is not None and (before in written or _translation.get() or not written):
        return before
    if before is not None and all(
        text.states[code].standing in TO_TRANSLATE for code in written if code in text.states
    ):
        return before
    candidates = [code for code in settings.REQUIRED_LANGUAGES if code in (written or text.filled())]
    return own if own in candidates else candidates[0]


def _standing(
    state: TextState, code: str, source: str, *, is_filled: bool, written: bool, changed: bool
) -> TextStanding:
    if code == source:
        return TextStanding.SOURCE
    if not is_filled:
        return TextStanding.MISSING
    if written:
        return TextStanding.CURRENT
    if changed:
        return TextStanding.STALE
    return TextStanding(state.standing)


def _stand(state: TextState, standing: TextStanding, now: datetime.datetime) -> None:
    open_before = state.since is not None
    state.standing = standing
    if standing in TO_TRANSLATE:
        state.since = state.since if open_before else now
    else:
        state.since = None


def _row(record: models.Model, root: models.Model, name: str, code: str) -> TextState:
    return TextState(
        content_type=ContentType.objects.get_for_model(record),
        object_id=str(record.pk),
        root_type=ContentType.objects.get_for_model(root),
        root_id=str(root.pk),
        protocol=protocol_of(root),
        field=name,
        language=code,
        standing=TextStanding.CURRENT,
    )


def _write(rows: list[TextState]) -> None:
    """First those that are no source, so that a field never has two."""
    columns = ["standing", "follows", "by", "at", "since"]
    for source in (False, True):
        known = [row for row in rows if not row._state.adding and (row.standing == TextStanding.SOURCE) is source]
        if known:
            TextState.objects.bulk_update(known, columns)
    new = [row for row in rows if row._state.adding]
    if new:
        TextState.objects.bulk_create(new)


def forget(record: models.Model) -> None:
    """A record goes, and with it what was known of its texts."""
    TextState.objects.of(record).delete()
    TextDraft.objects.of(record).delete()


@transaction.atomic
def still_right(record: models.Model, name: str, language: str, *, by: int | None) -> bool:
    """Say that a stale language is right beside the present source as it is. False where it was not stale."""
    state = TextState.objects.select_for_update().of(record).filter(field=name, language=language).first()
    if state is None or state.standing != TextStanding.STALE:
        return False
    state.follows = _source_text(record, name)
    state.by_id, state.at = by, timezone.now()
    _stand(state, TextStanding.CURRENT, timezone.now())
    state.save()
    return True


def _source_text(record: models.Model, name: str) -> str:
    """What a text says in the language it was written in, as staff read it."""
    source = TextState.objects.of(record).get(field=name, standing=TextStanding.SOURCE)
    draft = TextDraft.objects.of(record).filter(field=name, language=source.language).first()
    if draft is not None:
        return draft.text
    return _said(type(record)._base_manager.get(pk=record.pk), name, source.language)
