"""Exactly what an open or adopted decision contains is locked, and nothing else [I4]."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.translation import gettext_lazy as _

from partnership import decisions
from partnership.decisions import Kind
from partnership.models import Decision
from partnership.refusals import Refusal


@dataclass(frozen=True)
class Lock:
    """Fields of a record that a decision holds fast."""

    decision: Decision
    kind: Kind
    fields: tuple[str, ...]


class Locked(Refusal):
    """A change that would make a record say something else than a decision that was opened or adopted."""

    def __init__(self, decision: Decision) -> None:
        message = (
            _(
                "Decision %(number)s is open on this text. Withdraw it first: that voids what was signed, and the other commune is told."
            )
            if decision.is_open
            else _(
                "Decision %(number)s, adopted by both communes, contains this text. Only a decision that corrects or amends it changes it."
            )
        )
        super().__init__(message, code="I4", params={"number": decision.number})
        self.decision = decision


def subjects_holding(record: models.Model) -> Iterator[tuple[Kind, models.Model]]:
    """Every record that a decision can be about whose content may hold this one, itself too."""
    for kind in decisions.all_kinds():
        if kind.model == record._meta.label_lower:
            yield kind, record
        way = kind.holding.get(record._meta.label_lower)
        if way is not None:
            for subject in way(record):
                yield kind, subject


def check(record: models.Model) -> None:
    """Refuse what was just written to a record, or to its parts, where it changed what a decision contains.

    Call it in the transaction of the write, after it. The subjects' roots are locked first, so that no decision is opened
    on them meanwhile. Raises Locked, which must undo the write.
    """
    found = list(subjects_holding(record))
    for root in in_order(kind.root(subject) for kind, subject in found):
        decisions.lock(root)
    for decision in _binding(subject for _kind, subject in found):
        kind = decisions.kind(decision.kind)
        subject = decisions.subject_of(decision)
        if decisions.content_now(kind, subject, decision.data["terms"]) != decision.binding:
            raise Locked(decision)


def take(*keys: int, also: Iterable[models.Model] = ()) -> list[Decision]:
    """These decisions, locked with all that bind the same roots, then the roots: the one order every act on decisions uses.

    An adoption or annulment moves what other decisions on its root bind, so those are locked with it. `also` are further
    roots. Returns the decisions asked for, freshly read, by key.
    """
    roots = in_order([*also, *(_root_of(decision) for decision in Decision.objects.filter(pk__in=keys))])
    wanted = Decision.objects.filter(pk__in=keys) | Decision.objects.binding().on(*roots)
    rows = Decision.objects.select_for_update(of=("self",)).select_related("protocol")
    locked = list(rows.filter(pk__in=wanted.order_by().values("pk")).order_by("pk"))
    for root in roots:
        decisions.lock(root)
    return [decision for decision in locked if decision.pk in keys]


def _root_of(decision: Decision) -> models.Model:
    return decisions.kind(decision.kind).root(decisions.subject_of(decision))


def in_order(roots: Iterable[models.Model]) -> list[models.Model]:
    """Each once, always in the same order, so that two writers never wait for each other in a circle."""
    unique = {(root._meta.label_lower, str(root.pk)): root for root in roots}
    return [unique[key] for key in sorted(unique)]


def _binding(subjects: Iterable[models.Model]) -> list[Decision]:
    rows = list({(subject._meta.label_lower, subject.pk): subject for subject in subjects}.values())
    return list(Decision.objects.binding().on(*rows).order_by("pk")) if rows else []


def on(record: models.Model) -> list[Lock]:
    """The fields of a record that decisions hold fast now, for its form to show, with the decision that does."""
    return on_each([record])[0]


def on_each(records: Sequence[models.Model]) -> list[list[Lock]]:
    """The same for several records, in their order; one query for the decisions of all."""
    subjects = [_lockers(record) for record in records]
    every = {key: subject for found in subjects for key, subject in found.items()}
    binding = Decision.objects.binding().defer("statement").on(*every.values()).order_by("pk") if every else []
    decided = list(binding)
    return [_locks(record, found, decided) for record, found in zip(records, subjects, strict=True)]


def _lockers(record: models.Model) -> dict[tuple[int, str], models.Model]:
    """The subjects whose decisions may lock a record, by content type and key."""
    return {
        (ContentType.objects.get_for_model(subject).pk, str(subject.pk)): subject
        for kind, subject in subjects_holding(record)
        if record._meta.label_lower in kind.locks
    }


def _locks(record: models.Model, subjects: Container[tuple[int, str]], decided: Iterable[Decision]) -> list[Lock]:
    label = record._meta.label_lower
    held = (decision for decision in decided if (decision.content_type_id, decision.object_id) in subjects)
    return [
        Lock(decision, kind, tuple(kind.locks[label]))
        for decision in held
        if label in (kind := decisions.kind(decision.kind)).locks and says(kind, decision, record)
    ]


def says(kind: Kind, decision: Decision, record: models.Model) -> bool:
    """Whether the record is the subject, or a part that the content names by its code or number; one with neither always is."""
    named = getattr(record, "code", None) or getattr(record, "number", None)
    return kind.model == record._meta.label_lower or named is None or str(named) in _values(decision.binding)


@lru_cache(maxsize=64)
def _values(content: str) -> frozenset[str]:
    """Everything a content says, piece by piece; kept, since a list of clauses asks the same one for each."""
    return frozenset(_pieces(json.loads(content)))


def _pieces(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _pieces(item)
    elif isinstance(value, str):
        yield value
