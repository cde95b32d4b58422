"""Order of communes and currencies [I16]: it changes what is read first, never what is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnership.equality import Reader, currencies, positions

LANGUAGES = [["ar"], ["fr", "nl"]]
CURRENCIES = ["MAD", "EUR"]


@pytest.mark.parametrize(
    ("reader", "communes", "money"),
    [
        (Reader("ar"), (1, 2), ("MAD", "EUR")),
        (Reader("fr"), (2, 1), ("EUR", "MAD")),
        (Reader("nl"), (2, 1), ("EUR", "MAD")),
        (Reader("ar", council_position=1), (1, 2), ("MAD", "EUR")),
        (Reader("fr", council_position=1), (1, 2), ("MAD", "EUR")),
        (Reader("fr", council_position=2), (2, 1), ("EUR", "MAD")),
        (Reader("nl", council_position=2), (2, 1), ("EUR", "MAD")),
        (Reader("fr", programme_body=True), (1, 2), ("EUR", "MAD")),
        (Reader("nl", programme_body=True), (1, 2), ("EUR", "MAD")),
    ],
)
def test_each_reader_meets_the_communes_in_their_order(reader, communes, money):
    assert positions(reader, LANGUAGES) == communes
    assert currencies(reader, CURRENCIES) == money


@given(
    language=st.sampled_from(["ar", "fr", "nl"]),
    council=st.sampled_from([None, 1, 2]),
    programme_body=st.booleans(),
    languages=st.lists(st.lists(st.sampled_from(["ar", "fr", "nl"]), min_size=1, unique=True), min_size=2, max_size=2),
)
def test_nobody_is_ever_left_out(language, council, programme_body, languages):
    reader = Reader(language, council, programme_body)
    assert sorted(positions(reader, languages)) == [1, 2]
    assert sorted(currencies(reader, CURRENCIES)) == ["EUR", "MAD"]


@given(
    language=st.sampled_from(["ar", "fr", "nl"]),
    council=st.sampled_from([1, 2]),
    languages=st.lists(st.lists(st.sampled_from(["ar", "fr", "nl"]), min_size=1, unique=True), min_size=2, max_size=2),
)
def test_swapping_the_communes_swaps_the_order_and_nothing_else(language, council, languages):
    own = positions(Reader(language, council), languages)
    other = positions(Reader(language, 3 - council), languages[::-1])
    assert own == tuple(3 - place for place in other)
