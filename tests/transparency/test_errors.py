"""Errors are pages too: in the reader's language, with a way on, and telling nothing that is not public [I11]."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import DatabaseError
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.utils import translation

from tests.factories import ProtocolFactory
from tests.pages import LANGUAGES, Page, leftovers
from transparency.views import errors

pytestmark = pytest.mark.django_db


@pytest.fixture
def protocol():
    return ProtocolFactory()


def request_for(language: str, path: str = "/") -> HttpRequest:
    """A request in a language, without a protocol."""
    return RequestFactory().get(f"/{language}{path}")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", ["nowhere/", "projects/NONE/", "projects/?page=7", "reports/x/fr.pdf"])
def test_a_404_is_in_the_language_of_its_address_and_leads_on(client: Client, protocol, language, path):
    answer = client.get(f"/{language}/{path}")
    page = Page(answer)
    assert answer.status_code == 404
    assert page.root == {"lang": language, "dir": LANGUAGES[language]}
    assert len(page.headings) == 1
    assert leftovers(page) == []
    for way in ("", "projects/", "reports/", "protocol/"):
        assert f"/{language}/{way}" in page.links
    assert 'name="q"' in page.source


@pytest.mark.parametrize(
    ("accepted", "language"), [("nl-BE,nl;q=0.9", "nl"), ("ar", "ar"), ("de", "fr"), ("", "fr"), ("x" * 400, "fr")]
)
def test_an_unknown_language_is_answered_in_the_browser_language(client: Client, protocol, accepted, language):
    answer = client.get("/de/projects/", headers={"accept-language": accepted})
    page = Page(answer)
    assert answer.status_code == 404
    assert page.root["lang"] == language
    assert page.switch == {code: f"/{code}/" for code in LANGUAGES}


def test_the_switch_of_a_404_stays_on_the_address(client: Client, protocol):
    page = Page(client.get("/fr/projects/NONE/"))
    assert page.switch["ar"] == "/ar/projects/NONE/"


def test_a_404_repeats_the_address_escaped(client: Client, protocol):
    source = client.get("/fr/%3Cscript%3Ealert(1)%3C/script%3E/").content.decode()
    assert "<script>" not in source
    assert "&lt;script&gt;" in source


def test_an_address_without_language_goes_to_one_that_exists(client: Client, protocol):
    answer = client.get("/projects/", headers={"accept-language": "nl"})
    assert answer.headers["Location"] == "/nl/projects/"


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_protocol_every_page_says_how_to_load_one(client: Client, language):
    for path in ("", "protocol/", "projects/", "projects/X/", "action-plan/", "partners/", "reports/"):
        answer = client.get(f"/{language}/{path}")
        page = Page(answer)
        assert answer.status_code == 503
        assert page.root["dir"] == LANGUAGES[language]
        assert "load_protocol" in page.words
        assert "load_demo" in page.words


def test_without_a_protocol_an_unknown_address_is_still_a_404(client: Client):
    assert client.get("/fr/nowhere/").status_code == 404


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_500_page_asks_nothing_of_the_database(django_assert_num_queries, language):
    with translation.override(language), django_assert_num_queries(0):
        answer = errors.server_error(request_for(language))
    page = Page(answer)
    assert answer.status_code == 500
    assert page.root == {"lang": language, "dir": LANGUAGES[language]}
    assert page.switch["nl"] == "/nl/"
    assert leftovers(page) == []


def test_a_broken_database_gives_the_500_page(client: Client, protocol, monkeypatch):
    def broken(*_args: object) -> None:
        raise DatabaseError("the server closed the connection")

    monkeypatch.setattr("partnership.middleware._protocol_of", broken)
    client.raise_request_exception = False
    answer = client.get("/ar/projects/")
    assert answer.status_code == 500
    assert Page(answer).root["lang"] == "ar"
    assert "connection" not in answer.content.decode()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("view", "status"),
    [
        (lambda request: errors.forbidden(request, PermissionDenied("secret reason")), 403),
        (lambda request: errors.bad_request(request, SuspiciousOperation("secret reason")), 400),
        (lambda request: errors.csrf_failure(request, "secret reason"), 403),
    ],
)
def test_the_other_errors_are_pages_that_tell_no_reason(protocol, language, view, status):
    request = request_for(language)
    request.protocol = protocol
    answer = view(request)
    page = Page(answer)
    assert answer.status_code == status
    assert page.root == {"lang": language, "dir": LANGUAGES[language]}
    assert "secret" not in page.source
    assert len(page.headings) == 1


def test_a_form_without_its_token_is_explained(protocol):
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/nl/accounts/login/", {"login": "x@commune.example", "password": "x"})
    assert answer.status_code == 403
    assert Page(answer).root["lang"] == "nl"
    assert len(Page(answer).headings) == 1


def test_public_pages_are_read_only(client: Client, protocol):
    assert client.post("/fr/projects/").status_code == 405


def test_a_host_that_is_not_ours_gets_a_400_and_no_page_of_a_protocol(client: Client, protocol):
    answer = client.get("/fr/", headers={"host": "elsewhere.example"})
    assert answer.status_code == 400
