"""Published texts that one commune hides at once: the public reads a fixed notice in their place, in each language (design, section 3).

The columns stay as they are, for decisions may contain them; what is hidden is covered while it is read. `covered()` does it
for the records of a queryset, for what came with them, and for nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import F, Q
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from partnership import parity
from partnership.models.organisations import Organisation
from partnership.models.people import Membership
from partnership.models.protocol import Protocol
from partnership.models.versions import Versioned

if TYPE_CHECKING:
    _Text = models.TextField[str, str]
else:
    _Text = models.TextField


class Notice(str):
    """What stands in place of a hidden text. A page shows it as a notice; anywhere else it is these words."""

    __slots__ = ()

    def __html__(self) -> SafeString:
        return format_html('<span class="hidden-text">{}</span>', str(self))


def notice(language: str) -> Notice:
    """The fixed notice in a language. It does not say which commune hid the text: to the public both speak as one."""
    with override(language):
        return Notice(gettext("Text hidden for now by one of the two communes"))


class HiddenFields(_Text):
    """The names of the fields that are hidden, in order, apart by commas. Only hiding and showing write it, never a stale copy."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.update(editable=False, default="", blank=True)
        super().__init__(*args, **kwargs)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        if add or getattr(model_instance, "writes_hidden_fields", False):
            return super().pre_save(model_instance, add)
        return F(self.attname)


class Hideable(models.Model):
    """A record whose published texts either commune can hide."""

    PUBLIC_FIELDS: ClassVar[Sequence[str]] = ()

    hidden_fields = HiddenFields(_("hidden from the public"))

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        """Raises TypeError for a record that was read with its hidden texts covered: the notice would take their place for good."""
        if self.__dict__.get("_covered"):
            raise TypeError("read with covered(), to be shown and not to be written")
        super().save(*args, **options)

    def refresh_from_db(self, using: Any = None, fields: Any = None, from_queryset: Any = None) -> None:
        """A covered record stays covered."""
        super().refresh_from_db(using=using, fields=fields, from_queryset=from_queryset)
        if "_covered" in self.__dict__:
            self.cover()

    @property
    def hidden(self) -> tuple[str, ...]:
        """The names of the fields that are hidden."""
        return tuple(self.hidden_fields.split(",")) if self.hidden_fields else ()

    def set_hidden(self, names: Iterable[str]) -> None:
        """Say which fields are hidden, and write it with the columns that are made from the others."""
        self.hidden_fields = ",".join(sorted(set(names)))
        self.writes_hidden_fields = True
        made = [field.name for field in self._meta.concrete_fields if hasattr(field, "sources")]
        self.save(update_fields=["hidden_fields", *made])
        self.writes_hidden_fields = False

    def cover(self) -> None:
        """Put the notice in place of what is hidden, in every language in which something stands."""
        hidden = self.hidden
        self.__dict__["_covered"] = bool(hidden)
        for name in hidden:
            for code in settings.REQUIRED_LANGUAGES:
                column = parity.column(name, code)
                if parity.has_text(self.__dict__.get(column)):
                    self.__dict__[column] = notice(code)
            if self.__dict__.get(name):
                self.__dict__[name] = notice(settings.LANGUAGE_CODE)


def public_texts(model: type[models.Model]) -> list[str]:
    """The translated fields of a model that the public reads, and which can be hidden; a place is read as `public_place`."""
    public = set(getattr(model, "PUBLIC_FIELDS", ()))
    if not issubclass(model, Hideable):
        return []
    return [name for name in parity.translated_fields(model) if name in public or f"public_{name}" in public]


def cover(records: Iterable[models.Model | None]) -> None:
    """Cover records and everything that was fetched with them."""
    waiting, seen = [record for record in records if record is not None], set()
    while waiting:
        record = waiting.pop()
        if id(record) in seen:
            continue
        seen.add(id(record))
        if isinstance(record, Hideable):
            record.cover()
        waiting.extend(_fetched_with(record))


def _fetched_with(record: models.Model) -> Iterator[models.Model]:
    yield from (one for one in record._state.fields_cache.values() if isinstance(one, models.Model))
    for found in record.__dict__.get("_prefetched_objects_cache", {}).values():
        yield from found._result_cache or ()


class CoveringQuerySet(models.QuerySet[Any]):
    """Records that can be read as the public reads them."""

    _covers = False

    def covered(self) -> Self:
        """The same records, with the notice in place of what is hidden. No query more."""
        found = self._chain()  # type: ignore[attr-defined]  # Django's own, left out of its stubs
        found._covers = True
        return found  # type: ignore[no-any-return]

    def _clone(self) -> Self:
        found = super()._clone()  # type: ignore[misc]
        found._covers = self._covers
        return found  # type: ignore[no-any-return]

    def _fetch_all(self) -> None:
        fresh = self._result_cache is None or (self._prefetch_related_lookups and not self._prefetch_done)  # type: ignore[attr-defined]
        super()._fetch_all()
        if fresh and self._covers:
            cover(one for one in self._result_cache or () if isinstance(one, models.Model))

    def _iterator(self, *args: Any) -> Iterator[Any]:
        for one in super()._iterator(*args):  # type: ignore[misc]
            if self._covers and isinstance(one, models.Model):
                cover([one])
            yield one

    def _values(self, *fields: Any, **expressions: Any) -> Any:
        """Raises TypeError where texts that can be hidden would be read past the notice: read records instead."""
        if self._covers and (not (fields or expressions) or any(_is_text(self.model, name) for name in fields)):
            raise TypeError("covered texts are read as records, not as values")
        return super()._values(*fields, **expressions)  # type: ignore[misc]


def _is_text(model: Any, path: Any) -> bool:
    """Whether a path of names ends at a text that can be hidden."""
    if not isinstance(path, str):
        return False
    *way, last = path.split("__")
    for name in way:
        relation = next((field for field in model._meta.get_fields() if field.name == name), None)
        if relation is None or not relation.is_relation:
            return False
        model = relation.related_model
    columns: Collection[str] = public_texts(model)
    return last in columns or last.rpartition("_")[0] in columns


class HidingQuerySet(models.QuerySet["Hiding"]):
    """What is and was hidden."""

    def open(self) -> Self:
        """What is hidden now."""
        return self.filter(lifted_at__isnull=True)

    def of(self, record: models.Model) -> Self:
        """Hidings of this record alone."""
        return self.filter(content_type=ContentType.objects.get_for_model(record), object_id=str(record.pk))


class Hiding(Versioned):
    """That a commune hid a published text, when and why; and who showed it again. Never public: it would point at what is hidden."""

    protocol = models.ForeignKey(Protocol, models.CASCADE, related_name="hidings", verbose_name=_("protocol"))
    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+", verbose_name=_("type of record"))
    object_id = models.CharField(_("record"), max_length=40)
    record = GenericForeignKey()
    field = models.CharField(_("field"), max_length=40)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="hidings", verbose_name=_("hidden by the commune")
    )
    by = models.ForeignKey(Membership, models.PROTECT, related_name="hidings", verbose_name=_("mandate"))
    at = models.DateTimeField(_("hidden at"))
    reason = models.TextField(_("reason"))
    reason_language = models.CharField(_("language of the reason"), max_length=2)
    lifted_at = models.DateTimeField(_("shown again at"), null=True, blank=True)
    lifted_by = models.ForeignKey(
        Membership,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("shown again under the mandate"),
    )

    objects: ClassVar[HidingQuerySet] = HidingQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("hidden text")
        verbose_name_plural = _("hidden texts")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["content_type", "object_id", "field"],
                condition=Q(lifted_at__isnull=True),
                name="hiding_one_open",
                violation_error_message=_("This text is hidden already."),
            ),
            models.CheckConstraint(
                name="hiding_has_reason",
                condition=~Q(reason="") & ~Q(reason_language=""),
                violation_error_message=_("Say why the text is hidden."),
            ),
            models.CheckConstraint(
                name="hiding_lifted_by_someone",
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} · {self.field}"
