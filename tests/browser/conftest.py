"""A real Chromium on the live server."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, sync_playwright
from pytest_django.live_server_helper import LiveServer

from bin.system import chromium as chromium_path

# Nothing of the browser's own leaves this machine, and a page that asks for another host fails.
QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]
PHONE = ViewportSize(width=360, height=740)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, headless. Its sandbox refuses to run as root."""
    path = chromium_path()
    if path is None:
        pytest.fail("No Chromium here: make test installs it, or name one in CHROMIUM")
    as_root = ["--no-sandbox", "--disable-dev-shm-usage"] if os.geteuid() == 0 else []
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop open in this thread, which Django takes for an asynchronous caller.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=path, args=[*QUIET, *as_root])
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained about: console errors, policy violations, exceptions. Must be empty at the end."""
    return []


@pytest.fixture
def page(chromium: Browser, live_server: LiveServer, complaints: list[str]) -> Iterator[Page]:
    """A fresh tab, as wide as a phone, whose relative addresses are the live server's.

    A test that expects a complaint (a 404 is one) clears `complaints` itself.
    """
    context = chromium.new_context(base_url=live_server.url, viewport=PHONE)
    context.set_default_timeout(10_000)
    tab = context.new_page()
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("console", lambda message: note(message, complaints))
    yield tab
    context.close()
    assert complaints == []


def note(message: ConsoleMessage, complaints: list[str]) -> None:
    """Keep errors and warnings; the rest is talk."""
    if message.type in {"error", "warning"}:
        complaints.append(f"{message.text} ({message.location.get('url')})")
