"""Texts out to a translator and back as a spreadsheet: what comes back changes what was translated, and nothing else [I10]."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from partnership import drafting, following, parity, sheet_files, sheet_texts, translation_sheets
from partnership.models import Protocol, TextState
from partnership.translation_sheets import Reading, RowState
from projects.models import Project
from tests.factories import MembershipFactory, ProtocolFactory
from tests.factories_programme import ProjectFactory

pytestmark = pytest.mark.django_db

FIRST_TEXT = 3
"""The row of the first text: above it stand the names and the headings."""


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


@pytest.fixture
def editor(protocol: Protocol) -> Any:
    return editor_of(protocol)


def editor_of(protocol: Protocol) -> Any:
    commune = protocol.parties.get(position=1).organisation
    return MembershipFactory(protocol=protocol, organisation=commune, role="editor").user


def untranslated(protocol: Protocol, **texts: str) -> Any:
    """A project whose title was written in French and stands nowhere else."""
    with translation.override("fr"):
        return ProjectFactory(
            protocol=protocol, **{"title_ar": "", "title_fr": "Une école neuve", "title_nl": "", **texts}
        )


def out(protocol: Protocol, editor: Any, record: Any = None, language: str | None = None) -> bytes:
    keys = (
        sheet_texts.of_record(record)
        if record is not None
        else sheet_texts.to_translate(protocol, by=editor, language=language)
    )
    return translation_sheets.sheet(keys, protocol=protocol, by=editor).content


def edited(content: bytes, change: Callable[[Any], None]) -> bytes:
    """The file after someone worked in it."""
    book = load_workbook(io.BytesIO(content))
    change(book.worksheets[0])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def translated(content: bytes, **texts: str) -> bytes:
    """The file with the first text's languages written."""

    def write(page: Any) -> None:
        for code, text in texts.items():
            page[f"{'ABCDEF'[column_of(page, code)]}{FIRST_TEXT}"] = text

    return edited(content, write)


def column_of(page: Any, name: str) -> int:
    return [cell.value for cell in page[1]].index(name)


def read(content: bytes, protocol: Protocol, editor: Any) -> Reading:
    return translation_sheets.read(content, protocol=protocol, by=editor)


def only_row(content: bytes, protocol: Protocol, editor: Any) -> Any:
    [row] = read(content, protocol, editor).rows
    return row


def sentences(row: Any) -> str:
    return " ".join(note.sentence for note in row.notes)


# Out ------------------------------------------------------------------------------------------------------------------


def test_what_is_to_translate_goes_out_with_its_source_and_headings_in_the_readers_language(
    protocol: Protocol, editor: Any
):
    untranslated(protocol)
    with translation.override("nl"):
        page = load_workbook(io.BytesIO(out(protocol, editor, language="nl"))).worksheets[0]
    names, headings, row = ([cell.value for cell in line] for line in page.iter_rows(max_row=3))
    assert names == ["reference", "record", "field", "ar", "fr", "nl"]
    assert headings[1] != names[1]
    assert row[3:] == [None, "Une école neuve", None]
    assert page.row_dimensions[1].hidden


def test_arabic_is_set_from_the_right_and_gaps_are_tinted(protocol: Protocol, editor: Any):
    untranslated(protocol)
    page = load_workbook(io.BytesIO(out(protocol, editor))).worksheets[0]
    arabic, french = page[f"D{FIRST_TEXT}"], page[f"E{FIRST_TEXT}"]
    assert (arabic.alignment.readingOrder, arabic.alignment.horizontal) == (2, "right")
    assert (french.alignment.readingOrder, french.fill.fill_type) == (1, None)
    assert arabic.fill.fill_type == "solid"


@pytest.mark.parametrize("text", ["=1+1", "+32 2 423 12 11", "-20 %", "@jette", "#N/A", '=HYPERLINK("http://x")'])
def test_no_text_becomes_a_formula(protocol: Protocol, editor: Any, text: str):
    untranslated(protocol, title_fr=text)
    content = out(protocol, editor)
    cell = load_workbook(io.BytesIO(content)).worksheets[0][f"E{FIRST_TEXT}"]
    assert (cell.value, cell.data_type, cell.number_format) == (text, "s", "@")
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")


def test_another_protocols_texts_stay_where_they_are(protocol: Protocol, editor: Any):
    elsewhere = ProtocolFactory(hostname="elsewhere.example")
    theirs = untranslated(elsewhere)
    content = translated(out(elsewhere, editor_of(elsewhere), theirs), nl="Een nieuwe school")
    assert translation_sheets.sheet(sheet_texts.of_record(theirs), protocol=protocol, by=editor).texts == 0
    row = read(content, protocol, editor).rows[0]
    assert (row.state, row.text, row.changes) == (RowState.ERROR, None, {})


def test_a_text_longer_than_a_cell_is_left_out_and_counted(protocol: Protocol, editor: Any):
    project = untranslated(protocol, description_fr="x" * 40_000)
    made = translation_sheets.sheet(sheet_texts.of_record(project), protocol=protocol, by=editor)
    assert made.too_long == 1


# Back -----------------------------------------------------------------------------------------------------------------


def test_a_translation_comes_back_and_follows_its_source(protocol: Protocol, editor: Any):
    project = untranslated(protocol)
    content = translated(out(protocol, editor), ar="مدرسة جديدة", nl="Een nieuwe school")
    reading = read(content, protocol, editor)
    assert [row.state for row in reading.rows] == [RowState.READY]
    assert translation_sheets.take_in(reading.rows, by=editor) == 2
    project.refresh_from_db()
    assert (project.title_ar, project.title_nl) == ("مدرسة جديدة", "Een nieuwe school")
    standing = dict(TextState.objects.of(project).filter(field="title").values_list("language", "standing"))
    assert standing == {"ar": "current", "fr": "source", "nl": "current"}
    assert TextState.objects.of(project).get(field="title", language="nl").by == editor


def test_the_public_keeps_the_old_version_of_a_published_record(protocol: Protocol, editor: Any):
    project = ProjectFactory(protocol=protocol, published=True, title_nl="Een school")
    reading = read(translated(out(protocol, editor, project), nl="Een nieuwe school"), protocol, editor)
    translation_sheets.take_in(reading.rows, by=editor)
    project.refresh_from_db()
    assert project.title_nl == "Een school"
    assert drafting.text_of(project, "title_nl") == "Een nieuwe school"


def test_a_source_that_changed_since_is_to_be_confirmed_with_the_difference(protocol: Protocol, editor: Any):
    project = untranslated(protocol)
    content = translated(out(protocol, editor), nl="Een nieuwe school")
    drafting.write(project, {"title_fr": "Une école neuve et un jardin"}, by=editor)
    row = only_row(content, protocol, editor)
    assert (row.state, row.notes[0].language) == (RowState.CONFIRM, "fr")
    assert [one.text.strip() for one in row.notes[0].difference if one.kind == "ins"] == ["et un jardin"]


def test_a_language_written_here_meanwhile_is_to_be_confirmed(protocol: Protocol, editor: Any):
    project = untranslated(protocol)
    content = translated(out(protocol, editor), nl="Een nieuwe school")
    with following.as_translation():
        drafting.write(project, {"title_nl": "Nieuwe school"}, by=editor)
    row = only_row(content, protocol, editor)
    assert (row.state, row.notes[0].now) == (RowState.CONFIRM, "Nieuwe school")


def test_what_was_written_here_meanwhile_is_not_put_back_by_a_sheet_that_left_it(protocol: Protocol, editor: Any):
    project = untranslated(protocol)
    content = out(protocol, editor)
    with following.as_translation():
        drafting.write(project, {"title_nl": "Nieuwe school"}, by=editor)
    reading = read(content, protocol, editor)
    assert (reading.rows, reading.unchanged) == ([], 1)


def test_a_translator_who_changes_the_source_is_asked_about(protocol: Protocol, editor: Any):
    project = untranslated(protocol)
    reading = read(translated(out(protocol, editor), fr="Une nouvelle école"), protocol, editor)
    assert [row.state for row in reading.rows] == [RowState.CONFIRM]
    translation_sheets.take_in(reading.rows, by=editor)
    project.refresh_from_db()
    assert project.title_fr == "Une nouvelle école"
    assert TextState.objects.of(project).get(field="title", standing="source").language == "fr"


def test_arabic_in_the_dutch_column_and_the_same_text_twice_are_asked_about(protocol: Protocol, editor: Any):
    untranslated(protocol)
    content = out(protocol, editor)
    for texts in ({"nl": "مدرسة جديدة"}, {"nl": "Une école neuve"}):
        row = only_row(translated(content, **texts), protocol, editor)
        assert (row.state, row.notes[0].language) == (RowState.CONFIRM, "nl")


@pytest.mark.parametrize("nothing", ["...", "–", "…"])
def test_what_says_nothing_is_refused(protocol: Protocol, editor: Any, nothing: str):
    untranslated(protocol)
    row = only_row(translated(out(protocol, editor), nl=nothing), protocol, editor)
    assert (row.state, row.changes) == (RowState.ERROR, {})


def test_spaces_where_nothing_stands_change_nothing(protocol: Protocol, editor: Any):
    untranslated(protocol)
    assert read(translated(out(protocol, editor), nl="   "), protocol, editor).rows == []


def test_an_emptied_cell_takes_no_text_away(protocol: Protocol, editor: Any):
    untranslated(protocol)
    row = only_row(translated(out(protocol, editor), fr="  "), protocol, editor)
    assert row.state == RowState.ERROR


def test_a_text_too_long_for_its_field_is_refused_with_the_limit(protocol: Protocol, editor: Any):
    untranslated(protocol)
    limit = Project._meta.get_field("title_nl").max_length
    row = only_row(translated(out(protocol, editor), nl="y" * 5000), protocol, editor)
    assert (row.state, str(limit) in sentences(row)) == (RowState.ERROR, True)


def test_one_text_in_two_rows_is_refused_in_both_naming_the_other(protocol: Protocol, editor: Any):
    untranslated(protocol)

    def twice(page: Any) -> None:
        page["F3"] = "Een school"
        page.append([page["A3"].value, "", "", None, "Une école neuve", "Een nieuwe school"])

    rows = read(edited(out(protocol, editor), twice), protocol, editor).rows
    assert [row.state for row in rows] == [RowState.ERROR] * 2
    assert ("4" in sentences(rows[0]), "3" in sentences(rows[1])) == (True, True)


@pytest.mark.parametrize(
    "written",
    [
        None,
        "somewhere",
        "projects.project/1/title",
        "auth.group/1/name fr ar:- fr:- nl:-",
        "x/y/z/w fr ar:- fr:- nl:-",
        "projects.project/99999999999999999999999/title fr ar:- fr:- nl:-",
        "projects.project/1/code fr ar:- fr:- nl:-",
    ],
)
def test_a_row_that_says_nowhere_where_it_belongs_is_refused(protocol: Protocol, editor: Any, written: str | None):
    untranslated(protocol)

    def lose(page: Any) -> None:
        page["A3"], page["F3"] = written, "Een nieuwe school"

    assert only_row(edited(out(protocol, editor), lose), protocol, editor).state == RowState.ERROR


def test_rows_keep_the_numbers_the_spreadsheet_shows(protocol: Protocol, editor: Any):
    for _ in range(3):
        untranslated(protocol)

    def leave_gaps(page: Any) -> None:
        page.insert_rows(4, amount=2)
        for number in (3, 6, 7):
            page[f"F{number}"] = f"Een school {number}"

    rows = read(edited(out(protocol, editor), leave_gaps), protocol, editor).rows
    assert [row.number for row in rows] == [3, 6, 7]


def test_only_some_columns_may_come_back(protocol: Protocol, editor: Any):
    untranslated(protocol)

    def keep_two(page: Any) -> None:
        page["F3"] = "Een nieuwe school"
        page.delete_cols(2, 4)

    reading = read(edited(out(protocol, editor), keep_two), protocol, editor)
    assert [row.changes for row in reading.rows] == [{"nl": "Een nieuwe school"}]


def test_the_visible_headings_alone_are_enough_in_any_language(protocol: Protocol, editor: Any):
    untranslated(protocol)
    with translation.override("ar"):
        content = edited(translated(out(protocol, editor), nl="Een nieuwe school"), lambda page: page.delete_rows(1))
    row = only_row(content, protocol, editor)
    assert (row.number, row.changes) == (2, {"nl": "Een nieuwe school"})


# All or nothing -------------------------------------------------------------------------------------------------------


def test_rows_are_taken_in_all_or_none(protocol: Protocol, editor: Any):
    first, second = untranslated(protocol), untranslated(protocol)

    def write(page: Any) -> None:
        page["F3"], page["F4"] = "Een school", "Nog een school"

    reading = read(edited(out(protocol, editor), write), protocol, editor)
    reading.rows[1].changes["nl"] = "y" * 5000
    with pytest.raises(ValidationError) as refusal:
        translation_sheets.take_in(reading.rows, by=editor)
    assert refusal.value.code == "row"
    for project in (first, second):
        project.refresh_from_db()
        assert not project.title_nl


def test_a_record_written_between_the_look_and_the_taking_in_stops_it(protocol: Protocol, editor: Any):
    project = untranslated(protocol)
    reading = read(translated(out(protocol, editor), nl="Een nieuwe school"), protocol, editor)
    drafting.write(project, {"title_fr": "Une autre école"}, by=editor)
    with pytest.raises(ValidationError) as refusal:
        translation_sheets.take_in(reading.rows, by=editor)
    assert refusal.value.code == "version"


def test_many_texts_cost_no_more_queries_than_few(protocol: Protocol, editor: Any):
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            read(out(protocol, editor), protocol, editor)
        return len(captured)

    untranslated(protocol)
    cost()
    few = cost()
    for _ in range(10):
        untranslated(protocol)
    assert cost() == few


# What is no such file -------------------------------------------------------------------------------------------------


def spreadsheet(*rows: list[Any]) -> bytes:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def archive(**entries: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in entries.items():
            packed.writestr(name, content)
    return written.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_type"),
        (b"Reference;ar;fr;nl\n", "file_type"),
        (archive(word=b"a document"), "file_type"),
        (archive(**{"[Content_Types].xml": b"<not><well"}), "file_type"),
        (archive(bomb=b"0" * 50_000_000), "file_ratio"),
        (b"P" * (sheet_files.LARGEST + 1), "file_size"),
        (spreadsheet(["no", "heading", "here"]), "columns"),
        (spreadsheet(["reference", "record"]), "columns"),
        (spreadsheet(["reference", "nl", "fr", "nl"], ["x"]), "columns"),
    ],
)
def test_what_is_no_sheet_of_ours_is_refused_with_the_rule(protocol: Protocol, editor: Any, content: bytes, code: str):
    with pytest.raises(ValidationError) as refusal:
        read(content, protocol, editor)
    assert refusal.value.code == code
    assert refusal.value.messages[0]


def test_a_column_named_twice_and_columns_moved_without_their_heading_are_named(protocol: Protocol, editor: Any):
    untranslated(protocol)
    dutch = str(parity.LANGUAGE_NAMES["nl"])
    with pytest.raises(ValidationError, match=dutch):
        read(spreadsheet(["reference", dutch, dutch]), protocol, editor)

    def swap_below_the_hidden_row(page: Any) -> None:
        for number in range(2, page.max_row + 1):
            page[f"E{number}"], page[f"F{number}"] = page[f"F{number}"].value, page[f"E{number}"].value

    with pytest.raises(ValidationError, match=dutch):
        read(edited(out(protocol, editor), swap_below_the_hidden_row), protocol, editor)


def test_a_sheet_with_too_many_rows_is_refused(protocol: Protocol, editor: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sheet_files, "MOST_ROWS", 5)
    with pytest.raises(ValidationError) as refusal:
        read(spreadsheet(["reference", "nl"], *[["x", "y"]] * 6), protocol, editor)
    assert refusal.value.code == "rows"


def test_columns_that_are_not_ours_are_named_and_not_read(protocol: Protocol, editor: Any):
    untranslated(protocol)

    def add(page: Any) -> None:
        page["G2"], page["G3"], page["F3"] = "Remarques", "à revoir", "Een nieuwe school"

    reading = read(edited(out(protocol, editor), add), protocol, editor)
    assert (reading.unknown, [row.state for row in reading.rows]) == (["Remarques"], [RowState.READY])


def test_the_refused_rows_come_as_a_sheet_that_can_be_corrected_and_sent_back(protocol: Protocol, editor: Any):
    untranslated(protocol)
    errors = translation_sheets.errors(read(translated(out(protocol, editor), nl="..."), protocol, editor))
    row = only_row(translated(errors, nl="Een nieuwe school"), protocol, editor)
    assert (row.state, row.changes) == (RowState.READY, {"nl": "Een nieuwe school"})


# For any text, any order, any file ------------------------------------------------------------------------------------

TEXTS = st.text(min_size=1, max_size=80).filter(lambda text: "\x00" not in text)
FEWER = settings.default.max_examples // 3  # each example writes and reads a whole sheet
REPEATEDLY = settings(max_examples=FEWER, suppress_health_check=[HealthCheck.function_scoped_fixture])


@REPEATEDLY
@given(texts=st.tuples(TEXTS, TEXTS, TEXTS))
def test_out_and_back_changes_nothing(protocol: Protocol, editor: Any, texts: tuple[str, str, str]):
    columns = zip(("ar", "fr", "nl"), (text.encode("utf-8", "ignore").decode() for text in texts), strict=True)
    project = ProjectFactory(protocol=protocol, **{f"description_{code}": text for code, text in columns})
    content = out(protocol, editor, project)
    assert read(content, protocol, editor).rows == []
    again = edited(content, lambda page: None)  # opened and saved by another program
    assert read(again, protocol, editor).rows == []


@REPEATEDLY
@given(order=st.permutations(range(6)))
def test_any_order_of_the_columns_says_the_same(protocol: Protocol, editor: Any, order: list[int]):
    untranslated(protocol)
    content = translated(out(protocol, editor), ar="مدرسة جديدة", nl="Een nieuwe school")

    def shuffle(page: Any) -> None:
        for line in page.iter_rows(max_col=6):
            values = [cell.value for cell in line]
            for cell, place in zip(line, order, strict=True):
                cell.value = values[place]

    plain, shuffled = read(content, protocol, editor), read(edited(content, shuffle), protocol, editor)
    assert [(row.number, row.changes, row.state) for row in shuffled.rows] == [
        (row.number, row.changes, row.state) for row in plain.rows
    ]


@REPEATEDLY
@given(noise=st.binary(max_size=400), cut=st.integers(0, 6000), keep=st.booleans())
def test_no_file_whatsoever_crashes(protocol: Protocol, editor: Any, noise: bytes, cut: int, keep: bool):
    whole = spreadsheet(["reference", "nl"], ["x", "y"])
    content = whole[:cut] + noise + whole[cut + len(noise) :] if keep else noise
    with contextlib.suppress(ValidationError):
        read(content, protocol, editor)
