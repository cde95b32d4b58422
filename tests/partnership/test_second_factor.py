"""The second factor: demanded of every session that opens a staff page, set up first, shown again, lost, taken away."""

from __future__ import annotations

import datetime
import time
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.test import Client
from django.urls import reverse

from partnership import accounts
from partnership.models import Message, User
from tests.factories import PASSWORD, MembershipFactory, ProtocolFactory
from tests.staff import fields_of, staff, staff_by_password, use_second_factor

pytestmark = pytest.mark.django_db

STAFF = "/fr/admin/projects/project/"


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


def person(client: Client) -> User:
    return User.objects.get(pk=client.session["_auth_user_id"])


def code(secret: str, *, ahead: int = 0) -> str:
    """What an app with this secret shows now, or so many half minutes from now."""
    counter = int(time.time()) // 30 + ahead
    return totp.format_hotp_value(totp.hotp_value(secret, counter))


def give_app(user: User) -> str:
    """An authenticator app set up earlier, with recovery codes; its secret."""
    secret: str = totp.generate_totp_secret()
    totp.TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return secret


def give_passkey(user: User, name: str = "Téléphone") -> Authenticator:
    """A passkey's row; nothing here ever opens it."""
    return Authenticator.objects.create(user=user, type="webauthn", data={"name": name, "credential": {}})


def sign_in(client: Client, user: User, then: str = STAFF, language: str = "fr") -> Any:
    return client.post(f"/{language}/accounts/login/?next={then}", {"login": user.email, "password": PASSWORD})


def test_a_password_alone_opens_no_staff_page(protocol: Any):
    client = staff_by_password(protocol)
    answer = client.get(STAFF, follow=True)
    assert answer.redirect_chain[-1][0] == f"/fr/accounts/second-factor/?next={STAFF.replace('/', '%2F')}"
    assert answer.status_code == 200


def test_to_own_a_factor_is_not_enough_this_session_must_have_used_it(protocol: Any):
    client = staff_by_password(protocol)
    give_app(person(client))
    answer = client.get(STAFF, follow=True)
    assert answer.redirect_chain[-1][0].startswith("/fr/accounts/second-factor/again/")


def test_the_code_opens_the_staff_pages_and_leads_where_one_was_going(protocol: Any, client: Client):
    user = MembershipFactory(protocol=protocol).user
    secret = give_app(user)
    assert sign_in(client, user)["Location"] == "/fr/accounts/second-factor/show/"
    answer = client.post("/fr/accounts/second-factor/show/", {"code": code(secret)})
    assert answer["Location"] == STAFF
    assert client.get(STAFF).status_code == 200


def test_a_code_typed_on_an_arabic_keyboard_with_spaces_is_the_same_code(protocol: Any, client: Client):
    user = MembershipFactory(protocol=protocol).user
    secret = give_app(user)
    sign_in(client, user)
    arabic = code(secret).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    client.post("/fr/accounts/second-factor/show/", {"code": f"{arabic[:3]} {arabic[3:]}"})
    assert client.get(STAFF).status_code == 200


def test_a_code_is_taken_once_even_while_the_clock_would_still_allow_it(protocol: Any):
    user = MembershipFactory(protocol=protocol).user
    secret = give_app(user)
    with time_machine.travel(datetime.datetime(2026, 11, 25, 10, 0, 5, tzinfo=datetime.UTC), tick=False) as clock:
        first, second = Client(), Client()
        used = code(secret)
        sign_in(first, user)
        assert first.post("/fr/accounts/second-factor/show/", {"code": used}).status_code == 302
        clock.shift(28)
        sign_in(second, user)
        assert second.post("/fr/accounts/second-factor/show/", {"code": used}).status_code == 200
        assert "_auth_user_id" not in second.session
        clock.shift(120)
        assert second.post("/fr/accounts/second-factor/show/", {"code": code(secret)}).status_code == 302


def test_a_recovery_code_stands_in_once(protocol: Any):
    user = MembershipFactory(protocol=protocol).user
    give_app(user)
    recovery = Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()[0]
    for opens in (True, False):
        client = Client()
        sign_in(client, user)
        client.post("/fr/accounts/second-factor/show/", {"code": recovery})
        assert (client.get(STAFF).status_code == 200) is opens


def test_setting_up_an_app_shows_the_recovery_codes_and_opens_the_staff_pages(protocol: Any, client: Client):
    user = MembershipFactory(protocol=protocol).user
    sign_in(client, user)
    address = f"{reverse('mfa_activate_totp')}?next={STAFF}"
    page = client.get(address)
    secret = page.context["form"].secret
    html = page.content.decode()
    picture = html.partition('class="qr-frame"')[2].partition("</svg>")[0]
    assert "<path" in picture
    assert "<text" not in picture
    assert " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)) in html
    answer = client.post(address, {"code": code(secret)}, follow=True)
    assert answer.redirect_chain[0][0] == f"/fr/accounts/recovery-codes/?next={STAFF.replace('/', '%2F')}"
    assert len(answer.context["unused_codes"]) == 10
    assert f'href="{STAFF}"' in answer.content.decode()
    assert client.get(STAFF).status_code == 200


def test_a_wrong_code_sets_nothing_up_and_keeps_the_secret(protocol: Any):
    client = staff_by_password(protocol)
    sign_in(client, person(client))
    use_second_factor(client, method="password")
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    answer = client.post(reverse("mfa_activate_totp"), {"code": "000000"})
    assert answer.context["form"].errors["code"] == [accounts.WRONG_CODE]
    assert answer.context["form"].secret == secret
    assert accounts.factors(person(client)) == set()


def test_the_secret_is_unreadable_in_a_copy_of_the_database(protocol: Any):
    client = staff_by_password(protocol)
    secret = give_app(person(client))
    stored = Authenticator.objects.get(type="totp").data["secret"]
    assert secret not in stored
    assert accounts.SecondFactorAdapter().decrypt(stored) == secret


def test_a_new_signing_key_locks_nobody_out_while_the_former_is_named(settings: Any):
    kept = accounts.SecondFactorAdapter().encrypt("JBSWY3DP")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new" * 20, [settings.SECRET_KEY]
    assert accounts.SecondFactorAdapter().decrypt(kept) == "JBSWY3DP"


@pytest.mark.parametrize("name", ["mfa_activate_totp", "mfa_add_webauthn", "account_set_password"])
def test_who_holds_none_types_the_password_again_before_setting_one_up(protocol: Any, name: str):
    client = staff_by_password(protocol)  # signed in long ago, for all this session knows
    answer = client.get(reverse(name))
    assert answer["Location"].startswith("/fr/accounts/reauthenticate/")


PROTECTED = [
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_add_webauthn",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "account_set_password",
]


@pytest.mark.parametrize("name", PROTECTED)
def test_what_protects_the_account_asks_for_the_factor_again_after_a_quarter_of_an_hour(protocol: Any, name: str):
    client = staff(protocol)
    give_app(person(client))
    use_second_factor(client, ago=datetime.timedelta(minutes=16))
    assert client.get(reverse(name))["Location"].startswith("/fr/accounts/second-factor/again/")


@pytest.mark.parametrize("name", [*PROTECTED, "mfa_index", "account_change_password"])
def test_the_password_never_stands_in_for_a_factor_one_holds(protocol: Any, name: str):
    client = staff_by_password(protocol)
    give_app(person(client))
    use_second_factor(client, method="password")
    assert client.get(reverse(name))["Location"].startswith("/fr/accounts/second-factor/again/")
    assert client.get(reverse("account_reauthenticate"))["Location"].startswith("/fr/accounts/second-factor/again/")


def test_what_was_being_sent_is_carried_out_once_the_factor_is_shown(protocol: Any):
    client = staff(protocol)
    user = person(client)
    secret = give_app(user)
    before = Authenticator.objects.get(type="recovery_codes").pk
    use_second_factor(client, ago=datetime.timedelta(minutes=16))
    asked = client.post(reverse("mfa_generate_recovery_codes"))
    client.post(asked["Location"], {**fields_of(client.get(asked["Location"]).content.decode()), "code": code(secret)})
    assert Authenticator.objects.get(type="recovery_codes").pk != before


def test_a_signature_wants_a_factor_shown_within_five_minutes(protocol: Any, rf: Any, settings: Any):
    client = staff(protocol)
    request = rf.get("/")
    request.user = person(client)
    for minutes, fresh in ((4, True), (6, False)):
        use_second_factor(client, ago=datetime.timedelta(minutes=minutes))
        request.session = client.session
        assert accounts.has_second_factor(request)
        assert accounts.second_factor_is_fresh(request) is fresh
    assert accounts.second_factor_is_fresh(request, within=datetime.timedelta(minutes=10))
    settings.DEMO = True
    assert accounts.second_factor_is_fresh(request)


def test_where_to_show_it_depends_on_what_one_holds(protocol: Any, rf: Any):
    request = rf.get("/")
    request.user = MembershipFactory(protocol=protocol).user
    assert accounts.second_factor_url(request, "/fr/x/") == "/fr/accounts/second-factor/?next=%2Ffr%2Fx%2F"
    give_passkey(request.user)
    assert accounts.second_factor_url(request, "/fr/x/") == "/fr/accounts/passkeys/again/?next=%2Ffr%2Fx%2F"
    give_app(request.user)
    assert accounts.second_factor_url(request, "/fr/x/") == "/fr/accounts/second-factor/again/?next=%2Ffr%2Fx%2F"


def test_under_demo_no_second_factor_is_asked_for(protocol: Any, settings: Any):
    settings.DEMO = True
    client = staff_by_password(protocol)
    assert client.get(STAFF).status_code == 200


def test_another_persons_record_in_the_session_counts_for_nothing(protocol: Any):
    client = staff(protocol)
    client.force_login(MembershipFactory(protocol=protocol).user)
    assert client.get(STAFF).status_code == 302


# Losing, replacing, removing.


def test_a_reset_factor_ends_every_session_and_begins_anew(protocol: Any):
    phone, desk = staff(protocol), Client()
    user = person(phone)
    give_app(user)
    give_passkey(user)
    desk.force_login(user)
    accounts.reset_second_factor(user)
    assert not Authenticator.objects.filter(user=user).exists()
    for client in (phone, desk):
        assert client.get(STAFF, follow=True).redirect_chain[-1][0].startswith("/fr/accounts/login/")
    sign_in(desk, user)
    assert desk.get(STAFF, follow=True).redirect_chain[-1][0].startswith("/fr/accounts/second-factor/?")


def test_a_factor_reset_while_its_page_stands_open_leads_back_to_sign_in(protocol: Any, client: Client):
    user = MembershipFactory(protocol=protocol).user
    give_app(user)
    sign_in(client, user)
    accounts.reset_second_factor(user)
    answer = client.get("/fr/accounts/second-factor/show/", follow=True)
    assert answer.redirect_chain == [("/fr/accounts/login/", 302)]


def test_nobody_takes_their_last_factor_away(protocol: Any):
    client = staff(protocol)
    give_app(person(client))
    answer = client.post(reverse("mfa_deactivate_totp"))
    assert answer.context["form"].non_field_errors() == [accounts.LAST_FACTOR]
    Authenticator.objects.filter(type="totp").delete()
    passkey = give_passkey(person(client))
    client.post(reverse("mfa_remove_webauthn", args=[passkey.pk]))
    assert Authenticator.objects.filter(pk=passkey.pk).exists()


def test_a_removed_factor_ends_the_other_sessions(protocol: Any):
    client, stolen = staff(protocol), Client()
    user = person(client)
    give_app(user)
    passkey = give_passkey(user)
    stolen.force_login(user)
    use_second_factor(stolen)
    assert stolen.get(STAFF).status_code == 200
    client.post(reverse("mfa_remove_webauthn", args=[passkey.pk]))
    assert stolen.get(STAFF).status_code == 302
    assert client.get(STAFF).status_code == 200
    give_passkey(user)
    client.post(reverse("mfa_deactivate_totp"))
    assert accounts.factors(user) == {"webauthn"}
    assert client.get(STAFF).status_code == 200


def test_a_new_telephone_takes_the_place_of_the_old_one(protocol: Any):
    client, elsewhere = staff(protocol), Client()
    user = person(client)
    old = give_app(user)
    elsewhere.force_login(user)
    new = client.get(reverse("mfa_activate_totp")).context["form"].secret
    client.post(reverse("mfa_activate_totp"), {"code": code(new)})
    assert "_auth_user_id" in client.session
    assert elsewhere.get(reverse("mfa_index")).status_code == 302
    again = Client()
    sign_in(again, user)
    assert again.post("/fr/accounts/second-factor/show/", {"code": code(old)}).status_code == 200
    assert again.post("/fr/accounts/second-factor/show/", {"code": code(new)}).status_code == 302


def test_nobody_reaches_another_persons_passkey(protocol: Any):
    client = staff(protocol)
    give_app(person(client))
    theirs = give_passkey(MembershipFactory(protocol=protocol).user)
    for name in ("mfa_remove_webauthn", "mfa_edit_webauthn"):
        assert client.post(reverse(name, args=[theirs.pk]), {"name": "mine"}).status_code == 404
    assert Authenticator.objects.get(pk=theirs.pk).data["name"] == "Téléphone"


def test_a_passkey_that_is_not_accepted_says_so_and_keeps_the_way(protocol: Any, client: Client):
    give_passkey(MembershipFactory(protocol=protocol).user)
    answer = client.post("/fr/accounts/passkeys/login/", {"credential": '{"id": "x"}', "next": STAFF}, follow=True)
    assert answer.redirect_chain[0][0] == f"/fr/accounts/login/?next={STAFF.replace('/', '%2F')}"
    assert len(list(answer.context["messages"])) == 1


NONSENSE = [
    "x",
    "[]",
    "1",
    "{}",
    '{"id": "x"}',
    '{"response": {"userHandle": "AA"}}',
    '{"response": {"userHandle": {}}}',
]


@pytest.mark.parametrize("credential", NONSENSE)
def test_a_passkey_that_is_none_is_refused_at_every_door(protocol: Any, credential: str):
    client, other = staff(protocol), Client()
    give_passkey(person(client))
    sign_in(other, MembershipFactory(protocol=protocol).user)
    assert other.post(reverse("mfa_login_webauthn"), {"credential": credential}).status_code == 302
    assert client.post(reverse("mfa_reauthenticate_webauthn"), {"credential": credential}).status_code == 302
    Authenticator.objects.all().delete()
    use_second_factor(client, method="password")
    assert client.post(reverse("mfa_add_webauthn"), {"credential": credential}).status_code == 200
    assert not Authenticator.objects.exists()


def test_recovery_codes_can_be_kept_as_a_file(protocol: Any):
    client = staff(protocol)
    give_app(person(client))
    answer = client.get(reverse("mfa_download_recovery_codes"))
    first = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]
    assert f"{first[:4]} {first[4:]}" in answer.content.decode()
    assert answer["Content-Disposition"].startswith("attachment")


# Mails.


@pytest.mark.parametrize(("position", "language", "subjects"), [(1, "nl", 1), (1, "", 1), (2, "ar", 1), (2, "", 2)])
def test_a_change_of_factors_is_mailed_in_the_persons_language_else_in_those_of_their_commune(
    protocol: Any, position: int, language: str, subjects: int, django_capture_on_commit_callbacks: Any
):
    client = staff(protocol, position, language=language)
    use_second_factor(client, method="password")
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("mfa_activate_totp"), {"code": code(secret)})
    mail = Message.objects.get(recipient=person(client).email)
    assert len(mail.subject.split(" · ")) == subjects
