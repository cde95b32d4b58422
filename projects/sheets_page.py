"""The pages of spreadsheets: a template or the list down, a sheet up, a look before anything is saved, how far its taking in is."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import slugify
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from partnership import clock, formats, kept_sheets, languages, permissions
from partnership.middleware import current
from partnership.models import Protocol, User
from partnership.opening_page import REFUSED, errors_of
from projects import sheet_export, sheet_import, sheet_opening, sheet_reading, sheet_saving
from projects.models import SheetWork
from projects.sheet_import import Reading
from projects.sheet_reading import Note, Related, Row, RowState
from projects.sheets import KINDS, Column, SheetKind, Sort

SHOWN = 200
"""So many rows of each state stand on the page; the others come as a file, or when the sheet is sent again."""
MOST_CHANGES = 8
LATELY = datetime.timedelta(days=7)
_CODES = {"code", "project", "voucher", "iati_ref", "country", "dac_sector"}
_FORMS = {sheet_export.XLSX, sheet_export.CSV}


class SheetForm(forms.Form):
    """The file that a person filled."""

    file = forms.FileField(
        label=_("Spreadsheet (XLSX or CSV, at most 20 MB)"),
        error_messages={"required": _("Choose the file first."), "empty": _("The file is empty.")},
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.txt"}),
    )

    def clean_file(self) -> Any:
        """The file, if it is not too large; whether it is a spreadsheet is asked when it is read."""
        file = self.cleaned_data["file"]
        if file.size > sheet_opening.LARGEST:
            raise sheet_opening.too_large()
        return file


@dataclass(frozen=True)
class Visit:
    """Who works on which kind of records of which protocol."""

    site: AdminSite
    request: HttpRequest
    protocol: Protocol
    user: User
    kind: SheetKind

    @property
    def may_write(self) -> bool:
        """Whether the person may take sheets of this kind in."""
        return permissions.may(self.user, "change", self.protocol, self.kind.label)

    @property
    def list_url(self) -> str:
        """The list of these records."""
        opts = self.kind.model._meta
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")

    def address(self, name: str, *more: Any) -> str:
        """Of one of the pages of this kind."""
        return reverse(f"admin:{name}", args=[self.kind.code, *more])

    def page(self, template: str, **shown: Any) -> HttpResponse:
        """A page of the staff's frame."""
        status = shown.pop("status", 200)
        frame = {"kind": self.kind, "list_url": self.list_url, "sheets_url": self.address("sheets")}
        shown = {**self.site.each_context(self.request), **frame, **shown}
        return TemplateResponse(self.request, template, shown, status=status)

    def file(self, content: bytes, name: str, form: str) -> HttpResponse:
        """A file to keep."""
        answer = HttpResponse(content, content_type=sheet_export.MEDIA_TYPES[form])
        answer["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
        return answer


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of sheets, for the admin site."""
    reading, writing = partial(_visited, site, False), partial(_visited, site, True)
    views = {
        "": ("sheets", writing(upload)),
        "template.<str:form>": ("sheet_template", writing(template)),
        "export.<str:form>": ("sheet_export", reading(export)),
        "work/<int:pk>/": ("sheet_work", writing(work)),
        "<str:token>/": ("sheet_preview", writing(preview)),
        "<str:token>/errors.xlsx": ("sheet_errors", writing(errors)),
    }
    return [path(f"sheets/<str:code>/{way}", view, name=name) for way, (name, view) in views.items()]


def _visited(site: AdminSite, writing: bool, view: Any) -> Any:
    """Whoever may change records of the kind, for a list that goes out whoever may see it; to others no such page exists."""

    def visited(request: HttpRequest, code: str, **found: Any) -> HttpResponse:
        protocol, kind = current(request), KINDS.get(code)
        if protocol is None or kind is None or not isinstance(request.user, User):
            raise Http404
        if not permissions.may(request.user, "change" if writing else "view", protocol, kind.label):
            raise Http404
        answer: HttpResponse = view(Visit(site, request, protocol, request.user, kind), **found)
        return answer

    return site.admin_view(visited)


# Out ------------------------------------------------------------------------------------------------------------------


def template(visit: Visit, form: str) -> HttpResponse:
    """An empty sheet in the reader's language."""
    if form not in _FORMS:
        raise Http404
    return visit.file(sheet_export.template(visit.kind, form), slugify(visit.kind.code), form)


def export(visit: Visit, form: str) -> HttpResponse:
    """The list as its address filters, searches and sorts it."""
    own: Any = visit.site._registry.get(visit.kind.model)
    if form not in _FORMS or own is None or not own.has_view_permission(visit.request):
        raise Http404
    try:
        rows = own.get_changelist_instance(visit.request).get_queryset(visit.request)
    except IncorrectLookupParameters as unknown:
        raise Http404 from unknown
    content = sheet_export.export(visit.kind, rows, form, protocol=visit.protocol)
    name = "-".join(
        [slugify(visit.protocol.code) or "sheet", visit.kind.code, f"{clock.today(visit.protocol):%Y-%m-%d}"]
    )
    return visit.file(content, name, form)


# Back -----------------------------------------------------------------------------------------------------------------


def upload(visit: Visit) -> HttpResponse:
    """Where a template is fetched and a filled sheet is sent. Nothing is saved by sending it."""
    request = visit.request
    form = SheetForm(request.POST, request.FILES) if request.method == "POST" else SheetForm()
    if form.is_bound and form.is_valid():
        file = form.cleaned_data["file"]
        content, name = file.read(), file.name
        try:
            sheet_import.opened(content, visit.kind)
        except ValidationError as refusal:
            form.add_error("file", refusal)
        else:
            token = kept_sheets.keep(content, name, protocol=visit.protocol, by=visit.user)
            return HttpResponseRedirect(visit.address("sheet_preview", token))
    return visit.page(
        "admin/sheets.html",
        title=_("%(records)s by spreadsheet") % {"records": visit.kind.title},
        form=form,
        errors=list(errors_of(form)),
        works=sheet_saving.latest(visit.kind, protocol=visit.protocol, by=visit.user, since=LATELY),
        columns=[(column, sheet_export.hint(visit.kind, column)) for column in visit.kind.columns.values()],
        most_rows=sheet_opening.MOST_ROWS,
        status=REFUSED if form.is_bound else 200,
    )


def preview(visit: Visit, token: str) -> HttpResponse:
    """What a sheet would change, row by row; and the order to take in the ready rows and those that were confirmed."""
    key, name, content = _kept(visit, token)
    if content is None:
        return _gone(visit, key)
    if "_forget" in visit.request.POST:
        kept_sheets.forget(key)
        messages.info(visit.request, gettext("The sheet is put aside. Nothing was taken in."))
        return HttpResponseRedirect(visit.address("sheets"))
    if visit.request.method == "POST":
        done = sheet_saving.ask(key, name, visit.kind, _asked(visit.request), protocol=visit.protocol, by=visit.user)
        return HttpResponseRedirect(visit.address("sheet_work", done.pk))
    try:
        reading = sheet_import.look(content, visit.kind, protocol=visit.protocol, by=visit.user)
    except ValidationError as refusal:  # it was readable when it was sent
        messages.error(visit.request, sheet_import.told(refusal))
        return HttpResponseRedirect(visit.address("sheets"))
    return visit.page(
        "admin/sheets_preview.html",
        title=_("Look before taking in"),
        token=token,
        name=name,
        sent_at=kept_sheets.sent_at(key),
        **_shown(visit, reading),
    )


def _asked(request: HttpRequest) -> sheet_saving.Asked:
    ticked = tuple(int(number) for number in request.POST.getlist("row") if number.isdecimal())
    chosen = request.POST.get("chosen", "")
    count = int(chosen) if chosen.isdecimal() and len(chosen) < len("1000000") else sheet_opening.MOST_ROWS
    return sheet_saving.Asked(request.POST.get("shown", "")[:64], count + len(ticked), ticked)


def _kept(visit: Visit, token: str) -> tuple[str, str, bytes | None]:
    found = kept_sheets.find(token, protocol=visit.protocol, by=visit.user)
    if found is None:
        raise Http404
    return (*found, kept_sheets.content(found[0]))


def _gone(visit: Visit, key: str) -> HttpResponse:
    """A sheet that is not here any more: to how it ended, else to the start."""
    done = SheetWork.objects.filter(key=key, protocol=visit.protocol, by=visit.user, kind=visit.kind.code).first()
    if done is not None:
        return HttpResponseRedirect(visit.address("sheet_work", done.pk))
    messages.info(
        visit.request, gettext("This sheet is not here any more: it was taken in, or a week has passed. Send it again.")
    )
    return HttpResponseRedirect(visit.address("sheets"))


def errors(visit: Visit, token: str) -> HttpResponse:
    """The refused rows as a spreadsheet, each with what is wrong."""
    _key, _name, content = _kept(visit, token)
    if content is None:
        raise Http404
    try:
        reading = sheet_import.look(content, visit.kind, protocol=visit.protocol, by=visit.user)
    except ValidationError as refusal:
        raise Http404 from refusal
    return visit.file(sheet_export.errors(reading), "errors", sheet_export.XLSX)


def work(visit: Visit, pk: int) -> HttpResponse:
    """How far the taking in of a sheet is, or how it ended. Another person's is not here."""
    found = SheetWork.objects.filter(pk=pk, protocol=visit.protocol, by=visit.user, kind=visit.kind.code).first()
    if found is None:
        raise Http404
    far = sheet_saving.how_far(found) if not found.is_over else None
    return visit.page(
        "admin/sheets_work.html",
        title=_work_title(found),
        work=found,
        done=far[0] if far else 0,
        total=far[1] if far else 0,
        again=_token_again(visit, found),
    )


def _work_title(found: SheetWork) -> str:
    if not found.is_over:
        return gettext("The sheet is being taken in")
    return gettext("Nothing was taken in") if found.told else gettext("The sheet is taken in")


def _token_again(visit: Visit, found: SheetWork) -> str:
    """The address of the look at a refused sheet that is still kept; empty for any other."""
    if not found.told or kept_sheets.content(found.key) is None:
        return ""
    return visit.address(
        "sheet_preview", kept_sheets.token(found.key, found.name, protocol=visit.protocol, by=visit.user)
    )


# A row on the page ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """A cell as the page shows it: its text, and how it is marked: wrong, asked, new or nothing."""

    text: str
    mark: str
    is_figure: bool
    is_code: bool

    @property
    def direction(self) -> str:
        """Codes and figures run from left to right in Arabic too."""
        return "ltr" if self.is_figure or self.is_code else "auto"


@dataclass(frozen=True)
class ChangedCell:
    """What stands in a column and what the row says."""

    heading: str
    before: str
    after: str


@dataclass(frozen=True)
class Line:
    """A row as the page shows it."""

    row: Row
    cells: list[Cell]
    notes: list[tuple[Note, str]]
    """What is said about it, each with the headings of the columns it is about that are not shown."""
    changes: list[ChangedCell]
    more: int


def _shown(visit: Visit, reading: Reading) -> dict[str, Any]:
    lines = sorted((row for state in RowState for row in reading.of(state)[:SHOWN]), key=lambda row: row.number)
    columns = _columns(reading, lines)
    words = _Words(visit.kind, Related(visit.protocol))
    ready, confirm = len(reading.of(RowState.READY)), len(reading.of(RowState.CONFIRM))
    counted = sheet_import.counts(reading.of(RowState.READY))
    return {
        "reading": reading,
        "read": len(reading.rows) + reading.unchanged,
        "ready": ready,
        "confirm": confirm,
        "wrong": len(reading.of(RowState.ERROR)),
        "new": counted["new"],
        "changed": counted["changed"],
        "hidden": len(reading.rows) - len(lines),
        "hidden_to_confirm": max(0, confirm - SHOWN),
        "recognised": [(said, visit.kind.columns[name].heading) for name, said in reading.recognised.items()],
        "columns": [(visit.kind.columns[name], _is_figure(visit.kind.columns[name])) for name in columns],
        "width": len(columns) + 2,
        "lines": [words.line(row, columns) for row in lines],
        "take_words": _take_words(ready, confirm),
    }


def _columns(reading: Reading, lines: Sequence[Row]) -> list[str]:
    """The columns of the page: those by which a row is known again, and those that something is said about."""
    about = {name for row in lines for note in row.notes for name in note.columns}
    own = _of_reader(reading.kind.shown)
    return [name for name in reading.kind.columns if name in reading.recognised and (name in own or name in about)]


def _of_reader(names: Sequence[str]) -> set[str]:
    """Of a text in three languages, the reader's own."""
    others = tuple(f"_{code}" for code in formats.LOCALES if code != languages.current())
    return {name for name in names if not name.endswith(others)}


def _is_figure(column: Column) -> bool:
    return column.sort in {Sort.NUMBER, Sort.DAY}


class _Words:
    """Values of rows in the reader's words."""

    def __init__(self, kind: SheetKind, related: Related) -> None:
        self.kind, self.related = kind, related

    def line(self, row: Row, columns: Sequence[str]) -> Line:
        """A row for the page."""
        changes = [] if row.is_new else [self._change(row, name) for name in list(row.changes)[:MOST_CHANGES]]
        notes = [(note, self._elsewhere(note, columns)) for note in row.notes]
        more = 0 if row.is_new else max(0, len(row.changes) - MOST_CHANGES)
        return Line(row, [self._cell(row, name) for name in columns], notes, changes, more)

    def _elsewhere(self, note: Note, columns: Sequence[str]) -> str:
        return gettext(", ").join(self.kind.columns[name].heading for name in note.columns if name not in columns)

    def _cell(self, row: Row, name: str) -> Cell:
        column = self.kind.columns[name]
        value = row.values.get(name)
        text = self.said(column, value) if value is not None else sheet_reading.shown(row.cells.get(name))
        return Cell(text, _mark(row, name), _is_figure(column), name in _CODES and bool(text))

    def _change(self, row: Row, name: str) -> ChangedCell:
        column = self.kind.columns[name]
        before, after = row.changes[name]
        return ChangedCell(column.heading, self.said(column, before) or "–", self.said(column, after))

    def said(self, column: Column, value: Any) -> str:
        """A value as a page writes it."""
        if column.sort == Sort.NUMBER and isinstance(value, Decimal):
            return formats.number(value, languages.current(), column.decimals)
        if column.sort == Sort.DAY and value is not None:
            return sheet_reading.shown(value)
        return sheet_reading.shown(sheet_export.said(value, column, self.related))


def _mark(row: Row, name: str) -> str:
    about = [note for note in row.notes if name in note.columns]
    if any(note.refuses for note in about):
        return "wrong"
    if about:
        return "asked"
    return "new" if name in row.changes and not row.is_new else ""


def _take_words(ready: int, confirm: int) -> str:
    """What the button says it does."""
    if not confirm:
        said = ngettext("Take in the %(count)s ready row", "Take in the %(count)s ready rows", ready)
    elif ready:
        said = ngettext(
            "Take in the %(count)s ready row and those ticked",
            "Take in the %(count)s ready rows and those ticked",
            ready,
        )
    else:
        said = gettext("Take in the ticked rows")
    return said % {"count": ready}
