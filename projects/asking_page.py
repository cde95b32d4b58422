"""The staff page of one responsibility: ask the organisation by mail, on paper or by a link; enter an answer; a commune's own yes or no."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from partnership import languages, links, number_fields, permissions, uploads
from partnership.deciding_forms import ActingForm
from partnership.forms import day_box
from partnership.links import Issued
from partnership.models import Membership, User
from partnership.opening_page import REFUSED, errors_of, protocol_of
from partnership.refusals import Refusal
from projects import accepting
from projects.acceptance_page import ACCEPT, DECLINE, LONGEST
from projects.accepting import Answer
from projects.models import Involvement

WAYS = ("mail", "paper", "link")
FIELDS = {"address": "address", "on": "on", "seen": "answer"}
"""At which field a rule is met, by its code."""


class AskingForm(forms.Form):
    """Where a mail goes; the address of the public contact unless another is typed."""

    address = forms.EmailField(label=_("the organisation’s e-mail address"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.fields["address"].widget.attrs |= {"dir": "ltr", "autocomplete": "off"}


ANSWERS = [
    (ACCEPT, pgettext_lazy("responsibility", "Accepted")),
    (DECLINE, pgettext_lazy("responsibility", "Declined")),
]


class PaperForm(ActingForm):
    """An answer that came on paper."""

    answer = forms.ChoiceField(label=_("what the paper says"), choices=ANSWERS, widget=forms.RadioSelect)
    on = number_fields.Day(label=_("date on the paper"), widget=day_box())
    scan = forms.FileField(
        label=_("scan"),
        required=False,
        validators=[uploads.validate_upload],
        help_text=_("Kept among the project’s documents, for staff only."),
    )


class OwnForm(ActingForm):
    """A commune's own yes or no."""

    answer = forms.ChoiceField(label=_("your commune’s answer"), choices=ANSWERS, widget=forms.RadioSelect)
    words = forms.CharField(
        label=_("a word to the other commune, if you like"),
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": "3", "dir": "auto"}),
    )
    language = forms.ChoiceField(label=_("language of these words"), choices=languages.required())
    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, seen: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen"].initial = seen
        self.fields["language"].initial = languages.current()


def urls(site: AdminSite) -> list[URLPattern]:
    """The address of a responsibility, for the admin site."""
    return [path("responsibilities/<int:pk>/", site.admin_view(partial(responsibility, site)), name="responsibility")]


def address_of(involvement: Involvement) -> str:
    """Where a responsibility is asked for and answered."""
    return reverse("admin:responsibility", args=[involvement.pk])


@sensitive_variables("issued")
def responsibility(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """Show a responsibility with what can be done about it, and do one of these things."""
    involvement, mandates = _found(request, pk)
    page = _Page(site, request, involvement, mandates)
    if request.method != "POST":
        return page.show()
    way = request.POST.get("way", "")
    if way in WAYS:
        return page.ask(way)
    if way == "answered" and page.paper is not None:
        return page.enter_paper()
    if way == "own" and page.own is not None:
        return page.enter_own()
    return page.show(status=REFUSED)


def _found(request: HttpRequest, pk: int) -> tuple[Involvement, list[Membership]]:
    """The responsibility, and the mandates of communes under which the person acts. Raises Http404 out of reach."""
    protocol = protocol_of(request)
    rows = Involvement.objects.for_protocol(protocol).select_related("organisation", "project__protocol")
    found = rows.filter(pk=pk).first()
    if found is None or not permissions.may(request.user, "change", protocol, record=found.project):
        raise Http404
    granted = permissions.granting(request.user, "change", protocol, None, found.project)
    held = [mandate.membership for _line, mandate in granted if mandate.membership is not None]
    return found, list({membership.organisation_id: membership for membership in reversed(held)}.values())


class _Page:
    """The page of one request: its forms, and what each of them does."""

    def __init__(
        self, site: AdminSite, request: HttpRequest, involvement: Involvement, mandates: list[Membership]
    ) -> None:
        self.site, self.request, self.involvement = site, request, involvement
        self.is_commune = accepting.is_commune(involvement)
        way = request.POST.get("way", "") if request.method == "POST" else ""
        own = [held for held in mandates if held.organisation_id == involvement.organisation_id]
        may_enter = own if self.is_commune else mandates
        self.asking = AskingForm(
            request.POST if way in WAYS else None, initial={"address": accepting.address_known(involvement)}
        )
        bound = (request.POST, request.FILES) if way == "answered" else (None, None)
        self.paper = PaperForm(*bound, mandates=may_enter, prefix="paper") if may_enter else None
        seen = accepting.digest_of(involvement)
        typed = request.POST if way == "own" else None
        self.own = OwnForm(typed, mandates=own, seen=seen, prefix="own") if own and self.is_commune else None

    def show(self, issued: Issued | None = None, *, status: int = 200) -> HttpResponse:
        """The page; a link that was just made is shown this once."""
        forms_here = [form for form in (self.asking, self.paper, self.own) if form is not None]
        language = self._language()
        protocol = self.involvement.project.protocol
        context = {
            **self.site.each_context(self.request),
            "title": _("A responsibility and its answer"),
            "involvement": self.involvement,
            "project": self.involvement.project,
            "is_commune": self.is_commune,
            "asking": self.asking,
            "paper": self.paper,
            "own": self.own,
            "open": accepting.open_for(self.involvement),
            "issued": issued,
            "address": links.address_of(protocol, issued.secret, language) if issued else "",
            "code": links.in_groups(issued.code) if issued else "",
            "entrance": links.entrance_of(protocol, language),
            "errors": [error for form in forms_here for error in errors_of(form)],
        }
        return TemplateResponse(self.request, "admin/roles/responsibility.html", context, status=status)

    def ask(self, way: str) -> HttpResponse:
        """Make a link, and post it, print it or show it."""
        if not self.asking.is_valid():
            return self.show(status=REFUSED)
        user = self.request.user
        assert isinstance(user, User)
        address = self.asking.cleaned_data["address"]
        try:
            issued = accepting.ask(self.involvement, by=user, address=address, by_mail=way == "mail")
        except Refusal as refusal:
            return self._refused(self.asking, refusal)
        if way == "mail":
            told = gettext("The question is on its way to %(address)s.") % {
                "address": f"\u2066{issued.link.address}\u2069"
            }
            messages.success(self.request, told)
            return HttpResponseRedirect(address_of(self.involvement))
        return self._sheet(issued) if way == "paper" else self.show(issued)

    def enter_paper(self) -> HttpResponse:
        """Enter an answer that came on paper."""
        form = self.paper
        assert form is not None
        if not form.is_valid():
            return self.show(status=REFUSED)
        typed = form.cleaned_data
        try:
            accepting.accept_on_paper(
                self.involvement,
                on=typed["on"],
                by=form.by,
                accepted=typed["answer"] == ACCEPT,
                scan=typed["scan"],
            )
        except Refusal as refusal:
            return self._refused(form, refusal)
        return self._entered()

    def enter_own(self) -> HttpResponse:
        """Enter a commune's own answer."""
        form = self.own
        assert form is not None
        if not form.is_valid():
            return self.show(status=REFUSED)
        typed = form.cleaned_data
        given = Answer(typed["answer"] == ACCEPT, typed["words"], typed["language"])
        try:
            accepting.answer_here(self.involvement, given, by=form.by, seen=typed["seen"])
        except Refusal as refusal:
            return self._refused(form, refusal)
        return self._entered()

    def _entered(self) -> HttpResponse:
        messages.success(self.request, gettext("The answer is entered. The project’s history says by whom."))
        return HttpResponseRedirect(address_of(self.involvement))

    def _refused(self, form: Any, refusal: Refusal) -> HttpResponse:
        for error in refusal.error_list:
            name = FIELDS.get(str(error.code))
            form.add_error(name if name in form.fields else None, error)
        return self.show(status=REFUSED)

    def _language(self) -> str:
        owed = accepting.languages_of(self.involvement)
        return languages.current() if languages.current() in owed else owed[0]

    def _sheet(self, issued: Issued) -> HttpResponse:
        """The sheet to print, once in each language the organisation is owed."""
        protocol = self.involvement.project.protocol
        sheets = []
        for language in accepting.languages_of(self.involvement):
            address = links.address_of(protocol, issued.secret, language)
            sheets.append({
                "language": language,
                "direction": languages.direction(language),
                "picture": links.picture(address),
                "entrance": links.entrance_of(protocol, language),
            })  # fmt: skip
        context = {
            "involvement": self.involvement,
            "sheets": sheets,
            "link": issued.link,
            "code": links.in_groups(issued.code),
            "back": address_of(self.involvement),
        }
        return render(self.request, "admin/roles/sheet.html", context)
