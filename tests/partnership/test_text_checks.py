"""What can be a translation: what says nothing is refused, what looks wrong is asked, and short names and codes are left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnership import text_checks

LANGUAGES = ("ar", "fr", "nl")
BLANK = st.text(" \t\n\u00a0\u202f\u200e\u200f.…-–—_,;:!?·،؟", min_size=1)
LATIN = st.text("abcdefghijklmnopqrstuvwxyzéèç ", min_size=4).filter(lambda text: sum(map(str.isalpha, text)) >= 4)
ARABIC = st.text("ابتثجحخدذرزسشصضطظعغفقكلمنهوي ", min_size=4).filter(lambda text: sum(map(str.isalpha, text)) >= 4)


@given(BLANK, st.sampled_from(LANGUAGES))
def test_spaces_dots_and_dashes_are_no_text(text: str, language: str):
    refused = text_checks.refusal(text, language)
    assert refused is not None
    assert refused.code == "I10"


@given(BLANK, st.one_of(LATIN, ARABIC, st.from_regex(r"\A[0-9]{1,6}\Z")), st.sampled_from(LANGUAGES))
def test_whatever_holds_a_letter_or_a_digit_is_one(around: str, text: str, language: str):
    assert text_checks.refusal(around + text, language) is None


@pytest.mark.parametrize("text", ["", "%", "‰", "€", "1", "م"])
def test_a_missing_text_and_a_unit_are_not_refused(text: str):
    assert text_checks.refusal(text, "fr") is None


@given(ARABIC, st.sampled_from(["fr", "nl"]))
def test_arabic_letters_are_asked_about_in_french_and_dutch_and_nowhere_else(text: str, language: str):
    assert set(text_checks.questions({language: text})) == {language}
    assert text_checks.questions({"ar": text}) == {}


@given(LATIN)
def test_a_text_without_an_arabic_letter_is_asked_about_in_arabic(text: str):
    assert set(text_checks.questions({"ar": text})) == {"ar"}
    assert text_checks.questions({"fr": text}) == {}


@given(LATIN)
def test_the_same_words_in_two_languages_are_asked_about_once(text: str):
    assert set(text_checks.questions({"fr": text, "nl": text})) == {"nl"}
    assert set(text_checks.questions({"fr": text, "nl": f" {text.upper()}"}, written=["fr"])) == {"fr"}


@given(LATIN, st.sampled_from(LANGUAGES))
def test_what_stood_before_is_not_asked_about_again(text: str, language: str):
    assert text_checks.questions(dict.fromkeys(LANGUAGES, text), written=[]) == {}
    assert set(text_checks.questions(dict.fromkeys(LANGUAGES, text), written=[language])) == {language}


@pytest.mark.parametrize("text", ["CPAS", "BEL-2026-01", "2026", "km", "MAD", "12,5 %"])
def test_codes_numbers_and_short_names_are_shared_by_the_languages(text: str):
    assert text_checks.questions(dict.fromkeys(LANGUAGES, text)) == {}


def test_a_question_names_the_languages():
    asked = text_checks.questions({"fr": "Jette", "nl": "Jette"})
    assert "%(" not in str(asked["nl"])
