"""Somebody saved what another has open: what differs is shown, one person chooses, nothing is lost and nothing overwritten."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext

from partnership import editing, mandates
from partnership.admin.comparing import Comparison, Line
from partnership.admin.opened import VERSION, opened_at
from partnership.editing import Data, Keep, Rows, Side
from partnership.history import Root
from partnership.middleware import current
from partnership.models import Change, Party, User

CHOOSING, SHOWN, DOWNLOAD = "_choosing", "_shown", "_download"
KEEP, REWRITE = "keep:", "rewrite:"
OWN = (CHOOSING, SHOWN, DOWNLOAD, "csrfmiddlewaretoken")


@dataclass(frozen=True)
class Author:
    """Whose version it is: in words, and in which commune's colour."""

    words: str
    party: Party | None


class Conflict:
    """Somebody saved what another has open: what differs, who chooses what, and what is saved then."""

    def __init__(self, model_admin: Any, request: HttpRequest, root: Root, opened: int, version: int) -> None:
        self.admin, self.request, self.root = model_admin, request, root
        self.opened, self.version = opened, version
        self.data: Data = {
            name: values
            for name, values in request.POST.lists()
            if name not in OWN and not name.startswith((KEEP, REWRITE))
        }
        kind = ContentType.objects.get_for_model(root.model)
        self.changes = list(Change.objects.filter(root_type=kind, root_id=str(root.key)).since(opened))

    def answer(self, record: Any) -> Any:
        """The page, a file of what was typed, the way back where nothing of mine differs; None where the save may go on."""
        form, self.formsets = self.admin.unbound(self.request, record)
        comparison = Comparison(form, self.formsets, self.data, self.request.FILES, self.changes)
        if DOWNLOAD in self.request.POST:
            return as_file(record, comparison)
        choosing = CHOOSING in self.request.POST
        if not choosing and not editing.clash(comparison.sides):
            return None if comparison.count(Side.THEIRS) == 0 else self._nothing_of_mine(record)
        missing = self._missing(comparison.lines) if choosing else []
        if not choosing or missing or self.request.POST.get(SHOWN) != str(self.version):
            return self._page(record, comparison, missing)
        self.request.POST = self._chosen(comparison.lines)  # type: ignore[assignment]  # as Django itself sets it
        return None

    def _nothing_of_mine(self, record: Any) -> HttpResponse:
        self.admin.message_user(
            self.request,
            gettext("Somebody saved this record while you had it open. You had changed nothing, so nothing was saved."),
            messages.INFO,
        )
        return HttpResponseRedirect(self.admin.address_of(record.pk))

    # What was chosen

    def _keep(self, line: Line) -> Keep | None:
        said = self.request.POST.get(KEEP + line.name)
        if said in set(Keep) and (said != Keep.REWRITE or line.rewritable):
            return Keep(said)
        return line.choice if said is None and line.side != Side.BOTH else None

    def _rewritten(self, line: Line) -> str | None:
        return self.request.POST.get(REWRITE + line.name) if line.rewritable else None

    def _missing(self, lines: Iterable[Line]) -> list[str]:
        """Lines without a choice, and texts that were rewritten without being chosen: the writing would be lost."""
        return [line.name for line in lines if self._keep(line) is None or self._written_in_vain(line)]

    def _written_in_vain(self, line: Line) -> bool:
        rewritten = self._rewritten(line)
        return rewritten is not None and rewritten != line.proposal and self._keep(line) != Keep.REWRITE

    def _chosen(self, lines: Iterable[Line]) -> QueryDict:
        """What is sent on as if one person had typed it, on the version that stands."""
        dropped: set[str] = set()
        again: set[str] = set()
        for line in lines:
            keep = self._keep(line)
            if line.row:
                (again if keep == Keep.MINE and line.row == "gone" else dropped if keep == Keep.THEIRS else set()).add(
                    line.name
                )
            elif keep == Keep.THEIRS:
                self.data |= line.standing
            elif keep == Keep.REWRITE:
                self.data[line.name] = [self._rewritten(line) or ""]
        for formset in self.formsets:
            self._settle_rows(formset, dropped, again)
        self.data[VERSION] = [str(self.version)]
        sent = QueryDict(mutable=True)
        for name, values in self.data.items():
            sent.setlist(name, values)
        return sent

    def _settle_rows(self, formset: Any, dropped: set[str], again: set[str]) -> None:
        rows = Rows(formset.prefix, formset.model._meta.pk.name, self.data)
        standing = {str(form.instance.pk) for form in formset.initial_forms}
        out = {
            row.place
            for row in rows.rows
            if rows.at(row) in dropped or (row.key and row.key not in standing and rows.at(row) not in again)
        }
        new = {row.place for row in rows.rows if rows.at(row) in again}
        if out or new:
            self.data = rows.without(out, as_new=new)

    # What is shown

    def _page(self, record: Any, comparison: Comparison, missing: list[str]) -> TemplateResponse:
        mine, theirs = self._authors()
        lines = [(line, self._keep(line) or line.choice, line.name in missing) for line in comparison.lines]
        context = {
            **self.admin.admin_site.each_context(self.request),
            "title": self._title(record),
            "opts": self.admin.opts,
            "original": record,
            "heading": self.admin.heading(record),
            "lines": [(line, keep, lacks, self._rewritten(line) or line.proposal) for line, keep, lacks in lines],
            "missing": missing,
            "again": CHOOSING in self.request.POST and self.request.POST.get(SHOWN) != str(self.version),
            "sent": [(name, value) for name, values in self.data.items() for value in values],
            "shown": self.version,
            "mine": mine,
            "theirs": theirs,
            "saved_at": self.changes[-1].at if self.changes else None,
            "opened_at": datetime.datetime.fromtimestamp(opened_at(self.request), datetime.UTC),
            "saved": comparison.count(Side.THEIRS, Side.BOTH),
            "typed": comparison.count(Side.MINE, Side.BOTH),
            "alike": comparison.fields - sum(not line.row for line in comparison.lines),
            "added": comparison.added,
            "uploads": any(line.upload for line in comparison.lines),
            "address": self.admin.address_of(record.pk),
            "history_address": self.admin.address_of(record.pk, "history"),
        }
        self.request.current_app = self.admin.admin_site.name
        return TemplateResponse(self.request, "admin/conflict.html", context, status=409)

    def _title(self, record: Any) -> str:
        return gettext("Two people changed this record: %(kind)s") % {"kind": record._meta.verbose_name}

    def _authors(self) -> tuple[Author, Author]:
        """Me and whoever saved last, each with the commune they act for."""
        savers = [change.by for change in self.changes]
        last = savers[-1] if savers else None
        me = self.request.user
        parties = mandates.communes_of_people(
            current(self.request), [person for person in (me, last) if isinstance(person, User)]
        )
        mine = Author(gettext("Your version, not saved"), parties.get(me.pk or 0))
        if last is None:
            return mine, Author(gettext("the platform"), None)
        if last.pk == me.pk:
            return mine, Author(gettext("yourself, in another window"), mine.party)
        return mine, Author(str(last), parties.get(last.pk))


def as_file(record: Any, comparison: Comparison) -> HttpResponse:
    """What was typed, field by field, as a plain text to take away."""
    lines = [f"{record._meta.verbose_name}: {record}", ""]
    lines += [f"{typed.label}:\n{typed.words}\n" for typed in comparison.typed]
    answer = HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
    name = f"{record._meta.model_name}-{record.pk}-{timezone.localdate():%Y-%m-%d}.txt"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
