"""Sign-in without sign-up: people enter by invitation only, the demonstration's people under DEMO=1 only."""

from __future__ import annotations

import base64
import datetime
import hmac
import time
import uuid
from typing import Any

import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.core import context as allauth_context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME, update_session_auth_hash
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.urls import reverse, translate_url
from django.utils.http import urlencode
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from partnership import letters, outbox
from partnership.middleware import current
from partnership.models import User

FRESH = datetime.timedelta(minutes=5)
"""For how long a second factor that was shown also covers a signature."""
OWN_ACCESS = datetime.timedelta(minutes=15)
"""For how long it covers changes to the person's own access; long enough to install an authenticator app."""
WRONG_CODE = _("This code is not right, is too old, or was used already. Wait for the next one and type it.")
PASSKEY_REFUSED = _("The passkey was not accepted. Try again, or use another way to sign in.")
LAST_FACTOR = _("This is your only second factor. Add another one first, or put a new app in its place.")


def has_second_factor(request: HttpRequest) -> bool:
    """Whether this session used the second factor; that the person owns one is not enough. Under DEMO=1 always."""
    return bool(settings.DEMO) or _last_shown(request, "mfa") is not None


def second_factor_is_fresh(request: HttpRequest, within: datetime.timedelta = FRESH) -> bool:
    """Whether this session used the second factor so recently, as a signature demands. Under DEMO=1 always."""
    return bool(settings.DEMO) or _shown_within(request, "mfa", within)


def has_shown_themselves(request: HttpRequest) -> bool:
    """Whether the person may change their own access now: by the factor they hold, or the password if they hold none yet."""
    method = "mfa" if factors(request.user) else "password"
    return bool(settings.DEMO) or _shown_within(request, method, OWN_ACCESS)


def _shown_within(request: HttpRequest, method: str, within: datetime.timedelta) -> bool:
    shown = _last_shown(request, method)
    return shown is not None and time.time() - shown < within.total_seconds()


def _last_shown(request: HttpRequest, method: str) -> float | None:
    records = get_authentication_records(request, request.user)
    return max((record["at"] for record in records if record["method"] == method), default=None)


def remember_second_factor(request: HttpRequest, authenticator: Authenticator) -> None:
    """Count a factor that was just set up as shown in this session: setting it up took it in hand."""
    record_authentication(request, request.user, "mfa", id=authenticator.pk, type=authenticator.type)


def factors(user: AbstractBaseUser | AnonymousUser) -> set[str]:
    """The kinds of second factor a person holds: "totp", "webauthn". Recovery codes only stand in for one."""
    held = Authenticator.objects.filter(user_id=user.pk).exclude(type=Authenticator.Type.RECOVERY_CODES)
    return set(held.values_list("type", flat=True))


def another_factor_remains(authenticator: Authenticator) -> bool:
    """Whether the person can still sign in without this factor. Nobody takes their last one away; a lost one is reset."""
    held = Authenticator.objects.filter(user_id=authenticator.user_id).exclude(pk=authenticator.pk)
    return bool(held.exclude(type=Authenticator.Type.RECOVERY_CODES).exists())


def second_factor_url(request: HttpRequest, next_url: str) -> str:
    """Where someone shows the second factor, or first sets one up, to come back to an address of this site."""
    page = reauthentication_url(request.user) if factors(request.user) else reverse("account_second_factor")
    return f"{page}?{urlencode({REDIRECT_FIELD_NAME: next_url})}"


def reauthentication_url(user: AbstractBaseUser | AnonymousUser) -> str:
    """The page where a person shows what they hold: the app's code, else a passkey, else the password."""
    held = factors(user)
    if Authenticator.Type.TOTP in held:
        return reverse("mfa_reauthenticate")
    return reverse("mfa_reauthenticate_webauthn" if held else "account_reauthenticate")


@transaction.atomic
def reset_second_factor(user: User) -> None:
    """Take a lost factor away and end every session: the next sign-in sets up a new one. Who may ask for it is the caller's rule [I3]."""
    Authenticator.objects.filter(user=user).delete()
    end_sessions(user)


def end_sessions(user: User) -> None:
    """End every session of a person, on every device."""
    User.objects.filter(pk=user.pk).update(session_round=F("session_round") + 1)
    user.refresh_from_db(fields=["session_round"])


def end_other_sessions(request: HttpRequest) -> None:
    """End every session of the person who asks but this one."""
    assert isinstance(request.user, User)
    end_sessions(request.user)
    update_session_auth_hash(request, request.user)


def has_known_password(user: AbstractBaseUser) -> bool:
    """Whether anyone may know this person's password, and this is no demonstration."""
    return getattr(user, "is_demonstration", False) and not settings.DEMO


WAYS = {
    "reauthenticate": _("Use my password"),
    "mfa_reauthenticate": _("Use a code"),
    "mfa_reauthenticate:webauthn": _("Use my passkey"),
}
"""The ways to show oneself again, by allauth's names for them."""


class InvitationOnlyAdapter(DefaultAccountAdapter):
    """Closes allauth's open sign-up and the door to known passwords; its mails leave through the outbox like every other."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("The address or the password is not right."),
        "incorrect_password": _("The password is not right."),
        "enter_current_password": _("This is not your present password."),
        "incorrect_code": WRONG_CODE,
        "too_many_login_attempts": _("Too many attempts. Wait five minutes, then try again; what you typed is kept."),
        "rate_limited": _("Too many attempts. Wait five minutes, then try again; what you typed is kept."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_login(self, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any) -> HttpResponse | None:
        if has_known_password(user):
            refused: HttpResponse = self.respond_user_inactive(request, user)
            return refused
        answer: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return answer

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any) -> HttpResponse:
        """Where the person was going, in the language they chose."""
        answer: HttpResponse = super().post_login(request, user, **kwargs)
        if isinstance(user, User) and user.language:
            answer["Location"] = translate_url(answer["Location"], user.language)
        return answer

    def get_reauthentication_methods(self, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, Any]]:
        """What a person shows again: the second factor they hold, never the password in its stead."""
        methods = [
            {**method, "description": WAYS[method["id"]]} for method in super().get_reauthentication_methods(user)
        ]
        return [method for method in methods if method["id"] != "reauthenticate"] or methods

    def format_email_subject(self, subject: str) -> str:
        return subject

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Put one of allauth's mails, for instance the link to choose a password, into the outbox, in the person's language."""
        mails = []
        for language in _languages_of(email):
            with override(language):
                mails.append(self.render_mail(template_prefix, email, {"email": email, **context}))
        outbox.post(
            key=f"account:{uuid.uuid4()}",
            recipient=email,
            subject=" · ".join(mail.subject for mail in mails),
            text="\n\n————\n\n".join(str(mail.body) for mail in mails),
            protocol=current(allauth_context.request),
        )


def _languages_of(email: str) -> tuple[str, ...]:
    """In which languages whoever has this address is written to; nobody is told apart from somebody by it."""
    person = User.objects.filter(email__iexact=email).first()
    return letters.languages_of(person) if person else letters.BRUSSELS


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets unreadable in a copy of the database, the picture without text, and never a person without their last factor."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": WRONG_CODE,
        "cannot_delete_authenticator": LAST_FACTOR,
    }

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def build_totp_svg(self, url: str) -> str:
        picture: str = segno.make(url, micro=False).svg_inline(border=4, omitsize=True, svgclass="qr", lineclass=None)
        return picture

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return another_factor_remains(authenticator)

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Any) -> str:  # noqa: A002  allauth's name for it
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return gettext("Passkey %(number)s") % {"number": count + 1}


def _cipher() -> MultiFernet:
    """Keys of their own, made from the signing key and from those it replaced, so that a change of key locks nobody out."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    digests = [hmac.digest(key.encode(), b"partnership second factor", "sha256") for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


class SessionsEndWithTheDemonstration(AuthenticationBackend):
    """allauth's sign-in; a session begun under DEMO=1 is nobody's without it."""

    def user_can_authenticate(self, user: AbstractBaseUser) -> bool:
        return bool(super().user_can_authenticate(user)) and not has_known_password(user)
