"""Terms of the glossary are found in texts as sentences write them; its file is loaded once and never over what staff edited."""

from __future__ import annotations

import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from hypothesis import assume, given
from hypothesis import strategies as st

from partnership import glossary, glossary_file
from partnership.glossary import DepartureKind, found_in
from partnership.models import Change, Term, TermUse
from partnership.normaliser import normalise
from tests.factories import TermFactory

LETTERS = {
    "ar": "ابتثجحخدذرزسشصضطظعغفقكلمنهوية",
    "fr": "abcdefghijklmnopqrstuvwxyzéèêàç",
    "nl": "abcdefghijklmnopqrstuvwxyzëï",
}


def term(ar: str = "", fr: str = "", nl: str = "", use: TermUse = TermUse.AGREED) -> Any:
    """A term that is in no database."""
    made: Any = Term(use=use)
    made.word_ar, made.word_fr, made.word_nl = ar, fr, nl
    return made


def places(text: str, language: str, *terms: Any) -> list[str]:
    return [text[found.start : found.end] for found in found_in(text, language, terms)]


@pytest.mark.parametrize(
    ("language", "word", "text", "found"),
    [
        ("fr", "échange", "L’échange et les Échanges, sans échangeur", ["échange", "Échanges"]),
        ("fr", "enjeu", "Les enjeux", ["enjeux"]),
        ("fr", "session de formation", "deux sessions de formation.", ["sessions de formation"]),
        ("fr", "échevin·e", "l’échevin·e", ["échevin·e"]),
        ("nl", "rol", "De rollen en de rol, geen rolstoel", ["rollen", "rol"]),
        ("nl", "risico", "de risico’s", ["risico’s"]),
        ("nl", "gemeente", "beide gemeenten; de gemeenteraad", ["gemeenten"]),
        ("nl", "coördinatie", "een coordinatie", ["coordinatie"]),
        ("ar", "جماعة", "للجماعة والجماعات وبجماعةٍ", ["للجماعة", "والجماعات", "وبجماعةٍ"]),
        ("ar", "التكوين", "بالتكوين، تكوين، وتَكْوِين", ["بالتكوين", "تكوين", "وتَكْوِين"]),
        ("ar", "مؤشر", "ثلاثة مؤشرات", ["مؤشرات"]),
        ("ar", "الحقوق والواجبات", "عن حقوق وواجبات", ["حقوق وواجبات"]),
        ("ar", "جماعة", "كلتا الجماعتين", ["الجماعتين"]),
        ("ar", "بلدية; بلديات", "لدى الجماعة", []),
        ("ar", "دور; أدوار", "أدوار الجماعتين", ["أدوار"]),
    ],
)
def test_a_word_is_found_as_a_sentence_writes_it(language: str, word: str, text: str, found: list[str]):
    assert places(text, language, term(**{language: word})) == found


def test_the_longest_term_wins_and_a_word_of_no_language_finds_nothing():
    project, done = term(fr="projet"), term(fr="projet exécuté")
    assert places("un projet exécuté, un projet", "fr", project, done) == ["projet exécuté", "projet"]
    assert places("un projet", "nl", project, done) == []
    assert places("", "fr", project) == []


@st.composite
def sentences(draw: st.DrawFn) -> tuple[str, str, str]:
    """A language, a term's word, and a text in which it is planted between others."""
    language = draw(st.sampled_from(sorted(LETTERS)))
    word = st.text(LETTERS[language], min_size=3, max_size=9)
    around = st.lists(word, max_size=8).map(" ".join)
    planted = " ".join(draw(st.lists(word, min_size=1, max_size=3)))
    return language, planted, f"{draw(around)} {planted.upper() if draw(st.booleans()) else planted}, {draw(around)}"


@given(sentences(), st.lists(st.text(max_size=12), max_size=5))
def test_a_planted_term_is_found_and_no_two_places_overlap(sentence: tuple[str, str, str], others: list[str]):
    language, word, text = sentence
    terms = [term(**{language: each}) for each in (word, *others)]
    found = found_in(text, language, terms)
    assert found_in(text, language, terms[:1]), "planted and not found"
    ends = [0]
    for each in found:
        assert ends[-1] <= each.start < each.end <= len(text)
        ends.append(each.end)


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(["ar", "fr", "nl"]))
def test_whatever_is_written_the_places_lie_in_the_text(text: str, word: str, language: str):
    assume(normalise(word))
    for each in found_in(text, language, [term(**{language: word})]):
        assert 0 <= each.start < each.end <= len(text)


def test_a_long_text_takes_as_long_for_each_word_as_a_short_one():
    terms = [term(fr=entry["fr"]) for entry in glossary_file.read(glossary_file.GLOSSARY)]
    text = "La commune de Jette et son partenaire suivent le projet. " * 180
    found_in(text, "fr", terms)
    began = time.perf_counter()
    assert len(found_in(text, "fr", terms)) > 300
    assert time.perf_counter() - began < 1


# Departing from it ----------------------------------------------------------------------------------------------------


def told(texts: dict[str, str], *terms: Any, source: str = "") -> list[tuple[str, str, str]]:
    agreed = [one for one in terms if one.use == TermUse.AGREED]
    whole = glossary.Glossary(agreed, [one for one in terms if one.use == TermUse.AVOID])
    return [(each.kind.value, each.language, each.word) for each in whole.departures(texts, source=source)]


TRAINING = term("التكوين", "formation", "opleiding; vorming")


def test_a_language_without_the_agreed_word_departs_from_it():
    texts = {"ar": "تكوين النساء", "fr": "Formation des femmes", "nl": "Training van vrouwen"}
    assert told(texts, TRAINING) == [("other", "nl", "opleiding")]
    assert told(texts, TRAINING, source="fr") == [("other", "nl", "opleiding")]
    assert told({**texts, "nl": "Vorming van vrouwen"}, TRAINING) == []


def test_without_a_source_one_language_alone_proves_nothing():
    texts = {"ar": "بالنسبة للنساء", "fr": "par rapport aux femmes", "nl": "voor vrouwen"}
    report = term("تقرير", "rapport", "verslag")
    assert told(texts, report) == []
    assert told(texts, report, source="fr") == [("other", "ar", "تقرير"), ("other", "nl", "verslag")]


def test_a_word_within_a_longer_term_or_a_dutch_compound_is_there_too():
    programme, joint = term("برنامج", "programme", "programma"), term("برنامج عمل", "plan d’action", "actieplan")
    assert told({"ar": "برنامج عمل", "fr": "programme", "nl": "programma"}, programme, joint, source="fr") == []
    assert told({"fr": "programme", "nl": "lesprogramma’s"}, programme, source="fr") == []


def test_two_terms_with_one_word_are_both_right():
    first, second = term("اتساق", "cohérence", "samenhang"), term("الاتساق", "cohérence", "coherentie")
    assert told({"ar": "اتساق", "fr": "cohérence", "nl": "coherentie"}, first, second, source="fr") == []


def test_a_word_to_avoid_is_told_unless_it_is_part_of_an_agreed_name():
    avoided = term("بلدية; بلديات", use=TermUse.AVOID)
    name = term("جمعية بلديات بروكسل", "Brulocalis", "Brulocalis")
    assert told({"ar": "البلدية"}, avoided, name) == [("avoid", "ar", "البلدية")]
    assert told({"ar": "جمعية بلديات بروكسل"}, avoided, name) == []


@pytest.mark.django_db
def test_the_projects_glossary_knows_the_words_that_make_one_commune_give_and_the_other_receive():
    glossary_file.load()
    for texts in (
        {"fr": "Jette, bailleur de fonds"},
        {"fr": "la commune bénéficiaire"},
        {"nl": "de begunstigde gemeente"},
        {"nl": "Jette als donor"},
        {"ar": "الجهة المانحة"},
        {"ar": "والجماعة المستفيدة"},
    ):
        assert [each.kind for each in glossary.departures(texts)] == [DepartureKind.AVOID], texts
    harmless = {"fr": "les bénéficiaires du centre", "nl": "de begunstigden", "ar": "عدد المستفيدين"}
    assert [each for each in glossary.departures(harmless) if each.kind == DepartureKind.AVOID] == []


# Its file -------------------------------------------------------------------------------------------------------------


def said(*arguments: object) -> str:
    output = StringIO()
    call_command("load_glossary", *arguments, stdout=output)
    return output.getvalue()


@pytest.mark.django_db
def test_loading_the_projects_file_again_changes_nothing():
    lines = len(list(glossary_file.read(glossary_file.GLOSSARY)))
    assert said() == f"Glossary: {lines} terms written.\n"
    before = list(Term.objects.order_by("pk").values()), Change.objects.count()
    assert said() == "Glossary: nothing had changed.\n"
    assert (list(Term.objects.order_by("pk").values()), Change.objects.count()) == before
    assert len(glossary.agreed_terms()) + len(glossary.terms_to_avoid()) == lines


HEAD = "ar,fr,nl,en,note,use\n"
PROJECT = "مشروع,projet,project,project,,agreed\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "glossary.csv"
    path.write_text(HEAD + text, encoding="utf-8")
    return path


@pytest.mark.django_db
def test_what_staff_edited_stays_until_it_is_to_be_replaced(tmp_path: Path):
    own: Any = TermFactory()
    said(written(tmp_path, PROJECT))
    project: Any = Term.objects.get(english="project")
    project.note = "≠ programme"
    project.save()
    later = written(tmp_path, PROJECT.replace("projet", "projet commun"))
    assert said(later) == (
        "Glossary: nothing had changed. 1 stand as staff edited them (--replace takes the file’s words).\n"
    )
    project.refresh_from_db()
    assert (project.word_fr, project.note) == ("projet", "≠ programme")
    said(later, "--replace")
    project.refresh_from_db()
    assert (project.word_fr, project.note) == ("projet commun", "")
    assert Term.objects.filter(pk=own.pk, word_fr=own.word_fr).exists()


@pytest.mark.django_db
def test_a_term_that_staff_entered_before_is_not_entered_twice(tmp_path: Path):
    own: Any = TermFactory(word_ar="مشروع", word_fr="Projet", word_nl="project", note="ours")
    assert "1 stand as staff edited them" in said(written(tmp_path, PROJECT))
    assert list(Term.objects.values_list("pk", "note")) == [(own.pk, "ours")]


@pytest.mark.django_db
def test_what_the_file_says_anew_reaches_a_term_that_nobody_edited(tmp_path: Path):
    said(written(tmp_path, PROJECT))
    assert said(written(tmp_path, PROJECT.replace("projet", "projet commun"))) == "Glossary: 1 terms written.\n"
    assert Term.objects.get().word_fr == "projet commun"  # type: ignore[attr-defined]  # added at run time


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "line"),
    [
        (PROJECT + PROJECT, 3),
        ("مشروع,projet,,project,,agreed\n", 2),
        ("مشروع,projet,project,project,,maybe\n", 2),
        ("مشروع,projet,project,project,agreed\n", 2),
        (PROJECT + "مانح,,,donor,,avoid\n", 3),
    ],
)
def test_a_malformed_file_is_refused_whole_and_by_its_line(tmp_path: Path, text: str, line: int):
    with pytest.raises(CommandError, match=f"Line {line} "):
        said(written(tmp_path, text))
    assert not Term.objects.exists()


@pytest.mark.django_db
def test_a_file_that_is_no_glossary_is_refused(tmp_path: Path):
    path = tmp_path / "glossary.csv"
    path.write_bytes("français".encode("latin-1"))
    with pytest.raises(CommandError, match=r"glossary\.csv"):
        said(path)
    path.write_text("a,b\n1,2\n")
    with pytest.raises(CommandError, match="ar, fr, nl, en, note, use"):
        said(path)


# What a term must be --------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_term_stands_once_however_it_is_spelt():
    known: Any = TermFactory(word_ar="تحدٍّ", word_fr="défi", word_nl="uitdaging")
    again = term("تحد", "Defi", "Uitdaging")
    with pytest.raises(ValidationError) as refused:
        again.full_clean()
    assert list(refused.value.message_dict) == ["__all__"]
    known.full_clean()
    assert str(known) in {"تحدٍّ", "défi", "uitdaging"}


@pytest.mark.django_db
def test_a_word_to_avoid_says_what_to_write_instead():
    with pytest.raises(ValidationError) as refused:
        term(fr="bailleur", use=TermUse.AVOID).full_clean()
    assert list(refused.value.message_dict) == ["note"]
