"""Sign-in without sign-up: people enter by invitation only."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest


class InvitationOnlyAdapter(DefaultAccountAdapter):
    """Closes allauth's open sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class NoKnownPasswords(AuthenticationBackend):
    """allauth's sign-in; the demonstration's people, whose password anyone may know, come in under DEMO=1 only."""

    def user_can_authenticate(self, user: AbstractBaseUser) -> bool:
        stranger = getattr(user, "is_demonstration", False) and not settings.DEMO
        return bool(super().user_can_authenticate(user)) and not stranger
