"""Numbers and dates are read in any digits and with each language's separators; what has two readings is refused."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.test import RequestFactory
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from partnership import formats, number_fields
from partnership.number_fields import Day, Figure, Hour, Moment, WholeNumber
from tests.factories import ProtocolFactory
from tests.staff import staff

LANGUAGES = ("ar", "fr", "nl")
EASTERN = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
languages = st.sampled_from(LANGUAGES)
digits = st.sampled_from([EASTERN, PERSIAN, {}])


def amount(**options: Any) -> Figure:
    return Figure(max_digits=14, decimal_places=2, **options)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "typed",
    [
        "1234,5", "1234.5", "1.234,50", "1,234.50", "1 234,5", "1\u00a0234,5", "1\u202f234,50", "1'234,5",
        "١٢٣٤٫٥", "١٬٢٣٤٫٥٠", "۱۲۳۴٫۵", "١٢٣٤,٥", "\u20661.234,50\u2069", " 1234,5 ",
    ],
)  # fmt: skip
def test_an_amount_is_read_however_it_is_written(language: str, typed: str):
    with translation.override(language):
        assert amount().clean(typed) == Decimal("1234.5")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "typed", ["1.234.567", "1,234,567", "1 234 567", "١٬٢٣٤٬٥٦٧", "1\u202f234\u202f567", "١٢٣٤٥٦٧"]
)
def test_a_whole_number_is_read_however_it_is_grouped(language: str, typed: str):
    with translation.override(language):
        assert WholeNumber().clean(typed) == amount().clean(typed) == 1234567


@pytest.mark.parametrize("language", ["ar", "nl"])
def test_one_point_before_three_digits_groups_where_the_language_groups_by_points(language: str):
    with translation.override(language):
        assert amount().clean("1.234") == WholeNumber().clean("1.234") == 1234


@pytest.mark.parametrize(
    ("language", "field", "typed"),
    [
        ("fr", amount(), "1.234"),
        ("fr", WholeNumber(), "1.234"),
        ("fr", amount(), "1,234"),
        ("nl", amount(), "1,234"),
        ("ar", amount(), "١,٢٣٤"),
        ("nl", Figure(max_digits=10, decimal_places=4), "10.850"),
    ],
)
def test_what_has_two_readings_is_refused_with_both_named(language: str, field: forms.Field, typed: str):
    with translation.override(language), pytest.raises(ValidationError) as refused:
        field.clean(typed)
    assert refused.value.code == "ambiguous"
    assert number_fields.western(typed).replace(".", "").replace(",", "") in refused.value.messages[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_rate_of_exchange_takes_three_decimals_after_a_comma(language: str):
    with translation.override(language):
        assert Figure(max_digits=10, decimal_places=4).clean("10,850") == Decimal("10.85")
        assert amount().clean("0.5") == Decimal("0.5")


@pytest.mark.parametrize(
    "typed", ["12,34,5", "1.23.456", "1.234.56,7", "1e5", "NaN", "12 34", ",5,", "١٢س", "1,", "--1"]
)
def test_what_is_no_number_is_refused(typed: str):
    with translation.override("nl"), pytest.raises(ValidationError):
        amount().clean(typed)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "typed",
    ["٠٥/٠٧/٢٠٢٦", "۰۵/۰۷/۲۰۲۶", "٥-٧-٢٠٢٦", "05/07/2026", "٢٠٢٦-٠٧-٠٥", "5 يوليوز 2026", "٥ يوليوز ٢٠٢٦", "5 juillet 2026", "5 juli 2026"],
)  # fmt: skip
def test_a_day_is_read_in_any_digits_and_with_its_month_in_words(language: str, typed: str):
    with translation.override(language):
        assert Day().clean(typed) == datetime.date(2026, 7, 5)


def test_an_hour_and_a_moment_are_read_in_any_digits():
    with translation.override("ar"):
        assert Hour().clean("٠٩:٣٠") == datetime.time(9, 30)
        assert Moment().clean("٠٥/٠٧/٢٠٢٦، ٠٩:٣٠").replace(tzinfo=None) == datetime.datetime(2026, 7, 5, 9, 30)


@given(languages, digits, st.decimals(-(10**9), 10**9, places=2))
def test_every_amount_we_write_is_read_back(language: str, row: Any, value: Decimal):
    with translation.override(language):
        assert amount().clean(formats.number(value, language, 2).translate(row)) == value
        assert amount().clean(str(Figure(decimal_places=2).widget.format_value(value)).translate(row)) == value  # type: ignore[call-arg]  # the stubs count self


@given(languages, digits, st.integers(-(10**9), 10**9))
def test_every_whole_number_we_write_is_read_back_or_refused(language: str, row: Any, value: int):
    with translation.override(language):
        assert WholeNumber().clean(formats.number(value, language).translate(row)) == value


@given(languages, digits, st.dates(datetime.date(1000, 1, 1)))
def test_every_day_we_write_is_read_back(language: str, row: Any, value: datetime.date):
    with translation.override(language):
        assert Day().clean(formats.day(value, language).translate(row)) == value
        assert Day().clean(f"{value:%d/%m/%Y}".translate(row)) == value


@given(st.text())
def test_whatever_is_typed_is_read_or_refused(typed: str):
    with translation.override("fr"):
        for field in (amount(), WholeNumber(), Day(), Hour(), Moment()):
            try:
                field.clean(typed)
            except ValidationError:
                continue


# Every form of the staff pages ----------------------------------------------------------------------------------------

TYPED: tuple[tuple[type[forms.Field], str], ...] = (
    (forms.DecimalField, "٣٫٥"),
    (forms.IntegerField, "٣"),
    (forms.DateTimeField, "٠٥/٠٣/٢٠٢٦ ٠٩:٣٠"),
    (forms.DateField, "٠٥/٠٣/٢٠٢٦"),
    (forms.TimeField, "٠٩:٣٠"),
)


@pytest.mark.django_db
def test_every_number_and_day_of_the_staff_pages_takes_arabic_digits():
    protocol = ProtocolFactory()
    request = RequestFactory().get("/ar/admin/")
    request.user = staff(protocol).get("/ar/admin/").wsgi_request.user
    request.protocol = protocol  # type: ignore[attr-defined]
    seen = 0
    with translation.override("ar"):
        for model, model_admin in admin.site._registry.items():
            for form_admin in (model_admin, *(inline(model, admin.site) for inline in model_admin.inlines)):
                for column in form_admin.model._meta.fields:
                    field = (
                        form_admin.formfield_for_dbfield(column, request)
                        if column.editable and not column.remote_field
                        else None
                    )
                    for kind, typed in TYPED:
                        if isinstance(field, kind):
                            field.clean(typed)
                            assert getattr(field.widget, "input_type", "text") != "number", f"{column} in a number box"
                            seen += 1
    assert seen > 40


def test_no_form_of_ours_reads_numbers_or_days_any_other_way():
    """Forms that are no admin's: each field of a number or day is one of number_fields."""
    from partnership import account_forms, deciding_forms, link_forms, signing_form
    from partnership import forms as terms
    from partnership.admin import appointment_forms, meetings

    ours = (WholeNumber, Figure, Day, Hour, Moment)
    plain = (forms.IntegerField, forms.DecimalField, forms.DateField, forms.TimeField, forms.DateTimeField)
    for module in (account_forms, deciding_forms, link_forms, signing_form, terms, appointment_forms, meetings):
        for form in vars(module).values():
            for name, field in getattr(form, "base_fields", {}).items():
                assert not isinstance(field, plain) or isinstance(field, ours), f"{module.__name__}: {name}"
