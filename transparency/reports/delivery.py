"""Delivering reports: one mail for each recipient with the PDFs, through the outbox [I12].

A mandate's holder who has chosen a language is written to in it and sent that document, where the series has it. An office, and whoever
has chosen none, receives every language of the series, together in one mail: a series never leaves out what its reader is owed.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

from partnership import equality, formats, languages, outbox
from transparency.models import Delivery, Report, ReportDocument, ReportRecipient
from transparency.reports import making


def address_of(recipient: ReportRecipient, day: datetime.date) -> str:
    """Where a recipient's mail goes on a day: the office's address, or that of whoever holds the mandate now."""
    return recipient.membership.holder_on(day).user.email if recipient.membership else recipient.email


def language_chosen_by(recipient: ReportRecipient, day: datetime.date) -> str:
    """The language that whoever holds the mandate now has chosen; empty for an office, and where none is known."""
    return recipient.membership.holder_on(day).user.language if recipient.membership else ""


def deliver(report: Report) -> list[Delivery]:
    """Put a mail for every recipient who has none into the outbox. Nothing while the report waits or a document is missing."""
    if report.released_at is None or making.missing_documents(report):
        return []
    documents = list(report.documents.all())
    today = timezone.localdate()
    served = set(report.deliveries.values_list("address", flat=True))
    made = []
    for recipient in report.series.recipients.select_related("membership__user"):
        address = address_of(recipient, today)
        if address not in served:
            served.add(address)
            chosen = language_chosen_by(recipient, today)
            made.append(_deliver_to(report, recipient, address, chosen, _documents_for(chosen, documents)))
    return made


@transaction.atomic
def _deliver_to(
    report: Report, recipient: ReportRecipient, address: str, chosen: str, documents: Iterable[ReportDocument]
) -> Delivery:
    written_in = [chosen] if chosen else report.series.language_codes
    message = outbox.post(
        key=f"report:{report.pk}:{address}",
        recipient=address,
        subject=" · ".join(_parts(report, written_in, "subject")),
        text="\n\n————\n\n".join(_parts(report, written_in, "text")),
        html=_html(report, written_in),
        protocol=report.series.protocol,
        attachments=[
            outbox.Attachment(document.file_name, bytes(document.content), "application/pdf") for document in documents
        ],
    )
    delivery, _created = Delivery.objects.get_or_create(
        report=report, address=address, defaults={"recipient": recipient, "message": message}
    )
    return delivery


def _documents_for(chosen: str, documents: Sequence[ReportDocument]) -> Sequence[ReportDocument]:
    """The document in the chosen language; all of them where none is chosen or the series is not made in it."""
    return [document for document in documents if document.language == chosen] or documents


def _parts(report: Report, written_in: Sequence[str], kind: str) -> list[str]:
    """One part for each language, in their order."""
    return [_part(report, language, kind) for language in written_in]


def _part(report: Report, language: str, kind: str) -> str:
    with translation.override(language):
        return render_to_string(f"emails/report_{kind}.txt", _context(report, language)).strip()


def _html(report: Report, written_in: Sequence[str]) -> str:
    parts = []
    for language in written_in:
        with translation.override(language):
            parts.append(
                {**_context(report, language), "language": language, "direction": languages.direction(language)}
            )
    return render_to_string("emails/report.html", {"parts": parts})


def _context(report: Report, language: str) -> dict[str, object]:
    protocol = report.series.protocol
    parties = list(protocol.parties.select_related("organisation"))
    reader = making.reader_of(report.series, language)
    return {
        "communes": [str(party.organisation) for party in equality.ordered(parties, reader)],
        "series": getattr(report.series, f"title_{language}"),
        "demonstration": protocol.is_demonstration,
        "starts_on": formats.day(report.starts_on, language),
        "ends_on": formats.day(report.ends_on, language),
        "period": report.period,
        "digest": report.snapshot.digest[:12],
    }
