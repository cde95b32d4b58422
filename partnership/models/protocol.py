"""The protocol: its clauses, principles, objectives, domains and foundations, its two parties and its programme phases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partnership import parity
from partnership.models.organisations import InternationalGoal, Organisation
from partnership.models.versions import Recorded, Versioned

hex_colour = RegexValidator(r"^#[0-9A-Fa-f]{6}$", _("Enter a colour as # and six hexadecimal digits."))
plain_code = RegexValidator(
    r"^[A-Z0-9][A-Z0-9-]*$", _("Use capital letters without accents, digits and hyphens, for instance BEL-2026-01.")
)


class ProtocolState(models.TextChoices):
    """Life of a protocol; in force only with both councils' ratification [I1]."""

    DRAFT = "draft", pgettext_lazy("protocol", "Draft")
    IN_FORCE = "in_force", _("In force")
    CLOSING = "closing", _("Closing")
    ENDED = "ended", _("Ended")


class CouncilsOn(models.TextChoices):
    """For which outcomes of a prior assessment both councils deliberate."""

    EXECUTE = "execute", pgettext_lazy("councils", "To execute a project")
    EVERY = "every", pgettext_lazy("councils", "Every outcome")
    NONE = "none", pgettext_lazy("councils", "None")


class ProtocolQuerySet(models.QuerySet["Protocol"]):
    """Finding the protocol a request is about."""

    def for_host(self, host: str) -> Protocol | None:
        """The protocol with this host name, else the primary one, else None. `host` has no port."""
        named = self.filter(hostname=host.lower()).first() if host else None
        return named or self.filter(primary=True).first()


class Protocol(Versioned):
    """A cooperation protocol between two communes. One installation can host many."""

    REQUIRED_TEXTS: ClassVar = ("title",)
    PUBLIC_FIELDS: ClassVar = ("code", "title", "valid_from", "valid_until", "state", "source_language")

    code = models.CharField(_("code"), max_length=40, unique=True, validators=[plain_code])
    title = models.CharField(_("title"), max_length=300)
    source_language = models.CharField(
        _("language of the act"),
        max_length=2,
        default="ar",
        choices=[("ar", _("Arabic")), ("fr", _("French")), ("nl", _("Dutch"))],
    )
    hostname = models.CharField(_("host name"), max_length=200, blank=True, help_text=_("Without port."))
    primary = models.BooleanField(
        _("primary"), default=False, help_text=_("Served where no host name matches; one for each installation.")
    )
    is_demonstration = models.BooleanField(_("demonstration"), default=False, editable=False)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=ProtocolState, default=ProtocolState.DRAFT, editable=False
    )
    successor = models.OneToOneField(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="predecessor",
        verbose_name=_("successor"),
    )
    ratified_by = models.ForeignKey(
        "Decision",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("ratified by"),
    )
    programme_body = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("programme body"),
        help_text=_("Follows the programme; supervises neither commune and does not vote."),
    )
    joint_colour = models.CharField(_("joint colour"), max_length=7, blank=True, validators=[hex_colour])
    translation_days = models.PositiveSmallIntegerField(
        _("days to translate"),
        default=14,
        help_text=_("Within so many days a text that is missing, or follows an earlier one, should be translated."),
    )
    councils_on_outcomes = models.CharField(
        _("councils’ deliberation on prior assessments"),
        max_length=8,
        choices=CouncilsOn,
        default=CouncilsOn.EXECUTE,
        help_text=_("For which outcome of a prior assessment a signature rests on its council’s deliberation."),
    )
    goals = models.ManyToManyField(
        InternationalGoal, blank=True, related_name="protocols", verbose_name=_("international goals")
    )

    objects: ClassVar[ProtocolQuerySet] = ProtocolQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("protocol")
        verbose_name_plural = _("protocols")
        ordering = ["-primary", "code"]
        constraints = [
            models.CheckConstraint(
                name="protocol_title_in_all_languages",
                condition=parity.complete("title"),
                violation_error_message=_("A protocol needs its title in Arabic, French and Dutch."),
            ),
            models.UniqueConstraint(
                fields=["primary"],
                condition=Q(primary=True),
                name="protocol_one_primary",
                violation_error_message=_("Another protocol is already the primary one."),
            ),
            models.UniqueConstraint(
                fields=["hostname"],
                condition=~Q(hostname=""),
                name="protocol_hostname_once",
                violation_error_message=_("Another protocol already has this host name."),
            ),
            models.CheckConstraint(
                name="protocol_ends_after_start",
                condition=Q(valid_from__isnull=True)
                | Q(valid_until__isnull=True)
                | Q(valid_until__gte=F("valid_from")),
                violation_error_message=_("A protocol cannot end before it begins."),
            ),
            models.CheckConstraint(
                name="protocol_in_force_is_ratified",
                condition=~Q(state="in_force") | Q(ratified_by__isnull=False),
                violation_error_message=_("A protocol is in force only when both councils have ratified it (rule I1)."),
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.code


class Shape(models.TextChoices):
    """A party's half of the emblem; colours follow the shape."""

    SQUARE = "square", _("Square, ochre")
    DIAMOND = "diamond", _("Diamond, blue")


class Currency(models.TextChoices):
    """The two currencies of the programme (ISO 4217)."""

    EUR = "EUR", _("Euro (EUR)")
    MAD = "MAD", _("Moroccan dirham (MAD)")


class Regime(models.TextChoices):
    """Under which law a commune's council resolves: who looks at its resolutions, and when they may be executed."""

    MOROCCO = "morocco", _("Morocco: visa of the governor (organic law 113-14, article 118)")
    BRUSSELS = "brussels", _("Brussels: regional supervision (ordinance of 14 May 1998)")


class Party(Recorded):
    """One of the two communes of a protocol, equal in everything (protocol, article 1)."""

    ROOT: ClassVar = "protocol"
    PUBLIC_FIELDS: ClassVar = ("organisation", "position", "shape", "languages", "currency", "regime", "hands")

    protocol = models.ForeignKey(Protocol, models.CASCADE, related_name="parties", verbose_name=_("protocol"))
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="parties", verbose_name=_("commune"))
    position = models.PositiveSmallIntegerField(
        _("place in the act's title"), choices=[(1, "1"), (2, "2")], help_text=_("Order of writing, not of rank.")
    )
    shape = models.CharField(_("shape"), max_length=8, choices=Shape)
    languages = models.CharField(
        _("languages"),
        max_length=20,
        help_text=_("Languages this commune owes its citizens, as codes separated by spaces, for instance “fr nl”."),
        validators=[
            RegexValidator(r"^[a-z]{2,3}( [a-z]{2,3})*$", _("Enter language codes separated by single spaces."))
        ],
    )
    currency = models.CharField(_("currency"), max_length=3, choices=Currency)
    time_zone = models.CharField(_("time zone"), max_length=40)
    regime = models.CharField(_("legal regime"), max_length=10, choices=Regime)
    hands = models.PositiveSmallIntegerField(
        _("signatures needed"),
        default=1,
        choices=[(1, _("One signatory signs")), (2, _("A second one countersigns"))],
        help_text=_("This commune’s own rule, for instance where the municipal secretary countersigns."),
    )

    class Meta:
        verbose_name = _("party")
        verbose_name_plural = _("parties")
        ordering = ["protocol", "position"]
        constraints = [
            models.UniqueConstraint(fields=["protocol", "position"], name="party_position_once"),
            models.UniqueConstraint(fields=["protocol", "organisation"], name="party_organisation_once"),
            models.UniqueConstraint(fields=["protocol", "shape"], name="party_shape_once"),
            models.CheckConstraint(
                name="party_first_or_second",
                condition=Q(position__in=[1, 2]),
                violation_error_message=_("A protocol has exactly two parties."),
            ),
            models.CheckConstraint(
                name="party_currency_eur_or_mad",
                condition=Q(currency__in=Currency.values),
                violation_error_message=_("Money of the programme is in EUR or MAD."),
            ),
            models.CheckConstraint(name="party_regime_known", condition=Q(regime__in=Regime.values)),
            models.CheckConstraint(name="party_one_hand_or_two", condition=Q(hands__in=[1, 2])),
        ]

    def __str__(self) -> str:
        return str(self.organisation)

    def speaks(self, language: str) -> bool:
        """Whether this is a language the commune owes its citizens."""
        return language in self.languages.split()


class ProgrammePhase(Versioned):
    """A phase of the programme, for instance 2022-2026, with the deadlines the programme sets."""

    REQUIRED_TEXTS: ClassVar = ("title",)
    PUBLIC_FIELDS: ClassVar = ("code", "title", "starts_on", "ends_on")

    protocol = models.ForeignKey(Protocol, models.CASCADE, related_name="phases", verbose_name=_("protocol"))
    code = models.CharField(_("code"), max_length=20)
    title = models.CharField(_("title"), max_length=200)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))

    class Meta:
        verbose_name = _("programme phase")
        verbose_name_plural = _("programme phases")
        ordering = ["protocol", "starts_on"]
        constraints = [
            models.UniqueConstraint(fields=["protocol", "code"], name="phase_code_once"),
            models.CheckConstraint(
                name="phase_ends_after_start",
                condition=Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("A phase cannot end before it begins."),
            ),
            models.CheckConstraint(
                name="phase_title_in_all_languages",
                condition=parity.complete("title"),
                violation_error_message=_("A phase needs its title in Arabic, French and Dutch."),
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.code


class ClauseKind(models.TextChoices):
    """What a clause is in the act's layout."""

    TITLE = "title", pgettext_lazy("clause", "Title")
    HEADING = "heading", pgettext_lazy("clause", "Heading")
    LEAD = "lead", pgettext_lazy("clause", "Introductory sentence")
    TEXT = "text", pgettext_lazy("clause", "Paragraph")
    BULLET = "bullet", pgettext_lazy("clause", "Item")


class ClauseQuerySet(models.QuerySet["Clause"]):
    """Clauses in the order of the act."""

    def for_protocol(self, protocol: Protocol) -> Self:
        """Clauses of this protocol."""
        return self.filter(protocol=protocol)


class Clause(Recorded):
    """One clause. `original` is the act's Arabic exactly as it stands; joined in order the originals give the whole source."""

    ROOT: ClassVar = "protocol"
    REQUIRED_TEXTS: ClassVar = ("text",)
    PUBLIC_FIELDS: ClassVar = ("number", "order", "kind", "text", "original")

    protocol = models.ForeignKey(Protocol, models.CASCADE, related_name="clauses", verbose_name=_("protocol"))
    number = models.CharField(_("number"), max_length=10)
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="children", verbose_name=_("part of")
    )
    order = models.PositiveSmallIntegerField(_("order"))
    kind = models.CharField(_("kind"), max_length=8, choices=ClauseKind)
    text = models.TextField(_("text"))
    original = models.TextField(_("original text"), editable=False)

    objects: ClassVar[ClauseQuerySet] = ClauseQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("clause")
        verbose_name_plural = _("clauses")
        ordering = ["protocol", "order"]
        constraints = [
            models.UniqueConstraint(fields=["protocol", "number"], name="clause_number_once"),
            models.UniqueConstraint(fields=["protocol", "order"], name="clause_order_once"),
            models.CheckConstraint(
                name="clause_text_in_all_languages",
                condition=parity.complete("text"),
                violation_error_message=_("A clause needs its text in Arabic, French and Dutch."),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def is_courtesy(self, language: str) -> bool:
        """Whether the text in this language is a courtesy translation; the act's own language prevails."""
        return language != self.protocol.source_language


class _ProtocolElementQuerySet(models.QuerySet["ProtocolElement"]):
    def for_protocol(self, protocol: Protocol) -> Self:
        """Elements of this protocol."""
        return self.filter(protocol=protocol)


class ProtocolElement(Recorded):
    """What the act enumerates and projects refer to. Each points to its clause."""

    ROOT: ClassVar = "protocol"
    REQUIRED_TEXTS: ClassVar = ("name",)
    PUBLIC_FIELDS: ClassVar[Sequence[str]] = ("code", "name", "clause", "order")

    protocol = models.ForeignKey(Protocol, models.CASCADE, related_name="%(class)ss", verbose_name=_("protocol"))
    code = models.CharField(_("code"), max_length=12, validators=[plain_code])
    name = models.CharField(_("name"), max_length=200)
    clause = models.ForeignKey(Clause, models.PROTECT, related_name="%(class)ss", verbose_name=_("clause"))
    order = models.PositiveSmallIntegerField(_("order"))

    objects = _ProtocolElementQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["protocol", "order"]
        constraints = [
            models.UniqueConstraint(fields=["protocol", "code"], name="%(class)s_code_once"),
            models.CheckConstraint(
                name="%(class)s_name_in_all_languages",
                condition=parity.complete("name"),
                violation_error_message=_("The name is needed in Arabic, French and Dutch."),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.code


class Principle(ProtocolElement):
    """A principle the partners strengthen (article 1)."""

    class Meta(ProtocolElement.Meta):
        verbose_name = _("principle")
        verbose_name_plural = _("principles")


class Objective(ProtocolElement):
    """An objective the cooperation pursues (article 2)."""

    class Meta(ProtocolElement.Meta):
        verbose_name = _("objective")
        verbose_name_plural = _("objectives")


class Domain(ProtocolElement):
    """A field of work; a closed list, extended only by amending the protocol (article 3)."""

    class Meta(ProtocolElement.Meta):
        verbose_name = _("domain")
        verbose_name_plural = _("domains")


class Chapter(models.TextChoices):
    """Which of the two last chapters a foundation stands in."""

    IMPLEMENTATION = "implementation", _("Putting the partnership into effect")
    MONITORING = "monitoring", _("Monitoring of the partnership")


class Foundation(ProtocolElement):
    """A foundation of putting into effect or an element of monitoring (chapters F and S)."""

    PUBLIC_FIELDS: ClassVar[Sequence[str]] = (*ProtocolElement.PUBLIC_FIELDS, "chapter")

    chapter = models.CharField(_("chapter"), max_length=14, choices=Chapter)

    class Meta(ProtocolElement.Meta):
        verbose_name = _("foundation")
        verbose_name_plural = _("foundations")
