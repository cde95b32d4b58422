"""Files, served by a view that checks rights; never as a page of ours."""

from __future__ import annotations

import uuid

from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from partnership import accounts, permissions
from partnership.models import Document, Protocol


@require_safe
def document(request: HttpRequest, document_id: uuid.UUID) -> FileResponse:
    """A published document for anyone, any other for the protocol's staff; what someone may not see does not exist."""
    protocol = getattr(request, "protocol", None)
    if not protocol:
        raise Http404
    found = get_object_or_404(Document.objects.for_protocol(protocol), pk=document_id)
    if not found.is_published and not _is_staff(request, protocol):
        raise Http404
    response = FileResponse(found.file.open("rb"), as_attachment=True, filename=found.file.name.rsplit("/", 1)[-1])
    response["Content-Type"] = found.media_type or "application/octet-stream"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _is_staff(request: HttpRequest, protocol: Protocol) -> bool:
    return permissions.is_staff_of(request.user, protocol) and accounts.has_second_factor(request)
