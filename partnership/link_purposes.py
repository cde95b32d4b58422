"""What a personal link opens, by its purpose. Each floor registers its own page in its `link_purposes.py`, as kinds of decision are."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from partnership.models import LinkPurpose, PersonalLink

Page = Callable[[HttpRequest, PersonalLink], HttpResponse]
"""Shows on GET and acts on POST; raises LinkClosed where the link stands for nothing any more."""
_pages: dict[str, Page] = {}


def register(purpose: LinkPurpose, page: Page) -> None:
    """Let links for a purpose open a page. Raises ValueError for a purpose that has another one already."""
    if _pages.setdefault(purpose, page) is not page:
        raise ValueError(f"Links for {purpose} open {_pages[purpose]} already")


def page_of(link: PersonalLink) -> Page | None:
    """What a link opens; None where nothing is registered for its purpose."""
    return _pages.get(link.purpose)
