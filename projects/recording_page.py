"""The page on which a commune records a need in its own name, beside what the other one has said."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from partnership import equality, formats, languages, permissions
from partnership.awaiting import Half
from partnership.deciding_forms import ActingForm
from partnership.middleware import current
from partnership.models import Membership, Party
from partnership.opening_page import REFUSED, errors_of, mandates_for, protocol_of
from partnership.refusals import Refusal
from projects import recording
from projects.models import Need, NeedRecord

FIELDS = {"remark": "remark", "language": "language"}
"""At which field a rule is met, by its code."""


class RecordingForm(ActingForm):
    """What a commune adds in its own words, if anything."""

    remark = forms.CharField(
        label=_("what your commune adds"),
        required=False,
        max_length=recording.LONGEST,
        widget=forms.Textarea(attrs={"rows": "4", "dir": "auto"}),
        help_text=_("In your own words and language; no person’s name. It may stay empty."),
    )
    language = forms.ChoiceField(label=_("language of the remark"), choices=languages.required())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].initial = languages.current()
        self.order_fields(["acting", "remark", "language"])


def urls(site: AdminSite) -> list[URLPattern]:
    """The address of recording, for the admin site."""
    return [path("needs/<int:pk>/record/", site.admin_view(partial(record_need, site)), name="need_record")]


def address(need: Need) -> str:
    """Where a need is recorded."""
    return reverse("admin:need_record", args=[need.pk])


def held(request: HttpRequest, need: Need) -> list[Membership]:
    """The mandates under which the person can record a need, of each commune the first; none where the table gives none."""
    protocol = current(request)
    found = permissions.granting(request.user, "change", protocol, record=need) if protocol else ()
    mandates = [mandate.membership for _line, mandate in found if mandate.membership is not None]
    return list({one.organisation_id: one for one in reversed(mandates)}.values())


def record_need(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """The need word for word, both communes' records side by side, and the form of a commune that has not recorded it."""
    protocol = protocol_of(request)
    need = Need.objects.for_protocol(protocol).prefetch_related("organisations").filter(pk=pk).first()
    if need is None:
        raise Http404
    mandates = recording.still_to_record(need, mandates_for(request, "change", need))
    form = RecordingForm(request.POST if request.method == "POST" else None, mandates=mandates) if mandates else None
    if request.method == "POST":
        if form is None:
            messages.info(request, gettext("Your commune has recorded this need already."))
            return HttpResponseRedirect(_form_of(need))
        if form.is_valid() and _recorded(need, form):
            messages.success(request, _told(need, form.by))
            return HttpResponseRedirect(_form_of(need))
    context = {
        **site.each_context(request),
        "title": _("Record a need"),
        "subtitle": f"\u2066{need.code}\u2069",
        "need": need,
        "change_address": _form_of(need),
        "sides": sides_of(need),
        "form": form,
        "errors": list(errors_of(form)) if form is not None else [],
    }
    return TemplateResponse(
        request, "admin/need_record.html", context, status=REFUSED if request.method == "POST" else 200
    )


def _form_of(need: Need) -> str:
    return reverse("admin:projects_need_change", args=[need.pk])


def _recorded(need: Need, form: RecordingForm) -> bool:
    typed = form.cleaned_data
    try:
        recording.record(need, by=form.by, remark=typed["remark"], language=typed["language"])
    except Refusal as refusal:
        form.refuse(refusal, FIELDS)
        return False
    return True


def _told(need: Need, by: Membership) -> str:
    words = {"commune": by.organisation}
    if len(need.parties_that_recorded()) > 1:
        return gettext("The need is recorded in the name of %(commune)s, and so by both communes.") % words
    return gettext("The need is recorded in the name of %(commune)s. It awaits the other commune’s record.") % words


# The pair -------------------------------------------------------------------------------------------------------------


def sides_of(need: Need) -> list[tuple[Party, NeedRecord | None]]:
    """Both communes in the reader's order [I16], each with its record; no query where parties and records are prefetched."""
    known = {one.party_id: one for one in need.records.all()}
    parties = equality.ordered(list(need.protocol.parties.all()), equality.Reader(languages.current()))
    return [(party, known.get(party.pk)) for party in parties]


def pair_of(need: Need) -> list[tuple[Party, Half]]:
    """The same as halves: whether each commune has recorded the need."""
    return [(party, recorded_half(record is not None)) for party, record in sides_of(need)]


def pair_with_days(need: Need) -> list[tuple[Party, Half]]:
    """The same as halves, with the day of each record."""
    return [(party, _half_with_day(record)) for party, record in sides_of(need)]


def recorded_half(done: bool) -> Half:
    """What one commune has done, in a word or two."""
    return Half(done, gettext("recorded") if done else pgettext("recorded", "not yet"))


def _half_with_day(record: NeedRecord | None) -> Half:
    if record is None:
        return recorded_half(False)
    return Half(True, gettext("recorded on %(day)s") % {"day": formats.day(record.on, languages.current())})
