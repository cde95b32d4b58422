"""Joint decisions and the register in the admin, to read; signing, withdrawing and correcting have pages of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partnership import correcting, decisions, equality, languages, mandates, standing, statements
from partnership.admin.columns import ATTENTION, BAD, GOOD, PLAIN, code, record_link, tag, tag_column
from partnership.admin.scope import ReadOnly, ScopedAdmin, may
from partnership.middleware import current
from partnership.models import Decision, DecisionState, EntryKind, Party, Protocol, RegisterEntry
from partnership.standing import Standing
from partnership.templatetags import words

STATE_TONES = {
    DecisionState.OPEN: ATTENTION,
    DecisionState.ADOPTED: GOOD,
    DecisionState.REFUSED: BAD,
    DecisionState.ANNULLED: BAD,
}
ENTRY_TONES = {EntryKind.WITHOUT_EFFECT: BAD, EntryKind.LEAVING: BAD, EntryKind.SUSPENSION: BAD}


class KindFilter(admin.SimpleListFilter):
    """The kinds of decision, in words."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(kind.code, capfirst(str(kind.label))) for kind in decisions.all_kinds()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class AwaitedFilter(admin.SimpleListFilter):
    """Open decisions by the commune whose answer is still missing."""

    title = _("waits for")
    parameter_name = "awaits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        protocol = current(request)
        return [(str(party.position), str(party)) for party in parties_of(protocol)] if protocol else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {"1", "2"}:
            return queryset
        needed = F("hands_first") if self.value() == "1" else F("hands_second")
        given = Count("signatures", filter=Q(signatures__party__position=self.value()))
        waiting: QuerySet[Any] = (
            queryset.filter(state=DecisionState.OPEN).annotate(given=given).filter(given__lt=needed)
        )
        return waiting


def parties_of(protocol: Protocol) -> list[Party]:
    """Both communes in the reader's order; no query where they are prefetched."""
    return equality.ordered(list(protocol.parties.all()), equality.Reader(languages.current()))


def pair(sides: list[Standing]) -> SafeString:
    """Both communes' halves, with each one's answer."""
    return render_to_string("admin/includes/decision_pair.html", {"sides": sides})


@admin.register(Decision)
class DecisionAdmin(ReadOnly, ScopedAdmin):
    """What both communes decide together. A decision is opened from the record it is about, and signed on a page of its own."""

    list_display = ("shown_number", "what", "stands", "both")
    list_display_links = ("shown_number",)
    list_filter = ("state", AwaitedFilter, KindFilter)
    search_fields = ("number", "title_ar", "title_fr", "title_nl", "digest")
    date_hierarchy = "opened_at"
    ordering = ("-opened_at", "-pk")
    change_list_template = "admin/decision_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With both communes and their answers: the same few queries for one decision and for fifty."""
        rows: Any = super().get_queryset(request)
        found: QuerySet[Any] = rows.with_signatures().prefetch_related("protocol__parties__organisation")
        return found

    def heading(self, record: Any) -> str:
        return f"\u2066{record.number}\u2069 {record.title}"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        opens = may(request, "propose", "partnership.decision")
        return super().changelist_view(request, {"may_propose": opens, **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The decision as people read it, in place of a form."""
        decision = self.get_object(request, object_id)
        if request.method == "POST":
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            **shown(request, decision),
            "title": decision.title,
            "original": decision,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/decision_detail.html", context)

    @admin.display(description=_("number"), ordering="opened_at")
    def shown_number(self, decision: Decision) -> SafeString:
        """From left to right."""
        return code(decision.number)

    @admin.display(description=_("what is decided"), ordering="kind")
    def what(self, decision: Decision) -> SafeString:
        """The kind in words, and about what."""
        kind = capfirst(str(decisions.label_of(decision.kind)))
        return format_html(
            '<strong class="what">{}</strong><span class="note">{}</span>', words.text(decision, "title"), kind
        )

    @admin.display(description=_("both communes"))
    def both(self, decision: Decision) -> SafeString:
        """What each has answered."""
        return pair(standing.of(decision, parties_of(decision.protocol)))

    @admin.display(description=_("state"), ordering="state")
    def stands(self, decision: Decision) -> SafeString:
        """Its state; below, until when an open one asks for answers, or since when one has ended."""
        day = decision.deadline if decision.is_open else timezone.localdate(decision.closed_at)
        state = tag(decision.get_state_display(), STATE_TONES.get(DecisionState(decision.state), PLAIN))
        if day is None:
            return state
        until = gettext("until %(day)s") % {"day": words.day(day)} if decision.is_open else words.day(day)
        return format_html('{}<span class="when note">{}</span>', state, until)


@dataclass(frozen=True)
class Way:
    """Where something can be done about a decision: the words on the button, the address, how weighty it is."""

    words: Any
    url: str
    tone: str = ""


def shown(request: HttpRequest, decision: Decision) -> dict[str, Any]:
    """Everything the page of a decision shows."""
    subject = decisions.subject_of(decision)
    own: Any = admin.site.get_model_admin(type(subject))
    return {
        "decision": decision,
        "kind_label": decisions.label_of(decision.kind),
        "reading": statements.read(decision),
        "sides": standing.of(decision, parties_of(decision.protocol)),
        "digest_groups": [decision.digest[start : start + 8] for start in range(0, 64, 8)],
        "entries": list(decision.entries.order_by("sequence").defer("payload")),
        "passed_on": mandates.passed_on(decision),
        "points": list(decision.points.select_related("meeting")),
        "subject_link": record_link(subject, own.heading(subject)),
        "corrections": list(Decision.objects.on(decision).defer("statement", "binding")),
        "ways": list(_ways(request, decision)),
    }


def _ways(request: HttpRequest, decision: Decision) -> Iterator[Way]:
    """What this person can do about it now. Every page says by itself what stands against it."""
    if may(request, "sign", record=decision):
        yield Way(_("Read and sign"), reverse("admin:decision_sign", args=[decision.pk]), "first")
    if may(request, "withdraw", record=decision):
        yield Way(_("Withdraw to edit"), reverse("admin:decision_withdraw", args=[decision.pk]), "grave")
    if not decision.is_open and may(request, "propose", "partnership.decision"):
        yield from _ways_on(decision)


def _ways_on(decision: Decision) -> Iterator[Way]:
    """What follows a decision that has ended."""
    if decision.state != DecisionState.ADOPTED:
        url = reverse("admin:decision_open", args=[decision.kind, decision.object_id])
        yield Way(_("Open it anew"), url)
    elif decision.binds and correcting.records(decision):
        yield Way(_("Correct a text of it"), reverse("admin:decision_open", args=["correct_text", decision.pk]))


@admin.register(RegisterEntry)
class RegisterAdmin(ReadOnly, ScopedAdmin):
    """The register, which only grows; the public reads the same entries."""

    list_display = ("sequence", "at", tag_column("kind", ENTRY_TONES, _("kind")), "about", "shown_hash")
    list_display_links = ("sequence",)
    list_filter = ("kind",)
    search_fields = ("hash", "decision__number", "decision__title_ar", "decision__title_fr", "decision__title_nl")
    date_hierarchy = "at"
    ordering = ("-sequence",)
    fields = (("sequence", "kind", "at"), "about", "shown_previous", "full_hash", "shown_payload")
    readonly_fields = ("sequence", "kind", "at", "about", "shown_previous", "full_hash", "shown_payload")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).select_related("decision")
        return rows.defer("payload", "decision__statement", "decision__binding")

    def heading(self, record: Any) -> str:
        return gettext("Entry %(sequence)s of the register") % {"sequence": record.sequence}

    @admin.display(description=_("about"))
    def about(self, entry: RegisterEntry) -> SafeString | str:
        """The decision it records, with a link."""
        return record_link(entry.decision) if entry.decision else "–"

    @admin.display(description=_("digest"), ordering="hash")
    def shown_hash(self, entry: RegisterEntry) -> SafeString:
        """Its beginning."""
        return code(entry.hash[:12])

    @admin.display(description=_("digest (SHA-256)"))
    def full_hash(self, entry: RegisterEntry) -> SafeString:
        """All 64 digits in groups of eight."""
        return grouped(entry.hash)

    @admin.display(description=_("digest of the entry before"))
    def shown_previous(self, entry: RegisterEntry) -> SafeString:
        """All 64 digits; 64 zeros before the first entry."""
        return grouped(entry.previous)

    @admin.display(description=_("the exact text that was hashed"))
    def shown_payload(self, entry: RegisterEntry) -> SafeString:
        """Canonical JSON, from left to right."""
        return format_html('<pre class="canonical" dir="ltr" tabindex="0">{}</pre>', entry.payload)


def grouped(digest: str) -> SafeString:
    """A digest in groups of eight, as it is read out and compared."""
    return code(" ".join(digest[start : start + 8] for start in range(0, 64, 8)))
