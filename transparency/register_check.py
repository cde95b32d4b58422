"""The public check of a protocol's register: a short chain at every visit, a long one every few minutes, with the time it was made."""

from __future__ import annotations

import datetime
import logging
from dataclasses import dataclass

from django.core.cache import cache
from django.utils import timezone

from partnership import register
from partnership.models import Protocol, RegisterHead
from partnership.register import Verification

log = logging.getLogger(__name__)

SHORT = 200
"""Up to how many entries a chain is verified at every visit; that takes some milliseconds."""
HOLDS_FOR = datetime.timedelta(minutes=5)
KEPT_FOR = datetime.timedelta(days=1)
ONE_AT_A_TIME = datetime.timedelta(minutes=1)


@dataclass(frozen=True)
class Check:
    """What was found, when, and how many entries there were to verify."""

    verification: Verification
    total: int
    at: datetime.datetime


def latest(protocol: Protocol) -> Check:
    """The check of the chain as it ends now: made at this moment, or of a long chain at most a few minutes ago."""
    head = register.head_of(protocol)
    return _check(protocol, head) if head.sequence <= SHORT else _remembered(protocol, head)


def _remembered(protocol: Protocol, head: RegisterHead) -> Check:
    """The last check of this very head. Once it is old, the first who asks makes it anew while others still get the old one."""
    key = f"register-check:{protocol.pk}:{head.sequence}:{head.hash}"
    known: Check | None = cache.get(key)
    fresh = known is not None and timezone.now() - known.at < HOLDS_FOR
    if known is not None and (fresh or not cache.add(f"{key}:running", True, ONE_AT_A_TIME.total_seconds())):
        return known
    made = _check(protocol, head)
    cache.set(key, made, KEPT_FOR.total_seconds())
    return made


def _check(protocol: Protocol, head: RegisterHead) -> Check:
    at = timezone.now()
    found = register.verify(protocol)
    if not found.intact:
        log.error("the register of %s is broken at entry %s", protocol.code, found.broken_at)
    return Check(found, max(head.sequence, found.count, found.broken_at or 0), at)
