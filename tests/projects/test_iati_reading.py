"""Reading IATI activity files: what is kept of an activity, and every file that is none, said in words (clause F4.1)."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import tracemalloc
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partnership.refusals import Refusal
from projects import iati_reading
from projects.iati_reading import Activity
from tests.iati_files import activity, whole


def read(content: bytes) -> list[Activity]:
    return list(iati_reading.read(io.BytesIO(content)))


def refusal(content: bytes) -> str:
    with pytest.raises(Refusal) as refused:
        read(content)
    assert refused.value.messages[0]
    return str(refused.value.code)


def test_an_activity_says_what_who_where_and_when():
    content = whole(
        activity(
            descriptions={"": "Des cours du soir.", "nl-BE": "Avondlessen."},
            dates={"1": "2024-01-01", "2": "2024-02-01", "3": "2026-12-31"},
            countries=["ma", "BE"],
            places=["Belfaa", (30.0, -9.5)],
            sectors='<sector code="11230" percentage="40"/><sector vocabulary="1" code="15170" percentage="60"/>'
            '<sector vocabulary="2" code="112"/>',
            more='<document-link url="https://example.org/a.pdf"><category code="A01"/></document-link>'
            '<document-link url="https://example.org/a"><category code="A12"/></document-link>'
            '<transaction><sector vocabulary="1" code="12261"/><value>1</value></transaction>',
        )
    )
    (one,) = read(content)
    assert (one.number, one.identifier) == (1, "XM-TEST-1")
    assert one.titles["ar"] == "محو أمية النساء"
    assert one.descriptions == {"fr": "Des cours du soir.", "nl": "Avondlessen."}
    assert one.reporter is not None
    assert one.reporter.name == "Agence"
    assert [(actor.role, actor.ref, actor.kind, actor.name) for actor in one.actors] == [
        ("4", "MA-TEST-9", "22", "Association Tifawt")
    ]
    assert one.dates == {"1": "2024-01-01", "2": "2024-02-01", "3": "2026-12-31"}
    assert one.countries == {"MA", "BE"}
    assert [(place.names, place.point) for place in one.places] == [(("Belfaa",), None), ((), (30.0, -9.5))]
    assert one.sectors == (("11230", 40.0), ("15170", 60.0))
    assert one.page == "https://example.org/a"


def test_the_sector_named_most_often_by_transactions_counts_where_the_activity_names_none():
    more = "".join(f'<transaction><sector code="{code}"/></transaction>' for code in ("11230", "12261", "12261"))
    (one,) = read(whole(activity(sectors="", more=more)))
    assert dict(one.sectors) == {"11230": 1, "12261": 2}


def test_a_text_with_the_file_s_own_language_and_one_longer_than_anybody_reads():
    (one,) = read(whole(activity(titles={"": "x" * 20_000}, language="nl-BE")))
    assert one.titles == {"nl": "x" * iati_reading.LONGEST_TEXT}


ENTITIES = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE iati-activities SYSTEM "http://127.0.0.1:9/x.dtd">'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "iati_empty"),
        (b"   \n", "iati_cut_short"),
        (b"id;titre\n1;Puits\n", "iati_broken"),
        (b"<html><body/></html>", "iati_other"),
        (b'<iati-organisations version="2.03"/>', "iati_other"),
        (whole(activity(), version="1.05"), "iati_version"),
        (b"<iati-activities/>", "iati_version"),
        (b'<iati-activities version="2.03"><iati-activity></wrong>', "iati_broken"),
        (b'<?xml version="1.0" encoding="x-none"?><iati-activities version="2.03"/>', "iati_encoding"),
        (b'<?xml version="1.0" encoding="big5"?><iati-activities version="2.03"/>', "iati_encoding"),
        (f'{ENTITIES}<iati-activities version="2.03">&a;</iati-activities>'.encode(), "iati_doctype"),
        (f'{LAUGHS}<iati-activities version="2.03">&b;</iati-activities>'.encode(), "iati_doctype"),
        (f'{OUTSIDE}<iati-activities version="2.03"/>'.encode(), "iati_doctype"),
        (f'{ENTITIES}<iati-activities version="2.03">&a;</iati-activities>'.encode("utf-16"), "iati_doctype"),
        (b'<iati-activities version="2.03">&a;</iati-activities>', "iati_broken"),
        (gzip.compress(whole(activity())), "iati_packed"),
        (bz2.compress(whole(activity())), "iati_packed"),
        (whole(activity()) + b"<more/>", "iati_broken"),
        (b"\x00\xff\xfe\x00binary", "iati_broken"),
        (whole(activity())[:-40], "iati_cut_short"),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_reason(content: bytes, code: str):
    assert refusal(content) == code


def test_a_packed_file_is_not_unpacked_whatever_it_holds():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("activities.xml", b" " * 5_000_000)
    assert refusal(packed.getvalue()) == "iati_packed"


def test_too_large_and_too_many(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(iati_reading, "MOST_ACTIVITIES", 2)
    assert refusal(whole(*[activity(f"X-{number}") for number in range(3)])) == "iati_many"
    monkeypatch.setattr(iati_reading, "LARGEST", 1000)
    assert refusal(whole(activity(), activity("X-2"))) == "iati_size"


@pytest.mark.parametrize(
    "strange",
    [
        "".join(f"<n{number}/>" for number in range(iati_reading.MOST_NAMES)),
        "<x " + " ".join(f'a{number}=""' for number in range(iati_reading.MOST_NAMES)) + "/>",
        "<a>" * 60 + "</a>" * 60,
    ],
)
def test_a_file_built_to_cost_more_than_an_iati_file_does_is_refused(strange: str):
    assert refusal(whole(activity(more=strange))) == "iati_strange"


def test_too_many_elements(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(iati_reading, "MOST_ELEMENTS", 100)
    assert refusal(whole(activity(more="<a/>" * 100))) == "iati_strange"


def test_what_nobody_asked_for_is_passed_over():
    (one,) = read(
        whole(
            activity(more=f'<b c="{"x" * 100_000}"><c><sector code="12345"/></c></b>' + '<sector code="11230"/>' * 500)
        )
    )
    assert one.identifier == "XM-TEST-1"
    assert {code for code, _percentage in one.sectors} == {"11230"}
    assert len(one.sectors) == iati_reading.MOST_PARTS


def test_memory_does_not_grow_with_the_file(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(iati_reading, "CHUNK", 16 * 1024)

    def peak(count: int) -> int:
        file = io.BytesIO(
            whole(*[activity(f"X-{number}", more="<budget><value>1</value></budget>" * 20) for number in range(count)])
        )
        tracemalloc.start()
        try:
            assert sum(1 for _one in iati_reading.read(file)) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    small, large = peak(100), peak(400)
    assert large < 1.5 * small


CUT = whole(activity(), activity("XM-TEST-2", places=["Belfaa"]))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(CUT) - 1))
def test_a_file_cut_anywhere_is_refused_and_never_breaks_anything(length: int):
    if CUT[:length].rstrip().endswith(b"</iati-activities>"):
        assert len(read(CUT[:length])) == 2
        return
    assert refusal(CUT[:length]) in {"iati_cut_short", "iati_broken", "iati_empty"}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(CUT) - 1), st.binary(min_size=1, max_size=4))
def test_a_file_with_a_piece_broken_is_read_or_refused(place: int, piece: bytes):
    spoilt = CUT[:place] + piece + CUT[place + len(piece) :]
    with contextlib.suppress(Refusal):
        assert len(read(spoilt)) <= 2
