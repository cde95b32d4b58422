"""What the clock alone brings about, each time the sweeper looks."""

from __future__ import annotations

import datetime

import pytest
from allauth.mfa.models import Authenticator
from django.utils import timezone

from partnership import decisions, opening, resetting
from partnership.models import DecisionState, Message, ProtocolState
from tests.factories import ProtocolFactory
from tests.factories_decisions import approve, coordinator, open_ratification, ratify, signatory
from tests.factories_people import act_of
from transparency.reports import sweeping

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


def test_a_second_factor_is_reset_by_the_sweep_a_day_after_it_was_asked_for():
    protocol = ProtocolFactory()
    key, keeper = signatory(protocol, 2), coordinator(protocol, 2)
    Authenticator.objects.create(user=key.user, type=Authenticator.Type.TOTP, data={})
    resetting.ask_for_reset(key, by=keeper, act=act_of(keeper))
    sweeping.keep_time()
    assert Authenticator.objects.filter(user=key.user).exists()
    sweeping.keep_time(timezone.now() + DAY)
    assert not Authenticator.objects.filter(user=key.user).exists()


def test_a_closing_protocol_becomes_an_archive_after_its_last_day():
    protocol = ProtocolFactory()
    ratify(protocol)
    last = timezone.localdate() + 10 * DAY
    ending = opening.propose(
        decisions.kind("end_protocol"), protocol, by=coordinator(protocol, 1), terms={"ends_on": last.isoformat()}
    )
    for position in (1, 2):
        approve(ending, signatory(protocol, position))
    for days, state in ((10, ProtocolState.CLOSING), (11, ProtocolState.ENDED)):
        sweeping.keep_time(timezone.now() + days * DAY)
        protocol.refresh_from_db()
        assert protocol.state == state


def test_a_deadline_reminds_once_and_decides_nothing():
    protocol = ProtocolFactory()
    signatory(protocol, 1)
    decision = open_ratification(protocol)
    type(decision).objects.filter(pk=decision.pk).update(deadline=timezone.localdate() + 9 * DAY)
    before = Message.objects.count()
    assert sweeping.keep_time() == 0
    a_week_before = timezone.now() + 2 * DAY
    assert sweeping.keep_time(a_week_before) == Message.objects.count() - before > 0
    assert sweeping.keep_time(a_week_before) == 0
    sweeping.keep_time(timezone.now() + 30 * DAY)
    decision.refresh_from_db()
    assert decision.state == DecisionState.OPEN
