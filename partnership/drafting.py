"""Where a text is written: into its column while the public does not read it, else into a draft beside it [I10].

The translated columns of a published record hold what the public reads; staff read them with the drafts laid over them.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from partnership import editing, following, history, locks, parity
from partnership.models import Publishable, Recorded, TextDraft, TextState, User
from partnership.refusals import Refusal

DRAFTS = "_drafts"
"""Where a record keeps its drafts once they were read: {column: text}."""


def is_public(record: Any) -> bool:
    """Whether the public reads the record's texts now: a published root, or a part of one whose own texts are complete.

    What nobody publishes (an organisation, an objective, an indicator of the partnership) is public once complete.
    """
    return may_be_public(record) and (isinstance(record, Publishable) or not parity.missing(record))


def may_be_public(record: Any) -> bool:
    """Whether nothing but the record's own texts can keep it from the public; of a root that is published, whether it is."""
    if isinstance(record, Publishable):
        return record.is_published
    if record.pk is None or not (isinstance(record, Recorded) and hasattr(record, "PUBLIC_FIELDS")):
        return False
    root = following.root_of(record)
    return root.is_published if isinstance(root, Publishable) else root == record or not parity.missing(root)


def would_be_public(record: Any, texts: Mapping[str, str]) -> bool:
    """Whether the public would read a part for the first time, were these texts, by column, in its columns with those that wait."""
    if isinstance(record, Publishable) or not may_be_public(record):
        return False
    seen = copy.copy(record)
    for column, text in {**of(record), **texts}.items():
        setattr(seen, column, text)
    return not parity.missing(seen)


def of(record: models.Model) -> Mapping[str, str]:
    """The record's waiting texts by column; one query, or none where `lay_over` read them."""
    known: dict[str, str] | None = record.__dict__.get(DRAFTS)
    if known is None:
        lay_over([record])
        known = record.__dict__[DRAFTS]
    return known


def lay_over(records: Iterable[models.Model]) -> None:
    """Read the drafts of records of whatever models, in one query, for `of` and `text_of`."""
    rows = [(ContentType.objects.get_for_model(record).pk, str(record.pk), record) for record in records if record.pk]
    kinds, keys = {kind for kind, _key, _record in rows}, {key for _kind, key, _record in rows}
    found: dict[tuple[int, str], dict[str, str]] = {}
    for draft in TextDraft.objects.filter(content_type__in=kinds, object_id__in=keys) if rows else ():
        found.setdefault((draft.content_type_id, draft.object_id), {})[draft.column] = draft.text
    for kind, key, record in rows:
        record.__dict__[DRAFTS] = found.get((kind, key), {})


def text_of(record: models.Model, column: str) -> str:
    """What staff read in a column: its draft, else what stands."""
    waiting = of(record).get(column)
    return (getattr(record, column) or "") if waiting is None else waiting


def pending(root: models.Model) -> bool:
    """Whether texts of the root or of its parts wait for their other languages."""
    return TextDraft.objects.under(root).exists()


@transaction.atomic
def write(record: Recorded, texts: Mapping[str, str], *, by: User | None, version: int | None = None) -> None:
    """Write texts, by column, where they belong; all of them or none. What already stands so changes nothing.

    `version` is the root's when the texts were read; None does not ask. Raises Refusal with code "version" where somebody wrote
    the record since, Locked where a decision holds a text fast [I4], ValidationError by column where one is too long.
    """
    with history.acting(by), history.one_version():
        now = editing.lock(history.root_of(record))
        if version is not None and version != now:
            raise Refusal(_("Somebody changed this record since you opened it."), code="version")
        fresh: Any = type(record)._base_manager.get(pk=record.pk)
        changed = {column: text for column, text in texts.items() if text_of(fresh, column) != text}
        _check(fresh, changed)
        if is_public(fresh) or would_be_public(fresh, changed):
            keep(fresh, changed)
        elif changed:
            for column, text in changed.items():
                setattr(fresh, column, text)
            if isinstance(fresh, Publishable):
                fresh.settle_readiness()
            fresh.save()
        locks.check(fresh)
    record.__dict__.pop(DRAFTS, None)
    record.refresh_from_db()


def _check(record: Any, texts: Mapping[str, str]) -> None:
    """Raises ValidationError for texts the columns cannot hold."""
    errors = {column: refusal for column, text in texts.items() if (refusal := too_long(record, column, text))}
    if errors:
        raise ValidationError(errors)


def too_long(record: models.Model, column: str, text: str) -> Refusal | None:
    """The rule that a text breaks which its column cannot hold; None where it fits."""
    limit = getattr(record._meta.get_field(column), "max_length", None)
    if limit is None or len(text) <= limit:
        return None
    return Refusal(
        _("This text has %(length)s characters; %(limit)s is the most that fits."),
        code="max_length",
        params={"length": len(text), "limit": limit},
    )


def keep(record: Any, texts: Mapping[str, str]) -> None:
    """Let texts of a public record wait, by column, under its root's lock; a text that says what stands waits no longer.

    Raises Locked where a decision holds one fast [I4].
    """
    changed = {column: text for column, text in texts.items() if text_of(record, column) != text}
    if not changed:
        return
    _refuse_locked(record, changed)
    root = following.root_of(record)
    fields = {column: [text_of(record, column) or None, text or None] for column, text in changed.items()}
    for column, text in changed.items():
        _keep_one(record, root, column, text)
    record.__dict__[DRAFTS] = {**of(record), **changed}
    history.drafted(record, fields)
    _show_complete(record)


@transaction.atomic
def still_right(record: Any, name: str, language: str, *, by: User | None) -> bool:
    """Say that a stale language is right beside the present source as it is. False where it was not stale."""
    with history.acting(by), history.one_version():
        editing.lock(history.root_of(record))
        confirmed = following.still_right(record, name, language, by=by.pk if by is not None else None)
        if confirmed:
            _show_complete(type(record)._base_manager.get(pk=record.pk))
    record.__dict__.pop(DRAFTS, None)
    return confirmed


def _show_complete(record: Any) -> None:
    """What nobody publishes, and a part that comes before the public for the first time, shows by itself once its languages
    stand and follow each other."""
    if is_public(record) and isinstance(following.root_of(record), Publishable):
        return
    ready, refusals = complete_sets(record, list(TextDraft.objects.of(record).order_by("field")))
    if ready and (is_public(record) or not refusals):
        move(record, ready)


def _refuse_locked(record: Any, columns: Iterable[str]) -> None:
    """A text that a decision holds fast is not drafted either: it could never come before the public [I4]."""
    held = {name: lock.decision for lock in locks.on(record) for name in lock.fields}
    for column in columns:
        decision = held.get(column.rpartition("_")[0])
        if decision is not None:
            raise locks.Locked(decision)


def _keep_one(record: Any, root: Any, column: str, text: str) -> None:
    name, _underscore, language = column.rpartition("_")
    here = TextDraft.objects.of(record).filter(field=name, language=language)
    if (getattr(record, column) or "") == text:
        here.delete()
        return
    TextDraft.objects.update_or_create(
        content_type=ContentType.objects.get_for_model(record),
        object_id=str(record.pk),
        field=name,
        language=language,
        defaults={
            "root_type": ContentType.objects.get_for_model(root),
            "root_id": str(root.pk),
            "protocol": following.protocol_of(root),
            "text": text,
            "source_version": root.version,
            "by_id": history.actor(),
            "at": timezone.now(),
        },
    )


# Before the public ----------------------------------------------------------------------------------------------------


def complete_sets(record: Any, drafts: Sequence[TextDraft]) -> tuple[list[TextDraft], list[Refusal]]:
    """Of a record's drafts, in the order of their fields: those whose text stands in three languages that follow each other,
    and why the others do not come before the public yet."""
    stale = list(TextState.objects.of(record).stale().select_related("content_type"))
    if stale and not is_public(record):
        return [], [still_follows(state) for state in stale]
    ready: list[TextDraft] = []
    refusals: list[Refusal] = []
    for name, group in groupby(drafts, key=lambda draft: draft.field):
        of_field = list(group)
        refused = _against(record, name, of_field, stale)
        refusals += refused
        ready += [] if refused else of_field
    return ready, refusals


def _against(record: Any, name: str, drafts: Iterable[TextDraft], stale: Iterable[TextState]) -> list[Refusal]:
    seen = copy.copy(record)
    for draft in drafts:
        setattr(seen, draft.column, draft.text)
    gaps = [parity.gap_refusal(gap) for gap in parity.missing(seen, [name])]
    return [*gaps, *(still_follows(state) for state in stale if state.field == name)]


def still_follows(state: TextState) -> Refusal:
    """The rule that a stale language breaks, naming the text and the language."""
    model: Any = state.content_type.model_class()
    return Refusal(
        _(
            "“%(field)s” in %(language)s follows an earlier source. Translate what changed, or say that it is still right."
        ),
        code="I10",
        params={
            "field": model._meta.get_field(state.field).verbose_name,
            "language": parity.LANGUAGE_NAMES[state.language],
        },
    )


def waiting(root: models.Model) -> list[tuple[Any, list[TextDraft]]]:
    """The drafts under a root by the record they belong to, each freshly read and its drafts by field."""
    rows = TextDraft.objects.under(root).select_related("content_type").order_by("content_type", "object_id", "field")
    found: list[tuple[Any, list[TextDraft]]] = []
    for (kind, key), group in groupby(rows, key=lambda draft: (draft.content_type, draft.object_id)):
        model: Any = kind.model_class()
        found.append((model._base_manager.get(pk=key), list(group)))
    return found


def move(record: Any, drafts: Sequence[TextDraft]) -> None:
    """Put drafts of a record into its columns."""
    fresh = type(record)._base_manager.get(pk=record.pk)
    for draft in drafts:
        setattr(fresh, draft.column, draft.text)
    with following.settled():
        fresh.save()
    TextDraft.objects.filter(pk__in=[draft.pk for draft in drafts]).delete()
    record.__dict__.pop(DRAFTS, None)
