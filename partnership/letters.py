"""Letters to people of the platform: each in the language the person chose; who chose none reads French and Dutch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import override

from partnership import clock, outbox
from partnership.models import Message, Protocol, User

BETWEEN_LANGUAGES = "\n\n————\n\n"
WITHOUT_A_CHOICE = ("fr", "nl")
"""In which languages a letter is written for a person who has chosen none."""


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
    if clock.tells_a_story(protocol):
        return None
    subjects, texts = [], []
    for language in [person.language] if person.language else WITHOUT_A_CHOICE:
        with override(language):
            words = {"protocol": protocol, "person": person, **context(language)}
            subjects.append(render_to_string(f"emails/{template}_subject.txt", words).strip())
            texts.append(render_to_string(f"emails/{template}_text.txt", words).strip())
    return outbox.post(
        key=key,
        recipient=person.email,
        subject=" · ".join(subjects),
        text=BETWEEN_LANGUAGES.join(texts) + "\n",
        protocol=protocol,
    )
