"""Saving translations: every text that was typed on one page, in one transaction, with nothing of anybody's lost [I10, I14].

A form says, by a short sign, what each text was when it was opened. So each text is judged by itself: what only one person changed
is taken over; where two changed the same one, or the source changed under a translator's hands, a person chooses.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from partnership import drafting, editing, following, history, locks, parity, text_checks, translating
from partnership.editing import Keep
from partnership.models import Change as Written
from partnership.models import Publishable, Recorded, User
from partnership.refusals import Refusal
from partnership.translating import Cell, Sheet, sign_of

LOOKED_BACK = 300
"""So many changes of a record are searched for what a text said when a form was opened."""


@dataclass(frozen=True)
class Sent:
    """What a form brought back, by the name of each text."""

    texts: Mapping[str, str]
    opened: Mapping[str, str]
    """The sign of what each said when the form was opened; a text without one was never seen."""
    sure: Collection[str] = ()
    """What the person confirmed."""
    asked: Mapping[str, str] = field(default_factory=dict)
    """The texts about which the person was asked to choose, each with the sign of what it said when they first opened it."""
    keep: Mapping[str, Keep] = field(default_factory=dict)
    rewritten: Mapping[str, str] = field(default_factory=dict)
    still_right: str = ""
    """A stale text that is right as it is."""


@dataclass
class Clash:
    """A text that was typed while somebody changed it, or while its source changed."""

    cell: Cell
    opened: str | None
    """What it said when the form was opened; None where the history does not tell."""
    mine: str
    proposal: str
    settled: bool
    """Whether both changes could be put together."""
    source_before: str | None = None
    """What its source said when the form was opened, where that changed; None where it is the text itself that did."""


@dataclass
class Saved:
    """What came of it. With a clash or something troubled nothing was written at all."""

    sheet: Sheet
    written: int = 0
    confirmed: bool = False
    clashes: list[Clash] = field(default_factory=list)
    troubled: bool = False


def save(root: models.Model, sent: Sent, *, by: User, may_change: Mapping[str, bool] | None = None) -> Saved:
    """Write what was typed. Nothing is written where a text is refused or asked about, or where somebody must choose."""
    try:
        with transaction.atomic():
            answer = _save(root, sent, by, may_change)
            if answer.clashes or answer.troubled:
                raise _Undo(answer)
            return answer
    except _Undo as undone:
        return undone.answer


class _Undo(Exception):
    """No error: it ends a transaction that shall leave no trace."""

    def __init__(self, answer: Saved) -> None:
        super().__init__()
        self.answer = answer


def _save(root: models.Model, sent: Sent, by: User, may_change: Mapping[str, bool] | None) -> Saved:
    editing.lock_all(history.root_of(record) for record in following.records_under(root))
    answer = Saved(translating.read(root, may_change))
    mine = _typed(answer.sheet, sent)
    answer.clashes = [clash for cell in mine if (clash := _clash(answer.sheet, cell, sent)) is not None]
    chosen = _chosen(mine, sent)
    _check(answer.sheet, chosen, sent.sure)
    answer.troubled = any(text.is_troubled for text in answer.sheet.texts)
    if answer.clashes or answer.troubled:
        return answer
    answer.written = _write(answer.sheet, chosen, by)
    answer.confirmed = _confirm(answer.sheet, sent, by)
    answer.troubled = any(text.is_troubled for text in answer.sheet.texts)
    return answer


# What was typed -------------------------------------------------------------------------------------------------------


def clean(text: str, *, one_line: bool) -> str:
    """A text as it is kept: one kind of line end, no spaces around it, in one line where its column has one."""
    plain = text.replace("\r\n", "\n")
    return parity.one_line(plain) if one_line else plain.strip()


def _typed(sheet: Sheet, sent: Sent) -> list[Cell]:
    """The texts that the person changed; each is then shown as typed."""
    found = []
    for name, text in sent.texts.items():
        cell = sheet.by_name.get(name)
        if cell is None or not cell.may_change:
            continue
        kept = clean(text, one_line=cell.one_line)
        opened = sent.opened.get(name)
        if text and not kept:
            kept = text  # spaces alone are no empty text: they are refused
        if kept in {cell.text, clean(cell.text, one_line=cell.one_line)} or sign_of(kept) == opened:
            continue
        cell.typed = kept
        found.append(cell)
    return found


def _clash(sheet: Sheet, cell: Cell, sent: Sent) -> Clash | None:
    """Why the person must choose about a text; None where only they changed it, and its source is the one they saw."""
    source = sheet.text_of(cell).source
    source_moved = source is not None and source is not cell and source.typed is None and _changed(source, sent)
    unanswered = cell.name in sent.asked and cell.name not in sent.keep
    if not (_changed(cell, sent) or source_moved or unanswered):
        return None
    opened = _as_opened(cell, sent.asked.get(cell.name, sent.opened.get(cell.name)))
    mine = cell.typed or ""
    together = editing.together(opened, mine, cell.text) if opened not in {None, cell.text} else None
    before = _as_opened(source, sent.opened.get(source.name)) if source is not None and source_moved else None
    return Clash(cell, opened, mine, mine if together is None else together, together is not None, before)


def _changed(cell: Cell, sent: Sent) -> bool:
    return sent.opened.get(cell.name) != cell.digest()


def _as_opened(cell: Cell, sign: str | None) -> str | None:
    """What a text said when a form was opened, found in the history by its sign."""
    if sign is None:
        return None
    for text in (cell.text, "", cell.public or ""):
        if sign_of(text) == sign:
            return text
    for change in Written.objects.of(cell.record).order_by("-pk")[:LOOKED_BACK]:
        for text in change.data.get(cell.column) or ():
            if sign_of(text or "") == sign:
                return text or ""
    return None


def _chosen(mine: list[Cell], sent: Sent) -> dict[str, str]:
    """The texts to write, by name, once every choice is made."""
    found = {}
    for cell in mine:
        keep = sent.keep.get(cell.name, Keep.MINE)
        if keep == Keep.THEIRS:
            cell.typed = None
            continue
        if keep == Keep.REWRITE:
            cell.typed = clean(sent.rewritten.get(cell.name, ""), one_line=cell.one_line)
        found[cell.name] = cell.typed or ""
    return found


# Whether it can stand -------------------------------------------------------------------------------------------------


def _check(sheet: Sheet, chosen: Mapping[str, str], sure: Collection[str]) -> None:
    """Note at each text what speaks against it, and what is asked about it and was not confirmed."""
    for text in sheet.texts:
        changed = [cell for cell in text.cells if cell.name in chosen]
        for cell in changed:
            cell.errors += _against(cell, chosen[cell.name])
        said = {cell.language: chosen.get(cell.name, cell.text) for cell in text.cells}
        asked = text_checks.questions(said, written=[cell.language for cell in changed if not cell.errors])
        for cell in changed:
            if cell.name not in sure:
                cell.question = asked.get(cell.language, "")
    for part in sheet.parts:
        _check_record(part.record, [cell for text in part.texts for cell in text.cells if cell.name in chosen])


def _against(cell: Cell, text: str) -> list[str]:
    if cell.decision is not None:
        return locks.Locked(cell.decision).messages
    refused = text_checks.refusal(text, cell.language)
    return refused.messages if refused is not None else []


def _waits_to_be_published(record: Any) -> bool:
    """Whether what is written of a public record waits for somebody to publish it, who asks then whether it is whole."""
    return drafting.is_public(record) and isinstance(following.root_of(record), Publishable)


def _check_record(record: Any, cells: list[Cell]) -> None:
    """A record that is never without a text keeps it: its constraint says so, and so does the field."""
    if not cells or _waits_to_be_published(record) or any(cell.errors for cell in cells):
        return
    seen = type(record)(**{one.attname: getattr(record, one.attname) for one in record._meta.concrete_fields})
    for cell in cells:
        setattr(seen, cell.column, cell.typed)
    for constraint in record._meta.constraints:
        if isinstance(constraint, models.CheckConstraint):
            try:
                constraint.validate(type(record), seen)
            except ValidationError as refusal:
                emptied = [cell for cell in cells if not cell.typed] or cells
                emptied[0].errors += refusal.messages


# Writing it -----------------------------------------------------------------------------------------------------------


def _write(sheet: Sheet, chosen: Mapping[str, str], by: User) -> int:
    """First the sources, then what follows them."""
    written = 0
    with history.one_version():
        for of_source in (True, False):
            for part in sheet.parts:
                cells = [
                    cell
                    for text in part.texts
                    for cell in text.cells
                    if cell.name in chosen and cell.is_source is of_source
                ]
                written += _write_record(part.record, cells, by, as_source=of_source)
    return written


def _write_record(record: Recorded, cells: list[Cell], by: User, *, as_source: bool) -> int:
    if not cells:
        return 0
    texts = {cell.column: cell.typed or "" for cell in cells}
    try:
        if as_source:
            drafting.write(record, texts, by=by)
        else:
            with following.as_translation():
                drafting.write(record, texts, by=by)
    except ValidationError as refusal:
        _spread(refusal, cells)
        return 0
    return len(cells)


def _spread(refusal: ValidationError, cells: list[Cell]) -> None:
    """A refusal at the texts it names, or at the first of them."""
    by_column = {cell.column: cell for cell in cells}
    errors = refusal.error_dict if hasattr(refusal, "error_dict") else {"": refusal.error_list}
    for column, found in errors.items():
        cell = by_column.get(column, cells[0])
        cell.errors += [message for error in found for message in error.messages]


def _confirm(sheet: Sheet, sent: Sent, by: User) -> bool:
    """Say that a stale text is right; not where its source changed since the person saw it."""
    cell = sheet.by_name.get(sent.still_right)
    if cell is None or not cell.may_change or cell.typed is not None:
        return False
    source = sheet.text_of(cell).source
    if source is None or (source.typed is None and _changed(source, sent)) or _changed(cell, sent):
        cell.errors.append(_("This text or its source changed since you opened the page. Look at it again."))
        return False
    return drafting.still_right(cell.record, cell.field, cell.language, by=by)


# Before the public ----------------------------------------------------------------------------------------------------


def blockers(root: Any) -> list[Refusal]:
    """What else than a text keeps a root from the public: the rules that are not about languages."""
    return [refusal for refusal in root.publication_refusals() if refusal.code != "I10"]
