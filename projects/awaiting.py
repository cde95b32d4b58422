"""What awaits a person on the floor of the projects: responsibilities not yet named, activities and projects past their date."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext

from partnership import languages, permissions
from partnership.awaiting import COMPLETE, LATE, Half, Task, change_url
from partnership.models import Protocol, PublishingState, User
from partnership.templatetags import words
from projects import assessments_awaiting, spending, vouchers
from projects.models import Activity, ActivityState, BudgetLine, Involvement, Need, Project, ProjectState
from projects.recording_page import recorded_half

OVER = (ProjectState.CLOSED, ProjectState.CANCELLED, ProjectState.REPLACED)
OPEN_ACTIVITIES = (ActivityState.PLANNED, ActivityState.UNDER_WAY)


def awaiting(user: User, protocol: Protocol, today: datetime.date) -> list[Task]:
    """Everything late or incomplete in the protocol's projects and needs. Eighteen queries at most, whatever their number."""
    if not permissions.may(user, "change", protocol):
        return []
    return [
        *assessments_awaiting.awaiting(user, protocol),
        *_needs_of_one(protocol),
        *_without_responsibility(protocol),
        *_declined(protocol),
        *_past_activities(protocol, today),
        *_past_projects(protocol, today),
        *_overspent(protocol),
        *_vouchers_missing(protocol),
    ]


def _needs_of_one(protocol: Protocol) -> Iterable[Task]:
    """Needs that one commune has recorded: they await the other, whose record nobody can make for it [I2]."""
    parties = list(protocol.parties.all())
    needs = Need.objects.for_protocol(protocol).exclude(publishing_state=PublishingState.WITHDRAWN).recorded_by_one()
    for need in needs.prefetch_related("records").order_by("code"):
        recorded = {one.party_id for one in need.records.all()}
        yield Task(
            group=COMPLETE,
            subject=words.text(need, "title"),
            code=need.code,
            reason=gettext(
                "A need is recorded by both communes before a joint diagnosis starts from it (clause F1.1)."
            ),
            halves={party.position: recorded_half(party.pk in recorded) for party in parties},
            url=reverse("admin:need_record", args=[need.pk]),
            action=gettext("Record it"),
            awaits=next((party.position for party in parties if party.pk not in recorded), None),
        )


def _without_responsibility(protocol: Protocol) -> Iterable[Task]:
    """Projects that cannot be published because a commune has no responsibility in them yet [I7]."""
    parties = list(protocol.parties.all())
    projects = Project.objects.for_protocol(protocol).exclude(state__in=OVER)
    open_ones = projects.exclude(publishing_state=PublishingState.WITHDRAWN).prefetch_related("involvements")
    for project in open_ones.exclude(pk__in=projects.with_both_communes().values("pk")):
        involved = {one.organisation_id for one in project.involvements.all() if one.declined_on is None}
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
    """Milestones first, also postponed ones: both communes look at whether they are reached in time."""
    rows = Activity.objects.filter(project__protocol=protocol, planned_end__lt=today)
    past = rows.filter(Q(state__in=OPEN_ACTIVITIES) | Q(is_milestone=True, state=ActivityState.POSTPONED))
    still_on = past.exclude(project__state__in=OVER).select_related("project")
    for activity in still_on.order_by("-is_milestone", "planned_end", "pk"):
        yield Task(
            group=LATE,
            subject=words.text(activity, "title"),
            code=activity.project.code,
            reason=_why_late(activity),
            due=activity.planned_end,
            late=True,
            url=change_url(activity, "id_state"),
            action=gettext("Update"),
        )


def _why_late(activity: Activity) -> str:
    if activity.is_milestone:
        return gettext(
            "A milestone whose day has passed: say whether it was reached, or plan a new day with the reason."
        )
    return gettext("Its planned end has passed: say what happened, or postpone it.")


def _declined(protocol: Protocol) -> Iterable[Task]:
    """Responsibilities that an organisation declined: their places are empty until somebody else takes them."""
    rows = Involvement.objects.for_protocol(protocol).filter(declined_on__isnull=False)
    for one in rows.exclude(project__state__in=OVER).select_related("organisation", "project").order_by("pk"):
        yield Task(
            group=COMPLETE,
            subject=words.text(one.project, "title"),
            code=one.project.code,
            reason=gettext("%(organisation)s declined its responsibility: change what is asked, or find another.")
            % {"organisation": one.organisation},
            url=reverse("admin:responsibility", args=[one.pk]),
            action=gettext("Look at it"),
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


def _overspent(protocol: Protocol) -> Iterable[Task]:
    """Budget lines on which more is spent than planned, without a word why."""
    for found in spending.unexplained(protocol):
        yield Task(
            group=COMPLETE,
            subject=_name_of(found.line),
            code=found.line.project.code,
            reason=gettext("More is spent on this line than planned: %(over)s. Say why.")
            % {"over": found.over_in_words},
            url=change_url(found.line, f"id_overspent_reason_{languages.current()}"),
            action=gettext("Say why"),
        )


def _vouchers_missing(protocol: Protocol) -> Iterable[Task]:
    """Budget lines with movements whose voucher has a number and no file."""
    for line in vouchers.lines_missing(protocol):
        count: int = getattr(line, "without_file", 0)
        yield Task(
            group=COMPLETE,
            subject=_name_of(line),
            code=line.project.code,
            reason=ngettext(
                "%(count)s movement has no voucher file.", "%(count)s movements have no voucher file.", count
            )
            % {"count": count},
            url=change_url(line, "transactions-group"),
            action=gettext("Add the vouchers"),
        )


def _name_of(line: BudgetLine) -> str:
    """A budget line in a word or two: its label or category, its funder, its year."""
    label = words.text(line, "label") or line.get_category_display()
    return format_html("{} · {} · {}", label, line.funder, line.year)
