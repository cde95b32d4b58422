"""What tests of the demonstration share: telling it on a day, and seeing every row there is."""

from __future__ import annotations

from datetime import date
from io import StringIO
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.db.models import Model

from partnership.models import InternationalGoal, Organisation, Protocol
from transparency.demonstration import load, remove
from transparency.models import Cadence
from transparency.reports.periods import Period

LAST_ENDED = {
    date(2026, 11, 24): "2026-S1",
    date(2027, 2, 1): "2026-S2",
    date(2028, 7, 1): "2028-S1",
    date(2026, 6, 30): "2025-S2",
}


def last_ended(day: date) -> Period:
    """The latest half-year that had ended on a day."""
    return Period.parse(LAST_ENDED[day], cadence=Cadence.HALF_YEAR)


def told_on(day: date) -> Any:
    """The demonstration's protocol as it stands on a day. Any, since modeltranslation adds columns at run time."""
    return load.load(as_of=day).protocol


def everything() -> dict[str, list[dict[str, object]]]:
    """Every row of every table, as it is stored."""
    return {
        model._meta.label: [plain(row) for row in model._base_manager.order_by("pk").values()]
        for model in apps.get_models(include_auto_created=True)
    }


def plain(row: dict[str, object]) -> dict[str, object]:
    """A row that can be compared."""
    return {name: bytes(value) if isinstance(value, memoryview) else value for name, value in row.items()}


def said(command: str, **options: object) -> str:
    """What a command prints."""
    output = StringIO()
    call_command(command, stdout=output, **options)
    return output.getvalue()


def belonging(protocol: Protocol) -> list[Model]:
    """Every row of a protocol, and what it shares with others."""
    own = [row for model, way in remove.BELONGING for row in model._base_manager.filter(**{way: protocol.pk})]
    return [*own, *Organisation.objects.all(), *InternationalGoal.objects.all()]
