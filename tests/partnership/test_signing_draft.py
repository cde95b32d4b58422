"""On the signing page nothing typed is lost: while the second factor is shown, after a sign-in that ended, where a rule refuses."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from partnership import signing
from partnership.models import (
    Decision,
    Deliberation,
    Document,
    Position,
    Supervision,
)
from partnership.signing import Answer
from partnership.signing_page import RULES
from tests.answers import WORDS, address, answer, browser_of, said, scan, typed, words_of
from tests.factories_decisions import (
    DeliberationFactory,
    approve,
    coordinator,
    open_ratification,
    pending,
    signatory,
)
from tests.staff import fields_of, sign_in_with_second_factor, use_second_factor

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


# The second factor at the moment of signing -----------------------------------------------------------------------------


def test_a_factor_shown_long_ago_is_shown_again_and_what_was_typed_waits(decision: Decision, head: Any):
    browser = browser_of(head)
    use_second_factor(browser, ago=datetime.timedelta(minutes=6))
    away = answer(browser, decision, "reserve", reservation=WORDS, language="nl")
    assert away.status_code == 302
    assert away["Location"].startswith("/fr/accounts/")
    assert f"next={address(decision).replace('/', '%2F')}" in away["Location"]
    assert not decision.signatures.exists()
    use_second_factor(browser)
    back = browser.get(address(decision))
    fields = fields_of(back.content.decode())
    assert [fields[name] for name in ("position", "reservation", "language", "read")] == [
        "reserve",
        WORDS,
        "nl",
        ["on"],
    ]
    checked = "Your second factor was checked, and what you had typed is here again. Read it once more, then sign."
    assert said(checked) in words_of(back)
    browser.post(address(decision), fields)
    assert decision.signatures.get().reason == WORDS


def test_a_scan_waits_as_well_while_the_factor_is_shown(decision: Decision, head: Any):
    browser = browser_of(head)
    use_second_factor(browser, ago=datetime.timedelta(minutes=6))
    answer(browser, decision, scan=scan())
    use_second_factor(browser)
    browser.post(address(decision), fields_of(browser.get(address(decision)).content.decode()))
    assert decision.signatures.get().scan == Document.objects.get()


def test_an_incomplete_answer_is_completed_before_the_factor_is_asked_for(decision: Decision, head: Any):
    browser = browser_of(head)
    use_second_factor(browser, ago=datetime.timedelta(minutes=6))
    assert answer(browser, decision, "refuse").status_code == 422


def test_once_signed_nothing_typed_is_kept(decision: Decision, browser: Client):
    answer(browser, decision, "reserve", reservation=WORDS)
    assert WORDS not in str([one.get_decoded() for one in Session.objects.all()])


def test_an_expired_sign_in_keeps_what_was_typed(decision: Decision, head: Any):
    browser = browser_of(head)
    values = typed(browser.get(address(decision)), position="reserve", reservation=WORDS)
    browser.cookies.pop("sessionid")
    away = browser.post(address(decision), values)
    assert away.status_code == 302
    sign_in_with_second_factor(browser, head.user)
    assert fields_of(browser.get(address(decision)).content.decode())["reservation"] == WORDS


# Refusals -------------------------------------------------------------------------------------------------------------


def refused(answer: Any, status: int, rule: str, *kept: str) -> str:
    """The page of a refusal: its status, its rule, and everything that was typed."""
    words = words_of(answer)
    source = answer.content.decode()
    assert answer.status_code == status
    assert 'role="alert"' in source
    assert not rule or said(RULES[rule]) in words
    assert all(text in source for text in kept)
    return words


@pytest.mark.parametrize(
    ("position", "missing"),
    [
        (None, "Choose one of the three answers."),
        ("reserve", "Write your reservation; the other commune and the register show it."),
        ("refuse", "Write why you refuse; the other commune and the register show it."),
    ],
)
def test_an_incomplete_answer_says_what_is_missing(decision: Decision, browser: Client, position: Any, missing: str):
    assert said(missing) in refused(answer(browser, decision, position), 422, "")
    assert not decision.signatures.exists()


def test_without_the_confirmation_nothing_is_signed_and_the_words_stay(decision: Decision, browser: Client):
    page = answer(browser, decision, "refuse", refusal=WORDS, read=None)
    unread = "Confirm that you have read the text: a signature stands for what was read."
    assert said(unread) in refused(page, 422, "", WORDS)


def test_signing_twice_is_refused(decision: Decision, browser: Client):
    values = typed(browser.get(address(decision)), position="reserve", reservation=WORDS)
    browser.post(address(decision), values)
    refused(browser.post(address(decision), values), 409, "I3", WORDS)
    assert decision.signatures.count() == 1


def test_a_commune_that_has_answered_answers_no_more(protocol: Any, decision: Decision, browser: Client):
    values = typed(browser.get(address(decision)), position="refuse", refusal=WORDS)
    approve(decision, signatory(protocol, 1))
    refused(browser.post(address(decision), values), 409, "I3", WORDS)
    assert decision.signatures.count() == 1


def test_a_mandate_that_ended_meanwhile_is_refused(protocol: Any, decision: Decision, head: Any):
    coordinator(protocol, 1, user=head.user)
    browser = browser_of(head)
    values = typed(browser.get(address(decision)), position="refuse", refusal=WORDS)
    head.ends_on = timezone.localdate() - DAY
    head.save()
    words = refused(browser.post(address(decision), values), 422, "I3", WORDS)
    assert said("Your mandate is not in effect today. Your commune’s coordinator can see its dates.") in words
    assert not decision.signatures.exists()


def test_a_person_without_any_mandate_left_is_shown_out_and_nothing_typed_is_lost(decision: Decision, head: Any):
    browser = browser_of(head)
    values = typed(browser.get(address(decision)), position="refuse", refusal=WORDS)
    head.ends_on = timezone.localdate() - DAY
    head.save()
    assert browser.post(address(decision), values).status_code == 302
    head.ends_on = None
    head.save()
    assert WORDS in browser.get(address(decision)).content.decode()


def test_a_text_that_changed_underneath_is_refused(protocol: Any, decision: Decision, browser: Client):
    values = typed(browser.get(address(decision)), position="reserve", reservation=WORDS)
    type(protocol).objects.filter(pk=protocol.pk).update(title_nl="Een ander protocol")
    refused(browser.post(address(decision), values), 409, "I4", WORDS)
    assert not decision.signatures.exists()


@pytest.mark.parametrize("seen", ["0" * 64, "", None])
def test_a_page_that_showed_another_text_is_refused_and_asks_to_read_again(
    decision: Decision, browser: Client, seen: Any
):
    page = answer(browser, decision, "reserve", reservation=WORDS, digest_seen=seen)
    refused(page, 409, "I4", WORDS)
    fields = fields_of(page.content.decode())
    assert (fields["digest_seen"], fields["position"], "read" in fields) == (decision.digest, "reserve", False)


def test_without_an_executory_deliberation_only_a_refusal_can_be_given(protocol: Any, decision: Decision):
    waiting = pending(protocol.parties.get(position=1))
    browser = browser_of(signatory(protocol, 1))
    page = browser.get(address(decision))
    assert said("You cannot approve yet.") in words_of(page)
    assert page.content.decode().count(" disabled") == 2
    forced = browser.post(address(decision), typed(page, position="approve", deliberation=waiting.pk))
    assert said(Supervision.SENT.label) in refused(forced, 422, "I1")
    assert answer(browser, decision, "refuse", refusal=WORDS).status_code == 302


@pytest.mark.parametrize("chosen", ["theirs", "rejected", "executive"])
def test_a_deliberation_that_cannot_carry_an_approval_is_refused(
    protocol: Any, decision: Decision, browser: Client, chosen: str
):
    own, other = protocol.parties.all()
    rows = {
        "theirs": DeliberationFactory(party=other),
        "rejected": DeliberationFactory(party=own, approved=False),
        "executive": DeliberationFactory(party=own, body="executive"),
    }
    page = answer(browser, decision, "reserve", reservation=WORDS, deliberation=rows[chosen].pk)
    refused(page, 422, "" if chosen == "theirs" else "I1", WORDS)
    assert not decision.signatures.exists()


def test_a_negative_deliberation_carries_a_refusal(protocol: Any, decision: Decision, browser: Client):
    rejected = DeliberationFactory(party=protocol.parties.get(position=1), approved=False)
    answer(browser, decision, "refuse", refusal=WORDS, deliberation=rejected.pk)
    assert decision.signatures.get().deliberation == rejected


def test_after_a_withdrawal_the_page_leads_to_the_decision_opened_anew(
    protocol: Any, decision: Decision, browser: Client
):
    values = typed(browser.get(address(decision)), position="reserve", reservation=WORDS)
    signing.withdraw(decision.pk, by=coordinator(protocol, 2), reason="Een fout.", language="nl")
    anew = open_ratification(protocol)
    page = browser.post(address(decision), values)
    words = refused(page, 409, "I4", WORDS, address(anew))
    withdrawn = "%(commune)s has withdrawn it. What was signed is void, and either commune may propose anew."
    assert said(withdrawn, commune=protocol.parties.get(position=2).organisation.short_name_fr) in words
    assert "Een fout." in words


def test_a_refused_decision_is_read_and_no_longer_answered(protocol: Any, decision: Decision, browser: Client):
    refusal = Answer(Position.REFUSE, reason="Te vroeg.", reason_language="nl")
    signing.sign(decision.pk, by=signatory(protocol, 2), digest_seen=decision.digest, answer=refusal)
    page = browser.get(address(decision))
    assert b'name="position"' not in page.content
    assert "Te vroeg." in words_of(page)


def test_what_is_wrong_between_two_signatures_is_said_on_the_page(protocol: Any, decision: Decision, browser: Client):
    """The first commune's deliberation lost its effect before the second one signed."""
    resolution = DeliberationFactory(party=protocol.parties.get(position=2))
    approve(decision, signatory(protocol, 2), deliberation=resolution)
    Deliberation.objects.filter(pk=resolution.pk).update(without_effect_since=timezone.localdate())
    refused(answer(browser, decision), 422, "I1")
    assert decision.signatures.count() == 1
