"""What people changed: one row for each record and save, which stays as it is [I14]. Written by partnership/history.py alone."""

from __future__ import annotations

import json
from typing import Any, ClassVar, Self

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partnership.models.people import User


class ChangeKind(models.TextChoices):
    """What happened to a record."""

    CREATED = "created", pgettext_lazy("history", "Created")
    CHANGED = "changed", pgettext_lazy("history", "Changed")
    DRAFTED = "drafted", pgettext_lazy("history", "Text changed, not public yet")
    DELETED = "deleted", pgettext_lazy("history", "Deleted")


class ChangeQuerySet(models.QuerySet["Change"]):
    """Changes by the record they are about."""

    def of(self, record: models.Model) -> Self:
        """Changes of this record alone."""
        return self.filter(content_type=ContentType.objects.get_for_model(record), object_id=str(record.pk))

    def under(self, root: models.Model) -> Self:
        """Changes of a root and of everything that hangs under it."""
        return self.filter(root_type=ContentType.objects.get_for_model(root), root_id=str(root.pk))

    def since(self, version: int) -> Self:
        """Changes that came after a version of their root, in order."""
        return self.filter(version__gt=version).order_by("pk")


class Change(models.Model):
    """One change of one record: by whom, when, from what to what.

    It names nobody but by the key of their account, and holds nothing personal: erasing a person leaves it as it stands.
    """

    APPEND_ONLY: ClassVar = True

    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+", verbose_name=_("type of record"))
    object_id = models.CharField(_("record"), max_length=40)
    root_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+", verbose_name=_("type of root"))
    root_id = models.CharField(_("root"), max_length=40, help_text=_("The record it hangs under, or itself."))
    version = models.PositiveIntegerField(_("version of the root"))
    by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="changes",
        verbose_name=_("by"),
        help_text=_("Nobody where a command of the platform wrote it."),
    )
    at = models.DateTimeField(_("at"))
    kind = models.CharField(_("what happened"), max_length=7, choices=ChangeKind)
    fields = models.TextField(
        _("fields"), help_text=_("Canonical text: for each field from what to what, nothing for what is personal.")
    )

    objects: ClassVar[ChangeQuerySet] = ChangeQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        ordering = ["-pk"]
        constraints = [models.CheckConstraint(name="change_kind_known", condition=Q(kind__in=ChangeKind.values))]
        indexes = [
            models.Index(fields=["content_type", "object_id", "id"], name="change_record"),
            models.Index(fields=["root_type", "root_id", "version"], name="change_root"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.get_kind_display()}"

    @property
    def data(self) -> dict[str, Any]:
        """The fields as data: [from, to], [taken away, added] for a relation to many, None for what is personal."""
        read: dict[str, Any] = json.loads(self.fields)
        return read
