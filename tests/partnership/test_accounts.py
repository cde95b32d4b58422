"""Who can sign in at all, with what, how often; and in which language they are met."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from django.urls import get_resolver, reverse

from config import settings as installation
from partnership import account_urls, accounts, breached, checks
from partnership.models import Message
from tests.factories import PASSWORD, MembershipFactory, ProtocolFactory, UserFactory
from tests.staff import use_second_factor

pytestmark = pytest.mark.django_db


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def sign_in(client: Client, email: str, password: str = PASSWORD, address: str = "/fr/accounts/login/") -> Any:
    return client.post(address, {"login": email, "password": password})


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


@pytest.mark.parametrize("page", ["signup", "email", "confirm-email", "login/code/confirm", "social/connections"])
def test_nobody_signs_up_and_nothing_of_allauth_answers_that_is_not_in_use(client: Client, page: str):
    answer = client.post(
        f"/fr/accounts/{page}/", {"email": "x@y.example", "password1": PASSWORD, "password2": PASSWORD}
    )
    assert answer.status_code == 404


def test_every_address_of_an_account_has_a_page_or_leads_on(client: Client):
    """What a person who is not signed in meets: a page for anyone, else the way to sign in; never an error."""
    for pattern in account_urls.urlpatterns:
        arguments: dict[str, Any] = {"uidb36": "1", "key": "x"} if "key>" in str(pattern.pattern) else {}
        if "pk" in str(pattern.pattern):
            arguments = {"pk": 1}
        answer = client.get(reverse(pattern.name, kwargs=arguments))
        assert answer.status_code in {200, 302}, pattern.name


# Sessions.


def test_a_changed_password_ends_every_other_session(client: Client):
    user = MembershipFactory().user
    here, elsewhere = Client(), Client()
    for browser in (here, elsewhere):
        browser.force_login(user)
        use_second_factor(browser)
    typed = {"oldpassword": PASSWORD, "password1": "un autre mot de passe", "password2": "un autre mot de passe"}
    here.post(reverse("account_change_password"), typed)
    assert here.get("/fr/admin/").status_code == 200
    assert elsewhere.get("/fr/admin/").status_code == 302


def test_who_is_switched_off_is_out_at_once(client: Client):
    user = MembershipFactory().user
    client.force_login(user)
    use_second_factor(client)
    assert client.get("/fr/admin/").status_code == 200
    user.is_active = False
    user.save()
    assert client.get("/fr/admin/").status_code == 302


def test_sessions_can_be_ended_on_every_device():
    user = MembershipFactory().user
    browsers = [Client(), Client()]
    for browser in browsers:
        browser.force_login(user)
        use_second_factor(browser)
    accounts.end_sessions(user)
    assert [browser.get("/fr/admin/").status_code for browser in browsers] == [302, 302]


# Limits.


def test_the_sixth_wrong_password_waits_says_so_in_the_persons_language_and_keeps_the_address(client: Client):
    user = MembershipFactory().user
    for _attempt in range(5):
        sign_in(client, user.email, "faux mot de passe")
    answer = sign_in(client, user.email)
    assert not signed_in(client)
    assert answer.context["form"].non_field_errors() == [
        accounts.InvitationOnlyAdapter.error_messages["too_many_login_attempts"]
    ]
    assert f'value="{user.email}"' in answer.content.decode()


def test_wrong_codes_are_limited_as_well(client: Client):
    client.force_login(MembershipFactory().user)
    use_second_factor(client, method="password")
    answers = [client.post(reverse("mfa_activate_totp"), {"code": "000000"}) for _attempt in range(6)]
    assert [list(answer.context["form"].errors["code"]) for answer in answers] == [
        *[[accounts.WRONG_CODE]] * 5,
        [accounts.InvitationOnlyAdapter.error_messages["rate_limited"]],
    ]


def test_too_many_links_asked_for_are_refused_with_a_page_that_keeps_the_address(client: Client):
    user = MembershipFactory().user
    for _attempt in range(5):
        client.post("/nl/accounts/password/reset/", {"email": user.email})
    answer = client.post("/nl/accounts/password/reset/", {"email": user.email})
    assert answer.status_code == 429
    assert 'lang="nl"' in answer.content.decode()
    assert f'name="email" value="{user.email}"' in answer.content.decode()
    assert Message.objects.filter(recipient=user.email).count() == 5


def test_limits_count_where_every_process_sees_them():
    assert installation.environment.caches("redis://x/0", one_process=False)["default"]["BACKEND"].endswith(
        "RedisCache"
    )
    assert installation.environment.caches("", one_process=False)["default"]["BACKEND"].endswith("DatabaseCache")


def test_without_redis_the_limits_count_in_the_database(client: Client, settings: Any):
    settings.CACHES = installation.environment.caches("", one_process=False)
    call_command("createcachetable", verbosity=0)
    user = MembershipFactory().user
    for _attempt in range(5):
        sign_in(client, user.email, "faux mot de passe")
    sign_in(client, user.email)
    assert not signed_in(client)


def test_a_cache_of_one_process_is_an_error(settings: Any):
    settings.CACHES = configured.CACHES | {"default": {"BACKEND": checks.OWN_TO_ONE_PROCESS[0]}}
    assert [found.id for found in checks.attempts_are_counted_together()] == ["accounts.E001"]
    settings.DEMO = True
    assert checks.attempts_are_counted_together() == []


def test_uncounted_proxies_are_warned_of(settings: Any):
    settings.SECURE, settings.ALLAUTH_TRUSTED_PROXY_COUNT = True, 0
    assert [found.id for found in checks.the_proxies_are_known()] == ["accounts.W002"]
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert checks.the_proxies_are_known() == []


# Passwords.


def test_passwords_are_kept_as_argon2id(settings: Any):
    settings.PASSWORD_HASHERS = installation.PASSWORD_HASHERS
    assert make_password(PASSWORD).startswith("argon2$argon2id$")


@pytest.mark.parametrize("password", ["onze signes", "qwertyuiop12", "password1234"])
def test_short_and_common_passwords_are_refused(password: str):
    with pytest.raises(ValidationError):
        validate_password(password)


STOLEN = [f"stolen password {number}" for number in range(200)]


@pytest.fixture(params=["plain", "digests", "digests with counts", "one digest"])
def stolen(request: Any, tmp_path: Path) -> tuple[Path, list[str]]:
    """A list as an operator may supply it, and what stands in it."""
    known = STOLEN[:1] if request.param == "one digest" else STOLEN
    digests = sorted(hashlib.sha1(one.encode()).hexdigest().upper() for one in known)
    suffix = ":17" if "counts" in request.param else ""
    path = tmp_path / "list"
    path.write_text("\n".join(known if request.param == "plain" else [f"{one}{suffix}" for one in digests]) + "\n")
    return path, known


def test_what_stands_in_the_operators_list_is_refused_and_nothing_else(stolen: tuple[Path, list[str]], settings: Any):
    path, known = stolen
    settings.BREACHED_PASSWORDS = str(path)
    assert all(breached.stands_in(path, one) for one in known)
    assert not any(breached.stands_in(path, f"another one {number}") for number in range(200))
    with pytest.raises(ValidationError) as refusal:
        validate_password(known[0])
    assert [error.code for error in refusal.value.error_list] == ["password_breached"]
    validate_password("dix-sept chameaux bleus")
    assert checks.the_list_of_breached_passwords_can_be_searched() == []


def test_a_list_of_digests_that_is_not_sorted_is_an_error(tmp_path: Path, settings: Any):
    path = tmp_path / "list"
    path.write_text("\n".join(hashlib.sha1(one.encode()).hexdigest() for one in STOLEN))
    settings.BREACHED_PASSWORDS = str(path)
    assert [found.id for found in checks.the_list_of_breached_passwords_can_be_searched()] == ["accounts.E003"]


# Language.


@pytest.mark.parametrize(("language", "landing"), [("ar", "/ar/admin/"), ("nl", "/nl/admin/"), ("", "/fr/admin/")])
def test_after_sign_in_a_person_lands_in_their_language(client: Client, language: str, landing: str):
    user = MembershipFactory(user__language=language).user
    assert sign_in(client, user.email, address="/fr/accounts/login/?next=/fr/admin/")["Location"] == landing


def test_the_way_on_in_the_persons_language_leads_nowhere_else(client: Client):
    user = MembershipFactory(user__language="ar").user
    answer = sign_in(client, user.email, address="/fr/accounts/login/?next=https://elsewhere.example/fr/admin/")
    assert answer["Location"] == "/ar/admin/"


def test_a_person_chooses_the_language_of_their_pages_and_mails(client: Client):
    user = MembershipFactory(user__language="").user
    client.force_login(user)
    answer = client.post("/fr/accounts/", {"language": "ar"})
    user.refresh_from_db()
    assert (answer["Location"], user.language) == ("/ar/accounts/", "ar")
    client.post("/ar/accounts/", {"language": "en"})
    user.refresh_from_db()
    assert user.language == "ar"


@pytest.mark.parametrize(("place", "language", "parts"), [(2, "ar", 1), (2, "", 2), (1, "", 1)])
def test_mails_of_an_account_are_in_the_persons_language_else_in_those_of_their_commune(
    place: int, language: str, parts: int
):
    protocol = ProtocolFactory()
    commune = protocol.parties.get(position=place).organisation
    user = MembershipFactory(protocol=protocol, organisation=commune, user__language=language).user
    Client().post("/nl/accounts/password/reset/", {"email": user.email})
    mail = Message.objects.get(recipient=user.email)
    assert len(mail.subject.split(" · ")) == parts


def test_there_is_no_address_without_a_language():
    assert "accounts/" not in {str(pattern.pattern) for pattern in get_resolver().url_patterns}
