"""Joint decisions about the action plan and its projects."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from partnership import agreement, clock, decisions, formats, languages
from partnership.decisions import Kind, Terms, texts
from partnership.models import Decision, Protocol, ProtocolState
from partnership.refusals import Refusal
from projects.assessment_decisions import OUTCOME, RESUME
from projects.models import ActionPlan, Activity, ActivityState, Consultation, Project, ProjectState


def _protocol_is_in_force(protocol: Protocol) -> list[Refusal]:
    if protocol.state == ProtocolState.IN_FORCE:
        return []
    return [Refusal(_("The protocol is not in force; both councils ratify it first."), code="I1")]


def _plan(plan: ActionPlan, terms: Terms) -> dict[str, Any]:
    """The plan's texts and period, and which projects it holds; of a year's plan also what is planned of them in that year."""
    content: dict[str, Any] = {
        "code": plan.code,
        "ends_on": plan.ends_on,
        "projects": [{"code": project.code, **texts(project, "title")} for project in _projects_of(plan)],
        "starts_on": plan.starts_on,
        **texts(plan, "introduction", "title"),
    }
    if plan.within is not None:
        content |= _of_the_year(plan, plan.within)
    return content


def _projects_of(plan: ActionPlan) -> Any:
    """The projects of a plan by code; those of a year's plan are its period's."""
    return Project.objects.filter(plan=plan.within_id or plan.pk).order_by("code")


def _planned_in(plan: ActionPlan) -> Any:
    """The activities of a plan's projects that are planned within its dates, at least in part."""
    planned = Activity.objects.filter(planned_start__lte=plan.ends_on, planned_end__gte=plan.starts_on)
    ours = planned.filter(project__plan=plan.within_id or plan.pk).exclude(state=ActivityState.CANCELLED)
    return ours.select_related("project").order_by("project__code", "planned_start", "pk")


def _of_the_year(plan: ActionPlan, period: ActionPlan) -> dict[str, Any]:
    """Within which plan a year lies and what is planned in it: as it was when the decision was opened, from then on.

    An activity that is postponed afterwards, with its reason, or added, departs from the plan and does not change it: were it
    locked, nobody could say what became of the plan.
    """
    decided = Decision.objects.binding().on(plan).filter(kind="adopt_plan").first()
    if decided is not None:
        bound = json.loads(decided.binding)
        return {name: bound[name] for name in ("activities", "within") if name in bound}
    planned = [
        {
            "code": activity.project.code,
            "planned_end": activity.planned_end,
            "planned_start": activity.planned_start,
            **texts(activity, "title"),
        }
        for activity in _planned_in(plan)
    ]
    return {"activities": planned, "within": period.code}


def _plan_sentence(plan: ActionPlan, terms: Terms) -> str:
    words = {"communes": agreement.communes(plan.protocol), "title": decisions.title_of(plan)[languages.current()]}
    if plan.within is not None:
        count = len(_of_the_year(plan, plan.within)["activities"])
        return ngettext(
            "The communes of %(communes)s adopt “%(title)s” together, the year’s part of “%(period)s”: %(count)s activity.",
            "The communes of %(communes)s adopt “%(title)s” together, the year’s part of “%(period)s”: %(count)s activities.",
            count,
        ) % {**words, "period": decisions.title_of(plan.within)[languages.current()], "count": count}
    count = plan.projects.count()
    return ngettext(
        "The communes of %(communes)s adopt “%(title)s” together: %(count)s project.",
        "The communes of %(communes)s adopt “%(title)s” together: %(count)s projects.",
        count,
    ) % {**words, "count": count}


def _against_adopting(plan: ActionPlan, terms: Terms) -> list[Refusal]:
    refusals = [*_protocol_is_in_force(plan.protocol), *without_consultation(plan), *plan.place_refusals()]
    if not _projects_of(plan).exists():
        refusals.append(
            Refusal(_("A plan without a project is not adopted. Put its projects into it first."), code="plan")
        )
    elif plan.within is not None and not _of_the_year(plan, plan.within)["activities"]:
        refusals.append(
            Refusal(
                _("No activity of the period’s projects is planned in this year. Enter what is planned first."),
                code="plan",
            )
        )
    adopted = Decision.objects.binding().on(plan).filter(kind="adopt_plan", state="adopted")
    if adopted.exists():
        refusals.append(
            Refusal(_("This plan is adopted already. Change it by correcting it, or make a new version."), code="I4")
        )
    return refusals


CONSULTED = "A4.1"
"""The clause by which the parties plan after consultations with the various partners."""


def without_consultation(plan: ActionPlan) -> list[Refusal]:
    """That no consultation of the plan, or of the period of a year's plan, has taken place and has minutes (clause A4.1)."""
    known = list(Consultation.objects.preparing(plan).order_by("held_on", "pk"))
    held = [one for one in known if one.held_on <= clock.today(plan.protocol)]
    if any(one.minutes_id for one in held):
        return []
    if held:
        message = _(
            "Clause A4.1: a plan is adopted after a consultation with minutes. Add the minutes of consultation %(code)s; "
            "its form is linked from the plan’s."
        )
        return [Refusal(message, code=CONSULTED, params={"code": held[-1].code})]
    if known:
        message = _(
            "Clause A4.1: a plan is adopted after consultations. Consultation %(code)s takes place on %(day)s; hold it first, "
            "then add its minutes."
        )
        on = formats.day(known[0].held_on, languages.current())
        return [Refusal(message, code=CONSULTED, params={"code": known[0].code, "day": on})]
    message = _(
        "Clause A4.1: a plan is adopted after consultations with the various partners. Enter the consultation that prepared it, "
        "with its day and its minutes; the plan’s form leads there."
    )
    return [Refusal(message, code=CONSULTED)]


def _plans_of(project: Project) -> list[ActionPlan]:
    """Every plan of the protocol: one of them may have held the project before the change."""
    return list(project.protocol.plans.all())


ADOPT_PLAN = Kind(
    code="adopt_plan",
    label=_("Adopt the joint action plan"),
    model="projects.actionplan",
    content=_plan,
    sentence=_plan_sentence,
    needs_deliberation=True,
    lasting=True,
    afterwards="may",
    locks={
        "projects.actionplan": ("code", "title", "introduction", "starts_on", "ends_on"),
        "projects.project": ("code", "title", "plan"),
    },
    holding={"projects.project": _plans_of},
    refusals=_against_adopting,
)


def _taken_over(project: Project, terms: Terms) -> dict[str, Any]:
    """What was begun before the platform, and when."""
    return {"actual_start": project.actual_start, "code": project.code, **texts(project, "title")}


def _take_over_sentence(project: Project, terms: Terms) -> str:
    return gettext("The communes of %(communes)s take over “%(title)s”, begun on %(day)s, into their programme.") % {
        "communes": agreement.communes(project.protocol),
        "title": decisions.title_of(project)[languages.current()],
        "day": formats.day(project.actual_start, languages.current()) if project.actual_start else "…",
    }


def _against_taking_over(project: Project, terms: Terms) -> list[Refusal]:
    refusals = _protocol_is_in_force(project.protocol)
    if project.taken_over:
        refusals.append(Refusal(_("This project is taken over already."), code="I5"))
    if project.actual_start is None:
        refusals.append(Refusal(_("Enter the day on which the project really began."), code="I5"))
    for party in project.communes_without_responsibility():
        refusals.append(
            Refusal(
                _("%(commune)s has no responsibility in this project yet. Enter at least one under “Who does what”."),
                code="I7",
                params={"commune": str(party)},
            )
        )
    return refusals


def _take_over(decision: Decision, project: Project, terms: Terms) -> None:
    project.taken_over = True
    if project.state in {ProjectState.PROPOSED, ProjectState.ASSESSING, ProjectState.DECIDED}:
        project.state = ProjectState.UNDER_WAY
    project.save(update_fields=["taken_over", "state"])


def _suspend(decision: Decision, project: Project, terms: Terms) -> None:
    """What the project rested on has lost its effect; it stands still until both communes decide anew."""
    project.taken_over = False
    project.state = ProjectState.SUSPENDED
    project.save(update_fields=["taken_over", "state"])


TAKE_OVER = Kind(
    code="take_over_project",
    label=_("Take over a project begun before"),
    model="projects.project",
    content=_taken_over,
    sentence=_take_over_sentence,
    lasting=True,
    afterwards="must",
    locks={"projects.project": ("code", "title", "actual_start")},
    refusals=_against_taking_over,
    on_adopted=_take_over,
    on_annulled=_suspend,
)

decisions.register(ADOPT_PLAN, TAKE_OVER, OUTCOME, RESUME)
