"""What tests of the staff pages share: who is signed in, and forms sent the way a browser sends them."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from typing import Any

from allauth.account.internal.flows import login as allauth_login
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import MembershipFactory


def staff(protocol: Any, position: int = 1, role: str = "coordinator", **person: Any) -> Client:
    """A browser in which someone is signed in, second factor included, who holds a mandate of one of the communes."""
    client = staff_by_password(protocol, position, role, **person)
    use_second_factor(client)
    return client


def staff_by_password(protocol: Any, position: int = 1, role: str = "coordinator", **person: Any) -> Client:
    """The same without the second factor: the staff pages stay closed."""
    commune = protocol.parties.get(position=position).organisation
    user = MembershipFactory(
        protocol=protocol, organisation=commune, role=role, **{f"user__{name}": value for name, value in person.items()}
    ).user
    client = Client(headers={"host": protocol.hostname} if protocol.hostname else None)
    client.force_login(user)
    return client


def sign_in_with_second_factor(client: Client, user: Any) -> None:
    """Let someone be signed in with the second factor, as if they had just shown it."""
    client.force_login(user)
    use_second_factor(client)


def use_second_factor(client: Client, *, ago: datetime.timedelta = datetime.timedelta(), method: str = "mfa") -> None:
    """Write into the session what allauth writes when its person shows the second factor, or showed it some time ago."""
    session = client.session
    record = {"method": method, "at": time.time() - ago.total_seconds()}
    session[allauth_login.AUTHENTICATION_METHODS_SESSION_KEY] = [record]
    session[allauth_login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = session["_auth_user_id"]
    session.save()
    client.cookies["sessionid"] = session.session_key  # the same one, unless the cookie itself holds the session


def queries(client: Client, address: str) -> int:
    """How many queries a page costs. The first visit is not counted: it fills caches that live longer than a request."""
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def sent(client: Client, address: str, **typed: Any) -> Any:
    """Open a form, type into it, send it. Names with a hyphen are written with two underscores before a digit's place.

    A value of None empties a field that the browser then leaves out, such as a box that is not ticked.
    """
    values = fields_of(client.get(address).content.decode())
    for name, value in typed.items():
        if value is None:
            values.pop(name, None)
        else:
            values[name] = value
    return client.post(address, values)


def fields_of(html: str) -> dict[str, Any]:
    """The fields of a page's posting forms with their present values, as a browser would send them."""
    reader = _Fields()
    reader.feed(html)
    return reader.values


def errors_of(response: Any) -> list[str]:
    """Every refusal that a form shows, in the order of the page."""
    return list(_errors(response.context)) if response.context else []


def _errors(context: Any) -> Iterator[str]:
    yield from _messages(context["adminform"].form)
    for inline in context["inline_admin_formsets"]:
        yield from inline.formset.non_form_errors()
        for form in inline.formset.forms:
            yield from _messages(form)


def _messages(form: Any) -> Iterator[str]:
    for messages in form.errors.values():
        yield from messages


def messages_of(response: Any) -> str:
    """What the page says happened, as plain text."""
    return unescape(" ".join(str(message) for message in response.context["messages"]))


class _Fields(HTMLParser):
    """Reads inputs, boxes, menus and text areas; of a menu with several choices a list."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, Any] = {}
        self.area: str | None = None
        self.menu: str | None = None
        self.several = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        attrs = dict(attributes)
        name = attrs.get("name")
        if tag == "input" and name:
            self._input(name, attrs)
        elif tag == "textarea" and name:
            self.area = name
            self.values[name] = ""
        elif tag == "select" and name:
            self.menu, self.several = name, "multiple" in attrs
            if self.several:
                self.values[name] = []
        elif tag == "option" and self.menu:
            self._option(attrs)

    def _input(self, name: str, attrs: dict[str, str | None]) -> None:
        kind = attrs.get("type", "text")
        if kind in {"submit", "button", "file", "search"}:
            return
        value = attrs.get("value") or ("on" if kind in {"checkbox", "radio"} else "")
        if kind == "checkbox" and "checked" in attrs:
            self.values.setdefault(name, []).append(value)
        elif kind not in {"checkbox", "radio"} or "checked" in attrs:
            self.values[name] = value

    def _option(self, attrs: dict[str, str | None]) -> None:
        assert self.menu is not None
        value = attrs.get("value") or ""
        if self.several and "selected" in attrs:
            self.values[self.menu].append(value)
        elif not self.several and ("selected" in attrs or self.menu not in self.values):
            self.values[self.menu] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.area:
            self.values[self.area] = self.values[self.area].removeprefix("\n")
            self.area = None
        elif tag == "select":
            self.menu = None

    def handle_data(self, data: str) -> None:
        if self.area:
            self.values[self.area] += data
