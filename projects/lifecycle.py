"""The life of a project: who may move it from one state to the next, and what must hold then [I5 to I7].

proposed -> assessing -> decided -> under way -> completed -> closed; either commune suspends at once, both resume; cancelled
and replaced are final. Joint decisions move it in projects/decisions.py, everything else here.
Order of locks: the project, the end of the register.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from partnership import clock, decisions, drafting, history, mandates, notices, parity, register
from partnership.models import EntryKind, Membership, ProgrammePhase, Role
from partnership.models.hiding import notice
from partnership.refusals import Refusal, Refusals
from projects.models import (
    Activity,
    ActivityState,
    Mitigation,
    Outcome,
    Project,
    ProjectState,
    Suspension,
)

STOPPABLE = frozenset({ProjectState.DECIDED, ProjectState.UNDER_WAY, ProjectState.COMPLETED})
OVER = frozenset({ProjectState.CLOSED, ProjectState.CANCELLED, ProjectState.REPLACED})
ACTORS = frozenset({Role.COORDINATOR, Role.SIGNATORY})
"""Who moves a project in the name of a commune, on either side [I2]."""


@dataclass(frozen=True)
class Step:
    """One act on a project as it is now: its name, the rules that stand against it."""

    code: str
    label: str | Promise
    against: list[Refusal]


def steps(project: Project) -> list[Step]:
    """The acts that follow from the project's state, each with what still stands against it."""
    return [
        Step(code, label, list(rules(project)))
        for code, (label, states, rules) in ACTS.items()
        if project.state in states
    ]


def _lock(project: Project) -> Project:
    rows = Project.objects.select_for_update(of=("self",), no_key=True).select_related("protocol")
    locked: Project = rows.get(pk=project.pk)
    return locked


def _refuse(project: Project, code: str) -> None:
    label, states, rules = ACTS[code]
    if project.state not in states:
        raise Refusal(
            _("A project that is “%(state)s” cannot do this step: %(step)s."),
            code="state",
            params={"state": project.get_state_display(), "step": label},
        )
    against = list(rules(project))
    if against:
        raise Refusals(against)


# Starting -------------------------------------------------------------------------------------------------------------


def may_start(project: Project) -> Iterable[Refusal]:
    """What stands against beginning: no valid decision to execute [I5], a commune without a responsibility [I7]."""
    if not is_decided(project):
        yield Refusal(
            _("No project starts without both communes’ decision to execute it, on its latest prior assessment."),
            code="I5",
        )
    for party in project.communes_without_responsibility():
        yield Refusal(
            _("%(commune)s has no responsibility in this project yet. Enter at least one under “Who does what”."),
            code="I7",
            params={"commune": str(party)},
        )


def is_decided(project: Project) -> bool:
    """Whether both communes decided to execute the project on its latest diagnosis, or took it over [I5]."""
    if project.taken_over:
        return True
    latest = project.assessments.order_by("-number").first()
    return latest is not None and latest.outcome == Outcome.EXECUTE


@transaction.atomic
def start(project: Project, *, by: Membership, on: datetime.date) -> None:
    """Begin a project that both communes decided to execute. Raises Refusal for a day to come, and Refusals [I5, I7]."""
    locked = _lock(project)
    mandates.acting_for(by, locked.protocol, ACTORS)
    _refuse(locked, "start")
    if on > clock.today(locked.protocol):
        raise Refusal(_("A project starts on a day that has come. Enter today or an earlier day."), code="on")
    if locked.execution_decided_on is not None and on < locked.execution_decided_on:
        raise Refusal(_("A project cannot start before the decision to execute it."), code="I5")
    _move(locked, ProjectState.UNDER_WAY, by, actual_start=on)
    project.refresh_from_db()


def _move(project: Project, state: ProjectState, by: Membership, **values: Any) -> None:
    project.state = state
    for name, value in values.items():
        setattr(project, name, value)
    with history.acting(by.user):
        project.save(update_fields=["state", *values])


# Ending ---------------------------------------------------------------------------------------------------------------


def may_complete(project: Project) -> Iterable[Refusal]:
    """What stands against saying that the activities are over: those that are still planned or under way."""
    still = [ActivityState.PLANNED, ActivityState.UNDER_WAY]
    count = Activity.objects.filter(project=project, state__in=still).count()
    if count:
        yield Refusal(
            ngettext_lazy(
                "%(count)s activity is still planned or under way. Say what became of it: done, postponed or cancelled.",
                "%(count)s activities are still planned or under way. Say what became of each: done, postponed or cancelled.",
                "count",
            ),
            code="activities",
            params={"count": count},
        )


@transaction.atomic
def complete(project: Project, *, by: Membership, on: datetime.date) -> None:
    """Say that the project's activities are completed. Raises Refusal for a day to come or before its start, and Refusals."""
    locked = _lock(project)
    mandates.acting_for(by, locked.protocol, ACTORS)
    _refuse(locked, "complete")
    if on > clock.today(locked.protocol) or (locked.actual_start is not None and on < locked.actual_start):
        raise Refusal(_("Activities end on a day that has come, after the project’s start."), code="on")
    _move(locked, ProjectState.COMPLETED, by, actual_end=on)
    project.refresh_from_db()


def may_close(project: Project) -> Iterable[Refusal]:
    """What stands against closing: a mitigation of which nobody said what became of it (clause F1.3)."""
    not_done = Mitigation.objects.filter(
        impact__assessment__project=project, impact__assessment__outcome=Outcome.EXECUTE, done_on__isnull=True
    )
    drafting.lay_over(not_done)
    count = sum(not _followed_up(mitigation) for mitigation in not_done)
    if count:
        yield Refusal(
            ngettext_lazy(
                "%(count)s mitigation is not followed up. Say when it was done, or what became of it.",
                "%(count)s mitigations are not followed up. Say when each was done, or what became of it.",
                "count",
            ),
            code="mitigations",
            params={"count": count},
        )


def _followed_up(mitigation: Mitigation) -> bool:
    """Whether somebody said, in any language, what became of it: what waits for its other languages is said too."""
    columns = (parity.column("follow_up", code) for code in settings.REQUIRED_LANGUAGES)
    return any(parity.has_text(drafting.text_of(mitigation, column)) for column in columns)


@transaction.atomic
def close(project: Project, *, by: Membership) -> None:
    """Close a completed project. Raises Refusals."""
    locked = _lock(project)
    mandates.acting_for(by, locked.protocol, ACTORS)
    _refuse(locked, "close")
    _move(locked, ProjectState.CLOSED, by)
    project.refresh_from_db()


# Suspending -----------------------------------------------------------------------------------------------------------


def nothing_against(project: Project) -> Iterable[Refusal]:
    """An act that only the state allows or refuses."""
    return ()


@transaction.atomic
def suspend(project: Project, *, by: Membership, ground: str, language: str) -> Suspension:
    """Stop a project at once, in the name of one commune, on a stated ground; the other is told and the register shows it [I2].

    Raises Refusal without a ground, or where the project cannot be suspended as it is.
    """
    locked = _lock(project)
    party = mandates.acting_for(by, locked.protocol, ACTORS)
    _refuse(locked, "suspend")
    if not ground.strip() or not language:
        raise Refusal(_("Say why the project is suspended; the other commune and the public read it."), code="I2")
    with history.acting(by.user), history.one_version():
        suspension = Suspension.objects.create(
            project=locked,
            party=party,
            by=by,
            ground=ground.strip(),
            language=language,
            on=clock.today(locked.protocol),
            state_before=locked.state,
        )
        _move(locked, ProjectState.SUSPENDED, by)
    register.append(
        locked.protocol,
        EntryKind.SUSPENSION,
        {
            "commune": mandates.commune_names(party.organisation),
            "function": mandates.function_of(by),
            "ground": suspension.ground,
            "language": language,
            "party": party.position,
            "project": {"code": locked.code, "title": _public_title(locked)},
        },
    )
    notices.suspended(suspension)
    project.refresh_from_db()
    return suspension


def _public_title(project: Project) -> decisions.Texts:
    """The title as the public reads it now. An entry of the register stays for good, and so would what is hidden today [I11]."""
    titles = decisions.title_of(project)
    return {code: notice(code) for code in titles} if "title" in project.hidden else titles


# Carrying over --------------------------------------------------------------------------------------------------------


@transaction.atomic
def carry_over(project: Project, phase: ProgrammePhase, *, by: Membership) -> None:
    """Take a project that is not over into the next phase of the programme. Raises Refusal for an earlier phase."""
    locked = _lock(project)
    mandates.acting_for(by, locked.protocol, ACTORS)
    _refuse(locked, "carry_over")
    if phase.protocol_id != locked.protocol_id or (
        locked.phase is not None and phase.starts_on <= locked.phase.starts_on
    ):
        raise Refusal(_("A project is carried over into a later phase of the same protocol."), code="phase")
    with history.acting(by.user):
        locked.carried_from, locked.phase = locked.phase, phase
        locked.save(update_fields=["carried_from", "phase"])
    project.refresh_from_db()


ACTS: dict[str, Any] = {
    "start": (_("Start the project"), {ProjectState.DECIDED}, may_start),
    "complete": (_("Activities are completed"), {ProjectState.UNDER_WAY}, may_complete),
    "close": (_("Close the project"), {ProjectState.COMPLETED}, may_close),
    "suspend": (_("Suspend at once"), STOPPABLE, nothing_against),
    "carry_over": (_("Carry over into the next phase"), frozenset(ProjectState) - OVER, nothing_against),
}
"""Each act: its name, the states in which it exists, the rules that stand against it."""
