"""The texts that go into a spreadsheet and come back: each with its place, what it says, and a reference by which it is known again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, NamedTuple

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst

from partnership import drafting, following, parity, permissions, sheet_files, translation_queue
from partnership.models import Protocol, Recorded, TextState, User
from partnership.models.texts import TextStanding

MOST_ROWS = sheet_files.MOST_ROWS
AT_ONCE = 500
"""Texts whose records are read together."""

# What a row is --------------------------------------------------------------------------------------------------------


class Key(NamedTuple):
    """A text's place: the model's label, the record's key, the field's name."""

    label: str
    record: str
    field: str


@dataclass(frozen=True)
class Text:
    """A text as staff read it now, in each language, and what each language stands for."""

    key: Key
    record: Any
    said: Mapping[str, str]
    standing: Mapping[str, str]

    @property
    def source(self) -> str | None:
        """The language it was written in; None before anything was."""
        return next((code for code, standing in self.standing.items() if standing == TextStanding.SOURCE), None)

    @property
    def version(self) -> int:
        """The version of the root it belongs to."""
        way = f"{self.record.ROOT}__version" if self.record.ROOT else "version"
        found: int = reduce(getattr, way.split("__"), self.record)
        return found

    @property
    def name(self) -> str:
        """What the record is and what it is called."""
        title, _language = translation_queue.title_of(self.record)
        code = getattr(self.record, "code", "")
        called = f"{code} {title}" if code and code not in title else title
        return f"{capfirst(str(self.record._meta.verbose_name))} · {called}"

    @property
    def label(self) -> str:
        """The field's name in the reader's language."""
        return str(capfirst(str(self.record._meta.get_field(self.key.field).verbose_name)))


def column_text(text: str) -> str:
    """A text as a cell gives it back: one sort of line end, no signs a spreadsheet cannot hold, no space around."""
    return sheet_files.holdable(text).strip()


def digest(text: str) -> str:
    """A short digest of what a cell says; the dash stands for nothing."""
    said = column_text(text)
    return hashlib.sha256(said.encode()).hexdigest()[:10] if said else "-"


def reference(text: Text) -> str:
    """What stands in the first column: the place of the text, its source, and the digest of each language."""
    digests = " ".join(f"{code}:{digest(text.said[code])}" for code in settings.REQUIRED_LANGUAGES)
    return f"{text.key.label}/{text.key.record}/{text.key.field} {text.source or '-'} {digests}"


class Reference(NamedTuple):
    """A first column, read: the text's place, its source and the digests when the sheet was made."""

    key: Key
    source: str
    digests: Mapping[str, str]


def read_reference(written: str) -> Reference | None:
    """What a first column says; None where it is none of ours."""
    place, source, *digests = written.split() if len(written.split()) > 1 else ("", "")
    parts = place.split("/")
    found = dict(one.split(":", 1) for one in digests if one.count(":") == 1)
    if (
        len(parts) != 3
        or set(found) != set(settings.REQUIRED_LANGUAGES)
        or source not in {*settings.REQUIRED_LANGUAGES, "-"}
    ):
        return None
    return Reference(Key(*parts), source, found)


# Which texts ----------------------------------------------------------------------------------------------------------


def to_translate(protocol: Protocol, *, by: User, language: str | None = None) -> list[Key]:
    """The texts that are missing or stale, in one language or in any: the longest waiting, as many as a sheet holds."""
    states = translation_queue.waiting(by, protocol)
    if language:
        states = states.filter(language=language)
    return _keys(states.order_by("since", "pk"))


def of_record(record: models.Model) -> list[Key]:
    """Every text of a record and of what is published with it."""
    return _keys((TextState.objects.of(record) | TextState.objects.under(record)).order_by("pk"))


def _keys(states: models.QuerySet[TextState]) -> list[Key]:
    """Each text once, as many as a sheet holds; what belongs together stands together, the record before its parts."""
    columns = ("root_type", "root_id", "content_type", "object_id", "field")
    found: dict[tuple[int, str, int, str, str], None] = {}
    for place in states.values_list(*columns).iterator(chunk_size=2000):
        found[place] = None
        if len(found) == MOST_ROWS:
            break
    return [_key(*place) for place in sorted(found, key=_in_its_root)]


def _key(_root_type: int, _root_key: str, kind: int, record: str, name: str) -> Key:
    found = ContentType.objects.get_for_id(kind)
    return Key(f"{found.app_label}.{found.model}", record, name)


def _in_its_root(place: tuple[int, str, int, str, str]) -> tuple[Any, ...]:
    root_type, root_key, kind, record, name = place
    model: Any = ContentType.objects.get_for_id(kind).model_class()
    names = parity.translated_fields(model)
    order = names.index(name) if name in names else len(names)
    return root_type, len(root_key), root_key, kind != root_type, kind, len(record), record, order


def texts(keys: Iterable[Key], *, protocol: Protocol, by: User) -> dict[Key, Text]:
    """The texts at these places that are of this protocol, or of all, and that the person may change; others are left out.

    Three queries for each model and each of its parts of AT_ONCE records.
    """
    of_models: dict[str, dict[str, list[Key]]] = {}
    for key in keys:
        of_models.setdefault(key.label, {}).setdefault(key.record, []).append(key)
    found: dict[Key, Text] = {}
    for label, of_records in of_models.items():
        model = _model(label)
        names = list(of_records) if model is not None else []
        for start in range(0, len(names), AT_ONCE):
            found |= _of_model(model, names[start : start + AT_ONCE], of_records, protocol, by)
    return found


def _model(label: str) -> type[models.Model] | None:
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError):
        return None
    return model if issubclass(model, Recorded) and parity.translated_fields(model) else None


def _of_model(
    model: Any, names: Sequence[str], wanted: Mapping[str, Sequence[Key]], protocol: Protocol, by: User
) -> dict[Key, Text]:
    records = [record for record in _records(model, names) if _may_change(by, protocol, record)]
    drafting.lay_over(records)
    standing: dict[tuple[str, str], dict[str, str]] = {}
    for state in TextState.objects.of_each(records):
        standing.setdefault((state.object_id, state.field), {})[state.language] = state.standing
    fields = set(parity.translated_fields(model))
    found = {}
    for record in records:
        for key in wanted[str(record.pk)]:
            if key.field in fields:
                said = {
                    code: drafting.text_of(record, parity.column(key.field, code))
                    for code in settings.REQUIRED_LANGUAGES
                }
                found[key] = Text(key, record, said, standing.get((key.record, key.field), {}))
    return found


def _records(model: Any, names: Iterable[str]) -> list[Any]:
    keys = []
    for name in names:
        try:
            keys.append(model._meta.pk.to_python(name))
        except ValidationError:
            continue
    keys = [key for key in keys if not isinstance(key, int) or 0 <= key < 2**63]
    ways = {way for way in (model.ROOT, model.PUBLISHED_WITH) if way}
    ways |= {f"{way}__protocol" if way else "protocol" for way in ("", *ways) if _has_protocol(model, way)}
    return list(model._base_manager.select_related(*ways).filter(pk__in=keys)) if keys else []


def _has_protocol(model: Any, way: str) -> bool:
    for name in way.split("__") if way else ():
        model = model._meta.get_field(name).related_model
    return any(one.name == "protocol" for one in model._meta.fields)


def _may_change(by: User, protocol: Protocol, record: Any) -> bool:
    own = following.protocol_of(following.root_of(record))
    return own in (None, protocol) and permissions.may(by, "change", protocol, record=record)
