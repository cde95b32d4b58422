"""Passwords that are known from breaches: a list the operator supplies, read where it lies and never loaded whole."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

DIGEST = re.compile(rb"[0-9A-Fa-f]{40}\b")


class BreachedPasswordValidator:
    """Refuses what stands in the file that BREACHED_PASSWORDS names; where none is named, nothing."""

    def validate(self, password: str, user: object = None) -> None:
        """Raises ValidationError for a password of the list."""
        if settings.BREACHED_PASSWORDS and stands_in(Path(settings.BREACHED_PASSWORDS), password):
            raise ValidationError(
                _("This password stands in a list of stolen passwords, which guessers try first. Choose another."),
                code="password_breached",
            )

    def get_help_text(self) -> str:
        """What the list means for whoever chooses a password."""
        return gettext("Your password must not stand in a list of stolen passwords.")


def stands_in(path: Path, password: str) -> bool:
    """Whether a list holds a password: SHA-1 digests, sorted, are searched by halves; plain lines are read through."""
    with path.open("rb") as lines:
        if not DIGEST.match(lines.readline()):
            lines.seek(0)
            return any(line.rstrip(b"\r\n") == password.encode() for line in lines)
        wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
        return _holds(lines, path.stat().st_size, wanted)


def _holds(lines: BinaryIO, size: int, wanted: bytes) -> bool:
    """Halve the file until the line that begins before `high` and ends after `low` is the only one left."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        found = _digest_after(lines, middle)
        if found == wanted:
            return True
        if found and found < wanted:
            low = middle + 1
        else:
            high = middle
    return False


def _digest_after(lines: BinaryIO, offset: int) -> bytes:
    """The digest of the first line that begins at this byte or after it; empty past the last."""
    lines.seek(max(offset - 1, 0))
    if offset:
        lines.readline()
    return lines.readline()[:40].upper()


def out_of_order(path: Path, samples: int = 1000) -> bool:
    """Whether a list of digests is not sorted, judged by lines taken all over it; plain lines need no order."""
    with path.open("rb") as lines:
        if not DIGEST.match(lines.readline()):
            return False
        digests = list(_samples(lines, path.stat().st_size, samples))
    return digests != sorted(digests)


def _samples(lines: BinaryIO, size: int, count: int) -> Iterator[bytes]:
    for number in range(count):
        if digest := _digest_after(lines, size * number // count):
            yield digest
