"""Which protocol a request is about, and what stands on every answer."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory

from partnership.middleware import ProtocolMiddleware
from partnership.models import Protocol

pytestmark = pytest.mark.django_db

TITLES = {"title_ar": "بروتوكول", "title_fr": "Protocole", "title_nl": "Protocol"}


@pytest.fixture
def protocols() -> dict[str, Protocol]:
    return {
        "jette": Protocol.objects.create(code="BELFAA-JETTE", hostname="jette.example", primary=True, **TITLES),
        "evere": Protocol.objects.create(code="OUED-EVERE", hostname="evere.example", **TITLES),
    }


def protocol_for(host: str) -> Protocol | None:
    request = RequestFactory().get("/fr/", headers={"host": host})
    seen: list[Protocol | None] = []

    def view(request):
        seen.append(request.protocol)

    ProtocolMiddleware(view)(request)
    return seen[0] or None


@pytest.mark.parametrize("host", ["evere.example", "evere.example:8000", "EVERE.example"])
def test_the_host_name_decides(protocols, settings, host: str):
    settings.ALLOWED_HOSTS = ["evere.example"]
    assert protocol_for(host) == protocols["evere"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:8000"])
def test_elsewhere_the_primary_one_is_served(protocols, settings, host: str):
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
    assert protocol_for(host) == protocols["jette"]


def test_without_a_protocol_there_is_none():
    assert protocol_for("localhost") is None


def test_health_answers_with_strict_headers(client: Client):
    answer = client.get("/health/")
    assert answer.json() == {"status": "ok"}
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert "camera=()" in answer["Permissions-Policy"]
    assert not answer.cookies


@pytest.mark.parametrize(
    ("accepted", "home"), [("ar", "/ar/"), ("nl-BE,nl;q=0.9", "/nl/"), ("fr", "/fr/"), ("de", "/fr/")]
)
def test_the_root_chooses_by_the_browsers_language(client: Client, accepted: str, home: str):
    answer = client.get("/", headers={"accept-language": accepted})
    assert answer["Location"] == home
    assert "Accept-Language" in answer["Vary"]
    assert not answer.cookies
