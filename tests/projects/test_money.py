"""Sums and conversion of money."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects import money
from projects.models import Project
from tests.factories import ProtocolFactory
from tests.factories_programme import BudgetLineFactory, ExchangeRateFactory, ProjectFactory, TransactionFactory

AMOUNTS = st.decimals(min_value=0, max_value=Decimal("99999999.99"), places=2)
RATES = st.decimals(min_value=Decimal("0.5"), max_value=Decimal("30"), places=4)


@given(amount=AMOUNTS, rate=RATES)
def test_there_and_back_differs_by_less_than_the_rounding(amount: Decimal, rate: Decimal):
    there = money.convert(amount, "EUR", "MAD", rate)
    back = money.convert(there, "MAD", "EUR", rate)
    assert abs(back - amount) <= Decimal("0.01") + Decimal("0.005") / rate


@given(amount=AMOUNTS, rate=RATES)
def test_the_same_currency_is_not_converted(amount: Decimal, rate: Decimal):
    assert money.convert(amount, "MAD", "MAD", rate) == amount


def test_the_demonstration_rate():
    assert money.convert(Decimal("185000"), "EUR", "MAD", Decimal("10.80")) == Decimal("1998000.00")


@given(entered=st.lists(st.tuples(st.sampled_from(["EUR", "MAD"]), AMOUNTS)), rate=RATES)
def test_the_whole_is_the_sum_of_its_parts(entered: list[tuple[str, Decimal]], rate: Decimal):
    parts = []
    for currency, amount in entered:
        part = money.Totals()
        part.add("spent", currency, amount)
        parts.append(part)
    whole = money.grand_total(parts)
    for currency in ("EUR", "MAD"):
        own = sum((amount for code, amount in entered if code == currency), Decimal(0))
        other = sum((amount for code, amount in entered if code != currency), Decimal(0))
        expected = own + money.convert(other, "MAD" if currency == "EUR" else "EUR", currency, rate)
        assert whole.in_currency("spent", currency, rate) == expected


@pytest.mark.django_db
def test_each_kind_is_summed_apart_for_each_project(django_assert_num_queries):
    line = BudgetLineFactory(planned=Decimal("1000"))
    other = BudgetLineFactory(project=ProjectFactory(protocol=line.project.protocol), planned=Decimal("50"))
    for kind, amount in [("commitment", 800), ("disbursement", 500), ("expenditure", 300), ("expenditure", 100)]:
        TransactionFactory(line=line, kind=kind, amount=amount)
    with django_assert_num_queries(2):
        totals = money.totals_by_project([line.project_id, other.project_id])
    sums = {
        kind: totals[line.project_id].in_currency(kind, "EUR", None)
        for kind in ("planned", "committed", "disbursed", "spent")
    }
    assert sums == {"planned": 1000, "committed": 800, "disbursed": 500, "spent": 400}
    assert totals[line.project_id].share_spent(None) == Decimal("0.4")
    assert totals[other.project_id].share_spent(None) == 0


@pytest.mark.django_db
def test_a_day_bounds_what_has_moved():
    line = BudgetLineFactory()
    TransactionFactory(line=line, on="2026-06-30", amount=1)
    TransactionFactory(line=line, on="2026-07-01", amount=10)
    until = money.totals_by_line([line.pk], datetime.date(2026, 6, 30))
    assert until[line.pk].in_currency("spent", "EUR", None) == 1


@pytest.mark.django_db
def test_the_latest_rate_not_later_than_the_day_counts():
    protocol = ProtocolFactory()
    for on, rate in [("2025-01-01", "10.5"), ("2026-01-01", "10.8"), ("2026-09-01", "11.0")]:
        ExchangeRateFactory(protocol=protocol, on=on, mad_per_eur=rate)
    found = money.rate_on(protocol, datetime.date(2026, 6, 30))
    assert found is not None
    assert found.mad_per_eur == Decimal("10.8")
    assert money.rate_on(protocol, datetime.date(2024, 1, 1)) is None
    assert money.rate_on(ProtocolFactory(hostname="second.example"), datetime.date(2026, 6, 30)) is None


@pytest.mark.django_db
def test_a_year_holds_its_lines_and_what_moved_on_them_until_the_day(django_assert_num_queries):
    project = ProjectFactory()
    old = BudgetLineFactory(project=project, year=2025, planned=Decimal(300))
    new = BudgetLineFactory(
        project=ProjectFactory(protocol=project.protocol), year=2026, planned=Decimal(500), currency="MAD"
    )
    BudgetLineFactory(planned=Decimal(900), year=2026)
    TransactionFactory(line=old, amount=Decimal(100), on=datetime.date(2026, 6, 30))
    TransactionFactory(line=old, amount=Decimal(50), on=datetime.date(2026, 7, 1))
    TransactionFactory(line=new, amount=Decimal(40), kind="commitment", on=datetime.date(2026, 6, 1))
    with django_assert_num_queries(2):
        years = money.totals_by_year(Project.objects.filter(protocol=project.protocol), datetime.date(2026, 6, 30))
    assert {year: dict(one.entered) for year, one in years.items()} == {
        2025: {("planned", "EUR"): 300, ("spent", "EUR"): 100},
        2026: {("planned", "MAD"): 500, ("committed", "MAD"): 40},
    }
