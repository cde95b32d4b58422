"""Rows of a sheet beside what stands: what each would change, and every rule that stands against it. Nothing is saved.

The rules are those of the forms: fields and constraints of the model, the person's rights, what decisions hold fast [I4], when money
may move [I5]. Rules are asked for all rows together wherever that saves queries.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import F, Q, prefetch_related_objects
from django.utils.translation import gettext

from partnership import drafting, languages, locks, parity, permissions
from partnership.models import Protocol, User
from partnership.refusals import reason
from projects import carrying_out, sheet_finding, spending
from projects.models import Transaction, TransactionKind
from projects.sheet_reading import Related, Row, tidy
from projects.sheets import ACTIVITIES, BUDGET_LINES, PROJECTS, TRANSACTIONS, Column, SheetKind, Sort

MONEY_COLUMNS = {
    spending.EXECUTION: "on",
    spending.SUSPENDED: "kind",
    spending.RATE: "currency",
    spending.AMENDED: "planned",
}
"""At which column a rule about money is met, by its code."""
AT_ONCE = 2000


def judge(kind: SheetKind, rows: Sequence[Row], related: Related, by: User) -> None:
    """Give each row its record, what it would change, its errors and its questions."""
    sheet_finding.find(kind, rows, related)
    found = [row for row in rows if row.record is not None]
    _read_beside(kind, [row.record for row in found if not row.is_new])
    for row in found:
        _compare(kind, row)
    changed = [row for row in found if row.changes]
    _refuse_without_right(kind, changed, related.protocol, by)
    _refuse_locked([row for row in changed if not row.is_new])
    _ask_money_first(kind, changed)
    checks = Checks(kind)
    for row in changed:
        _apply(kind, row)
        checks.ask(row)
        if row.taken_for:
            row.ask(row.taken_for)
    _ask_carrying_out(kind, changed, related)
    _ask_money(kind, changed, related)


def _read_beside(kind: SheetKind, records: Sequence[Any]) -> None:
    """The waiting texts and the links of the records that stand, one query for each sort."""
    drafting.lay_over(records)
    links = [name for name, column in kind.columns.items() if column.sort == Sort.MANY]
    if records and links:
        prefetch_related_objects(records, *links, "targets")
    if records and kind is ACTIVITIES:
        prefetch_related_objects(records, "changes__assessment", "prepares")


# What would change ----------------------------------------------------------------------------------------------------


def _compare(kind: SheetKind, row: Row) -> None:
    for name, value in row.values.items():
        column = kind.columns[name]
        if column.finds or (column.name == "project" and not row.is_new):
            continue
        before = present(row.record, column)
        if row.is_new or before != value:
            row.changes[name] = (before, value)


def present(record: Any, column: Column) -> Any:
    """What stands in a record's column, as staff read it, in the form in which a cell is read."""
    if column.language:
        return tidy(column, drafting.text_of(record, column.name)) if record.pk else ""
    if column.sort in {Sort.MANY, Sort.WORDS}:
        return _links(record, column)
    if column.sort == Sort.ONE:
        return getattr(record, column.field.attname)
    value = getattr(record, column.name)
    return tidy(column, value or "") if column.sort == Sort.TEXT else value


def _links(record: Any, column: Column) -> frozenset[Any]:
    if record.pk is None:
        return frozenset()
    if column.sort == Sort.WORDS:
        return frozenset(target.group for target in record.targets.all())
    return frozenset(one.pk for one in getattr(record, column.name).all())


def _apply(kind: SheetKind, row: Row) -> None:
    """Write the changes into the record in hand; texts of a public one are set aside [I10]. Links are written when it is saved."""
    texts = {name: after for name, (_before, after) in row.changes.items() if kind.columns[name].language}
    if not row.is_new and (drafting.is_public(row.record) or drafting.would_be_public(row.record, texts)):
        row.waiting = texts
    for name, (_before, after) in row.changes.items():
        column = kind.columns[name]
        if name in row.waiting or column.sort in {Sort.MANY, Sort.WORDS}:
            continue
        setattr(row.record, column.field.attname if column.sort == Sort.ONE else name, after)


# Rights and decisions -------------------------------------------------------------------------------------------------


def _refuse_without_right(kind: SheetKind, rows: Iterable[Row], protocol: Protocol, by: User) -> None:
    may_add = permissions.may(by, "add", protocol, kind.label)
    for row in rows:
        if row.is_new and not may_add:
            row.refuse(gettext("Your mandate does not let you enter new records of this kind."))
        elif not row.is_new and not permissions.may(by, "change", protocol, record=row.record):
            row.refuse(gettext("Your mandate does not let you change this record."))


def _refuse_locked(rows: Sequence[Row]) -> None:
    """What a decision holds fast changes by another decision only [I4]."""
    for row, held in zip(rows, locks.on_each([row.record for row in rows]), strict=True):
        for lock in held:
            touched = [name for name in row.changes if name in lock.fields or name.rpartition("_")[0] in lock.fields]
            if touched:
                row.refuse(" ".join(locks.Locked(lock.decision).messages), *touched)


# Fields and constraints -----------------------------------------------------------------------------------------------


class Checks:
    """The model's own rules, asked of many records: in Python where a rule only compares columns, else of the database."""

    def __init__(self, kind: SheetKind) -> None:
        self.kind, self.model = kind, kind.model
        self.translated = set(parity.translated_fields(kind.model))
        self.constraints = [
            (constraint, list(dict.fromkeys(_fields_of(getattr(constraint, "condition", None)))))
            for constraint in self.model._meta.constraints
            if constraint.name not in kind.identity
        ]

    def ask(self, row: Row) -> None:
        """Ask every rule about a row's record as it would be."""
        self._ask_fields(row)
        self._ask_first_text(row)
        for name, text in row.waiting.items():
            refusal = drafting.too_long(row.record, name, text)
            if refusal is not None:
                row.refuse(" ".join(refusal.messages), name)
        for constraint, names in self.constraints:
            if isinstance(constraint, models.CheckConstraint) and surely_met(constraint.condition, row.record):
                continue
            try:
                constraint.validate(self.model, row.record)
            except ValidationError as refused:
                self._refuse(row, " ".join(refused.messages), names)

    def _ask_fields(self, row: Row) -> None:
        asked = [field for field in self.model._meta.fields if self._is_asked(field, row)]
        passed = {field.name for field in self.model._meta.fields} - {field.name for field in asked}
        try:
            row.record.clean_fields(exclude=passed)
            row.record.clean()
        except ValidationError as refused:
            for name, errors in refused.update_error_dict({}).items():
                for error in errors:
                    self._refuse(
                        row,
                        " ".join(str(message) for message in error.messages),
                        [] if name == NON_FIELD_ERRORS else [name],
                    )

    def _ask_first_text(self, row: Row) -> None:
        """The text by which a record is known, without which it cannot be saved even as a draft."""
        for field in tuple(getattr(self.model, "REQUIRED_TEXTS", ()))[:1] if row.is_new else ():
            names = [parity.column(field, code) for code in settings.REQUIRED_LANGUAGES]
            if not any(parity.has_text(row.values.get(name)) for name in names):
                row.refuse(gettext("Enter this text in at least one language."), *(n for n in names if n in row.cells))

    def _is_asked(self, field: models.Field[Any, Any], row: Row) -> bool:
        """Records that cells name are there; of a record that stands, only what changes is asked."""
        if field.remote_field is not None or field.name in self.translated or not field.editable:
            return False
        return field.name in row.changes or (row.is_new and field.name in self.kind.columns)

    def _refuse(self, row: Row, sentence: str, names: Sequence[str]) -> None:
        columns = [name for name in names if name in row.cells]
        row.refuse(sentence, *([name for name in columns if name in row.changes] or columns)[:1])


def _fields_of(condition: Any) -> Iterator[str]:
    """The columns that a condition asks about, by attribute."""
    if isinstance(condition, Q):
        for child in condition.children:
            yield from _fields_of(child)
    elif isinstance(condition, tuple):
        yield condition[0].partition("__")[0]
        yield from _fields_of(condition[1])
    elif isinstance(condition, F):
        yield vars(condition)["name"]


_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "": operator.eq,
    "exact": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "in": lambda value, among: value in among,
    "range": lambda value, ends: ends[0] <= value <= ends[1],
}


def surely_met(condition: Any, record: Any) -> bool:
    """Whether a record meets a constraint without doubt. Where it does not, or only the database can say, that one is asked."""
    try:
        return _stands(condition, record) is not False
    except (LookupError, TypeError, FieldDoesNotExist):
        return False


def _stands(condition: Any, record: Any) -> bool | None:
    """Whether a record meets a condition, as SQL judges it: None where an empty column leaves it open."""
    if isinstance(condition, Q):
        answers = [_stands(child, record) for child in condition.children]
        met = _any(answers) if condition.connector == Q.OR else _not(_any([_not(answer) for answer in answers]))
        return _not(met) if condition.negated else met
    name, lookup, other = _parts(condition)
    value = _value(record, name)
    other = _value(record, vars(other)["name"]) if isinstance(other, F) else other
    if lookup == "isnull":
        return (value is None) is other
    return None if value is None or other is None else _COMPARED[lookup](value, other)


def _parts(condition: Any) -> tuple[str, str, Any]:
    """The column, the comparison and its other side. Raises TypeError for what is no comparison."""
    if not isinstance(condition, tuple):
        raise TypeError("no comparison")
    name, _underscores, lookup = condition[0].partition("__")
    return name, lookup, condition[1]


def _value(record: Any, name: str) -> Any:
    return getattr(record, record._meta.get_field(name).attname)


def _any(answers: Sequence[bool | None]) -> bool | None:
    if True in answers:
        return True
    return None if None in answers else False


def _not(answer: bool | None) -> bool | None:
    return None if answer is None else not answer


# Plans and carrying out -----------------------------------------------------------------------------------------------


def _ask_carrying_out(kind: SheetKind, rows: Iterable[Row], related: Related) -> None:
    """Days lie within the project's and the plan's; an activity begins while its project is under way [I5]."""
    for row in rows:
        if any(note.refuses for note in row.notes):
            continue
        found: carrying_out.Against = {}
        if kind is ACTIVITIES:
            found = _against_activity(row)
        elif kind is PROJECTS:
            row.record.plan = related.plans.get(row.record.plan_id)
            found = carrying_out.against_project_dates(row.record)
        for name, refusals in found.items():
            column = name if name in kind.columns else parity.column(name, languages.current())
            for refusal in refusals:
                row.refuse(" ".join(str(message) for message in refusal.messages), *[column] * (column in kind.columns))


def _against_activity(row: Row) -> carrying_out.Against:
    cells, prepares = ([], []) if row.is_new else (list(row.record.changes.all()), list(row.record.prepares.all()))
    return carrying_out.against(row.record, cells=cells, prepares=prepares, says=partial(_says, row))


def _says(row: Row, field: str) -> bool:
    """Whether the row, or what stands, says a text in at least one language."""
    columns = [parity.column(field, code) for code in settings.REQUIRED_LANGUAGES]
    typed = any(parity.has_text(row.values.get(name)) for name in columns)
    return typed or (not row.is_new and any(parity.has_text(drafting.text_of(row.record, name)) for name in columns))


# Money ----------------------------------------------------------------------------------------------------------------


def _ask_money_first(kind: SheetKind, rows: Sequence[Row]) -> None:
    """What an amended budget keeps: asked while the line still says what stands."""
    if kind is not BUDGET_LINES:
        return
    for row in rows:
        after = {name: row.changes.get(name, (None, getattr(row.record, name)))[1] for name in ("planned", "currency")}
        refusal = (
            None
            if row.is_new
            else spending.against_amending(row.record, has_reason=_says(row, "amended_reason"), **after)
        )
        if refusal is not None:
            row.refuse(_sentence(refusal), MONEY_COLUMNS.get(str(refusal.code), "planned"))


def _ask_money(kind: SheetKind, rows: Sequence[Row], related: Related) -> None:
    if kind is TRANSACTIONS:
        movements = [row for row in rows if not any(note.refuses for note in row.notes)]
        for row, refusals in zip(movements, spending.against([row.record for row in movements]), strict=True):
            for refusal in refusals:
                row.refuse(_sentence(refusal), MONEY_COLUMNS.get(str(refusal.code), "amount"))
        _refuse_overspending([row for row in movements if not any(note.refuses for note in row.notes)])
        _ask_about_vouchers(rows, related)
    elif kind is BUDGET_LINES:
        lowered = [row for row in rows if not row.is_new and {"planned", "currency"} & row.changes.keys()]
        by_line = {row.record.pk: row for row in lowered}
        for found in spending.overspent([row.record for row in lowered]) if lowered else ():
            if not _says(by_line[found.line.pk], "overspent_reason"):
                by_line[found.line.pk].refuse(found.question(), "planned")


def _sentence(refusal: Any) -> str:
    named = refusal.code in {spending.EXECUTION, spending.SUSPENDED}
    return reason(refusal) if named else " ".join(str(message) for message in refusal.messages)


def _refuse_overspending(rows: Sequence[Row]) -> None:
    """More spent on a line than planned is explained on the line first; every row that spends on it says so."""
    moved = [row for row in rows if spending.says_something_new(row.record)]
    lines = {row.record.line_id: row.record.line for row in moved}
    if not lines:
        return
    drafting.lay_over(lines.values())
    over = {found.line.pk: found for found in spending.overspent(list(lines.values()), [row.record for row in moved])}
    open_questions = {key: found for key, found in over.items() if not spending.is_explained(found.line)}
    for row in moved:
        found = open_questions.get(row.record.line_id)
        if found is not None and row.record.kind == TransactionKind.EXPENDITURE:
            where = gettext("The reason is written on the budget line, number %(number)s.") % {"number": found.line.pk}
            row.refuse(f"{found.question()} {where}", "amount")


def _ask_about_vouchers(rows: Sequence[Row], related: Related) -> None:
    """One voucher on two lines: a bill may be shared, or was entered twice."""
    fresh = [row for row in rows if row.is_new]
    lines_of: dict[str, set[int]] = {}
    for row in fresh:
        lines_of.setdefault(row.record.voucher, set()).add(row.record.line_id)
    vouchers = sorted(lines_of)
    for start in range(0, len(vouchers), AT_ONCE):
        known = Transaction.objects.filter(
            line__project__protocol=related.protocol, voucher__in=vouchers[start : start + AT_ONCE]
        )
        for voucher, line in known.values_list("voucher", "line"):
            lines_of[voucher].add(line)
    for row in fresh:
        others = lines_of[row.record.voucher] - {row.record.line_id}
        if others:
            numbers = gettext(", ").join(str(line) for line in sorted(others))
            row.ask(
                gettext(
                    "This voucher stands on another line too (number %(numbers)s). Is the bill shared between them?"
                )
                % {"numbers": numbers},
                "voucher",
            )
