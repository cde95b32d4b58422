"""Values of a record's columns as plain data: what its history keeps, and back again."""

from __future__ import annotations

import datetime
import unicodedata
import uuid
from collections.abc import Collection, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from django.db import models
from django.db.models.expressions import BaseExpression

from partnership import parity
from partnership.normaliser import NormalisedField

Plain = bool | int | str | None
Fields = dict[str, Any]
"""What changed: a field's name and [from, to]; [taken away, added] for a relation to many; None for what is personal."""


@cache
def columns(model: type[models.Model]) -> tuple[models.Field[Any, Any], ...]:
    """The columns whose values the history keeps, in the model's order.

    Left out: the key, the version, columns computed from others, and what the model names in NOT_KEPT (secrets). A text in three
    languages counts by its own three columns.
    """
    twice = set(parity.translated_fields(model))
    secret = set(getattr(model, "NOT_KEPT", ()))
    return tuple(
        field
        for field in model._meta.concrete_fields
        if not (field.primary_key or field.name in twice or field.name in secret or field.name == "version")
        and not isinstance(field, NormalisedField)
    )


def differences(record: models.Model, before: Mapping[str, Any], only: Collection[str] | None = None) -> Fields:
    """How the record's columns differ from the values it had, by attribute name in `before`; a missing one counts as None.

    `only` are the names of the fields that are being written, None for all. Raises TypeError for an expression such as F().
    """
    personal: Collection[str] = getattr(record, "PERSONAL", ())
    present = record.__dict__
    found: Fields = {}
    for field in columns(type(record)):
        if field.attname not in present or (only is not None and field.name not in only and field.attname not in only):
            continue
        old, new = before.get(field.attname), present[field.attname]
        if old is new:
            continue
        if isinstance(new, BaseExpression):
            raise TypeError(f"{field.name} is computed by the database, so its history cannot say to what it changed")
        pair = [plain(field, old), plain(field, new)]
        if pair[0] != pair[1]:
            found[field.name] = None if field.name in personal else pair
    return found


def plain(field: models.Field[Any, Any], value: Any) -> Plain:
    """A column's value as canonical text writes it: decimals with the column's places, moments in UTC, files by name.

    An empty text is None, as nothing else: a text in three languages may be stored as either.
    """
    if value is None or isinstance(field, models.FileField):
        return str(value) if value else None
    if field.remote_field is not None:
        field = field.target_field  # type: ignore[attr-defined]  # of every relation to one
    typed = field.to_python(value)
    if isinstance(typed, Decimal) and isinstance(field, models.DecimalField):
        return f"{typed:.{field.decimal_places}f}"
    if isinstance(typed, datetime.datetime):
        return typed.astimezone(datetime.UTC).isoformat()
    if isinstance(typed, datetime.date):
        return typed.isoformat()
    if isinstance(typed, bool | int):
        return typed
    return unicodedata.normalize("NFC", str(typed)) or None


def python(field: models.Field[Any, Any], value: Plain) -> Any:
    """The value of a column from its plain form: `plain` backwards."""
    if value is None:
        return None if field.null else ""
    if field.remote_field is not None:
        field = field.target_field  # type: ignore[attr-defined]  # of every relation to one
    return field.to_python(value)


def key(value: Any) -> int | str:
    """A record's key as plain data."""
    return str(value) if isinstance(value, uuid.UUID) else value


@cache
def files(model: type[models.Model]) -> tuple[models.FileField, ...]:
    """The columns that hold a file's name."""
    return tuple(field for field in model._meta.concrete_fields if isinstance(field, models.FileField))
