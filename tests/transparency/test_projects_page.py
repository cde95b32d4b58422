"""The project list: search, filters with real counts, chips, order, pages; an address gives the same answer to everyone."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from tests.copies import copied
from tests.factories import DomainFactory, GoalFactory, ObjectiveFactory, PrincipleFactory, ProtocolFactory
from tests.factories_programme import (
    BudgetLineFactory,
    ExchangeRateFactory,
    ProjectFactory,
    ProjectTargetFactory,
    TransactionFactory,
)
from tests.pages import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def protocol():
    return ProtocolFactory()


def listed(client: Client, query: str = "", language: str = "fr") -> list[str]:
    """The codes of the projects a query lists, in order."""
    return [row.project.code for row in client.get(f"/{language}/projects/{query}").context["rows"]]


def counts(client: Client, query: str, facet: str) -> dict[str, int]:
    """Each option of a filter and its count."""
    answer = client.get(f"/fr/projects/{query}")
    found = next(one for one in answer.context["facets"] if one.name == facet)
    return {option.value: option.count for option in found.options}


@pytest.fixture
def programme(protocol):
    """Three projects: A and B in one domain, B and C under one objective, all in different states."""
    one, other = (DomainFactory(protocol=protocol, code=code) for code in ("ONE", "OTHER"))
    first, second = (ObjectiveFactory(protocol=protocol, code=code) for code in ("FIRST", "SECOND"))
    goal = GoalFactory(framework="SDG", number=4)
    common: dict[str, Any] = {"protocol": protocol, "published": True}
    made = {
        "A": ProjectFactory(code="A", domains=[one], objectives=[first], state="under_way", **common),
        "B": ProjectFactory(code="B", domains=[one, other], objectives=[first, second], state="closed", **common),
        "C": ProjectFactory(code="C", domains=[other], objectives=[second], state="under_way", goals=[goal], **common),
    }
    for code, groups in {"A": ["youth"], "B": ["youth", "women"], "C": ["women"]}.items():
        for group in groups:
            ProjectTargetFactory(project=made[code], group=group)
    return made


# Search


@pytest.mark.parametrize(
    "words", ["équipement", "EQUIPEMENT", "equip", "equipement  handicap", "handicap, équipement!"]
)
def test_search_finds_words_however_they_are_accented_or_ordered(client: Client, protocol, words):
    ProjectFactory(
        protocol=protocol, code="FOUND", title_fr="Équipement d’un centre", summary_fr="Handicap", published=True
    )
    ProjectFactory(protocol=protocol, code="OTHER", published=True)
    assert listed(client, f"?q={words}") == ["FOUND"]


@pytest.mark.parametrize("words", ["الاجتماعية", "الإجتماعيه", "الاجتماعيّة", "الاجتمـاعية"])
def test_search_finds_arabic_however_it_is_spelt(client: Client, protocol, words):
    ProjectFactory(protocol=protocol, code="FOUND", title_ar="الشؤون الاجتماعية", published=True)
    ProjectFactory(protocol=protocol, code="OTHER", published=True)
    assert listed(client, f"?q={words}", "ar") == ["FOUND"]


def test_search_looks_in_the_language_of_the_page(client: Client, protocol):
    ProjectFactory(protocol=protocol, code="FOUND", title_nl="Opvang van vrouwen", published=True)
    assert listed(client, "?q=vrouwen", "nl") == ["FOUND"]
    assert listed(client, "?q=vrouwen", "fr") == []


def test_search_finds_a_code(client: Client, programme):
    ProjectFactory(protocol=programme["A"].protocol, code="BEL-2026-01", published=True)
    assert listed(client, "?q=bel-2026") == ["BEL-2026-01"]


@pytest.mark.parametrize("words", ["%00", "'; drop table--", "%25", "\\", "%", "a" * 500])
def test_odd_words_find_nothing_and_break_nothing(client: Client, programme, words):
    assert client.get("/fr/projects/", {"q": words}).status_code == 200


# Filters


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("", ["A", "B", "C"]),
        ("?domain=ONE", ["A", "B"]),
        ("?domain=ONE&domain=OTHER", ["A", "B", "C"]),
        ("?domain=ONE&objective=SECOND", ["B"]),
        ("?state=under_way&domain=OTHER", ["C"]),
        ("?group=women", ["B", "C"]),
        ("?goal=SDG-4", ["C"]),
        ("?domain=ONE&goal=SDG-4", []),
    ],
)
def test_any_value_within_a_filter_and_all_filters_between_them(client: Client, programme, query, codes):
    assert listed(client, query) == codes


def test_a_principle_of_the_act_leads_to_its_projects(client: Client, programme):
    programme["B"].principles.set([PrincipleFactory(protocol=programme["B"].protocol, code="EQUALITY")])
    assert listed(client, "?principle=EQUALITY") == ["B"]


def test_a_count_says_what_adding_the_value_would_give(client: Client, programme):
    assert counts(client, "", "domain") == {"ONE": 2, "OTHER": 2}
    assert counts(client, "?state=under_way", "domain") == {"ONE": 1, "OTHER": 1}
    assert counts(client, "?domain=ONE", "domain") == {"ONE": 2, "OTHER": 2}
    assert counts(client, "?domain=ONE", "objective") == {"FIRST": 2, "SECOND": 1}
    assert counts(client, "?domain=ONE", "state") == {"under_way": 1, "closed": 1}
    assert counts(client, "?domain=ONE", "goal") == {"SDG-4": 0}
    assert counts(client, "?q=nothing-like-it", "group")["women"] == 0


@pytest.mark.parametrize("facet", ["domain", "objective", "state", "group", "goal"])
def test_every_count_is_the_number_of_projects_one_gets(client: Client, programme, facet):
    for value, count in counts(client, "?q=formation", facet).items():
        assert len(listed(client, f"?q=formation&{facet}={value}")) == count


def test_another_protocol_values_are_unknown_here(client: Client, programme):
    DomainFactory(protocol=ProtocolFactory(), code="THEIRS")
    answer = client.get("/fr/projects/?domain=THEIRS")
    assert [one.value for one in answer.context["selection"].unknown] == ["THEIRS"]


def test_an_unknown_value_is_left_out_and_said_so(client: Client, programme):
    answer = client.get("/fr/projects/?domain=ONE&domain=NOWHERE&state=flying&sort=size")
    assert [row.project.code for row in answer.context["rows"]] == ["A", "B"]
    assert [one.value for one in answer.context["selection"].unknown] == ["NOWHERE", "flying", "size"]
    assert "NOWHERE" in Page(answer).words


def test_what_was_typed_is_escaped(client: Client, programme):
    answer = client.get("/fr/projects/", {"q": '"><b>x', "domain": "<i>y"})
    assert b"<b>x" not in answer.content
    assert b"<i>y" not in answer.content


# Chips and addresses


def test_each_condition_can_be_taken_away_alone(client: Client, programme):
    answer = client.get("/fr/projects/?q=formation&domain=ONE&domain=OTHER&sort=start")
    addresses = [chip.address for chip in answer.context["chips"]]
    assert addresses == [
        "?domain=ONE&domain=OTHER&sort=start",
        "?q=formation&domain=OTHER&sort=start",
        "?q=formation&domain=ONE&sort=start",
    ]


def test_the_address_to_share_gives_the_same_selection(client: Client, programme):
    answer = client.get("/fr/projects/?state=under_way&unknown=1&domain=OTHER&sort=code")
    address = answer.context["share_address"]
    assert address == "http://testserver/fr/projects/?domain=OTHER&state=under_way"
    assert listed(client, "?" + address.partition("?")[2]) == ["C"]
    assert address.replace("&", "&amp;") in answer.content.decode()


def test_nothing_found_offers_to_undo_each_condition(client: Client, programme):
    page = Page(client.get("/fr/projects/?q=soleil&domain=ONE"))
    assert {"?domain=ONE", "?q=soleil", "/fr/projects/"} <= set(page.links)


def test_an_empty_programme_says_when_projects_appear(client: Client, protocol):
    answer = client.get("/fr/projects/")
    assert answer.status_code == 200
    assert answer.context["selection"].is_empty
    assert answer.context["total"] == 0


# Order


def test_projects_stand_by_code_start_or_title(client: Client, protocol):
    for code, title, year in [("B", "Écoles", 2025), ("A", "Zone calme", 2023), ("C", "Formation", None)]:
        ProjectFactory(
            protocol=protocol,
            code=code,
            title_fr=title,
            actual_start=None,
            planned_start=datetime.date(year, 1, 1) if year else None,
            published=True,
        )
    assert listed(client) == ["A", "B", "C"]
    assert listed(client, "?sort=start") == ["B", "A", "C"]
    assert listed(client, "?sort=title") == ["B", "C", "A"]


# Money


def test_without_a_rate_a_sum_in_the_other_currency_does_not_read_as_nothing(client: Client, protocol):
    BudgetLineFactory(project=ProjectFactory(protocol=protocol, published=True), planned=Decimal(1000), currency="EUR")
    amount = client.get("/ar/projects/").context["rows"][0].planned
    assert (amount.first, amount.headline.first, amount.headline.first_currency) == (0, 1000, "EUR")


def test_the_bars_of_a_page_share_one_scale(client: Client, protocol):
    ExchangeRateFactory(protocol=protocol)
    for code, planned, spent in [("A", 1000, 500), ("B", 250, 250)]:
        line = BudgetLineFactory(project=ProjectFactory(protocol=protocol, code=code, published=True), planned=planned)
        TransactionFactory(line=line, amount=Decimal(spent))
    first, second = client.get("/fr/projects/").context["rows"]
    assert (first.bar.planned.width, first.bar.spent.width) == ("100.00%", "50.00%")
    assert (second.bar.planned.width, second.bar.spent.width) == ("25.00%", "25.00%")
    assert second.bar.planned.x == "0.00%"
    arabic = client.get("/ar/projects/").context["rows"][1]
    assert arabic.bar.planned.x == "75.00%"


# Pages


@pytest.fixture
def many(protocol):
    """Forty-one projects, each under way."""
    first = ProjectFactory(protocol=protocol, code="P-00", published=True)
    return [first, *copied(first, 40, code=lambda number: f"P-{number + 1:02}")]


def test_twenty_a_page_and_the_filters_stay(client: Client, many):
    assert len(listed(client)) == 20
    assert listed(client, "?page=3") == ["P-40"]
    page = Page(client.get("/fr/projects/?state=under_way&sort=start&page=2"))
    assert "?state=under_way&sort=start&page=3" in page.links
    assert "?state=under_way&sort=start" in page.links


@pytest.mark.parametrize("number", ["4", "0", "-1", "x", "٢", "1e3", "9" * 30])
def test_an_unknown_page_is_a_404_that_leads_to_the_first(client: Client, many, number):
    answer = client.get(f"/ar/projects/?state=under_way&page={number}")
    assert answer.status_code == 404
    page = Page(answer)
    assert page.root["dir"] == "rtl"
    assert "/ar/projects/?state=under_way" in page.links
