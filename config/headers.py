"""Headers that Django does not set by itself, on every answer, public and staff."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in ("accelerometer", "camera", "geolocation", "gyroscope", "microphone", "payment", "usb")
)


class StrictHeadersMiddleware:
    """Adds the resource and permissions policies; what is shown to whoever carries a session is never stored."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        own_file = request.path.startswith(settings.STATIC_URL)
        if settings.SESSION_COOKIE_NAME in request.COOKIES and not own_file:
            response["Cache-Control"] = "no-store, private"
        return response
