"""An IATI 2.03 activity file read as it streams by: each activity's few facts that say what another actor does (clause F4.1).

Sources: IATI Standard 2.03, iati-activities-schema.xsd and its code lists. The parser keeps only the elements named below, so that
memory does not grow with the file. It opens nothing the file points to: a document type, with which entities would begin, is
refused as such; a packed file is not unpacked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from partnership import parity
from partnership.refusals import Refusal

VERSION = "2.03"
LARGEST = 20 * 1024 * 1024
MOST_ACTIVITIES = 50_000
CHUNK = 256 * 1024
"""Large enough that one sign of 20 MB is not searched for its end too often; small beside the file."""
LONGEST_TEXT = 5_000
"""Of a longer text the beginning is kept."""
MOST_PARTS = 200
"""So many organisations, places or sectors of one activity are kept."""
MOST_NAMES = 2_000
"""So many different names of elements and attributes a file may use; the standard has some three hundred."""
MOST_ELEMENTS = 2_000_000
MOST_DEPTH = 50
"""The standard's deepest element lies within eight others. The parser keeps whatever is open, so depth costs memory."""
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
PACKED = (b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
"""How files begin that gzip, zip, bzip2, xz or zstd have packed."""
CUT_SHORT = {3, 5, 6, 20}
"""What expat says of a file that ends too early: no element found, unclosed token, partial character, unclosed CDATA section."""


@dataclass(frozen=True)
class Actor:
    """An organisation as an activity names it: its role (OrganisationRole; empty for the one that reports), its IATI
    identifier, its type (OrganisationType) and its name; each empty where the file does not say it."""

    role: str
    ref: str
    kind: str
    name: str


@dataclass(frozen=True)
class Place:
    """A location of an activity: every name it has, and its point as latitude and longitude in degrees."""

    names: tuple[str, ...]
    point: tuple[float, float] | None


@dataclass(frozen=True)
class Activity:
    """What one iati-activity says. `number` is its place in the file, from 1; codes are the file's own words."""

    number: int
    line: int
    identifier: str
    titles: Mapping[str, str]
    descriptions: Mapping[str, str]
    reporter: Actor | None
    actors: tuple[Actor, ...]
    dates: Mapping[str, str]
    """By type (ActivityDateType: 1 planned start, 2 actual start, 3 planned end, 4 actual end)."""
    sectors: tuple[tuple[str, float], ...]
    """Purpose codes of five digits (vocabulary 1) with their percentages; 100 where the file gives none."""
    countries: frozenset[str]
    places: tuple[Place, ...]
    scope: str
    page: str
    """The address of a page about it (document category A12); empty for none."""


def read(file: IO[bytes]) -> Iterator[Activity]:
    """The activities of a file in its order, each as soon as it has ended.

    Raises Refusal, at whatever point: no IATI activities, another version, a document type, not well formed, cut short, packed,
    empty, too large. What was read before that is no whole file, and nobody may save it.
    """
    gathering = _Gathering()
    parser = DefusedXMLParser(target=gathering, forbid_dtd=True)
    gathering.line = lambda: int(parser.parser.CurrentLineNumber)
    size = 0
    while chunk := file.read(CHUNK):
        size += len(chunk)
        _check_bytes(chunk, size)
        _parse(parser.feed, chunk)
        yield from gathering.take()
    if not size:
        raise Refusal(_("The file is empty. Choose another."), code="iati_empty")
    _parse(parser.close)
    yield from gathering.take()


def _check_bytes(chunk: bytes, size: int) -> None:
    if size > LARGEST:
        raise Refusal(_("The file is larger than 20 MB. Ask the publisher for a smaller part of it."), code="iati_size")
    if size == len(chunk) and chunk.startswith(PACKED):
        raise Refusal(_("The file is packed. Unpack it and choose the XML file in it."), code="iati_packed")


def _parse(step: Callable[..., object], *given: bytes) -> None:
    """One step of the parser, its troubles told as refusals."""
    try:
        step(*given)
    except DefusedXmlException as refused:
        raise Refusal(
            _("The file declares a document type or entities, which no IATI file needs. It is not read."),
            code="iati_doctype",
        ) from refused
    except ParseError as broken:
        raise _broken(broken) from broken
    except (ValueError, LookupError) as unknown:  # an encoding that does not exist, or has several bytes to a sign
        raise Refusal(
            _("The file is in an encoding that cannot be read. Ask for it in UTF-8."), code="iati_encoding"
        ) from unknown


def _broken(broken: ParseError) -> Refusal:
    line = broken.position[0]
    if broken.code in CUT_SHORT:
        return Refusal(
            _("The file ends in the middle, at line %(line)s. Fetch it again, whole."),
            code="iati_cut_short",
            params={"line": line},
        )
    return Refusal(
        _("This is no well-formed XML: line %(line)s cannot be read. Choose an IATI activity file."),
        code="iati_broken",
        params={"line": line},
    )


# Gathering ------------------------------------------------------------------------------------------------------------

Attributes = Mapping[str, str]


@dataclass
class _Draft:
    """An activity while it is being read."""

    number: int
    line: int
    language: str
    identifier: str = ""
    titles: dict[str, str] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    reporter: Actor | None = None
    actors: list[Actor] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    about: Attributes = field(default_factory=dict)
    dates: dict[str, str] = field(default_factory=dict)
    sectors: list[tuple[str, float]] = field(default_factory=list)
    spent_on: dict[str, float] = field(default_factory=dict)
    countries: set[str] = field(default_factory=set)
    places: list[Place] = field(default_factory=list)
    place_names: list[str] = field(default_factory=list)
    point: tuple[float, float] | None = None
    scope: str = ""
    page: str = ""
    document: str = ""


# What an element says by its attributes, when it begins.


def _begin_actor(draft: _Draft, given: Attributes) -> None:
    draft.about, draft.names = given, {}


def _begin_place(draft: _Draft, _given: Attributes) -> None:
    draft.place_names, draft.point = [], None


def _date(draft: _Draft, given: Attributes) -> None:
    draft.dates.setdefault(given.get("type", "")[:4], given.get("iso-date", "")[:40])


def _sector(draft: _Draft, given: Attributes) -> None:
    if _is_purpose(given) and len(draft.sectors) < MOST_PARTS:
        draft.sectors.append((given["code"], _number(given.get("percentage", "100"))))


def _transaction_sector(draft: _Draft, given: Attributes) -> None:
    """A publisher may say the sector with each transaction instead: then the one named most often counts."""
    if _is_purpose(given) and len(draft.spent_on) < MOST_PARTS:
        draft.spent_on[given["code"]] = draft.spent_on.get(given["code"], 0) + 1


def _is_purpose(given: Attributes) -> bool:
    code = given.get("code", "")
    return given.get("vocabulary", "1") == "1" and len(code) == 5 and code.isascii() and code.isdigit()


def _country(draft: _Draft, given: Attributes) -> None:
    if len(draft.countries) < MOST_PARTS:
        draft.countries.add(given.get("code", "").upper()[:2])


def _scope(draft: _Draft, given: Attributes) -> None:
    draft.scope = given.get("code", "")[:4]


def _document(draft: _Draft, given: Attributes) -> None:
    draft.document = given.get("url", "")


def _document_category(draft: _Draft, given: Attributes) -> None:
    if given.get("code") == "A12" and not draft.page:
        draft.page = draft.document.strip()[:LONGEST_TEXT]


BEGIN: dict[str, Callable[[_Draft, Attributes], None]] = {
    "reporting-org": _begin_actor,
    "participating-org": _begin_actor,
    "activity-date": _date,
    "activity-scope": _scope,
    "recipient-country": _country,
    "sector": _sector,
    "location": _begin_place,
    "transaction/sector": _transaction_sector,
    "transaction/recipient-country": _country,
    "document-link": _document,
    "document-link/category": _document_category,
}

# What an element says by its text, or by all that stood in it, when it ends.


def _end_identifier(draft: _Draft, text: str, _language: str) -> None:
    draft.identifier = draft.identifier or text


def _end_title(draft: _Draft, text: str, language: str) -> None:
    _first(draft.titles, language, text)


def _end_description(draft: _Draft, text: str, language: str) -> None:
    _first(draft.descriptions, language, text)


def _end_name(draft: _Draft, text: str, language: str) -> None:
    _first(draft.names, language, text)


def _end_reporter(draft: _Draft, _text: str, _language: str) -> None:
    draft.reporter = draft.reporter or _actor(draft, role="")


def _end_actor(draft: _Draft, _text: str, _language: str) -> None:
    if len(draft.actors) < MOST_PARTS:
        draft.actors.append(_actor(draft, role=draft.about.get("role", "")[:4]))


def _actor(draft: _Draft, *, role: str) -> Actor:
    names = [draft.names[code] for code in settings.REQUIRED_LANGUAGES if code in draft.names]
    name = draft.names.get(draft.language) or next(iter([*names, *draft.names.values()]), "")
    return Actor(role, draft.about.get("ref", "").strip()[:200], draft.about.get("type", "")[:4], name)


def _end_place_name(draft: _Draft, text: str, _language: str) -> None:
    if text and len(draft.place_names) < MOST_PARTS:
        draft.place_names.append(text)


def _end_point(draft: _Draft, text: str, _language: str) -> None:
    """Latitude and longitude of EPSG 4326, as the standard asks; anything else is no point."""
    found = [_number(part, nothing=None) for part in text.split()]
    if len(found) == 2 and None not in found:
        draft.point = (found[0], found[1])


def _end_place(draft: _Draft, _text: str, _language: str) -> None:
    if len(draft.places) < MOST_PARTS and (draft.place_names or draft.point):
        draft.places.append(Place(tuple(draft.place_names), draft.point))


END: dict[str, Callable[[_Draft, str, str], None]] = {
    "iati-identifier": _end_identifier,
    "title/narrative": _end_title,
    "description/narrative": _end_description,
    "reporting-org/narrative": _end_name,
    "participating-org/narrative": _end_name,
    "reporting-org": _end_reporter,
    "participating-org": _end_actor,
    "location/name/narrative": _end_place_name,
    "location/point/pos": _end_point,
    "location": _end_place,
}
WITH_TEXT = {path for path in END if path.endswith(("/narrative", "/pos")) or path == "iati-identifier"}
KNOWN = {"/".join(path.split("/")[:depth]) for path in (*BEGIN, *END) for depth in (1, 2, 3)}
"""The elements that are looked into; all others are passed over with everything in them."""


def _first(found: dict[str, str], language: str, text: str) -> None:
    """The first text in each language counts."""
    if text and language not in found and len(found) < MOST_PARTS:
        found[language] = text


def _number(written: str, *, nothing: Any = 0.0) -> Any:
    """A decimal as XML Schema writes it; `nothing` for what is none."""
    try:
        value = float(written)
    except ValueError:
        return nothing
    return value if abs(value) < 1e9 else nothing


class _Gathering:
    """What the parser tells while it reads: elements that begin, end, and the text between."""

    def __init__(self) -> None:
        self.depth = 0
        self.passed_over = 0
        self.path: list[str] = []
        self.languages: list[str] = []
        self.text: list[str] | None = None
        self.length = 0
        self.count = 0
        self.elements = 0
        self.names: set[str] = set()
        self.draft: _Draft | None = None
        self.whole: list[Activity] = []
        self.line: Callable[[], int] = lambda: 0

    def take(self) -> list[Activity]:
        """The activities that have ended since this was last asked."""
        found, self.whole = self.whole, []
        return found

    def start(self, tag: str, given: Attributes) -> None:
        """An element begins."""
        self.depth += 1
        self._note(tag, given)
        if self.depth == 1:
            _check_root(tag, given)
        elif self.depth == 2:
            self._begin_activity(tag, given)
        elif not self.passed_over:
            self._begin_part(tag, given)
        else:
            self.passed_over += 1

    def end(self, _tag: str) -> None:
        """An element ends."""
        self.depth -= 1
        if self.passed_over:
            self.passed_over -= 1
        elif self.depth >= 2:
            self._end_part()
        elif self.depth == 1 and self.draft is not None:
            self.whole.append(_activity(self.draft))
            self.draft = None

    def data(self, text: str) -> None:
        """Text stands within an element."""
        if self.text is not None and self.length < LONGEST_TEXT:
            self.text.append(text)
            self.length += len(text)

    def close(self) -> None:
        """The file has ended."""

    def _note(self, tag: str, given: Attributes) -> None:
        """Refuse what is no IATI file before it costs more than one does."""
        self.elements += 1
        self.names.add(tag)
        self.names.update(given)
        if len(self.names) > MOST_NAMES or self.depth > MOST_DEPTH or self.elements > MOST_ELEMENTS:
            raise Refusal(
                _("This is built like no IATI activity file: too many sorts of elements, too many, or too deep."),
                code="iati_strange",
            )

    def _begin_activity(self, tag: str, given: Attributes) -> None:
        if tag != "iati-activity":
            self.passed_over = 1
            return
        self.count += 1
        if self.count > MOST_ACTIVITIES:
            raise Refusal(
                _("The file holds more than 50,000 activities. Ask the publisher for a smaller part of it."),
                code="iati_many",
            )
        self.draft = _Draft(self.count, self.line(), _language(given))

    def _begin_part(self, tag: str, given: Attributes) -> None:
        path = "/".join([*self.path, tag])
        if path not in KNOWN or self.draft is None:
            self.passed_over = 1
            return
        self.path.append(tag)
        if path in BEGIN:
            BEGIN[path](self.draft, given)
        if path in WITH_TEXT:
            self.text, self.length = [], 0
            self.languages.append(_language(given) or self.draft.language)

    def _end_part(self) -> None:
        path = "/".join(self.path)
        self.path.pop()
        end = END.get(path)
        if end is None or self.draft is None:
            return
        text, language = "", ""
        if path in WITH_TEXT:
            text = parity.one_line("".join(self.text or ()))[:LONGEST_TEXT]
            language, self.text = self.languages.pop(), None
        end(self.draft, text, language)


def _check_root(tag: str, given: Attributes) -> None:
    if tag != "iati-activities":
        raise _no_activities()
    version = given.get("version", "")
    if version != VERSION:
        raise Refusal(
            _("The file is of version %(version)s of the IATI standard; only %(needed)s is read."),
            code="iati_version",
            params={"version": version[:20] or "–", "needed": VERSION},
        )


def _no_activities() -> Refusal:
    return Refusal(
        _(
            "This is no IATI activity file: it does not begin with “iati-activities”. Choose one from the IATI Registry."
        ),
        code="iati_other",
    )


def _language(given: Attributes) -> str:
    """The language without its region: fr of fr-BE."""
    return given.get(LANGUAGE, "").strip().lower().partition("-")[0][:8]


def _activity(draft: _Draft) -> Activity:
    return Activity(
        number=draft.number,
        line=draft.line,
        identifier=draft.identifier,
        titles=draft.titles,
        descriptions=draft.descriptions,
        reporter=draft.reporter,
        actors=tuple(draft.actors),
        dates=draft.dates,
        sectors=tuple(draft.sectors or draft.spent_on.items()),
        countries=frozenset(draft.countries - {""}),
        places=tuple(draft.places),
        scope=draft.scope,
        page=draft.page,
    )
