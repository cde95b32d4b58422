"""Ending one mandate hands all over in one step: tasks, open decisions, reports."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import time_machine
from django.utils import translation

from partnership import appointing, handing_over, mandates, notices
from partnership.models import MeetingPoint, Membership, Protocol
from partnership.refusals import Refusal
from tests.factories import MembershipFactory, ProtocolFactory
from tests.factories_decisions import coordinator, open_ratification, signatory
from tests.factories_people import act_of, wanted
from transparency.models import ReportRecipient
from transparency.reports.delivery import address_of

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 11, 25, 9, 0, tzinfo=datetime.UTC)
TODAY = NOW.date()
DAY = datetime.timedelta(hours=24)


@pytest.fixture(autouse=True)
def at_now() -> Any:
    with translation.override("en"), time_machine.travel(NOW, tick=False) as clock:  # refusals in the words of the code
        yield clock


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


def passed(protocol: Protocol) -> tuple[Membership, Membership]:
    """A coordinator, and who comes in their place a day from now."""
    former = coordinator(protocol, 1)
    following = appointing.appoint(wanted(role="coordinator", in_place_of=former), by=former, act=act_of(former))
    former.refresh_from_db()
    return former, following


def test_an_open_decision_passes_on_and_is_marked_as_opened_before(protocol: Any, at_now: Any):
    former, following = passed(protocol)
    decision = open_ratification(protocol, by=former)
    assert (mandates.passed_on(decision), handing_over.open_decisions(former)) == (None, [decision])
    at_now.shift(DAY)
    assert mandates.passed_on(decision) == following
    assert (handing_over.open_decisions(following), handing_over.open_decisions(former)) == ([decision], [])


def test_a_point_of_a_meeting_leads_to_the_decision_whoever_carries_it(protocol: Any, at_now: Any):
    former, following = passed(protocol)
    meeting = protocol.meetings.create(title_ar="لقاء", title_fr="Réunion", title_nl="Vergadering", held_on=TODAY)
    point = MeetingPoint.objects.create(
        meeting=meeting, order=1, title_fr="Ratifier", decision=open_ratification(protocol, by=former)
    )
    at_now.shift(DAY)
    assert point.decision is not None
    assert mandates.passed_on(point.decision) == following


def test_a_report_reaches_the_successor_from_the_moment_the_mandate_ends(protocol: Any, at_now: Any):
    former, following = passed(protocol)
    recipient = ReportRecipient(membership=former)
    assert address_of(recipient, TODAY) == former.user.email
    at_now.shift(DAY)
    assert address_of(recipient, TODAY + DAY) == following.user.email


def test_mails_about_decisions_reach_the_successor_too(protocol: Any, at_now: Any):
    _former, following = passed(protocol)
    parties = list(protocol.parties.all())
    assert following not in notices.holders(protocol, parties)
    at_now.shift(DAY)
    assert notices.holders(protocol, parties) == [following]


def test_one_mandate_may_succeed_several(protocol: Any):
    by, remaining = coordinator(protocol, 1), signatory(protocol, 1)
    leaving = [signatory(protocol, 1) for _each in range(2)]
    for mandate in leaving:
        appointing.end_mandate(mandate, by=by, act=act_of(by), successor=remaining)
    assert set(remaining.predecessors.all()) == set(leaving)


def test_an_ordinary_mandate_is_handed_over_on_a_day(protocol: Any):
    editor, following = (MembershipFactory(protocol=protocol, role="editor") for _each in range(2))
    handing_over.hand_over(editor, last_day=TODAY, successor=following)
    editor.refresh_from_db()
    assert (editor.ends_on, editor.successor) == (TODAY, following)
    assert mandates.tasks_reach(editor) == editor
    with time_machine.travel(NOW + DAY):
        assert mandates.tasks_reach(editor) == following
    assert not protocol.register.exists()


def test_what_cannot_be_handed_over(protocol: Any):
    editor, observer = (MembershipFactory(protocol=protocol, role=role) for role in ("editor", "observer"))
    with pytest.raises(Refusal, match="register"):
        handing_over.hand_over(signatory(protocol, 1), last_day=TODAY, successor=None)
    with pytest.raises(Refusal, match="before it begins"):
        handing_over.hand_over(editor, last_day=datetime.date(2023, 1, 1), successor=None)
    with pytest.raises(Refusal, match="same role"):
        handing_over.hand_over(editor, last_day=TODAY, successor=observer)
