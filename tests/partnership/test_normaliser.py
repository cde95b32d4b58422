"""What a reader may leave out or spell otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnership.normaliser import normalise


@pytest.mark.parametrize(
    ("typed", "stands"),
    [
        ("ecole", "École"),
        ("élu·es", "elues"),
        ("coeur", "cœur"),
        ("التعليم الأولي", "التَّعليم الاولى"),
        ("المساواة", "المساواه"),
        ("محمـــد", "محمد"),
        ("إدماج", "ادماج"),
        ("مؤشر", "موشر"),
        ("2026", "٢٠٢٦"),
        ("reinsertion", "réinsertion"),
        ("categorieën", "categorieen"),
    ],
)
def test_spellings_that_mean_the_same_compare_equal(typed: str, stands: str):
    assert normalise(typed) == normalise(stands)


def test_different_words_stay_apart():
    assert normalise("التعليم") != normalise("التعلم")
    assert normalise("commune de Jette") == "commune de jette"


@given(st.text())
def test_normalising_twice_changes_nothing(text: str):
    assert normalise(normalise(text)) == normalise(text)
