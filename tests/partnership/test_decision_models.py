"""What the database itself refuses to store of meetings, deliberations, decisions and the register."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from partnership.models import Comment, Decision, DecisionState, Meeting, MeetingPoint, RegisterEntry, Signature
from partnership.models.register import NO_ENTRY
from tests.constraints import Case, assert_refused
from tests.factories import DocumentFactory, PartyFactory, ProtocolFactory
from tests.factories_decisions import DeliberationFactory, coordinator, open_ratification, ratify, signatory

pytestmark = pytest.mark.django_db
DAY = date(2026, 5, 6)
FR = {"reason_language": "fr"}
CLOSED = {"state": "withdrawn", "closed_at": timezone.now()}


def moroccan(**values: Any) -> Any:
    """A deliberation of the first commune's council, under Moroccan law."""
    return DeliberationFactory(party=ProtocolFactory().parties.get(position=1), **values)


def brussels(**values: Any) -> Any:
    """A deliberation of the second commune's council, under the law of Brussels."""
    return DeliberationFactory(party=ProtocolFactory().parties.get(position=2), **values)


def decided(count: int = 1, **values: Any) -> list[Decision]:
    """Copies of an open decision, with numbers of their own and these values."""
    protocol = ProtocolFactory()
    first = open_ratification(protocol)
    Decision.objects.filter(pk=first.pk).update(state=DecisionState.WITHDRAWN, closed_at=timezone.now())
    made = []
    for number in range(count):
        first.pk = None
        for name, value in {"number": f"2026-9{number}", "state": "open", "closed_at": None, **values}.items():
            setattr(first, name, value)
        first.save(force_insert=True)
        made.append(Decision.objects.get(pk=first.pk))
    return made


def signed(*changes: dict[str, Any]) -> None:
    """Signatures under one decision, each with these values beside an approval of the first commune."""
    protocol = ProtocolFactory()
    decision = open_ratification(protocol)
    people = [signatory(protocol, 1), signatory(protocol, 1)]
    for place, values in enumerate(changes):
        by = people[place]
        party = protocol.parties.get(position=1)
        plain = {"membership": by, "person": by.user, "party": party, "hand": place + 1, "position": "approve"}
        if values.pop("same_person", False):
            plain["person"] = people[0].user
        if values.pop("scanned", False):
            values["scan"] = DocumentFactory(protocol=protocol)
        Signature.objects.create(
            decision=decision,
            function="{}",
            digest_seen=decision.digest,
            signed_at=timezone.now(),
            **{**plain, **values},
        )


def entered(*changes: dict[str, Any]) -> None:
    """Entries of one register, each with these values."""
    protocol = ProtocolFactory()
    for sequence, values in enumerate(changes, start=1):
        plain = {"sequence": sequence, "previous": str(sequence) * 64, "kind": "appointment"}
        RegisterEntry.objects.create(
            protocol=protocol, payload="{}", hash=NO_ENTRY, at=timezone.now(), **{**plain, **values}
        )


def points(*orders: int) -> None:
    """Points of one meeting."""
    meeting = Meeting.objects.create(
        protocol=ProtocolFactory(), held_on=DAY, title_ar="اجتماع", title_fr="Réunion", title_nl="Vergadering"
    )
    for order in orders:
        MeetingPoint.objects.create(meeting=meeting, order=order)


def met(**values: Any) -> None:
    """A meeting, with these values."""
    texts = {"title_ar": "اجتماع", "title_fr": "Réunion", "title_nl": "Vergadering"}
    Meeting.objects.create(protocol=ProtocolFactory(), held_on=DAY, **{**texts, **values})


def said(text: str) -> None:
    """A comment."""
    by = coordinator(ProtocolFactory(), 1)
    Comment.objects.create(
        protocol=by.protocol, subject=by.protocol, membership=by, text=text, language="fr", at=timezone.now()
    )


def put_in_force(protocol: Any) -> None:
    """A protocol in force without a ratification."""
    protocol.state, protocol.ratified_by = "in_force", None
    protocol.save()


def twice_numbered() -> None:
    """Two deliberations of one body with one number."""
    first = moroccan(number="7")
    DeliberationFactory(party=first.party, number="7")


def scanned_decision(**values: Any) -> None:
    """A decision on an act older than the platform, with these values."""
    decided(scan=DocumentFactory(), **values)


CASES = [
    Case("comment_says_something", lambda: said("À revoir."), lambda: said("")),
    Case("protocol_in_force_is_ratified", lambda: ratify(ProtocolFactory()), lambda: put_in_force(ProtocolFactory())),
    Case("party_one_hand_or_two", lambda: PartyFactory(hands=2), lambda: PartyFactory(hands=3)),
    Case("party_regime_known", lambda: PartyFactory(regime="brussels"), lambda: PartyFactory(regime="other")),
    Case("meeting_title_in_all_languages", met, lambda: met(title_nl="")),
    Case("meeting_point_order_once", lambda: points(1, 2), lambda: points(1, 1)),
    Case("deliberation_number_once", lambda: [moroccan(number="7"), moroccan(number="7")], twice_numbered),
    Case("deliberation_subject_in_all_languages", moroccan, lambda: moroccan(subject_fr="")),
    Case(
        "deliberation_supervision_of_its_regime",
        lambda: [moroccan(supervision="visa"), brussels(supervision="expired")],
        lambda: brussels(supervision="visa"),
    ),
    Case(
        "deliberation_executory_has_day",
        lambda: [
            moroccan(),
            moroccan(supervision="sent", answered_on=None, executory_on=None),
            brussels(without_effect_since=DAY, supervision="annulled"),
        ],
        lambda: moroccan(executory_on=None),
    ),
    Case(
        "deliberation_sent_has_day",
        lambda: [
            moroccan(sent_on=DAY),
            brussels(supervision="not_needed", sent_on=None, answered_on=None, executory_on=DAY),
        ],
        lambda: moroccan(sent_on=DAY - timedelta(days=1)),
    ),
    Case(
        "deliberation_answered_has_day",
        lambda: moroccan(answered_on=DAY + timedelta(days=3)),
        lambda: moroccan(answered_on=None),
    ),
    Case(
        "deliberation_tacit_after_the_term",
        lambda: moroccan(supervision="tacit", sent_on=DAY, answered_on=DAY + timedelta(days=20)),
        lambda: moroccan(supervision="tacit", sent_on=DAY, answered_on=DAY + timedelta(days=19)),
    ),
    Case(
        "decision_number_once",
        lambda: decided(2, **CLOSED),
        lambda: decided(2, number="2026-99", **CLOSED),
    ),
    Case("decision_one_open", decided, lambda: decided(2)),
    Case(
        "decision_closed_has_time",
        lambda: decided(state="refused", closed_at=timezone.now()),
        lambda: decided(state="refused"),
    ),
    Case("decision_state_known", decided, lambda: decided(state="asleep", closed_at=timezone.now())),
    Case("decision_hands_one_or_two", lambda: decided(hands_first=2), lambda: decided(hands_second=3)),
    Case(
        "decision_recorded_afterwards_has_scan",
        lambda: scanned_decision(decided_on=DAY),
        scanned_decision,
    ),
    Case("signature_hand_once", lambda: signed({}, {}), lambda: signed({}, {"hand": 1})),
    Case("signature_person_once", lambda: signed({}, {}), lambda: signed({}, {"same_person": True})),
    Case("signature_hand_one_or_two", lambda: signed({"hand": 2}), lambda: signed({"hand": 3})),
    Case("signature_position_known", lambda: signed({}), lambda: signed({"position": "x", "reason": "x", **FR})),
    Case(
        "signature_reason_given",
        lambda: signed({"position": "reserve", "reason": "Sous réserve.", **FR}),
        lambda: signed({"position": "refuse", **FR}),
    ),
    Case(
        "signature_outside_has_scan",
        lambda: signed({"outside": True, "scanned": True}),
        lambda: signed({"outside": True}),
    ),
    Case("register_sequence_once", lambda: entered({}, {}), lambda: entered({}, {"sequence": 1})),
    Case("register_never_forks", lambda: entered({}, {}), lambda: entered({}, {"previous": "1" * 64})),
    Case("register_sequence_from_one", lambda: entered({}), lambda: entered({"sequence": 0})),
    Case(
        "register_decision_named",
        lambda: entered({}, {"kind": "without_effect", "deliberation": moroccan()}),
        lambda: entered({"kind": "decision", "deliberation": moroccan()}),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rows_that_satisfy_a_constraint_are_stored(case):
    case.holds()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rows_that_break_a_constraint_are_refused(case):
    assert_refused(case)
