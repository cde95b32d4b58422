"""Files, served by a view that checks rights; never as a page of ours."""

from __future__ import annotations

import uuid

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language_from_request, override
from django.views.decorators.http import require_safe

from partnership import accounts, languages, permissions
from partnership.models import Document, Protocol, PublishingState


@require_safe
def document(request: HttpRequest, document_id: uuid.UUID) -> HttpResponse | FileResponse:
    """A published document for anyone, any other for the protocol's staff; what was never public does not exist for others."""
    protocol = getattr(request, "protocol", None)
    if not protocol:
        raise Http404
    found = get_object_or_404(Document.objects.for_protocol(protocol), pk=document_id)
    if not found.is_published and not _is_staff(request, protocol):
        if found.public and found.publishing_state == PublishingState.WITHDRAWN:
            return _withdrawn(request, found)
        raise Http404
    response = FileResponse(found.file.open("rb"), as_attachment=True, filename=found.file.name.rsplit("/", 1)[-1])
    response["Content-Type"] = found.media_type or "application/octet-stream"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _withdrawn(request: HttpRequest, document: Document) -> HttpResponse:
    """410: that it is withdrawn, and since when; nothing else of it. In the browser's language, for the address names none."""
    with override(get_language_from_request(request)):
        words = {
            "withdrawn_at": document.withdrawn_at,
            "language_offers": languages.offers(f"/{languages.current()}/"),
            "is_error": True,
        }
        response = render(request, "public/document_withdrawn.html", words, status=410)
    patch_vary_headers(response, ["Accept-Language"])
    return response


def _is_staff(request: HttpRequest, protocol: Protocol) -> bool:
    return permissions.is_staff_of(request.user, protocol) and accounts.has_second_factor(request)
