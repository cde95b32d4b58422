"""Canonical text: the same data always gives the same bytes."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnership import canonical

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def test_decimals_and_dates_are_strings_as_they_were_entered():
    assert canonical.text({"b": Decimal("1.10"), "a": datetime.date(2026, 6, 30)}) == '{"a":"2026-06-30","b":"1.10"}'


def test_arabic_stands_as_itself_and_composed():
    assert canonical.text("e\u0301 جييت") == '"é جييت"'


def test_a_float_is_refused():
    with pytest.raises(TypeError):
        canonical.text({"share": 0.1})


def test_the_digest_is_sha_256_of_the_bytes():
    assert canonical.digest("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@given(st.dictionaries(st.text(), VALUES))
def test_the_order_of_keys_does_not_matter(data):
    assert canonical.text(data) == canonical.text(dict(reversed(data.items())))
