"""The glossary in the admin: shared by all protocols, kept by the editors of both communes."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from partnership import parity
from partnership.admin.columns import ATTENTION, GOOD, heading, tag_column
from partnership.admin.scope import SHARED, ScopedAdmin
from partnership.admin.texts import in_language
from partnership.models import Term, TermUse
from partnership.normaliser import normalise

TONES = {TermUse.AGREED: GOOD, TermUse.AVOID: ATTENTION}


def _words_in(language: str) -> Any:
    """A column with the words of one language, in its own direction."""

    name: Any = parity.LANGUAGE_NAMES[language]

    @admin.display(description=name, ordering=f"word_{language}")
    def column(term: Any) -> Any:
        return in_language(getattr(term, f"word_{language}"), language)

    column.__name__ = f"in_{language}"
    return column


@admin.register(Term)
class TermAdmin(ScopedAdmin):
    """Agreed words, and words to avoid with what to say instead."""

    protocol_path = SHARED
    list_display = (
        _words_in("ar"),
        _words_in("fr"),
        _words_in("nl"),
        tag_column("use", TONES, heading(Term, "use")),
        "note",
    )
    list_filter = ("use",)
    search_fields = ("search_ar", "search_fr", "search_nl")
    search_help_text = _("A word in any language; accents and spelling of alef or ta do not matter.")
    readonly_fields = ("english",)
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("word", "use", "note")}),
        (_("In the project’s file"), {"fields": ("english",), "classes": ["collapse"]}),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, normalise(search_term) or search_term)
