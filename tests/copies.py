"""Rows by the dozen for tests of what a page costs: copies of a record that was made properly, written all at once.

    copied(project, 29, code=lambda number: f"P-{number}")

Each has what hangs on the record as well: its parts, the rows of its relations to many, what is known of its texts. Only a history
of its own it has not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models

from partnership.models import TextState

Own = Callable[[int], Any]
"""What a copy has of its own, by its number."""


def copied(record: Any, count: int, **own: Own) -> list[Any]:
    """So many copies of a record, with columns of their own and with copies of what hangs on it."""
    made = written([record] * count, own)
    if made:
        with_parts([record] * count, made)
        with_texts(record, made)
    return made


def written(originals: Sequence[Any], own: dict[str, Own]) -> list[Any]:
    """A copy of each, saved."""
    if not originals:
        return []
    copies = []
    for number, original in enumerate(originals):
        copy = type(original)()
        for field in original._meta.concrete_fields:
            if not field.primary_key and not field.generated:
                copy.__dict__[field.attname] = original.__dict__[field.attname]
        for name, of in own.items():
            setattr(copy, name, of(number))
        copies.append(copy)
    model: Any = type(originals[0])
    return list(model._base_manager.bulk_create(copies))


def with_parts(originals: Sequence[Any], copies: Sequence[Any]) -> None:
    """Copies of what hangs on the originals, and of what hangs on that, hung on the copies."""
    for model, link in hanging_on(type(originals[0])):
        parts = {each: list(model._base_manager.filter(**{link: each})) for each in {one.pk for one in originals}}
        pairs = [(part, copy) for original, copy in zip(originals, copies, strict=True) for part in parts[original.pk]]
        if pairs:
            made = written([part for part, _copy in pairs], {link: lambda number, pairs=pairs: pairs[number][1]})
            with_parts([part for part, _copy in pairs], made)


def hanging_on(model: type[models.Model]) -> Iterator[tuple[type[models.Model], str]]:
    """Models whose rows go with a row of this one, relations to many among them, and the name of their link to it."""
    for relation in model._meta.get_fields(include_hidden=True):
        if relation.one_to_many and relation.auto_created and relation.on_delete is models.CASCADE:
            yield relation.related_model, relation.field.name


def with_texts(record: Any, copies: Sequence[Any]) -> None:
    """What is known of the record's texts, of the copies as well."""
    kind = ContentType.objects.get_for_model(record)
    states = list(TextState.objects.filter(root_type=kind, root_id=str(record.pk), content_type=kind))
    keys = [str(copy.pk) for copy in copies for _state in states]
    if states:
        own = {name: lambda number: keys[number] for name in ("object_id", "root_id")}
        written(states * len(copies), own)
