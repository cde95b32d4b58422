"""Publishing in three languages together, or not at all [I10]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from partnership import clock, drafting, history, locks
from partnership.models import Publishable, PublishingState, TextState, User
from partnership.refusals import Refusal, Refusals


@dataclass
class Published:
    """What came before the public: how many texts changed in all three languages, and which ones still wait, each with the rule."""

    texts: int = 0
    waiting: list[Refusal] = field(default_factory=list)


@transaction.atomic
def publish(record: Publishable, *, by: User | None) -> Published:
    """Put the record before the public in every required language at one time stamp, or its later texts that are complete.

    A record that is not public yet needs all its texts. For one that is, each text whose three languages stand and follow
    each other moves; the public keeps the old version of the others in all three. Raises Refusals naming every missing or stale
    text and unmet rule where nothing could move; then nothing has changed. `by` is None for the demonstration's own loader.
    """
    locked = _locked(record)
    with history.one_version():
        answer = _publish_changes(locked, by) if locked.is_published else _publish_first(locked, by)
    record.__dict__.pop(drafting.DRAFTS, None)
    record.refresh_from_db()
    return answer


@transaction.atomic
def declare_ready(record: Publishable, *, by: User | None) -> None:
    """Say that the record may be published: its texts are complete and no rule stands against it. Raises Refusals."""
    locked = _locked(record)
    if locked.publishing_state in {PublishingState.PUBLISHED, PublishingState.READY}:
        return
    _refuse(locked)
    locked.publishing_state = PublishingState.READY
    locked.state_changed_by = by
    locked.save(update_fields=["publishing_state", "state_changed_by"])
    record.refresh_from_db()


@transaction.atomic
def withdraw(record: Publishable, *, by: User | None) -> None:
    """Take the record away from the public; the moment stays known, so that its address can say "withdrawn on".

    Texts that waited move into the columns, which are the working copy again.
    """
    locked = _locked(record)
    if locked.is_published:
        locked.publishing_state = PublishingState.WITHDRAWN
        locked.withdrawn_at = timezone.now()
        locked.state_changed_by = by
        locked.save(update_fields=["publishing_state", "withdrawn_at", "state_changed_by"])
        for holder, drafts in drafting.waiting(locked):
            drafting.move(holder, drafts)
    record.__dict__.pop(drafting.DRAFTS, None)
    record.refresh_from_db()


def _locked(record: Publishable) -> Any:
    return type(record)._base_manager.select_for_update().get(pk=record.pk)


def _publish_first(record: Any, by: User | None) -> Published:
    _refuse(record)
    record.publishing_state = PublishingState.PUBLISHED
    record.published_at = record.revised_at = clock.now(record.protocol)
    record.withdrawn_at = None
    record.state_changed_by = by
    record.save(update_fields=["publishing_state", "published_at", "revised_at", "withdrawn_at", "state_changed_by"])
    return Published()


def _refuse(record: Publishable) -> None:
    refusals = [*record.publication_refusals(), *(drafting.still_follows(state) for state in _stale(record))]
    if refusals:
        raise Refusals(refusals)


def outlook(record: Publishable) -> Published:
    """What `publish` would do with the texts that wait now, without doing it."""
    return _of_the_waiting(record, move=False)


def _of_the_waiting(record: Publishable, *, move: bool) -> Published:
    answer = Published()
    for holder, drafts in drafting.waiting(record):
        ready, refusals = drafting.complete_sets(holder, drafts)
        answer.texts += len({draft.field for draft in ready})
        answer.waiting += refusals
        if ready and move:
            drafting.move(holder, ready)
    return answer


def _publish_changes(record: Any, by: User | None) -> Published:
    answer = _of_the_waiting(record, move=True)
    if not answer.texts and answer.waiting:
        raise Refusals(answer.waiting)
    if answer.texts:
        locks.check(record)
        record.refresh_from_db()
        record.revised_at = clock.now(record.protocol)
        record.state_changed_by = by
        record.save(update_fields=["revised_at", "state_changed_by"])
    return answer


def _stale(record: Publishable) -> Sequence[TextState]:
    """Texts of a record and its parts that follow an earlier source."""
    return list(TextState.objects.under(record).stale().select_related("content_type").order_by("pk"))
