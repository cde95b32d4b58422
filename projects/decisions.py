"""Joint decisions about the action plan and its projects."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from partnership import agreement, decisions, formats, languages
from partnership.decisions import Kind, Terms, texts
from partnership.models import Decision, Protocol, ProtocolState
from partnership.refusals import Refusal
from projects.models import ActionPlan, Project, ProjectState


def _protocol_is_in_force(protocol: Protocol) -> list[Refusal]:
    if protocol.state == ProtocolState.IN_FORCE:
        return []
    return [Refusal(_("The protocol is not in force; both councils ratify it first."), code="I1")]


def _plan(plan: ActionPlan, terms: Terms) -> dict[str, Any]:
    """The plan's texts and period, and which projects it holds."""
    return {
        "code": plan.code,
        "ends_on": plan.ends_on,
        "projects": [{"code": project.code, **texts(project, "title")} for project in plan.projects.order_by("code")],
        "starts_on": plan.starts_on,
        **texts(plan, "introduction", "title"),
    }


def _plan_sentence(plan: ActionPlan, terms: Terms) -> str:
    count = plan.projects.count()
    return ngettext(
        "The communes of %(communes)s adopt “%(title)s” together: %(count)s project.",
        "The communes of %(communes)s adopt “%(title)s” together: %(count)s projects.",
        count,
    ) % {
        "communes": agreement.communes(plan.protocol),
        "title": decisions.title_of(plan)[languages.current()],
        "count": count,
    }


def _against_adopting(plan: ActionPlan, terms: Terms) -> list[Refusal]:
    refusals = _protocol_is_in_force(plan.protocol)
    if not plan.projects.exists():
        refusals.append(
            Refusal(_("A plan without a project is not adopted. Put its projects into it first."), code="plan")
        )
    adopted = Decision.objects.binding().on(plan).filter(kind="adopt_plan", state="adopted")
    if adopted.exists():
        refusals.append(
            Refusal(_("This plan is adopted already. Change it by correcting it, or make a new version."), code="I4")
        )
    return refusals


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

decisions.register(ADOPT_PLAN, TAKE_OVER)
