"""The outbox: once for each key, never lost, the same bytes every time [I12]."""

from __future__ import annotations

import datetime
import threading
from email import message_from_bytes, policy

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection, connections
from hypothesis import given
from hypothesis import strategies as st

from partnership import outbox
from partnership.models import Attempt, Message, MessageState
from partnership.models.messages import Outcome
from tests.smtp import SmtpServer

pytestmark = pytest.mark.django_db

PDF = outbox.Attachment("2026-S1-jette-fr.pdf", b"%PDF-1.7 \x00\xff", "application/pdf")


def post(key: str = "report:1", recipient: str = "conseil@jette.example", **changes: object) -> Message:
    fields = {"subject": "Rapport semestriel", "text": "Bonjour", "attachments": [PDF]} | changes
    return outbox.post(key=key, recipient=recipient, **fields)  # type: ignore[arg-type]


def parsed(message: Message):
    return message_from_bytes(bytes(message.content), policy=policy.default)


def test_a_second_post_with_the_same_key_makes_no_second_mail():
    assert post().pk == post(subject="Autre").pk
    assert Message.objects.count() == 1


def test_a_mail_holds_its_recipient_texts_and_files():
    mail = parsed(post(subject="تقرير نصف سنوي", text="السلام عليكم", html="<p>السلام عليكم</p>"))
    assert mail["To"] == "conseil@jette.example"
    assert mail["Subject"] == "تقرير نصف سنوي"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_body(("plain",)).get_content().strip() == "السلام عليكم"
    [pdf] = mail.iter_attachments()
    assert (pdf.get_filename(), pdf.get_content()) == (PDF.name, PDF.content)


def test_composing_again_gives_the_same_bytes():
    with time_machine.travel("2026-07-01T06:00:00Z", tick=False):
        first = bytes(post(html="<p>Bonjour</p>").content)
        Message.objects.all().delete()
        assert bytes(post(html="<p>Bonjour</p>").content) == first


@pytest.mark.parametrize("address", ["", "conseil", "a@b", "a b@jette.example", "x@jette.example\nBcc: y@z.example"])
def test_a_recipient_that_is_no_address_is_refused(address: str):
    with pytest.raises(ValidationError):
        post(recipient=address)
    assert not Message.objects.exists()


def test_a_line_break_in_a_subject_makes_no_second_header():
    assert "Bcc" not in parsed(post(subject="Rapport\nBcc: x@y.example"))


def test_a_mail_is_handed_to_the_server_as_it_is_stored(smtp_server: SmtpServer):
    message = post()
    assert outbox.send_due() == 1
    message.refresh_from_db()
    assert message.state == MessageState.SENT
    [received] = smtp_server.received
    assert received.recipients == ("conseil@jette.example",)
    assert received.content.rstrip(b"\r\n") == bytes(message.content).rstrip(b"\r\n")


def test_what_was_sent_is_not_sent_again(smtp_server: SmtpServer):
    post()
    assert [outbox.send_due(), outbox.send_due()] == [1, 0]
    assert len(smtp_server.received) == 1


def test_a_server_that_is_down_makes_the_mail_wait_and_says_so(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    message = post()
    assert outbox.send_due() == 0
    message.refresh_from_db()
    assert message.state == MessageState.WAITING
    assert message.next_attempt_at > message.created_at
    attempt = message.attempts.get()
    assert attempt.outcome == Outcome.DEFERRED
    assert "refused" in attempt.answer.lower()


def test_a_waiting_mail_goes_out_when_the_server_is_back(smtp_server: SmtpServer):
    with time_machine.travel("2026-07-01T06:00:00Z", tick=False) as clock:
        smtp_server.data_answer = "451 4.3.0 Try again later"
        message = post()
        outbox.send_due()
        smtp_server.data_answer = "250 2.0.0 Accepted"
        assert outbox.send_due() == 0, "not before its time"
        clock.shift(datetime.timedelta(minutes=2))
        assert outbox.send_due() == 1
    message.refresh_from_db()
    assert [attempt.outcome for attempt in message.attempts.all()] == [Outcome.DEFERRED, Outcome.ACCEPTED]


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("450 4.2.0 Greylisted", MessageState.WAITING),
        ("451 4.3.0 Local error", MessageState.WAITING),
        ("452 4.2.2 Mailbox full", MessageState.WAITING),
        ("550 5.1.1 No such user", MessageState.FAILED),
        ("554 5.7.1 Rejected", MessageState.FAILED),
    ],
)
def test_an_answer_for_now_waits_and_one_for_good_fails(smtp_server: SmtpServer, answer: str, state: str):
    message = post()
    smtp_server.recipient_answers[message.recipient] = answer
    outbox.send_due()
    message.refresh_from_db()
    assert message.state == state
    assert message.attempts.get().smtp_code == int(answer[:3])


def test_one_refused_recipient_holds_up_no_other(smtp_server: SmtpServer):
    smtp_server.recipient_answers["b@jette.example"] = "550 5.1.1 No such user"
    for name in "abc":
        post(key=name, recipient=f"{name}@jette.example")
    assert outbox.send_due() == 2
    assert [mail.recipients for mail in smtp_server.received] == [("a@jette.example",), ("c@jette.example",)]


def test_a_mail_that_nobody_accepts_for_three_days_fails(smtp_server: SmtpServer):
    smtp_server.data_answer = "451 4.3.0 Try again later"
    with time_machine.travel("2026-07-01T06:00:00Z", tick=False) as clock:
        message = post()
        clock.shift(outbox.GIVE_UP_AFTER + datetime.timedelta(seconds=1))
        outbox.send_due()
    message.refresh_from_db()
    assert message.state == MessageState.FAILED


def test_a_sender_that_died_leaves_the_mail_to_the_next(smtp_server: SmtpServer):
    with time_machine.travel("2026-07-01T06:00:00Z", tick=False) as clock:
        message = post()
        assert outbox._claim(message.pk) is not None
        assert outbox.send_due() == 0, "leased"
        clock.shift(outbox.LEASE + datetime.timedelta(seconds=1))
        assert outbox.send_due() == 1


@given(attempts=st.integers(min_value=1, max_value=5000), chance=st.floats(min_value=0, max_value=1))
def test_the_wait_grows_to_four_hours_and_a_tenth(attempts: int, chance: float):
    wait = outbox.delay(attempts, jitter=lambda: chance)
    assert outbox.FIRST_DELAY <= wait <= outbox.LONGEST_DELAY * 1.1


@pytest.mark.django_db(transaction=True)
def test_eight_sweepers_at_once_send_each_mail_once(smtp_server: SmtpServer):
    if connection.vendor == "sqlite":
        pytest.skip("threads share one SQLite memory database")
    for number in range(40):
        post(key=str(number), recipient=f"r{number}@jette.example")

    def sweep() -> None:
        outbox.send_due()
        connections.close_all()

    threads = [threading.Thread(target=sweep) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent = sorted(mail.recipients[0] for mail in smtp_server.received)
    assert sent == sorted(f"r{number}@jette.example" for number in range(40))
    assert Attempt.objects.filter(outcome=Outcome.ACCEPTED).count() == 40


def test_a_folder_keeps_one_file_for_each_mail(settings, tmp_path):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    message = post()
    outbox.send_due()
    [file] = (tmp_path / "mail").iterdir()
    assert file.read_bytes() == bytes(message.content)
