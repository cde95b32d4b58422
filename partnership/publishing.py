"""Publishing in three languages together, or not at all [I10]."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from partnership import clock
from partnership.models import Publishable, PublishingState, User


@transaction.atomic
def publish(record: Publishable, *, by: User | None) -> None:
    """Put the record before the public in every required language at one time stamp.

    Raises ValidationError naming every missing text and unmet rule; then nothing has changed.
    `by` is None for the demonstration's own loader.
    """
    locked = type(record)._base_manager.select_for_update().get(pk=record.pk)
    refusals = locked.publication_refusals()
    if refusals:
        raise ValidationError([*refusals])
    locked.publishing_state = PublishingState.PUBLISHED
    locked.published_at = clock.now(locked.protocol)  # type: ignore[attr-defined]  # every root belongs to a protocol
    locked.withdrawn_at = None
    locked.state_changed_by = by
    locked.save(update_fields=["publishing_state", "published_at", "withdrawn_at", "state_changed_by"])
    record.refresh_from_db()


@transaction.atomic
def withdraw(record: Publishable, *, by: User | None) -> None:
    """Take the record away from the public; the moment stays known, so that its address can say "withdrawn on"."""
    locked = type(record)._base_manager.select_for_update().get(pk=record.pk)
    if locked.is_published:
        locked.publishing_state = PublishingState.WITHDRAWN
        locked.withdrawn_at = timezone.now()
        locked.state_changed_by = by
        locked.save(update_fields=["publishing_state", "withdrawn_at", "state_changed_by"])
    record.refresh_from_db()
