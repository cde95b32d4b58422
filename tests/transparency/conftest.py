"""What tests of the public pages share."""

from __future__ import annotations

import pytest
from pytest_django import Settings


@pytest.fixture
def second_host(settings: Settings) -> None:
    """Another protocol's host name."""
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "second.example"]
