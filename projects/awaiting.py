"""What awaits a person on the floor of the projects: responsibilities not yet named, activities and projects past their date."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from django.utils.translation import gettext

from partnership import permissions
from partnership.awaiting import COMPLETE, LATE, Half, Task, change_url
from partnership.models import Protocol, PublishingState, User
from partnership.templatetags import words
from projects.models import Activity, ActivityState, Project, ProjectState

OVER = (ProjectState.CLOSED, ProjectState.CANCELLED, ProjectState.REPLACED)
OPEN_ACTIVITIES = (ActivityState.PLANNED, ActivityState.UNDER_WAY)


def awaiting(user: User, protocol: Protocol, today: datetime.date) -> list[Task]:
    """Everything late or incomplete in the protocol's projects. Five queries whatever their number."""
    if not permissions.may(user, "change", protocol):
        return []
    return [*_without_responsibility(protocol), *_past_activities(protocol, today), *_past_projects(protocol, today)]


def _without_responsibility(protocol: Protocol) -> Iterable[Task]:
    """Projects that cannot be published because a commune has no responsibility in them yet [I7]."""
    parties = list(protocol.parties.all())
    projects = Project.objects.for_protocol(protocol).exclude(state__in=OVER)
    open_ones = projects.exclude(publishing_state=PublishingState.WITHDRAWN).prefetch_related("involvements")
    for project in open_ones.exclude(pk__in=projects.with_both_communes().values("pk")):
        involved = {one.organisation_id for one in project.involvements.all()}
        yield Task(
            group=COMPLETE,
            subject=words.text(project, "title"),
            code=project.code,
            reason=gettext("Each commune needs at least one named responsibility before publication (rule I7)."),
            halves={party.position: _half(party.organisation_id in involved) for party in parties},
            url=change_url(project, "involvements-group"),
            action=gettext("Enter who does what"),
        )


def _half(named: bool) -> Half:
    return Half(named, gettext("named") if named else gettext("not named yet"))


def _past_activities(protocol: Protocol, today: datetime.date) -> Iterable[Task]:
    past = Activity.objects.filter(
        project__protocol=protocol, state__in=OPEN_ACTIVITIES, planned_end__lt=today
    ).exclude(project__state__in=OVER)
    for activity in past.select_related("project"):
        yield Task(
            group=LATE,
            subject=words.text(activity, "title"),
            code=activity.project.code,
            reason=gettext("Its planned end has passed: say what happened, or postpone it."),
            due=activity.planned_end,
            late=True,
            url=change_url(activity, "id_state"),
            action=gettext("Update"),
        )


def _past_projects(protocol: Protocol, today: datetime.date) -> Iterable[Task]:
    past = Project.objects.for_protocol(protocol).filter(state=ProjectState.UNDER_WAY, planned_end__lt=today)
    for project in past:
        yield Task(
            group=LATE,
            subject=words.text(project, "title"),
            code=project.code,
            reason=gettext("Still under way though its planned end has passed."),
            due=project.planned_end,
            late=True,
            url=change_url(project, "id_planned_end"),
            action=gettext("Update"),
        )
