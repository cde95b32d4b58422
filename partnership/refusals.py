"""A refusal says which rule refused and how to satisfy it (design, section 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Refusal(ValidationError):
    """An act that a rule does not allow. `code` names the rule ([I7] is "I7"); the message says what to do."""

    def __init__(self, message: StrOrPromise, *, code: str, params: dict[str, object] | None = None) -> None:
        super().__init__(message, code=code, params=params)


class Refusals(Refusal):
    """Several rules at once, each in `error_list`."""

    def __init__(self, refusals: list[Refusal]) -> None:
        super().__init__("", code=str(refusals[0].code))
        self.error_list = [error for refusal in refusals for error in refusal.error_list]


def reason(error: ValidationError) -> str:
    """One refusal with the rule's number, as the design numbers them."""
    sentence = " ".join(str(part) for part in error.messages)
    if not error.code:
        return sentence
    return gettext("%(sentence)s (rule %(rule)s)") % {"sentence": sentence, "rule": error.code}
