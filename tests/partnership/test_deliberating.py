"""A council's deliberation that loses its effect takes with it what rested on it, in both legal regimes [I1]."""

from __future__ import annotations

import datetime

import pytest
from django.db import connection

from partnership import decisions, deliberating, opening, register, signing
from partnership.mandates import NotASignatory
from partnership.models import DecisionState, EntryKind, Position, ProtocolState, Regime, Supervision
from partnership.opening import Afterwards
from partnership.refusals import Refusal
from partnership.signing import Answer
from projects.models import ProjectState
from tests.at_once import ROUNDS, at_once
from tests.factories import DocumentFactory, MembershipFactory, ProtocolFactory
from tests.factories_decisions import (
    HELD,
    DeliberationFactory,
    approve,
    coordinator,
    open_ratification,
    pending,
    ratify,
    signatory,
)
from tests.factories_planning import consulted
from tests.factories_programme import ActionPlanFactory, ProjectFactory

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 9, 14)
GROUND = "L’autorité a annulé la délibération pour vice de forme."
LOST = {Regime.MOROCCO: Supervision.VISA_REFUSED, Regime.BRUSSELS: Supervision.ANNULLED}
BOTH = pytest.mark.parametrize("position", [1, 2])


@pytest.fixture
def protocol():
    return ProtocolFactory()


def deliberation_under(decision, position):
    """The deliberation on which a commune's approval rests."""
    return decision.signatures.get(party__position=position).deliberation


def lose_effect(deliberation, **given):
    protocol, place = deliberation.party.protocol, deliberation.party.position
    by = given.pop("by", None) or coordinator(protocol, place)
    return deliberating.lose_effect(deliberation, **{"by": by, "on": DAY, "ground": GROUND, "language": "fr", **given})


@BOTH
def test_a_protocol_whose_ratification_lost_a_deliberation_is_a_draft_again(protocol, position):
    decision = ratify(protocol)
    deliberation = deliberation_under(decision, position)
    assert lose_effect(deliberation) == [decision]
    protocol.refresh_from_db()
    decision.refresh_from_db()
    assert (protocol.state, protocol.ratified_by) == (ProtocolState.DRAFT, None)
    assert (decision.state, decision.binds, decision.closing_reason) == (DecisionState.ANNULLED, False, GROUND)
    assert deliberation.supervision == LOST[deliberation.party.regime]
    assert (deliberation.without_effect_since, deliberation.answered_on) == (DAY, DAY)
    assert deliberation.executory_on is not None  # what it once carried can still be read
    assert not deliberation.is_executory_on(DAY)


@BOTH
def test_the_register_says_since_when_it_is_without_effect_and_why(protocol, position):
    decision = ratify(protocol)
    lose_effect(deliberation_under(decision, position))
    entry = protocol.register.get(kind=EntryKind.WITHOUT_EFFECT)
    assert (entry.data["since"], entry.data["ground"], entry.data["language"]) == ("2026-09-14", GROUND, "fr")
    assert entry.data["decision"]["state"] == "annulled"
    carried = entry.data["signatures"][position - 1]["deliberation"]
    assert carried["supervision"] == LOST[protocol.parties.get(position=position).regime]
    assert register.verify(protocol).intact


@BOTH
def test_a_protocol_can_be_ratified_anew_on_new_deliberations(protocol, position):
    lose_effect(deliberation_under(ratify(protocol), position))
    protocol.refresh_from_db()
    ratify(protocol)
    assert protocol.state == ProtocolState.IN_FORCE


@BOTH
def test_an_action_plan_is_no_longer_adopted_and_can_be_written_again(protocol, position):
    ratify(protocol)
    plan = consulted(ActionPlanFactory(protocol=protocol))
    ProjectFactory(protocol=protocol, plan=plan)
    adopt = decisions.kind("adopt_plan")
    decision = opening.propose(adopt, plan, by=coordinator(protocol, 1))
    for place in (1, 2):
        approve(decision, signatory(protocol, place))
    lose_effect(deliberation_under(decision, position))
    decision.refresh_from_db()
    protocol.refresh_from_db()
    assert decision.state == DecisionState.ANNULLED
    assert protocol.state == ProtocolState.IN_FORCE  # its ratification rests on other deliberations
    assert opening.propose(adopt, plan, by=coordinator(protocol, 2)).is_open


@BOTH
def test_a_project_taken_over_on_it_is_suspended(protocol, position):
    ratify(protocol)
    project = ProjectFactory(protocol=protocol)
    act = Afterwards(datetime.date(2024, 1, 15), DocumentFactory(protocol=protocol))
    decision = opening.propose(
        decisions.kind("take_over_project"), project, by=coordinator(protocol, 1), afterwards=act
    )
    for place in (1, 2):
        resolution = DeliberationFactory(party=protocol.parties.get(position=place))
        approve(decision, signatory(protocol, place), deliberation=resolution)
    lose_effect(deliberation_under(decision, position))
    project.refresh_from_db()
    assert (project.state, project.taken_over) == (ProjectState.SUSPENDED, False)


@BOTH
def test_an_open_decision_that_rests_on_it_ends(protocol, position):
    decision = open_ratification(protocol)
    approve(decision, signatory(protocol, position))
    lose_effect(deliberation_under(decision, position))
    decision.refresh_from_db()
    assert decision.state == DecisionState.ANNULLED
    with pytest.raises(signing.DecisionClosed):
        approve(decision, signatory(protocol, 3 - position))
    assert open_ratification(protocol).is_open


def test_everything_that_rests_on_it_goes_and_nothing_else(protocol):
    shared = DeliberationFactory(party=protocol.parties.get(position=1))
    first = open_ratification(protocol)
    approve(first, signatory(protocol, 1), deliberation=shared)
    approve(first, signatory(protocol, 2))
    plan = consulted(ActionPlanFactory(protocol=protocol))
    ProjectFactory(protocol=protocol, plan=plan)
    second = opening.propose(decisions.kind("adopt_plan"), plan, by=coordinator(protocol, 2))
    approve(second, signatory(protocol, 1), deliberation=shared)
    other = opening.propose(
        decisions.kind("end_protocol"), protocol, by=coordinator(protocol, 2), terms={"ends_on": "2027-06-30"}
    )
    approve(other, signatory(protocol, 1))
    assert lose_effect(shared) == [first, second]
    other.refresh_from_db()
    assert other.is_open
    assert protocol.register.filter(kind=EntryKind.WITHOUT_EFFECT).count() == 2


def test_a_refusal_goes_on_standing_when_the_deliberation_under_it_goes(protocol):
    decision = open_ratification(protocol)
    resolution = DeliberationFactory(party=protocol.parties.get(position=1), approved=False)
    refusal = Answer(Position.REFUSE, reason="Non.", reason_language="fr", deliberation=resolution)
    signing.sign(decision.pk, by=signatory(protocol, 1), digest_seen=decision.digest, answer=refusal)
    assert lose_effect(resolution) == []
    decision.refresh_from_db()
    assert decision.state == DecisionState.REFUSED


def test_one_that_was_never_sent_can_be_annulled_all_the_same(protocol):
    resolution = DeliberationFactory(
        party=protocol.parties.get(position=2),
        supervision=Supervision.NOT_NEEDED,
        sent_on=None,
        answered_on=None,
        executory_on=HELD,
    )
    lose_effect(resolution)
    resolution.refresh_from_db()
    assert (resolution.supervision, resolution.sent_on) == (Supervision.ANNULLED, None)


# Who, when, why -------------------------------------------------------------------------------------------------------


@BOTH
def test_only_its_own_commune_says_so(protocol, position):
    decision = ratify(protocol)
    deliberation = deliberation_under(decision, position)
    with pytest.raises(NotASignatory) as refusal:
        lose_effect(deliberation, by=coordinator(protocol, 3 - position))
    assert refusal.value.code == "I2"
    protocol.refresh_from_db()
    assert protocol.state == ProtocolState.IN_FORCE


@BOTH
@pytest.mark.parametrize("role", ["editor", "evaluator", "observer"])
def test_no_other_role_says_so(protocol, position, role):
    party = protocol.parties.get(position=position)
    by = MembershipFactory(protocol=protocol, organisation=party.organisation, role=role)
    with pytest.raises(NotASignatory):
        lose_effect(DeliberationFactory(party=party), by=by)


@BOTH
def test_a_signatory_of_the_commune_says_so_too(protocol, position):
    deliberation = deliberation_under(ratify(protocol), position)
    assert len(lose_effect(deliberation, by=signatory(protocol, position))) == 1


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"on": datetime.date(2099, 1, 1)}, "day"),
        ({"on": HELD - datetime.timedelta(days=1)}, "day"),
        ({"ground": "  "}, "ground"),
    ],
)
def test_a_day_to_come_a_day_before_the_session_and_a_missing_ground_are_refused(protocol, given, code):
    deliberation = deliberation_under(ratify(protocol), 1)
    with pytest.raises(Refusal) as refusal:
        lose_effect(deliberation, **given)
    assert refusal.value.code == code
    deliberation.refresh_from_db()
    assert deliberation.without_effect_since is None


def test_what_is_not_executory_has_no_effect_to_lose(protocol):
    with pytest.raises(Refusal):
        lose_effect(pending(protocol.parties.get(position=1)))


def test_it_is_lost_once(protocol):
    deliberation = deliberation_under(ratify(protocol), 2)
    lose_effect(deliberation)
    with pytest.raises(Refusal):
        lose_effect(deliberation)


# Locked once signed upon ----------------------------------------------------------------------------------------------


def test_a_deliberation_is_locked_from_the_first_signature_on_it(protocol):
    resolution = DeliberationFactory(party=protocol.parties.get(position=1))
    deliberating.refuse_locked(resolution)
    approve(open_ratification(protocol), signatory(protocol, 1), deliberation=resolution)
    assert deliberating.is_locked(resolution)
    with pytest.raises(deliberating.SignedUpon) as refusal:
        deliberating.refuse_locked(resolution)
    assert refusal.value.code == "I4"


# At the same instant --------------------------------------------------------------------------------------------------

at_the_same_instant = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")


@at_the_same_instant
@pytest.mark.django_db(transaction=True)
def test_a_signature_and_the_loss_of_what_it_rests_on_at_once_leave_nothing_standing():
    for _round in range(ROUNDS):
        protocol = ProtocolFactory()
        decision = open_ratification(protocol)
        resolution = DeliberationFactory(party=protocol.parties.get(position=1))
        head, by = signatory(protocol, 1), coordinator(protocol, 1)
        at_once(
            lambda: approve(decision, head, deliberation=resolution),  # noqa: B023  run within the round
            lambda: lose_effect(resolution, by=by),  # noqa: B023
        )
        decision.refresh_from_db()
        resolution.refresh_from_db()
        assert resolution.without_effect_since == DAY
        assert (decision.state, decision.signatures.count()) in {("annulled", 1), ("open", 0)}


@at_the_same_instant
@pytest.mark.django_db(transaction=True)
def test_two_decisions_that_rest_on_the_same_deliberations_are_adopted_at_once():
    for _round in range(ROUNDS):
        protocol = ProtocolFactory()
        ratify(protocol)
        heads = [signatory(protocol, place) for place in (1, 2)]
        shared = [DeliberationFactory(party=protocol.parties.get(position=place)) for place in (1, 2)]
        opened = []
        for first in (0, 1):
            plan = consulted(ActionPlanFactory(protocol=protocol))
            ProjectFactory(protocol=protocol, plan=plan)
            decision = opening.propose(decisions.kind("adopt_plan"), plan, by=coordinator(protocol, 1))
            approve(decision, heads[first], deliberation=shared[first])
            opened.append(decision)
        at_once(
            lambda: approve(opened[0], heads[1], deliberation=shared[1]),  # noqa: B023
            lambda: approve(opened[1], heads[0], deliberation=shared[0]),  # noqa: B023
        )
        for decision in opened:
            decision.refresh_from_db()
            assert decision.state == DecisionState.ADOPTED
