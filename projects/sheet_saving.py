"""Confirmed sheets, taken in while their sender may do something else: each once, as a whole, whatever is interrupted.

A small sheet is taken in while its sender waits; a long one by a worker, or by the sweeper where there is no Redis. The work is
a row of the database. Its lock, the records and its outcome belong to one transaction: a process that dies leaves all of it as it was,
and the next sweep begins anew. How far it is stands in a file beside the sheet, since nothing a transaction writes is seen
before its end (docs/adr/0011-sheets-of-our-own.md).
"""

from __future__ import annotations

import datetime
import json
import logging
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext

from partnership import kept_sheets
from partnership.models import Protocol, User
from partnership.refusals import Refusal
from projects import sheet_import
from projects.models import SheetWork, WorkState
from projects.sheets import KINDS, SheetKind

WHILE_WAITING = 200
"""So many rows are taken in while the person waits; more by a worker."""
MOST_TRIES = 3
TOLD_TIMES = 100
"""So many times on the way a work says how far it is."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asked:
    """What a person confirmed: the fingerprint of what was looked at, how many rows are chosen, which were ticked."""

    shown: str
    chosen: int
    ticked: tuple[int, ...] = ()


def ask(key: str, name: str, kind: SheetKind, asked: Asked, *, protocol: Protocol, by: User) -> SheetWork:
    """Ask for a kept sheet to be taken in; asked twice, it is one work. One that was refused may be asked for again."""
    said = {
        "protocol": protocol,
        "by": by,
        "kind": kind.code,
        "name": name[-120:],
        "language": translation.get_language(),
        "shown": asked.shown,
        "ticked": json.dumps(sorted(asked.ticked)),
    }
    with transaction.atomic():
        work, is_new = SheetWork.objects.get_or_create(key=key, defaults=said)
        work = SheetWork.objects.select_for_update().get(pk=work.pk)
        if not is_new and work.state == WorkState.REFUSED:
            for column, value in said.items():
                setattr(work, column, value)
            work.state, work.told, work.tries = WorkState.WAITING, "", 0
            work.asked_at, work.ended_at = timezone.now(), None
            work.save()
    if asked.chosen <= WHILE_WAITING:
        carry_out(work.pk)
    else:
        transaction.on_commit(lambda: _ring(work.pk))
    work.refresh_from_db()
    return work


def _ring(pk: int) -> None:
    """Tell a worker; where none hears it, the sweep finds the work."""
    if not settings.CELERY_BROKER_URL:
        return
    from projects.tasks import take_in_sheet  # the worker's module asks for this one

    try:
        take_in_sheet.delay(pk)
    except Exception:
        log.warning("no worker heard of sheet %s; the sweep will take it in", pk, exc_info=True)


def carry_out_due() -> int:
    """Take in every sheet that waits and that nobody is at; returns how many ended."""
    waiting = SheetWork.objects.filter(state=WorkState.WAITING).order_by("asked_at", "pk")
    return sum(carry_out(pk) for pk in waiting.values_list("pk", flat=True))


def carry_out(pk: int) -> bool:
    """Take in one sheet, unless somebody else is at it or it is over. Returns whether it ended now."""
    if not _begun(pk):
        return False
    with transaction.atomic():
        work = _mine(pk)
        if work is None:
            return False
        with translation.override(work.language):
            _settle(work)
    kept_sheets_gone(work)
    return True


def _mine(pk: int) -> SheetWork | None:
    """The work, locked; None where somebody else is at it or it is over."""
    rows = SheetWork.objects.select_for_update(of=("self",), skip_locked=True).select_related("protocol", "by")
    return rows.filter(pk=pk, state=WorkState.WAITING).first()


def _begun(pk: int) -> bool:
    """Count one more try, in a transaction of its own: a sheet at which processes die is given up in the end."""
    with transaction.atomic():
        work = _mine(pk)
        if work is None:
            return False
        work.tries += 1
        if work.tries > MOST_TRIES:
            with translation.override(work.language):
                work.told = gettext(
                    "It was interrupted several times. Nothing was taken in; split the sheet and send it again."
                )
            work.state, work.ended_at = WorkState.REFUSED, timezone.now()
        work.save(update_fields=["tries", "told", "state", "ended_at"])
        return work.state == WorkState.WAITING


def _settle(work: SheetWork) -> None:
    """Take the sheet in and write down how it ended."""
    try:
        content = kept_sheets.content(work.key)
        if content is None:
            raise Refusal(gettext("The sheet is not here any more. Send it again."), code="file")
        taken = sheet_import.take_in(
            content,
            KINDS[work.kind],
            protocol=work.protocol,
            by=work.by,
            shown=work.shown,
            ticked=json.loads(work.ticked or "[]"),
            progress=_Telling(work.key),
        )
    except ValidationError as refusal:
        work.state, work.told = WorkState.REFUSED, sheet_import.told(refusal)
    else:
        work.state, work.created, work.changed = WorkState.DONE, taken.created, taken.changed
    work.ended_at = timezone.now()
    work.save(update_fields=["state", "told", "created", "changed", "ended_at"])


def kept_sheets_gone(work: SheetWork) -> None:
    """Once it is over, how far it was is no matter; a sheet that was taken in is forgotten, a refused one can be looked at again."""
    default_storage.delete(_path(work.key))
    if work.state == WorkState.DONE:
        kept_sheets.forget(work.key)


# How far it is --------------------------------------------------------------------------------------------------------


class _Telling:
    """Writes down how many rows are written, a hundred times on the way."""

    def __init__(self, key: str) -> None:
        self.key, self.last = key, -1

    def __call__(self, done: int, total: int) -> None:
        step = done * TOLD_TIMES // total
        if step != self.last and total > WHILE_WAITING:
            self.last = step
            default_storage.delete(_path(self.key))
            default_storage.save(_path(self.key), ContentFile(f"{done} {total}".encode()))


def how_far(work: SheetWork) -> tuple[int, int] | None:
    """How many rows of how many are written; None before the first."""
    try:
        with default_storage.open(_path(work.key)) as file:
            done, total = file.read().split()
        return int(done), int(total)
    except (OSError, ValueError):
        return None


def _path(key: str) -> str:
    return f"{kept_sheets.FOLDER}/{key}.step"


def latest(kind: SheetKind, *, protocol: Protocol, by: User, since: datetime.timedelta) -> list[SheetWork]:
    """The person's own sheets of a kind that wait or ended lately."""
    rows = SheetWork.objects.filter(protocol=protocol, by=by, kind=kind.code, asked_at__gte=timezone.now() - since)
    return list(rows[:5])
