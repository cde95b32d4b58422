"""The signing page: what is read before an answer, and the answers that can be given."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from django.test import Client

from partnership import canonical, decisions, opening, signing
from partnership.models import (
    Decision,
    DecisionState,
    Deliberation,
    Document,
    Position,
    Protocol,
    ProtocolState,
    Role,
    Signature,
)
from partnership.protocol_file import BELFAA_JETTE, load
from partnership.signing import Answer
from tests.answers import WORDS, address, answer, browser_of, said, scan, words_of
from tests.factories import MembershipFactory, ProtocolFactory, UserFactory
from tests.factories_decisions import (
    DeliberationFactory,
    approve,
    coordinator,
    open_ratification,
    ratify,
    signatory,
)
from tests.pages import LANGUAGES, Page, leftovers
from tests.staff import fields_of, queries, sign_in_with_second_factor

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


def plain(text: str) -> str:
    """A text as `words_of` gives it back: with common spaces."""
    return " ".join(text.split())


# What is read ---------------------------------------------------------------------------------------------------------


def test_the_page_says_what_is_decided_before_it_asks(decision: Decision, browser: Client):
    words = words_of(browser.get(address(decision)))
    order = [
        decision.title_fr,
        plain(decision.sentence_fr),
        said("The two communes"),
        decision.digest[:8],
        said("Your answer"),
    ]
    places = [words.index(part) for part in order]
    assert places == sorted(places)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_clause_is_read_in_the_readers_language_and_the_act_in_its_own(language: str):
    protocol: Any = load(BELFAA_JETTE)
    decision = open_ratification(protocol)
    page = Page(browser_of(signatory(protocol, 1)).get(address(decision, language)))
    assert page.root["dir"] == LANGUAGES[language]
    assert leftovers(page) == []
    for clause in protocol.clauses.all():
        assert " ".join(getattr(clause, f"text_{language}").split()) in page.words
    assert re.search(r'class="original"\s+lang="ar"\s+dir="rtl"', page.source)


def test_the_exact_text_gives_the_digest_that_is_signed(decision: Decision, browser: Client):
    answer = browser.get(f"/fr/admin/decisions/{decision.pk}/text/")
    assert canonical.digest(answer.content.decode()) == decision.digest
    assert answer["Content-Type"] == "text/plain; charset=utf-8"


def test_the_digest_stands_in_groups_of_eight_from_left_to_right(decision: Decision, browser: Client):
    source = browser.get(address(decision, "ar")).content.decode()
    [shown] = re.findall(r'<p class="digest" dir="ltr">(.*?)</p>', source, re.DOTALL)
    groups = re.findall(r"<span>(\w+)</span>", shown)
    assert [len(group) for group in groups] == [8] * 8
    assert "".join(groups) == decision.digest


def test_a_reservation_of_the_other_commune_is_read_in_full_and_in_its_own_language(
    protocol: Any, decision: Decision, browser: Client
):
    theirs = DeliberationFactory(party=protocol.parties.get(position=2))
    reservation = Answer(Position.RESERVE, "Op voorwaarde dat het budget klopt.", "nl", theirs)
    signing.sign(decision.pk, by=signatory(protocol, 2), digest_seen=decision.digest, answer=reservation)
    source = browser.get(address(decision)).content.decode()
    assert re.search(r'<blockquote lang="nl"\s+dir="ltr">Op voorwaarde dat het budget klopt.</blockquote>', source)


def test_an_amended_clause_is_read_beside_what_it_replaces(protocol: Any):
    clause = protocol.clauses.create(
        number="A1", order=1, kind="text", text_ar="نص قديم", text_fr="Texte ancien", text_nl="Oude tekst"
    )
    ratify(protocol)
    new = {"ar": "نص جديد", "fr": "Texte nouveau", "nl": "Nieuwe tekst"}
    terms = {"clauses": [{"number": clause.number, "text": new}], "added": []}
    decision = opening.propose(decisions.kind("amend_protocol"), protocol, by=coordinator(protocol, 1), terms=terms)
    words = words_of(browser_of(signatory(protocol, 1)).get(address(decision)))
    assert words.index("Texte ancien") < words.index("Texte nouveau")


def test_who_signs_reads_in_which_function_and_for_whom(decision: Decision, browser: Client, head: Any):
    words = words_of(browser.get(address(decision)))
    commune = head.organisation.short_name_fr
    function = "Président du conseil communal"
    read = "I have read the text and sign as %(function)s, for %(commune)s."
    assert said(read, function=function, commune=commune) in words
    assert said("Sign for %(commune)s", commune=commune) in words


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.COORDINATOR, Role.EDITOR])
def test_who_may_read_but_not_sign_reads_the_same_without_the_form(protocol: Any, decision: Decision, role: str):
    commune = protocol.parties.get(position=1).organisation
    client = browser_of(MembershipFactory(protocol=protocol, organisation=commune, role=role))
    page = client.get(address(decision))
    assert plain(decision.sentence_fr) in words_of(page)
    assert b'name="position"' not in page.content
    refused = client.post(address(decision), {"position": "approve", "read": "on", "digest_seen": decision.digest})
    assert refused.status_code == 422
    assert not decision.signatures.exists()


def test_a_decision_of_another_protocol_does_not_exist(browser: Client):
    other = open_ratification(ProtocolFactory(hostname="autre.example"))
    for page in ("sign", "signed", "text"):
        assert browser.get(f"/fr/admin/decisions/{other.pk}/{page}/").status_code == 404


def test_the_administrator_of_the_platform_signs_for_nobody(decision: Decision):
    client = Client()
    sign_in_with_second_factor(client, UserFactory(is_superuser=True))
    assert b'name="position"' not in client.get(address(decision)).content
    values = {"position": "approve", "read": "on", "digest_seen": decision.digest}
    assert client.post(address(decision), values).status_code == 422
    assert not decision.signatures.exists()


# Answering ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("position", "more", "state"),
    [
        ("approve", {}, DecisionState.OPEN),
        ("reserve", {"reservation": WORDS, "language": "fr"}, DecisionState.OPEN),
        ("refuse", {"refusal": WORDS, "language": "fr"}, DecisionState.REFUSED),
    ],
)
def test_the_three_answers(decision: Decision, browser: Client, head: Any, position: str, more: Any, state: str):
    done = answer(browser, decision, position, **more)
    assert done["Location"] == f"/fr/admin/decisions/{decision.pk}/signed/"
    [signature] = decision.signatures.all()
    decision.refresh_from_db()
    assert (signature.position, signature.membership, signature.reason, decision.state) == (
        position,
        head,
        WORDS if more else "",
        state,
    )
    assert browser.get(done["Location"]).status_code == 200


def test_words_under_another_answer_than_the_one_given_are_not_signed(decision: Decision, browser: Client):
    answer(browser, decision, "reserve", reservation=WORDS, refusal="Autre chose.", language="fr")
    assert decision.signatures.get().reason == WORDS


def test_words_keep_the_language_in_which_they_were_written(decision: Decision, browser: Client):
    answer(browser, decision, "reserve", reservation="Onder voorbehoud.", language="nl")
    assert decision.signatures.get().reason_language == "nl"


def test_the_only_executory_deliberation_is_chosen_already(decision: Decision, browser: Client):
    answer(browser, decision)
    assert decision.signatures.get().deliberation == Deliberation.objects.get()


def test_of_several_deliberations_the_person_chooses(protocol: Any, decision: Decision, browser: Client):
    second = DeliberationFactory(party=protocol.parties.get(position=1))
    assert "deliberation" not in fields_of(browser.get(address(decision)).content.decode())
    answer(browser, decision, deliberation=second.pk)
    assert decision.signatures.get().deliberation == second


def test_a_kind_that_needs_no_deliberation_asks_for_none(protocol: Any, head: Any, browser: Client):
    ratified = ratify(protocol)
    terms = {
        "model": "partnership.protocol",
        "id": str(protocol.pk),
        "changes": {"title_nl": "Samenwerking"},
        "ground": {"ar": "خطأ", "fr": "Faute", "nl": "Fout"},
    }
    decision = opening.propose(decisions.kind("correct_text"), ratified, by=head, terms=terms)
    page = browser.get(address(decision))
    assert b'name="deliberation"' not in page.content
    assert "Samenwerking" in words_of(page)
    assert answer(browser, decision).status_code == 302


def test_once_both_have_approved_the_page_says_that_it_is_decided(protocol: Any, decision: Decision, browser: Client):
    approve(decision, signatory(protocol, 2))
    after = browser.get(answer(browser, decision)["Location"])
    assert Protocol.objects.get().state == ProtocolState.IN_FORCE
    assert decision.entries.get().hash[:8] in words_of(after)


def test_after_a_signature_the_next_decision_is_one_step_away(protocol: Any, decision: Decision, browser: Client):
    other = Protocol.objects.get()
    answer(browser, decision)
    assert b"act-sign" not in browser.get(f"/fr/admin/decisions/{decision.pk}/signed/").content
    approve(decision, signatory(protocol, 2))
    other.refresh_from_db()
    following = opening.propose(
        decisions.kind("end_protocol"), other, by=coordinator(protocol, 2), terms={"ends_on": "2027-12-31"}
    )
    page = browser.get(f"/fr/admin/decisions/{decision.pk}/signed/").content.decode()
    assert f'<a class="act act-sign" href="{address(following)}">' in page


def test_who_has_not_signed_is_led_from_the_last_page_to_the_first(decision: Decision, browser: Client):
    assert browser.get(f"/fr/admin/decisions/{decision.pk}/signed/")["Location"] == address(decision)


@pytest.mark.parametrize("place", [1, 2])
def test_where_two_sign_both_hands_are_shown(protocol: Any, decision: Decision, head: Any, place: int):
    protocol.parties.filter(position=1).update(hands=2)
    signing.withdraw(decision.pk, by=head, reason="Deux mains.", language="fr")
    decision = open_ratification(protocol)
    approve(decision, head)
    words = words_of(browser_of(signatory(protocol, place)).get(address(decision)))
    assert said("%(given)s of %(needed)s signatures", given=1, needed=2) in words
    assert said("A second person countersigns.") in words


# Signed on paper ------------------------------------------------------------------------------------------------------


def test_a_signature_on_paper_keeps_its_scan_as_an_internal_document(decision: Decision, browser: Client, head: Any):
    answer(browser, decision, scan=scan())
    signature = decision.signatures.get()
    document = Document.objects.get()
    assert (signature.outside, signature.scan, document.owner, document.public) == (
        True,
        document,
        head.organisation,
        False,
    )
    assert all((document.title_ar, document.title_fr, document.title_nl))


def test_a_scan_is_not_chosen_twice(decision: Decision, browser: Client):
    assert answer(browser, decision, "refuse", scan=scan()).status_code == 422
    answer(browser, decision, "refuse", refusal=WORDS)
    assert decision.signatures.get().scan == Document.objects.get()


def test_a_scan_can_be_taken_back(decision: Decision, browser: Client):
    answer(browser, decision, "refuse", scan=scan())
    answer(browser, decision, drop_scan="on")
    assert decision.signatures.get().outside is False


def test_what_is_no_scan_is_refused(decision: Decision, browser: Client):
    refused = answer(browser, decision, scan=scan(content=b"no pdf"))
    assert refused.status_code == 422
    assert not Document.objects.exists()
    assert not decision.signatures.exists()


# The page itself ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [1, 2])
def test_swapping_the_communes_changes_nothing(protocol: Any, decision: Decision, place: int):
    own = protocol.parties.get(position=place)
    DeliberationFactory(party=own)
    member = signatory(protocol, place)
    page = browser_of(member).get(address(decision))
    assert said("Sign for %(commune)s", commune=own.organisation.short_name_fr) in words_of(page)
    assert answer(browser_of(member), decision).status_code == 302
    assert decision.signatures.get().party == own


@pytest.mark.parametrize(("language", "order"), [("ar", [1, 2]), ("fr", [2, 1]), ("nl", [2, 1])])
def test_the_communes_stand_in_the_readers_order(decision: Decision, browser: Client, language: str, order: list[int]):
    sides = browser.get(address(decision, language)).context["sides"]
    assert [side.party.position for side in sides] == order


def test_the_form_is_whole_without_style_or_script(decision: Decision, browser: Client):
    """What :has() hides is in the page: both fields for reasons, one button, a link to decide later."""
    source = browser.get(address(decision)).content.decode()
    fields = fields_of(source)
    assert {"digest_seen", "reservation", "refusal", "language", "deliberation"} <= set(fields)
    assert source.count('class="sign-button"') == 1
    assert " style=" not in source
    assert "<script>" not in source


def test_the_page_costs_the_same_with_one_deliberation_and_with_thirty(
    protocol: Any, decision: Decision, browser: Client
):
    short = queries(browser, address(decision))
    for _ in range(29):
        DeliberationFactory(party=protocol.parties.get(position=1))
    assert queries(browser, address(decision)) == short
    assert Signature.objects.count() == 0
