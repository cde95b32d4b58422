"""Projects of the joint action plan, whom they are for and who does what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce, Length, Substr
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partnership import parity
from partnership.models import (
    Document,
    Domain,
    InternationalGoal,
    Objective,
    Organisation,
    Party,
    Principle,
    ProgrammePhase,
    Protocol,
    Publishable,
    PublishedQuerySet,
)
from partnership.models.hiding import CoveringQuerySet, Hideable
from partnership.models.protocol import plain_code
from partnership.models.publishing import published_is_complete
from partnership.models.versions import Recorded
from partnership.normaliser import NormalisedField, normalise
from partnership.refusals import Refusal
from projects.models.plans import ActionPlan


class ProjectState(models.TextChoices):
    """Life of a project."""

    PROPOSED = "proposed", pgettext_lazy("project", "Proposed")
    ASSESSING = "assessing", pgettext_lazy("project", "Joint prior assessment")
    DECIDED = "decided", pgettext_lazy("project", "Decided")
    UNDER_WAY = "under_way", pgettext_lazy("project", "Under way")
    SUSPENDED = "suspended", pgettext_lazy("project", "Suspended")
    COMPLETED = "completed", pgettext_lazy("project", "Activities completed")
    CLOSED = "closed", pgettext_lazy("project", "Closed")
    CANCELLED = "cancelled", pgettext_lazy("project", "Cancelled for good")
    REPLACED = "replaced", pgettext_lazy("project", "Replaced")


STARTED = (ProjectState.UNDER_WAY, ProjectState.COMPLETED, ProjectState.CLOSED)
"""What only a project can be that both communes decided to execute, or took over [I5]."""


class TargetGroup(models.TextChoices):
    """Groups the programme puts first (programme of Morocco, 2022-2026)."""

    WOMEN = "women", _("Women")
    YOUTH = "youth", _("Youth")
    SPECIAL_NEEDS = "special_needs", _("People with special needs")
    MIGRANTS = "migrants", _("Migrants")
    ALL = "all", _("The whole population")


class Competence(models.TextChoices):
    """Whose competence a project falls under (Morocco, organic law 113-14)."""

    OWN = "own", _("Own competence")
    SHARED = "shared", _("Competence shared with the State")
    TRANSFERRED = "transferred", _("Competence transferred by the State")


class Marker(models.TextChoices):
    """OECD-DAC policy markers (IATI PolicyMarker, vocabulary 1)."""

    GENDER = "1", _("Gender equality")
    ENVIRONMENT = "2", _("Aid to environment")
    GOVERNANCE = "3", _("Participatory development and good governance")
    MITIGATION = "6", _("Climate change mitigation")
    ADAPTATION = "7", _("Climate change adaptation")
    DISABILITY = "11", _("Inclusion of persons with disabilities")


class Significance(models.IntegerChoices):
    """How far a policy marker is pursued (IATI PolicySignificance)."""

    NONE = 0, _("Not targeted")
    SIGNIFICANT = 1, _("Significant objective")
    PRINCIPAL = 2, _("Principal objective")


class ProjectQuerySet(PublishedQuerySet):
    """The public's questions about projects."""

    def matching(self, words: str, language: str) -> Self:
        """Projects whose code, title or summary holds every word, however it is accented or spelt."""
        found = self
        for word in normalise(words).split():
            found = found.filter(**{f"{parity.column('search', language)}__contains": word})
        return found

    def by_title(self, language: str) -> Self:
        """In the alphabet's order of the title, accents aside: the search column begins with the code."""
        return self.order_by(Substr(parity.column("search", language), Length("code") + 2), "code")

    def latest_first(self) -> Self:
        """By the day they began or are to begin, the latest first; those without a date last."""
        return self.order_by(Coalesce("actual_start", "planned_start").desc(nulls_last=True), "code")

    def of_plan(self, plan: ActionPlan) -> Self:
        """Projects of a joint action plan by code, with their domains and objectives. Three queries."""
        return self.filter(plan=plan).prefetch_related("domains", "objectives").order_by("code")

    def with_row_facts(self) -> Self:
        """With what a line about each needs. One query more."""
        return self.prefetch_related("objectives")

    def with_page_facts(self) -> Self:
        """With what a page about one needs; its activities, money and indicators are read apart."""
        return self.select_related("lead__organisation", "plan", "replaces", "replaced_by").prefetch_related(
            "domains", "objectives", "principles", "goals", "targets", "policy_markers"
        )

    def linked_to(self, relation: str, keys: Iterable[object]) -> Self:
        """Projects with at least one of these in a relation or column: domains, objectives, principles, goals, targets__group, state."""
        return self.filter(pk__in=Project.objects.filter(**{f"{relation}__in": list(keys)}).order_by().values("pk"))

    def with_both_communes(self) -> Self:
        """Projects in which each commune has a named responsibility that it did not decline [I7]."""
        theirs = Involvement.objects.filter(
            project=OuterRef("pk"), organisation__parties__protocol=OuterRef("protocol"), declined_on__isnull=True
        )
        first = theirs.filter(organisation__parties__position=1, organisation__parties__protocol=OuterRef("protocol"))
        second = theirs.filter(organisation__parties__position=2, organisation__parties__protocol=OuterRef("protocol"))
        return self.filter(Exists(first), Exists(second))


class Project(Publishable):
    """A project both communes carry."""

    REQUIRED_TEXTS: ClassVar[Sequence[str]] = ("title", "summary")
    PUBLIC_FIELDS: ClassVar[Sequence[str]] = (
        "code",
        "title",
        "summary",
        "description",
        "plan",
        "phase",
        "domains",
        "objectives",
        "principles",
        "goals",
        "target_groups",
        "pac_line",
        "no_pac_reason",
        "legal_basis",
        "competence",
        "lead",
        "dac_sector",
        "policy_markers",
        "public_place",
        "planned_start",
        "planned_end",
        "actual_start",
        "actual_end",
        "people_expected",
        "state",
        "taken_over",
        "replaces",
        "execution_decided_on",
        "no_third_partner_reason",
        "convergence_asked",
        "convergence_asked_on",
    )

    protocol = models.ForeignKey(Protocol, models.CASCADE, related_name="projects", verbose_name=_("protocol"))
    code = models.CharField(_("code"), max_length=20, validators=[plain_code])
    title = models.CharField(_("title"), max_length=250)
    summary = models.TextField(_("summary"), blank=True, help_text=_("Two sentences that anyone understands."))
    description = models.TextField(_("description"), blank=True)
    plan = models.ForeignKey(
        ActionPlan, models.PROTECT, null=True, blank=True, related_name="projects", verbose_name=_("joint action plan")
    )
    phase = models.ForeignKey(
        ProgrammePhase,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="projects",
        verbose_name=_("programme phase"),
    )
    domains = models.ManyToManyField(Domain, blank=True, related_name="projects", verbose_name=_("domains"))
    objectives = models.ManyToManyField(Objective, blank=True, related_name="projects", verbose_name=_("objectives"))
    principles = models.ManyToManyField(
        Principle, blank=True, related_name="projects", verbose_name=_("principles it serves")
    )
    goals = models.ManyToManyField(
        InternationalGoal, blank=True, related_name="projects", verbose_name=_("international goals")
    )
    pac_line = models.CharField(
        _("line of the communal action plan (PAC)"),
        max_length=250,
        blank=True,
        help_text=_("The line of the commune's own action plan that the project serves."),
    )
    no_pac_reason = models.CharField(_("why no line of the PAC"), max_length=250, blank=True)
    legal_basis = models.CharField(_("legal basis"), max_length=300, blank=True)
    competence = models.CharField(_("competence"), max_length=12, choices=Competence, blank=True)
    lead = models.ForeignKey(
        Party, models.PROTECT, null=True, blank=True, related_name="led_projects", verbose_name=_("lead commune")
    )
    dac_sector = models.CharField(
        _("OECD-DAC sector"),
        max_length=5,
        blank=True,
        validators=[
            RegexValidator(r"^\d{5}$", _("A purpose code of the OECD-DAC has five digits, for instance 15185."))
        ],
    )
    place = models.CharField(_("place"), max_length=200, blank=True)
    place_sensitive = models.BooleanField(
        _("sensitive place"), default=False, help_text=_("The public then reads the name of the commune only.")
    )
    planned_start = models.DateField(_("planned start"), null=True, blank=True)
    planned_end = models.DateField(_("planned end"), null=True, blank=True)
    actual_start = models.DateField(_("actual start"), null=True, blank=True)
    actual_end = models.DateField(_("actual end"), null=True, blank=True)
    people_expected = models.PositiveIntegerField(
        _("people expected to benefit"), null=True, blank=True, help_text=_("A number; nobody is ever named.")
    )
    state = models.CharField(_("state"), max_length=10, choices=ProjectState, default=ProjectState.PROPOSED)
    taken_over = models.BooleanField(
        _("taken over"),
        default=False,
        editable=False,
        help_text=_("Begun before the platform, and taken over by both communes without a prior assessment on it."),
    )
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by", verbose_name=_("replaces")
    )
    execution_decided_on = models.DateField(
        _("decided to be executed on"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Since when both communes’ decision to execute it stands; empty once that lost its effect."),
    )
    carried_from = models.ForeignKey(
        ProgrammePhase,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="carried_on",
        verbose_name=_("carried over from"),
    )
    territories = models.ManyToManyField(
        Party, blank=True, related_name="projects_here", verbose_name=_("in the territory of")
    )
    no_third_partner_reason = models.CharField(
        _("why no third partner"),
        max_length=300,
        blank=True,
        help_text=_("For a project in which nobody but the two communes designs or delivers (clause F2.1)."),
    )
    convergence_asked = models.CharField(
        _("who was asked about other initiatives"),
        max_length=300,
        blank=True,
        help_text=_("Where none was found: which bodies were asked, by function (clause F4.1)."),
    )
    convergence_asked_on = models.DateField(_("asked on"), null=True, blank=True)
    documents = models.ManyToManyField(Document, blank=True, related_name="projects", verbose_name=_("documents"))
    search_ar = NormalisedField(sources=["code", "title_ar", "summary_ar"])
    search_fr = NormalisedField(sources=["code", "title_fr", "summary_fr"])
    search_nl = NormalisedField(sources=["code", "title_nl", "summary_nl"])

    objects: ClassVar[ProjectQuerySet] = ProjectQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        ordering = ["protocol", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["protocol", "code"],
                name="project_code_once",
                violation_error_message=_("This protocol already has a project with this code."),
            ),
            models.CheckConstraint(
                name="project_planned_end_after_start",
                condition=Q(planned_end__isnull=True)
                | Q(planned_start__isnull=True)
                | Q(planned_end__gte=F("planned_start")),
                violation_error_message=_(
                    "A project cannot end before it starts: the planned end is earlier than the planned start."
                ),
            ),
            models.CheckConstraint(
                name="project_actual_end_after_start",
                condition=Q(actual_end__isnull=True) | Q(actual_start__isnull=False, actual_end__gte=F("actual_start")),
                violation_error_message=_(
                    "A project cannot end before it starts: the actual end needs an earlier actual start."
                ),
            ),
            models.CheckConstraint(
                name="project_replaces_another",
                condition=Q(replaces__isnull=True) | ~Q(replaces=F("id")),
                violation_error_message=_("A project cannot replace itself."),
            ),
            models.CheckConstraint(name="project_state_known", condition=Q(state__in=ProjectState.values)),
            models.CheckConstraint(
                name="project_started_on_a_decision",
                condition=~Q(state__in=[ProjectState.DECIDED, *STARTED])
                | Q(taken_over=True)
                | Q(execution_decided_on__isnull=False),
                violation_error_message=_(
                    "No project starts without both communes’ decision to execute it, or to take it over (rule I5)."
                ),
            ),
            published_is_complete("project_published_complete", "title", "summary"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("project", args=[self.code])

    @property
    def public_place(self) -> str:
        """The place as the public reads it: of a sensitive one only the commune [I11]."""
        if not self.place_sensitive:
            return self.place or ""
        return str(self.lead.organisation) if self.lead else ""

    def communes_without_responsibility(self, organisations: Iterable[int] | None = None) -> list[Party]:
        """The parties of the project's protocol that have no responsibility in it, or declined every one [I7].

        `organisations` are the ids to judge by; None reads them from the database, a form passes what was typed.
        """
        standing = self.involvements.filter(declined_on__isnull=True).values_list("organisation_id", flat=True)
        involved = set(standing if organisations is None else organisations)
        parties = self.protocol.parties.select_related("organisation")
        return [party for party in parties if party.organisation_id not in involved]

    def publication_refusals(self) -> list[Refusal]:
        """Missing texts [I10], and a commune without a named responsibility [I7]."""
        refusals = super().publication_refusals()
        for party in self.communes_without_responsibility():
            refusals.append(
                Refusal(
                    _(
                        "%(commune)s has no responsibility in this project yet. Enter at least one under “Who does what”."
                    ),
                    code="I7",
                    params={"commune": str(party)},
                )
            )
        return refusals


class ProjectTarget(Recorded):
    """A target group of a project."""

    ROOT: ClassVar = "project"

    project = models.ForeignKey(Project, models.CASCADE, related_name="targets", verbose_name=_("project"))
    group = models.CharField(_("target group"), max_length=15, choices=TargetGroup)

    class Meta:
        verbose_name = _("target group")
        verbose_name_plural = _("target groups")
        ordering = ["project", "group"]
        constraints = [models.UniqueConstraint(fields=["project", "group"], name="project_target_once")]

    def __str__(self) -> str:
        return self.get_group_display()


class PolicyMarker(Recorded):
    """A policy marker of a project."""

    ROOT: ClassVar = "project"

    project = models.ForeignKey(Project, models.CASCADE, related_name="policy_markers", verbose_name=_("project"))
    marker = models.CharField(_("policy marker"), max_length=2, choices=Marker)
    significance = models.PositiveSmallIntegerField(_("significance"), choices=Significance)

    class Meta:
        verbose_name = _("policy marker")
        verbose_name_plural = _("policy markers")
        ordering = ["project", "marker"]
        constraints = [models.UniqueConstraint(fields=["project", "marker"], name="project_marker_once")]

    def __str__(self) -> str:
        return self.get_marker_display()


class Phase(models.TextChoices):
    """The phase of a project in which an organisation takes part (clause F2.1)."""

    DESIGN = "design", pgettext_lazy("phase", "Design")
    DELIVERY = "delivery", pgettext_lazy("phase", "Delivery")
    FOLLOW_UP = "follow_up", pgettext_lazy("phase", "Follow-up")


class AcceptedThrough(models.TextChoices):
    """By which way an organisation answered for its responsibility."""

    LINK = "link", pgettext_lazy("acceptance", "Personal link")
    PAPER = "paper", pgettext_lazy("acceptance", "On paper")
    STAFF = "staff", pgettext_lazy("acceptance", "On the staff pages")


class Capacity(models.TextChoices):
    """In which capacity an organisation takes part."""

    FUNDER = "funder", pgettext_lazy("capacity", "Funder")
    ACCOUNTABLE = "accountable", pgettext_lazy("capacity", "Accountable")
    IMPLEMENTER = "implementer", pgettext_lazy("capacity", "Implementer")
    CONTRIBUTOR = "contributor", pgettext_lazy("capacity", "Contributor")
    INFORMED = "informed", pgettext_lazy("capacity", "Informed")


class InvolvementQuerySet(CoveringQuerySet):
    """Responsibilities the public reads."""

    def published(self) -> Self:
        """Those of published projects whose text stands in every required language [I10]; none that was declined."""
        whole = self.filter(parity.complete("responsibility"), project__publishing_state="published")
        return whole.filter(declined_on__isnull=True).covered()

    def for_protocol(self, protocol: Protocol) -> Self:
        """Responsibilities in this protocol's projects."""
        return self.filter(project__protocol=protocol)

    def for_page(self) -> Self:
        """By project, with the organisation and the project's name."""
        return self.select_related("organisation", "project").order_by("project__code", "pk")


ANSWER = ("accepted_on", "accepted_through", "declined_on", "words", "words_language")
"""What an organisation's answer for its responsibility consists of."""


class Involvement(Hideable, Recorded):
    """Who does what: an organisation's responsibility in one phase of a project (clause S1.1)."""

    ROOT: ClassVar = "project"
    REQUIRED_TEXTS: ClassVar = ("responsibility",)
    PUBLIC_FIELDS: ClassVar = ("organisation", "phase", "capacity", "responsibility", "accepted_on")

    project = models.ForeignKey(Project, models.CASCADE, related_name="involvements", verbose_name=_("project"))
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="involvements", verbose_name=_("organisation")
    )
    phase = models.CharField(_("phase"), max_length=10, choices=Phase)
    capacity = models.CharField(_("capacity"), max_length=12, choices=Capacity)
    responsibility = models.CharField(_("responsibility"), max_length=300)
    accepted_on = models.DateField(_("accepted on"), null=True, blank=True)
    accepted_through = models.CharField(
        _("answered through"), max_length=5, choices=AcceptedThrough, blank=True, editable=False
    )
    declined_on = models.DateField(_("declined on"), null=True, blank=True, editable=False)
    words = models.TextField(_("words of the organisation"), blank=True, editable=False)
    words_language = models.CharField(_("language of these words"), max_length=8, blank=True, editable=False)

    objects: ClassVar[InvolvementQuerySet] = InvolvementQuerySet.as_manager()  # type: ignore[assignment]  # Django types it as a Manager

    class Meta:
        verbose_name = _("responsibility")
        verbose_name_plural = _("who does what")
        ordering = ["project", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "organisation", "phase", "capacity"],
                name="involvement_once",
                violation_error_message=_("This organisation already has this capacity in this phase."),
            ),
            models.CheckConstraint(
                name="involvement_accepted_or_declined",
                condition=Q(accepted_on__isnull=True) | Q(declined_on__isnull=True),
                violation_error_message=_("A responsibility is accepted or declined, not both."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} · {self.get_capacity_display()}"

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        """Whoever changes what an organisation answered for takes its answer back: it is asked again."""
        only = None if update_fields is None else set(update_fields)
        if self._changes_what_was_answered(only):
            self.accepted_on = self.declined_on = None
            self.accepted_through = self.words = self.words_language = ""
            only = None if only is None else only | set(ANSWER)
        super().save(*args, update_fields=only, **options)

    def _changes_what_was_answered(self, only: set[str] | None) -> bool:
        """Whether another organisation, phase, capacity or text is about to be written beside the old answer.

        A text that stood in no language yet, as a translation made later, changes nothing.
        """
        if self._state.adding:
            return False
        self.recall(only)
        before = self.remembered
        if not (before.get("accepted_on") or before.get("declined_on")):
            return False
        if any(before.get(name) != getattr(self, name) for name in ("accepted_on", "declined_on")):
            return False
        texts = [parity.column("responsibility", code) for code in settings.REQUIRED_LANGUAGES]
        asked = ("organisation_id", "phase", "capacity", *(name for name in texts if before.get(name)))
        written = [name for name in asked if only is None or {name, name.removesuffix("_id")} & only]
        return any(before.get(name) != getattr(self, name) for name in written)
