"""The staff's start page: what awaits the person, from every floor, most urgent first."""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext

import evaluation.awaiting
import partnership.awaiting
import projects.awaiting
import transparency.awaiting
from partnership import equality, formats, languages, permissions
from partnership.awaiting import GROUPS, LATE, SHOWN_IN_A_GROUP, SIGN, TRANSLATE, Group, Half, Task
from partnership.middleware import current
from partnership.models import Membership, Party, Role, User
from transparency.awaiting import NextReport

FLOORS = (partnership.awaiting, projects.awaiting, evaluation.awaiting, transparency.awaiting)
SOON = datetime.timedelta(days=7)


@dataclass(frozen=True)
class Row:
    """A task with what the page says about its date and its two communes, in the reader's order."""

    task: Task
    date: str
    distance: str
    soon: bool
    pair: list[tuple[Party, Half]]


@dataclass(frozen=True)
class Section:
    """A group with its rows, and how many more there are than are shown."""

    group: Group
    count: int
    rows: list[Row]
    more: int
    url: str = ""
    """The page on which all of them stand, if there is one."""


@dataclass(frozen=True)
class Tile:
    """A count, its word, one line about what comes first, and where it leads."""

    count: str
    label: object
    note: str
    icon: str
    url: str
    alarm: bool = False


def mandates(request: HttpRequest) -> list[Membership]:
    """The person's mandates in the request's protocol, valid today; read once for each request."""
    protocol = current(request)
    if protocol is None or not isinstance(request.user, User):
        return []
    known: list[Membership] | None = getattr(request, "_mandates", None)
    if known is None:
        held = Membership.objects.for_protocol(protocol).filter(user=request.user).valid_now()
        known = list(held.select_related("organisation"))
        request._mandates = known  # type: ignore[attr-defined]  # kept with the request it was read for
    return known


def _parties(request: HttpRequest) -> list[Party]:
    protocol = current(request)
    if protocol is None:
        return []
    known: list[Party] | None = getattr(request, "_parties", None)
    if known is None:
        rows = list(protocol.parties.select_related("organisation"))
        known = equality.ordered(rows, equality.Reader(languages.current()))
        request._parties = known  # type: ignore[attr-defined]  # kept with the request it was read for
    return known


def own_positions(request: HttpRequest, parties: Iterable[Party]) -> set[int]:
    """The places, in the act's title, of the communes for which the person acts."""
    organisations = {mandate.organisation_id for mandate in mandates(request)}
    return {party.position for party in parties if party.organisation_id in organisations}


def time_zone(request: HttpRequest) -> datetime.tzinfo:
    """The time zone of the person's commune; UTC for whoever acts for neither."""
    own = own_positions(request, parties := _parties(request)) if mandates(request) else set()
    name = next((party.time_zone for party in parties if party.position in own), "UTC") if own else "UTC"
    return zoneinfo.ZoneInfo(name)


def page(request: HttpRequest) -> dict[str, Any]:
    """Everything the start page shows. The number of queries does not depend on how much there is to do."""
    protocol = current(request)
    if protocol is None or not isinstance(request.user, User):
        empty: dict[str, list[Any]] = {"tiles": [], "sections": [], "theirs": [], "ended": [], "next_reports": []}
        return {**empty, "today": timezone.localdate()}
    today = timezone.localdate()
    parties = _parties(request)
    own = own_positions(request, parties)
    tasks = [task for floor in FLOORS for task in floor.awaiting(request.user, protocol, today)]
    mine = [task for task in tasks if task.awaits is None or not own or task.awaits in own]
    following = transparency.awaiting.next_reports(protocol, timezone.now())
    may_act = permissions.may(request.user, "change", protocol)
    return {
        "tiles": [*(_tile(group, mine, today) for group in (GROUPS if may_act else (SIGN,))), *_next_tile(following)],
        "sections": [section for group in GROUPS if (section := _section(group, mine, parties, today)).count],
        "theirs": [task for task in tasks if task not in mine][:SHOWN_IN_A_GROUP],
        "ended": partnership.awaiting.ended_lately(protocol, timezone.now()),
        "next_reports": following,
        "today": today,
        "may_act": may_act,
        "may_sign": bool(permissions.roles(request.user, protocol) & {Role.SIGNATORY, Role.COORDINATOR}),
    }


def _of(group: Group, tasks: Iterable[Task]) -> list[Task]:
    return sorted(
        (task for task in tasks if task.group == group),
        key=lambda task: (task.due is None, task.due or datetime.date.max, task.code),
    )


def _section(group: Group, tasks: Sequence[Task], parties: Sequence[Party], today: datetime.date) -> Section:
    found = _of(group, tasks)
    rows = [_row(task, parties, today) for task in found[:SHOWN_IN_A_GROUP]]
    count = _count(found)
    return Section(group, count, rows, count - len(rows), reverse("admin:to_translate") if group == TRANSLATE else "")


def _count(tasks: Iterable[Task]) -> int:
    """How many there are, those too that were not read."""
    return sum(1 + task.further for task in tasks)


def _row(task: Task, parties: Sequence[Party], today: datetime.date) -> Row:
    pair = [(party, task.halves[party.position]) for party in parties if party.position in task.halves]
    if task.due is None:
        return Row(task, "–", gettext("no date"), False, pair)
    date = formats.day(task.due, languages.current())
    return Row(task, date, distance(task.due, today), today <= task.due <= today + SOON, pair)


def distance(day: datetime.date, today: datetime.date) -> str:
    """How far a day is from today, in words."""
    days = (day - today).days
    if days == 0:
        return gettext("today")
    if days > 0:
        return ngettext("in %(count)s day", "in %(count)s days", days) % {"count": days}
    return ngettext("%(count)s day late", "%(count)s days late", -days) % {"count": -days}


def _tile(group: Group, tasks: Sequence[Task], today: datetime.date) -> Tile:
    found = _of(group, tasks)
    alarm = group == LATE and bool(found)
    url = f"#{group.code}" if found else ""
    return Tile(str(_count(found)), group.label, _note(found, today, late=group == LATE), group.icon, url, alarm)


def _note(tasks: Sequence[Task], today: datetime.date, *, late: bool) -> str:
    if not tasks:
        return gettext("nothing")
    first = tasks[0].due
    if first is None:
        return gettext("no date")
    if late:
        days = (today - first).days
        return ngettext("for %(count)s day", "for %(count)s days", days) % {"count": days}
    return gettext("first: %(day)s") % {"day": formats.day(first, languages.current())}


def _next_tile(following: Sequence[NextReport]) -> list[Tile]:
    if not following:
        return []
    first = following[0]
    words = ngettext("day to the next report", "days to the next report", first.days_left)
    note = gettext("%(period)s ends on %(day)s") % {
        "period": first.period,
        "day": formats.day(first.ends_on, languages.current()),
    }
    return [Tile(str(first.days_left), words, note, "report", "#next-reports")]
