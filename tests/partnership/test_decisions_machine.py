"""Decisions driven at random by people of both communes: after each step I1 to I4 and I9 hold."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from partnership import canonical, decisions, deliberating, opening, register, signing
from partnership.models import (
    Decision,
    DecisionState,
    Membership,
    Position,
    ProtocolState,
    RegisterEntry,
    Role,
)
from partnership.signing import Answer
from tests.conftest import LONG
from tests.factories import ProtocolFactory
from tests.factories_decisions import DeliberationFactory, coordinator, pending, signatory, write

COMMUNES = st.sampled_from([1, 2])
ACTORS = st.sampled_from(range(8))


class Deciding(RuleBasedStateMachine):
    """Eight people, some of whom may not, propose, sign, refuse, withdraw, edit, tamper and lose their grounds."""

    def __init__(self) -> None:
        super().__init__()
        self.run = transaction.atomic()
        self.run.__enter__()

    def teardown(self) -> None:
        """Each run leaves nothing behind."""
        transaction.set_rollback(True)
        self.run.__exit__(None, None, None)

    @initialize(hands=st.tuples(COMMUNES, COMMUNES))
    def a_protocol(self, hands: tuple[int, int]) -> None:
        self.protocol = ProtocolFactory(first__hands=hands[0], second__hands=hands[1])
        yesterday = timezone.localdate() - datetime.timedelta(days=1)
        self.people: list[Membership] = [
            *(signatory(self.protocol, position) for position in (1, 1, 2, 2)),
            *(coordinator(self.protocol, position) for position in (1, 2)),
            signatory(self.protocol, 1, ends_on=yesterday, starts_on=yesterday),
            signatory(ProtocolFactory(), 1),
        ]
        self.entries: list[tuple[int, str]] = []

    @property
    def decision(self) -> Decision | None:
        return Decision.objects.filter(protocol=self.protocol).order_by("pk").last()

    def attempt(self, act: Any) -> None:
        """Do it, or be refused; then nothing has changed."""
        before = self.picture()
        try:
            with transaction.atomic():
                act()
        except ValidationError:
            assert self.picture() == before

    def picture(self) -> tuple[Any, ...]:
        self.protocol.refresh_from_db()
        rows = Decision.objects.filter(protocol=self.protocol).order_by("pk").values_list("pk", "state")
        return self.protocol.state, self.protocol.title_fr, list(rows), self.protocol.register.count()

    @rule(who=ACTORS)
    def propose(self, who: int) -> None:
        kind = decisions.kind("ratify_protocol")
        self.attempt(lambda: opening.propose(kind, self.protocol, by=self.people[who]))

    @rule(who=ACTORS, position=st.sampled_from(Position), of=COMMUNES, executory=st.booleans(), stale=st.booleans())
    def sign(self, who: int, position: Position, of: int, executory: bool, stale: bool) -> None:
        decision = self.decision
        if decision is None:
            return
        party = self.protocol.parties.get(position=of)
        resolution = DeliberationFactory(party=party) if executory else pending(party)
        reason = "" if position == Position.APPROVE else "Une raison."
        answer = Answer(position, reason, "fr" if reason else "", resolution)
        digest = "0" * 64 if stale else decision.digest
        self.attempt(lambda: signing.sign(decision.pk, by=self.people[who], digest_seen=digest, answer=answer))

    @rule(who=st.sampled_from(range(4)))
    def approve_rightly(self, who: int) -> None:
        """The way a decision is adopted, which chance alone finds too seldom."""
        self.attempt(lambda: opening.propose(decisions.kind("ratify_protocol"), self.protocol, by=self.people[4]))
        decision, by = self.decision, self.people[who]
        assert decision is not None
        party = self.protocol.parties.get(organisation=by.organisation)
        answer = Answer(Position.APPROVE, deliberation=DeliberationFactory(party=party))
        self.attempt(lambda: signing.sign(decision.pk, by=by, digest_seen=decision.digest, answer=answer))

    @rule(who=ACTORS, seldom=st.integers(0, 3))
    def withdraw(self, who: int, seldom: int) -> None:
        decision = self.decision
        if decision is not None and seldom == 3:
            self.attempt(lambda: signing.withdraw(decision.pk, by=self.people[who], reason="À revoir.", language="fr"))

    @rule(number=st.integers(0, 3))
    def edit(self, number: int) -> None:
        self.protocol.refresh_from_db()
        self.protocol.title_fr = f"Protocole {number}"
        self.attempt(lambda: write(self.protocol))

    @rule(seldom=st.integers(0, 3))
    def a_deliberation_loses_its_effect(self, seldom: int) -> None:
        decision = self.decision
        signature = decision.signatures.filter(position="approve").last() if decision else None
        if signature is not None and seldom == 3:
            self.attempt(
                lambda: deliberating.lose_effect(
                    signature.deliberation,
                    by=signatory(self.protocol, signature.party.position),
                    on=timezone.localdate(),
                    ground="Illégalité.",
                    language="fr",
                )
            )

    @rule(change=st.sampled_from(["update", "delete"]))
    def tamper_with_the_register(self, change: str) -> None:
        rows = RegisterEntry.objects.filter(protocol=self.protocol)
        if not rows.exists():
            return
        try:
            with transaction.atomic():
                rows.update(payload="{}") if change == "update" else rows._raw_delete("default")
        except IntegrityError:
            return
        raise AssertionError("the register was changed")

    @invariant()
    def in_force_only_with_both_ratifications(self) -> None:
        """[I1]"""
        self.protocol.refresh_from_db()
        if self.protocol.state == ProtocolState.IN_FORCE:
            ratification = self.protocol.ratified_by
            assert ratification is not None
            assert ratification.state == DecisionState.ADOPTED
            for party in self.protocol.parties.all():
                resting = ratification.signatures.filter(party=party)
                assert resting.count() == ratification.hands(party)
                assert all(one.approves and one.deliberation.party_id == party.pk for one in resting)
                assert all(one.deliberation.is_executory_on(timezone.localdate()) for one in resting)

    @invariant()
    def each_signature_is_its_own_communes(self) -> None:
        """[I2, I3]"""
        for decision in Decision.objects.filter(protocol=self.protocol):
            signatures = list(decision.signatures.select_related("membership", "party"))
            assert len({one.person_id for one in signatures}) == len(signatures)
            for one in signatures:
                assert one.membership.organisation_id == one.party.organisation_id
                assert one.membership.role == Role.SIGNATORY
                assert one.membership.ends_on is None
                assert one.party.protocol_id == self.protocol.pk
            if decision.state == DecisionState.ADOPTED:
                assert {one.party.position for one in signatures if one.approves} == {1, 2}
                assert all(one.approves for one in signatures)

    @invariant()
    def what_is_signed_is_what_was_read(self) -> None:
        """[I4]"""
        for decision in Decision.objects.filter(protocol=self.protocol):
            assert canonical.digest(decision.statement) == decision.digest
            assert all(one.digest_seen == decision.digest for one in decision.signatures.all())
            if decision.binds:
                kind = decisions.kind(decision.kind)
                assert decisions.content_now(kind, self.protocol, {}) == decision.binding

    @invariant()
    def the_register_only_grows(self) -> None:
        """[I9]"""
        rows = list(RegisterEntry.objects.filter(protocol=self.protocol).values_list("sequence", "hash"))
        assert rows[: len(self.entries)] == self.entries
        self.entries = rows
        assert register.verify(self.protocol).intact


@pytest.mark.django_db
def test_nothing_is_decided_by_one_side_whatever_anybody_tries():
    many = settings(max_examples=150 if LONG else 12, stateful_step_count=30, deadline=None)
    run_state_machine_as_test(Deciding, settings=many)
