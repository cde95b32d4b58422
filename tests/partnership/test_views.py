"""Files are served by a view that checks rights [I11]."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from tests.factories import DocumentFactory, MembershipFactory, ProtocolFactory
from tests.staff import sign_in_with_second_factor

pytestmark = pytest.mark.django_db


@pytest.fixture
def protocol():
    return ProtocolFactory()


def test_a_published_document_is_an_attachment_that_runs_nothing(client: Client, protocol):
    document = DocumentFactory(protocol=protocol, published=True, media_type="application/pdf")
    answer = client.get(document.get_absolute_url())
    assert b"".join(answer.streaming_content).startswith(b"%PDF")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_an_unpublished_document_does_not_exist_for_the_public(client: Client, protocol):
    assert client.get(DocumentFactory(protocol=protocol).get_absolute_url()).status_code == 404


def test_staff_of_the_protocol_may_read_it(client: Client, protocol):
    document = DocumentFactory(protocol=protocol)
    sign_in_with_second_factor(client, MembershipFactory(protocol=protocol).user)
    assert client.get(document.get_absolute_url()).status_code == 200


def test_staff_who_gave_their_password_only_may_not(client: Client, protocol):
    client.force_login(MembershipFactory(protocol=protocol).user)
    assert client.get(DocumentFactory(protocol=protocol).get_absolute_url()).status_code == 404


def test_staff_of_another_protocol_may_not(client: Client, protocol):
    other = ProtocolFactory(hostname="second.example")
    sign_in_with_second_factor(client, MembershipFactory(protocol=other).user)
    assert client.get(DocumentFactory(protocol=protocol).get_absolute_url()).status_code == 404


def test_a_document_of_another_protocol_does_not_exist_here(client: Client, protocol):
    document = DocumentFactory(protocol=ProtocolFactory(hostname="second.example"), published=True)
    assert client.get(document.get_absolute_url()).status_code == 404


def test_an_unknown_document_is_a_404(client: Client, protocol):
    assert client.get(f"/files/{uuid.uuid4()}/").status_code == 404
