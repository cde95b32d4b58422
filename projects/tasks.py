"""Bells for the workers. Each task takes a key, finds its work in the database and may run any number of times."""

from __future__ import annotations

from celery import shared_task

from projects import sheet_saving


# Ten thousand rows on a busy machine; less than the broker waits before it hands the task out again.
@shared_task(time_limit=840)  # type: ignore[untyped-decorator]  # celery carries no types
def take_in_sheet(pk: int) -> None:
    """Take in one confirmed sheet."""
    sheet_saving.carry_out(pk)
