"""Opening a personal link: the secret in the address, or the short code typed from paper. GET shows, POST acts."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.core.internal import ratelimit
from django.contrib.auth.forms import SetPasswordForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from partnership import invitations, link_purposes, links
from partnership.link_forms import CodeForm
from partnership.links import LinkClosed
from partnership.middleware import current
from partnership.models import LinkPurpose, PersonalLink

WRONG = {"app": "partnership", "action": "link", "config": {"link": "10/300s/ip"}, "limit_get": True}
"""How many links that do not open one address may try; the ones that open are not counted."""


@never_cache
@require_http_methods(["GET", "POST"])
def enter_code(request: HttpRequest) -> HttpResponse:
    """Where the short code of a printed link is typed."""
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return redirect("link", written=form.cleaned_data["code"])
    return _private(render(request, "public/link_code.html", {"form": form}))


@never_cache
@sensitive_post_parameters("new_password1", "new_password2")
@require_http_methods(["GET", "POST"])
def open_link(request: HttpRequest, written: str) -> HttpResponse:
    """What a link is for. Unknown, used, expired and revoked ones get the same answer, and only so many guesses."""
    if ratelimit.consume(request, dry_run=True, **WRONG) is None:
        too_many: HttpResponse = ratelimit.respond_429(request)
        return too_many
    try:
        link = _found(request, written)
        page = link_purposes.page_of(link)
        if page is None:
            raise LinkClosed
        return _private(page(request, link))
    except LinkClosed:
        ratelimit.consume(request, **WRONG)
        return _private(render(request, "public/link_closed.html", status=404))


def _found(request: HttpRequest, written: str) -> PersonalLink:
    protocol = current(request)
    link = links.find(written, protocol) if protocol else None
    if link is None:
        raise LinkClosed
    return link


def _invitation(request: HttpRequest, link: PersonalLink) -> HttpResponse:
    """Choose a password, once. Raises LinkClosed where the invitation stands for no mandate any more."""
    mandate = invitations.mandate_of(link)
    form: Any = SetPasswordForm(mandate.user, request.POST or None)
    form.fields["new_password1"].label = _("Password you choose")
    form.fields["new_password2"].label = _("The same password again")
    if request.method == "POST" and form.is_valid():
        try:
            person = invitations.accept(link, password=form.cleaned_data["new_password1"])
        except LinkClosed:
            raise
        except ValidationError as error:
            form.add_error("new_password1", error)
        else:
            onward = Login(user=person, redirect_url=reverse("account_second_factor"))
            answer: HttpResponse = perform_password_login(request, {"email": person.email}, onward)
            return answer
    return render(request, "public/link_invitation.html", {"form": form, "mandate": mandate, "link": link})


link_purposes.register(LinkPurpose.INVITATION, _invitation)


def _private(answer: HttpResponse) -> HttpResponse:
    """The address holds a secret: it goes to nobody else as a referrer, and no search engine keeps it."""
    answer["Referrer-Policy"] = "same-origin"
    answer["X-Robots-Tag"] = "noindex"
    return answer
