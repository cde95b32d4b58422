"""Loading the demonstration: once, whole or not at all, marked, and who can sign in to it."""

from __future__ import annotations

import datetime
import json
from datetime import date
from typing import Any

import pytest
import time_machine
from django.conf import settings as project
from django.core.management import CommandError

from partnership import protocol_file, register
from partnership.models import InternationalGoal, Message, Organisation, Protocol, User
from partnership.protocol_file import BELFAA_JETTE
from tests.demonstration import everything, said, told_on
from tests.factories import UserFactory
from tests.retelling import retold_on
from transparency.demonstration import acts, load
from transparency.demonstration.load import CODE, DATA
from transparency.demonstration.people import PASSWORD

FILE = json.loads(DATA.read_text(encoding="utf-8"))
TODAY = date(2026, 11, 24)


@pytest.mark.django_db
def test_the_command_refuses_a_malformed_day_and_loads_nothing():
    with pytest.raises(CommandError, match="2026-11-24"):
        said("load_demo", as_of="24/11/2026")
    assert not Protocol.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("moment", "period"),
    [
        ("2026-06-30 22:30", "2025-S2"),  # 1 July in Brussels, still 30 June in Casablanca
        ("2026-06-30 23:30", "2026-S1"),
    ],
)
def test_without_a_day_it_is_told_on_the_day_that_has_come_in_both_communes(moment, period, monkeypatch):
    """Only the series are told here, which say what has ended."""
    monkeypatch.setattr(load, "_tell", tell_of_the_series)
    with time_machine.travel(datetime.datetime.fromisoformat(f"{moment}+00:00"), tick=False):
        protocol = load.load().protocol
    assert set(protocol.report_series.values_list("first_period", flat=True)) == {period}


def tell_of_the_series(story: Any, data: Any, period: Any) -> None:
    for entry in data["series"]:
        load._series(story, entry, period)


@pytest.mark.smoke
@pytest.mark.django_db
def test_loading_it_twice_changes_nothing_and_says_so():
    assert said("load_demo", as_of="2026-11-24") == f"{CODE}: the demonstration is ready, with 11 projects.\n"
    assert register.verify(Protocol.objects.get()).intact
    before = everything()
    assert "is there already; nothing has changed" in said("load_demo", as_of="2028-07-01")
    assert everything() == before


@pytest.mark.django_db
def test_beside_a_real_protocol_it_is_not_primary_and_only_what_was_made_for_it_bears_the_mark():
    protocol_file.load(BELFAA_JETTE)
    inhabitant = UserFactory(email="coordination@jette.example", name="Coordination")
    assert not told_on(TODAY).primary
    marked = Organisation.objects.filter(is_demonstration=True)
    assert marked.count() == len(FILE["organisations"])
    assert not InternationalGoal.objects.filter(is_demonstration=True).exists()
    inhabitant.refresh_from_db()
    assert (inhabitant.is_demonstration, inhabitant.name) == (False, "Coordination")
    assert User.objects.filter(is_demonstration=True).count() == len(FILE["people"]) - 1


@pytest.mark.django_db
@pytest.mark.parametrize("demo", [True, False])
def test_the_known_password_opens_only_under_demo(settings, demo):
    settings.DEMO = demo
    retold_on(TODAY)
    assert {user.check_password(PASSWORD) for user in User.objects.all()} == {demo}
    assert {user.has_usable_password() for user in User.objects.all()} == {demo}


@pytest.mark.django_db
def test_the_sign_ins_are_told_under_demo_with_role_commune_address_and_password(settings):
    settings.DEMO = True
    retold_on(TODAY)
    lines = said("demo_sign_ins").splitlines()
    assert PASSWORD in lines[0]
    assert {tuple(line.split()) for line in lines[1:]} == {
        ("Coordinator", "Belfaa", "coordination@belfaa.example"),
        ("Editor", "Belfaa", "redaction@belfaa.example"),
        ("Signatory", "Belfaa", "presidence@belfaa.example"),
        ("Signatory", "Belfaa", "vice-presidence@belfaa.example"),
        ("Coordinator", "Jette", "coordination@jette.example"),
        ("Editor", "Jette", "redactie@jette.example"),
        ("Signatory", "Jette", "bourgmestre@jette.example"),
        ("Signatory", "Jette", "schepen@jette.example"),
        ("Observer", "Brulocalis", "suivi@brulocalis.example"),
    }


@pytest.mark.django_db
def test_the_sign_ins_are_not_told_without_demo(settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="DEMO=1"):
        said("demo_sign_ins")


@pytest.mark.django_db
def test_a_password_that_does_not_open_is_not_told(settings):
    settings.DEMO = False
    retold_on(TODAY)
    settings.DEMO = True
    assert PASSWORD not in said("demo_sign_ins")


def test_the_readme_names_everyone_who_can_sign_in():
    readme = (project.BASE_DIR / "README.md").read_text(encoding="utf-8")
    assert [entry["email"] for entry in FILE["people"] if f"`{entry['email']}`" not in readme] == []


@pytest.mark.django_db
def test_nobody_is_mailed_about_the_past(settings):
    settings.DEMO = True
    retold_on(TODAY)
    assert not Message.objects.exists()


@pytest.mark.django_db
def test_a_story_that_breaks_a_rule_is_not_told_and_leaves_no_file(monkeypatch, own_media_folder):
    def break_down(telling, entry):
        assert list((own_media_folder / "documents").iterdir())
        raise RuntimeError("broken off")

    monkeypatch.setattr(acts, "ACTS", {**acts.ACTS, "withdraw": break_down})
    before = everything()
    with pytest.raises(RuntimeError, match="broken off"):
        told_on(TODAY)
    assert everything() == before
    assert list((own_media_folder / "documents").iterdir()) == []
