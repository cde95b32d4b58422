"""Every link of the public and the staff side leads somewhere, in every language, over the whole demonstration.

The long run opens every kind of page in every language; the quick one opens every kind once, in one language after another.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client, override_settings
from pytest_django import Settings

from partnership.languages import direction
from partnership.models import User
from tests.reports import undrawn
from transparency.models import ReportSeries
from transparency.reports import making, pdf

pytestmark = pytest.mark.django_db

LEFT_OUT = re.compile(r"logout|/delete/|/jsi18n/")
NUMBER = re.compile(r"\b(\d+|[0-9a-f]{8}-[0-9a-f-]{27}|DEMO-\d\d(-0)?)\b")


@pytest.fixture(scope="module")
def told(django_db_setup, django_db_blocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The demonstration with one report of each series, without its documents; the folder of its files."""
    folder = tmp_path_factory.mktemp("media")
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=folder, DEMO=True), transaction.atomic():
        call_command("load_demo", verbosity=0)
        for series in ReportSeries.objects.select_related("protocol", "party"):
            making.make_due(series)
        yield folder
        transaction.set_rollback(True)


@pytest.fixture
def demonstration(told: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demonstration, which nobody changes; of its documents it matters only that they are there."""
    settings.DEMO, settings.MEDIA_ROOT = True, told
    monkeypatch.setattr(pdf, "write", undrawn)


def links(page: str, language: str) -> Iterator[str]:
    """Where a page leads in its own language, without that language's name."""
    for address in re.findall(r'href="(/[^"#]*)', page):
        if address.startswith(f"/{language}/") and not LEFT_OUT.search(address):
            yield html.unescape(address).removeprefix(f"/{language}")


def walk(client: Client, *languages: str) -> dict[str, tuple[str, str]]:
    """Pages by address, each with its language: each kind of address once, its filters aside, and what is no page left out.

    From each, whatever its language, one goes on to the next language.
    """
    waiting = ["/", "/admin/"]
    kinds: set[str] = set()
    pages: dict[str, tuple[str, str]] = {}
    while waiting:
        place = waiting.pop(0)
        kind = NUMBER.sub("N", place.partition("?")[0])
        if kind in kinds or place.endswith(".pdf"):
            continue
        language = languages[len(kinds) % len(languages)]
        kinds.add(kind)
        address = f"/{language}{place}"
        answer = client.get(address, follow=True)
        assert answer.status_code == 200, address
        if answer["Content-Type"].startswith("text/html"):
            pages[address] = language, answer.content.decode()
            waiting += links(pages[address][1], language)
    return pages


@pytest.mark.parametrize(
    "languages",
    [
        pytest.param(("ar", "fr", "nl"), id="by turns"),
        *(pytest.param((code,), marks=pytest.mark.long, id=code) for code in ("ar", "fr", "nl")),
    ],
)
def test_every_link_leads_to_a_page_in_its_language(client: Client, demonstration, languages: tuple[str, ...]):
    client.force_login(User.objects.get(email="coordination@belfaa.example"))
    pages = walk(client, *languages)
    assert len(pages) > 60
    for address, (language, page) in pages.items():
        assert f'lang="{language}" dir="{direction(language)}"' in page, address
        assert not re.search(r"%\(\w+\)|\{\{|\{%", page), address
