"""Who is told by mail what happened to a joint decision, in which language, and that telling decides nothing."""

from __future__ import annotations

import datetime
import email
import email.policy
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from partnership import agreement, clock, decisions, notices, opening, signing
from partnership.models import DecisionState, Message, Position, ProtocolState, Role
from partnership.signing import Answer
from tests.factories import MembershipFactory, ProtocolFactory
from tests.factories_decisions import (
    DeliberationFactory,
    approve,
    coordinator,
    open_ratification,
    pending,
    ratify,
    signatory,
)
from transparency.management.commands.sweep import pass_once

pytestmark = pytest.mark.django_db

NOON = datetime.datetime(2026, 11, 25, 12, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def november() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


@pytest.fixture
def people(protocol: Any) -> dict[str, Any]:
    """A signatory and a coordinator of each commune."""
    return {f"{make.__name__} {place}": make(protocol, place) for place in (1, 2) for make in (signatory, coordinator)}


def told(part: str = "") -> list[str]:
    """Who has a mail whose key holds this, once for each mail."""
    return sorted(Message.objects.filter(key__contains=part).values_list("recipient", flat=True))


def addresses(people: dict[str, Any], *names: str) -> list[str]:
    return sorted(people[name].user.email for name in names or people)


def text_of(message: Message) -> str:
    parsed: Any = email.message_from_bytes(bytes(message.content), policy=email.policy.default)
    return str(parsed.get_body().get_content())


def mail_to(membership: Any, part: str = "") -> str:
    return text_of(Message.objects.get(recipient=membership.user.email, key__contains=part))


def refuse(decision: Any, by: Any) -> None:
    answer = Answer(Position.REFUSE, reason="Het budget ontbreekt.", reason_language="nl")
    signing.sign(decision.pk, by=by, digest_seen=decision.digest, answer=answer)


# Opened ---------------------------------------------------------------------------------------------------------------


def test_signatories_and_coordinators_of_both_communes_read_what_awaits_them(protocol, people):
    decision = open_ratification(protocol, by=people["coordinator 1"])
    assert told(":opened:") == addresses(people)
    text = mail_to(people["signatory 2"])
    assert f"/fr/admin/decisions/{decision.pk}/sign/" in text
    assert decision.sentence_fr in text


@pytest.mark.parametrize("role", [Role.EDITOR, Role.EVALUATOR, Role.OBSERVER])
def test_who_neither_signs_nor_coordinates_is_not_told(protocol, role):
    commune = protocol.parties.get(position=2).organisation
    MembershipFactory(protocol=protocol, organisation=commune, role=role)
    proposer = coordinator(protocol, 1)
    open_ratification(protocol, by=proposer)
    assert told() == [proposer.user.email]


def test_a_person_with_two_mandates_is_told_once(protocol):
    head = signatory(protocol, 1)
    coordinator(protocol, 1, user=head.user)
    open_ratification(protocol, by=head)
    assert told() == [head.user.email]


def test_a_mandate_that_ended_passes_its_mails_to_its_successor(protocol, people):
    """The successor is told even though the new mandate is of another role."""
    commune = protocol.parties.get(position=2).organisation
    heir = MembershipFactory(protocol=protocol, organisation=commune, role=Role.EDITOR)
    former = people["coordinator 2"]
    former.ends_on, former.successor = timezone.localdate() - DAY, heir
    former.save()
    open_ratification(protocol, by=people["coordinator 1"])
    assert heir.user.email in told()
    assert former.user.email not in told()


@pytest.mark.parametrize(("language", "prefixes"), [("ar", ["ar"]), ("nl", ["nl"]), ("", ["fr", "nl"])])
def test_a_mail_is_in_the_persons_language_else_in_french_and_dutch(protocol, language, prefixes):
    head = signatory(protocol, 2, user__language=language)
    decision = open_ratification(protocol, by=head)
    text = mail_to(head)
    links = [line for line in text.splitlines() if line.startswith("http")]
    assert links == [f"http://testserver/{prefix}/admin/decisions/{decision.pk}/sign/" for prefix in prefixes]
    assert all(getattr(decision, f"sentence_{prefix}") in text for prefix in prefixes)


def test_a_protocol_with_its_own_host_name_is_linked_there(settings):
    settings.SITE_URL = "https://cooperation.example:8443"
    protocol = ProtocolFactory(hostname="zweite.example")
    head = signatory(protocol, 1)
    decision = open_ratification(protocol, by=head)
    assert f"https://zweite.example:8443/fr/admin/decisions/{decision.pk}/sign/" in mail_to(head)


def test_telling_twice_writes_no_second_mail(protocol, people):
    decision = open_ratification(protocol, by=people["coordinator 1"])
    before = Message.objects.count()
    notices.opened(decision)
    assert Message.objects.count() == before


def test_an_act_does_not_fail_because_an_address_is_wrong(protocol):
    head = signatory(protocol, 1, user__email="nobody")
    assert open_ratification(protocol, by=head).is_open
    assert told() == []


def test_an_act_that_is_refused_mails_nobody(protocol, people):
    decision = open_ratification(protocol, by=people["coordinator 1"])
    with pytest.raises(signing.DeliberationRefused):
        approve(decision, people["signatory 1"], deliberation=pending(protocol.parties.get(position=1)))
    assert told(":signed:") == []


def test_a_story_of_the_past_mails_nobody_today(protocol):
    protocol.is_demonstration = True
    protocol.save()
    with clock.set_to(NOON - 100 * DAY):
        open_ratification(protocol)
    assert told() == []


# Answered -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [1, 2])
def test_the_commune_whose_answer_is_missing_reads_what_the_other_has_answered(protocol, people, first):
    """Swap the two communes, and nothing else changes [I2]."""
    decision = open_ratification(protocol, by=people["coordinator 1"])
    approve(decision, people[f"signatory {first}"])
    other = 3 - first
    assert told(":signed:1:") == addresses(people, f"signatory {other}", f"coordinator {other}")
    assert str(protocol.parties.get(position=first)) in mail_to(people[f"signatory {other}"], ":signed:")


def test_where_two_sign_the_same_commune_is_told_that_the_second_is_missing(protocol, people):
    protocol.parties.filter(position=1).update(hands=2)
    decision = open_ratification(protocol, by=people["coordinator 1"])
    approve(decision, people["signatory 1"])
    assert told(":signed:1:") == addresses(people)
    approve(decision, signatory(protocol, 1))
    assert addresses(people, "signatory 2", "coordinator 2") == told(":signed:2:")


# Ended ----------------------------------------------------------------------------------------------------------------


def test_both_communes_read_that_it_is_adopted(protocol, people):
    decision = open_ratification(protocol, by=people["coordinator 1"])
    for place in (1, 2):
        approve(decision, people[f"signatory {place}"])
    assert told(":adopted:") == addresses(people)


def test_both_communes_read_why_it_was_refused_in_the_words_it_was_refused_with(protocol, people):
    decision = open_ratification(protocol, by=people["coordinator 1"])
    refuse(decision, people["signatory 2"])
    assert told(":refused:") == addresses(people)
    assert "Het budget ontbreekt." in mail_to(people["signatory 1"], ":refused:")
    assert told(":signed:") == []


@pytest.mark.parametrize("place", [1, 2])
def test_a_withdrawal_is_told_to_the_other_side_with_its_reason(protocol, people, place):
    decision = open_ratification(protocol, by=people["coordinator 1"])
    signing.withdraw(decision.pk, by=people[f"coordinator {place}"], reason="Une date est fausse.", language="fr")
    other = 3 - place
    assert told(":withdrawn:") == addresses(people, f"signatory {other}", f"coordinator {other}")
    assert "Une date est fausse." in mail_to(people[f"signatory {other}"], ":withdrawn:")


def test_both_communes_read_that_an_adopted_decision_lost_its_effect(protocol, people):
    decision = ratify(protocol)
    signing.annul(decision, ground="تأشيرة مرفوضة", language="ar", since=timezone.localdate())
    assert set(addresses(people)) <= set(told(":annulled:"))
    assert "تأشيرة مرفوضة" in mail_to(people["signatory 2"], ":annulled:")


def test_both_communes_read_that_one_has_left(protocol, people):
    ratify(protocol)
    resolution = DeliberationFactory(party=protocol.parties.get(position=2))
    agreement.leave(
        protocol, by=people["signatory 2"], deliberation=resolution, ground="Fin de la mandature.", language="fr"
    )
    assert set(addresses(people)) <= set(told(":left:2:"))


# Deadlines ------------------------------------------------------------------------------------------------------------


def with_deadline(protocol: Any, by: Any, days: int) -> Any:
    deadline = timezone.localdate() + days * DAY
    return opening.propose(decisions.kind("ratify_protocol"), protocol, by=by, deadline=deadline)


def reminded(days: float) -> int:
    """How many mails a look at the deadlines writes so many days after noon of the first day."""
    return notices.remind_due(NOON + datetime.timedelta(days=days))


def test_a_week_before_and_on_the_day_each_person_is_reminded_once(protocol, people):
    with_deadline(protocol, people["coordinator 1"], 30)
    assert [reminded(days) for days in (22, 23, 23.001, 26, 29, 30, 30.001, 31, 60)] == [0, 4, 0, 0, 0, 4, 0, 0, 0]


def test_a_sweeper_that_was_away_reminds_when_it_is_back(protocol, people):
    with_deadline(protocol, people["coordinator 1"], 30)
    assert reminded(28) == 4


def test_who_has_answered_is_not_reminded(protocol, people):
    decision = with_deadline(protocol, people["coordinator 1"], 30)
    approve(decision, people["signatory 1"])
    reminded(23)
    assert told(":deadline:") == addresses(people, "signatory 2", "coordinator 2")


@pytest.mark.parametrize(("days", "written"), [(3, 0), (7, 0), (8, 4)])
def test_a_short_deadline_needs_no_reminder_just_after_the_opening(protocol, people, days, written):
    with_deadline(protocol, people["coordinator 1"], days)
    assert reminded(1) == written


def test_a_deadline_decides_nothing(protocol, people):
    decision = with_deadline(protocol, people["coordinator 1"], 30)
    for days in range(60):
        reminded(days)
    decision.refresh_from_db()
    assert decision.state == DecisionState.OPEN


def test_the_day_begins_where_the_commune_is(protocol, people):
    """At 23:30 UTC in winter it is tomorrow in Brussels, at UTC+1, and still today for a commune at UTC."""
    protocol.parties.filter(position=1).update(time_zone="UTC")
    with_deadline(protocol, people["coordinator 1"], 30)
    assert reminded(29 + 11.5 / 24) == 4  # the week's for the one, the day's for the other, where midnight is past
    assert told(":0:") == addresses(people, "signatory 2", "coordinator 2")


def test_the_sweep_reminds_and_ends_what_is_over(protocol, people):
    protocol.state, protocol.valid_until = ProtocolState.CLOSING, timezone.localdate() + 5 * DAY
    protocol.save()
    successor = ProtocolFactory()
    proposer = coordinator(successor, 1)
    with_deadline(successor, proposer, 30)
    with time_machine.travel(NOON + 23 * DAY, tick=False):
        assert pass_once()
    protocol.refresh_from_db()
    assert protocol.state == ProtocolState.ENDED
    assert told(":deadline:") == [proposer.user.email]
