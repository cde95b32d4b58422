"""The periodic reports, as they were sent to both councils."""

from __future__ import annotations

import uuid
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import get_conditional_response

from partnership import register
from partnership.models import Protocol
from transparency.models import Report, ReportDocument
from transparency.presentation.reports import period_blocks, report_page
from transparency.views.pages import parties_for_reader, public_page


@public_page
def reports(request: HttpRequest, protocol: Protocol) -> HttpResponse:
    """Every released report by period, the newest first."""
    found = list(Report.objects.published().for_protocol(protocol).for_page())
    blocks = period_blocks(found, parties_for_reader(protocol))
    return render(request, "public/reports.html", {"here": "reports", "blocks": blocks})


@public_page
def report(request: HttpRequest, protocol: Protocol, report_id: uuid.UUID) -> HttpResponse:
    """One released report: what the QR code on its last page leads to."""
    found = Report.objects.published().for_protocol(protocol).for_page().select_related("series__protocol")
    parties = parties_for_reader(protocol)
    context = {
        "here": "reports",
        "one": report_page(get_object_or_404(found, pk=report_id), parties),
        "now": register.head_of(protocol),
        "entries_address": reverse("register-entries"),
    }
    return render(request, "public/report.html", context)


@public_page
def report_document(
    request: HttpRequest, protocol: Protocol, report_id: uuid.UUID, document_language: str
) -> HttpResponse:
    """The stored bytes of one language's PDF, which never change [I13]."""
    released = Report.objects.published().for_protocol(protocol)
    document = get_object_or_404(
        ReportDocument.objects.select_related("report__series__party__organisation"),
        report__in=released,
        report=report_id,
        language=document_language,
    )
    response = HttpResponse(bytes(document.content), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{document.file_name}"'
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["ETag"] = f'"{document.digest}"'
    return cast(HttpResponse, get_conditional_response(request, etag=response["ETag"], response=response))
