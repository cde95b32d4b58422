"""What tests stand on made once and then written down again as rows, most of all the demonstration.

Telling it takes as long as people's acts take, one after the other. What tests the telling itself calls `told_on`.

    retold_on(day)              for one test
    standing_on(day, folder)    for all tests of a module, each of which undoes what it does
    made_again(make)            what a function makes in an empty database, for one test
"""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model
from django.test import override_settings
from django.utils import timezone

from partnership.models import Protocol
from tests.demonstration import told_on
from transparency.demonstration.load import CODE

LAID_BY_DJANGO = {"auth_permission", "django_content_type"}
"""What is there in a database without anyone's rows."""
NOTHING = r"\N"


@dataclass(frozen=True)
class Told:
    """A demonstration as it lay in the database: each table's rows in PostgreSQL's text form, and each file."""

    rows: dict[str, str]
    types: dict[str, tuple[str, str]]
    files: dict[str, bytes]


_TOLD: dict[str, Told] = {}
shelf: list[Path] = []
"""The folder in which the processes of a run leave each other what they told, if there is one; tests/conftest.py names it."""


def retold_on(day: date) -> Any:
    """The demonstration's protocol as it stands on a day, with the same keys each time; told afresh beside other rows."""
    if connection.vendor != "postgresql" or filled() - LAID_BY_DJANGO:
        return told_on(day)
    title = f"{day} with sign-ins" if settings.DEMO else f"{day}"
    told = _TOLD.get(title) or from_the_shelf(title)
    if told is None:
        protocol = told_on(day)
        _TOLD[title] = kept()
        to_the_shelf(title)
        return protocol
    _TOLD[title] = told
    with transaction.atomic():
        write(told)
    return Protocol.objects.get(code=CODE)


@contextmanager
def standing_on(day: date, folder: Path, *, demo: bool = False) -> Iterator[Any]:
    """The demonstration's protocol for as long as the block runs, its files in a folder of its own; nothing of it stays."""
    with override_settings(MEDIA_ROOT=folder, DEMO=demo), transaction.atomic():
        yield retold_on(day)
        transaction.set_rollback(True)


_MADE: dict[tuple[Callable[[], Any], date], tuple[Told, Any]] = {}


def made_again(make: Callable[[], Any]) -> Any:
    """The record that a function makes, and whatever it makes beside; once a day in an empty database, then with the same keys."""
    if connection.vendor != "postgresql" or filled() - LAID_BY_DJANGO:
        return make()
    known = _MADE.get((make, timezone.localdate()))
    if known is None:
        record = make()
        _MADE[make, timezone.localdate()] = kept(), record
        return record
    told, record = known
    with transaction.atomic():
        write(told)
    return type(record)._base_manager.get(pk=record.pk)


def from_the_shelf(title: str) -> Told | None:
    """What another process of this run told."""
    for folder in shelf:
        if (folder / title).exists():
            told: Told = pickle.loads((folder / title).read_bytes())
            return told
    return None


def to_the_shelf(title: str) -> None:
    """Whole at once, since the other process may be looking."""
    for folder in shelf:
        being_written = folder / f"{title} by {os.getpid()}"
        being_written.write_bytes(pickle.dumps(_TOLD[title]))
        being_written.rename(folder / title)


def models() -> dict[str, type[Model]]:
    """Every table and the model it belongs to."""
    every = apps.get_models(include_auto_created=True)
    return {model._meta.db_table: model for model in every if model._meta.managed and not model._meta.proxy}


def filled() -> set[str]:
    """The tables that hold a row."""
    asked = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM \"{table}\")" for table in models())
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return {table for (table,) in cursor.fetchall()}


def columns(table: str) -> list[str]:
    """Its columns, except those the database fills itself."""
    fields = models()[table]._meta.local_concrete_fields
    return [field.column for field in fields if not field.generated]


def pointing_at_types(table: str) -> Iterator[int]:
    """The places of the columns that name a content type, whose key is another after each clearing of the database."""
    kinds = {
        field.column for field in models()[table]._meta.local_concrete_fields if field.related_model is ContentType
    }
    return (place for place, column in enumerate(columns(table)) if column in kinds)


def copied(table: str, way: str) -> str:
    names = ", ".join(f'"{column}"' for column in columns(table))
    return f'COPY "{table}" ({names}) {way}'


def kept() -> Told:
    """What lies in the database and the media folder now."""
    rows = {}
    with connection.cursor() as cursor:
        for table in sorted(filled() - LAID_BY_DJANGO):
            text = io.StringIO()
            cursor.copy_expert(copied(table, "TO STDOUT"), text)
            rows[table] = text.getvalue()
    types = {str(one.pk): one.natural_key() for one in ContentType.objects.all()}
    media = Path(settings.MEDIA_ROOT)
    files = {str(path.relative_to(media)): path.read_bytes() for path in media.rglob("*") if path.is_file()}
    return Told(rows, types, files)


def write(told: Told) -> None:
    """The rows, with the keys that content types have now; the counters of the tables; the files."""
    keys = {key: str(ContentType.objects.get_by_natural_key(*name).pk) for key, name in told.types.items()}
    with connection.cursor() as cursor:
        for table, text in told.rows.items():
            cursor.copy_expert(copied(table, "FROM STDIN"), io.StringIO(with_types(table, text, keys)))
        for statement in connection.ops.sequence_reset_sql(no_style(), [models()[table] for table in told.rows]):
            cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    for name, content in told.files.items():
        path = Path(settings.MEDIA_ROOT) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def with_types(table: str, text: str, keys: dict[str, str]) -> str:
    """A table's rows with the keys that content types have now."""
    places = list(pointing_at_types(table))
    if not places:
        return text
    lines = [line.split("\t") for line in text.removesuffix("\n").split("\n")]
    for line in lines:
        for place in places:
            line[place] = keys.get(line[place], NOTHING)
    return "".join("\t".join(line) + "\n" for line in lines)
