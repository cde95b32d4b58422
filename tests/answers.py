"""What tests of the signing page share: who opens it, what a browser sends of it, what it says."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.functional import Promise
from django.utils.translation import gettext, override

from partnership.models import Decision
from tests.factories import PDF
from tests.pages import Page
from tests.staff import fields_of, sign_in_with_second_factor

WORDS = "Le calendrier devra éviter la saison de récolte."


def browser_of(membership: Any) -> Client:
    """A browser in which whoever holds a mandate is signed in, second factor included."""
    client = Client()
    sign_in_with_second_factor(client, membership.user)
    return client


def address(decision: Decision, language: str = "fr") -> str:
    """Of a decision's signing page."""
    return f"/{language}/admin/decisions/{decision.pk}/sign/"


def typed(page: Any, **more: Any) -> dict[str, Any]:
    """What a browser would send of a page, with what the person does on it; None takes a field away."""
    values = {**fields_of(page.content.decode()), "read": "on", **more}
    return {name: value for name, value in values.items() if value is not None}


def answer(client: Client, decision: Decision, position: str | None = "approve", **more: Any) -> Any:
    """Open the page, answer, confirm and send it."""
    return client.post(address(decision), typed(client.get(address(decision)), position=position, **more))


def words_of(answer: Any) -> str:
    """What a page says."""
    return Page(answer).words


def said(words: str | Promise, **named: object) -> str:
    """A sentence of the interface as the French page says it."""
    with override("fr"):
        whole = gettext(words) if isinstance(words, str) else str(words)
    return " ".join((whole % named if named else whole).split())


def scan(name: str = "signature.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    """A scanned signature, as it is uploaded."""
    return SimpleUploadedFile(name, content, content_type="application/pdf")
