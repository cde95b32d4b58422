"""The protocol as data: the act to the letter, loading that can be repeated, and files that are refused whole."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from partnership import protocol_file
from partnership.models import (
    Clause,
    Domain,
    Foundation,
    InternationalGoal,
    Objective,
    Organisation,
    Party,
    Principle,
    Protocol,
    ProtocolState,
)
from partnership.protocol_file import BELFAA_JETTE, ProtocolFileError, load, read
from partnership.refusals import Refusal
from tests.factories import GoalFactory, OrganisationFactory, ProtocolFactory

TEXT = BELFAA_JETTE.read_text(encoding="utf-8")
SOURCE = (BELFAA_JETTE.parent / "source-ar.txt").read_bytes().decode()
MODELS = (Protocol, Party, Clause, Principle, Objective, Domain, Foundation, InternationalGoal, Organisation)


def changed(*steps, value) -> str:
    """The file's text with the value at this place replaced."""
    data = json.loads(TEXT)
    place = data
    for step in steps[:-1]:
        place = place[step]
    place[steps[-1]] = value
    return json.dumps(data, ensure_ascii=False)


def stored() -> dict[str, list[dict[str, object]]]:
    """Every row that loading can touch."""
    return {model.__name__: list(model._base_manager.order_by("pk").values()) for model in MODELS}


def keys_of(place, *path) -> list[tuple[str | int, ...]]:
    """The way to every key of every object within a place."""
    items = place.items() if isinstance(place, dict) else enumerate(place) if isinstance(place, list) else ()
    found = [(*path, key) for key, _value in items if isinstance(place, dict)]
    return found + [way for key, value in items for way in keys_of(value, *path, key)]


KEYS = keys_of(json.loads(TEXT))


@pytest.mark.smoke
@pytest.mark.django_db
def test_the_act_has_44_clauses_that_give_its_arabic_to_the_letter():
    clauses = list(load(BELFAA_JETTE).clauses.order_by("order"))
    assert len(clauses) == 44
    assert "".join(clause.original for clause in clauses) == SOURCE


@pytest.mark.django_db
def test_every_clause_stands_in_three_languages_below_its_parent():
    clauses = {clause.number: clause for clause in load(BELFAA_JETTE).clauses.select_related("parent")}
    assert all(clause.text_ar and clause.text_fr and clause.text_nl for clause in clauses.values())
    assert [clauses[number].parent for number in ("T", "A1", "S", "Z")] == [None] * 4
    assert {number: str(clauses[number].parent) for number in ("P.2", "A1.1", "F1.3", "F1", "S4.1")} == {
        "P.2": "P", "A1.1": "A1", "F1.3": "F1", "F1": "F", "S4.1": "S4",
    }  # fmt: skip


@pytest.mark.django_db
def test_the_display_text_mends_slips_and_the_original_keeps_them():
    clause = load(BELFAA_JETTE).clauses.get(number="A2.2")
    assert "الفعالية" in clause.text_ar
    assert "الفالية" in clause.original


@pytest.mark.django_db
def test_what_the_act_enumerates_points_to_its_clause():
    protocol = load(BELFAA_JETTE)
    found = [
        list(getattr(protocol, name).values_list("code", "clause__number"))
        for name in ("principles", "objectives", "domains", "foundations")
    ]
    assert found == [
        [("PRI-1", "A1.1"), ("PRI-2", "A1.2"), ("PRI-3", "A1.3")],
        [("OBJ-1", "A2.1"), ("OBJ-2", "A2.2"), ("OBJ-3", "A2.3")],
        [("DOM-HD", "A3.1"), ("DOM-SA", "A3.2")],
        [(f"{letter}-{number}", f"{letter}{number}") for letter in "FS" for number in (1, 2, 3, 4)],
    ]
    assert set(protocol.foundations.filter(chapter="monitoring").values_list("code", flat=True)) == {
        "S-1", "S-2", "S-3", "S-4",
    }  # fmt: skip


@pytest.mark.django_db
def test_both_communes_are_parties_and_the_programme_body_is_none():
    protocol = load(BELFAA_JETTE)
    parties = protocol.parties.values_list("organisation__short_name_fr", "shape", "languages", "currency")
    assert list(parties) == [("Belfaa", "square", "ar", "MAD"), ("Jette", "diamond", "fr nl", "EUR")]
    assert protocol.programme_body is not None
    assert protocol.programme_body.short_name_fr == "Brulocalis"


@pytest.mark.django_db
def test_the_list_of_goals_has_eight_of_the_millennium_and_seventeen_after():
    goals = load(BELFAA_JETTE).goals.values_list("framework", "number")
    assert set(goals) == {("MDG", n) for n in range(1, 9)} | {("SDG", n) for n in range(1, 18)}


@pytest.mark.django_db
def test_nothing_is_said_that_the_act_does_not_say():
    protocol = load(BELFAA_JETTE)
    assert (protocol.valid_from, protocol.valid_until, protocol.state) == (None, None, ProtocolState.DRAFT)
    assert not protocol.is_demonstration


@pytest.mark.smoke
@pytest.mark.django_db
def test_loading_twice_changes_nothing():
    load(BELFAA_JETTE)
    before = stored()
    assert protocol_file.apply(read(BELFAA_JETTE)).written == 0
    assert stored() == before


@pytest.mark.django_db
def test_a_protocol_is_primary_only_if_none_is():
    assert load(BELFAA_JETTE).primary
    assert not load(BELFAA_JETTE, code="SECOND").primary


@pytest.mark.django_db
def test_two_protocols_of_one_file_share_organisations_and_goals():
    first, second = load(BELFAA_JETTE), load(BELFAA_JETTE, code="SECOND")
    assert Organisation.objects.count() == 3
    assert InternationalGoal.objects.count() == 25
    assert Clause.objects.count() == 88
    assert set(first.goals.all()) == set(second.goals.all())


@pytest.mark.django_db
def test_an_organisation_or_goal_that_was_there_is_used_and_kept_as_it_is():
    jette = OrganisationFactory(
        kind="commune", country="BE", name_fr="Commune de Jette", short_name_fr="Jette (1090)", place_fr="Bruxelles"
    )
    goal = GoalFactory(framework="SDG", number=4, title_fr="Une éducation de qualité")
    protocol = load(BELFAA_JETTE, demonstration=True)
    assert protocol.parties.get(position=2).organisation == jette
    jette.refresh_from_db()
    goal.refresh_from_db()
    assert (jette.short_name_fr, jette.is_demonstration) == ("Jette (1090)", False)
    assert (goal.title_fr, goal.is_demonstration) == ("Une éducation de qualité", False)
    assert Organisation.objects.filter(is_demonstration=True).count() == 2


@pytest.mark.django_db
def test_an_organisation_is_known_by_its_iati_identifier_whatever_its_name():
    known = OrganisationFactory(iati_ref="BE-BCE_KBO-0207372702")
    protocol = load(changed("organisations", 1, "iati_ref", value="BE-BCE_KBO-0207372702"))
    assert protocol.parties.get(position=2).organisation == known


@pytest.mark.django_db
def test_a_text_that_changed_in_the_file_changes_in_a_draft():
    load(BELFAA_JETTE)
    loaded = protocol_file.apply(read(changed("clauses", 2, "text", "nl", value="Een betere vertaling.")))
    assert loaded.written == 1
    assert loaded.protocol.clauses.get(number="P.1").text_nl == "Een betere vertaling."


@pytest.mark.django_db
def test_an_act_past_its_draft_is_not_changed_by_a_file():
    protocol = load(BELFAA_JETTE)
    Protocol.objects.filter(pk=protocol.pk).update(state=ProtocolState.CLOSING)
    before = stored()
    for steps in (("title", "fr"), ("clauses", 2, "text", "nl"), ("domains", 0, "name", "ar")):
        with pytest.raises(Refusal) as refusal:
            load(changed(*steps, value="Autre chose"))
        assert refusal.value.code == "amendment"
    assert load(BELFAA_JETTE) == protocol
    assert stored() == before


@pytest.mark.django_db
def test_clauses_may_change_places_in_a_draft():
    load(BELFAA_JETTE)
    data = json.loads(TEXT)
    new = {**data["clauses"][2], "number": "P.0", "original": "نص جديد"}
    data["clauses"].insert(2, new)
    data["clauses"][4], data["clauses"][3] = data["clauses"][3], data["clauses"][4]
    protocol = load(json.dumps(data))
    assert list(protocol.clauses.values_list("number", flat=True))[:6] == ["T", "P", "P.0", "P.2", "P.1", "A1"]
    assert list(protocol.clauses.values_list("order", flat=True)) == list(range(1, 46))


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["clauses", "domains"])
def test_a_file_that_lost_what_the_protocol_has_is_refused(name):
    load(BELFAA_JETTE)
    before = stored()
    with pytest.raises(ProtocolFileError) as refused:
        load(changed(name, value=json.loads(TEXT)[name][:-1]) if name == "domains" else without_last_clause())
    assert refused.value.path == name
    assert stored() == before


def without_last_clause() -> str:
    """The file without its last clause, to which nothing points."""
    data = json.loads(TEXT)
    del data["clauses"][-1]
    return json.dumps(data)


@pytest.mark.django_db
def test_the_communes_of_a_loaded_protocol_stay():
    load(BELFAA_JETTE)
    data = json.loads(TEXT)
    data["parties"][0]["organisation"], data["parties"][1]["organisation"] = "jette", "belfaa"
    with pytest.raises(ProtocolFileError) as refused:
        load(json.dumps(data))
    assert refused.value.path == "parties[0]"


@pytest.mark.django_db
def test_a_real_protocol_does_not_become_a_demonstration():
    load(BELFAA_JETTE)
    with pytest.raises(ProtocolFileError) as refused:
        load(BELFAA_JETTE, demonstration=True)
    assert refused.value.path == "code"


@pytest.mark.django_db
def test_what_staff_set_beside_the_act_is_left_alone():
    protocol = load(BELFAA_JETTE)
    other = GoalFactory(framework="AGENDA2063", number=1)
    protocol.goals.add(other)
    protocol.hostname, protocol.joint_colour = "belfaa-jette.example", "#123456"
    protocol.save()
    assert protocol_file.apply(read(BELFAA_JETTE)).written == 0
    protocol.refresh_from_db()
    assert (protocol.hostname, protocol.joint_colour) == ("belfaa-jette.example", "#123456")
    assert other in protocol.goals.all()


def repeated(name, field, of=0, at=1):
    """The file with one item's value given to another as well."""
    return changed(name, at, field, value=json.loads(TEXT)[name][of][field])


MALFORMED = [
    ("{", "line 1"),
    ('{\n "code": "A",\n "title": oops}', "line 3"),
    ("", "line 1"),
    ("[]", "file"),
    ('"BELFAA-JETTE"', "file"),
    ("[" * 100_000, "file"),
    ('{"number": ' + "1" * 5000 + "}", "file"),
    ('{"code": "A", "code": "B"}', "code"),
    (changed("duration", value="five years"), "duration"),
    (changed("code", value="belfaa jette"), "code"),
    (changed("code", value="A" * 41), "code"),
    (changed("code", value="A\n"), "code"),
    (changed("title", value="Grandes lignes"), "title"),
    (changed("title", "en", value="Outline"), "title.en"),
    (changed("title", "fr", value="x" * 301), "title.fr"),
    (changed("source_language", value="en"), "source_language"),
    (changed("source_language", value=["ar"]), "source_language"),
    (changed("organisations", value={}), "organisations"),
    (changed("organisations", 0, "kind", value="donor"), "organisations[0].kind"),
    (changed("organisations", 0, "level", value="communal"), "organisations[0].level"),
    (changed("organisations", 0, "country", value="Maroc"), "organisations[0].country"),
    (changed("organisations", 0, "iati_ref", value=12), "organisations[0].iati_ref"),
    (repeated("organisations", "key"), "organisations[1].key"),
    (changed("parties", value=[]), "parties"),
    (changed("parties", value=json.loads(TEXT)["parties"][:1]), "parties"),
    (changed("parties", value=json.loads(TEXT)["parties"] * 2), "parties"),
    (repeated("parties", "position"), "parties[1].position"),
    (repeated("parties", "shape"), "parties[1].shape"),
    (repeated("parties", "organisation"), "parties[1].organisation"),
    (changed("parties", 0, "position", value=3), "parties[0].position"),
    (changed("parties", 0, "position", value=True), "parties[0].position"),
    (changed("parties", 0, "position", value="1"), "parties[0].position"),
    (changed("parties", 0, "organisation", value="brulocalis"), "parties[0].organisation"),
    (changed("parties", 0, "organisation", value="evere"), "parties[0].organisation"),
    (changed("parties", 0, "shape", value="circle"), "parties[0].shape"),
    (changed("parties", 0, "currency", value="USD"), "parties[0].currency"),
    (changed("parties", 1, "languages", value="fr de"), "parties[1].languages"),
    (changed("parties", 1, "languages", value="fr  nl"), "parties[1].languages"),
    (changed("parties", 1, "time_zone", value="Europe/Jette"), "parties[1].time_zone"),
    (changed("parties", 1, "time_zone", value=[]), "parties[1].time_zone"),
    (changed("programme_body", value="jette"), "programme_body"),
    (changed("clauses", value=None), "clauses"),
    (changed("clauses", 12, "text", "nl", value=""), "clauses[12].text.nl"),
    (changed("clauses", 12, "text", "nl", value="\u200f \u00a0"), "clauses[12].text.nl"),
    (changed("clauses", 12, "text", "nl", value=None), "clauses[12].text.nl"),
    (changed("clauses", 12, "text", "ar", value="\0"), "clauses[12].text.ar"),
    (changed("clauses", 12, "original", value="\ud800"), "clauses[12].original"),
    (changed("clauses", 3, "kind", value="article"), "clauses[3].kind"),
    (changed("clauses", 3, "parent", value="A1"), "clauses[3].parent"),
    (changed("clauses", 3, "parent", value={}), "clauses[3].parent"),
    (repeated("clauses", "number", of=2, at=3), "clauses[3].number"),
    (changed("clauses", 3, value="P.2"), "clauses[3]"),
    (changed("principles", 0, "clause", value="A9.9"), "principles[0].clause"),
    (repeated("objectives", "code"), "objectives[1].code"),
    (changed("domains", 0, "code", value="PRI-1"), "domains[0].code"),
    (changed("domains", 0, "code", value="DOM-A-LONG-CODE"), "domains[0].code"),
    (changed("foundations", 0, "chapter", value="exit"), "foundations[0].chapter"),
    (changed("principles", 0, "chapter", value="monitoring"), "principles[0].chapter"),
    (changed("goals", 0, "number", value=0), "goals[0].number"),
    (changed("goals", 0, "number", value=1.5), "goals[0].number"),
    (repeated("goals", "number"), "goals[1].number"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("text", "path"), MALFORMED, ids=[f"{n}: {path}" for n, (_text, path) in enumerate(MALFORMED)])
def test_a_malformed_file_is_refused_whole_naming_line_or_field(text, path):
    with translation.override(None), pytest.raises(ProtocolFileError) as refused:
        load(text)
    assert refused.value.path == path
    with translation.override(None):
        assert all(path.removeprefix("line ") in message for message in refused.value.messages)
    assert not Protocol.objects.exists()
    assert not Organisation.objects.exists()


@given(st.sampled_from(KEYS))
def test_a_file_that_lacks_any_key_is_refused_naming_it(way):
    data = json.loads(TEXT)
    place = data
    for step in way[:-1]:
        place = place[step]
    del place[way[-1]]
    with pytest.raises(ProtocolFileError) as refused:
        read(json.dumps(data))
    named = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in way).removeprefix(".")
    assert refused.value.path == named


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def refusal_of(text: str) -> ProtocolFileError | None:
    """The error that reading raises, if it does."""
    try:
        read(text)
    except ProtocolFileError as error:
        return error
    return None


@given(st.sampled_from(KEYS), JSON)
def test_whatever_stands_in_a_file_it_is_read_or_refused_with_a_place(way, value):
    refused = refusal_of(changed(*way, value=value))
    assert refused is None or (refused.path and refused.messages)


@given(st.text() | JSON.map(json.dumps))
def test_whatever_a_file_is_it_is_refused_with_a_place(text):
    refused = refusal_of(text)
    assert refused is not None
    assert refused.path


@pytest.mark.parametrize("content", [None, b"\xff\xfe{}", TEXT.encode("utf-16")])
def test_a_file_that_cannot_be_read_is_refused_by_name(tmp_path, content):
    path = tmp_path / "protocol.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ProtocolFileError) as refused:
        read(path)
    assert refused.value.path == str(path)


def said(*arguments: object) -> str:
    """What load_protocol prints."""
    output = StringIO()
    call_command("load_protocol", *arguments, stdout=output)
    return output.getvalue()


@pytest.mark.django_db
def test_the_command_says_what_it_did():
    assert said(BELFAA_JETTE).startswith("BELFAA-JETTE: 44 clauses; ")
    assert said(BELFAA_JETTE) == "BELFAA-JETTE: 44 clauses; nothing had changed.\n"


@pytest.mark.django_db
def test_the_command_names_the_fault_and_loads_nothing(tmp_path):
    path = Path(tmp_path / "protocol.json")
    path.write_text(changed("clauses", 12, "text", "nl", value=""), encoding="utf-8")
    with pytest.raises(CommandError, match=r"clauses\[12\]\.text\.nl"):
        said(path)
    assert not Protocol.objects.exists()


@pytest.mark.django_db
def test_a_protocol_entered_by_hand_is_not_touched_by_another_file():
    ours = ProtocolFactory()
    before = Protocol.objects.filter(pk=ours.pk).values().get()
    load(BELFAA_JETTE)
    assert Protocol.objects.filter(pk=ours.pk).values().get() == before
