"""Publishing many records in steps, each record in its own transaction: what is published stays so, whatever comes after [I10]."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from django.core import signing
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext

from partnership import publishing
from partnership.models import User
from partnership.refusals import reason

MANY = 20
"""More records than these are published in steps of as many."""
TOLD = 100
"""So many records that were refused are told about in full."""
KEPT_FOR = 24 * 60 * 60
_SALT = "partnership.publishing_many"


@dataclass(frozen=True)
class Told:
    """A record that a rule refused, or whose later texts partly wait, with every reason."""

    key: str
    name: str
    reasons: list[str]


@dataclass(frozen=True)
class Work:
    """What is still to be published, and how it went so far. It goes to the browser and comes back, signed; only keys are kept."""

    label: str
    by: int
    left: list[str]
    total: int
    published: int = 0
    refused: int = 0
    told: list[Told] = field(default_factory=list)

    @property
    def done(self) -> int:
        """How many records had their turn."""
        return self.total - len(self.left)

    @property
    def is_over(self) -> bool:
        """Whether every record had its turn."""
        return not self.left

    @property
    def untold(self) -> int:
        """How many more were refused than are told about."""
        return max(0, self.refused - sum(bool(one.reasons) for one in self.told))


def begun(model: type[models.Model], keys: Sequence[Any], *, by: User) -> Work:
    """Work that begins."""
    return Work(model._meta.label_lower, by.pk, [str(key) for key in keys], len(keys))


def written(work: Work) -> str:
    """The work as a form carries it."""
    return signing.dumps(asdict(work), salt=_SALT, compress=True)


def read(form: str, *, by: User) -> Work | None:
    """The work that a form of this person carries; None for any other."""
    try:
        found = signing.loads(form, salt=_SALT, max_age=KEPT_FOR)
    except signing.BadSignature:
        return None
    work = Work(**{**found, "told": [Told(**one) for one in found["told"]]})
    return work if work.by == by.pk else None


def step(work: Work, rows: models.QuerySet[Any], *, by: User, may: Callable[[Any], bool]) -> Work:
    """Publish the next records among `rows`, each by itself; `may` is asked of each again. The same step twice changes nothing."""
    now, left = work.left[:MANY], work.left[MANY:]
    found = {str(record.pk): record for record in rows.filter(pk__in=now)}
    published, refused, told = work.published, work.refused, list(work.told)
    for key in now:
        record = found.get(key)
        reasons, is_published = _try(record, by, may)
        published += is_published
        refused += not is_published
        if reasons and len(told) < TOLD:
            told.append(Told(key, str(record) if record is not None else f"#{key}", reasons))
    return replace(work, left=left, published=published, refused=refused, told=told)


def _try(record: Any, by: User, may: Callable[[Any], bool]) -> tuple[list[str], bool]:
    """Why a record was not published, or which of its texts wait; and whether it is public."""
    if record is None:
        return [gettext("This record is not here any more.")], False
    if not may(record):
        return [gettext("Your mandate does not let you publish this record.")], False
    try:
        answer = publishing.publish(record, by=by)
    except ValidationError as refusal:
        return [reason(error) for error in refusal.error_list], False
    return [reason(error) for error in answer.waiting], True
