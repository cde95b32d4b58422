"""Who can sign in at all."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import PASSWORD, MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def sign_in(client: Client, email: str) -> None:
    client.post("/fr/accounts/login/", {"login": email, "password": PASSWORD})


def test_an_address_and_its_password_open(client: Client):
    sign_in(client, MembershipFactory().user.email)
    assert signed_in(client)


@pytest.mark.parametrize("demo", [True, False])
def test_the_demonstrations_people_come_in_under_demo_only(client: Client, settings, demo: bool):
    settings.DEMO = demo
    sign_in(client, UserFactory(is_demonstration=True).email)
    assert signed_in(client) is demo


def test_a_session_from_a_demonstration_ends_with_it(client: Client, settings):
    settings.DEMO = True
    user = MembershipFactory(user__is_demonstration=True).user
    client.force_login(user)
    settings.DEMO = False
    assert client.get("/fr/admin/").status_code == 302


def test_nobody_signs_up(client: Client):
    client.post("/fr/accounts/signup/", {"email": "x@y.example", "password1": PASSWORD, "password2": PASSWORD})
    assert not signed_in(client)
