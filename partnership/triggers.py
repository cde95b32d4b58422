"""Append-only tables and frozen columns, held by the database itself [I4, I9, I13, I14].

The only module, with transparency/search.py, that asks which database is running. A model says `APPEND_ONLY = True`; its rows
are then refused every update, delete and truncate, also from a console. A model that names columns in `FROZEN` is refused
every change of those, and every delete and truncate. Triggers are laid again after every migration, since
an altered column on SQLite drops them without a word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

_FUNCTIONS = """
CREATE OR REPLACE FUNCTION refuse_thaw() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is frozen once written: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% only grows: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def append_only_tables() -> list[str]:
    """Names of the tables whose rows are never changed or removed."""
    return sorted(model._meta.db_table for model in apps.get_models() if getattr(model, "APPEND_ONLY", False))


def frozen_columns() -> dict[str, tuple[str, ...]]:
    """For each table with columns that never change once written: their names."""
    return {model._meta.db_table: model.FROZEN for model in apps.get_models() if hasattr(model, "FROZEN")}


def guarded_tables() -> list[str]:
    """Tables that carry triggers of ours."""
    return sorted({*append_only_tables(), *frozen_columns()})


def install_triggers(using: str = "default", **_kwargs: Any) -> None:
    """Lay every trigger whose table exists; safe to run again."""
    connection = connections[using]
    existing = set(connection.introspection.table_names())
    with transaction.atomic(using=using), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_FUNCTIONS)
        for table in guarded_tables():
            if table in existing:
                for statement in _statements(connection, table):
                    cursor.execute(statement)


def _statements(connection: BaseDatabaseWrapper, table: str) -> list[str]:
    columns = frozen_columns().get(table)
    if columns:
        return _freezing(connection, table, columns)
    if connection.vendor == "postgresql":
        return [
            f'DROP TRIGGER IF EXISTS "{table}_rows_only_grow" ON "{table}"',
            f'CREATE TRIGGER "{table}_rows_only_grow" BEFORE UPDATE OR DELETE ON "{table}" '
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
            f'DROP TRIGGER IF EXISTS "{table}_only_grows" ON "{table}"',
            f'CREATE TRIGGER "{table}_only_grows" BEFORE TRUNCATE ON "{table}" '
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
        ]
    return [
        f'CREATE TRIGGER IF NOT EXISTS "{table}_no_{act}" BEFORE {act} ON "{table}" '
        f"BEGIN SELECT RAISE(ABORT, '{table} only grows: {act} refused'); END"
        for act in ("UPDATE", "DELETE")
    ]


def _freezing(connection: BaseDatabaseWrapper, table: str, columns: Sequence[str]) -> list[str]:
    """Refuse a change of these columns, and any removal; other columns move on."""
    if connection.vendor == "postgresql":
        changed = " OR ".join(f'OLD."{column}" IS DISTINCT FROM NEW."{column}"' for column in columns)
        acts = {
            "frozen": f'BEFORE UPDATE ON "{table}" FOR EACH ROW WHEN ({changed})',
            "rows_only_grow": f'BEFORE DELETE ON "{table}" FOR EACH ROW',
            "only_grows": f'BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT',
        }
        return [
            statement
            for name, when in acts.items()
            for statement in (
                f'DROP TRIGGER IF EXISTS "{table}_{name}" ON "{table}"',
                f'CREATE TRIGGER "{table}_{name}" {when} EXECUTE FUNCTION refuse_thaw()',
            )
        ]
    changed = " OR ".join(f'OLD."{column}" IS NOT NEW."{column}"' for column in columns)
    refused = f"BEGIN SELECT RAISE(ABORT, '{table} is frozen once written'); END"
    return [
        f'CREATE TRIGGER IF NOT EXISTS "{table}_no_UPDATE" BEFORE UPDATE ON "{table}" WHEN {changed} {refused}',
        f'CREATE TRIGGER IF NOT EXISTS "{table}_no_DELETE" BEFORE DELETE ON "{table}" {refused}',
    ]


@contextmanager
def lifted(using: str = "default") -> Iterator[None]:
    """Let append-only rows go for one transaction: for remove_demo and for the tests' own clearing, for nothing else."""
    connection = connections[using]
    existing = set(connection.introspection.table_names())
    tables = [table for table in guarded_tables() if table in existing]
    with transaction.atomic(using=using):
        _switch(connection, tables, on=False)
        yield
        _switch(connection, tables, on=True)


def _switch(connection: BaseDatabaseWrapper, tables: Sequence[str], *, on: bool) -> None:
    if connection.vendor != "postgresql" and on:
        install_triggers(connection.alias)
        return
    with connection.cursor() as cursor:
        if (
            connection.vendor == "postgresql"
        ):  # a table with checks left for the end of the transaction cannot be altered
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            for statement in _switching(connection, table, on=on):
                cursor.execute(statement)


def _switching(connection: BaseDatabaseWrapper, table: str, *, on: bool) -> list[str]:
    if connection.vendor == "postgresql":
        return [f'ALTER TABLE "{table}" {"ENABLE" if on else "DISABLE"} TRIGGER USER']
    return [f'DROP TRIGGER IF EXISTS "{table}_no_{act}"' for act in ("UPDATE", "DELETE")]


def installed_tables(using: str = "default") -> set[str]:
    """Tables that carry such a trigger now."""
    connection = connections[using]
    query = (
        "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%%only_grow%%' AND tgenabled = 'O'"
        if connection.vendor == "postgresql"
        else "SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {str(row[0]).strip('"') for row in cursor.fetchall()}


@register(Tags.database)
def check_triggers(databases: Sequence[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """An error for each guarded table that exists without its triggers."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        existing = set(connections[alias].introspection.table_names())
        for table in set(guarded_tables()) & existing - installed_tables(alias):
            found.append(
                Error(
                    f"{table} has lost the triggers that keep its rows.",
                    hint="Run manage.py migrate.",
                    id="partnership.E001",
                )
            )
    return found
