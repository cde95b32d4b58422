"""Handing a mail's bytes to whatever EMAIL_URL names, and what the answer means for trying again."""

from __future__ import annotations

import re
import smtplib
import uuid
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage as ParsedMessage
from email.policy import SMTP
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import mail
from django.core.mail.backends.filebased import EmailBackend as FileBackend
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend

from partnership.models.messages import Outcome


@dataclass(frozen=True)
class Result:
    """How an attempt ended: outcome, the SMTP reply code if one came, and the server's words."""

    outcome: Outcome
    code: int | None = None
    answer: str = ""


def hand_over(recipient: str, content: bytes, message_id: str) -> Result:
    """Give the bytes to the mail server for one recipient. Never raises for what a server or the network does."""
    connection: Any = mail.get_connection()
    if isinstance(connection, SmtpBackend):
        return _by_smtp(connection, recipient, content)
    if isinstance(connection, FileBackend):
        return _into_folder(content, message_id)
    connection.send_messages([_Envelope(recipient, content)])
    return Result(Outcome.ACCEPTED)


def _by_smtp(connection: SmtpBackend, recipient: str, content: bytes) -> Result:
    """A 5xx before MAIL FROM is our own misconfiguration and is tried again; a 5xx after it is final."""
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        return Result(Outcome.DEFERRED, getattr(error, "smtp_code", None), _words(error))
    try:
        server = connection.connection
        if server is None:  # Django leaves none where EMAIL_URL asks it to fail silently
            return Result(Outcome.DEFERRED, None, "no connection")
        server.sendmail(parseaddr(settings.DEFAULT_FROM_EMAIL)[1], [recipient], content)
    except smtplib.SMTPRecipientsRefused as error:
        code, answer = error.recipients[recipient]
        return _by_code(code, answer)
    except smtplib.SMTPResponseException as error:
        return _by_code(error.smtp_code, error.smtp_error)
    except (OSError, smtplib.SMTPException) as error:
        return Result(Outcome.DEFERRED, None, _words(error))
    finally:
        _close(connection)
    return Result(Outcome.ACCEPTED, 250)


def _by_code(code: int, answer: bytes | str) -> Result:
    words = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return Result(Outcome.REFUSED if 500 <= code < 600 else Outcome.DEFERRED, code, words)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _close(connection: SmtpBackend) -> None:
    try:
        connection.close()
    except (OSError, smtplib.SMTPException):
        connection.connection = None


def _into_folder(content: bytes, message_id: str) -> Result:
    """One file for each mail, named by its Message-ID, written whole or not at all: sending again changes nothing."""
    folder = Path(settings.EMAIL_FILE_PATH)
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^0-9a-zA-Z]+", "", message_id.partition("@")[0])
    partial = folder / f".{uuid.uuid4().hex}"
    partial.write_bytes(content)
    partial.replace(folder / f"{name}.eml")
    return Result(Outcome.ACCEPTED)


class _Envelope(mail.EmailMessage):
    """Stored bytes in the shape Django's other backends take (its own memory backend, in tests)."""

    def __init__(self, recipient: str, content: bytes) -> None:
        super().__init__(to=[recipient], from_email=settings.DEFAULT_FROM_EMAIL)
        self.content = content

    def message(self, *args: Any, **kwargs: Any) -> Any:
        return message_from_bytes(self.content, _class=ParsedMessage, policy=SMTP)
