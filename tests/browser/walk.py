"""What a walk in a real browser is made of: a step from page to page taken to its end, and a look at the page that stands there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Locator, Page

from tests.conftest import LONG

RULES: dict[str, dict[str, Any]] = {
    "light": {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
    "dark": {"runOnly": {"type": "rule", "values": ["color-contrast"]}},  # nothing else differs
}
# No preload: axe would write the sheets that Django's own sheet imports into the page, which the policy forbids.
OPTIONS = {"preload": False, "resultTypes": ["violations"]}
SELECT2 = "select2-selection__rendered"
"""The list that select2, which Django brings, draws for a menu of several choices: it holds a span beside its items."""

STILL = "Promise.allSettled(document.getAnimations().map(one => one.finished))"
"""Done when no colour is on its way to another: Django's buttons change theirs in a few steps."""


def follow(page: Page, locator: Locator, *, key: str = "") -> None:
    """Click what leads to another page, or press a key there, and wait until that page stands.

    A click alone returns while the old page is still there: what does not wait by itself (an address, a count, a look, a
    row of the database, the next address typed) would meet either of the two.
    """
    with page.expect_navigation():
        if key:
            locator.press(key)
        else:
            locator.click()


def violations(page: Page, scheme: str) -> Iterator[str]:
    """What axe finds wrong with the page, by rule and place."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    answer = page.evaluate(f"axe.run({json.dumps({**RULES[scheme], **OPTIONS})})")
    assert answer["passes"]
    for one in answer["violations"]:
        nodes = [node["html"] for node in one["nodes"] if (one["id"], SELECT2 in node["html"]) != ("list", True)]
        yield from (f"{one['id']}: {html[:200]}" for html in nodes)


def schemes_in(language: str) -> tuple[str, ...]:
    """How to look at a page that is looked at in every language: outside the long run, dark in one, for colours know no language."""
    return tuple(RULES) if LONG or language == "ar" else ("light",)


def looked_at(page: Page, schemes: Sequence[str] = tuple(RULES)) -> Iterator[str]:
    """What is wrong with the page as it stands: in light and in dark, and whether it must be scrolled sideways."""
    page.wait_for_load_state("load")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # the two keys are the two schemes
        page.evaluate(STILL)
        yield from (f"{page.url} {scheme} {one}" for one in violations(page, scheme))
    page.emulate_media(color_scheme="light")
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        yield f"{page.url} is wider than the window"
