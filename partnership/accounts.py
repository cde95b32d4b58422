"""Sign-in without sign-up: people enter by invitation only, the demonstration's people under DEMO=1 only."""

import uuid
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.core import context as allauth_context
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse

from partnership import outbox
from partnership.middleware import current


def has_known_password(user: AbstractBaseUser) -> bool:
    """Whether anyone may know this person's password, and this is no demonstration."""
    return getattr(user, "is_demonstration", False) and not settings.DEMO


class InvitationOnlyAdapter(DefaultAccountAdapter):
    """Closes allauth's open sign-up and the door to known passwords; its mails leave through the outbox like every other."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_login(self, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any) -> HttpResponse | None:
        if has_known_password(user):
            refused: HttpResponse = self.respond_user_inactive(request, user)
            return refused
        answer: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return answer

    def format_email_subject(self, subject: str) -> str:
        return subject

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Put one of allauth's mails, for instance the link to choose a password, into the outbox."""
        mail = self.render_mail(template_prefix, email, {"email": email, **context})
        outbox.post(
            key=f"account:{uuid.uuid4()}",
            recipient=email,
            subject=mail.subject,
            text=str(mail.body),
            protocol=current(allauth_context.request),
        )


class SessionsEndWithTheDemonstration(AuthenticationBackend):
    """allauth's sign-in; a session begun under DEMO=1 is nobody's without it."""

    def user_can_authenticate(self, user: AbstractBaseUser) -> bool:
        return bool(super().user_can_authenticate(user)) and not has_known_password(user)
