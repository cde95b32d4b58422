"""Periodic reports: for whom and how often, what they said, what was sent to whom [I12, I13, I16]."""

from __future__ import annotations

import uuid
import zoneinfo
from typing import ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from partnership import letters, parity
from partnership.models import Membership, Message, Party, Protocol
from partnership.models.versions import Recorded, Versioned
from partnership.refusals import Refusal
from transparency.reports.periods import Cadence, Period


class Audience(models.TextChoices):
    """Whom a series is for."""

    COUNCIL = "council", _("Council of a commune")
    PROGRAMME_BODY = "programme_body", _("Programme body")


def validate_time_zone(value: str) -> None:
    """Raises ValidationError unless the value is a name of the IANA time zone database."""
    if value not in zoneinfo.available_timezones():
        raise ValidationError(_("Enter a time zone such as Africa/Casablanca or Europe/Brussels."), code="time_zone")


LET_GO_BY_BOTH = _(
    "What the programme body reads is let go by both coordinators; one side does not take that away (rule I2)."
)


class ReportSeriesQuerySet(models.QuerySet["ReportSeries"]):
    """Series by protocol."""

    def for_protocol(self, protocol: Protocol) -> Self:
        """Series of this protocol."""
        return self.filter(protocol=protocol)


class ReportSeries(Versioned):
    """A report that one audience receives every period."""

    REQUIRED_TEXTS: ClassVar = ("title",)
    PUBLIC_FIELDS: ClassVar = ("title", "audience", "party", "languages", "cadence")

    protocol = models.ForeignKey(Protocol, models.CASCADE, related_name="report_series", verbose_name=_("protocol"))
    audience = models.CharField(_("for whom"), max_length=14, choices=Audience)
    party = models.ForeignKey(
        Party, models.PROTECT, null=True, blank=True, related_name="report_series", verbose_name=_("commune")
    )
    title = models.CharField(_("title"), max_length=200)
    languages = models.CharField(
        _("languages"),
        max_length=20,
        help_text=_("In the order of the documents, as codes separated by spaces, for instance “ar fr”."),
        validators=[
            RegexValidator(r"^(ar|fr|nl)( (ar|fr|nl))*$", _("Enter ar, fr or nl, separated by single spaces."))
        ],
    )
    cadence = models.CharField(_("cadence"), max_length=10, choices=Cadence, default=Cadence.HALF_YEAR)
    time_zone = models.CharField(_("time zone"), max_length=40, validators=[validate_time_zone])
    first_period = models.CharField(
        _("first period"),
        max_length=7,
        help_text=_("Code of the first period reported on: 2026-S1 (half-year), 2026-Q1 (quarter) or 2026 (year)."),
    )
    needs_release = models.BooleanField(
        _("released by both coordinators first"),
        default=True,
        help_text=_("Until both have released it, nothing is sent."),
    )
    active = models.BooleanField(_("active"), default=True)

    objects: ClassVar[ReportSeriesQuerySet] = ReportSeriesQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("report series")
        verbose_name_plural = pgettext_lazy("plural", "report series")
        ordering = ["protocol", "audience", "party"]
        constraints = [
            models.CheckConstraint(
                name="series_council_names_commune",
                condition=Q(audience=Audience.COUNCIL, party__isnull=False)
                | Q(audience=Audience.PROGRAMME_BODY, party__isnull=True),
                violation_error_message=_("A council's series names its commune; the programme body's names none."),
            ),
            models.CheckConstraint(
                name="series_title_in_all_languages",
                condition=parity.complete("title"),
                violation_error_message=_("A series needs its title in Arabic, French and Dutch."),
            ),
            models.UniqueConstraint(
                fields=["protocol", "party", "cadence"],
                condition=Q(audience=Audience.COUNCIL),
                name="series_council_once",
                violation_error_message=_("There is already a series for this council and cadence."),
            ),
            models.UniqueConstraint(
                fields=["protocol", "cadence"],
                condition=Q(audience=Audience.PROGRAMME_BODY),
                name="series_programme_body_once",
                violation_error_message=_("There is already a series for the programme body and cadence."),
            ),
        ]

    def __str__(self) -> str:
        return self.title or f"#{self.pk}"

    def clean(self) -> None:
        if self.audience == Audience.PROGRAMME_BODY and not self.needs_release and self._waits_for_both():
            raise ValidationError({"needs_release": Refusal(LET_GO_BY_BOTH, code="I2")})
        self._leave_out_no_language()
        if not (self.first_period and self.cadence):
            return
        try:
            Period.parse(self.first_period, cadence=Cadence(self.cadence))
        except ValidationError as refusal:
            raise ValidationError({"first_period": refusal}) from refusal

    def _leave_out_no_language(self) -> None:
        """Whoever reads a series is owed its languages together: Brussels French and Dutch, whatever else it is made in."""
        reader = self.party.organisation if self.party else self.protocol.programme_body
        if not set(self.language_codes) <= set(settings.REQUIRED_LANGUAGES):
            return  # what is no language is refused at the field
        owed = letters.owed_by(reader.country if reader else "")
        if not set(owed) <= set(self.language_codes):
            named = gettext(", ").join(str(parity.LANGUAGE_NAMES[code]) for code in owed)
            refusal = _(
                "Its readers are owed this series in %(languages)s; further languages may be added, none left out."
            )
            raise ValidationError({"languages": Refusal(refusal, code="languages", params={"languages": named})})

    def _waits_for_both(self) -> bool:
        """Whether nothing else has been said yet, by an installation's own set-up."""
        return self._state.adding or ReportSeries.objects.filter(pk=self.pk, needs_release=True).exists()

    @property
    def language_codes(self) -> list[str]:
        """The languages of its documents, in order."""
        return self.languages.split()


class ReportRecipient(Recorded):
    """Where a series is sent: an office's address, or a mandate, read through its successor."""

    ROOT: ClassVar = "series"
    PERSONAL: ClassVar = ("name", "email")

    series = models.ForeignKey(ReportSeries, models.CASCADE, related_name="recipients", verbose_name=_("report series"))
    name = models.CharField(_("name of the office"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    membership = models.ForeignKey(
        Membership,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="report_recipients",
        verbose_name=_("mandate"),
    )

    class Meta:
        verbose_name = _("recipient")
        verbose_name_plural = _("recipients")
        ordering = ["series", "pk"]
        constraints = [
            models.CheckConstraint(
                name="recipient_address_or_mandate",
                condition=(Q(membership__isnull=True) & ~Q(email="")) | Q(membership__isnull=False, email=""),
                violation_error_message=_("Enter either an e-mail address or a mandate."),
            ),
            models.UniqueConstraint(
                fields=["series", "email"],
                condition=~Q(email=""),
                name="recipient_address_once",
                violation_error_message=_("This address already receives this series."),
            ),
            models.UniqueConstraint(
                fields=["series", "membership"],
                condition=Q(membership__isnull=False),
                name="recipient_mandate_once",
                violation_error_message=_("This mandate already receives this series."),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email or str(self.membership)


class Snapshot(models.Model):
    """What the programme was, frozen: the canonical text that was hashed. Both councils get the same one [I16]."""

    APPEND_ONLY: ClassVar = True

    protocol = models.ForeignKey(Protocol, models.CASCADE, related_name="snapshots", verbose_name=_("protocol"))
    period = models.CharField(_("period"), max_length=7)
    taken_at = models.DateTimeField(_("taken at"))
    text = models.TextField(_("text"), editable=False)
    digest = models.CharField(_("digest"), max_length=64, editable=False)

    class Meta:
        verbose_name = _("snapshot")
        verbose_name_plural = _("snapshots")
        ordering = ["protocol", "-taken_at"]
        constraints = [models.UniqueConstraint(fields=["protocol", "period"], name="snapshot_once")]

    def __str__(self) -> str:
        return f"{self.period} · {self.digest[:12]}"


class ReportQuerySet(models.QuerySet["Report"]):
    """Reports by protocol and by what the public may read."""

    def for_protocol(self, protocol: Protocol) -> Self:
        """Reports of this protocol's series."""
        return self.filter(series__protocol=protocol)

    def published(self) -> Self:
        """Reports that were released for delivery; one that waits for a person is not public."""
        return self.filter(released_at__isnull=False)

    def for_page(self) -> Self:
        """Newest first, with series, snapshot and each document's `size` in bytes, but never the bytes. Two queries."""
        documents = ReportDocument.objects.defer("content").annotate(size=Length("content")).order_by("pk")
        return (
            self.select_related("series__party__organisation", "snapshot")
            .defer("snapshot__text")
            .prefetch_related(models.Prefetch("documents", documents))
            .order_by("-ends_on", "period", "series")
        )


class Report(models.Model):
    """One series and period, made from one snapshot [I12]."""

    PUBLIC_FIELDS: ClassVar = ("id", "series", "period", "starts_on", "ends_on", "snapshot", "released_at")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    series = models.ForeignKey(ReportSeries, models.PROTECT, related_name="reports", verbose_name=_("report series"))
    period = models.CharField(_("period"), max_length=7)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    snapshot = models.ForeignKey(Snapshot, models.PROTECT, related_name="reports", verbose_name=_("snapshot"))
    made_at = models.DateTimeField(_("made at"))
    released_at = models.DateTimeField(
        _("released at"), null=True, blank=True, help_text=_("From then on it is public and is sent.")
    )
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("released by"),
    )

    objects: ClassVar[ReportQuerySet] = ReportQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["-ends_on", "series"]
        constraints = [
            models.UniqueConstraint(fields=["series", "period"], name="report_once"),
            models.CheckConstraint(name="report_ends_after_start", condition=Q(ends_on__gte=F("starts_on"))),
        ]

    def __str__(self) -> str:
        return f"{self.series} · \u2066{self.period}\u2069"  # isolated: an Arabic line would turn 2026-S1 round


class ReportDocument(models.Model):
    """One language's PDF of a report: the stored bytes are what is sent and served [I13]."""

    APPEND_ONLY: ClassVar = True

    report = models.ForeignKey(Report, models.CASCADE, related_name="documents", verbose_name=_("report"))
    language = models.CharField(_("language"), max_length=2)
    content = models.BinaryField(_("bytes"), editable=False)
    digest = models.CharField(_("digest"), max_length=64)
    pages = models.PositiveSmallIntegerField(_("pages"))
    rendered_at = models.DateTimeField(_("rendered at"))

    class Meta:
        verbose_name = _("report document")
        verbose_name_plural = _("report documents")
        ordering = ["report", "pk"]
        constraints = [models.UniqueConstraint(fields=["report", "language"], name="document_once_for_language")]

    def __str__(self) -> str:
        return f"{self.report} ({self.language})"

    @property
    def file_name(self) -> str:
        """A name that sorts by period and says audience and language, in ASCII."""
        audience = self.report.series.party.organisation.short_name_fr if self.report.series.party else "brulocalis"  # type: ignore[attr-defined]  # column added by modeltranslation
        return f"{self.report.period}-{audience.lower().replace(' ', '-')}-{self.language}.pdf"


class Delivery(models.Model):
    """One report to one recipient; how the mail fares stands on its message."""

    report = models.ForeignKey(Report, models.CASCADE, related_name="deliveries", verbose_name=_("report"))
    recipient = models.ForeignKey(
        ReportRecipient, models.PROTECT, related_name="deliveries", verbose_name=_("recipient")
    )
    address = models.EmailField(_("e-mail address"))
    message = models.OneToOneField(Message, models.PROTECT, related_name="delivery", verbose_name=_("mail"))

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["report", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["report", "recipient"], name="delivery_once"),
            models.UniqueConstraint(fields=["report", "address"], name="delivery_address_once"),
        ]

    def __str__(self) -> str:
        return f"{self.report} → {self.address}"
