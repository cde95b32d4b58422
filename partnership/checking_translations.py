"""Checking the three languages: the interface's catalogues, and every text the public reads.

Some findings must not stand (`FAILING`): an interface message that is missing or fuzzy, a published record that is incomplete
[I10], a word to avoid. Others are listed for people to judge: a word other than the agreed one, a text that follows an earlier one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import F, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from partnership import catalogues, languages, parity
from partnership.glossary import Departure, DepartureKind, Glossary
from partnership.models import Protocol, Publishable, PublishingState, Recorded, TextStanding, TextState
from partnership.ways import end_of, way_to_protocol

BATCH = 500
"""So many records are in memory at once; each batch costs one query more for the languages its texts were written in."""
Item = TypeVar("Item")


class FindingKind(models.TextChoices):
    """What the check finds, the gravest first."""

    INTERFACE = "interface", _("The platform’s own words: missing or uncertain")
    INCOMPLETE = "incomplete", _("Published, but not in every language")
    AVOID = "avoid", _("Words to avoid in published texts")
    OTHER = "other", _("Other words than the agreed ones")
    STALE = "stale", _("Texts that follow an earlier text")


FAILING = frozenset({FindingKind.INTERFACE, FindingKind.INCOMPLETE, FindingKind.AVOID})
DEPARTURES = {DepartureKind.AVOID: FindingKind.AVOID, DepartureKind.OTHER: FindingKind.OTHER}


@dataclass(frozen=True)
class Finding:
    """One thing found, in one language.

    `about` is the record's name, or the interface message's English text. `model` and `key` name the root on whose form it is
    mended, where it is a record's. `word` is the word to avoid, or the agreed word that is absent, and `note` the glossary's.
    """

    kind: FindingKind
    language: str
    about: str
    field: str | Promise = ""
    word: str = ""
    note: str = ""
    source: str = ""
    model: str = ""
    key: str = ""

    @property
    def fails(self) -> bool:
        """Whether it must not stand."""
        return self.kind in FAILING


def check(protocol: Protocol | None = None) -> Iterator[Finding]:
    """Everything there is to find: in the interface, and in the texts of one protocol with what all share, or of all protocols."""
    yield from interface()
    yield from content(protocol)
    yield from stale(protocol)


# The interface --------------------------------------------------------------------------------------------------------


def interface() -> Iterator[Finding]:
    """Messages of the interface that are missing, fuzzy, or with other placeholders than the English text."""
    for language in settings.REQUIRED_LANGUAGES:
        for message, fault in catalogues.faults_of(language):
            yield Finding(FindingKind.INTERFACE, language, message, note=fault)


# What the public reads ------------------------------------------------------------------------------------------------


def content(protocol: Protocol | None = None) -> Iterator[Finding]:
    """What is wrong with the texts the public reads. The number of queries depends on the models and batches, not on the rows."""
    glossary = Glossary.read()
    for model in public_models():
        rows = public_rows(model, protocol).order_by("pk").iterator(chunk_size=BATCH)
        for batch in batches(rows):
            yield from _of_batch(model, batch, glossary)


def public_models() -> list[type[models.Model]]:
    """The models with texts that the public reads once they are published, or at once."""
    return [model for model in apps.get_models() if public_texts(model)]


def public_texts(model: type[models.Model]) -> list[str]:
    """The translated fields of a model that the public reads."""
    public = getattr(model, "PUBLIC_FIELDS", ())
    return [field for field in parity.translated_fields(model) if field in public]


def public_rows(model: type[models.Model], protocol: Protocol | None = None) -> models.QuerySet[Any]:
    """The rows the public reads, each with the key of the root on whose form it is mended; of one protocol with what all share."""
    rows = model._base_manager.all()
    way = way_to_protocol(model)
    if protocol is not None and way:
        rows = rows.filter(**{way: protocol.pk})
    rows = rows.filter(_published(model))
    root = getattr(model, "ROOT", "")
    with_root: models.QuerySet[Any] = rows.annotate(_root=F(f"{root}__pk" if root else "pk"))
    return with_root


def _published(model: type[models.Model]) -> Q:
    """That the record, or the one it is published with, stands before the public."""
    if issubclass(model, Publishable):
        return Q(publishing_state=PublishingState.PUBLISHED)
    way = getattr(model, "PUBLISHED_WITH", "") or getattr(model, "ROOT", "")
    if not way or not issubclass(end_of(model, way), Publishable):
        return Q()
    with_root = Q(**{f"{way}__publishing_state": PublishingState.PUBLISHED})
    alone = Q(**{f"{way}__isnull": True}) if getattr(model, "PUBLISHED_WITH", "") else Q(pk__in=[])
    return with_root | alone


def batches(rows: Iterable[Item], size: int = BATCH) -> Iterator[list[Item]]:
    """The rows, so many at a time."""
    remaining = iter(rows)
    while batch := list(islice(remaining, size)):
        yield batch


def _of_batch(model: type[models.Model], batch: Sequence[Any], glossary: Glossary) -> Iterator[Finding]:
    fields = public_texts(model)
    sources = _sources(model, batch)
    for record in batch:
        where = {"about": name_of(record), "model": _root_label(model), "key": str(record._root)}
        if isinstance(record, Publishable):
            for gap in parity.missing(record):
                yield Finding(FindingKind.INCOMPLETE, gap.language, field=gap.label, **where)
        elif parity.missing(record):
            continue  # a part waits unseen until its own texts stand in every language
        for field in fields:
            texts = {code: getattr(record, parity.column(field, code)) or "" for code in settings.REQUIRED_LANGUAGES}
            for departure in glossary.departures(texts, source=sources.get((str(record.pk), field), "")):
                yield _departure(departure, model._meta.get_field(field), where)


def _departure(departure: Departure, field: Any, where: dict[str, str]) -> Finding:
    return Finding(
        DEPARTURES[departure.kind],
        departure.language,
        field=field.verbose_name,
        word=departure.word,
        note=departure.term.note,
        source=departure.source,
        **where,
    )


def _sources(model: type[models.Model], batch: Sequence[models.Model]) -> dict[tuple[str, str], str]:
    """In which language the texts of some records were written, by key and field, where it is known. One query."""
    found = TextState.objects.filter(
        content_type=ContentType.objects.get_for_model(model),
        object_id__in=[str(record.pk) for record in batch],
        standing=TextStanding.SOURCE,
    )
    return {(key, field): code for key, field, code in found.values_list("object_id", "field", "language")}


def _root_label(model: type[models.Model]) -> str:
    return end_of(model, getattr(model, "ROOT", ""))._meta.label_lower


def name_of(record: models.Model) -> str:
    """What people call a record, without a further query: its code, and the first text it has, in the reader's language or another."""
    code = str(getattr(record, "code", "") or "")
    order = dict.fromkeys((languages.current(), *settings.REQUIRED_LANGUAGES))
    columns = [parity.column(field, one) for field in parity.translated_fields(type(record)) for one in order]
    text = next((said for column in columns if parity.has_text(said := getattr(record, column))), "")
    return " ".join(filter(None, (code and f"\u2066{code}\u2069", str(text)))) or f"#{record.pk}"


# Texts that follow an earlier one -------------------------------------------------------------------------------------


def stale(protocol: Protocol | None = None) -> Iterator[Finding]:
    """Languages that follow an earlier source, of one protocol with what all share, or of all protocols."""
    for batch in batches(stale_texts(protocol).iterator(chunk_size=BATCH)):
        yield from named(batch)


def stale_texts(protocol: Protocol | None = None) -> models.QuerySet[TextState]:
    """The same, not yet with the records' names: an indexed condition, to count and to page through."""
    states = TextState.objects.stale().order_by("pk")
    return states if protocol is None else states.filter(Q(protocol=protocol) | Q(protocol=None))


def named(batch: Sequence[TextState]) -> Iterator[Finding]:
    """Stale languages with the names of their records. One query for each model that is named."""
    keys: dict[int, set[str]] = {}
    for state in batch:
        keys.setdefault(state.content_type_id, set()).add(state.object_id)
    records = {
        (kind, str(record.pk)): record
        for kind, own in keys.items()
        if (model := ContentType.objects.get_for_id(kind).model_class()) is not None and issubclass(model, Recorded)
        for record in model._base_manager.filter(pk__in=own)
    }
    for state in batch:
        record = records.get((state.content_type_id, state.object_id))
        if record is None:
            continue
        root = ContentType.objects.get_for_id(state.root_type_id)
        label: Any = record._meta.get_field(state.field)
        yield Finding(
            FindingKind.STALE,
            state.language,
            name_of(record),
            field=label.verbose_name,
            model=f"{root.app_label}.{root.model}",
            key=state.root_id,
        )
