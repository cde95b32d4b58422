"""The public register: whole in every language, both communes alike, nobody named, verifiable elsewhere [I2, I9, I11]."""

from __future__ import annotations

import datetime
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from partnership import decisions, opening, register, triggers
from partnership.models import Decision, EntryKind, Protocol, RegisterEntry, User
from tests.factories import ProtocolFactory
from tests.factories_decisions import approve, coordinator, ratify, signatory
from tests.factories_register import (
    REFUSAL,
    RESERVATION,
    proposed_plan,
    whole_register,
)
from tests.pages import LANGUAGES, Page, leftovers
from transparency import register_check
from transparency.presentation import register as shown
from transparency.views import register as views

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def protocol(django_db_setup, django_db_blocker) -> Iterator[Protocol]:
    """A protocol with six entries, made once; each test undoes what it does to it."""
    with django_db_blocker.unblock(), transaction.atomic():
        made = ProtocolFactory()
        whole_register(made)
        yield made
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def second_host(settings):
    """Another protocol's host name."""
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "second.example"]


def get(client: Client, address: str, status: int = 200, **headers: str) -> Page:
    """The page at an address, which must answer with the status."""
    answer = client.get(address, headers=headers)
    assert answer.status_code == status, address
    return Page(answer)


def entry(protocol: Protocol, sequence: int) -> RegisterEntry:
    return RegisterEntry.objects.get(protocol=protocol, sequence=sequence)


def tamper(row: RegisterEntry) -> None:
    """Change one character of an entry's text, as only the owner of the tables can."""
    with triggers.lifted():
        RegisterEntry.objects.filter(pk=row.pk).update(payload=row.payload.replace('"state":"', '"state":"x', 1))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_the_register_is_whole(client: Client, protocol: Protocol, language):
    proposed_plan(ratified())
    addresses = [f"/{language}/register/", *(f"/{language}/register/{number}/" for number in range(1, 7))]
    for address in addresses:
        page = get(client, address)
        assert page.root == {"lang": language, "dir": LANGUAGES[language]}
        assert leftovers(page) == []
        assert len(page.headings) == 1
        assert len(page.ids) == len(set(page.ids))
        assert page.switch == {code: address.replace(f"/{language}/", f"/{code}/", 1) for code in LANGUAGES}
        assert " style=" not in page.source
        assert "<script" not in page.source


def ratified() -> Protocol:
    """Another protocol in force, on a host name of its own."""
    other = ProtocolFactory(hostname="second.example")
    ratify(other)
    return other


def test_the_entries_stand_newest_first_with_outcome_and_digest(client: Client, protocol: Protocol):
    rows = client.get("/fr/register/").context["rows"]
    assert [row.sequence for row in rows] == [6, 5, 4, 3, 2, 1]
    assert [row.state for row in rows] == ["annulled", "", "withdrawn", "refused", "adopted", "adopted"]
    page = get(client, "/fr/register/")
    for row in rows:
        assert row.hash[:12] in page.source
        assert page.links[f"/fr/register/{row.sequence}/"] == row.title
    assert rows[1].title == f"Première échevine, {protocol.parties.get(position=1).organisation.name_fr}"


def test_a_star_says_where_each_decision_stands(client: Client, protocol: Protocol):
    rows = {row.sequence: row.star for row in client.get("/fr/register/").context["rows"]}
    assert rows[5] is None
    assert {number: star.state for number, star in rows.items() if star} == {
        1: "both",
        2: "both",
        3: "refused",
        4: "void",
        6: "void",
    }
    assert rows[1].filled == {"square", "diamond"}


def test_both_answers_stand_side_by_side_in_the_readers_order(client: Client, protocol: Protocol):
    for language, order in (("ar", [1, 2]), ("fr", [2, 1]), ("nl", [2, 1])):
        for row in client.get(f"/{language}/register/").context["rows"]:
            assert [side.party.position for side in row.sides] == ([] if row.sequence == 5 else order)
    refused = next(row for row in client.get("/ar/register/").context["rows"] if row.state == "refused")
    assert [side.agrees for side in refused.sides] == [True, False]


@pytest.mark.parametrize("address", ["/fr/register/", "/fr/register/2/"])
def test_a_reservation_stands_in_the_language_it_was_written_in(client: Client, protocol: Protocol, address):
    page = re.sub(r"\s+", " ", get(client, address).source)
    assert f'<blockquote lang="ar" dir="rtl"> <p>{RESERVATION}</p>' in page


@pytest.mark.parametrize("address", ["/ar/register/", "/ar/register/3/"])
def test_so_does_the_reason_of_a_refusal(client: Client, protocol: Protocol, address):
    page = re.sub(r"\s+", " ", get(client, address).source)
    assert f'<blockquote lang="nl" dir="ltr"> <p>{REFUSAL}</p>' in page


def test_why_a_decision_ended_and_that_it_lost_its_effect_are_said(client: Client, protocol: Protocol):
    assert "Il manque un projet." in get(client, "/nl/register/4/").words
    assert "Visa refusé par le gouverneur." in get(client, "/nl/register/6/").words
    assert "1er juin 2026" in get(client, "/fr/register/6/").words
    assert "/fr/register/6/" in get(client, "/fr/register/2/").links
    assert [later.sequence for later in client.get("/fr/register/2/").context["one"].later] == [6]


def test_the_page_of_an_entry_shows_what_each_answer_rests_on(client: Client, protocol: Protocol):
    one = client.get("/ar/register/2/").context["one"]
    first, second = (side.answers[0] for side in one.row.sides)
    assert (first.position, second.position) == ("reserve", "approve")
    assert first.resolution.votes == second.resolution.votes
    assert first.digest == second.digest == one.digest
    assert one.subject.address == "/ar/action-plan/"
    assert [entry.sequence for entry in one.neighbours] == [1, 2, 3]


def test_once_decided_the_lasting_address_leads_to_the_entry(client: Client, protocol: Protocol):
    number = entry(protocol, 2).data["decision"]["number"]
    answer = client.get(f"/fr/register/decision/{number}/")
    assert (answer.status_code, answer["Location"]) == (302, "/fr/register/2/")


def test_no_name_or_address_of_a_person_is_public(client: Client, protocol: Protocol):
    """A token planted in every person's name and address is in no page and no file [I11]."""
    for user in User.objects.all():
        user.name, user.email = "PLANTED-NAME", f"planted-address-{user.pk}@commune.example"
        user.save()
    decision = proposed_plan_by_planted(protocol)
    addresses = ["/fr/", "/ar/register/", f"/fr/register/decision/{decision.number}/", "/register/entries.json"]
    last = register.head_of(protocol).sequence
    addresses += [f"/nl/register/{number}/" for number in range(1, last + 1)]
    addresses += [f"/register/{number}.json" for number in range(1, last + 1)]
    for address in addresses:
        answer = client.get(address)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert b"planted" not in content.lower(), address


def proposed_plan_by_planted(protocol: Protocol) -> Decision:
    """A ratification proposed and half signed by people with the token in their names."""
    planted = {"user__name": "PLANTED-NAME", "user__email": "planted@commune.example"}
    protocol.refresh_from_db()
    decision = opening.propose(
        decisions.kind("correct_text"),
        Decision.objects.get(entries__protocol=protocol, entries__sequence=1),
        by=coordinator(protocol, 1, **planted),
        terms={
            "model": "partnership.protocol",
            "id": str(protocol.pk),
            "changes": {"title_nl": "Protocol, verbeterd"},
            "ground": {"ar": "خطأ", "fr": "Une faute", "nl": "Een fout"},
        },
    )
    planted["user__email"] = "planted-too@commune.example"
    approve(decision, signatory(protocol, 2, **planted))
    return decision


def test_another_protocols_register_is_not_shown_here(client: Client, protocol: Protocol):
    other = ratified()
    proposed_plan(other, title_fr="Plan du second")
    assert other.title_fr not in get(client, "/fr/register/").words
    assert "Plan du second" not in get(client, "/fr/register/").words
    theirs = get(client, "/fr/register/", host="second.example")
    assert other.title_fr in theirs.words
    assert get(client, "/fr/register/1/", host="second.example").headings == [other.title_fr]
    get(client, "/fr/register/2/", 404, host="second.example")
    assert client.get("/register/2.json", headers={"host": "second.example"}).status_code == 404


def test_an_intact_chain_says_when_it_was_verified_in_both_communes(client: Client, protocol: Protocol):
    with time_machine.travel(datetime.datetime(2026, 7, 1, 10, 30, tzinfo=datetime.UTC), tick=False):
        context = client.get("/fr/register/").context
        page = get(client, "/fr/register/")
    assert [(clock.time, clock.on) for clock in context["clocks"]] == [
        ("12:30", datetime.date(2026, 7, 1)),
        ("11:30", datetime.date(2026, 7, 1)),
    ]
    assert context["check"].verification.intact
    assert [mark.number for mark in context["marks"]] == [1, 2, 3, 4, 5, 6]
    assert register.head_of(protocol).hash in page.source
    assert page.words.count("1 juillet 2026") + page.words.count("1er juillet 2026") == 1


def test_a_broken_chain_is_named_from_its_first_broken_entry_on(client: Client, protocol: Protocol):
    tamper(entry(protocol, 3))
    context = client.get("/fr/register/").context
    assert context["check"].verification.broken_at == 3
    assert [(mark.number, mark.holds) for mark in context["marks"]] == [
        (1, True),
        (2, True),
        (3, False),
        (4, False),
        (5, False),
        (6, False),
    ]
    source = get(client, "/fr/register/").source
    assert 'class="verified broken"' in source
    assert source.count('<li class="broken">') == 4


@pytest.mark.parametrize("damage", ['{"at":', '{"sequence":1}', '{"at":"yesterday","decision":[]}', ""])
def test_an_entry_whose_text_no_longer_reads_says_so_instead_of_failing(
    client: Client, protocol: Protocol, damage: str
):
    with triggers.lifted():
        RegisterEntry.objects.filter(protocol=protocol, sequence=2).update(payload=damage)
    cache.clear()
    for address in ("/fr/register/", "/ar/register/2/", "/register/entries.json"):
        assert client.get(address).status_code == 200


@pytest.mark.parametrize(
    ("total", "broken_at", "numbers"),
    [
        (0, None, []),
        (18, None, list(range(1, 19))),
        (40, None, [1, 2, 3, 0, *range(27, 41)]),
        (40, 20, [1, 2, 3, 0, 18, 19, 20, 21, 22, 0, *range(33, 41)]),
        (40, 40, [1, 2, 3, 0, *range(33, 41)]),
        (100_000, 1, [1, 2, 3, 0, *range(99_993, 100_001)]),
    ],
)
def test_a_long_chain_is_drawn_shortened(total: int, broken_at: int | None, numbers: list[int]):
    marks = shown.marks(total, broken_at)
    assert [mark.number for mark in marks] == numbers
    assert len(marks) <= shown.MOST_MARKS
    assert [mark.holds for mark in marks if mark.number] == [
        broken_at is None or number < broken_at for number in numbers if number
    ]


def test_a_long_chain_is_not_verified_at_every_visit(client: Client, protocol: Protocol, monkeypatch):
    monkeypatch.setattr(register_check, "SHORT", 3)
    began = datetime.datetime(2026, 7, 1, 10, tzinfo=datetime.UTC)
    with time_machine.travel(began, tick=False) as clock:
        assert client.get("/fr/register/").context["check"].verification.intact
        tamper(entry(protocol, 3))
        clock.shift(datetime.timedelta(minutes=4))
        seen = client.get("/fr/register/").context["check"]
        assert (seen.verification.intact, seen.at) == (True, began)
        clock.shift(datetime.timedelta(minutes=2))
        assert client.get("/fr/register/").context["check"].verification.broken_at == 3
    cache.clear()


def test_a_new_entry_has_a_long_chain_verified_anew(client: Client, protocol: Protocol, monkeypatch):
    monkeypatch.setattr(register_check, "SHORT", 3)
    assert client.get("/fr/register/").context["check"].total == 6
    register.append(protocol, EntryKind.LEAVING, {})
    assert client.get("/fr/register/").context["check"].total == 7


def test_while_one_verifies_a_long_chain_others_get_the_last_result(protocol: Protocol, monkeypatch):
    monkeypatch.setattr(register_check, "SHORT", 3)
    first = register_check.latest(protocol)
    key = f"register-check:{protocol.pk}:6:{register.head_of(protocol).hash}:running"
    with time_machine.travel(first.at + datetime.timedelta(minutes=6), tick=False):
        assert cache.add(key, True, 60)
        assert register_check.latest(protocol) == first
        cache.delete(key)
        assert register_check.latest(protocol).at > first.at


def file_of(client: Client) -> str:
    return b"".join(client.get("/register/entries.json").streaming_content).decode()


def test_the_file_holds_every_entry_exactly_as_it_was_hashed(client: Client, protocol: Protocol):
    data = json.loads(file_of(client))
    assert data["protocol"] == protocol.code
    assert data["head"] == {"sequence": 6, "hash": entry(protocol, 6).hash}
    previous = data["before_the_first"]
    for number, one in enumerate(data["entries"], 1):
        assert one["sequence"] == number
        assert one["previous"] == previous
        previous = hashlib.sha256((previous + one["payload"]).encode()).hexdigest()
        assert one["hash"] == previous
        if one["statement"] is not None:
            digest = hashlib.sha256(one["statement"].encode()).hexdigest()
            assert json.loads(one["payload"])["decision"]["digest"] == digest
    assert [one["statement"] is None for one in data["entries"]] == [False, False, False, False, True, False]


def run_program(folder: Path) -> subprocess.CompletedProcess[str]:
    """The program on the page, as a citizen would run it beside the file."""
    return subprocess.run(
        [sys.executable, "-c", views.PROGRAM], cwd=folder, capture_output=True, text=True, check=False
    )


def test_the_program_on_the_page_verifies_the_file_and_finds_a_change(client: Client, protocol: Protocol, tmp_path):
    assert "hashlib.sha256((previous + entry" in get(client, "/fr/register/").words
    (tmp_path / "entries.json").write_text(file_of(client), "utf-8")
    found = run_program(tmp_path)
    assert found.stdout == f"6 entries hold; the last digest is {entry(protocol, 6).hash}\n"
    tamper(entry(protocol, 4))
    (tmp_path / "entries.json").write_text(file_of(client), "utf-8")
    assert "entry 4 does not hold" in run_program(tmp_path).stderr


def test_a_statement_is_served_byte_for_byte(client: Client, protocol: Protocol):
    answer = client.get("/register/2/statement.txt")
    assert hashlib.sha256(answer.content).hexdigest() == entry(protocol, 2).data["decision"]["digest"]
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert client.get("/register/5/statement.txt").status_code == 404
    assert client.get("/register/99/statement.txt").status_code == 404


def test_one_entry_is_served_as_the_file_has_it(client: Client, protocol: Protocol):
    assert client.get("/register/3.json").json() == json.loads(file_of(client))["entries"][2]
    assert client.get("/register/99.json").status_code == 404


def test_after_a_new_entry_the_file_is_sent_again(client: Client, protocol: Protocol):
    tag = client.get("/register/entries.json")["ETag"]
    register.append(protocol, EntryKind.LEAVING, {})
    assert client.get("/register/entries.json", headers={"if-none-match": tag}).status_code == 200


def test_the_home_page_shows_the_latest_decisions_and_which_await_whom(client: Client, protocol: Protocol):
    waiting = proposed_plan_by_planted(protocol)
    latest = client.get("/fr/").context["decisions"]
    assert latest[0].decision == waiting
    assert [row.sequence for row in latest[1:]] == [6, 4, 3, 2]
    assert "/fr/register/" in get(client, "/fr/").links
