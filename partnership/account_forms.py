"""The forms of sign-in that differ from allauth's: codes as people type them, each taken once, in our words."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as ShowAgainForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
)
from django import forms
from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from partnership.accounts import PASSKEY_REFUSED, WRONG_CODE

CODE_LIVES = 120
"""Seconds for which a used code is remembered; longer than an authenticator's code is taken (MFA_TOTP_TOLERANCE)."""


class CodeField(forms.CharField):
    """A code of digits, as an Arabic or a European keyboard types them, with or without spaces."""

    def __init__(self, *, autofocus: bool = True, **options: Any) -> None:
        attributes = {"autocomplete": "one-time-code", "inputmode": "numeric", "dir": "ltr", "autofocus": autofocus}
        super().__init__(widget=forms.TextInput(attrs=attributes), max_length=40, **options)

    def to_python(self, value: Any) -> str:
        typed = "".join((super().to_python(value) or "").split())
        return "".join(str(unicodedata.digit(character, character)) for character in typed)


class TakenOnce(forms.Form):
    """Refuses the authenticator's code a second time, also while the next one is current already."""

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]  # allauth's form comes after this one
        factor = self.authenticator  # type: ignore[attr-defined]  # set by allauth's form
        is_app = factor.type == Authenticator.Type.TOTP
        if is_app and not cache.add(f"second-factor:{factor.pk}:{code}", True, timeout=CODE_LIVES):
            raise forms.ValidationError(WRONG_CODE, code="incorrect_code")
        return code


class SignInCodeForm(TakenOnce, AuthenticateForm):
    """The second half of signing in."""

    code = CodeField(label=_("Code from the app, or a recovery code"))


class AgainCodeForm(TakenOnce, ShowAgainForm):
    """The second factor shown again."""

    code = CodeField(label=_("Code from the app, or a recovery code"))


class SetUpAppForm(ActivateTOTPForm):
    """The first code of a new authenticator app, which shows that it holds the secret."""

    code = CodeField(label=_("The code that the app shows now"), autofocus=False)  # what comes before it is read first


@contextmanager
def refused_if_malformed() -> Iterator[None]:
    """Turn whatever a library stumbles over in bytes from outside into a refusal."""
    try:
        yield
    except forms.ValidationError:
        raise
    except Exception as error:
        raise forms.ValidationError(PASSKEY_REFUSED, code="incorrect_code") from error


class PasskeySignInForm(LoginWebAuthnForm):
    """A passkey that says whose it is."""

    def clean_credential(self) -> Authenticator:
        with refused_if_malformed():
            return super().clean_credential()


class PasskeyForm(AuthenticateWebAuthnForm):
    """A passkey as the second half of signing in."""

    def clean_credential(self) -> Authenticator:
        with refused_if_malformed():
            return super().clean_credential()


class PasskeyAgainForm(PasskeyForm):
    """A passkey shown again."""

    reauthenticated = True


class AddPasskeyForm(AddWebAuthnForm):
    """A new passkey and what the person calls it."""

    name = forms.CharField(label=_("Name of this passkey"), required=False, max_length=60)
    passwordless = None  # always: see AddPasskey

    def clean(self) -> dict[str, Any]:
        with refused_if_malformed():
            cleaned: dict[str, Any] = super().clean()
            return cleaned


class RenamePasskeyForm(EditWebAuthnForm):
    """What the person calls a passkey."""

    name = forms.CharField(label=_("Name of this passkey"), max_length=60)


class LanguageForm(forms.Form):
    """The language of a person's pages and mails, each under its own name."""

    language = forms.ChoiceField(
        label=_("Language of my pages and mails"),
        choices=[
            *settings.LANGUAGES,
            ("", _("The browser’s; mails in the language or languages of your organisation")),
        ],
        required=False,
        widget=forms.RadioSelect,
    )
