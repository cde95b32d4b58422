"""What staff and observers remark on a record, among themselves. Never public."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from partnership.models.people import Membership
from partnership.models.protocol import Protocol


class Comment(models.Model):
    """A remark on a record, in the language it was written in. The programme body comments and does not vote [I2]. Append-only."""

    APPEND_ONLY: ClassVar = True

    protocol = models.ForeignKey(Protocol, models.CASCADE, related_name="comments", verbose_name=_("protocol"))
    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+", verbose_name=_("type of subject"))
    object_id = models.CharField(_("subject"), max_length=40)
    subject = GenericForeignKey()
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="comments", verbose_name=_("mandate"))
    text = models.TextField(_("text"))
    language = models.CharField(_("language"), max_length=2)
    at = models.DateTimeField(_("written at"))

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ["at", "pk"]
        constraints = [models.CheckConstraint(name="comment_says_something", condition=~Q(text=""))]
        indexes = [models.Index(fields=["content_type", "object_id"], name="comment_subject")]

    def __str__(self) -> str:
        return f"{self.membership} · {self.at:%Y-%m-%d %H:%M}"
