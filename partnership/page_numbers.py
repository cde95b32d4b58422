"""The pages of a long list as a page shows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.paginator import Page


def links(page: Page[Any], address: Callable[[int], str]) -> list[tuple[str, str]]:
    """Each page's number with its address, none for the present page and for the ones left out (“…”); empty for a single page."""
    if page.paginator.num_pages < 2:
        return []
    return [
        (str(number), address(number) if isinstance(number, int) and number != page.number else "")
        for number in page.paginator.get_elided_page_range(page.number)
    ]
