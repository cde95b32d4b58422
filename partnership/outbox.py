"""The outbox: the only door to a mail server. The database is the queue; a worker or a sweeper only rings the bell.

Promise: a mail is never lost, and repeated only if a process dies between the receiver's acceptance and our commit,
then with the same bytes and Message-ID [I12].
"""

from __future__ import annotations

import datetime
import email.policy
import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from partnership import parity, transport
from partnership.models import Attempt, Message, MessageState, Protocol
from partnership.models.messages import Outcome

LEASE = datetime.timedelta(minutes=10)
FIRST_DELAY = datetime.timedelta(seconds=60)
LONGEST_DELAY = datetime.timedelta(hours=4)
GIVE_UP_AFTER = datetime.timedelta(hours=72)


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a mail: ASCII name, bytes, media type."""

    name: str
    content: bytes
    media_type: str


def post(
    *,
    key: str,
    recipient: str,
    subject: str,
    text: str,
    html: str = "",
    protocol: Protocol | None = None,
    attachments: Sequence[Attachment] = (),
) -> Message:
    """Put a mail to one recipient into the outbox, once for each key; a second call returns the first one's row.

    Raises ValidationError when the recipient is no address.
    """
    try:
        validate_email(recipient)
    except ValidationError as error:
        raise ValidationError(
            _("“%(address)s” is not an e-mail address."), code="email", params={"address": recipient}
        ) from error
    existing = Message.objects.filter(key=key).first()
    if existing is not None:
        return existing
    now = timezone.now()
    message_id = f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{_domain()}>"
    envelope = _compose(message_id, now, recipient, subject, text, html, attachments)
    message, _created = Message.objects.get_or_create(
        key=key,
        defaults={
            "protocol": protocol,
            "message_id": message_id,
            "recipient": recipient,
            "subject": parity.one_line(subject)[:300],
            "content": envelope.as_bytes(policy=email.policy.SMTP),
            "created_at": now,
            "next_attempt_at": now,
        },
    )
    return message


def _domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]


def _compose(
    message_id: str,
    now: datetime.datetime,
    recipient: str,
    subject: str,
    text: str,
    html: str,
    attachments: Sequence[Attachment],
) -> EmailMessage:
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"] = Address(addr_spec=parseaddr(settings.DEFAULT_FROM_EMAIL)[1])
    message["To"] = Address(addr_spec=recipient)
    message["Subject"] = parity.one_line(subject)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, cte="base64")
    if html:
        message.add_alternative(html, subtype="html", cte="base64")
    for attachment in attachments:
        maintype, _sep, subtype = attachment.media_type.partition("/")
        message.add_attachment(attachment.content, maintype=maintype, subtype=subtype, filename=attachment.name)
    _fix_boundaries(message, message_id)
    return message


def _fix_boundaries(message: EmailMessage, message_id: str) -> None:
    """Give every multipart a boundary made from the Message-ID, so that composing again gives the same bytes."""
    for depth, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"={hashlib.sha256(f'{message_id}{depth}'.encode()).hexdigest()[:32]}")


def send_due(*, limit: int = 500) -> int:
    """Try every mail whose time has come, up to the limit; returns how many were accepted. Safe to run any number of times at once."""
    ids = list(Message.objects.due(timezone.now()).values_list("pk", flat=True)[:limit])
    return sum(send(pk) for pk in ids)


def send(message_pk: int) -> bool:
    """Try one mail if nobody else has it; returns whether it was accepted. No transaction is open while talking to the server."""
    message = _claim(message_pk)
    if message is None:
        return False
    result = transport.hand_over(message.recipient, bytes(message.content), message.message_id)
    return _record(message, result)


def _claim(message_pk: int) -> Message | None:
    now = timezone.now()
    lease = now + LEASE
    due = Message.objects.due(now).filter(pk=message_pk).order_by()
    if due.update(state=MessageState.SENDING, lease_until=lease) != 1:
        return None
    return Message.objects.get(pk=message_pk, lease_until=lease)


@transaction.atomic
def _record(message: Message, result: transport.Result) -> bool:
    now = timezone.now()
    Attempt.objects.create(
        message=message, at=now, outcome=result.outcome, smtp_code=result.code, answer=result.answer[:500]
    )
    changes: dict[str, object] = {"lease_until": None}
    if result.outcome == Outcome.ACCEPTED:
        changes |= {"state": MessageState.SENT, "sent_at": now}
    elif result.outcome == Outcome.REFUSED or now - message.created_at > GIVE_UP_AFTER:
        changes |= {"state": MessageState.FAILED}
    else:
        changes |= {"state": MessageState.WAITING, "next_attempt_at": now + delay(message.attempts.count())}
    Message.objects.filter(pk=message.pk, state=MessageState.SENDING, lease_until=message.lease_until).update(**changes)
    return result.outcome == Outcome.ACCEPTED


def delay(attempts: int, jitter: Callable[[], float] = random.random) -> datetime.timedelta:
    """How long to wait after so many attempts: 60 s doubled each time, at most 4 h, and up to a tenth more by chance."""
    wait: datetime.timedelta = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(attempts - 1, 20))
    return wait * (1 + jitter() / 10)
