"""The money of a project and of the protocol: each sum in both currencies by one rate, or apart without one."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.money import Totals, convert
from projects.money_page import COLUMNS, Row, Sheet
from projects.purse import Purse
from tests.factories import DocumentFactory, ProtocolFactory
from tests.factories_programme import BudgetLineFactory, ExchangeRateFactory, ProjectFactory, TransactionFactory
from tests.staff import queries, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


@pytest.fixture
def project(protocol: Any) -> Any:
    return ProjectFactory(protocol=protocol, taken_over=True)


def address(project: Any, language: str = "fr") -> str:
    return f"/{language}/admin/money/{project.pk}/"


def cells(row: Any) -> dict[str, tuple[Decimal | None, Decimal | None]]:
    return {cell.name: (cell.first, cell.second) for cell in row.cells}


def test_each_line_shows_what_was_decided_planned_and_moved(protocol: Any, project: Any):
    ExchangeRateFactory(protocol=protocol, mad_per_eur=Decimal(10))
    line = BudgetLineFactory(
        project=project, planned=Decimal(15000), original=Decimal(12000), amended_reason_fr="Un groupe"
    )
    for kind, amount in (("commitment", 9000), ("disbursement", 500), ("expenditure", 4000)):
        TransactionFactory(line=line, kind=kind, amount=Decimal(amount))
    page = staff(protocol).get(address(project))
    [row] = page.context["main"].rows
    assert cells(row) == {
        "original": (12000, 120000),
        "planned": (15000, 150000),
        "committed": (9000, 90000),
        "disbursed": (500, 5000),
        "spent": (4000, 40000),
        "left": (11000, 110000),
    }
    assert next(word for _tone, word in row.flags) in {"amended", "modifié", "modifiée"}
    assert "Un groupe" in page.content.decode()


@pytest.mark.parametrize(("language", "first"), [("ar", "MAD"), ("fr", "EUR"), ("nl", "EUR")])
def test_the_readers_currency_stands_first(protocol: Any, project: Any, language: str, first: str):
    ExchangeRateFactory(protocol=protocol)
    BudgetLineFactory(project=project)
    page = staff(protocol).get(address(project, language))
    assert page.context["currencies"][0] == first


def test_without_a_rate_the_currencies_stand_apart_and_the_page_says_so(protocol: Any, project: Any):
    BudgetLineFactory(project=project, planned=Decimal(100))
    BudgetLineFactory(project=project, planned=Decimal(700), currency="MAD")
    page = staff(protocol).get(address(project))
    assert page.context["apart"]
    assert [cells(row)["planned"] for row in page.context["main"].rows] == [(100, None), (None, 700)]
    assert cells(page.context["main"].total)["planned"] == (100, 700)
    assert all(row.bar is None for row in page.context["main"].rows)


def test_subtotals_by_category_year_and_funder_add_up(protocol: Any, project: Any):
    ExchangeRateFactory(protocol=protocol)
    other = protocol.parties.get(position=2).organisation
    BudgetLineFactory(project=project, category="travel", year=2025)
    BudgetLineFactory(project=project, category="training", funder=other)
    page = staff(protocol).get(address(project))
    whole = cells(page.context["main"].total)["planned"]
    for table in page.context["subtotals"]:
        assert len(table.rows) == 2
        assert cells(table.total)["planned"] == whole


def test_contributions_in_kind_stand_side_by_side_also_where_one_commune_has_none(protocol: Any, project: Any):
    BudgetLineFactory(project=project, in_kind=True, hours=Decimal(40), planned=Decimal(800))
    gifts = staff(protocol).get(address(project)).context["gifts"]
    assert {gift.party.position: (gift.count, gift.hours) for gift in gifts} == {1: (1, 40), 2: (0, 0)}


def test_the_programme_by_year(protocol: Any, project: Any):
    ExchangeRateFactory(protocol=protocol)
    BudgetLineFactory(project=project, year=2025)
    BudgetLineFactory(project=ProjectFactory(protocol=protocol), year=2026)
    BudgetLineFactory()  # of another protocol
    client = staff(protocol)
    assert len(client.get("/fr/admin/money/").context["main"].rows) == 2
    assert len(client.get("/fr/admin/money/?year=2025").context["main"].rows) == 1
    for nonsense in ("x", "1999", "٢٠٢٥", "20251", "99999999999"):
        assert len(client.get("/fr/admin/money/", {"year": nonsense}).context["main"].rows) == 2


def test_a_project_without_a_budget_says_what_to_do(protocol: Any, project: Any):
    page = staff(protocol).get(address(project)).content.decode()
    assert f"/fr/admin/projects/budgetline/add/?project={project.pk}" in page


def test_another_protocols_money_does_not_exist_here(protocol: Any):
    assert staff(protocol).get(address(ProjectFactory())).status_code == 404


@pytest.mark.parametrize("whole", [False, True])
def test_thirty_lines_or_projects_cost_as_many_queries_as_one(protocol: Any, project: Any, whole: bool):
    ExchangeRateFactory(protocol=protocol)
    voucher = DocumentFactory(protocol=protocol, kind="voucher", public=False)
    BudgetLineFactory(project=project)
    TransactionFactory(line=BudgetLineFactory(project=project), amount=Decimal(13000), currency="MAD")
    client, page = staff(protocol), "/fr/admin/money/" if whole else address(project)
    one = queries(client, page)
    for place in range(28):
        its = ProjectFactory(protocol=protocol, involved=[]) if whole else project
        line = BudgetLineFactory(project=its, currency="MAD" if place % 2 else "EUR", in_kind=place % 3 == 0)
        TransactionFactory(line=line, amount=Decimal(20000), voucher_file=voucher)
    assert queries(client, page) == one


amounts = st.dictionaries(
    st.tuples(st.sampled_from(["original", "planned", "committed", "spent"]), st.sampled_from(["EUR", "MAD"])),
    st.decimals(0, 10**9, places=2),
)


@given(amounts, st.none() | st.decimals(Decimal("0.5"), 20, places=4))
def test_no_sum_mixes_currencies_and_what_is_left_is_planned_less_spent(entered: Any, rate: Decimal | None):
    totals = Totals()
    for (kind, currency), amount in entered.items():
        totals.add(kind, currency, amount)
    held: Any = SimpleNamespace(mad_per_eur=rate) if rate else None
    page = Sheet(Purse("EUR", "MAD", held), 2)
    shown = {cell.name: (cell.first, cell.second) for cell in page.cells(totals, COLUMNS)}
    for place, (own, other) in enumerate((("EUR", "MAD"), ("MAD", "EUR"))):
        for kind in ("planned", "spent"):
            mine, theirs = (entered.get((kind, code), Decimal(0)) for code in (own, other))
            expected = mine + convert(theirs, other, own, rate) if rate else mine
            assert (shown[kind][place] or 0) == expected
        planned, spent, left = (shown[kind][place] for kind in ("planned", "spent", "left"))
        assert (left or 0) == (planned or 0) - (spent or 0)
    page.bars(rows := [Row("", totals)])
    if rate is None and len(totals.currencies()) > 1:
        assert rows[0].bar is None
