"""Commenting on a record: everyone with a mandate may, the programme body too, which comments and does not vote [I2]. Never public."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.translation import gettext_lazy as _

from partnership import clock, permissions, rights
from partnership.models import Comment, Membership, Protocol
from partnership.refusals import Refusal

LONGEST = 4000


def can_have_comments(record: models.Model) -> bool:
    """Whether the table of rights lets anybody comment on such a record; parts are spoken of on the record they hang under."""
    return not getattr(record, "ROOT", "") and bool(rights.lines_for(record._meta.label_lower, "comment"))


def about(record: models.Model, protocol: Protocol) -> Iterable[Comment]:
    """What was said about a record within a protocol, oldest first, with who said it. One query."""
    said = Comment.objects.filter(
        protocol=protocol, content_type=ContentType.objects.get_for_model(record), object_id=str(record.pk)
    )
    return said.select_related("membership__organisation").order_by("at", "pk")


def comment(record: models.Model, *, by: Membership, text: str, language: str) -> Comment:
    """Say something about a record of the mandate's protocol, in the language it is written in; it stays as it is.

    Raises Refusal for a mandate that does not let its holder comment on it, a protocol that has ended, or nothing said.
    """
    membership = Membership.objects.select_related("user", "protocol").get(pk=by.pk)
    _refuse(record, membership, text.strip(), language)
    return Comment.objects.create(
        protocol=membership.protocol,
        content_type=ContentType.objects.get_for_model(record),
        object_id=str(record.pk),
        membership=membership,
        text=text.strip(),
        language=language,
        at=clock.now(membership.protocol),
    )


def _refuse(record: models.Model, by: Membership, text: str, language: str) -> None:
    if not _lets(by, record):
        raise Refusal(
            _("Your mandate does not let you comment on this, or is not in effect today, or the protocol has ended."),
            code="I2",
        )
    if not text:
        raise Refusal(_("Write your comment first."), code="comment")
    if len(text) > LONGEST:
        raise Refusal(
            _("A comment has at most %(most)s characters; this one has %(count)s. Say the rest in a second one."),
            code="comment",
            params={"most": LONGEST, "count": len(text)},
        )
    if language not in settings.REQUIRED_LANGUAGES:
        raise Refusal(_("Choose the language you wrote in."), code="comment")


def _lets(by: Membership, record: Any) -> bool:
    if getattr(record, "protocol_id", by.protocol_id) != by.protocol_id or not can_have_comments(record):
        return False
    return permissions.lets(by, "comment", record)
