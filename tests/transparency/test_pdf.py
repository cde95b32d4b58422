"""HTML as a PDF: tagged, repeatable, fetching nothing, and Arabic that can be read back."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import pypdf
import pytest
from weasyprint import HTML
from weasyprint.formatting_structure import boxes

from partnership import canonical, languages
from partnership.equality import Reader
from partnership.protocol_file import BELFAA_JETTE
from tests.retelling import standing_on
from tests.services import ROOT
from tests.transparency.report_data import DIGEST, activity, indicator, involvement, nothing, project, snapshot, texts
from transparency.reports import fonts, pdf, render
from transparency.reports import snapshot as snapshots
from transparency.reports.periods import Period
from transparency.templatetags.report import isolated

pytestmark = pytest.mark.django_db  # the database is made for modules that say so, and the story is told in it

LANGUAGES = ("ar", "fr", "nl")
ARABIC_WORD = re.compile("[\u0621-\u063a\u0641-\u065f\u0670-\u06d3]+")
DAY = date(2026, 7, 6)
ADDRESS = "https://cooperation.example/fr/reports/0b5c2f3e-6f0a-4a53-9c61-d1f3ab0f2c11/"
DOCUMENTS = {
    "council of Belfaa, Arabic": Reader("ar", 1),
    "council of Belfaa, French": Reader("fr", 1),
    "council of Jette, French": Reader("fr", 2),
    "council of Jette, Dutch": Reader("nl", 2),
    "programme body, French": Reader("fr", programme_body=True),
    "programme body, Dutch": Reader("nl", programme_body=True),
}


def report(data=None, language="fr", council=2, *, provisional=False) -> pdf.Rendered:
    page = render.html(data or snapshot(), reader=Reader(language, council), digest=DIGEST, provisional=provisional)
    return pdf.write(page, language=language)


def catalogue(rendered: pdf.Rendered) -> Any:
    """The PDF's root object."""
    return opened(rendered).trailer["/Root"]


def resources(page: pypdf.PageObject) -> Any:
    """What a page uses."""
    return page["/Resources"]


@lru_cache(maxsize=len(DOCUMENTS))
def opened(rendered: pdf.Rendered) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(rendered.content))


@lru_cache(maxsize=len(DOCUMENTS))
def text_of(rendered: pdf.Rendered) -> list[str]:
    """The text of each page."""
    return [page.extract_text() for page in opened(rendered).pages]


def letters(text: str) -> str:
    """Letters and digits alone: spaces are guessed from places when a PDF is read, and brackets turned with the line."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text))


def arabic_words(text: str) -> list[str]:
    return ARABIC_WORD.findall(unicodedata.normalize("NFKC", text))


def document(body: str, language: str = "ar") -> str:
    side = languages.direction(language)
    return f'<!doctype html><html lang="{language}" dir="{side}"><title>x</title><body><section>{body}</section></body></html>'


# The demonstration's six documents


@pytest.fixture(scope="module")
def demonstration(django_db_setup, django_db_blocker, tmp_path_factory) -> dict:
    """The snapshot of the demonstration's latest ended period; the database is left as it was."""
    with django_db_blocker.unblock(), standing_on(DAY, tmp_path_factory.mktemp("media")) as protocol:
        taken = snapshots.datetime.datetime(2026, 7, 6, 7, tzinfo=snapshots.datetime.UTC)
        return snapshots.read(canonical.text(snapshots.collect(protocol, Period.parse("2026-S1"), taken)))


@pytest.fixture(scope="module")
def layouts() -> dict[str, Any]:
    """The layout of every document that was written, by name."""
    return {}


@pytest.fixture(scope="module")
def written(demonstration, layouts):
    """A function that writes one of the six documents, each at most once in the module, and keeps its layout."""
    lay_out = pdf.HTML.render

    @cache
    def write(name: str) -> pdf.Rendered:
        def kept(html: Any, **options: Any) -> Any:
            layouts[name] = lay_out(html, **options)
            return layouts[name]

        reader = DOCUMENTS[name]
        page = render.html(demonstration, reader=reader, digest=DIGEST, address=ADDRESS)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pdf.HTML, "render", kept)
            return pdf.write(page, language=reader.language)

    return write


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_one_minute_page_is_one_page_and_the_contents_follow(written, name):
    contents = {"ar": "المحتويات", "fr": "Table des matières", "nl": "Inhoud"}[DOCUMENTS[name].language]
    outline = [entry for entry in opened(written(name)).outline if not isinstance(entry, list)]
    reader = opened(written(name))
    pages = [reader.get_destination_page_number(entry) for entry in reader.outline if not isinstance(entry, list)]
    assert str(outline[2].title) == contents
    assert pages[:3] == [0, 1, 2]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_all_six_documents_have_much_the_same_number_of_pages(written, name):
    assert written(name).pages == len(opened(written(name)).pages)
    assert 18 <= written(name).pages <= 22


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_project_title_can_be_read_back(written, demonstration, name):
    language = DOCUMENTS[name].language
    whole = letters("".join(text_of(written(name))))
    for one in demonstration["projects"]:
        assert letters(one["title"][language]) in whole


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_page_but_the_cover_bears_the_report_the_snapshot_and_its_number(written, name):
    for number, page in enumerate(text_of(written(name))[1:], 2):
        assert "2026-S1" in page
        assert DIGEST[:12] in page
        assert re.search(rf"(?<!\d){number}(?!\d)", page)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_last_page_prints_the_end_of_the_register_and_leads_to_the_reports_page(written, demonstration, name):
    last = opened(written(name)).pages[-1]
    head = demonstration["register"]
    assert head["sequence"] > 0
    assert head["hash"] in letters(last.extract_text())
    links = [note.get_object()["/A"]["/URI"] for note in last.get("/Annots", ()) if "/URI" in note.get_object()["/A"]]
    assert ADDRESS in links


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_decision_of_the_period_can_be_read_back(written, demonstration, name):
    whole = letters("".join(text_of(written(name))))
    assert len(demonstration["decisions"]) > 3
    for one in demonstration["decisions"]:
        assert letters(one["number"]) in whole
        assert letters(one["title"][DOCUMENTS[name].language]) in whole


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_face_of_the_system_is_used(written, name):
    faces = set()
    for page in opened(written(name)).pages:
        faces |= {font["/BaseFont"].partition("+")[2] for font in resources(page)["/Font"].values()}
    assert faces <= {"Report-Text", "Report-Text-Semi-Bold", "Report-Display-Bold"}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_tagged_titled_and_has_its_language(written, demonstration, name):
    language, reader, root = DOCUMENTS[name].language, opened(written(name)), catalogue(written(name))
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == language
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.title.endswith(demonstration["protocol"]["title"][language])
    assert {"/H1", "/H2", "/Table", "/TH", "/Figure", "/Link"} <= set(structure(root["/StructTreeRoot"]))


def structure(node) -> Iterator[str]:
    """The kinds of every element of a PDF's structure."""
    node = node.get_object()
    if isinstance(node, list):
        for one in node:
            yield from structure(one)
    elif isinstance(node, dict):
        if "/S" in node:
            yield str(node["/S"])
        if "/K" in node:
            yield from structure(node["/K"])


def test_every_picture_in_the_structure_has_its_words(written):
    root = catalogue(written("council of Belfaa, Arabic"))["/StructTreeRoot"]
    figures = list(elements(root, "/Figure"))
    assert len(figures) > 40
    assert all(figure["/Alt"] for figure in figures)


def elements(node, kind: str) -> Iterator[dict]:
    node = node.get_object()
    if isinstance(node, list):
        for one in node:
            yield from elements(one, kind)
    elif isinstance(node, dict):
        if node.get("/S") == kind:
            yield node
        if "/K" in node:
            yield from elements(node["/K"], kind)


def test_the_projects_are_bookmarks_under_their_section(written, demonstration):
    outline = opened(written("council of Jette, French")).outline
    [nested] = [entry for entry in outline if isinstance(entry, list)]
    assert [str(entry.title) for entry in nested] == [one["title"]["fr"] for one in demonstration["projects"]]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_nothing_of_the_layout_lies_outside_the_page(written, layouts, name):
    written(name)
    assert outside(layouts[name]) == []


def outside(layout: Any, allowed: float = 0.4) -> list[str]:
    """The texts that reach beyond the margins by more than is allowed (CSS pixels; 0.4 is a tenth of a millimetre)."""
    found = []
    for sheet in layout.pages[1:]:
        left = sheet._page_box.content_box_x() - allowed
        right = left + sheet._page_box.width + 2 * allowed
        for box in every_box(sheet._page_box):
            if isinstance(box, boxes.TextBox) and box.text.strip():
                inside = left <= box.position_x and box.position_x + box.width <= right
                found += [] if inside else [box.text]
    return found


def laid_out(page: str, language: str):
    sheets = pdf.stylesheets(languages.direction(language))
    made = HTML(string=page, url_fetcher=pdf.OwnFilesOnly())
    return made.render(stylesheets=sheets, font_config=pdf.font_configuration())


def every_box(box) -> Iterator:
    yield box
    for child in getattr(box, "children", ()):
        yield from every_box(child)


# Arabic that can be read back (docs/adr/0001-arabic-face-in-pdf.md)


def clause_texts() -> list[str]:
    clauses = json.loads(BELFAA_JETTE.read_text("utf-8"))["clauses"]
    return [clause["text"]["ar"] for clause in clauses]


def test_every_arabic_word_of_the_protocol_comes_back_in_order():
    clauses = clause_texts()
    body = "".join(f"<p>{isolated(clause, 'rtl')}</p>" for clause in clauses)
    found = arabic_words("\n".join(text_of(pdf.write(document(body), language="ar"))))
    assert len(clauses) == 44
    assert len(found) == 545
    assert found == arabic_words("\n".join(clauses))


@pytest.mark.parametrize("words", ["صُرفت المبالغ عن بُعد", "بُعد المسافة وصُرف الباقي", "قد عُدِّل المشروع وأُنجز"])
def test_vowel_signs_come_back_whatever_stood_before(words):
    [page] = text_of(pdf.write(document(f"<p>{words}</p>"), language="ar"))
    assert [sorted(word) for word in arabic_words(page)] == [sorted(word) for word in arabic_words(words)]


@pytest.mark.parametrize("pair", ["في", "بين", "لا", "إلى", "شريك", "الآن", "لأن", "خبرة", "التثمين"])
def test_a_pair_drawn_as_one_comes_back_letter_by_letter(pair):
    [page] = text_of(pdf.write(document(f"<p>{pair}</p>"), language="ar"))
    assert letters(page) == pair


@pytest.mark.parametrize("name", ["text-400.ttf", "text-600.ttf"])
def test_taking_pairs_apart_moves_nothing(name):
    assert measures(name, fonts.face(name).content) == measures(name, fonts.FACES[name].read_bytes())


def measures(name: str, content: bytes) -> list[float]:
    """The width of every line of the protocol in a face."""

    class OneFace(pdf.OwnFilesOnly):
        def fetch(self, url, headers=None):
            return pdf.URLFetcherResponse(url, content, {"Content-Type": "font/ttf"})

    configuration = pdf.FontConfiguration()
    rules = '@font-face { font-family: F; src: url("face:x") } body { font: 11pt F }'
    sheet = pdf.CSS(string=rules, url_fetcher=OneFace(), font_config=configuration)
    page = document("".join(f"<p>{clause}</p>" for clause in clause_texts()))
    made = HTML(string=page).render(stylesheets=[sheet], font_config=configuration)
    lines = [box for sheet in made.pages for box in every_box(sheet._page_box) if isinstance(box, boxes.TextBox)]
    return [round(line.width, 3) for line in lines]


def test_figures_in_an_arabic_line_come_back_as_they_are_read():
    words = isolated("صُرف 109.350 أورو من 185.000 في 2022–2026 ضمن DEMO-01", "rtl")
    [page] = text_of(pdf.write(document(f"<p>{words}</p>"), language="ar"))
    assert re.findall(r"[0-9A-Z][0-9A-Z.–-]*", page) == ["109.350", "185.000", "2022–2026", "DEMO-01"]


# The same bytes


def test_the_same_document_gives_the_same_bytes_whatever_was_written_in_between():
    first = report(language="ar").content
    report(language="nl")
    report(nothing(), language="ar")
    assert report(language="ar").content == first


def test_another_process_with_another_hash_seed_and_time_zone_gives_the_same_bytes(tmp_path: Path):
    page = render.html(snapshot(), reader=Reader("ar", 1), digest=DIGEST)
    (tmp_path / "page.html").write_text(page, "utf-8")
    here = hashlib.sha256(pdf.write(page, language="ar").content).hexdigest()
    program = (
        "import django, hashlib, pathlib, sys; django.setup()\n"
        "from transparency.reports import pdf\n"
        "page = pathlib.Path(sys.argv[1]).read_text('utf-8')\n"
        "print(hashlib.sha256(pdf.write(page, language='ar').content).hexdigest())"
    )
    settings = {"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONHASHSEED": "4711", "TZ": "Africa/Casablanca"}
    command = [sys.executable, "-c", program, str(tmp_path / "page.html")]
    there = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **settings}, capture_output=True, text=True, check=True
    )
    assert there.stdout.strip() == here


def test_no_date_is_written():
    reader = opened(report())
    assert reader.metadata.creation_date is None
    assert reader.metadata.modification_date is None


def test_the_stylesheets_are_read_once():
    assert pdf.stylesheets("rtl") is pdf.stylesheets("rtl")
    assert pdf.font_configuration() is pdf.font_configuration()


# Nothing is fetched


HOSTILE = [
    '<img src="http://127.0.0.1:9/x.png">',
    '<img src="https://example.org/x.png">',
    '<img src="//example.org/x.png">',
    '<img src="file:///etc/passwd">',
    '<img src="FILE:///etc/passwd">',
    '<img src="static:../config/settings.py">',
    '<img src="static:/etc/passwd">',
    '<img src="static:css/../../manage.py">',
    '<img src="face:text-400.ttf">',
    '<img src="data:image/svg+xml,<svg xmlns=%22http://www.w3.org/2000/svg%22/>">',
    '<img src="ftp://127.0.0.1/x">',
    '<object data="file:///etc/passwd"></object>',
    '<embed src="file:///etc/passwd">',
    '<link rel="stylesheet" href="file:///etc/passwd">',
    '<link rel="attachment" href="file:///etc/passwd">',
    '<a rel="attachment" href="file:///etc/passwd">x</a>',
    '<style>@import url("http://127.0.0.1:9/x.css")</style>',
    '<style>@import "file:///etc/passwd";</style>',
    '<style>p { background: url("http://127.0.0.1:9/x.png") }</style>',
    '<style>@font-face { font-family: X; src: url("file:///etc/passwd") } p { font-family: X }</style>',
    '<style>@font-face { font-family: "Report Text"; src: local("DejaVu Sans") }</style>',
    '<svg width="9" height="9"><image href="file:///etc/passwd" width="9" height="9" /></svg>',
    '<svg width="9" height="9"><use href="http://127.0.0.1:9/x.svg#a" /></svg>',
    '<base href="file:///etc/"><img src="passwd">',
    '<p style="background: url(file:///etc/passwd)">x</p>',
]


@pytest.mark.parametrize("markup", HOSTILE)
def test_hostile_markup_fetches_nothing_and_the_page_is_made(monkeypatch, markup):
    fetched = []
    kept = pdf.OwnFilesOnly.fetch

    def fetch(self, url, headers=None):
        answer = kept(self, url, headers)
        fetched.append(url)
        return answer

    monkeypatch.setattr(pdf.OwnFilesOnly, "fetch", fetch)
    monkeypatch.setattr("urllib.request.OpenerDirector.open", lambda *_: pytest.fail("something was opened"))
    rendered = pdf.write(document(f"<p>avant</p>{markup}<p>après</p>", "fr"), language="fr")
    assert fetched == []
    assert rendered.pages == 1
    assert "après" in text_of(rendered)[0]
    assert b"root:" not in rendered.content
    assert "/EmbeddedFiles" not in str(catalogue(rendered))


def test_a_static_file_of_ours_is_served():
    assert pdf.OwnFilesOnly().fetch("static:css/report.css").read().startswith(b"/* The PDF reports")


@pytest.mark.parametrize("url", ["face:text-400.ttf", "static:css/absent.css", "static:", "http://localhost/", "x"])
def test_anything_else_is_refused(url):
    with pytest.raises(pdf.Refused):
        pdf.OwnFilesOnly().fetch(url)


# Odd data makes a page all the same


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_programme_that_has_just_begun_has_its_pdf(language):
    assert "2026-S1" in text_of(report(nothing(), language=language))[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_word_of_four_hundred_letters_is_broken_and_not_cut(language):
    word = {"ar": "ب", "fr": "m", "nl": "m"}[language] * 400
    long = project(
        title=dict.fromkeys(LANGUAGES, word),
        summary=dict.fromkeys(LANGUAGES, word),
        involvements=[involvement(1, word), involvement(2, "Jette")],
        indicators=[indicator(title=dict.fromkeys(LANGUAGES, word))],
        activities=[activity(title=dict.fromkeys(LANGUAGES, word), happened=dict.fromkeys(LANGUAGES, word))],
    )
    page = render.html(snapshot(long), reader=Reader(language, 1), digest=DIGEST)
    # An Arabic letter at the end of a line is wider than within a word, which is found out only after the word was broken.
    assert [text for text in outside(laid_out(page, language), allowed=8) if text[:1] == word[0]] == []


def test_a_project_longer_than_a_page_goes_on_on_the_next():
    many = project(involvements=[involvement(1, "Belfaa")] + [involvement(None, f"Org{i:03}") for i in range(160)])
    whole = "".join(text_of(report(snapshot(many))))
    assert all(f"Tâche-Org{i:03}" in whole for i in range(160))


def test_an_arabic_quotation_in_french_comes_back_in_its_own_order():
    data = snapshot(project(summary=texts("Selon l’acte, « شراكة مسؤولة » signifie")))
    assert "شراكة مسؤولة" in " ".join("".join(text_of(report(data))).split())


def test_a_provisional_report_says_so_on_every_page():
    pages = text_of(report(provisional=True))
    assert all("Provisoire" in page for page in pages)
    assert not any("Provisoire" in page for page in text_of(report()))


@pytest.mark.parametrize(
    ("projects", "lines"),
    [
        pytest.param(50, 1, marks=pytest.mark.long),
        pytest.param(30, 5, marks=pytest.mark.long),
        pytest.param(12, 9, marks=pytest.mark.long),
        pytest.param(3, 60, marks=pytest.mark.long),
        (6, 9),
        (2, 45),
    ],
)
def test_however_the_lines_fall_the_report_is_made(projects, lines):
    one = snapshot()["projects"][0]
    bare = {"activities": [], "involvements": [], "lines": one["lines"] * lines}
    data = snapshot(*[project(f"P-{i:02}", **bare) for i in range(projects)])
    whole = "".join(text_of(report(data)))
    assert letters(whole).count("Ligneenfrançais") == projects * lines


def test_the_head_of_the_budget_is_repeated_and_no_rows_stand_alone():
    data = snapshot(*[project(f"P-{i:02}", lines=[snapshot()["projects"][0]["lines"][0]] * 5) for i in range(16)])
    pages = [page for page in text_of(report(data)) if "Ligneenfrançais" in letters(page)]
    assert len(pages) > 2
    assert all("Dépensé" in page for page in pages)
    assert all(letters(page).count("Ligneenfrançais") >= 3 for page in pages)
