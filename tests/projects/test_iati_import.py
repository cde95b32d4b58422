"""Taking initiatives over from an IATI file: looked at first, saved in steps, never twice (clause F4.1)."""

from __future__ import annotations

import io
from functools import partial
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from partnership import drafting, kept_sheets
from partnership.models import Change, Protocol, User
from partnership.refusals import Refusal
from projects import iati_import
from projects.iati_import import RowState, Survey, Work
from projects.models import Initiative
from tests.at_once import at_once
from tests.factories import MembershipFactory, OrganisationFactory, ProtocolFactory, first_commune
from tests.factories_planning import InitiativeFactory
from tests.iati_files import activity, whole
from tests.staff import fields_of, staff

IMPORT = "/fr/admin/initiatives/import/"
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")


@pytest.fixture
def protocol(db: Any) -> Any:
    return ProtocolFactory()


def person(protocol: Protocol) -> User:
    user: User = MembershipFactory(
        protocol=protocol, organisation=first_commune(protocol).organisation, role="editor"
    ).user
    return user


def kept(protocol: Protocol, by: User, *activities: str) -> tuple[str, bytes]:
    token = iati_import.keep(io.BytesIO(whole(*activities)), "file.xml", protocol=protocol, by=by)
    found = kept_sheets.find(token, protocol=protocol, by=by)
    assert found is not None
    content = kept_sheets.content(found[0])
    assert content is not None
    return found[0], content


def looked(content: bytes, protocol: Protocol, *, everywhere: bool = False) -> Survey:
    return iati_import.survey(content, protocol, everywhere=everywhere)


def saved(protocol: Protocol, by: User, *activities: str, everywhere: bool = False, steps: int = 1000) -> Work:
    key, content = kept(protocol, by, *activities)
    work = Work(key, by.pk, protocol.pk, everywhere, looked(content, protocol, everywhere=everywhere).total)
    while not work.is_over and steps:
        work, steps = iati_import.step(work, content, protocol, by=by), steps - 1
    return work


def counts(work: Work) -> tuple[int, int, int, int]:
    return work.new, work.changed, work.unchanged, work.skipped


# Saving


def test_an_activity_becomes_an_initiative_once(protocol: Protocol):
    by = person(protocol)
    actor = OrganisationFactory(iati_ref="MA-TEST-9", level="provincial")
    assert counts(saved(protocol, by, activity())) == (1, 0, 0, 0)
    initiative = Initiative.objects.get()
    assert (initiative.title_fr, initiative.title_ar) == ("Alphabétisation des femmes rurales", "محو أمية النساء")
    assert (initiative.actor, initiative.actor_name, initiative.level) == (actor, "Association Tifawt", "provincial")
    assert (initiative.dac_sector, str(initiative.starts_on), str(initiative.ends_on)) == (
        "11230",
        "2024-01-01",
        "2026-12-31",
    )
    assert list(initiative.territories.all()) == [first_commune(protocol)]
    assert initiative.imported_at is not None
    assert Change.objects.of(initiative).first().by == by
    assert counts(saved(protocol, by, activity())) == (0, 0, 1, 0)
    assert Initiative.objects.count() == 1


def test_what_the_file_says_replaces_and_what_it_leaves_out_stays(protocol: Protocol):
    by = person(protocol)
    titles = {"fr": "Puits", "en": "Wells"}
    saved(protocol, by, activity(titles=titles))
    initiative = Initiative.objects.get()
    drafting.write(initiative, {"title_nl": "Waterputten"}, by=by)
    other = protocol.parties.get(position=2)
    initiative.territories.add(other)
    later = activity(titles={"fr": "Puits et citernes"}, dates={"1": "2024-01-01", "4": "2027-06-30"}, sectors="")
    assert counts(saved(protocol, by, later)) == (0, 1, 0, 0)
    initiative.refresh_from_db()
    assert (initiative.title_fr, initiative.title_nl) == ("Puits et citernes", "Waterputten")
    assert (str(initiative.ends_on), initiative.dac_sector) == ("2027-06-30", "11230")
    assert other in initiative.territories.all()
    assert counts(saved(protocol, by, later)) == (0, 0, 1, 0)


def test_a_text_that_the_public_reads_waits_for_its_other_languages(protocol: Protocol):
    by = person(protocol)
    said = {"fr": "Des cours du soir.", "nl": "Avondlessen.", "ar": "دروس مسائية."}
    saved(protocol, by, activity(descriptions=said))
    later = activity(titles={"fr": "Alphabétisation, deuxième phase"}, descriptions=said)
    assert counts(saved(protocol, by, later)) == (0, 1, 0, 0)
    initiative = Initiative.objects.get()
    assert initiative.title_fr == "Alphabétisation des femmes rurales"
    assert drafting.text_of(initiative, "title_fr") == "Alphabétisation, deuxième phase"
    assert counts(saved(protocol, by, later)) == (0, 0, 1, 0)


def test_an_end_before_what_stands_as_the_beginning_is_left_out(protocol: Protocol):
    by = person(protocol)
    InitiativeFactory(protocol=protocol, iati_identifier="XM-TEST-1", starts_on="2025-01-01", ends_on=None)
    assert counts(saved(protocol, by, activity(dates={"4": "2024-06-30"}))) == (0, 0, 0, 1)


def test_activities_elsewhere_are_taken_over_only_where_somebody_asks(protocol: Protocol):
    by = person(protocol)
    far = activity(countries=["SN"])
    assert counts(saved(protocol, by, far)) == (0, 0, 0, 1)
    assert counts(saved(protocol, by, far, everywhere=True)) == (1, 0, 0, 0)
    assert not Initiative.objects.get().territories.exists()


def test_another_protocols_initiatives_are_not_touched(protocol: Protocol):
    by = person(protocol)
    other = InitiativeFactory(protocol=ProtocolFactory(hostname="second.example"), iati_identifier="XM-TEST-1")
    assert counts(saved(protocol, by, activity())) == (1, 0, 0, 0)
    version = other.version
    other.refresh_from_db()
    assert other.version == version


def test_left_half_way_and_taken_up_again_it_ends_complete(protocol: Protocol, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(iati_import, "AT_ONCE", 3)
    by = person(protocol)
    activities = [activity(f"X-{number}") for number in range(10)]
    half = saved(protocol, by, *activities, steps=2)
    assert (half.done, half.is_over, Initiative.objects.count()) == (6, False, 6)
    again = saved(protocol, by, *activities)
    assert counts(again) == (4, 0, 6, 0)
    assert Initiative.objects.count() == 10


def test_the_same_step_twice_changes_nothing(protocol: Protocol):
    by = person(protocol)
    key, content = kept(protocol, by, activity())
    work = Work(key, by.pk, protocol.pk, False, 1)
    assert iati_import.step(work, content, protocol, by=by).new == 1
    assert iati_import.step(work, content, protocol, by=by).unchanged == 1
    assert Initiative.objects.get().version == 1


def test_a_step_that_fails_saves_nothing_of_itself(protocol: Protocol, monkeypatch: pytest.MonkeyPatch):
    by = person(protocol)
    real = iati_import._create

    def failing(judged: Any, *given: Any) -> None:
        if judged.row.identifier == "X-2":
            raise ConnectionError
        real(judged, *given)

    monkeypatch.setattr(iati_import, "_create", failing)
    with pytest.raises(ConnectionError):
        saved(protocol, by, *[activity(f"X-{number}") for number in range(3)])
    assert not Initiative.objects.exists()


def test_a_rule_that_refuses_one_row_is_told_and_the_others_are_saved(
    protocol: Protocol, monkeypatch: pytest.MonkeyPatch
):
    by = person(protocol)
    saved(protocol, by, activity("X-1"))

    def refusing(*_given: Any, **_named: Any) -> None:
        raise Refusal("Held by a decision.", code="I4")

    monkeypatch.setattr(drafting, "write", refusing)
    work = saved(protocol, by, activity("X-1", titles={"fr": "Autre"}), activity("X-2"))
    assert counts(work) == (1, 0, 0, 1)
    assert work.refused == [("X-1", "Held by a decision.")]


def test_work_is_its_persons_own(protocol: Protocol):
    by, other = person(protocol), person(protocol)
    form = iati_import.written(Work("a" * 32, by.pk, protocol.pk, False, 1))
    assert iati_import.read(form, protocol=protocol, by=by) is not None
    assert iati_import.read(form, protocol=protocol, by=other) is None
    assert iati_import.read(form, protocol=ProtocolFactory(hostname="x.example"), by=by) is None
    assert iati_import.read("anything", protocol=protocol, by=by) is None


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_two_people_take_over_the_same_file_at_once_and_nothing_stands_twice():
    protocol = ProtocolFactory()
    people = [person(protocol), person(protocol)]
    for round_ in range(3):
        activities = [activity(f"R{round_}-{number}") for number in range(12)]
        acts = [
            partial(saved, protocol, by, *rows) for by, rows in zip(people, (activities, activities[::-1]), strict=True)
        ]
        done = at_once(*acts)
        assert sum(work.new for work in done) == 12
        assert sum(work.unchanged for work in done) == 12
        assert Initiative.objects.count() == 12 * (round_ + 1)


# Looking


def test_a_look_says_what_would_become_of_each_and_saves_nothing(protocol: Protocol):
    by = person(protocol)
    saved(protocol, by, activity("X-1"), activity("X-2"))
    before = Change.objects.count()
    _key, content = kept(
        protocol,
        by,
        activity("X-1"),
        activity("X-2", titles={"fr": "Autre titre"}),
        activity("X-3"),
        activity("X-4", titles={"en": "Wells"}),
        activity("X-5", countries=["SN"]),
    )
    survey = looked(content, protocol)
    assert survey.counts == {RowState.NEW: 1, RowState.CHANGED: 1, RowState.UNCHANGED: 1, RowState.SKIPPED: 2}
    assert survey.reasons == {"no_title": 1, "elsewhere": 1}
    (changed,) = survey.shown[RowState.CHANGED]
    assert len(changed.changes) == 1
    assert Change.objects.count() == before


def test_a_look_costs_no_query_more_for_each_activity(protocol: Protocol, django_assert_max_num_queries: Any):
    by = person(protocol)
    for count in (1, 30):
        _key, content = kept(protocol, by, *[activity(f"X-{number}") for number in range(count)])
        with django_assert_max_num_queries(4):
            looked(content, protocol)


def test_the_report_names_every_activity_left_out_and_why_and_holds_no_formula(protocol: Protocol):
    by = person(protocol)
    _key, content = kept(protocol, by, activity('=HYPERLINK("x")', titles={"en": "Wells"}), activity("X-2"))
    page = load_workbook(io.BytesIO(iati_import.report(content, protocol, everywhere=False))).worksheets[0]
    rows = list(page.iter_rows(min_row=3))
    assert len(rows) == 1
    assert rows[0][2].value == '=HYPERLINK("x")'
    assert rows[0][2].data_type == "s"


CUT = whole(activity("X-1"), activity("X-2"))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(CUT) - 25))
def test_nothing_is_kept_or_saved_from_a_file_that_was_cut(protocol: Protocol, length: int):
    by = person(protocol)
    with pytest.raises(Refusal):
        iati_import.keep(io.BytesIO(CUT[:length]), "cut.xml", protocol=protocol, by=by)
    assert not default_storage.exists("sheets") or not default_storage.listdir("sheets")[1]
    assert not Initiative.objects.exists()


# The pages


def sent(client: Any, content: bytes) -> Any:
    return client.post(IMPORT, {"file": SimpleUploadedFile("initiatives.xml", content)})


def go_on(client: Any, address: str) -> Any:
    """Press the button until there is none left."""
    answer = client.post(address, fields_of(client.get(address).content.decode()))
    for _step in range(20):
        work = fields_of(answer.content.decode()).get("work")
        if not work:
            break
        answer = client.post(f"{address.partition('?')[0]}saving/", {"work": work})
    return answer


def test_a_file_is_sent_looked_at_saved_and_reported(protocol: Protocol, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(iati_import, "AT_ONCE", 2)
    editor = staff(protocol, role="editor")
    preview = sent(
        editor, whole(*[activity(f"X-{number}") for number in range(5)], activity("E", titles={"en": "Wells"}))
    )
    address = preview["Location"]
    page = editor.get(address).content.decode()
    assert "X-4" in page
    assert "Alphabétisation des femmes rurales" in page
    assert not Initiative.objects.exists()
    end = go_on(editor, address)
    assert Initiative.objects.count() == 5
    assert 'value="6"' in end.content.decode()
    report = editor.get(f"{address}skipped.xlsx")
    assert report.status_code == 200
    assert "attachment" in report["Content-Disposition"]


def test_whoever_leaves_half_way_finds_the_file_and_goes_on(protocol: Protocol, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(iati_import, "AT_ONCE", 2)
    editor = staff(protocol, role="editor")
    address = sent(editor, whole(*[activity(f"X-{number}") for number in range(5)]))["Location"]
    begun = editor.post(address, fields_of(editor.get(address).content.decode()))
    editor.post(f"{address}saving/", {"work": fields_of(begun.content.decode())["work"]})
    assert Initiative.objects.count() == 2
    assert address in editor.get(IMPORT).content.decode()
    go_on(editor, address)
    assert Initiative.objects.count() == 5


def test_a_file_that_is_none_says_why_and_keeps_nothing(protocol: Protocol):
    editor = staff(protocol, role="editor")
    answer = sent(editor, b"<html/>")
    assert answer.status_code == 422
    assert "iati-activities" in answer.content.decode()
    assert sent(editor, b"").status_code == 422
    assert editor.post(IMPORT).status_code == 422
    assert not default_storage.exists("sheets") or not default_storage.listdir("sheets")[1]


def test_a_file_put_aside_is_gone_and_says_so(protocol: Protocol):
    editor = staff(protocol, role="editor")
    address = sent(editor, whole(activity()))["Location"]
    assert editor.post(address, {"_forget": "1"})["Location"] == IMPORT
    assert editor.get(address)["Location"] == IMPORT
    assert editor.get(f"{address}skipped.xlsx").status_code == 404
    assert editor.post(f"{address}saving/")["Location"] == IMPORT


def test_saving_without_work_leads_back_to_the_look(protocol: Protocol):
    editor = staff(protocol, role="editor")
    address = sent(editor, whole(activity()))["Location"]
    assert editor.get(f"{address}saving/")["Location"] == address
    assert editor.post(f"{address}saving/", {"work": "x"})["Location"] == address


def test_the_filter_shows_those_elsewhere(protocol: Protocol):
    editor = staff(protocol, role="editor")
    address = sent(editor, whole(activity(countries=["SN"])))["Location"]
    assert 'name="everywhere" value="1" checked' not in editor.get(address).content.decode()
    go_on(editor, f"{address}?everywhere=1")
    assert Initiative.objects.count() == 1


@pytest.mark.parametrize("role", ["observer", "evaluator", "signatory"])
def test_whoever_may_not_enter_initiatives_finds_no_such_page(protocol: Protocol, role: str):
    assert staff(protocol, role=role).get(IMPORT).status_code == 404


def test_nobody_opens_the_file_of_another(protocol: Protocol):
    address = sent(staff(protocol, role="editor"), whole(activity()))["Location"]
    other = staff(protocol, 2, role="editor")
    assert other.get(address).status_code == 404
    assert other.post(f"{address}saving/").status_code == 404
    assert other.get(f"{address}skipped.xlsx").status_code == 404
