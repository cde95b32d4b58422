"""French and Dutch as they are set in Brussels: no sign is torn from its word at the end of a line, no quotation mark of a typewriter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages import pofile
from django.conf import settings

NOT_PROSE = re.compile(r"https?://\S+|/ & \| \?|<[^>]*>|\{\{.*?\}\}")
TORN = {
    "fr": re.compile(r" [;:!?»%]|« |«(?=\w)|(?<=\w)»|(?<=[\w»)”’])[;!?](?=\s|$)|(?<=[A-Za-zéèà»)]):(?=\s|$)|\""),
    "nl": re.compile(r" [;:!?%]|\"|\d \d{3}\b"),
}


def sentences(language: str) -> Iterator[tuple[str, str]]:
    with Path(settings.BASE_DIR, "locale", language, "LC_MESSAGES", "django.po").open("rb") as file:
        for message in pofile.read_po(file, locale=language):
            for text in message.string if isinstance(message.string, tuple) else (message.string,):
                if message.id:
                    yield str(message.id), re.sub(r"%\(\w+\)[sd]", "X", NOT_PROSE.sub(" X ", text))


@pytest.mark.parametrize("language", TORN)
def test_no_sign_is_torn_from_its_word(language: str):
    torn = [(msgid, found[0]) for msgid, text in sentences(language) if (found := TORN[language].search(text))]
    assert torn == []


def test_a_torn_sign_is_found():
    for text in ("Oui ?", "a ; b", "« mot »", "«mot»", "Oui?", 'un "mot"', "59 %", "Ceci: cela"):
        assert TORN["fr"].search(text), text
    for text in (
        "Oui\u202f?",
        "a\u202f; b",
        "«\u00a0mot\u00a0»",
        "59\u202f%",
        "10:30",
        "«\u202fX\u202f»\u00a0: oui",
        "mot\u00a0:",
    ):
        assert not TORN["fr"].search(text), text
