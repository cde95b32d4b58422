"""An open decision is withdrawn with a reason; a commune leaves the protocol on its council's deliberation."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from partnership.models import DecisionState, ProtocolState
from tests.factories import (
    ProtocolFactory,
)
from tests.factories_decisions import (
    DeliberationFactory,
    approve,
    open_ratification,
    protocol_in_force,
    signatory,
)
from tests.staff import fields_of, staff, use_second_factor

pytestmark = pytest.mark.django_db
BOTH = pytest.mark.parametrize("position", [1, 2])


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


@pytest.fixture
def in_force() -> Any:
    return protocol_in_force()


@BOTH
def test_either_commune_withdraws_with_a_reason_once_it_has_read_what_that_does(protocol: Any, position: int):
    decision = open_ratification(protocol)
    approve(decision, signatory(protocol, 1))
    client = staff(protocol, position)
    address = f"/fr/admin/decisions/{decision.pk}/withdraw/"
    assert client.get(address).status_code == 200
    empty = client.post(address, {"words": " ", "language": "fr"})
    assert (empty.status_code, list(empty.context["form"].errors)) == (422, ["words"])
    answer = client.post(address, {"words": "Une date est fausse.", "language": "fr"}, follow=True)
    decision.refresh_from_db()
    assert (decision.state, decision.closing_reason) == (DecisionState.WITHDRAWN, "Une date est fausse.")
    assert decision.withdrawn_by == protocol.parties.get(position=position)
    assert answer.redirect_chain == [(f"/fr/admin/partnership/decision/{decision.pk}/change/", 302)]
    assert client.get(address).status_code == 302  # closed meanwhile: the page says how, nothing is asked any more


@pytest.mark.parametrize("role", ["editor", "evaluator", "observer"])
def test_nobody_else_withdraws(protocol: Any, role: str):
    decision = open_ratification(protocol)
    client = staff(protocol, 1, role)
    assert (
        client.post(f"/fr/admin/decisions/{decision.pk}/withdraw/", {"words": "x", "language": "fr"}).status_code == 404
    )
    decision.refresh_from_db()
    assert decision.is_open


# Leaving ---------------------------------------------------------------------------------------------------------------


LEAVE = "/fr/admin/decisions/leave/"


@BOTH
def test_a_signatory_leaves_on_the_councils_deliberation(in_force: Any, position: int):
    own, other = (in_force.parties.get(position=place) for place in (position, 3 - position))
    resolution, strange = DeliberationFactory(party=own), DeliberationFactory(party=other)
    client = staff(in_force, position, "signatory")
    offered = client.get(LEAVE).context["form"].fields["deliberation"].queryset
    assert resolution in offered
    assert strange not in offered
    given = {"words": "Le conseil en a décidé ainsi.", "language": "fr", "deliberation": str(resolution.pk)}
    unsure = client.post(LEAVE, given)
    assert (unsure.status_code, list(unsure.context["form"].errors)) == (422, ["understood"])
    assert fields_of(unsure.content.decode())["words"] == given["words"]
    assert client.post(LEAVE, {**given, "understood": "on"}).status_code == 302
    in_force.refresh_from_db()
    assert in_force.state == ProtocolState.CLOSING
    assert in_force.register.last().data["party"] == position


def test_what_was_typed_waits_while_the_second_factor_is_shown(in_force: Any):
    resolution = DeliberationFactory(party=in_force.parties.get(position=1))
    client = staff(in_force, 1, "signatory")
    use_second_factor(client, ago=datetime.timedelta(hours=1))
    given = {"words": "Ainsi décidé.", "language": "fr", "deliberation": str(resolution.pk), "understood": "on"}
    answer = client.post(LEAVE, given)
    assert (answer.status_code, "next=" in answer["Location"]) == (302, True)
    in_force.refresh_from_db()
    assert in_force.state == ProtocolState.IN_FORCE
    assert fields_of(client.get(LEAVE).content.decode())["words"] == "Ainsi décidé."


@pytest.mark.parametrize("role", ["coordinator", "editor", "observer"])
def test_for_nobody_else_there_is_a_way_to_leave(in_force: Any, role: str):
    client = staff(in_force, 1, role)
    assert client.get(LEAVE).status_code == 404
    assert LEAVE not in client.get(f"/fr/admin/partnership/protocol/{in_force.pk}/change/").content.decode()
