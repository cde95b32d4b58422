"""sweep [--forever]"""

from __future__ import annotations

import logging
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections

from partnership import outbox
from transparency.reports import making, sweeping

EVERY_SECONDS = 60
log = logging.getLogger(__name__)


def pass_once() -> str:
    """Remind, make, write, post and send everything that is due; returns one line that says how much."""
    reminders = sweeping.keep_time()
    made = sweeping.make_due_reports()
    written = [making.write_document(report, language) for report, language in sweeping.unwritten()]
    posted = sweeping.deliver_released()
    sent = outbox.send_due()
    return f"{len(made)} reports made, {len(written)} documents written, {posted + reminders} mails posted, {sent} accepted."


class Command(BaseCommand):
    help = "One pass over everything that is due; --forever repeats it every minute (instead of workers, where there is no Redis)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--forever", action="store_true")

    def handle(self, *args: Any, forever: bool, **options: Any) -> None:
        if not forever:
            self.stdout.write(pass_once())
            return
        stop = threading.Event()
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: stop.set())
        while not stop.is_set():
            self._pass()
            stop.wait(EVERY_SECONDS)

    def _pass(self) -> None:
        try:
            pass_once()
        except (DatabaseError, OSError):
            log.exception("this pass failed; the next one begins anew")
        finally:
            close_old_connections()
