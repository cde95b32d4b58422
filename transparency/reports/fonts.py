"""The faces of the PDFs, from the PyPI packages that hold them, never from the system: the same on every machine.

IBM Plex Sans Arabic holds Arabic and Latin. It draws 241 pairs of letters (في, بين, لا) as one glyph, and a PDF can then say
only "this glyph is these two letters": readers differ in which comes first when they read from right to left, and half of them
turn the pair round. So each pair is taken apart before the face is used: the first letter becomes an empty glyph of its own,
the second the unchanged drawing of the pair. Nothing moves on the page, and every letter can be read, searched and copied
(docs/adr/0001-arabic-face-in-pdf.md). A pair with a vowel sign between its letters is written as two plain letters, save lam-alef,
which must stay one drawing. The changed face exists in memory and in the PDFs only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import fontpkg_amiri
import fontpkg_ibm_plex_sans_arabic
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables import otTables
from fontTools.ttLib.tables._g_l_y_f import Glyph

TEXT = Path(fontpkg_ibm_plex_sans_arabic.ROOT) / "files"
DISPLAY = Path(fontpkg_amiri.ROOT) / "files"
FACES = {
    "text-400.ttf": TEXT / "IBMPlexSansArabic-Regular.ttf",
    "text-600.ttf": TEXT / "IBMPlexSansArabic-SemiBold.ttf",
    "display-700.ttf": DISPLAY / "Amiri-Bold.ttf",
}
RIGHT_TO_LEFT = (
    1  # flag of a lookup (OpenType, GSUB); without "ignore marks", so a vowel sign between the two keeps the pair
)
PAIRS = "rlig"  # the feature under which the face draws its pairs
EMPTY = ".first"  # ends the name of the empty glyph that stands for a pair's first letter
BASE_GLYPH = 1  # class of a glyph that is no mark (OpenType, GDEF)
LAM, ALEFS = "ل", "اأإآٱ"
_ARABIC = re.compile(r"[\u0600-\u06FF]+")
_NAMED_BY_CODE = re.compile(r"uni((?:[0-9A-F]{4})+)(?:\..*)?")
Pairs = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Face:
    """A face as a TrueType file, and what each of its Arabic glyphs stands for, by the glyph's number."""

    content: bytes
    letters: Mapping[int, str]


@cache
def face(name: str) -> Face:
    """A face by its name in FACES. Raises KeyError for any other name."""
    path = FACES[name]
    return one_glyph_for_each_letter(path) if path.is_relative_to(TEXT) else Face(path.read_bytes(), {})


def one_glyph_for_each_letter(path: Path) -> Face:
    """The font with its two-letter glyphs taken apart; measures and drawings are unchanged."""
    font = TTFont(path, recalcTimestamp=False, recalcBBoxes=False)
    known = _letters(font)
    table = font["GSUB"].table
    features = [record.Feature for record in table.FeatureList.FeatureRecord if record.FeatureTag == PAIRS]
    (index,) = {index for feature in features for index in feature.LookupListIndex}
    lookups = table.LookupList.Lookup
    pairs = _pairs(lookups[index])
    empty = _add_empty_glyphs(font, pairs)
    _keep_only_lam_alef(lookups[index], known)
    lookups.append(lookups[index])
    for feature in features:
        feature.LookupListIndex = [index, len(lookups) - 1]
        feature.LookupCount = 2
    numbers = font.getReverseGlyphMap(rebuild=True)
    lookups[index] = _taking_apart(lookups, pairs, empty, numbers)
    table.LookupList.LookupCount = len(lookups)
    for first, seconds in pairs.items():
        known |= {empty[first]: known[first]} | {pair: known[second] for second, pair in seconds.items()}
    file = BytesIO()
    font.save(file)
    arabic = {numbers[glyph]: text for glyph, text in known.items() if _ARABIC.fullmatch(text)}
    return Face(file.getvalue(), arabic)


def _letters(font: TTFont) -> dict[str, str]:
    """What glyphs stand for: by the font's own table of characters, its contextual forms as plain letters, else by their names."""
    known = {}
    for glyph in font.getGlyphOrder():
        if named := _NAMED_BY_CODE.fullmatch(glyph):
            codes = [named[1][start : start + 4] for start in range(0, len(named[1]), 4)]
            known[glyph] = _plain("".join(chr(int(code, 16)) for code in codes))
    for code, glyph in sorted(font.getBestCmap().items(), reverse=True):  # the plain letter comes last and stays
        known[glyph] = _plain(chr(code))
    return known


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _pairs(lookup: Any) -> Pairs:
    """The pairs a lookup draws: {first glyph: {second glyph: glyph of the pair}}."""
    found: Pairs = {}
    for table in lookup.SubTable:
        for first, ligatures in table.ligatures.items():
            for ligature in ligatures:
                (second,) = ligature.Component
                found.setdefault(first, {})[second] = ligature.LigGlyph
    return found


def _keep_only_lam_alef(lookup: Any, known: Mapping[str, str]) -> None:
    """Leaves in the lookup only lam-alef; it then draws those with a vowel sign between them, which are not taken apart."""
    for table in lookup.SubTable:
        table.ligatures = {
            first: kept
            for first, ligatures in table.ligatures.items()
            if known.get(first) == LAM and (kept := [one for one in ligatures if known[one.Component[0]] in ALEFS])
        }


def _add_empty_glyphs(font: TTFont, firsts: Iterable[str]) -> dict[str, str]:
    """Adds a glyph without drawing or width for each first letter; returns {letter: its empty glyph}."""
    empty = {first: first + EMPTY for first in firsts}
    glyphs, widths, classes = font["glyf"], font["hmtx"], font["GDEF"].table.GlyphClassDef.classDefs
    for name in empty.values():
        glyphs[name], widths[name], classes[name] = Glyph(), (0, 0), BASE_GLYPH
    font.setGlyphOrder(glyphs.glyphOrder)
    return empty


def _taking_apart(lookups: list[Any], pairs: Pairs, empty: Mapping[str, str], numbers: Mapping[str, int]) -> Any:
    """The lookup that finds each pair and replaces both its glyphs, one by one; the replacements are added to `lookups`."""
    lookups.append(_lookup(1, [_single(empty)]))
    first_lookup = len(lookups) - 1
    tables = []
    for first, seconds in pairs.items():
        lookups.append(_lookup(1, [_single(seconds)]))
        tables.append(_context([[first], seconds], [first_lookup, len(lookups) - 1], numbers))
    return _lookup(6, tables)


def _lookup(kind: int, tables: list[Any]) -> Any:
    lookup = otTables.Lookup()
    lookup.LookupType, lookup.LookupFlag = kind, RIGHT_TO_LEFT
    lookup.SubTable, lookup.SubTableCount = tables, len(tables)
    return lookup


def _single(mapping: Mapping[str, str]) -> Any:
    table = otTables.SingleSubst()
    table.mapping = dict(mapping)
    return table


def _context(glyphs: list[Iterable[str]], replacements: list[int], numbers: Mapping[str, int]) -> Any:
    """A rule: where these glyphs follow each other, apply to each the lookup at its place in `replacements`."""
    rule = otTables.ChainContextSubst()
    rule.Format = 3
    rule.BacktrackCoverage, rule.BacktrackGlyphCount = [], 0
    rule.LookAheadCoverage, rule.LookAheadGlyphCount = [], 0
    rule.InputCoverage, rule.InputGlyphCount = [_coverage(some, numbers) for some in glyphs], len(glyphs)
    rule.SubstLookupRecord, rule.SubstCount = [_record(*pair) for pair in enumerate(replacements)], len(replacements)
    return rule


def _coverage(glyphs: Iterable[str], numbers: Mapping[str, int]) -> Any:
    coverage = otTables.Coverage()
    coverage.glyphs = sorted(glyphs, key=numbers.__getitem__)
    return coverage


def _record(place: int, lookup: int) -> Any:
    record = otTables.SubstLookupRecord()
    record.SequenceIndex, record.LookupListIndex = place, lookup
    return record
