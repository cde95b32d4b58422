"""The pages by which initiatives of others are read from an IATI file: a file up, a look before anything is saved, saving in steps.

A file that was read whole is kept for a week for whoever sent it. Its preview says what is still to be saved, whatever was left
half-way; so the same address is where one looks, begins and goes on. It works without a script.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from partnership import formats, kept_sheets, languages, permissions, sheet_files
from partnership.middleware import current
from partnership.models import Protocol, User
from partnership.opening_page import REFUSED, errors_of
from projects import iati_import, iati_reading
from projects.iati_import import Judged, RowState, Survey, Work
from projects.iati_rows import Reason

MODEL = "projects.initiative"
KEPT = "iati_kept"
"""Where the session remembers the file that was sent last, so that whoever left finds it again."""
EVERYWHERE = "everywhere"
NOT_HERE = _("This file is not here any more: it was put aside, or a week has passed. Send it again.")


class FileForm(forms.Form):
    """An IATI activity file. Whether it is one is asked when it is read."""

    file = forms.FileField(
        label=_("IATI activity file (XML, version 2.03, at most 20 MB)"),
        error_messages={
            "required": _("Choose the file first."),
            "empty": _("The file is empty. Choose another."),
        },
        widget=forms.FileInput(attrs={"accept": ".xml,application/xml,text/xml"}),
    )

    def clean_file(self) -> Any:
        """The file, if it is not too large to be read."""
        file = self.cleaned_data["file"]
        if file.size > iati_reading.LARGEST:
            raise ValidationError(_("The file is larger than 20 MB. Ask the publisher for a smaller part of it."))
        return file


@dataclass(frozen=True)
class Visit:
    """Who reads files for which protocol."""

    site: AdminSite
    request: HttpRequest
    protocol: Protocol
    user: User

    @property
    def everywhere(self) -> bool:
        """Whether activities outside the territories of both communes are taken over too."""
        return bool((self.request.POST if self.request.method == "POST" else self.request.GET).get(EVERYWHERE))

    def page(self, template: str, **shown: Any) -> HttpResponse:
        """A page of the staff's frame."""
        status = shown.pop("status", 200)
        return TemplateResponse(
            self.request, template, {**self.site.each_context(self.request), **shown}, status=status
        )


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of reading IATI files, for the admin site."""
    views = {
        "initiatives/import/": (upload, "iati_import"),
        "initiatives/import/<str:token>/": (preview, "iati_preview"),
        "initiatives/import/<str:token>/saving/": (saving, "iati_saving"),
        "initiatives/import/<str:token>/skipped.xlsx": (skipped, "iati_skipped"),
    }
    return [path(way, site.admin_view(partial(_visited, site, view)), name=name) for way, (view, name) in views.items()]


def _visited(site: AdminSite, view: Any, request: HttpRequest, **found: str) -> HttpResponse:
    """Whoever may enter initiatives; to others no such page exists."""
    protocol = current(request)
    if protocol is None or not isinstance(request.user, User):
        raise Http404
    if not permissions.may(request.user, "add", protocol, MODEL):
        raise Http404
    answer: HttpResponse = view(Visit(site, request, protocol, request.user), **found)
    return answer


def upload(visit: Visit) -> HttpResponse:
    """Where a file is sent. It is read to its end, and nothing is saved by sending it."""
    request = visit.request
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    if form.is_bound and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            token = iati_import.keep(file, file.name, protocol=visit.protocol, by=visit.user)
        except ValidationError as refusal:
            form.add_error("file", refusal)
        else:
            request.session[KEPT] = token
            return HttpResponseRedirect(reverse("admin:iati_preview", args=[token]))
    return visit.page(
        "admin/iati_import.html",
        title=_("Initiatives from an IATI file"),
        form=form,
        errors=list(errors_of(form)),
        left=_left(visit),
        status=REFUSED if form.is_bound else 200,
    )


def _left(visit: Visit) -> tuple[str, str] | None:
    """The file that was sent last and is still here, with its name."""
    token = visit.request.session.get(KEPT, "")
    found = kept_sheets.find(token, protocol=visit.protocol, by=visit.user) if token else None
    if found is None or kept_sheets.content(found[0]) is None:
        return None
    return token, found[1]


def _kept(visit: Visit, token: str) -> tuple[str, str, bytes | None]:
    found = kept_sheets.find(token, protocol=visit.protocol, by=visit.user)
    if found is None:
        raise Http404
    return (*found, kept_sheets.content(found[0]))


def _gone(visit: Visit) -> HttpResponse:
    messages.info(visit.request, NOT_HERE)
    return HttpResponseRedirect(reverse("admin:iati_import"))


def preview(visit: Visit, token: str) -> HttpResponse:
    """What a file would change, activity by activity. By POST: begin to save it, or put it aside."""
    key, name, content = _kept(visit, token)
    if content is None:
        return _gone(visit)
    if "_forget" in visit.request.POST:
        kept_sheets.forget(key)
        messages.info(visit.request, gettext("The file is put aside. What was saved from it stays."))
        return HttpResponseRedirect(reverse("admin:iati_import"))
    survey = iati_import.survey(content, visit.protocol, everywhere=visit.everywhere)
    if visit.request.method == "POST":
        work = Work(key, visit.user.pk, visit.protocol.pk, visit.everywhere, survey.total)
        return _saving_page(visit, token, name, work)
    return visit.page(
        "admin/iati_preview.html",
        title=_("Look before saving"),
        token=token,
        name=name,
        sent_at=kept_sheets.sent_at(key),
        survey=survey,
        everywhere=visit.everywhere,
        skipped_url=_skipped_url(token, everywhere=visit.everywhere),
        **_shown(visit, survey),
    )


def _skipped_url(token: str, *, everywhere: bool) -> str:
    return reverse("admin:iati_skipped", args=[token]) + (f"?{EVERYWHERE}=1" if everywhere else "")


@dataclass(frozen=True)
class Line:
    """An activity as the page shows it."""

    judged: Judged
    title: str
    language: str
    direction: str
    where: str
    period: str


def _shown(visit: Visit, survey: Survey) -> dict[str, Any]:
    parties = {party.pk: str(party) for party in visit.protocol.parties.select_related("organisation")}
    judged = sorted((one for rows in survey.shown.values() for one in rows), key=lambda one: one.row.number)
    counts = {state.value: survey.counts[state] for state in RowState}
    ready = counts[RowState.NEW] + counts[RowState.CHANGED]
    said = ngettext("Save the %(count)s initiative", "Save the %(count)s initiatives", ready)
    return {
        "lines": [_line(one, parties) for one in judged],
        "hidden": survey.total - counts[RowState.UNCHANGED] - len(judged),
        "counts": counts,
        "ready": ready,
        "reasons": [
            (Reason(code).label, count) for code, count in sorted(survey.reasons.items(), key=lambda one: -one[1])
        ],
        "save_words": said % {"count": ready},
    }


def _line(judged: Judged, parties: dict[int, str]) -> Line:
    title, language = judged.row.title
    where = " · ".join(parties[key] for key in judged.row.here if key in parties)
    return Line(judged, title, language, languages.direction(language) if language else "", where, _period(judged))


def _period(judged: Judged) -> str:
    days = [judged.row.facts.get(name, "") for name in iati_import.DAYS]
    if not any(days):
        return "–"
    said = [formats.day(datetime.date.fromisoformat(day), languages.current()) if day else "…" for day in days]
    return " – ".join(said)


def saving(visit: Visit, token: str) -> HttpResponse:
    """The next step; opened without any work under way, it leads back to the look at the file."""
    key, name, content = _kept(visit, token)
    if content is None:
        return _gone(visit)
    form = visit.request.POST.get("work", "") if visit.request.method == "POST" else ""
    work = iati_import.read(form, protocol=visit.protocol, by=visit.user)
    if work is None or work.key != key:
        return HttpResponseRedirect(reverse("admin:iati_preview", args=[token]))
    return _saving_page(visit, token, name, iati_import.step(work, content, visit.protocol, by=visit.user))


def _saving_page(visit: Visit, token: str, name: str, work: Work) -> HttpResponse:
    return visit.page(
        "admin/iati_saving.html",
        title=_("Saving initiatives"),
        token=token,
        name=name,
        work=work,
        written=iati_import.written(work),
        skipped_url=_skipped_url(token, everywhere=work.everywhere),
    )


def skipped(visit: Visit, token: str) -> HttpResponse:
    """Every activity that is skipped and why, as a spreadsheet."""
    _key, _name, content = _kept(visit, token)
    if content is None:
        raise Http404
    answer = HttpResponse(
        iati_import.report(content, visit.protocol, everywhere=visit.everywhere), content_type=sheet_files.MEDIA_TYPE
    )
    answer["Content-Disposition"] = 'attachment; filename="skipped.xlsx"'
    return answer
