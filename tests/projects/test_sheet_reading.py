"""Cells as typed values: money and days in any digits, words in any language, records by code or name."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from partnership import formats
from partnership.models import Protocol
from projects import sheet_judging, sheet_reading, sheets
from projects.models import Activity, BudgetLine, Project, Transaction
from projects.sheet_opening import Faulty, Formula
from projects.sheet_reading import Related, Unreadable
from tests.factories import DomainFactory, OrganisationFactory, ProtocolFactory
from tests.factories_programme import ProjectFactory

NOBODY = Related(Protocol())
AMOUNT = sheets.TRANSACTIONS.columns["amount"]
ON = sheets.TRANSACTIONS.columns["on"]
YEAR = sheets.BUDGET_LINES.columns["year"]
KIND = sheets.TRANSACTIONS.columns["kind"]
IN_KIND = sheets.BUDGET_LINES.columns["in_kind"]


def read(column: sheets.Column, value: Any, related: Related = NOBODY) -> Any:
    return sheet_reading.cell(column, value, related)


def unreadable(column: sheets.Column, value: Any, related: Related = NOBODY) -> str:
    with pytest.raises(Unreadable) as wrong:
        read(column, value, related)
    return str(wrong.value)


@pytest.mark.parametrize(
    "written",
    [
        "1.234,56",
        "1 234,56",
        "1\u202f234,56",
        "١٬٢٣٤٫٥٦",
        "1234,56",
        "1234.56",
        "1,234.56",
        "۱۲۳۴٫۵۶",
        1234.56,
        "\u200f١٢٣٤٫٥٦",
    ],
)
def test_an_amount_is_read_as_people_write_it(written: Any):
    assert read(AMOUNT, written) == Decimal("1234.56")


@pytest.mark.parametrize("written", ["1.2.3,4,5", "douze", "1,234.567", 1.239, True, "", "1e5", float("nan"), 1e300])
def test_what_is_no_amount_says_so(written: Any):
    with override("fr"):
        assert unreadable(AMOUNT, written)


def test_what_can_be_two_amounts_is_not_guessed():
    with override("fr"):
        assert unreadable(AMOUNT, "1.234")
    with override("nl"):
        assert read(AMOUNT, "1.234") == Decimal(1234)


def test_a_whole_number_has_no_decimals():
    assert read(YEAR, "٢٠٢٦") == 2026
    assert read(YEAR, 2026.0) == 2026
    assert "2026" in unreadable(YEAR, 2026.5)


@pytest.mark.parametrize(
    "written",
    [
        "05/07/2026", "5.7.2026", "5-7-2026", "2026-07-05", "٠٥/٠٧/٢٠٢٦", "5 juillet 2026", "5 يوليوز 2026", "5 juli 2026",
        datetime.date(2026, 7, 5), datetime.datetime(2026, 7, 5, 0, 0), " 05 / 07 / 2026 ", "2026-07-05 00:00:00",
    ],
)  # fmt: skip
def test_a_day_is_read_as_people_write_it(written: Any):
    assert read(ON, written) == datetime.date(2026, 7, 5)


@pytest.mark.parametrize("written", ["31/02/2026", "5/7/26", "13/13/2026", "hier", 46208, "5/7-2026", "", "00/00/0000"])
def test_what_is_no_day_says_what_to_write(written: Any):
    assert "14/01/2026" in unreadable(ON, written)


@given(day=st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 1, 1)), language=st.sampled_from(["ar", "fr", "nl"]))
def test_every_day_is_read_back_from_its_words(day: datetime.date, language: str):
    assert read(ON, formats.day(day, language)) == day
    assert read(ON, f"{day:%d/%m/%Y}") == day


@given(amount=st.decimals(Decimal(0), Decimal("9999999999.99"), places=2), language=st.sampled_from(["ar", "fr", "nl"]))
def test_every_amount_is_read_back_from_its_words(amount: Decimal, language: str):
    with override(language):
        assert read(AMOUNT, formats.number(amount, language, 2)) == amount


def test_a_choice_is_known_by_its_code_and_its_word_in_every_language():
    for language in ("ar", "fr", "nl", "en"):
        with override(language):
            words = {code: str(label) for code, label in KIND.choices}
        for code, word in words.items():
            assert read(KIND, word) == code
            assert read(KIND, code.upper()) == code
    assert "don" in unreadable(KIND, "don")


WORDS = [("oui", True), ("Nee", False), ("نعم", True), ("لا", False), (1, True), (False, False), ("x", True)]


@pytest.mark.parametrize(("word", "value"), WORDS)
def test_yes_and_no_are_known_in_every_language(word: Any, value: bool):
    assert read(IN_KIND, word) is value


def test_neither_yes_nor_no_says_so():
    assert unreadable(IN_KIND, "peut-être")


def test_a_formula_and_a_broken_cell_are_never_values():
    for column in (AMOUNT, ON, KIND, sheets.TRANSACTIONS.columns["voucher"]):
        assert "=1+1" in unreadable(column, Formula("=1+1"))
        assert "#REF!" in unreadable(column, Faulty("#REF!"))


def test_an_empty_cell_and_a_lone_dash_say_nothing():
    for value in (None, "", "  ", "-", "–"):
        assert sheet_reading.is_empty(value)
    assert not sheet_reading.is_empty(0)


@pytest.mark.django_db
def test_records_are_known_by_code_or_name_in_any_language():
    protocol = ProtocolFactory()
    related = Related(protocol)
    project, domain = ProjectFactory(protocol=protocol, code="DEMO-01"), DomainFactory(protocol=protocol)
    of_project, of_domains = sheets.TRANSACTIONS.columns["project"], sheets.PROJECTS.columns["domains"]
    other = ProjectFactory(protocol=ProtocolFactory(hostname="second.example"), code="DEMO-02")
    for said in ("DEMO-01", "demo-٠١", project.title_ar, project.title_fr.upper()):
        assert read(of_project, said, related) == project.pk
    assert other.code in unreadable(of_project, other.code, related)
    assert read(of_domains, f"{domain.code} ؛ {domain.name_nl}", related) == {domain.pk}


@pytest.mark.django_db
def test_a_name_that_two_bear_is_not_guessed():
    first, second = OrganisationFactory(name_fr="Le Club", iati_ref="BE-1"), OrganisationFactory(name_fr="le club")
    payer = sheets.TRANSACTIONS.columns["payer"]
    related = Related(ProtocolFactory())
    assert "Le Club" in unreadable(payer, "Le Club", related)
    assert read(payer, "BE-1", related) == first.pk
    assert read(payer, f"#{second.pk}", related) == second.pk
    assert related.called(payer.target, first.pk) == "BE-1"


@pytest.mark.django_db
@pytest.mark.parametrize("model", [Project, BudgetLine, Transaction, Activity])
def test_a_rule_that_only_compares_columns_is_judged_as_the_database_does(model: Any):
    """Whatever Python passes, the database passes; what it does not pass is asked there."""
    day, later = datetime.date(2026, 1, 1), datetime.date(2026, 2, 1)
    tried = [
        model(**{name: value for name, value in values.items() if name in {field.name for field in model._meta.fields}})
        for values in (
            {},
            {
                "planned_start": later,
                "planned_end": day,
                "actual_end": day,
                "planned": Decimal(-1),
                "amount": Decimal(0),
            },
            {
                "planned_start": day,
                "planned_end": later,
                "actual_start": day,
                "actual_end": later,
                "amount": Decimal(1),
            },
            {
                "kind": "exchange",
                "state": "done",
                "hours": Decimal(-1),
                "currency": "DH",
                "publishing_state": "published",
            },
        )
    ]
    checks = [one for one in model._meta.constraints if hasattr(one, "condition") and not hasattr(one, "fields")]
    for record in tried:
        for constraint in checks:
            if sheet_judging.surely_met(constraint.condition, record):
                constraint.validate(model, record)
