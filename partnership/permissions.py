"""Who may do what, read from mandates. One table: role x action. A later change adds the state of the record."""

from __future__ import annotations

from typing import Literal

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from partnership.models import Membership, Protocol, Role, User

Action = Literal["view", "add", "change", "delete"]

RIGHTS: dict[Role, frozenset[Action]] = {
    Role.COORDINATOR: frozenset({"view", "add", "change", "delete"}),
    Role.EDITOR: frozenset({"view", "add", "change", "delete"}),
    Role.SIGNATORY: frozenset({"view"}),
    Role.EVALUATOR: frozenset({"view"}),
    Role.OBSERVER: frozenset({"view"}),
}


def roles(user: AbstractBaseUser | AnonymousUser, protocol: Protocol) -> set[Role]:
    """The roles a person holds in a protocol today; one query for each person and protocol."""
    if not isinstance(user, User) or not user.is_active:
        return set()
    known: dict[int, set[Role]] = user.__dict__.setdefault("_roles", {})
    if protocol.pk not in known:
        held = Membership.objects.for_protocol(protocol).filter(user=user).valid_on(timezone.localdate())
        known[protocol.pk] = {Role(role) for role in held.values_list("role", flat=True)}
    return known[protocol.pk]


def may(user: AbstractBaseUser | AnonymousUser, action: Action, protocol: Protocol) -> bool:
    """Whether a person may do this with the protocol's records: by a role, or as the platform's administrator."""
    if isinstance(user, User) and user.is_active and user.is_superuser:
        return True
    return any(action in RIGHTS[role] for role in roles(user, protocol))


def is_staff_of(user: AbstractBaseUser | AnonymousUser, protocol: Protocol) -> bool:
    """Whether a person may open the staff pages of the protocol."""
    return isinstance(user, User) and user.is_staff and may(user, "view", protocol)
