"""The page of a project's life: where it stands, what follows, what still stands against each step."""

from __future__ import annotations

from collections.abc import Callable
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
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partnership import clock, number_fields
from partnership.deciding_forms import ActingForm, WordsForm
from partnership.forms import day_box
from partnership.models import ProgrammePhase
from partnership.opening_page import REFUSED, errors_of, mandates_for, protocol_of
from partnership.refusals import Refusal
from projects import lifecycle
from projects.lifecycle import Step
from projects.models import Project, ProjectState

ROAD = (
    ProjectState.PROPOSED,
    ProjectState.ASSESSING,
    ProjectState.DECIDED,
    ProjectState.UNDER_WAY,
    ProjectState.COMPLETED,
    ProjectState.CLOSED,
)
"""The states of a project that goes its whole way, in order."""


class DayForm(ActingForm):
    """On which day the step was taken."""

    on = number_fields.Day(label=_("on"), widget=day_box())


class SuspendingForm(WordsForm):
    """Why one commune stops the project at once."""


class CarryingForm(ActingForm):
    """Into which later phase of the programme."""

    phase = forms.ModelChoiceField(ProgrammePhase.objects.none(), label=_("programme phase"))

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        later = ProgrammePhase.objects.filter(protocol=project.protocol).order_by("starts_on")
        menu = self.fields["phase"]
        assert isinstance(menu, forms.ModelChoiceField)
        menu.queryset = later.filter(starts_on__gt=project.phase.starts_on) if project.phase else later


@dataclass(frozen=True)
class Offer:
    """A step with the form that takes it, and what stands against it."""

    step: Step
    form: Any

    @property
    def is_open(self) -> bool:
        """Whether the step can be taken now."""
        return not self.step.against


def urls(site: AdminSite) -> list[URLPattern]:
    """The address of a project's life, for the admin site."""
    return [path("projects/<int:pk>/life/", site.admin_view(partial(life, site)), name="project_life")]


def address(project: Project) -> str:
    """Where a project's life is read and moved on."""
    return reverse("admin:project_life", args=[project.pk])


def life(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """Where the project stands and what follows; a step is taken by POST, under a mandate of either commune [I2]."""
    protocol = protocol_of(request)
    rows = Project.objects.for_protocol(protocol).select_related("phase", "carried_from", "protocol")
    project = rows.filter(pk=pk).first()
    if project is None:
        raise Http404
    mandates = mandates_for(request, "propose")
    asked = request.POST.get("step", "") if request.method == "POST" else ""
    offers = [Offer(step, _form(project, step.code, request, mandates, asked)) for step in lifecycle.steps(project)]
    chosen = next((offer for offer in offers if offer.step.code == asked), None)
    if request.method == "POST" and chosen is None:
        messages.warning(request, gettext("That step is not there any more: the project is in another state now."))
        return HttpResponseRedirect(address(project))
    if chosen is not None and chosen.form.is_valid() and _taken(project, chosen):
        messages.success(request, gettext("Done: %(step)s.") % {"step": chosen.step.label})
        return HttpResponseRedirect(address(project))
    context = {
        **site.each_context(request),
        "title": _("Life of the project"),
        "subtitle": str(project),
        "project": project,
        "road": [(state, state.label, _place(project, state)) for state in ROAD],
        "off_the_road": project.state not in ROAD,
        "offers": offers,
        "suspensions": project.suspensions.select_related("party__organisation", "decision").order_by("-pk"),
        "assessments": project.assessments.order_by("number"),
        "rules": ("I2", "I5", "I6", "I7"),
        "errors": list(errors_of(chosen.form)) if chosen else [],
    }
    return TemplateResponse(request, "admin/project_life.html", context, status=REFUSED if chosen else 200)


def _form(project: Project, code: str, request: HttpRequest, mandates: Any, asked: str) -> Any:
    data = request.POST if asked == code else None
    options: dict[str, Any] = {"mandates": mandates, "prefix": code}
    if code == "suspend":
        return SuspendingForm(data, **options)
    if code == "carry_over":
        return CarryingForm(data, project=project, **options)
    if code == "close":
        return ActingForm(data, **options)
    return DayForm(data, initial={"on": clock.today(project.protocol)}, **options)


def _place(project: Project, state: ProjectState) -> str:
    """Whether a state lies behind, is now, or is still to come; a project off the road is where its suspension found it."""
    here = project.state
    if here == ProjectState.SUSPENDED:
        last = project.suspensions.order_by("-pk").first()
        here = last.state_before if last else ProjectState.UNDER_WAY
    if here not in ROAD:
        return "passed" if state in ROAD[:2] else "never"
    at, of = ROAD.index(ProjectState(here)), ROAD.index(state)
    return "now" if of == at else "passed" if of < at else "coming"


def _taken(project: Project, offer: Offer) -> bool:
    try:
        TAKE[offer.step.code](project, offer.form)
    except (Refusal, ValidationError) as refusal:
        for error in refusal.error_list:
            offer.form.add_error(error.code if error.code in offer.form.fields else None, error)
        return False
    return True


def _start(project: Project, form: Any) -> None:
    lifecycle.start(project, by=form.by, on=form.cleaned_data["on"])


def _complete(project: Project, form: Any) -> None:
    lifecycle.complete(project, by=form.by, on=form.cleaned_data["on"])


def _close(project: Project, form: Any) -> None:
    lifecycle.close(project, by=form.by)


def _suspend(project: Project, form: Any) -> None:
    lifecycle.suspend(project, by=form.by, ground=form.cleaned_data["words"], language=form.cleaned_data["language"])


def _carry_over(project: Project, form: Any) -> None:
    lifecycle.carry_over(project, form.cleaned_data["phase"], by=form.by)


TAKE: dict[str, Callable[[Project, Any], None]] = {
    "start": _start,
    "complete": _complete,
    "close": _close,
    "suspend": _suspend,
    "carry_over": _carry_over,
}
