"""The files behind the movements: a numbered voucher each, kept inside; a payslip names a person and is never public."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partnership import decisions, filing
from partnership.models import Document, DocumentKind, Organisation, Party, Protocol
from partnership.refusals import Refusal
from projects.models import BudgetLine, Transaction

KINDS = (DocumentKind.VOUCHER, DocumentKind.PAYSLIP)


def attach(movement: Transaction, upload: UploadedFile[Any], kind: DocumentKind = DocumentKind.VOUCHER) -> Document:
    """Keep a file as the movement's voucher: an internal document of the commune that paid. The movement is not saved here.

    The file has passed `uploads.validate_upload`.
    """
    titles = decisions.in_languages(lambda: _title(movement, kind))
    document = filing.file_scan(
        upload, protocol=movement.line.project.protocol, owner=owner_of(movement), titles=titles, kind=kind
    )
    movement.voucher_file = document
    return document


def _title(movement: Transaction, kind: DocumentKind) -> str:
    said = gettext("Payslip %(number)s") if kind == DocumentKind.PAYSLIP else gettext("Voucher %(number)s")
    return said % {"number": movement.voucher}


def owner_of(movement: Transaction) -> Organisation:
    """Whose the voucher is: the commune that paid; where another organisation paid, the commune that funds the line, else the payer."""
    parties = Party.objects.filter(protocol=movement.line.project.protocol_id)
    communes = set(parties.values_list("organisation", flat=True))
    return next(
        (one for one in (movement.payer, movement.line.funder) if one.pk in communes),
        movement.payer,
    )


def refuse(document: Document | None) -> None:
    """A voucher is a supporting document or a payslip, and no public one. Raises Refusal."""
    if document is None:
        return
    if document.kind not in KINDS:
        raise Refusal(_("Choose a document of the kind “supporting document” or “payslip”."), code="voucher")
    if document.public:
        raise Refusal(
            _("A voucher stays inside: it names people and accounts. Take “may be published” off the document first."),
            code="voucher",
        )


def missing(protocol: Protocol) -> QuerySet[Transaction]:
    """The movements of a protocol that have a number and no file yet."""
    return Transaction.objects.filter(line__project__protocol=protocol, voucher_file__isnull=True)


def lines_missing(protocol: Protocol) -> QuerySet[BudgetLine]:
    """The lines with movements that have no file, each with `without_file`: how many. One query."""
    rows = BudgetLine.objects.filter(
        project__protocol=protocol, transactions__isnull=False, transactions__voucher_file__isnull=True
    )
    counted = rows.annotate(without_file=Count("transactions")).select_related("project", "funder")
    found: QuerySet[BudgetLine] = counted.order_by("project__code", "year", "pk")
    return found
