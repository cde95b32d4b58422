"""Finding the glossary's terms in a text, in the three languages: the one place that says whether a word stands there.

Words are compared through the one normaliser (accents, Arabic marks, alef, ya, ta marbuta), whole, and with what a sentence adds
to them: the article and the one-letter words before an Arabic word, simple plurals. Nothing else of grammar is guessed; a form
that is spelt otherwise is a variant in the glossary.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from django.conf import settings

from partnership.models import Term, TermUse
from partnership.normaliser import normalise

# Marks on a letter and the middle dot of “échevin·e” belong to the word, as the normaliser drops them.
_WORD = re.compile(
    r"(?:[^\W_]|[\u0300-\u036F\u0483-\u0489\u0591-\u05C7\u0610-\u061A\u064B-\u065F\u0670\u06D6-\u06ED·])+"
)
_POSSESSIVE = re.compile(r"['’]s(?![^\W_])")
SHORTEST = 3
"""So many letters are left of a word, at least, when what a sentence adds to it is taken off."""


class Form(NamedTuple):
    """A form of a word of the glossary: its place in the list it was asked for, and the words it is made of."""

    place: int
    words: tuple[frozenset[str], ...]


class Word(NamedTuple):
    """A word of a text: where it stands, and what it may be a form of."""

    start: int
    end: int
    forms: frozenset[str]


class Match(NamedTuple):
    """Words of a text that are a term's: the first of them and how many, from where to where, and the terms' places in a list.

    `begun` are the places of all terms that begin there, the shorter ones too.
    """

    first: int
    length: int
    start: int
    end: int
    places: list[int]
    begun: set[int]


@dataclass(frozen=True)
class Found:
    """A term that stands in a text, from `start` up to but not including `end`."""

    start: int
    end: int
    term: Term


class DepartureKind(StrEnum):
    """How a text departs from the glossary."""

    AVOID = "avoid"
    OTHER = "other"


@dataclass(frozen=True)
class Departure:
    """A place where a text departs from the glossary.

    AVOID: the text in `language` says `word`, which is to be avoided. OTHER: the text in `source` uses the term, and the one in
    `language` does not hold `word`, the agreed one.
    """

    kind: DepartureKind
    language: str
    term: Term
    word: str
    source: str = ""


def agreed_terms() -> list[Term]:
    """The terms with an agreed word in each language. One query."""
    return list(Term.objects.filter(use=TermUse.AGREED).order_by("pk"))


def terms_to_avoid() -> list[Term]:
    """The words neither commune uses. One query."""
    return list(Term.objects.filter(use=TermUse.AVOID).order_by("pk"))


def found_in(text: str, language: str, terms: Iterable[Term]) -> list[Found]:
    """The terms that stand in a text, in its order. The longest wins where several overlap; no two of them do."""
    known = list(terms)
    chosen = _longest_first(_matches(text, language, known))
    return [Found(match.start, match.end, known[match.places[0]]) for match in chosen]


def departures(texts: Mapping[str, str], *, source: str = "") -> list[Departure]:
    """Where one field's texts, by language, depart from the glossary. Two queries; `Glossary` reads many texts with as many.

    With the language they were written in, a term counts as used where it stands in that one; without, where it stands in two.
    """
    return Glossary.read().departures(texts, source=source)


@dataclass(frozen=True)
class Glossary:
    """The whole glossary in hand, to read many texts."""

    agreed: Sequence[Term]
    avoided: Sequence[Term]

    @classmethod
    def read(cls) -> Glossary:
        """As it stands. Two queries."""
        return cls(agreed_terms(), terms_to_avoid())

    def departures(self, texts: Mapping[str, str], *, source: str = "") -> list[Departure]:
        """As the function of that name."""
        written = {code: texts[code] for code in settings.REQUIRED_LANGUAGES if texts.get(code)}
        known = [*self.agreed, *self.avoided]
        matches = {code: _matches(text, code, known) for code, text in written.items()}
        found = {code: _longest_first(own) for code, own in matches.items()}
        avoided = [
            Departure(DepartureKind.AVOID, code, term, written[code][match.start : match.end])
            for code, own in found.items()
            for match in own
            if (term := known[match.places[0]]).use == TermUse.AVOID
        ]
        held = {code: {place for match in own for place in match.begun} for code, own in matches.items()}
        return [*avoided, *self._others(written, found, held, source)]

    def _others(
        self, written: Mapping[str, str], found: Mapping[str, list[Match]], held: Mapping[str, set[int]], source: str
    ) -> Iterator[Departure]:
        """Terms that the source uses and another language does not render by any agreed word; each once for each language."""
        told: set[tuple[str, int]] = set()
        for used in (source,) if source else written:
            for match in found.get(used, ()):
                counted = [place for place in match.places if source or sum(place in own for own in held.values()) > 1]
                if not counted or (place := counted[0]) >= len(self.agreed):
                    continue
                for code, text in written.items():
                    if code == used or (code, place) in told or not held[code].isdisjoint(match.places):
                        continue
                    if any(
                        _in_a_compound(self.agreed[each], text, code) for each in counted if each < len(self.agreed)
                    ):
                        continue
                    told.add((code, place))
                    term = self.agreed[place]
                    yield Departure(DepartureKind.OTHER, code, term, term.variants(code)[0], used)


def _in_a_compound(term: Term, text: str, language: str) -> bool:
    """Whether a word stands as a part of a longer one, as Dutch writes its compounds: projectbeheer."""
    plain = normalise(text) if language == "nl" else ""
    return bool(plain) and any(normalise(form) in plain for form in term.variants(language))


# Finding --------------------------------------------------------------------------------------------------------------


def _matches(text: str, language: str, terms: Sequence[Term]) -> list[Match]:
    """What stands in a text, at each word the longest that begins there; they may overlap."""
    words = list(_words(text, language))
    index = _index(language, tuple(getattr(term, f"word_{language}") or "" for term in terms))
    found: list[Match] = []
    for first, word in enumerate(words):
        longest, places, begun = 0, set[int](), set[int]()
        for form in index.get(word.forms):
            length = len(form.words)
            if not _stands_at(words, first, form):
                continue
            begun.add(form.place)
            if length < longest:
                continue
            places = {*(places if length == longest else ()), form.place}
            longest = length
        if places:
            found.append(Match(first, longest, word.start, words[first + longest - 1].end, sorted(places), begun))
    return found


def _longest_first(matches: Iterable[Match]) -> list[Match]:
    """Those of the matches that stay when the longest wins wherever several overlap, in the text's order."""
    taken: set[int] = set()
    chosen = []
    for match in sorted(matches, key=lambda each: (-each.length, each.first)):
        words = range(match.first, match.first + match.length)
        if taken.isdisjoint(words):
            taken.update(words)
            chosen.append(match)
    return sorted(chosen, key=lambda each: each.first)


def _stands_at(words: Sequence[Word], first: int, form: Form) -> bool:
    rest = words[first : first + len(form.words)]
    return len(rest) == len(form.words) and all(
        not known.isdisjoint(word.forms) for known, word in zip(form.words, rest, strict=True)
    )


class _Index:
    """Forms by every form of their first word."""

    def __init__(self, forms: Iterable[Form]) -> None:
        self._by_first: dict[str, list[Form]] = defaultdict(list)
        for form in forms:
            for first in form.words[0]:
                self._by_first[first].append(form)

    def get(self, words: Iterable[str]) -> Iterator[Form]:
        """The forms whose first word may be one of these."""
        for word in words:
            yield from self._by_first.get(word, ())


@lru_cache(maxsize=64)
def _index(language: str, words: tuple[str, ...]) -> _Index:
    """The terms' words in a language, made ready for searching; kept, since one glossary reads many texts."""
    forms = []
    for place, text in enumerate(words):
        for variant in text.replace("/", ";").split(";"):
            first = [word.forms for word in _words(variant, language, names_of)][:1]
            if first:  # within a term of several words, what is joined to a word is no part of it: والواجبات
                forms.append(Form(place, (*first, *[word.forms for word in _words(variant, language)][1:])))
    return _Index(forms)


def _words(text: str, language: str, known_by: Callable[[str, str], frozenset[str]] | None = None) -> Iterator[Word]:
    """The words of a text, each with what it may be a form of, or is known by."""
    known_by = known_by or forms_of
    end = 0
    for match in _WORD.finditer(text):
        if match.start() < end:
            continue  # the s of “risico’s”
        end = match.end()
        if language != "ar" and (possessive := _POSSESSIVE.match(text, end)):
            end = possessive.end()
        forms = known_by(match.group(), language)
        if forms:
            yield Word(match.start(), end, forms)


@lru_cache(maxsize=50_000)
def forms_of(word: str, language: str) -> frozenset[str]:
    """What a word of a text may be a form of: itself as the normaliser writes it, and without what a sentence adds."""
    plain = normalise(word).replace(" ", "")
    bare = {plain, *(one for one in JOINED[language](plain) if len(one) >= SHORTEST)}
    return _with_singulars(bare, language)


@lru_cache(maxsize=5_000)
def names_of(word: str, language: str) -> frozenset[str]:
    """By what a word of the glossary is known: itself, without its article, and in the singular. Its first letter is its own."""
    plain = normalise(word).replace(" ", "")
    bare = {plain, *([plain[2:]] if language == "ar" and plain.startswith("ال") else [])}
    return _with_singulars(bare, language)


def _with_singulars(words: set[str], language: str) -> frozenset[str]:
    singulars = (one for word in words for one in SINGULARS[language](word) if len(one) >= SHORTEST)
    return frozenset({*words, *singulars} - {""})


def _joined_in_arabic(word: str) -> Iterator[str]:
    """Without conjunction, preposition and article: وبالشراكة, للجماعة."""
    bare = [word]
    for letters in ("وف", "بلك"):
        bare += [one[1:] for one in bare if one[:1] in letters]
    bare += [one[2:] for one in bare if one.startswith(("ال", "لل"))]
    yield from bare


def _joined_to_nothing(_word: str) -> Iterator[str]:
    yield from ()


def _singulars_in_arabic(word: str) -> Iterator[str]:
    """Without the ending of a sound plural or a dual."""
    if word.endswith(("ون", "ين", "ان", "ات")):
        yield word[:-2]
    if word.endswith("ات"):
        yield f"{word[:-2]}ه"
    if word.endswith(("تين", "تان", "تي")):
        yield f"{word[:-3] if word[-1] == 'ن' else word[:-2]}ه"


def _singulars_in_french(word: str) -> Iterator[str]:
    if word.endswith(("s", "x")):
        yield word[:-1]


def _singulars_in_dutch(word: str) -> Iterator[str]:
    """Without -s, -n or -en; a consonant that the ending doubled stands once again (rol, rollen)."""
    if word.endswith("s"):
        yield word[:-1]
    if word.endswith("en"):
        stem = word[:-2]
        yield word[:-1]
        yield stem
        if stem[-1:] == stem[-2:-1]:
            yield stem[:-1]


JOINED: Mapping[str, Callable[[str], Iterator[str]]] = {
    "ar": _joined_in_arabic,
    "fr": _joined_to_nothing,
    "nl": _joined_to_nothing,
}
SINGULARS: Mapping[str, Callable[[str], Iterator[str]]] = {
    "ar": _singulars_in_arabic,
    "fr": _singulars_in_french,
    "nl": _singulars_in_dutch,
}
