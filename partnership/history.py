"""The history of what people write [I14]: who, when, from what to what, for every model that is Recorded.

It listens to Django's own signals of saving, deleting and linking (why: docs/adr/0006-our-own-history.md). What goes round them,
`update()` and `bulk_*`, is allowed in named places only; a test reads the code for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import F, Subquery
from django.db.models.signals import m2m_changed, post_save, pre_delete, pre_save
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from partnership import canonical, field_values, following
from partnership.field_values import Fields
from partnership.models.history import Change, ChangeKind
from partnership.models.people import User
from partnership.models.versions import Recorded, one_version, take_turn

__all__ = [
    "ActingMiddleware",
    "Root",
    "acting",
    "actor",
    "connect",
    "create_together",
    "drafted",
    "one_version",
    "recorded_models",
    "root_of",
]

_acting: ContextVar[User | HttpRequest | None] = ContextVar("acting", default=None)


@dataclass(frozen=True)
class Root:
    """The record under which changes are read together, by its model and key."""

    model: type[models.Model]
    key: Any

    @property
    def rows(self) -> models.QuerySet[Any]:
        """The root's one row."""
        return self.model._base_manager.filter(pk=self.key)


# Who acts -------------------------------------------------------------------------------------------------------------


@contextmanager
def acting(user: User | None) -> Iterator[None]:
    """Write what follows in somebody's name: for tasks and commands. None: in nobody's."""
    token = _acting.set(user)
    try:
        yield
    finally:
        _acting.reset(token)


class ActingMiddleware:
    """Writes what a request changes in the name of whoever is signed in. The person is looked up only if something changes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _acting.set(request)
        try:
            return self.get_response(request)
        finally:
            _acting.reset(token)


def actor() -> int | None:
    """The key of whoever acts; None where it is the platform."""
    source = _acting.get()
    person = getattr(source, "user", None) if isinstance(source, HttpRequest) else source
    return person.pk if isinstance(person, User) else None


# What is recorded -----------------------------------------------------------------------------------------------------


def recorded_models() -> list[type[Recorded]]:
    """Every model whose changes are kept."""
    return [model for model in apps.get_models() if issubclass(model, Recorded)]


def connect() -> None:
    """Listen to every recorded model; called once, when all apps are ready."""
    for model in recorded_models():
        label = model._meta.label
        pre_save.connect(_saving, sender=model, dispatch_uid=f"history {label}")
        post_save.connect(_saved, sender=model, dispatch_uid=f"history {label}")
        pre_delete.connect(_deleting, sender=model, dispatch_uid=f"history {label}")
        for relation in model._meta.local_many_to_many:
            through = relation.remote_field.through
            m2m_changed.connect(_linked, sender=through, dispatch_uid=f"history {label}.{relation.name}")


def root_of(record: Recorded) -> Root:
    """The root a record hangs under; itself if it is one."""
    if not record.ROOT:
        return Root(type(record), record.pk)
    *way, last = record.ROOT.split("__")
    holder: models.Model = record
    for name in way:
        holder = getattr(holder, name)
    relation: Any = holder._meta.get_field(last)
    return Root(relation.related_model, getattr(holder, relation.attname))


def _root_left(record: Recorded, fields: Fields) -> Root | None:
    """The root from which a part was just moved away."""
    first, _, rest = record.ROOT.partition("__")
    former = (fields.get(first) or [None])[0] if first else None
    if former is None:
        return None
    relation: Any = record._meta.get_field(first)
    if not rest:
        return Root(relation.related_model, former)
    return root_of(relation.related_model._base_manager.get(pk=former))


# What Django says -----------------------------------------------------------------------------------------------------


def _saving(instance: Recorded, raw: bool, update_fields: Collection[str] | None, **_kwargs: Any) -> None:
    if not raw:
        instance.recall(update_fields)


def _saved(instance: Recorded, created: bool, raw: bool, update_fields: Collection[str] | None, **_kwargs: Any) -> None:
    fields = field_values.differences(instance, {} if created else instance.remembered, update_fields)
    instance.remember(update_fields)
    if raw or not (created or fields):  # rows of a backup come with their history
        return
    root = root_of(instance)
    if not _is_root(instance, root):
        _raise_version(root)
    elif created:
        take_turn(root.model, root.key)
    _append(instance, root, ChangeKind.CREATED if created else ChangeKind.CHANGED, fields)
    _note_texts(instance, fields, new=created)
    left = None if created else _root_left(instance, fields)
    if left is not None and left != root:
        _raise_version(left)
        _append(instance, left, ChangeKind.CHANGED, fields)


def _note_texts(record: Recorded, fields: Fields, *, new: bool) -> None:
    """Which languages now follow which, where a text was written."""
    changed = following.texts_changed(fields, type(record))
    if changed:
        following.noted(record, changed, by=actor(), new=new)


def drafted(record: Recorded, fields: Fields) -> None:
    """Texts that wait for their other languages: a change of the record, though the public does not read it yet."""
    root = root_of(record)
    _raise_version(root)
    _append(record, root, ChangeKind.DRAFTED, fields)
    _note_texts(record, fields, new=False)


def _deleting(instance: Recorded, **_kwargs: Any) -> None:
    """A record goes, and with it what it was linked to and who pointed at it."""
    deferred = instance.get_deferred_fields()
    if deferred:
        instance.refresh_from_db(fields=deferred)
    last: Fields = {name: pair and [pair[1], None] for name, pair in field_values.differences(instance, {}).items()}
    for relation in instance._meta.local_many_to_many:
        keys = relation.value_from_object(instance)
        if keys:
            last[relation.name] = [sorted((field_values.key(target.pk) for target in keys), key=str), []]
    root = root_of(instance)
    if not _is_root(instance, root):
        _raise_version(root)
    _append(instance, root, ChangeKind.DELETED, last)
    following.forget(instance)
    _let_go(instance)


def _let_go(target: models.Model) -> None:
    """Records that lose a link or a reference because its target is deleted, of which Django says nothing."""
    for relation in target._meta.related_objects:
        if not issubclass(relation.related_model, Recorded):
            continue
        if isinstance(relation, models.ManyToManyRel):
            for owner in relation.related_model._base_manager.filter(**{relation.field.name: target.pk}):
                _change(owner, {relation.field.name: [[field_values.key(target.pk)], []]})
        elif relation.on_delete is models.SET_NULL:
            for holder in relation.related_model._base_manager.filter(**{relation.field.name: target.pk}):
                _change(holder, {relation.field.name: [field_values.key(target.pk), None]})


def _linked(sender: Any, instance: models.Model, action: str, reverse: bool, pk_set: Any, **_kwargs: Any) -> None:
    """A relation to many was added to, taken from or emptied, from either side."""
    relation = _relation(sender)
    if action in {"pre_clear", "pre_remove"}:
        pairs = _present_pairs(sender, relation, instance, reverse, pk_set)
    elif action == "post_add":
        pairs = [(key, instance.pk) if reverse else (instance.pk, key) for key in pk_set]
    else:
        return
    for owner, keys in _by_owner(pairs).items():
        record = relation.model._base_manager.get(pk=owner) if reverse else instance
        _change(record, {relation.name: [[], keys] if action == "post_add" else [keys, []]})


@cache
def _relation(through: type[models.Model]) -> models.ManyToManyField[Any, Any]:
    return next(
        relation
        for model in recorded_models()
        for relation in model._meta.local_many_to_many
        if relation.remote_field.through is through
    )


def _present_pairs(
    through: Any, relation: Any, instance: models.Model, reverse: bool, keys: Iterable[Any] | None
) -> list[tuple[Any, Any]]:
    """Which rows of the relation are about to go, as (owner, target)."""
    owner, target = relation.m2m_field_name(), relation.m2m_reverse_field_name()
    own, other = (target, owner) if reverse else (owner, target)
    rows = through._base_manager.filter(**{own: instance.pk})
    if keys is not None:
        rows = rows.filter(**{f"{other}__in": keys})
    return list(rows.values_list(f"{owner}_id", f"{target}_id"))


def _by_owner(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, list[int | str]]:
    found: dict[Any, list[int | str]] = {}
    for owner, target in pairs:
        found.setdefault(owner, []).append(field_values.key(target))
    return {owner: sorted(keys, key=lambda one: (isinstance(one, str), one)) for owner, keys in found.items()}


# What is written ------------------------------------------------------------------------------------------------------


def _change(record: Any, fields: Fields) -> None:
    """A change that no save of the record tells."""
    root = root_of(record)
    _raise_version(root)
    _append(record, root, ChangeKind.CHANGED, fields)


def _is_root(record: Recorded, root: Root) -> bool:
    return not record.ROOT and root.key == record.pk


def _raise_version(root: Root) -> None:
    """A change of a part or a link makes a new version of the root; a root's own save does so itself."""
    if take_turn(root.model, root.key):
        root.rows.update(version=F("version") + 1)


def _append(record: Recorded, root: Root, kind: ChangeKind, fields: Fields) -> None:
    """One row, with the version of its root as it then stands in the database; a root that goes leaves one more."""
    version: Any = Subquery(root.rows.values("version")[:1])
    if kind == ChangeKind.DELETED and _is_root(record, root):
        version += 1
    _row(record, root, kind, fields, version).save()


def _row(record: Recorded, root: Root, kind: ChangeKind, fields: Fields, version: Any) -> Change:
    return Change(
        content_type=ContentType.objects.get_for_model(record),
        object_id=str(record.pk),
        root_type=ContentType.objects.get_for_model(root.model),
        root_id=str(root.key),
        version=version,
        by_id=actor(),
        at=timezone.now(),
        kind=kind,
        fields=canonical.text(fields),
    )


def create_together(records: Sequence[Recorded]) -> None:
    """Insert new parts, all of one model, at once: with the history that saving each would have left, in one version of each root.

    For a model whose own `save` does nothing for a new record. A few statements for each root, however many records.
    """
    if not records:
        return
    type(records[0])._base_manager.bulk_create(records)
    versions: dict[Root, int] = {}
    rows, written = [], []
    for record in records:
        fields = field_values.differences(record, {})
        record.remember()
        root = root_of(record)
        if root not in versions:
            _raise_version(root)
            versions[root] = root.rows.values_list("version", flat=True).get()
        rows.append(_row(record, root, ChangeKind.CREATED, fields, versions[root]))
        written.append((record, following.texts_changed(fields, type(record))))
    Change.objects.bulk_create(rows)
    following.noted_together(written, by=actor())
