"""Loading the glossary from its file: a table of Arabic, French, Dutch and English words. What staff edited since is left alone."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from partnership import history
from partnership.models import Term, TermUse
from partnership.normaliser import normalise

GLOSSARY = Path(__file__).parent / "data" / "glossary.csv"
COLUMNS = ("ar", "fr", "nl", "en", "note", "use")
FIELDS = {"ar": "word_ar", "fr": "word_fr", "nl": "word_nl", "note": "note", "use": "use"}


@dataclass
class Loaded:
    """How many terms were written, and how many stand as staff edited them though the file says something else."""

    written: int = 0
    edited: int = 0


def load(path: Path = GLOSSARY, *, replace: bool = False) -> Loaded:
    """Write the file's terms. Again: nothing changes. A term that staff edited stays, unless `replace`; so do their own terms.

    Raises ValidationError that names the line; then nothing has changed.
    """
    entries = list(read(path))
    loaded = Loaded()
    with transaction.atomic(), history.one_version():
        terms = list(Term.objects.select_for_update())
        by_name = {term.english: term for term in terms if term.english}
        by_words = {_spelt(_values(term)): term for term in terms}
        for entry in entries:
            known = by_name.get(entry["en"]) or by_words.get(_spelt(_wanted(entry)))
            _write(known or Term(english=entry["en"]), _wanted(entry), loaded, replace=replace)
    return loaded


def read(path: Path) -> Iterator[dict[str, str]]:
    """The file's lines, checked. Raises ValidationError that names the line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ValidationError(f"{path}: {error}", code="file") from error
    rows = csv.DictReader(io.StringIO(text, newline=""))
    if tuple(rows.fieldnames or ()) != COLUMNS:
        raise _wrong(1, _("The columns are not: %(columns)s.") % {"columns": ", ".join(COLUMNS)})
    names: set[object] = set()
    for row in rows:
        if None in row or None in row.values():
            raise _wrong(rows.line_num, _("The line has more or fewer values than there are columns."))
        entry = {name: value.strip() for name, value in row.items()}
        same = {entry["en"], _spelt(_wanted(entry))}
        if not entry["en"] or names & same:
            raise _wrong(
                rows.line_num, _("The English name is missing, or an earlier line names it or has the same words.")
            )
        for refusal in _refusals(entry):
            raise _wrong(rows.line_num, refusal)
        names |= same
        yield entry


def _refusals(entry: Mapping[str, str]) -> Iterator[object]:
    words = [entry[code] for code in settings.REQUIRED_LANGUAGES]
    if entry["use"] not in TermUse.values:
        yield _("The use is neither “agreed” nor “avoid”.")
    if entry["use"] == TermUse.AGREED and not all(words):
        yield _("An agreed term needs its word in Arabic, French and Dutch.")
    if entry["use"] == TermUse.AVOID and not any(words):
        yield _("A term needs a word in at least one language.")
    if entry["use"] == TermUse.AVOID and not entry["note"]:
        yield _("Say what to write instead of a word to avoid.")
    for name, field in FIELDS.items():
        longest = getattr(Term._meta.get_field(field), "max_length", 0)
        if len(entry[name]) > longest:
            yield _("“%(name)s” is longer than %(longest)s characters.") % {"name": name, "longest": longest}


def _wrong(line: int, rule: object) -> ValidationError:
    message = _("Line %(line)s of the glossary’s file: %(rule)s")
    return ValidationError(message, code="glossary_file", params={"line": line, "rule": rule})


def _write(term: Term, wanted: Mapping[str, str], loaded: Loaded, *, replace: bool) -> None:
    present = _values(term)
    if present == wanted:
        return
    if term.pk and not replace and _digest(present) != term.loaded:
        loaded.edited += 1
        return
    for field, text in wanted.items():
        setattr(term, field, text or ("" if field in {"note", "use"} else None))
    term.loaded = _digest(wanted)
    term.save()
    loaded.written += 1


def _wanted(entry: Mapping[str, str]) -> dict[str, str]:
    return {field: entry[name] for name, field in FIELDS.items()}


def _values(term: Term) -> dict[str, str]:
    return {field: getattr(term, field) or "" for field in FIELDS.values()}


def _spelt(values: Mapping[str, str]) -> tuple[str, ...]:
    """What makes a term the same one, however it is spelt."""
    return (values["use"], *(normalise(values[f"word_{code}"]) for code in settings.REQUIRED_LANGUAGES))


def _digest(values: Mapping[str, str]) -> str:
    return hashlib.sha256("\x1f".join(f"{name}={values[name]}" for name in sorted(values)).encode()).hexdigest()
