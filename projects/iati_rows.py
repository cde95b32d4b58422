"""What an activity of an IATI file would be among the initiatives of others, or why it is none.

- Texts: the languages the programme publishes in; an activity whose title stands in none of them is skipped, whatever else it says.
- Actor: whoever carries it out (role 4), else answers for it (2), extends (3) or funds it (1), else whoever reports it.
- Level: that of the organisation the platform knows by the actor's IATI identifier; else by its type (OrganisationType), or that of
  whoever reports; else by the activity's scope (ActivityScope).
- Dates: the actual ones, else the planned.
- Sector: the purpose code of five digits with the largest percentage.
- Territory: see `territories`.
"""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import chain
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from partnership import languages, parity
from partnership.models import Level, Organisation, Party, Protocol
from partnership.normaliser import normalise
from projects.iati_reading import Activity, Actor, Place
from projects.models import Initiative

LEVELS = {
    "10": Level.NATIONAL,
    "11": Level.LOCAL,
    "15": Level.NATIONAL,
    "21": Level.INTERNATIONAL,
    "22": Level.NATIONAL,
    "23": Level.INTERNATIONAL,  # an NGO of a region of the world, such as North Africa
    "24": Level.NATIONAL,
    "30": Level.NATIONAL,
    "40": Level.INTERNATIONAL,
    "60": Level.NATIONAL,
    "70": Level.NATIONAL,
    "71": Level.INTERNATIONAL,
    "72": Level.NATIONAL,
    "73": Level.INTERNATIONAL,
    "80": Level.NATIONAL,
}
"""OrganisationType, with the level such an organisation usually works at; 90, “other”, says nothing."""
SCOPES = {
    "1": Level.INTERNATIONAL,
    "2": Level.INTERNATIONAL,
    "3": Level.INTERNATIONAL,
    "4": Level.NATIONAL,
    "5": Level.REGIONAL,
    "6": Level.REGIONAL,
    "7": Level.PROVINCIAL,
    "8": Level.LOCAL,
}
"""ActivityScope."""
ROLES = ("4", "2", "3", "1")
"""OrganisationRole, in the order in which one is taken for the actor."""
CENTRES = {("MA", "belfaa"): (30.03, -9.55, 20.0), ("BE", "jette"): (50.88, 4.33, 4.0)}
"""Latitude, longitude and reach in kilometres of communes known here, for places that a file gives as a bare point."""
SHORTEST_NAME = 4
"""A place's name of fewer signs could be part of anything."""
KILOMETRES_OF_A_DEGREE = 111.2


class Reason(models.TextChoices):
    """Why an activity is not taken over, and what to do where something can be done."""

    NO_IDENTIFIER = "no_identifier", _("It has no IATI identifier, by which it could be found again.")
    LONG_IDENTIFIER = "long_identifier", _("Its IATI identifier is longer than 200 characters.")
    TWICE = "twice", _("Its identifier stands in the file before; the first one counts.")
    NO_TITLE = "no_title", _("It has no title in Arabic, French or Dutch.")
    OURS = "ours", _("One of the two communes reports it: it is no initiative of another actor.")
    NO_LEVEL = "no_level", _("It does not say what kind of organisation carries it, nor how far it reaches.")
    NO_DATE = "no_date", _("One of its dates does not exist.")
    ENDS_FIRST = "ends_first", _("It would end before it begins.")
    ELSEWHERE = "elsewhere", _("It is in the territory of neither commune.")
    REFUSED = "refused", _("A rule refused it.")


@dataclass(frozen=True)
class Row:
    """One activity as an initiative. Texts and facts that the file does not give are empty; days are written as 2026-03-31."""

    number: int
    line: int
    identifier: str
    texts: dict[str, str] = field(default_factory=dict)
    """By column, for instance title_fr."""
    facts: dict[str, str] = field(default_factory=dict)
    actor: str = ""
    """The IATI identifier of the actor."""
    here: list[int] = field(default_factory=list)
    """The keys of the communes in whose territory it is."""
    reason: str = ""

    @property
    def title(self) -> tuple[str, str]:
        """A title and its language, the reader's own first; both empty where there is none."""
        for code in dict.fromkeys((languages.current(), *settings.REQUIRED_LANGUAGES)):
            if said := self.texts.get(parity.column("title", code)):
                return said, code
        return "", ""

    def written(self) -> str:
        """As one line of text."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))


def read(line: bytes | str) -> Row:
    """The row that a line says."""
    return Row(**json.loads(line))


@dataclass(frozen=True)
class Commune:
    """One of the two communes, as a file may name it. Names are normalised."""

    key: int
    country: str
    names: frozenset[str]
    areas: frozenset[str]
    """The province, region and country it says it is in."""
    centre: tuple[float, float, float] | None
    ref: str


def communes(protocol: Protocol) -> list[Commune]:
    """Both communes of a protocol. One query."""
    return [_commune(party) for party in protocol.parties.select_related("organisation")]


def _commune(party: Party) -> Commune:
    organisation: Any = party.organisation
    names, areas = set(), set()
    for code in settings.REQUIRED_LANGUAGES:
        names |= {normalise(getattr(organisation, parity.column(name, code)) or "") for name in ("name", "short_name")}
        place = (getattr(organisation, parity.column("place", code)) or "").replace("،", ",")
        areas |= {normalise(part) for part in place.split(",")}
    centre = next(
        (CENTRES[organisation.country, name] for name in names if (organisation.country, name) in CENTRES), None
    )
    return Commune(
        party.pk, organisation.country, frozenset(names - {""}), frozenset(areas - {""}), centre, organisation.iati_ref
    )


def levels_by_ref() -> dict[str, str]:
    """The level of every organisation that the platform knows by an IATI identifier. One query."""
    return dict(Organisation.objects.exclude(iati_ref="").values_list("iati_ref", "level"))


def rows(activities: Iterable[Activity], protocol: Protocol) -> Iterator[Row]:
    """Every activity as a row, in the file's order. Two queries, however many."""
    ours, levels = communes(protocol), levels_by_ref()
    seen: set[str] = set()
    for activity in activities:
        yield _row(activity, ours, levels, seen)
        seen.add(activity.identifier)


def _row(activity: Activity, ours: list[Commune], levels: Mapping[str, str], seen: set[str]) -> Row:
    actor = actor_of(activity)
    level = level_of(activity, actor, levels)
    days = {name: _day_of(activity.dates, *kinds) for name, kinds in (("starts_on", "21"), ("ends_on", "43"))}
    reason = _identifier_reason(activity.identifier, seen) or _reason(activity, ours, level, days)
    return Row(
        number=activity.number,
        line=activity.line,
        identifier=activity.identifier[:200],
        texts=_texts(activity),
        facts={
            "actor_name": (actor.name if actor else "")[:250],
            "level": level,
            "dac_sector": sector_of(activity),
            "starts_on": days["starts_on"] or "",
            "ends_on": days["ends_on"] or "",
            "source_url": _address(activity.page),
        },
        actor=actor.ref if actor else "",
        here=territories(activity, ours),
        reason=reason,
    )


# Why not --------------------------------------------------------------------------------------------------------------


def _identifier_reason(identifier: str, seen: set[str]) -> str:
    if not identifier:
        return Reason.NO_IDENTIFIER
    if len(identifier) > 200:
        return Reason.LONG_IDENTIFIER
    return Reason.TWICE if identifier in seen else ""


def _reason(activity: Activity, ours: list[Commune], level: str, days: Mapping[str, str | None]) -> str:
    if not any(code in activity.titles for code in settings.REQUIRED_LANGUAGES):
        return Reason.NO_TITLE
    if _is_ours(activity, ours):
        return Reason.OURS
    if None in days.values():
        return Reason.NO_DATE
    if days["starts_on"] and days["ends_on"] and str(days["ends_on"]) < str(days["starts_on"]):
        return Reason.ENDS_FIRST
    return "" if level else Reason.NO_LEVEL


def _is_ours(activity: Activity, ours: list[Commune]) -> bool:
    """Whether one of the communes reports it, by its identifier or its very name."""
    reporter = activity.reporter
    for commune in ours:
        if commune.ref and activity.identifier.startswith(f"{commune.ref}-"):
            return True
        if reporter is not None and (
            (commune.ref and reporter.ref == commune.ref) or normalise(reporter.name) in commune.names
        ):
            return True
    return False


# What it says ---------------------------------------------------------------------------------------------------------


def _texts(activity: Activity) -> dict[str, str]:
    longest = Initiative._meta.get_field("title").max_length or 0
    found = {}
    for code in settings.REQUIRED_LANGUAGES:
        if title := activity.titles.get(code):
            found[parity.column("title", code)] = title if len(title) <= longest else f"{title[: longest - 1]}…"
        if description := activity.descriptions.get(code):
            found[parity.column("description", code)] = description
    return found


def actor_of(activity: Activity) -> Actor | None:
    """Whoever is taken for the actor; None where the file names nobody."""
    for role in ROLES:
        for actor in activity.actors:
            if actor.role == role and (actor.name or actor.ref):
                return actor
    return activity.reporter


def level_of(activity: Activity, actor: Actor | None, levels: Mapping[str, str]) -> str:
    """The level of whoever acts; empty where nothing tells it."""
    if actor is not None and actor.ref in levels:
        return levels[actor.ref]
    kinds = (one.kind for one in (actor, activity.reporter) if one is not None)
    known = chain((LEVELS.get(kind) for kind in kinds), [SCOPES.get(activity.scope)])
    return next((str(level.value) for level in known if level is not None), "")


def sector_of(activity: Activity) -> str:
    """The purpose code with the largest percentage, the first of several; empty where there is none."""
    return max(activity.sectors, key=lambda sector: sector[1], default=("", 0.0))[0]


def _day_of(dates: Mapping[str, str], *kinds: str) -> str | None:
    """The first of these dates that stands; empty for none, None for one that does not exist. A time zone does not move a day."""
    written = next((dates[kind] for kind in kinds if dates.get(kind)), "")
    try:
        return datetime.date.fromisoformat(written.strip()[:10]).isoformat() if written else ""
    except ValueError:
        return None


def _address(page: str) -> str:
    try:
        URLValidator(schemes=["http", "https"])(page)
    except ValidationError:
        return ""
    return page if len(page) <= 200 else ""


# Where it is ----------------------------------------------------------------------------------------------------------


def territories(activity: Activity, ours: Iterable[Commune]) -> list[int]:
    """The communes in whose territory an activity is.

    It is in a commune's country, by recipient-country, and either in no place more exactly, so that it is for the whole country;
    or in a place that bears the name of the commune, of the province, region or country the commune says it is in, or that lies
    within the commune's reach by its point. A bare point says nothing about a commune that is not in CENTRES, and then excludes
    nothing. Where the file names no country, the place must bear the commune's own name.
    """
    return [commune.key for commune in ours if _is_in(activity, commune)]


def _is_in(activity: Activity, commune: Commune) -> bool:
    if not activity.countries:
        return any(_bears(name, commune.names) for place in activity.places for name in place.names)
    if commune.country not in activity.countries:
        return False
    return not activity.places or any(_is_at(place, commune) for place in activity.places)


def _is_at(place: Place, commune: Commune) -> bool:
    if any(_bears(name, commune.names) or _is_within(name, commune.areas) for name in place.names):
        return True
    if place.point is None:
        return False
    if commune.centre is None:
        return not place.names
    latitude, longitude, reach = commune.centre
    return distance(place.point, (latitude, longitude)) <= reach


def _bears(name: str, known: Iterable[str]) -> bool:
    """Whether one of the known names stands in it, word for word."""
    said = f" {normalise(name)} "
    return any(f" {one} " in said for one in known)


def _is_within(name: str, areas: Iterable[str]) -> bool:
    """Whether it is, or is part of, the name of one of these areas: “Souss-Massa” of “région Souss-Massa”."""
    said = normalise(name)
    return len(said) >= SHORTEST_NAME and any(
        f" {said} " in f" {area} " or f" {area} " in f" {said} " for area in areas
    )


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Kilometres between two points near each other, by latitude and longitude in degrees; exact enough for a commune's reach."""
    narrowing = math.cos(math.radians((one[0] + other[0]) / 2))
    return KILOMETRES_OF_A_DEGREE * math.hypot(one[0] - other[0], (one[1] - other[1]) * narrowing)
