"""The pages by which texts go out to a translator and come back: a spreadsheet down, a spreadsheet up, a look before anything is saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.apps import apps
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import slugify
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from partnership import (
    kept_sheets,
    languages,
    parity,
    permissions,
    sheet_files,
    sheet_texts,
    translation_queue,
    translation_sheets,
)
from partnership.middleware import current
from partnership.models import Protocol, User
from partnership.opening_page import REFUSED, errors_of
from partnership.sheet_texts import Key
from partnership.translation_sheets import Note, Reading, Row, RowState

SHOWN = 200
"""So many rows of each state stand on the page; those after them come when the sheet is sent again."""


class SheetForm(forms.Form):
    """The file that came back."""

    file = forms.FileField(
        label=_("Spreadsheet (XLSX, at most 10 MB)"),
        error_messages={
            "required": _("Choose the file first."),
            "empty": _("The file is empty. Choose the one the translator sent back."),
        },
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
    )

    def clean_file(self) -> Any:
        """The file, if it is not too large; whether it is a spreadsheet is asked when it is read."""
        file = self.cleaned_data["file"]
        if file.size > sheet_files.LARGEST:
            raise ValidationError(_("The file is larger than 10 MB. Make it smaller and choose it again."))
        return file


@dataclass(frozen=True)
class Visit:
    """Who works on which protocol's texts."""

    site: AdminSite
    request: HttpRequest
    protocol: Protocol
    user: User

    def page(self, template: str, **shown: Any) -> HttpResponse:
        """A page of the staff's frame."""
        status = shown.pop("status", 200)
        return TemplateResponse(
            self.request, template, {**self.site.each_context(self.request), **shown}, status=status
        )


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of sheets, for the admin site; before those of single records, which a sheet's would look like."""
    views = {
        "translate/sheet.xlsx": (download, "translation_sheet_download"),
        "translate/sheet/": (upload, "translation_sheet"),
        "translate/sheet/<str:token>/": (preview, "translation_sheet_preview"),
        "translate/sheet/<str:token>/errors.xlsx": (errors, "translation_sheet_errors"),
    }
    return [path(way, site.admin_view(partial(_visited, site, view)), name=name) for way, (view, name) in views.items()]


def _visited(site: AdminSite, view: Any, request: HttpRequest, **found: str) -> HttpResponse:
    """Whoever may change records of the programme; to others no such page exists."""
    protocol = current(request)
    if protocol is None or not isinstance(request.user, User):
        raise Http404
    if not permissions.may(request.user, "change", protocol):
        raise Http404
    answer: HttpResponse = view(Visit(site, request, protocol, request.user), **found)
    return answer


# Out ------------------------------------------------------------------------------------------------------------------


def download(visit: Visit) -> HttpResponse:
    """What is to translate, in one language or all; or every text of one record."""
    language = visit.request.GET.get("language", "")
    record = visit.request.GET.get("record", "")
    if language and language not in parity.LANGUAGE_NAMES:
        raise Http404
    keys = (
        _keys_of(visit, record)
        if record
        else sheet_texts.to_translate(visit.protocol, by=visit.user, language=language or None)
    )
    made = translation_sheets.sheet(keys, protocol=visit.protocol, by=visit.user)
    name = "-".join(
        filter(
            None,
            [slugify(visit.protocol.code) or "texts", slugify(record.replace(".", "-").replace("/", "-")), language],
        )
    )
    answer = HttpResponse(made.content, content_type=sheet_files.MEDIA_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    return answer


def _keys_of(visit: Visit, written: str) -> Sequence[Key]:
    label, _slash, key = written.partition("/")
    try:
        own = visit.site._registry.get(apps.get_model(label))
    except (LookupError, ValueError) as unknown:
        raise Http404 from unknown
    if own is None or not own.has_view_permission(visit.request):
        raise Http404
    record = own.get_object(visit.request, key)
    if record is None:
        raise Http404
    return sheet_texts.of_record(record)


# Back -----------------------------------------------------------------------------------------------------------------


def upload(visit: Visit) -> HttpResponse:
    """Where a sheet is fetched and where one that came back is sent. Nothing is saved by sending it."""
    request = visit.request
    form = SheetForm(request.POST, request.FILES) if request.method == "POST" else SheetForm()
    if form.is_bound and form.is_valid():
        file = form.cleaned_data["file"]
        content, name = file.read(), file.name
        try:
            translation_sheets.read(content, protocol=visit.protocol, by=visit.user)
        except ValidationError as refusal:
            form.add_error("file", refusal)
        else:
            token = kept_sheets.keep(content, name, protocol=visit.protocol, by=visit.user)
            return HttpResponseRedirect(reverse("admin:translation_sheet_preview", args=[token]))
    return visit.page(
        "admin/translation_sheet.html",
        title=_("Translations by spreadsheet"),
        form=form,
        errors=list(errors_of(form)),
        offers=_offers(visit),
        status=REFUSED if form.is_bound else 200,
    )


def _offers(visit: Visit) -> list[tuple[str, str, int]]:
    """For each language its code, its name in the reader's, and how many texts wait."""
    counts = translation_queue.counts(translation_queue.waiting(visit.user, visit.protocol))
    return [
        (code, str(name), sum(count for (language, _standing), count in counts.items() if language == code))
        for code, name in parity.LANGUAGE_NAMES.items()
    ]


def preview(visit: Visit, token: str) -> HttpResponse:
    """What a sheet would change, row by row; and its taking in, of the rows that are ready and of those that were confirmed."""
    key, name, content = _kept(visit, token)
    if content is None:
        messages.info(
            visit.request,
            gettext("This sheet is not here any more: it was taken in, or a week has passed. Send it again."),
        )
        return HttpResponseRedirect(reverse("admin:translation_sheet"))
    if "_forget" in visit.request.POST:
        kept_sheets.forget(key)
        messages.info(visit.request, gettext("The sheet is put aside. Nothing was taken in."))
        return HttpResponseRedirect(reverse("admin:translation_sheet"))
    reading = _read(visit, content)
    if reading is None:
        kept_sheets.forget(key)
        return HttpResponseRedirect(reverse("admin:translation_sheet"))
    refused = ""
    if visit.request.method == "POST":
        refused = _taken_in(visit, reading, key)
        if not refused:
            return HttpResponseRedirect(reverse("admin:translation_sheet"))
    return visit.page(
        "admin/translation_sheet_preview.html",
        title=_("Look before taking in"),
        token=token,
        name=name,
        sent_at=kept_sheets.sent_at(key),
        refused=refused,
        status=REFUSED if refused else 200,
        **_shown(reading, set(visit.request.POST.getlist("row"))),
    )


def _kept(visit: Visit, token: str) -> tuple[str, str, bytes | None]:
    found = kept_sheets.find(token, protocol=visit.protocol, by=visit.user)
    if found is None:
        raise Http404
    return (*found, kept_sheets.content(found[0]))


def _read(visit: Visit, content: bytes) -> Reading | None:
    try:
        return translation_sheets.read(content, protocol=visit.protocol, by=visit.user)
    except ValidationError as refusal:  # it was readable when it was sent
        messages.error(visit.request, " ".join(refusal.messages))
        return None


@dataclass(frozen=True)
class Line:
    """A row as the page shows it: its cells in the order of the languages, and whether it was ticked."""

    row: Row
    cells: list[tuple[str, str, str, str]]
    """Language, direction, text, and how it is marked: new, asked, wrong or nothing."""
    ticked: bool
    notes: list[tuple[Note, SafeString]]
    """What is said about it, each with the difference between two texts where it shows one."""


def _shown(reading: Reading, ticked: set[str]) -> dict[str, Any]:
    shown = {state: reading.of(state)[:SHOWN] for state in RowState}
    lines = sorted((row for rows in shown.values() for row in rows), key=lambda row: row.number)
    codes = [code for code in parity.LANGUAGE_NAMES if code in reading.recognised]
    return {
        "reading": reading,
        "read": len(reading.rows) + reading.unchanged,
        "ready": len(reading.of(RowState.READY)),
        "confirm": len(reading.of(RowState.CONFIRM)),
        "wrong": len(reading.of(RowState.ERROR)),
        "hidden": len(reading.rows) - len(lines),
        "recognised": [(heading, name) for name, heading in reading.recognised.items()],
        "columns": [(code, parity.LANGUAGE_NAMES[code]) for code in codes],
        "width": 3 + len(codes),
        "lines": [Line(row, _cells(row, codes), str(row.number) in ticked, _notes(row)) for row in lines],
        "take_words": _take_words(reading),
    }


def _notes(row: Row) -> list[tuple[Note, SafeString]]:
    return [(note, _marked(note)) for note in row.notes]


def _marked(note: Note) -> SafeString:
    """The difference in one run, so that its line ends are the text's own."""
    form = {"ins": "<ins>{}</ins>", "del": "<del>{}</del>", "": "{}"}
    return format_html_join("", "{}", ((format_html(form[one.kind], one.text),) for one in note.difference))


def _take_words(reading: Reading) -> str:
    """What the button says it does."""
    count = len(reading.of(RowState.READY))
    if not reading.of(RowState.CONFIRM):
        said = ngettext("Take in the %(count)s ready row", "Take in the %(count)s ready rows", count)
    elif count:
        said = ngettext(
            "Take in the %(count)s ready row and those ticked",
            "Take in the %(count)s ready rows and those ticked",
            count,
        )
    else:
        said = gettext("Take in the ticked rows")
    return said % {"count": count}


def _cells(row: Row, codes: Sequence[str]) -> list[tuple[str, str, str, str]]:
    return [(code, languages.direction(code), row.cells.get(code, ""), _mark(row, code)) for code in codes]


def _mark(row: Row, code: str) -> str:
    about = [note for note in row.notes if note.language == code]
    if any(note.refuses for note in about):
        return "wrong"
    if about:
        return "asked"
    return "new" if code in row.changes else ""


def _taken_in(visit: Visit, reading: Reading, key: str) -> str:
    """Take in what was ready and what was ticked; why not, where nothing was."""
    ticked = set(visit.request.POST.getlist("row"))
    if visit.request.POST.get("shown") != reading.fingerprint:
        return gettext("Something changed since you looked. Nothing was taken in; look at the rows again.")
    chosen = reading.of(RowState.READY)
    chosen += [row for row in reading.of(RowState.CONFIRM) if str(row.number) in ticked]
    if not chosen:
        return gettext("No row is ready, and none was confirmed. Nothing was taken in.")
    try:
        count = translation_sheets.take_in(chosen, by=visit.user)
    except ValidationError as refusal:
        return " ".join(refusal.messages)
    messages.success(visit.request, translation_sheets.taken_words(count))
    left = len(reading.rows) - len(chosen)
    if left:
        messages.warning(visit.request, _left_words(left))
    kept_sheets.forget(key)
    return ""


def _left_words(count: int) -> str:
    return ngettext(
        "%(count)s row was left out, since it was refused or not confirmed. Send the sheet again to see it.",
        "%(count)s rows were left out, since they were refused or not confirmed. Send the sheet again to see them.",
        count,
    ) % {"count": count}


def errors(visit: Visit, token: str) -> HttpResponse:
    """The refused rows as a spreadsheet, each with what is wrong."""
    _key, _name, content = _kept(visit, token)
    reading = _read(visit, content) if content is not None else None
    if reading is None:
        raise Http404
    answer = HttpResponse(translation_sheets.errors(reading), content_type=sheet_files.MEDIA_TYPE)
    answer["Content-Disposition"] = 'attachment; filename="errors.xlsx"'
    return answer
