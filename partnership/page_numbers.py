"""The pages of a long list as a page shows them, and addresses that keep what was chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.core.paginator import Page
from django.http import HttpRequest, QueryDict


def links(page: Page[Any], address: Callable[[int], str]) -> list[tuple[str, str]]:
    """Each page's number with its address, none for the present page and for the ones left out (“…”); empty for a single page."""
    if page.paginator.num_pages < 2:
        return []
    return [
        (str(number), address(number) if isinstance(number, int) and number != page.number else "")
        for number in page.paginator.get_elided_page_range(page.number)
    ]


def address(request: HttpRequest, kept: Iterable[str], **changed: str) -> str:
    """The page's own address with other choices: those to keep by name, those that change, empty for none."""
    chosen = QueryDict(mutable=True)
    for name, said in ({name: request.GET.get(name, "") for name in kept} | changed).items():
        if said:
            chosen[name] = said
    return f"?{chosen.urlencode()}" if chosen else "?"
