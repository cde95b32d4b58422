"""Whether a project takes up what other actors do: initiatives that overlap, and whether each was examined (clause F4.1; I5).

An initiative overlaps with a project where it is in one of the project's territories, in a sector of the same group, and at a
time in common. What is not known of sector or time excludes nothing: it is proposed, and a person says that it has nothing to do
with the project. The territory must be known: an initiative without one is not proposed.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from partnership import canonical, clock, drafting, editing, history, locks, parity
from partnership.models import User
from partnership.refusals import Refusal
from projects.models import Convergence, Initiative, Project, Relation
from projects.models.convergence import InitiativeQuerySet

RULE = "I5"
SECTOR_GROUP = 3
"""The first three of a purpose code's five digits are its group (OECD-DAC CRS purpose codes, IATI SectorCategory): 112 of 11230."""


def proposals(project: Project) -> InitiativeQuerySet:
    """Initiatives of others that overlap with the project in territory, sector and time, the same purpose code first.

    The territories are the project's own, else its lead's, else both communes'. Two queries, whatever the number of initiatives.
    """
    here = Initiative.territories.through.objects.filter(initiative=OuterRef("pk"), party__in=territories_of(project))
    same_purpose = models.Case(
        models.When(dac_sector=project.dac_sector or None, then=0), default=1, output_field=models.IntegerField()
    )
    found = Initiative.objects.filter(protocol=project.protocol_id).filter(Exists(here))
    found = found.filter(_in_sector(project.dac_sector), _in_time(*_time_of(project)))
    return found.order_by(same_purpose, "-starts_on", "pk")


def territories_of(project: Project) -> list[int]:
    """The keys of the communes in whose territory the project is."""
    own = [party.pk for party in project.territories.all()]
    if own or project.lead_id is None:
        return own or [party.pk for party in project.protocol.parties.all()]
    return [project.lead_id]


def unexamined(project: Project) -> InitiativeQuerySet:
    """Those overlapping for which nobody has said yet how the project relates to them."""
    examined = Convergence.objects.filter(project=project.pk, initiative=OuterRef("pk"))
    return proposals(project).filter(~Exists(examined))


def against(project: Project) -> list[Refusal]:
    """What keeps the decision on the project from opening: overlapping initiatives that were not examined, relations without
    a word of what was agreed; or none found and nobody named who was asked, and when. Five queries at most.
    """
    refusals = [*_not_examined(project), *_nothing_agreed(project)]
    none_found = not refusals and not project.convergences.exists()
    return refusals or (_nobody_asked(project) if none_found else [])


def _not_examined(project: Project) -> list[Refusal]:
    count = unexamined(project).order_by().count()
    if not count:
        return []
    sentence = ngettext_lazy(
        "%(count)d initiative of another actor overlaps with this project and was not examined. Under “Convergence”, say how "
        "the project relates to it and what was agreed (clause F4.1).",
        "%(count)d initiatives of other actors overlap with this project and were not examined. Under “Convergence”, say how "
        "the project relates to each and what was agreed (clause F4.1).",
        count,
    )
    return [Refusal(sentence, code=RULE, params={"count": count})]


def _nothing_agreed(project: Project) -> list[Refusal]:
    wordless = project.convergences.exclude(relation=Relation.UNRELATED).filter(~parity.complete("agreed"))
    count = wordless.count()
    if not count:
        return []
    sentence = ngettext_lazy(
        "Of %(count)d initiative it is not said in three languages what was agreed with its actor. Complete it under "
        "“Convergence” (clause F4.1).",
        "Of %(count)d initiatives it is not said in three languages what was agreed with their actors. Complete them under "
        "“Convergence” (clause F4.1).",
        count,
    )
    return [Refusal(sentence, code=RULE, params={"count": count})]


def _nobody_asked(project: Project) -> list[Refusal]:
    """None was found: then it is said who was asked, in three languages, and on which day."""
    on = project.convergence_asked_on
    if not all(map(parity.has_text, asked_of(project).values())) or on is None:
        sentence = _(
            "No initiative of another actor was found. Under “Convergence”, name in three languages who was asked about "
            "others, and on which day (clause F4.1)."
        )
        return [Refusal(sentence, code=RULE)]
    if on > clock.today(project.protocol):
        sentence = _("The day on which others were asked about initiatives lies ahead. Enter it once they were asked.")
        return [Refusal(sentence, code=RULE)]
    return []


# What overlaps --------------------------------------------------------------------------------------------------------


def _in_sector(code: str) -> Q:
    """The same purpose or one of its group, and those of which no sector is known; without a sector of the project, all."""
    group = code[:SECTOR_GROUP]
    if len(group) < SECTOR_GROUP:
        return Q()
    return Q(dac_sector="") | Q(dac_sector__range=(f"{group}00", f"{group}99"))


def _time_of(project: Project) -> tuple[datetime.date | None, datetime.date | None]:
    """From the day it began or is to begin to the day it ended or is to end."""
    return (project.actual_start or project.planned_start, project.actual_end or project.planned_end)


def _in_time(start: datetime.date | None, end: datetime.date | None) -> Q:
    """At least one day in common; an open end reaches on."""
    common = Q()
    if end is not None:
        common &= Q(starts_on__isnull=True) | Q(starts_on__lte=end)
    if start is not None:
        common &= Q(ends_on__isnull=True) | Q(ends_on__gte=start)
    return common


# Saying how it relates ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What a person says about one initiative: the relation, what was agreed by language, and the sign of what they saw."""

    initiative: int
    relation: str
    agreed: Mapping[str, str]
    seen: str = ""


@dataclass(frozen=True)
class Asked:
    """Who was asked about others, by language, and on which day; with the sign of what the person saw."""

    whom: Mapping[str, str]
    on: datetime.date | None
    seen: str = ""


def sign_of(first: object, texts: Mapping[str, str]) -> str:
    """A short sign of what stands, by which a form says what its person saw."""
    return canonical.digest(canonical.text([str(first or ""), dict(texts)]))[:16]


def agreed_of(relation: Convergence | None) -> dict[str, str]:
    """What staff read as agreed, by language: later texts included."""
    return _texts_of(relation, "agreed")


def asked_of(project: Project) -> dict[str, str]:
    """Whom staff read as asked about others, by language: later texts included."""
    return _texts_of(project, "convergence_asked")


def _texts_of(record: Convergence | Project | None, field: str) -> dict[str, str]:
    codes = settings.REQUIRED_LANGUAGES
    return {code: drafting.text_of(record, parity.column(field, code)) if record is not None else "" for code in codes}


def examine(
    project: Project, answers: Iterable[Answer], asked: Asked | None = None, *, by: User
) -> dict[int | None, ValidationError]:
    """Save how the project relates to each initiative, and who was asked: everything or nothing, under the project's lock.

    Returns what stands against it by the initiative's key, None for whoever was asked; empty where all was saved. What somebody
    else wrote since the person looked is not overwritten: the refusal tells it (code "version").
    """
    against: dict[int | None, ValidationError] = {}
    with transaction.atomic(), history.acting(by), history.one_version():
        editing.lock(history.root_of(project))
        standing = {row.initiative_id: row for row in project.convergences.all()}
        drafting.lay_over(standing.values())
        for answer in answers:
            with _noting(against, answer.initiative):
                _relate(project, answer, standing.get(answer.initiative), by)
        if asked is not None:
            with _noting(against, None):
                _note_asked(project, asked, by)
        if against:
            transaction.set_rollback(True)
    return against


@contextmanager
def _noting(against: dict[int | None, ValidationError], key: int | None) -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except ValidationError as refusal:
        against[key] = refusal


def _relate(project: Project, answer: Answer, row: Convergence | None, by: User) -> None:
    before = agreed_of(row)
    relation = row.relation if row is not None else ""
    if (answer.relation, dict(answer.agreed)) == (relation, before):
        return
    if answer.seen != sign_of(relation, before):
        raise _changed_since(
            " ".join([str(Relation(relation).label) if relation else "–", *filter(None, before.values())])
        )
    if not answer.relation:
        raise Refusal(_("Say how the project relates to it (clause F4.1)."), code="relation")
    if row is None:
        row = Convergence(project=project, initiative=_initiative(project, answer.initiative))
    row.relation = answer.relation
    row.save()
    locks.check(row)
    drafting.write(row, {parity.column("agreed", code): text for code, text in answer.agreed.items()}, by=by)


def _initiative(project: Project, key: int) -> Initiative:
    found: Initiative | None = Initiative.objects.filter(protocol=project.protocol_id, pk=key).first()
    if found is None:
        raise Refusal(_("This initiative is not here any more."), code="relation")
    return found


def _note_asked(project: Project, asked: Asked, by: User) -> None:
    fresh = Project.objects.get(pk=project.pk)
    before = asked_of(fresh)
    if (asked.on, dict(asked.whom)) == (fresh.convergence_asked_on, before):
        return
    if asked.seen != sign_of(fresh.convergence_asked_on, before):
        raise _changed_since(" ".join(filter(None, before.values())))
    if asked.on is not None and asked.on > clock.today(fresh.protocol):
        raise Refusal(_("This day lies ahead. Enter it once they were asked."), code="on")
    fresh.convergence_asked_on = asked.on
    fresh.save()
    drafting.write(fresh, {parity.column("convergence_asked", code): text for code, text in asked.whom.items()}, by=by)


def _changed_since(now: str) -> Refusal:
    return Refusal(
        _(
            "Somebody wrote this since you opened the page; it now says: “%(now)s”. Save again to put yours in its place."
        ),
        code="version",
        params={"now": now.strip() or "–"},
    )
