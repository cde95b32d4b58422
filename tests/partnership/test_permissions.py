"""Rights come from a mandate, for its protocol and its days; both communes have the same [I2]."""

from __future__ import annotations

import datetime

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser

from partnership import permissions
from partnership.models import Role
from tests.factories import MembershipFactory, ProtocolFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("position", [1, 2])
@pytest.mark.parametrize("role", Role.values)
def test_the_same_role_has_the_same_rights_on_both_sides(role: str, position: int):
    protocol = ProtocolFactory()
    organisation = protocol.parties.get(position=position).organisation
    user = MembershipFactory(protocol=protocol, organisation=organisation, role=role).user
    granted = {action for action in ("view", "add", "change", "delete") if permissions.may(user, action, protocol)}
    assert granted == permissions.RIGHTS[Role(role)]


def test_a_mandate_counts_in_its_own_protocol_only():
    user = MembershipFactory().user
    assert not permissions.may(user, "view", ProtocolFactory(hostname="second.example"))


@pytest.mark.parametrize(
    ("day", "valid"), [("2026-01-31", False), ("2026-02-01", True), ("2026-04-30", True), ("2026-05-01", False)]
)
def test_a_mandate_counts_from_its_first_to_its_last_day(day: str, valid: bool):
    mandate = MembershipFactory(starts_on=datetime.date(2026, 2, 1), ends_on=datetime.date(2026, 4, 30))
    with time_machine.travel(f"{day}T12:00:00Z"):
        assert permissions.may(mandate.user, "view", mandate.protocol) is valid


def test_nobody_else_may_do_anything():
    protocol = ProtocolFactory()
    assert not permissions.may(AnonymousUser(), "view", protocol)
    assert not permissions.may(UserFactory(), "view", protocol)


def test_a_person_who_is_no_longer_active_has_no_rights():
    mandate = MembershipFactory(user__is_active=False)
    assert not permissions.may(mandate.user, "view", mandate.protocol)


def test_asking_again_asks_the_database_once(django_assert_num_queries):
    mandate = MembershipFactory()
    with django_assert_num_queries(1):
        for action in ("view", "add", "change"):
            permissions.may(mandate.user, action, mandate.protocol)


def test_a_mandates_tasks_pass_to_its_last_successor():
    protocol = ProtocolFactory()
    last = MembershipFactory(protocol=protocol)
    middle = MembershipFactory(protocol=protocol, ends_on=datetime.date(2026, 3, 1), successor=last)
    first = MembershipFactory(protocol=protocol, ends_on=datetime.date(2025, 3, 1), successor=middle)
    assert first.holder_on(datetime.date(2025, 3, 1)) == first
    assert first.holder_on(datetime.date(2026, 1, 1)) == middle
    assert first.holder_on(datetime.date(2026, 6, 1)) == last
