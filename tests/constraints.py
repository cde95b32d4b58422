"""How a constraint is tested both ways: rows that satisfy it are saved, rows that break it are refused by the database itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction


@dataclass(frozen=True)
class Case:
    """A constraint by its name; `holds` makes rows that just satisfy it, `breaks` the same but for what it forbids."""

    name: str
    holds: Callable[[], object]
    breaks: Callable[[], object]

    def __str__(self) -> str:
        return self.name


def assert_refused(case: Case) -> None:
    """The database refuses the rows, and for this constraint (SQLite names a unique one by its columns)."""
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        case.breaks()
    if connection.vendor == "postgresql":
        assert f'"{case.name}"' in str(refused.value)


def declared(app_label: str) -> set[str]:
    """Names of the constraints that the app's models declare."""
    models = apps.get_app_config(app_label).get_models()
    return {constraint.name for model in models for constraint in model._meta.constraints}
