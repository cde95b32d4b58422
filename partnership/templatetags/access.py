"""How the pages of a person's own access write what is copied by hand."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def in_fours(code: str) -> str:
    """A secret or a recovery code in groups of four, as it is read out and typed."""
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))
