"""A person's own access: language, password, second factor, recovery codes. allauth's views, with our rules before them.

Whoever holds a factor shows it again before anything that protects the account is seen or changed; the password alone
never does. Whoever holds none yet shows the password again. Removing a factor ends the person's other sessions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.internal.flows.reauthentication import suspend_request
from allauth.account.internal.stagekit import clear_login, get_pending_stage
from allauth.account.mixins import NextRedirectMixin
from allauth.account.utils import passthrough_next_redirect_url
from allauth.mfa.base import views as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    LoginWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.translation import gettext, override
from django.views.generic import TemplateView

from partnership import accounts, languages
from partnership.account_forms import LanguageForm
from partnership.models import User

View = Callable[..., HttpResponse]


def shown_in_this_session(view: View) -> View:
    """A page for whoever is signed in; who holds a factor must have shown it in this session."""

    @login_required
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if accounts.has_second_factor(request) or not accounts.factors(request.user):
            return view(request, *args, **kwargs)
        return ask_again(request)

    return guarded


def shown_again(view: View) -> View:
    """A page for whoever has just shown the second factor, or the password where there is no factor yet."""

    @login_required
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, *args, **kwargs) if accounts.has_shown_themselves(request) else ask_again(request)

    return guarded


def ask_again(request: HttpRequest) -> HttpResponse:
    """To the page where the person shows it again. What they were posting waits in the session and is played again after."""
    suspended: HttpResponse = suspend_request(request, accounts.reauthentication_url(request.user))
    return suspended


def show_second_factor(request: HttpRequest) -> HttpResponse:
    """The second half of signing in. A factor that was reset meanwhile leads back to the beginning."""
    stage = get_pending_stage(request)
    if stage is not None and not accounts.factors(stage.login.user):
        clear_login(request)
        return redirect("account_login")
    held = accounts.factors(stage.login.user) if stage is not None else set()
    page: HttpResponse = mfa.AuthenticateView.as_view(extra_context={"held": held})(request)
    return page


def my_access(request: HttpRequest) -> HttpResponse:
    """What a person signs in with, and the language of their pages and mails, which they choose here."""
    assert isinstance(request.user, User)
    person = request.user
    form = LanguageForm(request.POST or None, initial={"language": person.language})
    if request.method == "POST" and form.is_valid():
        return _keep_language(request, person, form.cleaned_data["language"])
    return render(request, "account/access.html", {"form": form, **_factors_held(person)})


def _keep_language(request: HttpRequest, person: User, language: str) -> HttpResponse:
    person.language = language
    person.save(update_fields=["language"])
    with override(language or languages.current()):
        messages.success(request, gettext("Your language is kept."))
        return redirect("mfa_index")


def _factors_held(person: User) -> dict[str, Any]:
    held = list(Authenticator.objects.filter(user=person).order_by("created_at"))
    codes = [factor.wrap().get_unused_codes() for factor in held if factor.type == Authenticator.Type.RECOVERY_CODES]
    return {
        "app": next((factor for factor in held if factor.type == Authenticator.Type.TOTP), None),
        "passkeys": [factor.wrap() for factor in held if factor.type == Authenticator.Type.WEBAUTHN],
        "codes_left": sum(map(len, codes)),
    }


class KeepsNext(NextRedirectMixin):
    """Carries where the person was going through setting up, up to the page with the recovery codes."""

    def get_success_url(self) -> str:
        target = reverse("mfa_view_recovery_codes" if self.did_generate_recovery_codes else "mfa_index")
        url: str = self.passthrough_next_url(target)
        return url


class SecondFactor(LoginRequiredMixin, NextRedirectMixin, TemplateView):
    """Why a second factor, and the two ways to have one; for whoever has none yet."""

    template_name = "account/second_factor.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if accounts.factors(request.user):
            return redirect("mfa_index")
        page: HttpResponse = super().get(request, *args, **kwargs)
        return page


class SetUpApp(KeepsNext, ActivateTOTPView):
    """Set up an authenticator app; a second time it takes the place of the first, for a new telephone."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        page: HttpResponse = super(ActivateTOTPView, self).dispatch(
            request, *args, **kwargs
        )  # past "you have one already"
        return page

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        held = Authenticator.objects.filter(user=self.request.user, type=Authenticator.Type.TOTP)
        replaced, _rows = held.delete()
        answer: HttpResponse = super().form_valid(form)
        accounts.remember_second_factor(self.request, held.get())
        if replaced:
            accounts.end_other_sessions(self.request)
        return answer


class RemoveApp(DeactivateTOTPView):
    """Take the authenticator app away, when a passkey remains."""

    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        accounts.end_other_sessions(self.request)
        return answer


class AddPasskey(KeepsNext, AddWebAuthnView):
    """Add a passkey that is kept on the device and asks for finger, face or PIN, so that it signs in by itself."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        options = webauthn.begin_registration(self.request.user, passwordless=True)
        return {**context, "js_data": {"creation_options": options}}

    def form_valid(self, form: Any) -> HttpResponse:
        known = set(Authenticator.objects.filter(user=self.request.user).values_list("pk", flat=True))
        answer: HttpResponse = super().form_valid(form)
        made = Authenticator.objects.exclude(pk__in=known).get(user=self.request.user, type=Authenticator.Type.WEBAUTHN)
        accounts.remember_second_factor(self.request, made)
        return answer


class RemovePasskey(RemoveWebAuthnView):
    """Take a passkey away, when another factor remains."""

    def form_valid(self, form: Any) -> HttpResponse:
        if not accounts.another_factor_remains(self.get_object()):
            messages.error(self.request, accounts.LAST_FACTOR)
            return HttpResponseRedirect(self.get_success_url())
        answer: HttpResponse = super().form_valid(form)
        accounts.end_other_sessions(self.request)
        return answer


class PasskeySignIn(LoginWebAuthnView):
    """Sign in with a passkey alone: it is held, and opened with finger, face or PIN, which makes two factors."""

    def form_invalid(self, form: Any) -> HttpResponse:
        messages.error(self.request, accounts.PASSKEY_REFUSED)
        return redirect(_with_next(self.request, "account_login"))


class PasskeyAgain(ReauthenticateWebAuthnView):
    """Show a passkey again."""

    def form_invalid(self, form: Any) -> HttpResponse:
        messages.error(self.request, accounts.PASSKEY_REFUSED)
        return redirect(_with_next(self.request, "mfa_reauthenticate_webauthn"))


class RecoveryCodes(NextRedirectMixin, ViewRecoveryCodesView):
    """The recovery codes, to be kept away from the telephone; after setting up, with the way on."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        onward = self.get_next_url() or resolve_url(settings.LOGIN_REDIRECT_URL)
        context: dict[str, Any] = super().get_context_data(onward=onward, **kwargs)
        return context


def _with_next(request: HttpRequest, name: str) -> str:
    url: str = passthrough_next_redirect_url(request, reverse(name), REDIRECT_FIELD_NAME)
    return url
