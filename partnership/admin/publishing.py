"""Publishing from the admin: as an action on a list and as a button below a form. The rules stand in partnership/publishing.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from partnership import drafting, parity, publishing, publishing_many, publishing_many_page
from partnership.admin.columns import ATTENTION, BAD, GOOD, tag_column
from partnership.admin.scope import ScopedAdmin
from partnership.models import Publishable, PublishingState, User
from partnership.refusals import reason

PUBLISH, READY, WITHDRAW = "_publish", "_ready", "_withdraw"
Act = Callable[..., publishing.Published | None]

publishing_tag = tag_column(
    "publishing_state",
    {PublishingState.PUBLISHED: GOOD, PublishingState.READY: ATTENTION, PublishingState.WITHDRAWN: BAD},
    _("publishing state"),
)


class TextsFilter(admin.SimpleListFilter):
    """Records whose texts stand in all three languages, and those that lack some."""

    title = _("texts")
    parameter_name = "texts"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("complete", _("Complete in three languages")), ("missing", _("Something is missing"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {"complete", "missing"}:
            return queryset
        gap = parity.incomplete(queryset.model)
        return queryset.filter(gap) if self.value() == "missing" else queryset.exclude(gap)


class PublishingAdmin(ScopedAdmin):
    """The admin of a root: a record that the public reads as a whole or not at all."""

    actions = ("declare_ready", "publish", "withdraw")

    def has_publish_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the person may put the record before the public, and take it away."""
        return self.may(request, "publish", obj)

    @admin.action(description=_("Publish in three languages"), permissions=["publish"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Publish each record that no rule refuses, and say why for the others; many of them step by step, on a page of its own."""
        keys = list(queryset.values_list("pk", flat=True))
        if len(keys) > publishing_many.MANY:
            return publishing_many_page.begin(self.admin_site, request, self.model, keys)
        done = sum(self._try(request, publishing.publish, record) for record in queryset)
        if done:
            self.message_user(request, published_words(done), messages.SUCCESS)
        return None

    @admin.action(description=_("Say that they are ready to publish"), permissions=["change"])
    def declare_ready(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Mark each record that no rule refuses, and say why for the others."""
        done = sum(self._try(request, publishing.declare_ready, record) for record in queryset)
        if done:
            self.message_user(request, ready_words(done), messages.SUCCESS)

    @admin.action(description=_("Withdraw from the public"), permissions=["publish"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Withdraw each record that is public."""
        records = [record for record in queryset if record.is_published]
        done = sum(self._try(request, publishing.withdraw, record) for record in records)
        self.message_user(request, withdrawn_words(done), messages.SUCCESS if done else messages.INFO)

    def _try(self, request: HttpRequest, act: Act, record: Publishable) -> bool:
        assert isinstance(request.user, User)
        try:
            answer = act(record, by=request.user)
        except ValidationError as refusal:
            self.message_user(request, refusal_words(record, refusal), messages.ERROR)
            return False
        if answer is not None and answer.waiting:
            self.message_user(request, waiting_words(record, answer.waiting), messages.WARNING)
        return True

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """After “save and publish” and its like: act, and stay on the record, which is saved either way."""
        name = next((name for name in ACTS if name in request.POST), None)
        if name is None or not self.has_publish_permission(request, obj):
            return super().response_change(request, obj)
        act, words = ACTS[name]
        if self._try(request, act, obj):
            self.message_user(request, words(1), messages.SUCCESS)
        else:
            self.message_user(request, gettext("What you typed is saved."), messages.INFO)
        return HttpResponseRedirect(request.get_full_path())

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        record = context.get("original")
        if record is not None and self.has_publish_permission(request, record) and not context.get("is_popup"):
            context |= {"show_publish": not record.is_published, "show_withdraw": record.is_published}
            context["show_ready"] = record.publishing_state in {PublishingState.DRAFT, PublishingState.WITHDRAWN}
        if record is not None and record.is_published and drafting.pending(record):
            outlook = publishing.outlook(record)
            context |= {"waiting": outlook, "reasons": [reason(refusal) for refusal in outlook.waiting]}
        return super().render_change_form(request, context, *args, **kwargs)


def published_words(count: int) -> str:
    """What happened, in the person's language."""
    return ngettext(
        "%(count)s record is published in Arabic, French and Dutch.",
        "%(count)s records are published in Arabic, French and Dutch.",
        count,
    ) % {"count": count}


def withdrawn_words(count: int) -> str:
    """What happened, in the person's language."""
    if not count:
        return gettext("None of these records is public; nothing was withdrawn.")
    return ngettext(
        "%(count)s record is withdrawn from the public. Its address says since when.",
        "%(count)s records are withdrawn from the public. Their addresses say since when.",
        count,
    ) % {"count": count}


def ready_words(count: int) -> str:
    """What happened, in the person's language."""
    return ngettext(
        "%(count)s record is ready to publish.",
        "%(count)s records are ready to publish.",
        count,
    ) % {"count": count}


def waiting_words(record: Publishable, refusals: Iterable[ValidationError]) -> SafeString:
    """Texts that did not come before the public with the others, each with its rule."""
    head = gettext(
        "Some texts of “%(record)s” wait; the public still reads their earlier version in all three languages:"
    )
    return format_html("{}<ul>{}</ul>", head % {"record": record}, _lines(refusals))


def refusal_words(record: Publishable, refusal: ValidationError) -> SafeString:
    """Every rule that refused, in full: each missing text by its name and language, each commune without a responsibility."""
    head = gettext("“%(record)s” is not published yet:") % {"record": record}
    return format_html("{}<ul>{}</ul>", head, _lines(refusal.error_list))


def _lines(refusals: Iterable[ValidationError]) -> SafeString:
    return format_html_join("", "<li>{}</li>", ((reason(error),) for error in refusals))


ACTS: dict[str, tuple[Act, Callable[[int], str]]] = {
    PUBLISH: (publishing.publish, published_words),
    READY: (publishing.declare_ready, ready_words),
    WITHDRAW: (publishing.withdraw, withdrawn_words),
}
"""The buttons below a form: what each does, and what is then said."""
