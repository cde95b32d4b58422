"""The colour tokens of the site, light, as the reports use them: static/css/tokens.css is the one place that defines them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders

_LIGHT = re.compile(r":root\s*\{(.*?)\}", re.DOTALL)
_TOKEN = re.compile(r"--([\w-]+):\s*(#[0-9A-Fa-f]{6})\s*;")


@cache
def tokens() -> Mapping[str, str]:
    """Name and hexadecimal colour, for instance {"joint": "#125239"}; hyphens become underscores, as templates need them."""
    light = _LIGHT.search(Path(str(finders.find("css/tokens.css"))).read_text("utf-8"))
    return {name.replace("-", "_"): colour for name, colour in _TOKEN.findall(light[1] if light else "")}


def as_css() -> str:
    """The tokens as custom properties for the report's stylesheet."""
    return ":root {" + "".join(f"--{name.replace('_', '-')}: {colour};" for name, colour in tokens().items()) + "}"
