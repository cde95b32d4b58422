"""Money of a project: what is planned by line, and what was committed, paid out and spent. EUR or MAD, as Decimal."""

from __future__ import annotations

import datetime
from typing import ClassVar, Self

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partnership import parity
from partnership.models import Currency, Document, Organisation, Protocol
from partnership.models.hiding import CoveringQuerySet, Hideable
from partnership.models.versions import Recorded, Versioned
from projects.models.projects import Project

EUR_OR_MAD = _("Money of the programme is in EUR or MAD.")


class ExchangeRateQuerySet(CoveringQuerySet):
    """Rates by protocol and day."""

    def valid_on(self, protocol: Protocol, day: datetime.date) -> ExchangeRate | None:
        """The latest rate of the protocol not later than the day, as the public reads it; None where none was entered."""
        return self.filter(protocol=protocol, on__lte=day).order_by("-on").covered().first()


class ExchangeRate(Hideable, Versioned):
    """How many dirhams make one euro on a day, and who says so. Every conversion names its rate and day."""

    REQUIRED_TEXTS: ClassVar = ("source",)
    PUBLIC_FIELDS: ClassVar = ("on", "mad_per_eur", "source")

    protocol = models.ForeignKey(Protocol, models.CASCADE, related_name="exchange_rates", verbose_name=_("protocol"))
    on = models.DateField(_("on"))
    mad_per_eur = models.DecimalField(
        _("dirhams for one euro"), max_digits=8, decimal_places=4, validators=[MinValueValidator(0)]
    )
    source = models.CharField(_("source"), max_length=200)

    objects: ClassVar[ExchangeRateQuerySet] = ExchangeRateQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        ordering = ["protocol", "-on"]
        constraints = [
            models.UniqueConstraint(
                fields=["protocol", "on"],
                name="exchange_rate_once",
                violation_error_message=_("There is already a rate for this day."),
            ),
            models.CheckConstraint(
                name="exchange_rate_positive",
                condition=Q(mad_per_eur__gt=0),
                violation_error_message=_("A rate is greater than zero."),
            ),
            models.CheckConstraint(
                name="exchange_rate_source_complete",
                condition=parity.complete("source"),
                violation_error_message=_("A rate needs its source in Arabic, French and Dutch."),
            ),
        ]

    def __str__(self) -> str:
        return f"1 EUR = {self.mad_per_eur} MAD · {self.on}"


class Category(models.TextChoices):
    """What a budget line pays for."""

    PERSONNEL = "personnel", pgettext_lazy("budget", "Personnel")
    TRAINING = "training", pgettext_lazy("budget", "Training")
    EQUIPMENT = "equipment", pgettext_lazy("budget", "Equipment")
    TRAVEL = "travel", pgettext_lazy("budget", "Travel")
    RUNNING = "running", pgettext_lazy("budget", "Running costs")
    COMMUNICATION = "communication", pgettext_lazy("budget", "Communication")
    IN_KIND = "in_kind", pgettext_lazy("budget", "Contribution in kind")
    OTHER = "other", pgettext_lazy("budget", "Other costs")


class BudgetLine(Hideable, Recorded):
    """What one organisation plans to give for one purpose in one year, in money or in kind."""

    ROOT: ClassVar = "project"
    PUBLIC_FIELDS: ClassVar = (
        "category",
        "label",
        "year",
        "funder",
        "planned",
        "currency",
        "in_kind",
        "hours",
        "confirmed",
        "original",
        "amended_reason",
        "overspent_reason",
    )

    project = models.ForeignKey(Project, models.CASCADE, related_name="budget_lines", verbose_name=_("project"))
    category = models.CharField(_("category"), max_length=15, choices=Category)
    label = models.CharField(_("label"), max_length=200, blank=True)
    year = models.PositiveSmallIntegerField(_("year"))
    funder = models.ForeignKey(Organisation, models.PROTECT, related_name="budget_lines", verbose_name=_("funded by"))
    planned = models.DecimalField(
        _("planned"),
        max_digits=12,
        decimal_places=2,
        validators=[MinValueValidator(0, _("A budget cannot be negative. Enter zero or more."))],
    )
    currency = models.CharField(_("currency"), max_length=3, choices=Currency, default=Currency.EUR)
    in_kind = models.BooleanField(
        _("in kind"), default=False, help_text=_("Working time, rooms, material; valued in money.")
    )
    hours = models.DecimalField(_("hours of work"), max_digits=8, decimal_places=1, null=True, blank=True)
    confirmed = models.BooleanField(_("confirmed by the funder"), default=True)
    original = models.DecimalField(
        _("planned at first"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        editable=False,
        help_text=_("What was planned when both communes decided to execute the project; an amended budget keeps it."),
    )
    amended_reason = models.CharField(_("why it was amended"), max_length=300, blank=True)
    overspent_reason = models.CharField(_("why more was spent than planned"), max_length=300, blank=True)

    objects: ClassVar[CoveringQuerySet] = CoveringQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("budget line")
        verbose_name_plural = _("budget lines")
        ordering = ["project", "year", "pk"]
        constraints = [
            models.CheckConstraint(
                name="budget_line_not_negative",
                condition=Q(planned__gte=0),
                violation_error_message=_("A budget cannot be negative. Enter zero or more."),
            ),
            models.CheckConstraint(
                name="budget_line_eur_or_mad",
                condition=Q(currency__in=Currency.values),
                violation_error_message=EUR_OR_MAD,
            ),
            models.CheckConstraint(
                name="budget_line_hours_not_negative",
                condition=Q(hours__isnull=True) | Q(hours__gte=0),
                violation_error_message=_("Hours cannot be negative."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.funder} {self.year}"


class TransactionKind(models.TextChoices):
    """What moved (IATI TransactionType 2, 3 and 4)."""

    COMMITMENT = "commitment", pgettext_lazy("transaction", "Commitment")
    DISBURSEMENT = "disbursement", pgettext_lazy("transaction", "Disbursement")
    EXPENDITURE = "expenditure", pgettext_lazy("transaction", "Expenditure")


class TransactionQuerySet(models.QuerySet["Transaction"]):
    """Transactions by period."""

    def until(self, day: datetime.date) -> Self:
        """Transactions dated on or before the day."""
        return self.filter(on__lte=day)


class Transaction(Recorded):
    """One movement on a budget line, with its numbered voucher."""

    ROOT: ClassVar = "line__project"
    PUBLIC_FIELDS: ClassVar = ("kind", "on", "amount", "currency", "payer", "payee")

    line = models.ForeignKey(BudgetLine, models.PROTECT, related_name="transactions", verbose_name=_("budget line"))
    kind = models.CharField(_("kind"), max_length=12, choices=TransactionKind)
    on = models.DateField(_("date"))
    amount = models.DecimalField(
        _("amount"),
        max_digits=12,
        decimal_places=2,
        validators=[MinValueValidator(0, _("An amount cannot be negative."))],
    )
    currency = models.CharField(_("currency"), max_length=3, choices=Currency, default=Currency.EUR)
    payer = models.ForeignKey(Organisation, models.PROTECT, related_name="payments_made", verbose_name=_("payer"))
    payee = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="payments_received",
        verbose_name=_("payee"),
        help_text=_("An organisation; a natural person is never named."),
    )
    voucher = models.CharField(_("voucher number"), max_length=40)
    voucher_file = models.ForeignKey(
        Document,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="transactions",
        limit_choices_to={"kind__in": ["voucher", "payslip"]},
        verbose_name=_("voucher"),
        help_text=_("The file of the voucher. A payslip is never public."),
    )
    description = models.CharField(_("description"), max_length=250, blank=True)

    objects: ClassVar[TransactionQuerySet] = TransactionQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("transaction")
        verbose_name_plural = _("transactions")
        ordering = ["-on", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="transaction_positive",
                condition=Q(amount__gt=0),
                violation_error_message=_("An amount is greater than zero."),
            ),
            models.CheckConstraint(
                name="transaction_eur_or_mad",
                condition=Q(currency__in=Currency.values),
                violation_error_message=EUR_OR_MAD,
            ),
            models.UniqueConstraint(
                fields=["line", "voucher"],
                name="transaction_voucher_once",
                violation_error_message=_("This line already has a transaction with this voucher."),
            ),
        ]
        indexes = [models.Index(fields=["on"], name="transaction_on")]

    def __str__(self) -> str:
        return f"{self.voucher} {self.amount} {self.currency}"
