"""The page that tells what people changed in a record and in what hangs under it, newest first, in the reader's language."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.paginator import Page
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext

from partnership import editing, field_values, languages, parity
from partnership.admin.columns import ATTENTION, BAD, GOOD, isolated, tag
from partnership.admin.comparing import NOTHING, in_words
from partnership.models import Change, ChangeKind, Recorded

TONES = {
    ChangeKind.CREATED: GOOD,
    ChangeKind.CHANGED: ATTENTION,
    ChangeKind.DRAFTED: ATTENTION,
    ChangeKind.DELETED: BAD,
}
PER_PAGE = 50
Key = tuple[type[models.Model], str]


@dataclass(frozen=True)
class FieldChange:
    """One field of one record: its name, what stood there and what stands there since; None where only one of them says anything."""

    label: str
    before: SafeString | None
    after: SafeString | None


@dataclass(frozen=True)
class Entry:
    """What happened to one record in one save."""

    label: str
    tag: SafeString
    kind: str
    fields: Sequence[FieldChange]
    withheld: Sequence[str] = ()
    """Names of fields that changed and whose values are personal, so that no history keeps them."""


@dataclass
class Save:
    """What one person saved at one moment."""

    at: datetime.datetime
    who: str
    version: int
    entries: list[Entry] = field(default_factory=list)


def changes_of(record: Recorded, inlines: Iterable[Any]) -> QuerySet[Change]:
    """What the page of a record tells: of a root, everything under it; of a part, itself and the rows of its own form."""
    if not record.ROOT:
        return Change.objects.under(record)
    about = Q(content_type=ContentType.objects.get_for_model(record), object_id=str(record.pk))
    for inline in inlines:
        rows = inline.model._base_manager.filter(**{_relation(inline, record).name: record.pk})
        keys = [str(key) for key in rows.values_list("pk", flat=True)]
        about |= Q(content_type=ContentType.objects.get_for_model(inline.model), object_id__in=keys)
    return Change.objects.filter(about)


def _relation(inline: Any, record: models.Model) -> Any:
    return next(
        each
        for each in inline.model._meta.fields
        if each.remote_field is not None and each.related_model is type(record)
        if inline.fk_name in (None, each.name)
    )


class Told:
    """One page of a history, in the reader's words. Names of other records are looked up once for each kind of record."""

    def __init__(self, record: Recorded, page: Page[Change], request: HttpRequest, model_admin: Any) -> None:
        self.record, self.changes = record, list(page.object_list)
        self.request, self.admin = request, model_admin

    def saves(self) -> list[Save]:
        """The page's changes, those of one save together."""
        found: list[Save] = []
        previous: object = None
        for change in self.changes:
            same = (change.root_id, change.version, change.by_id)
            if same != previous:
                found.append(Save(change.at, self._who(change), change.version))
            previous = same
            found[-1].entries.append(self._entry(change))
        return found

    def _who(self, change: Change) -> str:
        return str(change.by) if change.by is not None else gettext("the platform")

    def _entry(self, change: Change) -> Entry:
        model = change.content_type.model_class()
        kind = ChangeKind(change.kind)
        told = [(name, pair) for name, pair in change.data.items() if model is not None]
        return Entry(
            self._label(change, model),
            tag(kind.label, TONES[kind]),
            kind.value,
            [self._field(model, name, pair) for name, pair in told if pair is not None],
            [_field_label(model, name) for name, pair in told if pair is None],
        )

    def _label(self, change: Change, model: type[models.Model] | None) -> str:
        if model is None:
            return gettext("A kind of record that is no longer there")
        kind = str(capfirst(str(model._meta.verbose_name)))
        if model is type(self.record) and change.object_id == str(self.record.pk):
            return kind
        name = self.names.get((model, change.object_id))
        return f"{kind} · {name}" if name else f"{kind} · {isolated(f'#{change.object_id}')}"

    def _field(self, model: Any, name: str, pair: Any) -> FieldChange:
        before, after = pair
        column = _column(model, name)
        if isinstance(after, list):
            return FieldChange(
                _field_label(model, name),
                self._links(column, gettext("taken away"), before),
                self._links(column, gettext("added"), after),
            )
        words = [self._words(column, value) for value in pair]
        return FieldChange(
            _field_label(model, name),
            None if before is None else _shown(column, words[0]),
            None if after is None else _shown(column, words[1], None if before is None else words[0]),
        )

    def _links(self, column: Any, words: str, keys: Sequence[Any]) -> SafeString | None:
        if not keys:
            return None
        named = [self._named(column.related_model, key) for key in keys] if column is not None else map(str, keys)
        return format_html("<i>{}</i> {}", words, gettext(", ").join(named))

    def _words(self, column: Any, value: Any) -> str:
        if value is None:
            return NOTHING
        if column is None:
            return str(value)
        if column.remote_field is not None:
            return self._named(column.related_model, value)
        if column.flatchoices:
            return str(dict(column.flatchoices).get(value, value))
        if isinstance(column, models.FileField):
            return isolated(value)
        try:
            return in_words(field_values.python(column, value))
        except (ValidationError, ValueError):
            return str(value)

    def _named(self, model: type[models.Model], key: Any) -> str:
        return self.names.get((model, str(key))) or isolated(f"#{key}")

    # Names of other records

    @cached_property
    def names(self) -> dict[Key, str]:
        """Every record the page speaks of that still stands, in words."""
        wanted: dict[type[models.Model], set[str]] = {}
        for model, key in self._spoken_of():
            wanted.setdefault(model, set()).add(key)
        return {
            (model, str(record.pk)): str(record) for model, keys in wanted.items() for record in self._rows(model, keys)
        }

    def _spoken_of(self) -> Iterator[Key]:
        for change in self.changes:
            model = change.content_type.model_class()
            if model is None:
                continue
            if model is not type(self.record):
                yield model, change.object_id
            for name, pair in change.data.items():
                column = _column(model, name)
                if column is not None and column.remote_field is not None and pair is not None:
                    for value in (*pair[0], *pair[1]) if isinstance(pair[1], list) else pair:
                        if value is not None:
                            yield column.related_model, str(value)

    def _rows(self, model: type[models.Model], keys: set[str]) -> Iterable[models.Model]:
        """The records with what their words need: as their own list or their parent's form reads them."""
        rows = model._base_manager.filter(pk__in=keys)
        related = getattr(self._admin_of(model), "list_select_related", False)
        return (
            rows.select_related(*related) if isinstance(related, list | tuple) and related else self._with_words(rows)
        )

    def _admin_of(self, model: type[models.Model]) -> Any:
        return self.admin.admin_site._registry.get(model)

    def _with_words(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        for inline in self.admin.get_inline_instances(self.request, self.record):
            if inline.model is rows.model:
                read: QuerySet[Any] = inline.get_queryset(self.request)
                return read.filter(pk__in=rows.values("pk"))
        return rows


def _column(model: Any, name: str) -> Any:
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:
        return None


def _field_label(model: Any, name: str) -> str:
    column = _column(model, name)
    if column is None:
        return name
    translated = getattr(column, "translated_field", None)
    if translated is not None:
        return parity.label(model, translated.name, column.language)
    return str(capfirst(str(column.verbose_name)))


def _shown(column: Any, words: str, before: str | None = None) -> SafeString:
    """A value with its language and direction; what is new in a text is marked."""
    language = getattr(column, "language", None)
    attributes = format_html(' lang="{}" dir="{}"', language, languages.direction(language)) if language else ""
    if before is None or not isinstance(column, models.CharField | models.TextField) or column.flatchoices:
        return format_html('<span class="said"{}>{}</span>', attributes, words)
    parts = ((piece.text, piece.new and piece.text.strip()) for piece in editing.pieces(before, words))
    inner = format_html_join(
        "", "{}", ((format_html("<mark>{}</mark>", text) if new else text,) for text, new in parts)
    )
    return format_html('<span class="said"{}>{}</span>', attributes, inner)
