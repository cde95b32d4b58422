"""Append-only tables, held by the database itself."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from partnership import outbox, triggers
from partnership.models import Attempt
from partnership.models.messages import Outcome

pytestmark = [pytest.mark.django_db, pytest.mark.smoke]


@pytest.fixture
def attempt() -> Attempt:
    message = outbox.post(key="k", recipient="conseil@jette.example", subject="s", text="t")
    return Attempt.objects.create(message=message, at=timezone.now(), outcome=Outcome.ACCEPTED)


def test_every_append_only_table_has_its_trigger():
    assert {
        "partnership_attempt",
        "transparency_snapshot",
        "transparency_reportdocument",
    } <= triggers.installed_tables()
    assert triggers.check_triggers(databases=["default"]) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE partnership_attempt SET answer = 'otherwise'",
        "DELETE FROM partnership_attempt",
    ],
)
def test_what_happened_cannot_be_rewritten(attempt: Attempt, statement: str):
    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Attempt.objects.get().answer == ""


def test_truncate_is_refused_too(attempt: Attempt):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE partnership_attempt CASCADE")


def test_a_lost_trigger_is_noticed_and_laid_again():
    name = "rows_only_grow" if connection.vendor == "postgresql" else "no_UPDATE"
    where = ' ON "partnership_attempt"' if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for each in (name, "only_grows" if connection.vendor == "postgresql" else "no_DELETE"):
            cursor.execute(f'DROP TRIGGER "partnership_attempt_{each}"{where}')
    assert [error.id for error in triggers.check_triggers(databases=["default"])] == ["partnership.E001"]
    triggers.install_triggers()
    assert triggers.check_triggers(databases=["default"]) == []


def test_lifted_triggers_come_back(attempt: Attempt):
    with triggers.lifted():
        Attempt.objects.all().delete()
    assert not Attempt.objects.exists()
    assert "partnership_attempt" in triggers.installed_tables()


def test_migrating_again_changes_nothing():
    call_command("migrate", verbosity=0)
    assert triggers.check_triggers(databases=["default"]) == []
