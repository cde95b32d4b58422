"""Texts on their way: what each language stands for, and later wordings the public does not read yet [I10].

Both hang on a text by content type, key, field and language, since texts stand in many models. Deleting a record takes them along.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Self, TypeVar

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partnership.models.protocol import Protocol


class TextStanding(models.TextChoices):
    """What one language of a text stands for beside the others."""

    SOURCE = "source", pgettext_lazy("text", "Source")
    CURRENT = "current", pgettext_lazy("text", "Up to date")
    STALE = "stale", pgettext_lazy("text", "Follows an earlier text")
    MISSING = "missing", pgettext_lazy("text", "Missing")


TO_TRANSLATE = (TextStanding.MISSING, TextStanding.STALE)
"""What a language of a text stands for while it is to be translated."""


_Row = TypeVar("_Row", bound="OfAText")


class OfATextQuerySet(models.QuerySet[_Row]):
    """By the record whose text it is."""

    def of(self, record: models.Model) -> Self:
        """Of this record alone."""
        return self.filter(content_type=ContentType.objects.get_for_model(record), object_id=str(record.pk))

    def of_each(self, records: Iterable[models.Model]) -> Self:
        """Of these records, which are all of one model."""
        rows = list(records)
        if not rows:
            return self.none()
        keys = [str(record.pk) for record in rows]
        return self.filter(content_type=ContentType.objects.get_for_model(rows[0]), object_id__in=keys)

    def under(self, root: models.Model) -> Self:
        """Of a root and of everything that hangs under it."""
        return self.filter(root_type=ContentType.objects.get_for_model(root), root_id=str(root.pk))


class OfAText(models.Model):
    """Which text in which language, in which record and root; of which protocol, none for what all share."""

    content_type = models.ForeignKey(ContentType, models.CASCADE, related_name="+", verbose_name=_("type of record"))
    object_id = models.CharField(_("record"), max_length=40)
    root_type = models.ForeignKey(ContentType, models.CASCADE, related_name="+", verbose_name=_("type of root"))
    root_id = models.CharField(_("root"), max_length=40)
    protocol = models.ForeignKey(
        Protocol, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("protocol")
    )
    field = models.CharField(_("field"), max_length=60)
    language = models.CharField(_("language"), max_length=8)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
        help_text=_("Who wrote this language last; nobody where the platform did."),
    )

    class Meta:
        abstract = True

    @property
    def column(self) -> str:
        """The column that holds it, for instance title_ar."""
        return f"{self.field}_{self.language}"


class TextStateQuerySet(OfATextQuerySet["TextState"]):
    """What must be translated."""

    def to_translate(self) -> Self:
        """Languages that are missing or follow an earlier source: an indexed condition."""
        return self.filter(standing__in=TO_TRANSLATE)

    def stale(self) -> Self:
        """Languages that follow an earlier source."""
        return self.filter(standing=TextStanding.STALE)


class TextState(OfAText):
    """Which language a text was written in, and whether this one follows the present source.

    `follows` is the source's text when this language was last written or confirmed; the difference to the present source is what
    changed since. `at` is when this language was last written, `since` when it began to be missing or stale.
    """

    standing = models.CharField(_("standing"), max_length=8, choices=TextStanding)
    follows = models.TextField(_("source it follows"), blank=True, default="")
    at = models.DateTimeField(_("at"), null=True, blank=True)
    since = models.DateTimeField(_("to translate since"), null=True, blank=True)

    objects: ClassVar[TextStateQuerySet] = TextStateQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("state of a text")
        verbose_name_plural = _("states of texts")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["content_type", "object_id", "field", "language"], name="textstate_once"),
            models.UniqueConstraint(
                fields=["content_type", "object_id", "field"],
                condition=Q(standing=TextStanding.SOURCE),
                name="textstate_one_source",
            ),
            models.CheckConstraint(
                name="textstate_since_when",
                condition=Q(standing__in=TO_TRANSLATE, since__isnull=False)
                | Q(standing__in=[TextStanding.SOURCE, TextStanding.CURRENT], since__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                fields=["protocol", "language", "since"],
                condition=Q(standing__in=TO_TRANSLATE),
                name="textstate_to_translate",
            ),
            models.Index(fields=["root_type", "root_id"], name="textstate_root"),
        ]

    def __str__(self) -> str:
        return f"{self.column} · {self.get_standing_display()}"


class TextDraft(OfAText):
    """A later wording of a text the public reads: it waits until its three languages stand together [I10].

    An empty text takes the text away, in all languages or in none. `source_version` is the version of the root when it was written.
    """

    text = models.TextField(_("text"), blank=True)
    source_version = models.PositiveIntegerField(_("version of the root"))
    at = models.DateTimeField(_("at"))

    objects: ClassVar[OfATextQuerySet[TextDraft]] = OfATextQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("draft of a text")
        verbose_name_plural = _("drafts of texts")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["content_type", "object_id", "field", "language"], name="textdraft_once")
        ]
        indexes = [models.Index(fields=["root_type", "root_id"], name="textdraft_root")]

    def __str__(self) -> str:
        return self.column
