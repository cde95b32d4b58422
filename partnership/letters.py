"""Letters to people of the platform: each in the language the person chose, else in those their commune owes them.

A commune in Morocco writes Arabic. Everybody else is owed French and Dutch together, same version, same weight (coordinated
laws on the use of languages in administrative matters, 18 July 1966): those of the Brussels commune and of the programme
body, and whoever belongs nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import override

from partnership import clock, outbox
from partnership.models import Message, Protocol, User

BETWEEN_LANGUAGES = "\n\n————\n\n"
BRUSSELS = ("fr", "nl")
OWED_IN = {"MA": ("ar",)}
"""What an organisation's people are owed, by its country; elsewhere French and Dutch both, which Arabic never replaces."""


def owed_by(country: str) -> tuple[str, ...]:
    """The languages of an organisation of this country (ISO 3166-1) towards people whose own language it does not know."""
    return OWED_IN.get(country, BRUSSELS)


def languages_of(person: User) -> tuple[str, ...]:
    """In which languages someone is written to: the one they chose, else those of every organisation they act for."""
    if person.language in settings.REQUIRED_LANGUAGES:
        return (person.language,)
    countries = person.memberships.values_list("organisation__country", flat=True).distinct().order_by()
    owed = {language for country in countries for language in owed_by(country)} or BRUSSELS
    return tuple(code for code in settings.REQUIRED_LANGUAGES if code in owed)


def language_of(person: User, reader: str) -> str:
    """The one language of a page or sheet for someone, where `reader` has it made: the reader's, if it is one of the person's."""
    owed = languages_of(person)
    return reader if reader in owed else owed[0]


def post(
    template: str,
    person: User,
    *,
    key: str,
    protocol: Protocol,
    context: Callable[[str], Mapping[str, Any]],
) -> Message | None:
    """Put a letter into the outbox, from emails/<template>_subject.txt and _text.txt; `context` gives what they say, by language.

    None for the past of a demonstration that is being told: nobody is mailed about it.
    """
    return post_to(
        template,
        person.email,
        languages_of(person),
        key=key,
        protocol=protocol,
        context=lambda language: {"person": person, **context(language)},
    )


def post_to(
    template: str,
    address: str,
    languages: Sequence[str],
    *,
    key: str,
    protocol: Protocol,
    context: Callable[[str], Mapping[str, Any]],
) -> Message | None:
    """The same to an address, in these languages; for whoever is no person of the platform."""
    if clock.tells_a_story(protocol):
        return None
    subjects, texts = [], []
    for language in languages:
        with override(language):
            words = {"protocol": protocol, **context(language)}
            subjects.append(render_to_string(f"emails/{template}_subject.txt", words).strip())
            texts.append(render_to_string(f"emails/{template}_text.txt", words).strip())
    return outbox.post(
        key=key,
        recipient=address,
        subject=" · ".join(subjects),
        text=BETWEEN_LANGUAGES.join(texts) + "\n",
        protocol=protocol,
    )
