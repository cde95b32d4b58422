"""Each purpose of a personal link opens one page, whichever floor it comes from."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client

from partnership import link_purposes, link_views, links
from partnership.models import LinkPurpose, PersonalLink
from tests.factories import MembershipFactory, UserFactory


def other_page(request: HttpRequest, link: PersonalLink) -> HttpResponse:
    return HttpResponse()


def test_every_purpose_has_its_page():
    assert link_views is not None  # registers the invitation's, as the addresses do
    assert all(link_purposes.page_of(PersonalLink(purpose=purpose)) for purpose in LinkPurpose)


def test_a_purpose_has_one_page_only():
    with pytest.raises(ValueError, match="already"):
        link_purposes.register(LinkPurpose.ACCEPTANCE, other_page)
    assert link_purposes.page_of(PersonalLink(purpose=LinkPurpose.ACCEPTANCE)) is not other_page


@pytest.mark.django_db
def test_a_link_whose_purpose_nobody_knows_is_closed(monkeypatch: Any):
    mandate = MembershipFactory(user=UserFactory(password=None))
    issued = links.issue(LinkPurpose.ACCEPTANCE, mandate, protocol=mandate.protocol, organisation=mandate.organisation)
    monkeypatch.setattr(link_purposes, "_pages", {})
    assert Client().get(f"/fr/link/{issued.secret}/").status_code == 404
