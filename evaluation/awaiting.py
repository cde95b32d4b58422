"""What awaits a person on the floor of evaluation: indicators to measure, measurements that the other commune has to check."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from django.db.models import Max, Q
from django.utils.translation import gettext

from evaluation.models import Indicator, Measurement
from partnership import formats, languages, permissions
from partnership.awaiting import CHECK, LATE, MEASURE, Half, Task, change_url
from partnership.models import Party, Protocol, User
from partnership.templatetags import words
from projects.models import ProjectState

VALUE_LASTS = datetime.timedelta(days=365)
RUNNING = Q(project__isnull=True) | Q(project__state__in=[ProjectState.UNDER_WAY, ProjectState.SUSPENDED])


def awaiting(user: User, protocol: Protocol, today: datetime.date) -> list[Task]:
    """Indicators of running projects without a recent value, and unchecked measurements. Three queries whatever their number."""
    if not permissions.may(user, "change", protocol):
        return []
    return [*_to_measure(protocol, today), *_to_check(protocol)]


def _to_measure(protocol: Protocol, today: datetime.date) -> Iterable[Task]:
    indicators = Indicator.objects.filter(RUNNING, protocol=protocol).select_related("project")
    for indicator in indicators.annotate(last=Max("measurements__on")).order_by("pk"):
        last: datetime.date | None = indicator.last
        due = last + VALUE_LASTS if last else indicator.target_on
        if last and due >= today and (indicator.target_on >= today or last >= indicator.target_on):
            continue
        if last and last < indicator.target_on < due:
            due = indicator.target_on
        yield _measuring(indicator, last, due, late=due < today)


def _measuring(indicator: Indicator, last: datetime.date | None, due: datetime.date, *, late: bool) -> Task:
    return Task(
        group=LATE if late else MEASURE,
        subject=words.text(indicator, "title"),
        code=indicator.project.code if indicator.project else "",
        reason=_why(indicator, last, due),
        due=due,
        late=late,
        url=change_url(indicator, "measurements-group"),
        action=gettext("Enter a value"),
    )


def _why(indicator: Indicator, last: datetime.date | None, due: datetime.date) -> str:
    if last is None:
        return gettext("Nothing has been measured yet.")
    written = formats.day(last, languages.current())
    if due == indicator.target_on:
        return gettext("The target date has passed without a value; the last one is of %(day)s.") % {"day": written}
    return gettext("The last value is more than a year old: %(day)s.") % {"day": written}


def _to_check(protocol: Protocol) -> Iterable[Task]:
    parties = list(protocol.parties.all())
    unchecked = Measurement.objects.filter(indicator__protocol=protocol, checked_by__isnull=True)
    for measurement in unchecked.select_related("indicator__project").order_by("on", "pk"):
        yield _checking(measurement, parties)


def _checking(measurement: Measurement, parties: list[Party]) -> Task:
    indicator = measurement.indicator
    other = next((party.position for party in parties if party.pk != measurement.by_id), None)
    measured = Half(True, gettext("measured"))
    return Task(
        group=CHECK,
        subject=words.text(indicator, "title"),
        code=indicator.project.code if indicator.project else "",
        reason=gettext("Value of %(day)s, to be checked by the other commune.")
        % {"day": formats.day(measurement.on, languages.current())},
        halves={
            party.position: measured if party.pk == measurement.by_id else Half(False, gettext("to check"))
            for party in parties
        },
        awaits=other,
        url=change_url(indicator, "measurements-group"),
        action=gettext("Check"),
    )
