"""Every public page in every language: whole, with the act letter by letter, few queries, few bytes."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest
from django.conf import settings as project_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from partnership.models import Clause, Protocol
from partnership.protocol_file import BELFAA_JETTE
from tests.factories import DomainFactory, ObjectiveFactory, OrganisationFactory, ProtocolFactory
from tests.factories_programme import (
    ActionPlanFactory,
    ActivityFactory,
    BudgetLineFactory,
    ExchangeRateFactory,
    IndicatorFactory,
    InvolvementFactory,
    MeasurementFactory,
    ProjectFactory,
    TransactionFactory,
)
from tests.pages import LANGUAGES, Page, compressed_size, get, leftovers
from tests.reports import released_report
from tests.retelling import retold_on

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("second_host")]
PATHS = ["", "protocol/", "action-plan/", "projects/", "projects/DEMO-02/", "partners/", "register/", "reports/"]
TODAY = datetime.date(2026, 11, 24)


@pytest.fixture
def demonstration():
    protocol = retold_on(TODAY)
    released_report(protocol)
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


# The joint colour


def test_the_joint_colour_the_communes_choose_is_a_style_sheet_of_our_own(client: Client):
    protocol = ProtocolFactory()
    assert "joint-colour" not in get(client, "/fr/").source
    protocol.joint_colour = "#335577"
    protocol.save()
    assert "/fr/joint-colour.css" in get(client, "/fr/").source
    answer = client.get("/fr/joint-colour.css")
    assert answer["Content-Type"] == "text/css"
    assert "--joint: #335577" in answer.content.decode()


def tokens() -> dict[str, dict[str, str]]:
    """The colours of each theme by name; `chosen` is the dark that a reader set against the system."""
    sheet = Path(project_settings.BASE_DIR, "static", "css", "tokens.css").read_text(encoding="utf-8")
    starts = {
        "light": r":root",
        "dark": r":root:not\(\[data-theme=\"light\"\]\)",
        "chosen": r":root\[data-theme=\"dark\"\]",
    }
    blocks = {name: re.search(rf"{start} \{{(.*?)\}}", sheet, re.DOTALL) for name, start in starts.items()}
    return {name: dict(re.findall(r"(--[\w-]+): (#\w{6});", block[1])) for name, block in blocks.items() if block}


def contrast(one: str, other: str) -> float:
    """The contrast of two colours by WCAG 2.2, from 1 to 21."""

    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_both_ways_into_the_dark_give_the_same_colours():
    themes = tokens()
    assert len(themes["dark"]) > 20
    assert themes["dark"] == themes["chosen"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_shapes_stand_out_from_what_they_stand_on(theme):
    colour = tokens()[theme]
    text = [(name, ground) for name in ("ink", "ink-2", "joint-ink") for ground in ("paper", "surface", "sunk")]
    text += [("square-ink", "square-wash"), ("diamond-ink", "diamond-wash"), ("joint-ink", "joint-wash")]
    text += [("bad", "bad-wash"), ("on-button", "joint-ink"), ("on-joint-mid", "joint-mid"), ("on-bad-mid", "bad-mid")]
    text += [("square-ink", "surface"), ("diamond-ink", "surface"), ("paper", "ink")]
    shapes = [(name, "paper") for name in ("square", "diamond", "joint", "data", "edge", "bad")]
    for least, pairs in ((4.5, text), (3, shapes)):
        weak = {pair: contrast(colour[f"--{pair[0]}"], colour[f"--{pair[1]}"]) for pair in pairs}
        assert {pair: ratio for pair, ratio in weak.items() if ratio < least} == {}


@pytest.mark.parametrize(("theme", "most"), [("light", 0.02), ("dark", 0.05)])
def test_neither_commune_colour_weighs_more(theme, most):
    colour = tokens()[theme]
    square, diamond = (contrast(colour[name], colour["--paper"]) for name in ("--square", "--diamond"))
    assert square == pytest.approx(diamond, rel=most)


# Speed and size


def programme(projects: int) -> Protocol:
    """A protocol with that many published projects, each with everything a page may show."""
    protocol = ProtocolFactory()
    ExchangeRateFactory(protocol=protocol)
    domain, objective = DomainFactory(protocol=protocol), ObjectiveFactory(protocol=protocol)
    plan = ActionPlanFactory(protocol=protocol, published=True)
    for number in range(projects):
        project = ProjectFactory(
            protocol=protocol, code=f"P-{number}", plan=plan, domains=[domain], objectives=[objective], published=True
        )
        InvolvementFactory(project=project, organisation=OrganisationFactory())
        ActivityFactory(project=project, done=True, training=True)
        TransactionFactory(line=BudgetLineFactory(project=project))
        MeasurementFactory(indicator=IndicatorFactory(project=project))
    return protocol


def queries_of(client: Client, address: str) -> int:
    """How many queries a page costs."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


MOST_QUERIES = {
    "": 24,
    "projects/": 22,
    "action-plan/": 14,
    "partners/": 12,
    "protocol/": 9,
    "reports/": 6,
    "projects/P-0/": 26,
}


def test_every_page_costs_the_same_at_one_and_thirty_projects(client: Client):
    programme(1)
    few = {path: queries_of(client, f"/fr/{path}") for path in MOST_QUERIES}
    Protocol.objects.update(primary=False)
    programme(30)
    many = {path: queries_of(client, f"/fr/{path}") for path in MOST_QUERIES}
    assert many == few
    assert {path: count for path, count in many.items() if count > MOST_QUERIES[path]} == {}


def test_no_page_weighs_more_than_60_kilobytes(client: Client, demonstration):
    sizes = {f"{code}/{path}": compressed_size(client.get(f"/{code}/{path}")) for code in LANGUAGES for path in PATHS}
    assert max(sizes.values()) < 25_000, sizes


def test_a_page_of_many_projects_stays_under_60_kilobytes(client: Client):
    programme(60)
    sizes = {path: compressed_size(client.get(f"/fr/{path}")) for path in MOST_QUERIES}
    assert max(sizes.values()) < 60_000, sizes
