"""The one colour the two communes may choose: the green of what they share."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from partnership.models import Protocol
from transparency.views.pages import public_page

# Only shapes take the chosen colour; text keeps the tones whose contrast was measured. In the dark the shared colour is the brightest.
RULES = """:root {{ --joint: {colour}; }}
@supports (color: color-mix(in oklab, red, white)) {{
  @media (prefers-color-scheme: dark) {{ :root {{ --joint: color-mix(in oklab, {colour} 45%, white); }} }}
}}
"""


@public_page
def joint_colour(request: HttpRequest, protocol: Protocol) -> HttpResponse:
    """A style sheet with the protocol's joint colour; empty where it keeps the usual one."""
    rules = RULES.format(colour=protocol.joint_colour) if protocol.joint_colour else ""
    response = HttpResponse(rules, content_type="text/css")
    response["Cache-Control"] = "public, max-age=300"
    return response
