"""Sign-in without sign-up: people enter by invitation only."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class InvitationOnlyAdapter(DefaultAccountAdapter):
    """Closes allauth's open sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
