"""Spreadsheets that came back and wait for a person to confirm them: kept as they came, for a week, for whoever sent them."""

from __future__ import annotations

import datetime
import re
import uuid

from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from partnership.models import Protocol, User

FOLDER = "sheets"
KEPT_FOR = datetime.timedelta(days=7)
_SALT = "partnership.kept_sheets"
_NAME = re.compile(r"[0-9a-f]{32}")


def keep(content: bytes, name: str, *, protocol: Protocol, by: User) -> str:
    """Keep a file; returns the token that its sender finds it by."""
    key = uuid.uuid4().hex
    default_storage.save(_path(key), ContentFile(content))
    return token(key, name, protocol=protocol, by=by)


def token(key: str, name: str, *, protocol: Protocol, by: User) -> str:
    """The token by which the sender finds a kept file."""
    return signing.dumps([key, protocol.pk, by.pk, name[-120:]], salt=_SALT)


def find(sent: str, *, protocol: Protocol, by: User) -> tuple[str, str] | None:
    """The key and the original name of a sheet that this person sent for this protocol; None for any other token."""
    try:
        key, of_protocol, of_person, name = signing.loads(sent, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return (key, name) if (of_protocol, of_person) == (protocol.pk, by.pk) and _NAME.fullmatch(key) else None


def content(key: str) -> bytes | None:
    """The file; None once it was taken in or its week is over."""
    if not default_storage.exists(_path(key)):
        return None
    if _is_old(_path(key), timezone.now()):
        forget(key)
        return None
    with default_storage.open(_path(key)) as file:
        found: bytes = file.read()
    return found


def sent_at(key: str) -> datetime.datetime:
    """When it came."""
    return default_storage.get_modified_time(_path(key))


def forget(key: str) -> None:
    """Delete a file; one that is gone already is no matter."""
    default_storage.delete(_path(key))


def forget_old(now: datetime.datetime | None = None) -> int:
    """Delete what nobody confirmed within its week; returns how many."""
    moment = now or timezone.now()
    if not default_storage.exists(FOLDER):
        return 0
    old = [name for name in default_storage.listdir(FOLDER)[1] if _is_old(f"{FOLDER}/{name}", moment)]
    for name in old:
        default_storage.delete(f"{FOLDER}/{name}")
    return len(old)


def _is_old(path: str, moment: datetime.datetime) -> bool:
    return default_storage.get_modified_time(path) + KEPT_FOR < moment


def _path(key: str) -> str:
    return f"{FOLDER}/{key}.xlsx"
