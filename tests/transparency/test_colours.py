"""The colours of the public pages: the joint one, light and dark, contrast, neither commune heavier than the other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings as project_settings
from django.test import Client

from tests.factories import ProtocolFactory
from tests.pages import get


@pytest.mark.django_db
def test_the_joint_colour_the_communes_choose_is_a_style_sheet_of_our_own(client: Client):
    protocol = ProtocolFactory()
    assert "joint-colour" not in get(client, "/fr/").source
    protocol.joint_colour = "#335577"
    protocol.save()
    assert "/fr/joint-colour.css" in get(client, "/fr/").source
    answer = client.get("/fr/joint-colour.css")
    assert answer["Content-Type"] == "text/css"
    assert "--joint: #335577" in answer.content.decode()


def tokens() -> dict[str, dict[str, str]]:
    """The colours of each theme by name; `chosen` is the dark that a reader set against the system."""
    sheet = Path(project_settings.BASE_DIR, "static", "css", "tokens.css").read_text(encoding="utf-8")
    starts = {
        "light": r":root",
        "dark": r":root:not\(\[data-theme=\"light\"\]\)",
        "chosen": r":root\[data-theme=\"dark\"\]",
    }
    blocks = {name: re.search(rf"{start} \{{(.*?)\}}", sheet, re.DOTALL) for name, start in starts.items()}
    return {name: dict(re.findall(r"(--[\w-]+): (#\w{6});", block[1])) for name, block in blocks.items() if block}


def contrast(one: str, other: str) -> float:
    """The contrast of two colours by WCAG 2.2, from 1 to 21."""

    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_both_ways_into_the_dark_give_the_same_colours():
    themes = tokens()
    assert len(themes["dark"]) > 20
    assert themes["dark"] == themes["chosen"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_shapes_stand_out_from_what_they_stand_on(theme):
    colour = tokens()[theme]
    text = [(name, ground) for name in ("ink", "ink-2", "joint-ink") for ground in ("paper", "surface", "sunk")]
    text += [("square-ink", "square-wash"), ("diamond-ink", "diamond-wash"), ("joint-ink", "joint-wash")]
    text += [("bad", "bad-wash"), ("on-button", "joint-ink"), ("on-joint-mid", "joint-mid"), ("on-bad-mid", "bad-mid")]
    text += [("square-ink", "surface"), ("diamond-ink", "surface"), ("paper", "ink")]
    shapes = [(name, "paper") for name in ("square", "diamond", "joint", "data", "edge", "bad")]
    for least, pairs in ((4.5, text), (3, shapes)):
        weak = {pair: contrast(colour[f"--{pair[0]}"], colour[f"--{pair[1]}"]) for pair in pairs}
        assert {pair: ratio for pair, ratio in weak.items() if ratio < least} == {}


@pytest.mark.parametrize(("theme", "most"), [("light", 0.02), ("dark", 0.05)])
def test_neither_commune_colour_weighs_more(theme, most):
    colour = tokens()[theme]
    square, diamond = (contrast(colour[name], colour["--paper"]) for name in ("--square", "--diamond"))
    assert square == pytest.approx(diamond, rel=most)
