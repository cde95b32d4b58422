"""Organisations and international commitments: shared by all protocols of an installation."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from partnership import parity
from partnership.models.versions import Versioned
from partnership.normaliser import NormalisedField


class OrganisationKind(models.TextChoices):
    """What an organisation is."""

    COMMUNE = "commune", _("Commune")
    AUTHORITY = "authority", _("Authority")
    ELECTED_BODY = "elected_body", _("Elected body")
    ASSOCIATION = "association", _("Association")
    SCHOOL = "school", _("School or training institution")
    HEALTH_SOCIAL = "health_social", _("Health or social service")
    UNIVERSITY = "university", _("University")
    COMPANY = "company", _("Company or cooperative")
    INTERNATIONAL_BODY = "international_body", _("International body")
    PROGRAMME_BODY = "programme_body", _("Programme body")


class Level(models.TextChoices):
    """The level an actor works at (protocol, clauses F2.2 and S4.1). Provincial is إقليمي, regional is جهوي."""

    LOCAL = "local", _("Local level")
    PROVINCIAL = "provincial", _("Provincial level")
    REGIONAL = "regional", _("Regional level")
    NATIONAL = "national", _("National level")
    INTERNATIONAL = "international", _("International level")


class Organisation(Versioned):
    """A commune, authority, association or other body that takes part."""

    REQUIRED_TEXTS: ClassVar = ("name",)
    PUBLIC_FIELDS: ClassVar = ("name", "short_name", "kind", "level", "country", "place", "iati_ref", "public_contact")

    name = models.CharField(_("name"), max_length=200)
    short_name = models.CharField(
        _("short name"),
        max_length=60,
        blank=True,
        help_text=_("As it stands in tables and headings, for instance “Jette”."),
    )
    kind = models.CharField(_("kind"), max_length=20, choices=OrganisationKind)
    level = models.CharField(_("level"), max_length=15, choices=Level)
    country = models.CharField(
        _("country"),
        max_length=2,
        help_text=_("Two-letter code of ISO 3166-1, for instance MA or BE."),
        validators=[
            RegexValidator(r"^[A-Z]{2}$", _("Enter the two capital letters of the country, for instance MA or BE."))
        ],
    )
    place = models.CharField(_("place"), max_length=200, blank=True)
    iati_ref = models.CharField(
        _("IATI organisation identifier"),
        max_length=80,
        blank=True,
        validators=[RegexValidator(r"^[^/&|?\s]+$", _("An IATI identifier has no spaces and none of / & | ?."))],
    )
    public_contact = models.CharField(
        _("public contact"),
        max_length=200,
        blank=True,
        help_text=_("A function and address that anyone may read; no person."),
    )
    is_demonstration = models.BooleanField(_("made for a demonstration"), default=False, editable=False)
    sort_ar = NormalisedField(sources=["name_ar"])
    sort_fr = NormalisedField(sources=["name_fr"])
    sort_nl = NormalisedField(sources=["name_nl"])

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["kind", "pk"]
        constraints = [
            models.CheckConstraint(
                name="organisation_name_in_all_languages",
                condition=parity.complete("name"),
                violation_error_message=_("An organisation needs its name in Arabic, French and Dutch."),
            ),
            models.UniqueConstraint(
                fields=["iati_ref"],
                condition=~Q(iati_ref=""),
                name="organisation_iati_ref_once",
                violation_error_message=_("Another organisation already has this IATI identifier."),
            ),
        ]

    def __str__(self) -> str:
        return self.short_name or self.name or f"#{self.pk}"


class InternationalGoal(Versioned):
    """A goal both States adopted: Millennium, Sustainable Development or another; the list is open (protocol, last clause)."""

    REQUIRED_TEXTS: ClassVar = ("title",)
    PUBLIC_FIELDS: ClassVar = ("framework", "number", "title")

    framework = models.CharField(
        _("framework"), max_length=12, help_text=_("MDG, SDG, or the short name of another agreement.")
    )
    number = models.PositiveSmallIntegerField(_("number"))
    title = models.CharField(_("title"), max_length=200)
    is_demonstration = models.BooleanField(_("made for a demonstration"), default=False, editable=False)

    class Meta:
        verbose_name = _("international goal")
        verbose_name_plural = _("international goals")
        ordering = ["-framework", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["framework", "number"],
                name="goal_once",
                violation_error_message=_("This framework already has a goal with this number."),
            ),
            models.CheckConstraint(
                name="goal_title_in_all_languages",
                condition=parity.complete("title"),
                violation_error_message=_("A goal needs its title in Arabic, French and Dutch."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def code(self) -> str:
        """For instance SDG-16."""
        return f"{self.framework}-{self.number}"
