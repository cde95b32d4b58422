"""Sign-in without sign-up: people enter by invitation only, the demonstration's people under DEMO=1 only."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse


def has_known_password(user: AbstractBaseUser) -> bool:
    """Whether anyone may know this person's password, and this is no demonstration."""
    return getattr(user, "is_demonstration", False) and not settings.DEMO


class InvitationOnlyAdapter(DefaultAccountAdapter):
    """Closes allauth's open sign-up, and the door to known passwords."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_login(self, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any) -> HttpResponse | None:
        if has_known_password(user):
            refused: HttpResponse = self.respond_user_inactive(request, user)
            return refused
        answer: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return answer


class SessionsEndWithTheDemonstration(AuthenticationBackend):
    """allauth's sign-in; a session begun under DEMO=1 is nobody's without it."""

    def user_can_authenticate(self, user: AbstractBaseUser) -> bool:
        return bool(super().user_can_authenticate(user)) and not has_known_password(user)
