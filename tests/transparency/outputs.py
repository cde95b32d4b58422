"""What anyone can fetch: every address of the site, the pages and files that answer there, and what they link to."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any, NamedTuple

import pypdf
from django.apps import apps
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import translation

from tests.pages import LANGUAGES
from tests.test_rights import addresses

LINK = re.compile(r'(?:href|src|action)="(/[^"#]*)')
MOST = 1500


class Output(NamedTuple):
    """What answered at an address: its status, and all of it as text."""

    address: str
    status: int
    words: str


def addresses_of(here: Any) -> Iterator[str]:
    """Every address of the site in each language, for every record it can name, also those that the public may not see."""
    entries = [{"sequence": entry.sequence} for entry in here.register.all()]
    given: dict[str, list[dict[str, Any]]] = {
        "project": [{"code": code} for code in _keys("projects.Project", "code")],
        "consultation": [{"code": code} for code in _keys("projects.Consultation", "code")],
        "document": [{"document_id": key} for key in _keys("partnership.Document")],
        "report": [{"report_id": key} for key in _keys("transparency.Report")],
        "report-document": [{"report_id": key, "document_language": "fr"} for key in _keys("transparency.Report")],
        "register-entry": entries,
        "register-entry-json": entries,
        "register-statement": entries,
        "register-decision": [{"number": number} for number in here.decisions.values_list("number", flat=True)],
        "link": [{"written": "UNKNOWN"}],
    }
    for name in sorted(set(addresses())):
        for values in given.get(name, [{}]):
            for language in LANGUAGES:
                with translation.override(language):
                    try:
                        yield reverse(name, kwargs=values)
                    except NoReverseMatch:  # names a record of the staff pages, which answer no one at the door
                        break


def _keys(label: str, column: str = "pk") -> list[Any]:
    return list(apps.get_model(label)._base_manager.values_list(column, flat=True))


def anyone() -> Client:
    """A browser in which nobody is signed in."""
    return Client(headers={"host": "here.example"}, raise_request_exception=False)


def everything_of(response: Any) -> str:
    """Status, headers and body of an answer; the words of a PDF too."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    heads = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
    words = body.decode(errors="replace")
    if body.startswith(b"%PDF") and len(body) > 100:
        words += words_of_pdf(body)
    return f"{response.status_code}\n{heads}\n{words}\n{unescape(words)}"


def words_of_pdf(content: bytes) -> str:
    """What a person reads in a PDF."""
    return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def public_outputs(browser: Client, beginning: Iterable[str], *, further: bool = True) -> Iterator[Output]:
    """What answers at these addresses and, unless told otherwise, at those that it links to; the staff pages apart."""
    waiting, seen = list(beginning), set()
    while waiting:
        address = waiting.pop()
        if address in seen or address.startswith("/static/") or "/admin/" in address:
            continue
        seen.add(address)
        response = browser.get(address)
        output = Output(address, response.status_code, everything_of(response))
        if further and output.status == 200 and len(seen) < MOST:
            waiting += [unescape(link) for link in LINK.findall(output.words)]
        yield output
