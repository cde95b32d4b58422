"""Records whose changes are kept, and the version number that lets two people edit one record together [I14]."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from partnership import field_values

if TYPE_CHECKING:
    _Number = models.PositiveIntegerField[int, int]
else:
    _Number = models.PositiveIntegerField

REMEMBERED = "_remembered"
_raised: ContextVar[set[tuple[type[models.Model], str]] | None] = ContextVar("raised", default=None)


@contextmanager
def one_version() -> Iterator[None]:
    """Let everything that is written within make one new version of each root, as one save of a form does.

    It stands inside a transaction that holds or falls as a whole.
    """
    within = _raised.get()
    token = _raised.set(set() if within is None else within)
    try:
        yield
    finally:
        _raised.reset(token)


def take_turn(root: type[models.Model], key: object) -> bool:
    """Whether this write makes a new version of a root: every one does, but within `one_version` only the first."""
    raised = _raised.get()
    if raised is None:
        return True
    known = (root, str(key)) in raised
    raised.add((root, str(key)))
    return not known


class Recorded(models.Model):
    """A record that people write. What changes in it stands in the history; partnership/history.py writes it.

    It remembers the values it was read with, so that its history costs no further query.
    """

    ROOT: ClassVar[str] = ""
    """The way to the record it hangs under, for instance "line__project"; empty for a root."""
    PUBLISHED_WITH: ClassVar[str] = ""
    """The way to the root with which its texts come before the public, where that is another; it may lead nowhere."""
    TEXTS_FOLLOW: ClassVar[bool] = True
    """Whether its texts are one text in several languages; not, where they are words that stand beside each other."""
    NOT_KEPT: ClassVar[Collection[str]] = ()
    """Columns that never stand in the history: secrets."""
    PERSONAL: ClassVar[Collection[str]] = ()
    """Columns of which the history says that they changed, never from what to what: it outlives the person's erasure."""

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **options: Any) -> Self:
        record = super().from_db(db, field_names, values, **options)
        record.remember()
        return record

    def refresh_from_db(
        self,
        using: str | None = None,
        fields: Iterable[str] | None = None,
        from_queryset: models.QuerySet[Self] | None = None,
    ) -> None:
        names = None if fields is None else list(fields)
        super().refresh_from_db(using=using, fields=names, from_queryset=from_queryset)
        self.remember(names)

    @property
    def remembered(self) -> dict[str, Any]:
        """The values it was last read or written with, by attribute name; empty for a new record."""
        known: dict[str, Any] = self.__dict__.get(REMEMBERED, {})
        return known

    def remember(self, only: Iterable[str] | None = None) -> None:
        """Take the present values, of all columns or of some by name, as those that stand in the database."""
        present = self.__dict__
        if only is None:
            known = present.copy()
            known.pop(REMEMBERED, None)
        else:
            names = [self._meta.get_field(name).attname for name in only]  # type: ignore[union-attr]  # columns only
            known = self.remembered | {name: present[name] for name in names if name in present}
        for field in field_values.files(type(self)):  # a file's object changes where it stands
            if field.attname in known:
                known[field.attname] = str(known[field.attname])
        present[REMEMBERED] = known

    def recall(self, only: Collection[str] | None = None) -> None:
        """Ask the database for values that are about to be overwritten and were never read: deferred columns, or a given key."""
        if self.pk is None or (self._state.adding and self._meta.pk.has_default()):
            return
        unknown = [
            field.attname
            for field in field_values.columns(type(self))
            if field.attname not in self.remembered
            and field.attname in self.__dict__
            and (only is None or field.name in only or field.attname in only)
        ]
        found = type(self)._base_manager.filter(pk=self.pk).values(*unknown).first() if unknown else None
        if found is not None:
            self.__dict__[REMEMBERED] = self.remembered | found


class VersionField(_Number):
    """A number that only the database raises, so that two savers never write the same one, and a stale copy never lowers it."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        if add:
            return super().pre_save(model_instance, add)
        raised: bool = getattr(model_instance, "raises_version", False)
        return F(self.attname) + 1 if raised else F(self.attname)


class Versioned(Recorded):
    """A root: whoever changes it or a part of it makes a new version. A form says which version it was opened from."""

    version = VersionField(_("version"), default=1, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        only = None if update_fields is None else set(update_fields)
        self.raises_version = not self._state.adding and self._differs(only) and take_turn(type(self), self.pk)
        if self.raises_version and only is not None:
            only.add("version")
        super().save(*args, update_fields=only, **options)
        self.version += self.raises_version

    def _differs(self, only: Collection[str] | None) -> bool:
        self.recall(only)
        return bool(field_values.differences(self, self.remembered, only))
