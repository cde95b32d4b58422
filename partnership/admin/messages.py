"""The log of mails: what was sent to whom, how often it was tried, what the server answered. To read only."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from partnership.admin.columns import ATTENTION, BAD, GOOD, code, tag_column
from partnership.admin.scope import ReadOnly, ReadOnlyTabular, ScopedAdmin
from partnership.models import Attempt, Message, MessageState
from partnership.models.messages import Outcome

state_tag = tag_column(
    "state",
    {MessageState.SENT: GOOD, MessageState.FAILED: BAD, MessageState.WAITING: ATTENTION},
    _("state"),
)
outcome_tag = tag_column(
    "outcome", {Outcome.ACCEPTED: GOOD, Outcome.REFUSED: BAD, Outcome.DEFERRED: ATTENTION}, _("outcome")
)


class AttemptInline(ReadOnlyTabular):
    """Every attempt to hand a mail over, oldest first."""

    model = Attempt
    protocol_path = "message__protocol"
    fields: ClassVar[Any] = ("at", outcome_tag, "smtp_code", "answer")
    readonly_fields: ClassVar[Any] = fields


@admin.register(Message)
class MessageAdmin(ReadOnly, ScopedAdmin):
    """Mails of this protocol. What a mail says stays sealed; its subject, recipient and fate are shown."""

    list_display = ("subject", "shown_recipient", state_tag, "tries", "created_at", "sent_at")
    list_filter = ("state",)
    search_fields = ("subject", "recipient", "message_id")
    date_hierarchy = "created_at"
    inlines = (AttemptInline,)
    fields: ClassVar[Any] = (
        "subject",
        "shown_recipient",
        (state_tag, "next_attempt_at", "sent_at"),
        ("created_at", "shown_message_id"),
    )
    readonly_fields: ClassVar[Any] = (
        "subject",
        "shown_recipient",
        state_tag,
        "next_attempt_at",
        "sent_at",
        "created_at",
        "shown_message_id",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).defer("content")
        return cast("QuerySet[Any]", rows.annotate(tries=Count("attempts")))

    @admin.display(description=_("recipient"), ordering="recipient")
    def shown_recipient(self, message: Message) -> SafeString:
        """The address, from left to right."""
        return code(message.recipient)

    @admin.display(description=_("attempts"), ordering="tries")
    def tries(self, message: Any) -> int:
        """How often it was tried."""
        return int(message.tries)

    @admin.display(description=_("Message-ID"))
    def shown_message_id(self, message: Message) -> SafeString:
        """The identifier, from left to right."""
        return code(message.message_id)
