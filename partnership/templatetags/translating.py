"""Where a record is translated, on the forms of staff."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import RequestContext

from partnership import following, permissions, translating, translation_queue
from partnership.middleware import current

register = template.Library()


@register.simple_tag(takes_context=True)
def translating_address(context: RequestContext, record: Any) -> str:
    """The page on which a record's texts stand side by side; empty where it has none, or the person may not change them."""
    request: Any = context["request"]
    protocol = current(request)
    if record is None or protocol is None or type(record) not in following.models_with_texts():
        return ""
    root = following.root_of(record)
    if not permissions.may(request.user, "change", protocol, record=root):
        return ""
    return translation_queue.address(root, "" if root is record else translating.part_anchor(record))
