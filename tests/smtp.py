"""A real SMTP server for tests: it keeps what it accepts and refuses whom it is told to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern_policy
from typing import cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.services import free_port


@dataclass(frozen=True)
class Received:
    """One accepted mail: its envelope and the bytes between DATA and the final dot."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        return message_from_bytes(self.content, policy=modern_policy)


@dataclass
class SmtpServer:
    """Listens on 127.0.0.1. Change `recipient_answers` and `data_answer` at any time; read `received` and `asked`."""

    port: int = field(default_factory=free_port)
    recipient_answers: dict[str, str] = field(default_factory=dict)
    """Address to the reply its RCPT gets, such as "450 4.2.0 Greylisted"; anyone else is welcome."""
    data_answer: str = "250 2.0.0 Accepted"
    """The reply after the final dot. Only a reply that begins with 2 accepts the mail."""
    asked: list[str] = field(default_factory=list)
    """Every address named in a RCPT, accepted or not, in order."""
    received: list[Received] = field(default_factory=list)
    """What was accepted, in order."""

    host = "127.0.0.1"

    @property
    def url(self) -> str:
        """The value of EMAIL_URL that sends here."""
        return f"smtp://{self.host}:{self.port}"

    async def handle_RCPT(  # noqa: N802  aiosmtpd calls its hooks so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Welcome or refuse one recipient."""
        self.asked.append(address)
        if address in self.recipient_answers:
            return self.recipient_answers[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Welcome"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the mail when it is accepted."""
        if self.data_answer.startswith("2"):
            content = cast(bytes, envelope.original_content)
            self.received.append(Received(envelope.mail_from or "", tuple(envelope.rcpt_tos), content))
        return self.data_answer


@contextmanager
def running_smtp_server() -> Iterator[SmtpServer]:
    """An SMTP server for as long as the block runs."""
    server = SmtpServer()
    controller = Controller(server, hostname=server.host, port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
