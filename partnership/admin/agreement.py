"""The agreement in the admin: the protocol, its clauses and what they enumerate, its two parties and its phases.

All of it is read from the protocol's file. After ratification it changes only by a joint decision of the kind “amend”.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partnership import following, languages, parity
from partnership.admin.columns import ATTENTION, GOOD, PLAIN, code, record_link, tag, tag_column, text_column
from partnership.admin.scope import SHARED, ReadOnlyTabular, ScopedAdmin
from partnership.admin.texts import TextsForm, in_language
from partnership.models import (
    Clause,
    Domain,
    Foundation,
    InternationalGoal,
    Objective,
    Party,
    Principle,
    ProgrammePhase,
    Protocol,
    ProtocolState,
)
from partnership.templatetags import words


class PartyInline(ReadOnlyTabular):
    """The two communes, in the order of the act's title. Each sets its own particulars on its own form."""

    model = Party
    fields: ClassVar[Any] = (
        "position",
        "organisation",
        "shape",
        "languages",
        "currency",
        "time_zone",
        "hands",
        "settings",
    )
    readonly_fields: ClassVar[Any] = fields
    max_num = 2

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("organisation")

    @admin.display(description=_("settings"))
    def settings(self, party: Party) -> SafeString | str:
        """To the commune's own form."""
        return record_link(party, gettext("Open"))


HOSTING = ("hostname", "primary")


@admin.register(Protocol)
class AgreementAdmin(ScopedAdmin):
    """The protocol. Its texts are for both communes' editors, which host it answers to for the platform's administrator."""

    protocol_path = "pk"
    inlines = (PartyInline,)
    list_display = (
        "code",
        text_column(Protocol, "title"),
        tag_column("state", {ProtocolState.IN_FORCE: GOOD}, _("state")),
    )
    list_display_links = ("code",)
    autocomplete_fields = ("goals", "programme_body")
    readonly_fields = ("code", "state", "source_language")
    fieldsets = (
        (None, {"fields": ("code", "title", ("state", "source_language"), ("valid_from", "valid_until"))}),
        (_("Goals and programme"), {"fields": ("programme_body", "goals")}),
        (
            _("On this platform"),
            {"fields": ("hostname", "primary", "joint_colour", "translation_days", "councils_on_outcomes")},
        ),
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "host", obj) or super().has_change_permission(request, obj)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """A signatory also finds the way to leave."""
        if self.may(request, "leave", context.get("original")):
            context["act_links"] = [(reverse("admin:protocol_leave"), _("Leave the protocol"))]
        return super().render_change_form(request, context, *args, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = list(super().get_readonly_fields(request, obj))
        if not self.may(request, "host", obj):
            fixed += HOSTING
        if not self.may(request, "change", obj):
            fixed += [
                "valid_from",
                "valid_until",
                "programme_body",
                "goals",
                "joint_colour",
                "translation_days",
                "councils_on_outcomes",
            ]
        return fixed

    def fixed_columns(self, request: HttpRequest, obj: Protocol | None) -> list[str]:
        """The title, for whoever may only say where the protocol is served."""
        return (
            [] if self.may(request, "change", obj) else [parity.column("title", code) for code in parity.LANGUAGE_NAMES]
        )


@admin.register(Party)
class PartyAdmin(ScopedAdmin):
    """A commune's own settings: its coordinator's business alone [I2]."""

    list_display = ("organisation", "position", "shape", "languages", "currency", "hands")
    list_select_related = ("organisation",)
    readonly_fields = ("position", "organisation", "shape")
    fields = (("position", "organisation", "shape"), ("languages", "currency", "time_zone"), ("regime", "hands"))


@admin.register(ProgrammePhase)
class PhaseAdmin(ScopedAdmin):
    """The programme's phases."""

    list_display = ("code", text_column(ProgrammePhase, "title"), "starts_on", "ends_on")
    search_fields = ("code", "title_ar", "title_fr", "title_nl")
    date_hierarchy = "starts_on"
    fields = ("code", "title", ("starts_on", "ends_on"))


class ClauseForm(TextsForm):
    """A courtesy translation follows the act's own text, whoever writes it."""

    def _save_m2m(self) -> None:
        with following.as_translation():
            super()._save_m2m()


@admin.register(Clause)
class ClauseAdmin(ScopedAdmin):
    """All clauses in the act's order. The act's own language prevails; the others are courtesy translations."""

    form = ClauseForm
    list_display = ("shown_number", "kind", "shown_text", "courtesy")
    list_display_links = ("shown_number",)
    list_filter = ("kind",)
    list_select_related = ("protocol",)
    search_fields = ("number", "original", "text_ar", "text_fr", "text_nl")
    ordering = ("order",)
    list_per_page = 100
    readonly_fields = ("number", "kind", "parent", "shown_original")
    fieldsets = (
        (None, {"fields": (("number", "kind", "parent"), "shown_original")}),
        (
            _("Text"),
            {
                "fields": ("text",),
                "description": _(
                    "The text in the act’s own language prevails and is not changed here. The other two are courtesy translations."
                ),
            },
        ),
    )

    def fixed_columns(self, request: HttpRequest, obj: Clause | None) -> list[str]:
        """The act's own text, which prevails."""
        return [f"text_{obj.protocol.source_language}"] if obj else []

    @admin.display(description=_("number"), ordering="order")
    def shown_number(self, clause: Clause) -> SafeString:
        """The number, from left to right."""
        return code(clause.number)

    @admin.display(description=_("text"))
    def shown_text(self, clause: Clause) -> str:
        """The beginning of the text in the reader's language."""
        return Truncator(words.text(clause, "text")).chars(140)

    @admin.display(description=_("standing"))
    def courtesy(self, clause: Clause) -> SafeString:
        """Whether what is read here is the act's own text."""
        if clause.is_courtesy(languages.current()):
            return tag(_("Courtesy translation"), ATTENTION)
        return tag(_("Text of the act"), PLAIN)

    @admin.display(description=_("as it stands in the act"))
    def shown_original(self, clause: Clause) -> SafeString:
        """The act's text, letter for letter."""
        return format_html(
            '<span class="original">{}</span>', in_language(clause.original, clause.protocol.source_language)
        )


class ElementAdmin(ScopedAdmin):
    """What the act enumerates; each element points to its clause."""

    list_display: Any = ("code", "name", "clause", "order")
    list_select_related = ("clause",)
    search_fields = ("code", "name_ar", "name_fr", "name_nl")
    readonly_fields: ClassVar[Any] = ("code", "clause", "order")
    fields: ClassVar[Any] = (("code", "clause", "order"), "name")


for _model in (Principle, Objective, Domain):
    admin.site.register(_model, ElementAdmin)


@admin.register(Foundation)
class FoundationAdmin(ElementAdmin):
    """Foundations of putting into effect, and elements of monitoring."""

    list_display = ("code", "name", "chapter", "clause", "order")
    list_filter = ("chapter",)
    readonly_fields = ("code", "clause", "order", "chapter")
    fields = (("code", "chapter", "clause", "order"), "name")


@admin.register(InternationalGoal)
class GoalAdmin(ScopedAdmin):
    """Goals both States adopted: an open list, shared by all protocols of the installation."""

    protocol_path = SHARED
    list_display = ("code", text_column(InternationalGoal, "title"))
    list_display_links = ("code",)
    list_filter = ("framework",)
    search_fields = ("framework", "title_ar", "title_fr", "title_nl", "=number")
    fields = (("framework", "number"), "title")
