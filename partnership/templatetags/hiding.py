"""What is hidden from the public, on the forms of staff."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import RequestContext

from partnership import following, hiding, hiding_page, permissions
from partnership.middleware import current

register = template.Library()


@register.simple_tag(takes_context=True)
def hiding_address(context: RequestContext, record: Any) -> str:
    """Where a text of a published record is hidden from the public; empty where the person may not, or nobody reads it."""
    request: Any = context["request"]
    protocol = current(request)
    if record is None or protocol is None or not hiding.has_public_texts(record) or not hiding.is_public(record):
        return ""
    allowed = permissions.may(request.user, "hide", protocol, record=record)
    return hiding_page.address(following.root_of(record)) if allowed else ""


@register.simple_tag
def hidden_in(record: Any) -> list[hiding.PublicText]:
    """The texts of a record and of its parts that are hidden from the public now."""
    return hiding.hidden_in(record) if record is not None and hiding.has_public_texts(record) else []
