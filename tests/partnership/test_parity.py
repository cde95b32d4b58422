"""Parity of languages: what a text is before anyone asks in how many languages it stands."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from partnership import parity

NARROW, WIDE = "\u202f", "\u00a0"


def test_the_spaces_that_french_asks_for_before_its_signs_stay_in_one_line():
    assert parity.one_line(f" Pourquoi{NARROW}?\r\n «{WIDE}Pour agir{WIDE}»  \t") == (
        f"Pourquoi{NARROW}? «{WIDE}Pour agir{WIDE}»"
    )


@given(st.text())
def test_one_line_is_one_line_and_says_the_same_words(text: str):
    line = parity.one_line(text)
    assert len(line.splitlines()) <= 1
    assert line.split() == text.split()
    assert parity.one_line(line) == line
