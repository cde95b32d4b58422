"""The one function that decides the order of communes and currencies [I16]. It changes what is read first, never what is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from partnership.models import Currency, Party

LANGUAGE_CURRENCY = {"ar": Currency.MAD, "fr": Currency.EUR, "nl": Currency.EUR}


@dataclass(frozen=True)
class Reader:
    """For whom something is rendered: one council, the programme body, or whoever reads a page in a language."""

    language: str
    council_position: int | None = None
    programme_body: bool = False


def positions(reader: Reader, languages_by_position: Sequence[Sequence[str]]) -> tuple[int, int]:
    """The two places in the act's title (1 and 2) in the order this reader meets them.

    A council reads its own commune first; the programme body the order of the act's title; elsewhere the language decides:
    the commune that owes its citizens this language first, the act's order where both or neither do.
    `languages_by_position` lists the languages of the first and the second party of the title.
    """
    if reader.council_position is not None:
        return (1, 2) if reader.council_position == 1 else (2, 1)
    if reader.programme_body:
        return (1, 2)
    first, second = (reader.language in languages for languages in languages_by_position)
    return (2, 1) if second and not first else (1, 2)


def currencies(reader: Reader, currency_by_position: Sequence[str]) -> tuple[str, str]:
    """The two currencies (ISO 4217) in the order this reader meets them.

    A council reads its own first, the programme body EUR, elsewhere Arabic MAD and French and Dutch EUR.
    """
    if reader.council_position is not None:
        first = currency_by_position[reader.council_position - 1]
    elif reader.programme_body:
        first = Currency.EUR.value
    else:
        first = LANGUAGE_CURRENCY.get(reader.language, Currency.EUR).value
    second = Currency.MAD.value if first == Currency.EUR.value else Currency.EUR.value
    return first, second


def ordered(parties: Sequence[Party], reader: Reader) -> list[Party]:
    """The two parties in the order this reader meets them. `parties` may come in any order."""
    by_position = {party.position: party for party in parties}
    if len(by_position) < 2:
        return list(parties)
    languages = [by_position[place].languages.split() for place in (1, 2)]
    return [by_position[place] for place in positions(reader, languages)]
