"""The register: a chain for each protocol, which only grows, and in which every change is found at its entry [I9]."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone, translation
from hypothesis import given, settings
from hypothesis import strategies as st

from partnership import canonical, register, triggers
from partnership.models import Decision, EntryKind, Protocol, RegisterEntry, RegisterHead
from partnership.models.register import NO_ENTRY
from tests.factories import ProtocolFactory
from tests.factories_decisions import coordinator, ratify

pytestmark = [pytest.mark.django_db, pytest.mark.smoke]
LONG_AGO = datetime.timedelta(days=400)


def decided(protocol: Protocol, number: int) -> Decision:
    """A decision as a row of its own, with a statement that no other has."""
    member = protocol.memberships.first() or coordinator(protocol, 1)
    text = canonical.text({"number": number, "title": f"Décision n° {number} « قرار »"})
    return Decision.objects.create(
        protocol=protocol,
        number=f"2026-{number:02}",
        kind="adopt_plan",
        content_type=ContentType.objects.get_for_model(Protocol),
        object_id=str(protocol.pk),
        title_fr="Décision",
        sentence_fr="Les communes décident.",
        statement=text,
        digest=canonical.digest(text),
        opened_by=member,
        opened_at=timezone.now(),
        state="adopted",
        closed_at=timezone.now(),
    )


def chain(protocol: Protocol, length: int) -> None:
    """Entries in turn about a decision and about an appointment."""
    for number in range(1, length + 1):
        if number % 2:
            decision = decided(protocol, number)
            facts = {"decision": {"digest": decision.digest, "number": decision.number}}
            register.append(protocol, EntryKind.DECISION, facts, decision=decision)
        else:
            register.append(protocol, EntryKind.APPOINTMENT, {"function": f"Échevin·e n° {number}"})


@pytest.fixture
def protocol() -> Protocol:
    made = ProtocolFactory()
    chain(made, 4)
    return made


def entry(protocol: Protocol, sequence: int) -> RegisterEntry:
    return RegisterEntry.objects.get(protocol=protocol, sequence=sequence)


def rewrite(row: RegisterEntry, **columns: object) -> None:
    """What only the owner of the tables can do: change an entry with the triggers out of the way."""
    with triggers.lifted():
        RegisterEntry.objects.filter(pk=row.pk).update(**columns)


# The chain


def test_each_entry_carries_the_digest_of_the_one_before_it(protocol: Protocol):
    previous = NO_ENTRY
    for sequence in range(1, 5):
        row = entry(protocol, sequence)
        assert row.previous == previous
        assert row.hash == hashlib.sha256((previous + row.payload).encode()).hexdigest()
        assert (row.data["sequence"], row.data["protocol"], row.data["entry"]) == (sequence, protocol.code, row.kind)
        previous = row.hash
    found = register.verify(protocol)
    assert (found.intact, found.count, found.head) == (True, 4, previous)
    head = register.head_of(protocol)
    assert (head.sequence, head.hash) == (4, previous)


def test_a_protocol_without_entries_has_an_intact_chain_of_none():
    found = register.verify(ProtocolFactory())
    assert (found.intact, found.count, found.head) == (True, 0, NO_ENTRY)


def test_what_both_communes_decide_is_entered_in_the_same_act():
    protocol = ProtocolFactory()
    decision = ratify(protocol)
    row = entry(protocol, 1)
    assert row.decision == decision
    assert row.data["decision"]["digest"] == canonical.digest(decision.statement)
    assert [one["answer"] for one in row.data["signatures"]] == ["approve", "approve"]


def test_an_entry_names_officials_by_function_only():
    protocol = ProtocolFactory()
    ratify(protocol)
    text = entry(protocol, 1).payload
    for member in protocol.memberships.select_related("user"):
        assert member.user.name not in text
        assert member.user.email not in text


def test_each_protocol_has_a_chain_of_its_own(protocol: Protocol):
    other = ProtocolFactory()
    chain(other, 2)
    rewrite(entry(other, 1), payload="{}")
    assert register.verify(protocol).count == 4
    assert register.verify(protocol).intact
    assert register.verify(other).broken_at == 1


# The database refuses


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE partnership_registerentry SET payload = '{}'",
        "UPDATE partnership_registerentry SET sequence = sequence + 100",
        "DELETE FROM partnership_registerentry",
    ],
)
def test_no_entry_is_changed_or_removed(protocol: Protocol, statement: str):
    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert register.verify(protocol).count == 4


def test_nor_by_the_rows_own_methods(protocol: Protocol):
    row = entry(protocol, 2)
    row.payload = "{}"
    for act in (row.save, row.delete):
        with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
            act()


def test_the_table_is_not_emptied(protocol: Protocol):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE partnership_registerentry CASCADE")


@pytest.mark.parametrize("column", ["statement", "digest", "number", "title_ar"])
def test_the_text_of_a_decision_is_not_changed(protocol: Protocol, column: str):
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        Decision.objects.filter(protocol=protocol).update(**{column: "x"})


def test_two_entries_never_follow_the_same_one(protocol: Protocol):
    last = entry(protocol, 4)
    with pytest.raises(DatabaseError), transaction.atomic():
        RegisterEntry.objects.create(
            protocol=protocol,
            sequence=5,
            previous=last.previous,
            payload="{}",
            hash="f" * 64,
            kind="leaving",
            at=last.at,
        )


# Whoever changes it all the same is found out


@dataclass(frozen=True)
class Change:
    """Something the owner of the tables may do to the entry at a place; `found_at` says where it shows."""

    name: str
    make: Callable[[Protocol, int, int], None]
    found_at: Callable[[int, int], int] = lambda place, other: place

    def __repr__(self) -> str:
        return self.name


def set_columns(**columns: Callable[[RegisterEntry], object]) -> Callable[[Protocol, int, int], None]:
    def change(protocol: Protocol, place: int, other: int) -> None:
        row = entry(protocol, place)
        rewrite(row, **{name: value(row) for name, value in columns.items()})

    return change


def remove(protocol: Protocol, place: int, other: int) -> None:
    with triggers.lifted():
        RegisterEntry.objects.filter(pk=entry(protocol, place).pk).delete()


def cut_off(protocol: Protocol, place: int, other: int) -> None:
    with triggers.lifted():
        RegisterEntry.objects.filter(protocol=protocol, sequence__gte=place).delete()


def exchange(protocol: Protocol, place: int, other: int) -> None:
    one, another = entry(protocol, place), entry(protocol, other)
    rewrite(one, sequence=999_999)
    rewrite(another, sequence=place)
    rewrite(one, sequence=other)


def change_statement(protocol: Protocol, place: int, other: int) -> None:
    cited = place if place % 2 else place - 1
    with triggers.lifted():
        Decision.objects.filter(entries=entry(protocol, cited)).update(statement='{"number":0}')


def cite_another(protocol: Protocol, place: int, other: int) -> None:
    cited = place if place % 2 else place - 1
    rewrite(entry(protocol, cited), decision=decided(protocol, 99))


CHANGES = [
    Change("text", set_columns(payload=lambda row: row.payload.replace('"protocol":"', '"protocol":"X', 1))),
    Change("digest", set_columns(hash=lambda row: row.hash[::-1])),
    Change("previous", set_columns(previous=lambda row: "e" * 64)),
    Change(
        "text and digest", set_columns(payload=lambda row: "{}", hash=lambda row: register.chained(row.previous, "{}"))
    ),
    Change("time", set_columns(at=lambda row: row.at - LONG_AGO)),
    Change("kind", set_columns(kind=lambda row: "leaving" if row.kind != "leaving" else "appointment")),
    Change("number", set_columns(sequence=lambda row: 999_999)),
    Change("removed", remove),
    Change("end removed", cut_off),
    Change("exchanged", exchange, min),
    Change("statement", change_statement, lambda place, other: place if place % 2 else place - 1),
    Change("another decision", cite_another, lambda place, other: place if place % 2 else place - 1),
]


@pytest.mark.parametrize("change", CHANGES, ids=repr)
@settings(max_examples=settings.default.max_examples // 4)
@given(data=st.data(), length=st.integers(2, 7))
def test_one_change_anywhere_is_found_at_its_entry(change: Change, data: st.DataObject, length: int):
    with transaction.atomic():
        protocol = ProtocolFactory(primary=False)
        chain(protocol, length)
        assert register.verify(protocol).intact
        place = data.draw(st.integers(1, length))
        other = data.draw(st.integers(1, length).filter(lambda number: number != place))
        change.make(protocol, place, other)
        found = register.verify(protocol)
        assert not found.intact
        assert found.broken_at == change.found_at(place, other)
        assert found.count == found.broken_at - 1
        assert str(found.reason)
        transaction.set_rollback(True)


def test_a_chain_computed_anew_from_a_changed_entry_on_still_ends_otherwise(protocol: Protocol):
    previous = entry(protocol, 1).hash
    for sequence in (2, 3, 4):
        row = entry(protocol, sequence)
        payload = row.payload.replace("n° 2", "n° 7")
        rewrite(row, previous=previous, payload=payload, hash=register.chained(previous, payload))
        previous = register.chained(previous, payload)
    assert register.verify(protocol).broken_at == 4


def test_an_entry_put_beyond_the_end_is_none(protocol: Protocol):
    last = entry(protocol, 4)
    payload = canonical.text({"at": last.at, "entry": "leaving", "sequence": 5})
    RegisterEntry.objects.create(
        protocol=protocol,
        sequence=5,
        previous=last.hash,
        payload=payload,
        hash=register.chained(last.hash, payload),
        kind="leaving",
        at=last.at,
    )
    assert register.verify(protocol).broken_at == 5


def test_an_end_that_was_wiped_does_not_hide_the_entries(protocol: Protocol):
    RegisterHead.objects.filter(protocol=protocol).delete()
    assert register.verify(protocol).broken_at == 1


def test_what_is_entered_while_a_chain_is_verified_breaks_nothing(protocol: Protocol, monkeypatch):
    links = register._links

    def slowly(checked: Protocol) -> Iterator[register._Link]:
        yield from links(checked)
        register.append(protocol, EntryKind.LEAVING, {})

    monkeypatch.setattr(register, "_links", slowly)
    assert register.verify(protocol).intact


def test_verifying_takes_the_same_few_queries_however_long_the_chain(protocol: Protocol, django_assert_num_queries):
    other = ProtocolFactory()
    chain(other, 30)
    for one in (protocol, other):
        with django_assert_num_queries(3):
            register.verify(one)


# verify_register


def said() -> str:
    output = StringIO()
    call_command("verify_register", stdout=output)
    return output.getvalue()


def test_the_command_names_length_and_head_of_every_chain(protocol: Protocol):
    empty = ProtocolFactory()
    assert f"{protocol.code}: intact, 4 entries, head {entry(protocol, 4).hash}\n" in said()
    assert f"{empty.code}: intact, 0 entries, head {NO_ENTRY}\n" in said()


def test_the_command_names_the_first_broken_entry_and_fails(protocol: Protocol):
    whole = ProtocolFactory()
    chain(whole, 1)
    row = entry(protocol, 3)
    rewrite(row, payload=row.payload.replace("2026-03", "2026-04"))
    output = StringIO()
    with translation.override("ar"), pytest.raises(CommandError, match=f"The register is broken: {protocol.code}"):
        call_command("verify_register", stdout=output)
    lines = output.getvalue().splitlines()
    assert (
        f"{protocol.code}: BROKEN at entry 3. Its digest does not agree with its text: one of them was changed. "
        f"2 entries before it hold, head {entry(protocol, 2).hash}" in lines
    )
    assert f"{whole.code}: intact, 1 entry, head {entry(whole, 1).hash}" in lines
