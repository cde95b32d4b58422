"""Which protocol a request is about. Every public, staff, API and file query starts there."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from partnership.models import Protocol


class ProtocolRequest(HttpRequest):
    """A request that knows its protocol; None while none is loaded."""

    protocol: Protocol | None


def current(request: HttpRequest) -> Protocol | None:
    """The protocol a request is about, or None while none is loaded."""
    return getattr(request, "protocol", None) or None


class ProtocolMiddleware:
    """Sets `request.protocol` from the host name, else the primary protocol, when it is first asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.protocol = SimpleLazyObject(lambda: _protocol_of(request))  # type: ignore[attr-defined]  # see ProtocolRequest
        return self.get_response(request)


def _protocol_of(request: HttpRequest) -> Protocol | None:
    host = request.get_host().rsplit(":", 1)[0] if not request.get_host().endswith("]") else request.get_host()
    return Protocol.objects.for_host(host)
