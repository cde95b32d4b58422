"""Whether what was written can be a translation: what is refused, and what is asked before it is kept.

The page of translations and the spreadsheet that comes back from a translator ask the same here [I10].
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from partnership import parity
from partnership.normaliser import normalise
from partnership.refusals import Refusal

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SHORT = 4
"""Fewer letters than these are a code, a unit or a short name, which languages share: nothing is asked about them."""
MEANT = frozenset("%‰٪§&#@*")
"""Signs that stand for something by themselves, such as the unit of a share."""
_CODE = re.compile(r"[A-Z0-9][A-Z0-9./_–-]*")


def refusal(text: str, language: str) -> Refusal | None:
    """The rule against a text that says nothing: spaces, dots, a dash. None for an empty one, which is a missing text and no bad one."""
    if not text or says_something(text):
        return None
    return Refusal(
        _("This says nothing in %(language)s. Write the text, or leave the field empty until it is translated."),
        code="I10",
        params={"language": parity.LANGUAGE_NAMES[language]},
    )


def says_something(text: str) -> bool:
    """Whether there is more in a text than spaces, direction marks and punctuation."""
    return any(sign in MEANT or unicodedata.category(sign)[0] not in "PZC" for sign in text)


def questions(texts: Mapping[str, str], written: Iterable[str] | None = None) -> dict[str, StrOrPromise]:
    """What is asked about a text, by language, before it is kept: a script that is not the language's, the same words in two.

    `texts` holds one field's languages; `written` those that are written now, else all: what stood before is not asked again.
    Each question stands at one language only.
    """
    asked = [code for code in settings.REQUIRED_LANGUAGES if code in texts]
    now = set(asked if written is None else written)
    found: dict[str, StrOrPromise] = {}
    for code in asked:
        about_script = _script(texts[code], code) if code in now else None
        if about_script is not None:
            found[code] = about_script
    for one, other in combinations(asked, 2):
        here = other if other in now else one
        if here in now and here not in found and _same(texts[one], texts[other]):
            found[here] = _asked(
                _("The %(one)s and the %(other)s text say exactly the same. Is this right?"),
                one=parity.LANGUAGE_NAMES[one],
                other=parity.LANGUAGE_NAMES[other],
            )
    return found


def is_short(text: str) -> bool:
    """Whether a text is a code, a number or a short name, which needs no translation."""
    letters = sum(sign.isalpha() for sign in text)
    return letters < SHORT or _CODE.fullmatch(text.strip()) is not None


def _script(text: str, language: str) -> StrOrPromise | None:
    """The question about a text whose letters are not those of its language."""
    if is_short(text):
        return None
    letters = [sign for sign in text if sign.isalpha()]
    arabic = sum(unicodedata.name(sign, "").startswith("ARABIC") for sign in letters)
    if language == "ar":
        return _("This is the Arabic text, and it has no Arabic letter. Is this right?") if not arabic else None
    if 2 * arabic <= len(letters):
        return None
    return _asked(
        _("This text in Arabic letters stands where the %(language)s belongs. Is this right?"),
        language=parity.LANGUAGE_NAMES[language],
    )


def _fill(sentence: object, **names: object) -> str:
    return str(sentence) % {name: str(value) for name, value in names.items()}


_asked = lazy(_fill, str)
"""A sentence with the names of languages in it, in the language of whoever reads it."""


def _same(one: str, other: str) -> bool:
    return normalise(one) == normalise(other) and not is_short(one)
