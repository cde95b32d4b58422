"""What is written down again is what was told."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction

from partnership import register
from tests import retelling
from tests.demonstration import everything
from tests.factories_programme import ProjectFactory

DAY = datetime.date(2026, 11, 24)
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's own copying writes the rows again"),
]


def files() -> dict[str, bytes]:
    """What lies in the media folder."""
    return {str(path): path.read_bytes() for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}


def lines(told: retelling.Told) -> dict[str, list[str]]:
    """Each table's rows, in whatever order the database gave them."""
    return {table: sorted(text.splitlines()) for table, text in told.rows.items()}


def test_what_is_written_again_is_what_was_told():
    """Row for row and file for file, its register intact, and what is made beside it has keys of its own."""
    with transaction.atomic():
        retelling.retold_on(DAY)
        told = everything(), files()
        transaction.set_rollback(True)
    for path in told[1]:
        Path(path).unlink()
    protocol = retelling.retold_on(DAY)
    assert (everything(), files()) == told
    assert told[1]
    assert register.verify(protocol).intact
    ProjectFactory(protocol=protocol)


def test_versions_name_their_models_though_content_types_have_other_keys():
    with transaction.atomic():
        retelling.retold_on(DAY)
        told = retelling.kept()
        transaction.set_rollback(True)
    types = {str(int(key) + 1000): name for key, name in told.types.items()}
    moved = {key: str(int(key) + 1000) for key in told.types}
    rows = {table: retelling.with_types(table, text, moved) for table, text in told.rows.items()}
    assert rows != told.rows
    retelling.write(retelling.Told(rows, types, told.files))
    assert lines(retelling.kept()) == lines(told)
    assert ContentType.objects.filter(pk__gte=1000).count() == 0
