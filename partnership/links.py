"""Personal links: a secret that only its holder knows, by mail, as a link to copy, or printed with a picture and a short code.

The database keeps hashes. The secret's own is plain SHA-256, since 256 random bits cannot be guessed; the short code's is keyed
with the platform's signing key, so that a copy of the database does not give it away. Opening a link shows, posting acts.
"""

from __future__ import annotations

import datetime
import hashlib
import secrets
import unicodedata
from dataclasses import dataclass

import segno
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from partnership import clock, notices
from partnership.models import LinkPurpose, Organisation, PersonalLink, Protocol, User
from partnership.refusals import Refusal

LIFE = datetime.timedelta(days=14)
CODE_LENGTH = 12
"""Digits of the short code: typed on any keyboard, guessed once in a million million."""


class LinkClosed(Refusal):
    """The link opens nothing: unknown, used, expired or revoked. The answer is the same for all four."""

    def __init__(self) -> None:
        super().__init__(
            _("This link does not open, or no longer. Ask whoever gave it to you for a new one."), code="link"
        )


@dataclass(frozen=True)
class Issued:
    """A new link with its secret and its short code, which are known at this moment only."""

    link: PersonalLink
    secret: str
    code: str


def issue(
    purpose: LinkPurpose,
    subject: models.Model,
    *,
    protocol: Protocol,
    organisation: Organisation | None = None,
    address: str = "",
    by: User | None = None,
    life: datetime.timedelta = LIFE,
) -> Issued:
    """Make a link for an organisation or an address. The secret and the code are returned once and stand nowhere."""
    secret, code = secrets.token_urlsafe(32), _new_code()
    now = clock.now(protocol)
    link = PersonalLink.objects.create(
        protocol=protocol,
        purpose=purpose,
        token_hash=_hash_of_secret(secret),
        code_hash=_hash_of_code(code, settings.SECRET_KEY),
        content_type=ContentType.objects.get_for_model(subject),
        object_id=str(subject.pk),
        organisation=organisation,
        address=address,
        created_at=now,
        created_by=by,
        expires_at=now + life,
    )
    return Issued(link, secret, code)


def _new_code() -> str:
    return "".join(secrets.choice("0123456789") for _digit in range(CODE_LENGTH))


def _hash_of_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _hash_of_code(code: str, key: str) -> str:
    return salted_hmac("partnership.link", code, secret=key, algorithm="sha256").hexdigest()


def find(written: str, protocol: Protocol) -> PersonalLink | None:
    """The link of a secret or of a short code as it was typed, while it opens; None for unknown, used, expired and revoked alike."""
    rows = PersonalLink.objects.usable(clock.now(protocol)).filter(protocol=protocol)
    code = as_digits(written)
    if len(code) == CODE_LENGTH:
        keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        return rows.filter(code_hash__in=[_hash_of_code(code, key) for key in keys]).first()
    return rows.filter(token_hash=_hash_of_secret(written)).first()


def as_digits(written: str) -> str:
    """A short code as it is compared: Arabic and European digits alike, without spaces and hyphens; empty for anything else."""
    marks = [character for character in written if not character.isspace() and character not in "-‐‑–·"]
    digits = [unicodedata.digit(character, None) for character in marks]
    return "" if None in digits else "".join(str(digit) for digit in digits)


def use(link: PersonalLink) -> PersonalLink:
    """Take a link's one use, in the transaction of the act it lets happen. Raises LinkClosed when someone was faster."""
    assert transaction.get_connection().in_atomic_block
    rows = PersonalLink.objects.select_for_update(of=("self",)).usable(clock.now(link.protocol))
    locked = rows.filter(pk=link.pk).first()
    if locked is None:
        raise LinkClosed
    locked.used_at = clock.now(link.protocol)
    locked.save(update_fields=["used_at"])
    return locked


@transaction.atomic
def revoke(purpose: LinkPurpose, *subjects: models.Model) -> int:
    """Close every link for a purpose about these records that still opens; returns how many."""
    closed = 0
    for link in PersonalLink.objects.select_for_update(of=("self",)).about(purpose, *subjects):
        now = clock.now(link.protocol)
        if link.used_at is None and link.revoked_at is None and link.expires_at > now:
            link.revoked_at = now
            link.save(update_fields=["revoked_at"])
            closed += 1
    return closed


def address_of(protocol: Protocol, written: str, language: str) -> str:
    """The whole address that a secret or a short code opens, in a language."""
    with override(language):
        return notices.address(protocol, reverse("link", args=[written]))


def entrance_of(protocol: Protocol, language: str) -> str:
    """The address of the page where a short code is typed."""
    with override(language):
        return notices.address(protocol, reverse("link-code"))


def picture(address: str) -> SafeString:
    """The address as a QR picture: one path, no text, no style."""
    drawn = segno.make(address, micro=False, error="m")
    return mark_safe(  # nosec B308 B703
        drawn.svg_inline(border=4, omitsize=True, svgclass="qr", lineclass=None)
    )


def in_groups(code: str) -> str:
    """A short code as it is printed, in groups of four."""
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))
