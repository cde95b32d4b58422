"""Reading an answer as a person would: its words, links, headings and the attributes of its root."""

from __future__ import annotations

import gzip
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import Client

LANGUAGES = {"ar": "rtl", "fr": "ltr", "nl": "ltr"}
SILENT = {"script", "style", "svg", "title"}


class Page(HTMLParser):
    """A parsed page. `words` is its visible text with single spaces; `links` maps addresses to the text of the last link
    there, `switch` languages to addresses."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.source = answer.content.decode()
        self.root: dict[str, str | None] = {}
        self.head: list[tuple[str, dict[str, str | None]]] = []
        self.links: dict[str, str] = {}
        self.switch: dict[str, str] = {}
        self.headings: list[str] = []
        self.ids: list[str] = []
        self._text: list[str] = []
        self._open: list[str] = []
        self._link: str | None = None
        self.feed(self.source)
        self.words = " ".join(" ".join(self._text).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "html":
            self.root = values
        if tag in {"link", "meta"}:
            self.head.append((tag, values))
        if tag == "h1":
            self.headings.append("")
        if tag == "a":
            self._link = values.get("href") or ""
            self.links[self._link] = ""
            if values.get("hreflang") and not values.get("type"):
                self.switch[str(values["hreflang"])] = self._link
        if values.get("id"):
            self.ids.append(str(values["id"]))
        if tag in {*SILENT, "h1"}:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._link = None
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if any(tag in SILENT for tag in self._open):
            return
        self._text.append(data)
        if "h1" in self._open:
            self.headings[-1] += data
        if self._link is not None:
            self.links[self._link] = (self.links[self._link] + " " + data).strip()

    def rel(self, relation: str) -> list[dict[str, str | None]]:
        """The link elements of the head with this relation."""
        return [values for tag, values in self.head if tag == "link" and values.get("rel") == relation]


def leftovers(page: Page) -> list[str]:
    """What no reader should see: placeholders that nobody filled, template tags, Python's None."""
    return re.findall(r"%\(\w+\)[sd]|\{\{|\{%|\bNone\b", page.source)


def compressed_size(answer: Any) -> int:
    """Bytes of the page and of the style sheets that it names, each compressed as it is served; fonts apart."""
    named = [str(link["href"]) for link in Page(answer).rel("stylesheet")]
    files = [name.removeprefix(settings.STATIC_URL) for name in named if name.startswith(settings.STATIC_URL)]
    assert "css/site.css" in files
    sheets = [Path(settings.BASE_DIR, "static", name).read_bytes() for name in files]
    return sum(len(gzip.compress(part, 6)) for part in [answer.content, *sheets])


def get(client: Client, address: str, status: int = 200, **headers: str) -> Page:
    """The page at an address, which must answer with the status."""
    answer = client.get(address, headers=headers)
    assert answer.status_code == status, address
    return Page(answer)
