"""IATI activity files for tests, written by code: small, and of any size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape, quoteattr

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
TITLES = {
    "fr": "Alphabétisation des femmes rurales",
    "nl": "Alfabetisering van plattelandsvrouwen",
    "ar": "محو أمية النساء",
}


def narratives(texts: Mapping[str, str]) -> str:
    """A text in several languages; under the empty code it has no language of its own."""
    return "".join(
        f"<narrative{f' xml:lang={quoteattr(code)}' if code else ''}>{escape(text)}</narrative>"
        for code, text in texts.items()
    )


def activity(
    identifier: str = "XM-TEST-1",
    *,
    titles: Mapping[str, str] = TITLES,
    descriptions: Mapping[str, str] | None = None,
    language: str = "fr",
    reporter: str = '<reporting-org ref="XM-TEST" type="10"><narrative>Agence</narrative></reporting-org>',
    actors: str = '<participating-org role="4" type="22" ref="MA-TEST-9"><narrative>Association Tifawt</narrative></participating-org>',
    dates: Mapping[str, str] | None = None,
    countries: Iterable[str] = ("MA",),
    places: Iterable[str | tuple[float, float]] = (),
    sectors: str = '<sector vocabulary="1" code="11230" percentage="100"/>',
    more: str = "",
) -> str:
    """One iati-activity in the order of the standard."""
    days = {"1": "2024-01-01", "3": "2026-12-31"} if dates is None else dates
    return (
        f'<iati-activity xml:lang="{language}" default-currency="EUR">'
        f"<iati-identifier>{escape(identifier)}</iati-identifier>{reporter}"
        f'<title>{narratives(titles)}</title><description type="1">{narratives(descriptions or {"fr": "Des cours du soir."})}</description>'
        f'{actors}<activity-status code="2"/>'
        + "".join(f'<activity-date type="{kind}" iso-date="{day}"/>' for kind, day in days.items())
        + "".join(f'<recipient-country code="{code}"/>' for code in countries)
        + "".join(place(one) for one in places)
        + sectors
        + more
        + "</iati-activity>\n"
    )


def place(one: str | tuple[float, float]) -> str:
    """A location by its name or by its point."""
    if isinstance(one, str):
        return f"<location><name><narrative>{escape(one)}</narrative></name></location>"
    srs = "http://www.opengis.net/def/crs/EPSG/0/4326"
    return f'<location><point srsName="{srs}"><pos>{one[0]} {one[1]}</pos></point></location>'


def whole(*activities: str, version: str = "2.03") -> bytes:
    """A file of activities."""
    body = "".join(activities)
    return f'{HEAD}<iati-activities version="{version}">\n{body}</iati-activities>\n'.encode()
