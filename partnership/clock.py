"""What time it is for an act. The demonstration alone may set it, for its own protocol, to the dates of its story."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.utils import timezone

from partnership.models import Protocol

_story: ContextVar[datetime.datetime | None] = ContextVar("story", default=None)


def now(protocol: Protocol) -> datetime.datetime:
    """The present moment; in a demonstration that is being told, the moment of its story."""
    told = _story.get()
    return told if told is not None and protocol.is_demonstration else timezone.now()


def today(protocol: Protocol) -> datetime.date:
    """The date of `now` in the current time zone."""
    return timezone.localdate(now(protocol))


@contextmanager
def set_to(moment: datetime.datetime) -> Iterator[None]:
    """Tell what follows as of a moment; real protocols are not moved by it."""
    token = _story.set(moment)
    try:
        yield
    finally:
        _story.reset(token)


def tells_a_story(protocol: Protocol) -> bool:
    """Whether what happens in this protocol now is a demonstration's past being told, of which nobody is mailed today."""
    return protocol.is_demonstration and _story.get() is not None
