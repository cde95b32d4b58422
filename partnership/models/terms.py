"""The glossary: which word both communes use for a thing, and which words neither uses. Shared by all protocols of an installation."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from partnership import languages, parity
from partnership.models.versions import Versioned
from partnership.normaliser import NormalisedField, normalise


def _has_word(column: str) -> Q:
    return Q(**{f"{column}__isnull": False}) & ~Q(**{column: ""})


class TermUse(models.TextChoices):
    """What the glossary says about a word."""

    AGREED = "agreed", _("Agreed")
    AVOID = "avoid", _("To avoid")


class Term(Versioned):
    """A thing of the programme with its agreed word in each language, or a word that neither commune uses.

    Neither commune gives and neither receives (protocol, clause A1.3): words that say otherwise are to be avoided. Variants stand
    after the word, separated by a semicolon; the first is the one to write.
    """

    REQUIRED_TEXTS: ClassVar = ("word",)
    TEXTS_FOLLOW: ClassVar = False

    word = models.CharField(
        _("word"),
        max_length=300,
        blank=True,
        help_text=_("Other forms that are right too follow after a semicolon; the first is the one to write."),
    )
    use = models.CharField(_("use"), max_length=6, choices=TermUse, default=TermUse.AGREED)
    note = models.CharField(
        _("note"),
        max_length=300,
        blank=True,
        help_text=_("For a word to avoid: what to say instead. Otherwise where it comes from, or what it is not."),
    )
    english = models.CharField(
        _("English name in the project’s file"),
        max_length=120,
        blank=True,
        editable=False,
        help_text=_("By which the project’s file knows it again; empty for a term that staff entered."),
    )
    loaded = models.CharField(
        _("as it was loaded"),
        max_length=64,
        blank=True,
        editable=False,
        help_text=_(
            "SHA-256 of what the project’s file said. A term that says something else now was edited by staff."
        ),
    )
    search_ar = NormalisedField(sources=["word_ar"])
    search_fr = NormalisedField(sources=["word_fr"])
    search_nl = NormalisedField(sources=["word_nl"])

    class Meta:
        verbose_name = _("term of the glossary")
        verbose_name_plural = _("glossary")
        ordering = ["use", "pk"]
        constraints = [
            models.CheckConstraint(
                name="term_agreed_in_all_languages",
                condition=~Q(use=TermUse.AGREED) | parity.complete("word"),
                violation_error_message=_("An agreed term needs its word in Arabic, French and Dutch."),
            ),
            models.CheckConstraint(
                name="term_has_a_word",
                condition=_has_word("word_ar") | _has_word("word_fr") | _has_word("word_nl"),
                violation_error_message=_("A term needs a word in at least one language."),
            ),
            models.UniqueConstraint(
                fields=["search_ar", "search_fr", "search_nl", "use"],
                name="term_once",
                violation_error_message=_("The glossary already has this term."),
            ),
            models.UniqueConstraint(
                fields=["english"],
                condition=~Q(english=""),
                name="term_english_once",
                violation_error_message=_("The glossary already has a term of this English name."),
            ),
        ]

    def __str__(self) -> str:
        known = (self.variants(code) for code in (languages.current(), *settings.REQUIRED_LANGUAGES))
        return next((forms[0] for forms in known if forms), f"#{self.pk}")

    def clean(self) -> None:
        """A word to avoid says what to write instead, and each term stands once however it is spelt. Raises ValidationError."""
        super().clean()
        same = {
            f"search_{code}": normalise(getattr(self, f"word_{code}") or "") for code in settings.REQUIRED_LANGUAGES
        }
        if Term.objects.filter(use=self.use, **same).exclude(pk=self.pk).exists():
            raise ValidationError(_("The glossary already has this term."), code="unique")
        if self.use == TermUse.AVOID and not self.note.strip():
            raise ValidationError(
                {"note": ValidationError(_("Say what to write instead of a word to avoid."), code="instead")}
            )

    def variants(self, language: str) -> list[str]:
        """The forms of its word in a language, the one to write first; none where it has no word in it."""
        return split(getattr(self, parity.column("word", language)))


def split(text: str | None) -> list[str]:
    """The forms in a text in which a semicolon or a slash separates them."""
    return [form for part in (text or "").replace("/", ";").split(";") if (form := part.strip())]
