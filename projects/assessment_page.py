"""The page on which both communes fill a prior assessment: the 24 cells on one grid, and a panel for the cell at hand [I5].

Each cell is an address of its own (?cell=economic-direct-short), so that the page works without JavaScript. With it, the part of
the page that changes is asked for and sent by itself: one request for a cell that is saved.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partnership import decisions, drafting, mandates, permissions
from partnership.models import Change, Membership, Party, Protocol
from partnership.opening_page import REFUSED, mandates_for, parties_of, protocol_of
from partnership.refusals import Refusal, reason
from projects import assessing, assessment_grid, diagnosing, outcomes
from projects.assessment_forms import (
    LIKELIHOOD_MEANS,
    SEVERITY_MEANS,
    WORDS,
    CellForms,
    FollowUpForm,
    Organisations,
    ViewForm,
    brought_together,
    place_errors,
    theirs_in_words,
)
from projects.assessment_grid import Grid
from projects.models import Impact, PriorAssessment, Project, View

CELL, DIMENSION, THEN = "cell", "dimension", "then"
PART = "X-Part"
"""The header with which the page's script asks for the part that changes, and only for it."""
WHOLE, WORK = "admin/assessment.html", "admin/assessment_work.html"
CONFLICT = 409


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of the prior assessment, for the admin site."""
    return [
        path("assessments/<int:pk>/", site.admin_view(partial(grid_page, site)), name="assessment"),
        path("projects/<int:pk>/assess/", site.admin_view(partial(begin, site)), name="assessment_begin"),
    ]


def address(assessment: PriorAssessment, impact: Impact | None = None) -> str:
    """Where a diagnosis is filled, at one of its cells."""
    url = reverse("admin:assessment", args=[assessment.pk])
    return f"{url}?{CELL}={impact.slug}" if impact is not None else url


# Beginning ------------------------------------------------------------------------------------------------------------


def begin(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """Begin the next version of a project's diagnosis, or open the one that is open."""
    project = site.get_model_admin(Project).get_object(request, str(pk))
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    assert isinstance(project, Project)
    if not permissions.may(request.user, "change", protocol_of(request), record=project):
        raise PermissionDenied
    try:
        begun = diagnosing.begin(project, by=mandates_for(request, "change", project)[0])
    except Refusal as refusal:
        standing = project.assessments.order_by("-number").first()
        if standing is not None and not standing.outcome:
            return HttpResponseRedirect(address(standing))
        messages.error(request, reason(refusal))
        return HttpResponseRedirect(reverse("admin:projects_project_change", args=[project.pk]))
    messages.success(
        request,
        gettext("Version %(number)s of the prior assessment is begun. Both communes fill it.")
        % {"number": begun.number},
    )
    return HttpResponseRedirect(address(begun))


def tool_for(project: Project, *, begins: bool) -> tuple[str, Any, bool] | None:
    """The button of a project's form: where it leads, its words, whether it begins a version; None where there is nothing to do.

    `begins` says whether the person may begin one.
    """
    standing = project.assessments.order_by("-number").first()
    if standing is not None and not standing.outcome:
        return address(standing), _("Prior assessment: the 24 cells"), False
    if begins and diagnosing.against_beginning(project, standing) is None:
        words = _("Begin the next version of the assessment") if standing else _("Begin the prior assessment")
        return reverse("admin:assessment_begin", args=[project.pk]), words, True
    return (address(standing), _("Prior assessment: the 24 cells"), False) if standing else None


# The grid -------------------------------------------------------------------------------------------------------------


def grid_page(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """The grid with the cell at hand. What is sent is saved, or given back with what stands against it."""
    assessment = site.get_model_admin(PriorAssessment).get_object(request, str(pk))
    assert isinstance(assessment, PriorAssessment)
    page = _Page(site, request, assessment)
    if request.method != "POST":
        return page.show()
    if not page.may_change:
        raise PermissionDenied
    return page.act()


@dataclass(frozen=True)
class Author:
    """Somebody did something with a cell: which commune, on which day."""

    words: str
    party: Party | None
    at: Any


class _Page:
    """One request about one diagnosis."""

    def __init__(self, site: AdminSite, request: HttpRequest, assessment: PriorAssessment) -> None:
        self.site, self.request, self.assessment = site, request, assessment
        self.protocol: Protocol = protocol_of(request)
        self.parties = parties_of(self.protocol)
        self.may_change = permissions.may(request.user, "change", self.protocol, record=assessment)
        self.grid = self._read(request.GET.get(CELL, ""))
        self.held = assessing.held_by(assessment)
        self.organisations: Organisations | None = None
        self.forms: CellForms | None = None
        self.view_form: ViewForm | None = None
        self.follow_up: FollowUpForm | None = None

    def _read(self, asked: str) -> Grid:
        grid = assessment_grid.read(self.assessment, self.parties, asked, self.request.GET.get(DIMENSION, ""))
        if not grid.impacts:
            raise Http404
        return grid

    @property
    def is_part(self) -> bool:
        """Whether the page's script asks, for the part that changes."""
        return self.request.headers.get(PART) == "work"

    def _mandates(self) -> list[Membership]:
        """Those under which the person fills a diagnosis; none for whoever only reads."""
        return mandates_for(self.request, "change", self.assessment) if self.may_change else []

    def _known_organisations(self) -> Organisations:
        if self.organisations is None:
            self.organisations = Organisations.of(self.assessment.project, self.parties)
        return self.organisations

    # What is sent

    def act(self) -> HttpResponse:
        """Do what the button says."""
        act = self.request.POST.get("act", "")
        if act in WORDS:
            return self._view(WORDS[act])
        if act == "follow_up":
            return self._follow_up()
        return self._save(onward=act == "save_next")

    def _save(self, *, onward: bool) -> HttpResponse:
        impact = self.grid.chosen
        forms = CellForms(impact, self._known_organisations(), self.request.POST)
        self.forms = forms
        if not forms.is_valid():
            return self.show(status=REFUSED)
        by = self._mandates()[0]
        try:
            said = forms.cell.cleaned_data
            changed = assessing.answer(impact, forms.as_typed(), by=by, seen=said["seen"], agrees=said["agrees"])
        except assessing.Changed as other:
            self.grid = self._read(impact.slug)
            self.forms = brought_together(forms, other.impact, self._known_organisations())
            return self.show(status=CONFLICT)
        except Refusal as refusal:
            forms.refuse(refusal)
            return self.show(status=REFUSED)
        return self._done(gettext("The cell is saved.") if changed else gettext("Nothing had changed."), onward=onward)

    def _view(self, word: View) -> HttpResponse:
        form = ViewForm(self.request.POST, mandates=self._mandates())
        self.view_form = form
        if not form.is_valid():
            return self.show(status=REFUSED)
        typed = form.cleaned_data
        comment, language = typed["comment"], typed["comment_language"]
        try:
            assessing.view(self.grid.chosen, word, by=form.by, comment=comment, language=language, seen=typed["seen"])
        except Refusal as refusal:
            self._show_at(form, refusal)
            return self.show(status=CONFLICT if refusal.code == "version" else REFUSED)
        said = (
            gettext("Your commune agrees with this cell.")
            if word == View.AGREED
            else gettext("Your commune disputes this cell.")
        )
        return self._done(said, onward=word == View.AGREED)

    def _show_at(self, form: ViewForm, refusal: Refusal) -> None:
        """A view that was refused, on the cell as it stands now."""
        self.grid = self._read(self.grid.chosen.slug)
        data = self.request.POST.copy()
        data["seen"] = assessing.sign(self.grid.chosen)
        form.data = data
        place_errors(form, refusal)

    def _follow_up(self) -> HttpResponse:
        form = FollowUpForm(self.request.POST)
        self.follow_up = form
        if not form.is_valid():
            return self.show(status=REFUSED)
        key = form.cleaned_data["key"]
        measure = next((one for one in self.grid.chosen.mitigations.all() if one.pk == key), None)
        if measure is None:
            raise Http404
        try:
            assessing.follow_up(
                measure,
                by=self._mandates()[0],
                done_on=form.cleaned_data["done_on"],
                texts=form.texts(),
                seen=form.cleaned_data["seen"],
            )
        except Refusal as refusal:
            place_errors(form, refusal)
            return self.show(status=CONFLICT if refusal.code == "version" else REFUSED)
        return self._done(gettext("What became of the measure is saved."), onward=False)

    def _done(self, words: str, *, onward: bool) -> HttpResponse:
        """After a save: the same cell, the next one, or the one that the person went to."""
        here = self.grid.chosen
        self.grid = self._read(here.slug)
        then = self.grid.by_slug.get(self.request.POST.get(THEN, ""))
        target = then or (self.grid.after(self.grid.chosen, self._own()) if onward else self.grid.chosen)
        if not self.is_part:
            messages.success(self.request, words)
            return HttpResponseRedirect(address(self.assessment, target))
        self.grid = replace(self.grid, asked=target.slug)
        self.forms = self.view_form = self.follow_up = None
        return self.show(said=words)

    def _own(self) -> list[int]:
        """The communes for which the person acts."""
        organisations = {mandate.organisation_id for mandate in self._mandates()}
        return [party.pk for party in self.parties if party.organisation_id in organisations]

    # What is shown

    def show(self, *, status: int = 200, said: str = "") -> HttpResponse:
        """The page, or the part of it that changes."""
        common = {} if self.is_part else self._around()
        context = {**common, **self._work(), "said": said}
        answer = TemplateResponse(self.request, WORK if self.is_part else WHOLE, context, status=status)
        if self.is_part:
            answer["X-Address"] = address(self.assessment, self.grid.chosen)
        return answer

    def _around(self) -> dict[str, Any]:
        return {
            **self.site.each_context(self.request),
            "title": _("Joint prior assessment"),
            "subtitle": self.assessment,
        }

    def _work(self) -> dict[str, Any]:
        grid, impact = self.grid, self.grid.chosen
        blockers = [] if self.assessment.outcome else outcomes.blockers(self.assessment)
        typed = self.forms is not None and self.forms.is_bound
        writes = self.may_change and (self.held is None or typed)  # what was typed is never taken away
        return {
            "assessment": self.assessment,
            "project": self.assessment.project,
            "grid": grid,
            "cell": grid.at_hand,
            "impact": impact,
            "next_cell": grid.after(impact, self._own()),
            "earlier_cell": grid.earlier.get(impact.slug),
            "earlier_url": address(grid.before, impact) if grid.before is not None else "",
            "held": self.held and reason(self.held),
            "writes": writes,
            "may_change": self.may_change,
            "blockers": blockers,
            "open_blockers": [one for one in blockers if not one.done],
            "done_blockers": [one for one in blockers if one.done],
            "decide_url": self._decide_url(),
            "head_url": reverse("admin:projects_priorassessment_change", args=[self.assessment.pk]),
            "project_url": reverse("admin:projects_project_change", args=[self.assessment.project_id]),
            "page_url": reverse("admin:assessment", args=[self.assessment.pk]),
            "authors": self._authors(impact),
            "severity_means": SEVERITY_MEANS.items(),
            "likelihood_means": LIKELIHOOD_MEANS.items(),
            **(self._filling() if writes else {}),
            "follow_ups": self._follow_ups() if self.assessment.outcome else [],
        }

    def _filling(self) -> dict[str, Any]:
        """The forms of the cell at hand, for whoever may write it."""
        organisations = self._known_organisations()
        forms = self.forms or CellForms(self.grid.chosen, organisations)
        view_form = self.view_form or ViewForm(
            mandates=self._mandates(), initial={"seen": assessing.sign(self.grid.chosen), **self._own_view()}
        )
        return {
            "forms": forms,
            "errors": forms.errors() if forms.is_bound and not forms.is_clash else [],
            "theirs": self._theirs(forms),
            "view_form": view_form,
            "own_parties": set(self._own()),
        }

    def _own_view(self) -> dict[str, str]:
        """What an own commune said last, to be changed."""
        own = set(self._own())
        view = next((one for one in self.grid.chosen.views.all() if one.party_id in own), None)
        if view is None or not view.comment:
            return {}
        return {"comment": view.comment, "comment_language": view.comment_language}

    def _theirs(self, forms: CellForms) -> dict[str, str]:
        """What stands now where two people changed the same, in words, by the field's name."""
        organisations = self._known_organisations()
        return {
            name: theirs_in_words(name.rpartition("-")[2], text, organisations)
            for name, text in forms.cell.theirs.items()
        }

    def _follow_ups(self) -> list[tuple[Any, FollowUpForm | None]]:
        """The measures of the cell at hand, each with the form to say what became of it."""
        measures = list(self.grid.chosen.mitigations.all())
        drafting.lay_over(measures)
        return [(one, self._form_of(one) if self.may_change else None) for one in measures]

    def _form_of(self, one: Any) -> FollowUpForm:
        sent = self.follow_up
        if sent is not None and sent.is_bound and sent.data.get("key") == str(one.pk):
            return sent
        columns = [f"follow_up_{code}" for code in ("ar", "fr", "nl")]
        texts = {column: drafting.text_of(one, column) for column in columns}
        initial = {"key": one.pk, "done_on": one.done_on, "seen": assessing.sign_of_follow_up(one), **texts}
        return FollowUpForm(initial=initial, auto_id=f"id_{one.pk}_%s")

    def _decide_url(self) -> str:
        """Where the decision on it is opened, for whoever may open one; empty for others."""
        kind = next(iter(decisions.kinds_for(self.assessment)), None)
        may = permissions.may(self.request.user, "propose", self.protocol, "partnership.decision")
        if kind is None or not may or self.assessment.outcome:
            return ""
        return reverse("admin:decision_open", args=[kind.code, self.assessment.pk])

    def _authors(self, impact: Impact) -> list[Author]:
        """Who wrote the cell last, and which communes said how they stand to it since."""
        last = Change.objects.of(impact).select_related("by").order_by("-pk").first()
        found = []
        if last is not None and last.by is not None and impact.is_answered:
            party = mandates.communes_of_people(self.protocol, [last.by]).get(last.by_id or 0)
            found.append(Author(gettext("entered"), party, last.at))
        known = {party.pk: party for party in self.parties}
        found += [Author(str(view.get_view_display()), known[view.party_id], view.at) for view in impact.views.all()]
        return [one for one in found if one.party is not None]
