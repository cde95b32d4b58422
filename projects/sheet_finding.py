"""Which record a row of a sheet belongs to: by its code, voucher or number; without one, by what nobody writes twice. Else a new one.

Each kind reads the records it may need in a few queries, however many rows there are.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext

from partnership import parity
from partnership.models import Organisation
from partnership.normaliser import normalise
from projects import sheets
from projects.models import Activity, BudgetLine, Project, Transaction
from projects.sheet_reading import Related, Row
from projects.sheets import LINE, NUMBER

AT_ONCE = 2000


def find(kind: sheets.SheetKind, rows: Sequence[Row], related: Related) -> None:
    """Give each row its record: the one that stands, or a new one. What cannot be told is an error of the row."""
    _FINDERS[kind.code](rows, related)
    _refuse_twice(rows)


def _refuse_twice(rows: Iterable[Row]) -> None:
    """One record in two rows: which one is meant, only the sheet's owner knows."""
    first: dict[Hashable, Row] = {}
    for row in rows:
        if row.identity is None:
            continue
        earlier = first.setdefault(row.identity, row)
        if earlier is not row:
            for one, other in ((earlier, row), (row, earlier)):
                sentence = gettext("Row %(number)s is about the same record. Keep one of them.") % {
                    "number": other.number
                }
                if all(note.sentence != sentence for note in one.notes):
                    one.refuse(sentence)


def _by_key(model: Any, keys: Iterable[Any], path: str, related: Related) -> dict[Any, Any]:
    wanted = [key for key in set(keys) if key is not None and 0 < key < 2**31]
    scope = {path: related.protocol.pk} if path else {}
    return {record.pk: record for record in model._default_manager.filter(pk__in=wanted, **scope)}


def _no_such_number(row: Row, name: str) -> None:
    row.refuse(gettext("Nothing here has this number. Leave the cell empty for a new record."), name)


# Projects -------------------------------------------------------------------------------------------------------------


def _projects(rows: Sequence[Row], related: Related) -> None:
    by_code = {project.code: project for project in related.projects.values()}
    for row in rows:
        code = row.values.get("code")
        if code is None:
            row.refuse_once(gettext("The row does not say which project it is about."), "code")
            continue
        row.identity = ("project", code)
        row.record = by_code.get(code) or Project(protocol=related.protocol, code=code)


# Budget lines ---------------------------------------------------------------------------------------------------------


def _budget_lines(rows: Sequence[Row], related: Related) -> None:
    for row in rows:
        number = row.values.get(NUMBER)
        if number is not None:
            row.record = related.lines.get(number)
            if row.record is None:
                _no_such_number(row, NUMBER)
        else:
            _line_without_number(row, related)
        if row.record is not None:
            _give_project(row, related)
            row.identity = _identity(row, "project_id", "category", "year", "funder_id", "label")


def _line_without_number(row: Row, related: Related) -> None:
    same = [line for line in related.lines_of_project.get(row.values.get("project", 0), []) if _is_line(row, line)]
    same = [line for line in same if _same_texts(row, line, "label")] or (same if not _texts(row, "label") else [])
    if len(same) > 1:
        row.refuse(_several(same), NUMBER)
    elif same:
        row.record = same[0]
        row.taken_for = gettext(
            "No number stands here. It is taken for line %(number)s, which has the same project, purpose, year and funder."
        ) % {"number": same[0].pk}
    elif _whole(row, ("project", "category", "year", "funder", "planned")):
        row.record = BudgetLine()


def _is_line(row: Row, line: BudgetLine) -> bool:
    said = {name: row.values.get(name) for name in ("category", "year", "funder")}
    return (said["category"], said["year"], said["funder"]) == (line.category, line.year, line.funder_id)


def _several(lines: Sequence[Any]) -> str:
    return gettext("Several records agree with this row. Write the number of the one that is meant: %(numbers)s.") % {
        "numbers": gettext(", ").join(str(line.pk) for line in lines[:10])
    }


# Transactions ---------------------------------------------------------------------------------------------------------


def _transactions(rows: Sequence[Row], related: Related) -> None:
    found: dict[tuple[int, str], Transaction] = {}
    vouchers = sorted({row.values["voucher"] for row in rows if "voucher" in row.values})
    for start in range(0, len(vouchers), AT_ONCE):
        part = Transaction.objects.filter(
            line__project__protocol=related.protocol, voucher__in=vouchers[start : start + AT_ONCE]
        )
        found |= {(one.line_id, one.voucher): one for one in part}
    for row in rows:
        line = _line_of(row, related)
        voucher = row.values.get("voucher")
        if voucher is None:
            row.refuse_once(gettext("Every transaction has the number of its voucher."), "voucher")
        if line is None or voucher is None:
            continue
        row.identity = ("transaction", line.pk, voucher)
        known = found.get((line.pk, voucher))
        if known is None and _whole(row, ("kind", "on", "amount")):
            row.record = Transaction(line=line, currency=line.currency, payer_id=line.funder_id, voucher=voucher)
        elif known is not None:
            known.line = line
            row.record = known


def _line_of(row: Row, related: Related) -> BudgetLine | None:
    """The budget line a transaction belongs to; what cannot be told is an error of the row."""
    project, number = row.values.get("project"), row.values.get(LINE)
    if number is not None:
        line = related.lines.get(number)
        if line is None:
            row.refuse(gettext("No budget line here has this number."), LINE)
        elif project is not None and line.project_id != project:
            row.refuse(gettext("This line belongs to another project than the row says."), LINE, "project")
            return None
        return line
    if project is None:
        row.refuse_once(gettext("The row does not say to which project or budget line it belongs."), "project")
        return None
    return _only_line(row, related.lines_of_project.get(project, []))


def _only_line(row: Row, lines: Sequence[BudgetLine]) -> BudgetLine | None:
    said = {name: row.values[name] for name in ("category", "year", "funder") if name in row.values}
    agreeing = [
        line
        for line in lines
        if all(getattr(line, "funder_id" if name == "funder" else name) == value for name, value in said.items())
    ]
    day = row.values.get("on")
    if len(agreeing) > 1 and "year" not in said and day is not None:
        agreeing = [line for line in agreeing if line.year == day.year] or agreeing
    if len(agreeing) == 1:
        return agreeing[0]
    if agreeing:
        row.refuse(
            gettext("Several budget lines agree with this row. Write the number of the one that is meant: %(numbers)s.")
            % {"numbers": gettext(", ").join(str(line.pk) for line in agreeing[:10])},
            LINE if LINE in row.cells else "project",
        )
    else:
        row.refuse(
            gettext("The project has no such budget line. Enter it first, or correct purpose, year or funder."),
            *(said or ("project",)),
        )
    return None


# Organisations --------------------------------------------------------------------------------------------------------


def _organisations(rows: Sequence[Row], related: Related) -> None:
    by_key = _by_key(Organisation, (row.values.get(NUMBER) for row in rows), "", related)
    by_name: dict[tuple[str, str], list[Organisation]] = {}
    by_ref: dict[str, Organisation] = {}
    for one in _maybe_meant(rows):
        by_ref[one.iati_ref] = one
        for code in settings.REQUIRED_LANGUAGES:
            by_name.setdefault((code, normalise(getattr(one, parity.column("name", code)) or "")), []).append(one)
    for row in rows:
        if NUMBER in row.values:
            row.record = by_key.get(row.values[NUMBER])
            if row.record is None:
                _no_such_number(row, NUMBER)
        else:
            _organisation_without_number(row, by_ref, by_name)
        if row.record is not None:
            row.identity = _identity(row, "name")


def _maybe_meant(rows: Sequence[Row]) -> list[Organisation]:
    """Organisations that bear a name or an identifier of the sheet."""
    meant = Q(iati_ref__in=[row.values["iati_ref"] for row in rows if "iati_ref" in row.values])
    for code in settings.REQUIRED_LANGUAGES:
        names = [normalise(row.values[name]) for row in rows if (name := parity.column("name", code)) in row.values]
        meant |= Q(**{f"sort_{code}__in": names})
    return list(Organisation.objects.filter(meant).order_by("pk"))


def _organisation_without_number(
    row: Row, by_ref: dict[str, Organisation], by_name: dict[tuple[str, str], list[Organisation]]
) -> None:
    reference = row.values.get("iati_ref")
    found = [by_ref[reference]] if reference in by_ref else []
    names = [
        (code, normalise(row.values[name]))
        for code in settings.REQUIRED_LANGUAGES
        if (name := parity.column("name", code)) in row.values
    ]
    alike = {one.pk: one for name in names for one in by_name.get(name, ())}
    found = found or list(alike.values())
    if len(found) > 1:
        row.refuse(_several(found), NUMBER)
    elif found:
        row.record = found[0]
        row.taken_for = gettext(
            "No number stands here. It is taken for “%(record)s”, which has the same name or identifier."
        ) % {"record": found[0]}
    elif _whole(row, ("name_ar", "name_fr", "name_nl", "kind", "level", "country")):
        row.record = Organisation()


# Activities -----------------------------------------------------------------------------------------------------------


def _activities(rows: Sequence[Row], related: Related) -> None:
    projects = {row.values["project"] for row in rows if "project" in row.values}
    by_project: dict[int, list[Activity]] = {}
    for one in Activity.objects.filter(project__in=projects).order_by("pk"):
        by_project.setdefault(one.project_id, []).append(one)
    by_key = _by_key(Activity, (row.values.get(NUMBER) for row in rows), "project__protocol", related)
    for row in rows:
        if NUMBER in row.values:
            row.record = by_key.get(row.values[NUMBER])
            if row.record is None:
                _no_such_number(row, NUMBER)
        else:
            _activity_without_number(row, by_project.get(row.values.get("project", 0), []))
        if row.record is not None:
            _give_project(row, related)
            row.identity = _identity(row, "project_id", "planned_start", "title")


def _activity_without_number(row: Row, near: Sequence[Activity]) -> None:
    same = [
        one for one in near if one.planned_start == row.values.get("planned_start") and _same_texts(row, one, "title")
    ]
    if len(same) > 1:
        row.refuse(_several(same), NUMBER)
    elif same:
        row.record = same[0]
        row.taken_for = gettext(
            "No number stands here. It is taken for activity %(number)s, which has the same project, title and first day."
        ) % {"number": same[0].pk}
    elif _whole(row, ("project", "planned_start", "planned_end")):
        row.record = Activity()


# What they share ------------------------------------------------------------------------------------------------------


def _give_project(row: Row, related: Related) -> None:
    """The record with its project in hand, so that no later question asks for it. It stays in the project where it stands."""
    said = row.values.get("project")
    key = row.record.project_id or said
    if key in related.projects:
        row.record.project = related.projects[key]
    if said is not None and said != key:
        row.refuse(
            gettext("This record belongs to another project. A sheet moves nothing from one project to another."),
            "project",
        )


def _whole(row: Row, names: Iterable[str]) -> bool:
    """Whether a new record has what it cannot be without; what is missing is an error of the row."""
    missing = [name for name in names if name not in row.values]
    said = {name for note in row.notes if note.refuses for name in note.columns}
    empty = [name for name in missing if name not in said]
    if empty:
        row.refuse(gettext("A new record needs this cell filled."), *empty)
    return not missing


def _texts(row: Row, field: str) -> dict[str, str]:
    """What a row says in a text, by language."""
    columns = {code: parity.column(field, code) for code in settings.REQUIRED_LANGUAGES}
    return {code: row.values[name] for code, name in columns.items() if name in row.values}


def _same_texts(row: Row, record: Any, field: str) -> bool:
    """Whether every language that a row says, at least one, is what stands."""
    said = _texts(row, field)
    return bool(said) and all(
        normalise(text) == normalise(getattr(record, parity.column(field, code)) or "") for code, text in said.items()
    )


def _identity(row: Row, *names: str) -> Hashable:
    """What two rows share that are about one record: the record itself, or for new ones what nobody writes twice."""
    if row.record.pk is not None:
        return (row.record._meta.label, row.record.pk)
    said: list[Hashable] = []
    for name in names:
        texts = _texts(row, name)
        said.append(
            tuple(sorted((code, normalise(text)) for code, text in texts.items()))
            if texts
            else row.values.get(name.removesuffix("_id"))
        )
    return ("new", *said)


_FINDERS: dict[str, Callable[[Sequence[Row], Related], None]] = {
    sheets.PROJECTS.code: _projects,
    sheets.BUDGET_LINES.code: _budget_lines,
    sheets.TRANSACTIONS.code: _transactions,
    sheets.ORGANISATIONS.code: _organisations,
    sheets.ACTIVITIES.code: _activities,
}
