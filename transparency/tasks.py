"""Bells for the workers. Each task takes ids, finds its work in the database and may run any number of times."""

from __future__ import annotations

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from partnership import outbox
from partnership.models import Message
from transparency.models import Report
from transparency.reports import making, sweeping

RENDERING_SECONDS = 300  # the task's time limit: after it nobody works on the document any more


@shared_task
def sweep() -> None:
    """Make what is due, and ring for every document to write and every mail to send."""
    sweeping.keep_time()
    sweeping.make_due_reports()
    for report, language in sweeping.unwritten():
        if cache.add(f"rendering:{report.pk}:{language}", True, RENDERING_SECONDS):
            render_document.delay(str(report.pk), language)
    _post_and_ring()


def _post_and_ring() -> None:
    sweeping.deliver_released()
    for pk in Message.objects.due(timezone.now()).values_list("pk", flat=True)[:500]:
        send_message.delay(pk)


@shared_task
def render_document(report_id: str, language: str) -> None:
    """Write one document, then post the report if it was the last one missing."""
    report = Report.objects.select_related("series__protocol", "series__party__organisation", "snapshot").get(
        pk=report_id
    )
    try:
        making.write_document(report, language)
    finally:
        cache.delete(f"rendering:{report_id}:{language}")
    _post_and_ring()


@shared_task
def send_message(message_id: int) -> None:
    """Try one mail."""
    outbox.send(message_id)
