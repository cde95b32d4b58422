"""Every public page in every language: whole, with the act letter by letter, few queries, few bytes."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from partnership.models import Clause, Protocol
from partnership.protocol_file import BELFAA_JETTE
from tests.factories import ProtocolFactory
from tests.pages import LANGUAGES, Page, compressed_size, get, leftovers
from tests.reports import released_report
from tests.retelling import standing_on

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("second_host")]
PATHS = [
    *("", "protocol/", "action-plan/", "consultations/", "consultations/CONS-01/", "projects/", "projects/DEMO-02/"),
    *("partners/", "register/", "reports/"),
]
TODAY = datetime.date(2026, 11, 24)


@pytest.fixture(scope="module")
def told(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[tuple[Protocol, Path]]:
    """The demonstration with a released report, for every test here, and the folder of its files."""
    folder = tmp_path_factory.mktemp("media")
    with django_db_blocker.unblock(), standing_on(TODAY, folder) as protocol:
        released_report(protocol)
        yield protocol, folder


@pytest.fixture
def demonstration(told, settings) -> Protocol:
    """Its protocol; a test undoes what it does."""
    protocol, settings.MEDIA_ROOT = told
    protocol.refresh_from_db()
    return protocol


# Whole in every language


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_says_its_language_and_direction_and_leaves_no_placeholder(client: Client, demonstration, language):
    for path in PATHS:
        page = get(client, f"/{language}/{path}")
        assert page.root == {"lang": language, "dir": LANGUAGES[language]}
        assert leftovers(page) == []
        assert len(page.headings) == 1
        assert page.headings[0].strip()
        assert len(page.ids) == len(set(page.ids)), path


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_language_switch_stays_on_the_page_and_its_filters(client: Client, demonstration, language):
    for path in [*PATHS, "projects/?domain=DOM-SA&sort=start"]:
        page = get(client, f"/{language}/{path}")
        assert page.switch == {code: f"/{code}/{path}" for code in LANGUAGES}


def test_every_page_names_its_other_languages_and_its_own_address(client: Client, demonstration):
    page = get(client, "/fr/projects/DEMO-02/")
    alternates = {link["hreflang"]: link["href"] for link in page.rel("alternate")}
    assert alternates == {code: f"http://testserver/{code}/projects/DEMO-02/" for code in LANGUAGES}
    assert [link["href"] for link in page.rel("canonical")] == ["http://testserver/fr/projects/DEMO-02/"]


def test_no_page_asks_anyone_else_for_anything_or_sets_a_cookie(client: Client, demonstration):
    for path in PATHS:
        answer = client.get(f"/fr/{path}")
        outside = re.findall(r'(?:src|href)="(https?://(?!testserver)[^"]+)"', answer.content.decode())
        assert outside == []
        assert answer.cookies == {}
        assert " style=" not in answer.content.decode()
        assert "<script" not in answer.content.decode()


def test_the_home_page_puts_each_language_own_commune_and_currency_first(client: Client, demonstration):
    arabic, french = get(client, "/ar/"), get(client, "/fr/")
    assert arabic.words.index("جماعة بلفاع") < arabic.words.index("جماعة جييت")
    assert french.words.index("Commune de Jette") < french.words.index("Commune de Belfaa")
    assert client.get("/ar/").context["currencies"] == ("MAD", "EUR")
    assert client.get("/fr/").context["currencies"] == ("EUR", "MAD")


def test_what_is_not_recorded_yet_has_no_page_and_no_link(client: Client, demonstration):
    page = get(client, "/fr/")
    unknown = ("questions", "evaluations", "lessons", "open-data", "follow", "search")
    assert not [link for link in page.links if any(word in link for word in unknown)]


def test_only_a_demonstration_is_marked_as_one(client: Client, demonstration):
    ProtocolFactory(hostname="second.example")
    assert "demonstration" in get(client, "/fr/").source
    assert "demonstration" not in get(client, "/fr/", host="second.example").source


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_link_inside_the_site_leads_somewhere(client: Client, demonstration, language):
    seen: dict[str, Page] = {}
    ahead = [f"/{language}/"]
    while ahead:
        address = ahead.pop()
        page = seen[address] = get(client, address)
        for link in page.links:
            path, _, fragment = link.partition("#")
            target = path or address
            is_page = target.startswith(f"/{language}/") and "?" not in target and not target.endswith(".pdf")
            if is_page and target not in seen and target not in ahead:
                ahead.append(target)
            if fragment and target in seen:
                assert fragment in seen[target].ids, link
    assert len(seen) >= len(PATHS) + 8


# The protocol


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_clause_stands_with_its_number_and_the_act_letter_by_letter(client: Client, demonstration, language):
    page = get(client, f"/{language}/protocol/")
    clauses = Clause.objects.filter(protocol=demonstration)
    assert clauses.count() == 44
    assert {clause.number for clause in clauses} <= set(page.ids)
    answer = client.get(f"/{language}/protocol/").content.decode()
    inside = re.search(r'<div lang="ar" dir="rtl">(.*?)</div>', answer, re.DOTALL)
    assert inside
    assert inside[1] == (Path(BELFAA_JETTE).parent / "source-ar.txt").read_text(encoding="utf-8")


def test_only_a_translation_is_called_one(client: Client, demonstration):
    assert "Arab" in Page(client.get("/nl/protocol/")).words
    assert client.get("/fr/protocol/").context["is_courtesy"]
    assert not client.get("/ar/protocol/").context["is_courtesy"]


def test_principles_objectives_and_domains_lead_to_their_projects(client: Client, demonstration):
    links = get(client, "/fr/protocol/").links
    for address in ("?principle=PRI-1", "?objective=OBJ-2", "?domain=DOM-HD"):
        assert f"/fr/projects/{address}" in links


# Size


def test_no_page_weighs_more_than_60_kilobytes(client: Client, demonstration):
    sizes = {f"{code}/{path}": compressed_size(client.get(f"/{code}/{path}")) for code in LANGUAGES for path in PATHS}
    assert max(sizes.values()) < 30_000, sizes  # half of what is allowed: a demonstration is small
