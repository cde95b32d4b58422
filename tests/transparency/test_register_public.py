"""What the register tells while a decision is open, of one side alone, of nothing yet; and what its pages cost [I2, I11]."""

from __future__ import annotations

import json
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from partnership import publicity, publishing, register, signing, triggers
from partnership.models import Decision, EntryKind, Protocol
from tests.factories import DocumentFactory, ProtocolFactory
from tests.factories_decisions import approve, open_ratification, protocol_in_force, ratify
from tests.factories_programme import ActionPlanFactory
from tests.factories_register import (
    appointed,
    member,
    proposed_plan,
    refuse,
    reserve,
)
from tests.pages import Page, compressed_size
from transparency.presentation import register as shown

pytestmark = pytest.mark.django_db


def get(client: Client, address: str, status: int = 200, **headers: str) -> Page:
    """The page at an address, which must answer with the status."""
    answer = client.get(address, headers=headers)
    assert answer.status_code == status, address
    return Page(answer)


def test_who_did_not_answer_is_said_to_have_not_answered(client: Client):
    protocol = protocol_in_force()
    refuse(proposed_plan(protocol), member(protocol, 1), "Non.", "fr")
    row = client.get("/ar/register/").context["rows"][0]
    assert [len(side.answers) for side in row.sides] == [1, 0]
    assert get(client, "/fr/register/2/").source.count('class="half ') == 2


def test_words_of_a_person_are_shown_and_never_obeyed(client: Client):
    protocol = protocol_in_force()
    refuse(proposed_plan(protocol), member(protocol, 1), "<script>alert(1)</script>", "fr")
    for address in ("/fr/register/", "/fr/register/2/"):
        assert "&lt;script&gt;alert(1)" in get(client, address).source
        assert "<script" not in get(client, address).source


def test_a_published_deliberation_is_linked_and_an_internal_one_is_not(client: Client):
    protocol = protocol_in_force()
    public = DocumentFactory(protocol=protocol, title_fr="Extrait public", published=True)
    internal = DocumentFactory(protocol=protocol, title_fr="Note interne", public=False)
    signatures = Decision.objects.get(protocol=protocol).signatures.select_related("deliberation").order_by("pk")
    for signature, document in zip(signatures, (public, internal), strict=True):
        signature.deliberation.document = document
        signature.deliberation.save()
    page = get(client, "/fr/register/1/")
    assert page.links[public.get_absolute_url()] == "Extrait public"
    assert "Note interne" not in page.source


def test_swapping_the_communes_changes_nothing_but_their_order(client: Client):
    """The same acts from either side give the same page, word for word [I2]."""
    pages = []
    for ahead, other in ((1, 2), (2, 1)):
        Protocol.objects.update(primary=False)
        protocol = ProtocolFactory(
            first__organisation__name_fr="Commune UNE",
            first__organisation__short_name_fr="UNE",
            second__organisation__name_fr="Commune DEUX",
            second__organisation__short_name_fr="DEUX",
            second__organisation__country="MA",  # one law for both, so that supervision bears the same words
            title_fr="Protocole",
        )
        ratify(protocol)
        decision = proposed_plan(protocol, title_fr="Plan")
        reserve(decision, member(protocol, ahead), "Sous réserve.", "fr")
        refuse(decision, member(protocol, other), "Non.", "fr")
        words = client.get("/fr/register/2/").content.decode()
        body = re.sub(r"<[^>]+>|[0-9a-f]{12,}|\d+", " ", words.split("<main")[1].split("</main>")[0])
        pages.append(sorted(re.sub(r"UNE|DEUX", "X", body).split()))
    assert pages[0] == pages[1]


def test_a_pending_decision_is_told_with_whom_it_awaits_and_without_its_text(client: Client):
    protocol = protocol_in_force()
    decision = proposed_plan(protocol, title_fr="Plan proposé", introduction_fr="Introduction du plan")
    reserve(decision, member(protocol, 2), "Une réserve encore tue.", "fr")
    other = protocol.parties.get(position=1).organisation.short_name_fr
    for address in ("/fr/register/", f"/fr/register/decision/{decision.number}/"):
        page = get(client, address)
        assert "Plan proposé" in page.words
        assert other in re.sub(r"\s+", " ", page.source.split('class="pill waiting"')[1].split("</span>")[0])
        for hidden in ("Une réserve encore tue.", "Introduction du plan", decision.digest[:12]):
            assert hidden not in page.source
    assert page.headings == [decision.title_fr]


def test_neither_commune_is_shown_as_late_by_more_than_the_other(client: Client):
    for position in (1, 2):
        protocol = ProtocolFactory(primary=False, hostname=f"{position}.example")
        decision = open_ratification(protocol)
        approve(decision, member(protocol, position))
        [pending] = [shown.pending_row(one, list(protocol.parties.all())) for one in publicity.pending(protocol)]
        assert [party.position for party in pending.awaited] == [3 - position]
        assert pending.star.filled == {"square" if position == 1 else "diamond"}


def test_a_decision_on_a_draft_is_nowhere(client: Client):
    protocol = protocol_in_force()
    decision = proposed_plan(protocol, published=False, title_fr="Plan secret")
    for address in ("/fr/", "/fr/register/", "/fr/projects/", "/fr/action-plan/"):
        assert "Plan secret" not in get(client, address).source
        assert decision.number not in get(client, address).words
    get(client, f"/fr/register/decision/{decision.number}/", 404)
    publishing.publish(decision.subject, by=None)
    assert "Plan secret" in get(client, "/fr/register/").words


def test_a_decision_that_never_enters_the_register_is_not_announced(client: Client):
    protocol = protocol_in_force()
    decision = proposed_plan(protocol)
    Decision.objects.filter(pk=decision.pk).update(binds=False)
    with triggers.lifted():
        Decision.objects.filter(pk=decision.pk).update(kind="release_report")
    assert client.get("/fr/register/").context["pending"] == []


def test_a_register_without_entries_says_what_comes_next(client: Client):
    ProtocolFactory()
    page = get(client, "/ar/register/")
    assert "/ar/protocol/" in page.links
    assert client.get("/ar/register/").context["check"].total == 0


def file_of(client: Client) -> str:
    return b"".join(client.get("/register/entries.json").streaming_content).decode()


def test_what_has_not_changed_is_not_sent_again_and_may_be_read_by_others_programs(client: Client):
    protocol_in_force()
    for address in ("/register/entries.json", "/register/1.json", "/register/1/statement.txt"):
        answer = client.get(address)
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert client.get(address, headers={"if-none-match": answer["ETag"]}).status_code == 304
        assert client.post(address).status_code == 405


def test_a_register_without_entries_is_a_file_of_none(client: Client):
    ProtocolFactory()
    assert json.loads(file_of(client))["entries"] == []


def test_without_a_protocol_nothing_is_claimed(client: Client):
    for address in ("/register/entries.json", "/fr/register/", "/register/1.json"):
        assert client.get(address).status_code == 503


def test_what_is_not_there_is_404_with_a_way_on(client: Client):
    appointed(ProtocolFactory().parties.get(position=1))
    numbers = ("0/", "99/", "99999999999999999999/", "?page=2", "?page=0", "?page=x", "decision/2026-99/")
    for odd in (*numbers, "decision/%F0%9F%98%80/"):
        assert "/fr/register/" in get(client, f"/fr/register/{odd}", 404).links


def entered(protocol: Protocol, number: int) -> None:
    """As many entries about a refused plan, appointments in between, and as many decisions that one commune has answered."""
    decision = proposed_plan(protocol)
    refuse(decision, member(protocol, 1), "Non.", "fr")
    waiting = proposed_plan(protocol)
    approve(waiting, member(protocol, 2))
    decision.refresh_from_db()
    for place in range(number - 1):
        register.append(protocol, EntryKind.DECISION, signing.facts(decision), decision=decision)
        appointed(protocol.parties.get(position=1))
        another = Decision.objects.get(pk=waiting.pk)
        another.pk, another.number = None, f"2027-{place}"
        another.object_id = str(ActionPlanFactory(protocol=protocol, published=True).pk)
        another.save(force_insert=True)
        signature = waiting.signatures.get()
        signature.pk, signature.decision = None, another
        signature.save(force_insert=True)


def queries_of(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_the_register_costs_the_same_at_one_and_thirty_entries(client: Client):
    costs = []
    for number in (1, 30):
        Protocol.objects.update(primary=False)
        protocol = ProtocolFactory()
        ratify(protocol)
        entered(protocol, number)
        addresses = [reverse("register"), reverse("register-entry", args=[2]), reverse("home")]
        client.get(addresses[0])  # content types are remembered
        costs.append([queries_of(client, address) for address in addresses])
    assert costs[0] == costs[1]
    assert costs[0][0] <= 16
    assert costs[0][1] <= 16


def test_fifty_entries_stand_on_a_page_and_it_stays_light(client: Client):
    protocol = ProtocolFactory()
    for _ in range(60):
        appointed(protocol.parties.get(position=2))
    answer = client.get("/ar/register/")
    assert len(answer.context["rows"]) == 50
    assert [row.sequence for row in client.get("/ar/register/?page=2").context["rows"]] == list(range(10, 0, -1))
    assert compressed_size(answer) < 60_000


def test_the_longest_statement_leaves_its_page_light(client: Client):
    protocol_in_force()
    page = client.get("/ar/register/1/")
    assert page.context["one"].statement
    assert compressed_size(page) < 60_000
