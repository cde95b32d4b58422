"""What tests of the signing page share; other tests make a protocol, a decision and a browser of their own."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from partnership.models import Decision
from tests.answers import browser_of
from tests.factories import ProtocolFactory
from tests.factories_decisions import DeliberationFactory, open_ratification, signatory


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


@pytest.fixture
def decision(protocol: Any) -> Decision:
    return open_ratification(protocol)


@pytest.fixture
def head(protocol: Any) -> Any:
    """The signatory of the first commune, whose council has resolved."""
    DeliberationFactory(party=protocol.parties.get(position=1))
    return signatory(protocol, 1, function_fr="Président du conseil communal")


@pytest.fixture
def browser(head: Any) -> Client:
    return browser_of(head)
