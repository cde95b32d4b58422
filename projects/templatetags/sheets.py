"""Links from a list to its spreadsheets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import reverse

from partnership import permissions
from partnership.middleware import current
from projects.sheets import of_model

register = template.Library()


@dataclass(frozen=True)
class Links:
    """Where a list goes out, as it is filtered; and where sheets come back, empty for whoever may not change these records."""

    xlsx: str
    csv: str
    sheets: str


@register.simple_tag(takes_context=True)
def sheet_links(context: Any, changelist: Any) -> Links | None:
    """The links of a list; None for a list without sheets, and in a window that only chooses."""
    kind = of_model(changelist.opts.label_lower)
    request = context["request"]
    protocol = current(request)
    if kind is None or protocol is None or changelist.is_popup:
        return None
    asked = changelist.get_query_string(remove=["p", "e"])
    asked = asked if asked != "?" else ""
    may_write = permissions.may(request.user, "change", protocol, kind.label)
    return Links(
        reverse("admin:sheet_export", args=[kind.code, "xlsx"]) + asked,
        reverse("admin:sheet_export", args=[kind.code, "csv"]) + asked,
        reverse("admin:sheets", args=[kind.code]) if may_write else "",
    )
