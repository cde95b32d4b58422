"""The command by which a commune gets its first coordinator."""

from __future__ import annotations

import datetime
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from partnership import links, mandates
from partnership.models import Document, Membership, Protocol, User
from tests.factories import PASSWORD, PDF, ProtocolFactory, UserFactory
from tests.factories_decisions import coordinator

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 11, 25, 9, 0, tzinfo=datetime.UTC)
DAY = datetime.timedelta(hours=24)
TYPED = {
    "email": "Coordination@commune.example",
    "name": "Fatima Zahra",
    "function_ar": "منسقة التعاون",
    "function_fr": "Coordinatrice",
    "function_nl": "Coördinator",
    "act": "Arrêté n° 12 du 3 novembre 2026",
    "basis": "delegation",
}


@pytest.fixture(autouse=True)
def at_now() -> Any:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


def said(**typed: Any) -> str:
    output = StringIO()
    call_command("appoint_coordinator", **{"commune": "1", **TYPED, **typed}, stdout=output)
    return output.getvalue()


@pytest.mark.parametrize("side", [1, 2])
def test_a_communes_first_coordinator_is_in_effect_at_once(protocol: Any, side: int):
    told = said(commune=str(side))
    mandate = Membership.objects.get()
    assert mandate.organisation == protocol.parties.get(position=side).organisation
    assert (mandate.role, mandates.is_valid(mandate), mandate.user.is_superuser) == ("coordinator", True, False)
    assert (mandate.user.email, mandate.user.is_staff) == ("coordination@commune.example", True)
    assert "in effect from 2026-11-25 09:00 UTC; register entry 1." in told


def test_the_register_keeps_it_by_function_and_says_that_the_operator_entered_it(protocol: Any):
    said()
    [entry] = protocol.register.all()
    assert (entry.data["function"]["nl"], entry.data["entered_by"]) == ("Coördinator", "operator")
    assert "Fatima" not in entry.payload


def test_the_printed_invitation_opens(client: Any, protocol: Any):
    told = said(language="ar")
    [path] = re.findall(r"http://testserver(/ar/link/\S{43}/)", told)
    [code] = re.findall(r"code ((?:\d{4} ?){3})", told)
    assert links.find(code, protocol) == links.find(path.split("/")[3], protocol)
    assert client.post(path, {"new_password1": PASSWORD, "new_password2": PASSWORD}).status_code == 302
    assert User.objects.get().check_password(PASSWORD)
    assert protocol.messages.filter(key__startswith="invitation:").count() == 1


@pytest.mark.parametrize("named", ["2", "jette", "Jette", "جييت"])
def test_a_commune_is_named_by_its_place_or_in_any_language(protocol: Any, named: str):
    second = protocol.parties.get(position=2).organisation
    second.short_name_fr, second.short_name_ar, second.short_name_nl = "Jette", "جييت", "Jette"
    second.save()
    said(commune=named)
    assert Membership.objects.get().organisation == second


def test_a_commune_that_has_a_coordinator_gets_a_further_one_on_a_ground_a_day_later(protocol: Any, at_now: Any):
    present = [coordinator(protocol, side) for side in (1, 2)]
    with pytest.raises(CommandError, match="has a coordinator"):
        said()
    with pytest.raises(CommandError, match="together"):
        said(additional=True)
    with pytest.raises(CommandError, match="together"):
        said(reason="Seule coordinatrice absente")
    assert not protocol.register.exists()
    assert not User.objects.filter(name="Fatima Zahra").exists()
    said(additional=True, reason="Seule coordinatrice absente")
    mandate = Membership.objects.get(user__name="Fatima Zahra")
    assert not mandates.is_valid(mandate)
    assert protocol.register.get().data["ground"] == "Seule coordinatrice absente"
    assert {each.user.email for each in present} <= set(protocol.messages.values_list("recipient", flat=True))
    at_now.shift(DAY)
    assert mandates.is_valid(mandate)


def test_a_commune_whose_coordinators_are_all_gone_begins_again(protocol: Any):
    coordinator(protocol, 1, ends_on=NOW.date() - DAY)
    said()
    assert mandates.is_valid(Membership.objects.get(user__name="Fatima Zahra"))


def test_two_keys_never_lie_in_one_hand_on_the_server_either(protocol: Any):
    theirs = coordinator(protocol, 2)
    with pytest.raises(CommandError, match="Two keys"):
        said(email=theirs.user.email)


def test_the_platforms_administrator_needs_an_account_of_their_own(protocol: Any):
    with pytest.raises(CommandError, match="administrator"):
        said(email=UserFactory(is_superuser=True).email)


def test_who_has_a_password_keeps_it(protocol: Any):
    known = UserFactory(name="Déjà là")
    assert "has a password already" in said(email=known.email.upper())
    known.refresh_from_db()
    assert (known.name, known.check_password(PASSWORD)) == ("Déjà là", True)
    assert not protocol.messages.filter(key__startswith="invitation:").exists()


def test_the_acts_file_is_kept_as_an_internal_document_of_the_commune(protocol: Any, tmp_path: Path):
    path = tmp_path / "arrete.pdf"
    path.write_bytes(PDF)
    said(act_file=path)
    document = Document.objects.get()
    assert (document.public, document.owner, document.title_ar) == (
        False,
        Membership.objects.get().organisation,
        TYPED["act"],
    )
    assert Membership.objects.get().act_document == document


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"commune": "Gand"}, "neither commune"),
        ({"protocol": "NONE"}, "no protocol NONE"),
        ({"email": "nobody"}, "valid email"),
        ({"function_ar": " "}, "three|Arabic"),
        ({"act": " "}, "act"),
        ({"act_file": Path("/nowhere.pdf")}, "No such file"),
    ],
)
def test_what_is_wrong_is_refused_whole(protocol: Any, typed: dict[str, Any], words: str):
    with pytest.raises(CommandError, match=words):
        said(**typed)
    assert (Membership.objects.count(), User.objects.count(), protocol.register.count()) == (0, 0, 0)


def test_without_a_protocol_it_says_what_to_do():
    Protocol.objects.all().delete()
    with pytest.raises(CommandError, match="load_protocol"):
        said()
