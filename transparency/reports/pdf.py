"""HTML to a tagged PDF. The same HTML gives the same bytes: no date, no random name, no font of the system [I13]."""

from __future__ import annotations

import gc
import mimetypes
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pydyf
from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation
from PIL import ImageFile
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from partnership.languages import direction
from transparency.reports import colours, fonts

# WeasyPrint makes Pillow accept pictures that were cut short, in the whole process; an upload like that is refused.
ImageFile.LOAD_TRUNCATED_IMAGES = False

FACE_OF = {b"Report-Text": "text-400.ttf", b"Report-Text-Semi-Bold": "text-600.ttf"}  # by the name a PDF knows it under
_GLYPH = re.compile(rb"^<([0-9a-f]{4})> <[0-9a-f]*>$")
VARIANT = "pdf/ua-1"  # tagged, titled, with a language: what a screen reader needs
_one_at_a_time = threading.Lock()  # the font configuration is shared, and Pango's is not made for two threads


class Refused(ValueError):
    """An address that a report may not fetch."""


@dataclass(frozen=True)
class Rendered:
    """A PDF: its bytes and the number of its pages."""

    content: bytes
    pages: int


class OwnFilesOnly(URLFetcher):  # type: ignore[misc]  # WeasyPrint ships no types
    """Serves `static:css/report.css`, a static file of ours, and, to our own stylesheet alone, `face:text-400.ttf`.

    Every other address raises Refused, whatever its scheme; WeasyPrint then logs it and goes on without the picture or sheet.
    Nothing is ever fetched over a network, so there is no redirect to follow.
    """

    def __init__(self, *, faces: bool = False) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False)
        self.faces = faces

    def fetch(self, url: str, headers: Any = None) -> Any:
        """The file behind an address of ours. Raises Refused."""
        scheme, _, name = url.partition(":")
        if scheme == "face" and self.faces and name in fonts.FACES:
            return URLFetcherResponse(url, fonts.face(name).content, {"Content-Type": "font/ttf"})
        if scheme == "static":
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            return URLFetcherResponse(url, static_file(name).read_bytes(), {"Content-Type": kind})
        raise Refused(f"A report fetches only files of its own, not {url}")


def static_file(name: str) -> Path:
    """The source of a static file by its name, for instance css/report.css. Raises Refused, also for a path that leads outside."""
    try:
        found = finders.find(name)
    except SuspiciousFileOperation:
        found = None
    if not isinstance(found, str) or not Path(found).is_file():
        raise Refused(f"There is no static file {name}")
    return Path(found)


def write(html: str, *, language: str) -> Rendered:
    """The document as a tagged PDF with bookmarks and title. `language` (ar, fr, nl) decides the side headers and footers stand on."""
    with _one_at_a_time, collecting_rarely():
        return _written(html, stylesheets(direction(language)))


def _written(html: str, sheets: list[Any]) -> Rendered:
    document = HTML(string=html, url_fetcher=OwnFilesOnly()).render(
        stylesheets=sheets, font_config=font_configuration(), pdf_variant=VARIANT
    )
    content: bytes = document.write_pdf(finisher=name_each_letter, pdf_variant=VARIANT)
    return Rendered(content=content, pages=len(document.pages))


def name_each_letter(_document: Any, pdf: Any) -> None:
    """Corrects what the PDF says its Arabic glyphs stand for.

    WeasyPrint takes it from the first text a glyph occurs in, where a vowel sign counts as the whole syllable it stands on: "بُعد"
    could be copied as "بصُرعد" after "صُرف".
    """
    for font in pdf.objects:
        name = font.get("BaseFont", b"").partition(b"+")[2] if isinstance(font, pydyf.Dictionary) else b""
        if name in FACE_OF and "ToUnicode" in font:
            table = pdf.objects[int(font["ToUnicode"].split()[0])]
            letters = fonts.face(FACE_OF[name]).letters
            table.stream = [_named(line, letters) for line in table.stream]


def _named(line: bytes, letters: Mapping[int, str]) -> bytes:
    """A line of the table as it should be. Those that matter read "glyph, its text", both hexadecimal."""
    match = _GLYPH.match(line)
    text = letters.get(int(match[1], 16)) if match else None
    return line if match is None or text is None else b"<%s> <%s>" % (match[1], text.encode("utf-16-be").hex().encode())


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Looks for garbage less often: a layout makes a great many small objects that all live until it is written."""
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.collect()  # else a worker keeps the last document's memory beside the next one's


@cache
def font_configuration() -> Any:
    """The one font configuration of this process."""
    return FontConfiguration()


@cache
def stylesheets(side: str) -> list[Any]:
    """The parsed sheets for a direction (`ltr`, `rtl`), once for each process."""
    names = ("css/report.css", f"css/report-{side}.css")
    return [_sheet(text) for text in (colours.as_css(), *(static_file(name).read_text("utf-8") for name in names))]


def _sheet(text: str) -> Any:
    return CSS(string=text, url_fetcher=OwnFilesOnly(faces=True), font_config=font_configuration())
