"""What is to be translated in a protocol, by record: which languages are missing or stale, and until when."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Count, Min, Q
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst

from partnership import drafting, following, parity, permissions, translating
from partnership.models import Protocol, Publishable, PublishingState, TextStanding, TextState
from partnership.models.texts import TO_TRANSLATE, TextStateQuerySet
from partnership.permissions import Person
from partnership.ways import near


class Key(NamedTuple):
    """A root: the key of its content type, its own key as text."""

    kind: int
    key: str


@dataclass(frozen=True)
class Entry:
    """A record with something to translate."""

    record: Any
    title: str
    title_language: str
    missing: dict[str, int]
    """By language, how many of its texts are missing; only where some are."""
    stale: dict[str, int]
    due: datetime.date

    @property
    def kind(self) -> str:
        """What it is, in a word."""
        return capfirst(str(self.record._meta.verbose_name))

    @property
    def code(self) -> str:
        """Its code, if such records have one."""
        return str(getattr(self.record, "code", "") or "")

    @property
    def url(self) -> str:
        """The page on which it is translated, with what waits alone."""
        return f"{address(self.record)}?gaps=1"

    @property
    def texts(self) -> int:
        """How many languages of texts wait."""
        return sum(self.missing.values()) + sum(self.stale.values())

    def is_late(self, today: datetime.date) -> bool:
        """Whether its day has passed."""
        return self.due < today


def address(record: models.Model, anchor: str = "") -> str:
    """The page on which a root's texts are translated; a part's leads on to its root's."""
    names = {"app_label": record._meta.app_label, "model_name": record._meta.model_name, "key": record.pk}
    url = reverse("admin:translate", kwargs=names)
    return f"{url}#{anchor}" if anchor else url


def waiting(user: Person, protocol: Protocol) -> TextStateQuerySet:
    """The languages of texts that are missing or stale, of records of this protocol or shared by all that the person may change,
    but withdrawn ones.

    It asks by the indexed condition; where a right depends on the record, one query more for each such kind.
    """
    shared = Q(protocol__isnull=True)
    rows: TextStateQuerySet = TextState.objects.to_translate().filter(Q(protocol=protocol) | shared)
    within, without = [], Q()
    for model in root_models():
        if not permissions.may(user, "change", protocol, model._meta.label_lower):
            continue
        kind = ContentType.objects.get_for_model(model)
        within.append(kind.pk)
        if issubclass(model, Publishable):
            without |= Q(root_type=kind, root_id__in=_withdrawn(model, protocol))
        if _depends_on_the_record(user, protocol, model):
            without |= Q(root_type=kind, root_id__in=_out_of_reach(user, protocol, model, rows.filter(root_type=kind)))
    return rows.filter(root_type__in=within).exclude(without) if without else rows.filter(root_type__in=within)


def _withdrawn(model: Any, protocol: Protocol) -> models.QuerySet[Any, str]:
    """The keys, as text, of records that were taken away from the public: nobody waits for their texts."""
    gone = model._base_manager.filter(protocol=protocol, publishing_state=PublishingState.WITHDRAWN)
    keys: models.QuerySet[Any, str] = gone.annotate(key=Cast("pk", models.CharField())).values_list("key", flat=True)
    return keys


def root_models() -> list[type[models.Model]]:
    """Models whose records are translated on a page of their own."""
    return [model for model in following.models_with_texts() if not model.ROOT]


def _depends_on_the_record(user: Person, protocol: Protocol, model: type[models.Model]) -> bool:
    found = permissions.granting(user, "change", protocol, model._meta.label_lower)
    return all(line.only for line, _mandate in found)


def _out_of_reach(
    user: Person, protocol: Protocol, model: type[models.Model], rows: models.QuerySet[TextState]
) -> list[str]:
    keyed = model._base_manager.annotate(key=Cast("pk", models.CharField()))
    records = keyed.filter(key__in=rows.order_by().values("root_id")).select_related(*near(model))
    return [str(record.pk) for record in records if not permissions.may(user, "change", protocol, record=record)]


def counts(rows: TextStateQuerySet) -> dict[tuple[str, str], int]:
    """How many wait, by language and standing. One query."""
    found = rows.order_by().values_list("language", "standing").annotate(count=Count("pk"))
    return {(code, standing): count for code, standing, count in found}


def by_record(rows: TextStateQuerySet) -> Any:
    """The waiting languages by root, the one that has waited longest first: a row for each root, with its counts."""
    each = {
        f"{standing}_{code}": Count("pk", filter=Q(language=code, standing=standing))
        for code in settings.REQUIRED_LANGUAGES
        for standing in TO_TRANSLATE
    }
    grouped = rows.order_by().values("root_type_id", "root_id").annotate(first=Min("since"), **each)
    return grouped.order_by("first", "root_type_id", "root_id")


def entries(found: Iterable[dict[str, Any]], protocol: Protocol) -> list[Entry]:
    """What the queue shows of these rows, in their order; a query for each kind of record, and one."""
    rows = list(found)
    records = _records(Key(row["root_type_id"], row["root_id"]) for row in rows)
    shown = []
    for row in rows:
        record = records.get(Key(row["root_type_id"], row["root_id"]))
        if record is not None:
            shown.append(_entry(record, row, protocol))
    return shown


def _entry(record: Any, row: dict[str, Any], protocol: Protocol) -> Entry:
    title, code = title_of(record)
    return Entry(
        record,
        title,
        code,
        missing=_by_language(row, TextStanding.MISSING),
        stale=_by_language(row, TextStanding.STALE),
        due=due_on(row["first"], protocol),
    )


def due_on(since: datetime.datetime, protocol: Protocol) -> datetime.date:
    """Until when a text that waits since a moment should be translated."""
    return timezone.localdate(since) + datetime.timedelta(days=protocol.translation_days)


def _by_language(row: dict[str, Any], standing: str) -> dict[str, int]:
    return {code: row[f"{standing}_{code}"] for code in settings.REQUIRED_LANGUAGES if row[f"{standing}_{code}"]}


def _records(keys: Iterable[Key]) -> dict[Key, Any]:
    wanted: dict[int, list[str]] = {}
    for kind, key in keys:
        wanted.setdefault(kind, []).append(key)
    found: dict[Key, Any] = {}
    for kind, own in wanted.items():
        model: Any = ContentType.objects.get_for_id(kind).model_class()
        rows = model._base_manager.filter(pk__in=own).select_related(*near(model))
        found |= {Key(kind, str(record.pk)): record for record in rows}
    drafting.lay_over(found.values())
    return found


NAMES = ("title", "name", "subject")


def title_of(record: Any) -> tuple[str, str]:
    """What a record is called, and in which language: the reader's where it stands, else another; its own words for the rest."""
    named: Sequence[str] = [name for name in NAMES if name in parity.translated_fields(type(record))]
    for name in named:
        for code in translating.reading_order():
            text = drafting.text_of(record, parity.column(name, code))
            if parity.has_text(text):
                return text, code
    return str(record), ""
