"""A lost second factor of someone who holds a key is taken away a day after it was asked for [I3]."""

from __future__ import annotations

import datetime
from functools import partial
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.db import connection
from django.utils import translation

from partnership import resetting
from partnership.appointing import NotComplete, NotYours, Over
from partnership.mandates import NotASignatory
from partnership.models import Membership, Role, SecondFactorReset
from tests.at_once import at_once
from tests.factories import MembershipFactory, ProtocolFactory
from tests.factories_decisions import coordinator, signatory
from tests.factories_people import act_of

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 11, 25, 9, 0, tzinfo=datetime.UTC)
DAY = datetime.timedelta(hours=24)
SIDES = pytest.mark.parametrize("side", [1, 2])


@pytest.fixture(autouse=True)
def at_now() -> Any:
    with translation.override("en"), time_machine.travel(NOW, tick=False) as clock:  # refusals in the words of the code
        yield clock


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


def with_factor(mandate: Membership) -> Membership:
    Authenticator.objects.create(user=mandate.user, type=Authenticator.Type.TOTP, data={})
    return mandate


def has_factor(mandate: Membership) -> bool:
    return Authenticator.objects.filter(user=mandate.user).exists()


def asked(mandate: Membership, by: Membership) -> SecondFactorReset:
    return resetting.ask_for_reset(mandate, by=by, act=act_of(by))


@SIDES
@pytest.mark.parametrize("role", [Role.SIGNATORY, Role.COORDINATOR])
def test_a_reset_is_carried_out_a_day_later_and_ends_every_session(protocol: Any, at_now: Any, side: int, role: Role):
    commune = protocol.parties.get(position=side).organisation
    key = with_factor(MembershipFactory(protocol=protocol, organisation=commune, role=role))
    asked(key, coordinator(protocol, side))
    at_now.shift(DAY - datetime.timedelta(seconds=1))
    assert (resetting.carry_out_due(NOW + DAY - datetime.timedelta(seconds=1)), has_factor(key)) == (0, True)
    assert (resetting.carry_out_due(NOW + DAY), has_factor(key)) == (1, False)
    key.user.refresh_from_db()
    assert key.user.session_round == 1
    assert resetting.carry_out_due(NOW + DAY * 2) == 0


@SIDES
def test_a_reset_is_told_and_stands_in_the_register_without_a_name(protocol: Any, side: int):
    told = [coordinator(protocol, 1), coordinator(protocol, 2), signatory(protocol, 1), signatory(protocol, 2)]
    asked(told[side + 1], told[side - 1])
    [entry] = protocol.register.all()
    assert (entry.kind, entry.data["party"], entry.data["called_off"]) == ("second_factor_reset", side, False)
    assert entry.data["takes_effect_at"] == (NOW + DAY).isoformat()
    assert str(told[side + 1].user) not in entry.payload
    assert set(protocol.messages.values_list("recipient", flat=True)) == {each.user.email for each in told}


@SIDES
def test_who_may_not_ask(protocol: Any, side: int):
    key, own = with_factor(signatory(protocol, side)), protocol.parties.get(position=side).organisation
    for role in (Role.EDITOR, Role.SIGNATORY, Role.OBSERVER, Role.EVALUATOR):
        with pytest.raises(NotASignatory):
            asked(key, MembershipFactory(protocol=protocol, organisation=own, role=role))
    for by in (coordinator(protocol, 3 - side), coordinator(protocol, side, user__is_superuser=True)):
        with pytest.raises(NotYours):
            asked(key, by)
    with pytest.raises(NotASignatory):
        asked(key, coordinator(protocol, side, ends_on=NOW.date() - DAY))
    assert not SecondFactorReset.objects.exists()
    assert not protocol.register.exists()


def test_nobody_resets_their_own(protocol: Any):
    by = coordinator(protocol, 1)
    with pytest.raises(NotYours, match="Another coordinator"):
        asked(by, by)


def test_a_reset_needs_its_act(protocol: Any):
    by = coordinator(protocol, 1)
    with pytest.raises(NotComplete):
        resetting.ask_for_reset(signatory(protocol, 1), by=by, act=resetting.Act("Demande du 3 novembre", None))


def test_one_reset_at_a_time(protocol: Any):
    by, key = coordinator(protocol, 1), signatory(protocol, 1)
    asked(key, by)
    with pytest.raises(Over, match="under way"):
        asked(key, by)


def test_the_reset_of_a_mandate_that_is_over_or_holds_no_key_is_refused(protocol: Any):
    by = coordinator(protocol, 1)
    with pytest.raises(Over):
        asked(signatory(protocol, 1, ends_on=NOW.date() - DAY), by)
    with pytest.raises(NotYours):
        asked(MembershipFactory(protocol=protocol, role="editor"), by)


@pytest.mark.parametrize("whose", ["the coordinator's", "the person's own"])
def test_a_reset_is_called_off_by_the_commune_or_by_whoever_still_has_the_factor(
    protocol: Any, at_now: Any, whose: str
):
    by, key = coordinator(protocol, 1), with_factor(signatory(protocol, 1))
    reset = asked(key, by)
    resetting.call_off_reset(reset, by=by if whose == "the coordinator's" else key)
    at_now.shift(DAY)
    assert (resetting.carry_out_due(NOW + DAY), has_factor(key)) == (0, True)
    assert [entry.data["called_off"] for entry in protocol.register.order_by("sequence")] == [False, True]


def test_nobody_else_calls_it_off_nor_anyone_once_it_is_due(protocol: Any, at_now: Any):
    by, key = coordinator(protocol, 1), signatory(protocol, 1)
    reset = asked(key, by)
    for other in (coordinator(protocol, 2), signatory(protocol, 1), signatory(protocol, 2)):
        with pytest.raises((NotYours, NotASignatory)):
            resetting.call_off_reset(reset, by=other)
    at_now.shift(DAY)
    with pytest.raises(Over):
        resetting.call_off_reset(reset, by=by)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_eight_sweepers_carry_it_out_once(protocol: Any, at_now: Any):
    key = with_factor(signatory(protocol, 1))
    asked(key, coordinator(protocol, 1))
    at_now.shift(DAY)
    results = at_once(*[partial(resetting.carry_out_due, NOW + DAY)] * 8)
    key.user.refresh_from_db()
    assert (sum(results), key.user.session_round) == (1, 1)
