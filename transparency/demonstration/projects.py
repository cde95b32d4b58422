"""The demonstration's projects with everything that hangs on them."""

from __future__ import annotations

from typing import Any

from evaluation.models import Indicator, Measurement
from partnership import history
from projects.models import (
    AcceptedThrough,
    Activity,
    BudgetLine,
    Involvement,
    ParticipantCount,
    PolicyMarker,
    Project,
    ProjectTarget,
    TrainingQuestion,
    Transaction,
)
from transparency.demonstration.story import Entry, Story, decimals, plain, texts


def write_project(story: Story, entry: Entry) -> Project:
    """One project of data.json as it was proposed, with what was done and paid before the platform; acts lead it on from there."""
    project: Project = Project.objects.create(
        protocol=story.protocol,
        plan=story.plan,
        phase=story.phase,
        lead=story.party(entry["lead"]),
        **plain(entry, "code", "competence", "dac_sector", "place_sensitive", "people_expected"),
        **texts(entry, "title", "summary", "description", "pac_line", "no_pac_reason", "legal_basis", "place"),
        **story.days(entry, "planned_start", "planned_end", "actual_start"),
    )
    _link(story, project, entry)
    history.create_together([_involvement(story, project, each) for each in entry["involvements"]])
    _activities(story, project, entry["activities"])
    _budget(story, project, entry["budget_lines"])
    for each in entry["indicators"]:
        _indicator(story, project, each)
    return project


def _link(story: Story, project: Project, entry: Entry) -> None:
    protocol = story.protocol
    project.territories.set(story.parties[key] for key in entry["territories"])
    project.domains.set(protocol.domains.filter(code__in=entry["domains"]))
    project.objectives.set(protocol.objectives.filter(code__in=entry["objectives"]))
    project.principles.set(protocol.principles.filter(code__in=entry["principles"]))
    project.goals.set(story.goals[code] for code in entry["goals"])
    history.create_together([ProjectTarget(project=project, group=group) for group in entry["target_groups"]])
    markers = entry["markers"].items()
    history.create_together([PolicyMarker(project=project, marker=one, significance=how) for one, how in markers])


def _involvement(story: Story, project: Project, entry: Entry) -> Involvement:
    """One that was accepted before the platform stood was accepted on paper."""
    return Involvement(
        project=project,
        organisation=story.organisations[entry["organisation"]],
        accepted_through=AcceptedThrough.PAPER if entry["accepted_on"] else "",
        **plain(entry, "phase", "capacity"),
        **texts(entry, "responsibility"),
        **story.days(entry, "accepted_on"),
    )


def _activities(story: Story, project: Project, entries: list[Entry]) -> None:
    """What is planned and was done, with who took part by age, what was asked before and after, and whom a training prepares."""
    activities = [_activity(story, project, entry) for entry in entries]
    history.create_together(activities)
    for activity, entry in zip(activities, entries, strict=True):
        counts = [
            ParticipantCount(activity=activity, **plain(each, "band", "women", "men"))
            for each in entry.get("counts", ())
        ]
        history.create_together(counts)
        history.create_together(
            [_question(activity, order, each) for order, each in enumerate(entry.get("questions", ()), 1)]
        )
        for each in entry.get("prepares", ()):
            theirs = project.involvements.filter(organisation=story.organisations[each["organisation"]])
            activity.prepares.add(theirs.get(**plain(each, "phase", "capacity")))


def _activity(story: Story, project: Project, entry: Entry) -> Activity:
    words = ("title", "place", "happened", "audience", "trainers", "able_to", "put_to_use", "postponed_reason")
    return Activity(
        project=project,
        from_party=story.party(entry.get("from_party")),
        **plain(entry, "kind", "state", "women", "men", "days", "is_milestone"),
        **texts(entry, *words),
        **decimals(entry, "hours", "score_before", "score_after"),
        **story.days(entry, "planned_start", "planned_end", "actual_start", "actual_end"),
    )


def _question(activity: Activity, order: int, entry: Entry) -> TrainingQuestion:
    asked: dict[str, Any] = {**texts(entry, "question"), **decimals(entry, "before", "after")}
    return TrainingQuestion(activity=activity, order=order, **asked)


def _budget(story: Story, project: Project, entries: list[Entry]) -> None:
    """The lines with what moved on them before the platform."""
    lines = [_budget_line(story, project, entry) for entry in entries]
    history.create_together(lines)
    moved = zip(lines, entries, strict=True)
    history.create_together([_movement(story, line, each) for line, entry in moved for each in entry["transactions"]])


def _budget_line(story: Story, project: Project, entry: Entry) -> BudgetLine:
    return BudgetLine(
        project=project,
        year=story.shift.year(entry["year"]),
        funder=story.organisations[entry["funder"]],
        **plain(entry, "category", "currency", "in_kind", "confirmed"),
        **texts(entry, "label"),
        **decimals(entry, "planned", "hours"),
    )


def _movement(story: Story, line: BudgetLine, entry: Entry) -> Transaction:
    return Transaction(
        line=line,
        voucher=story.shift.code(entry["voucher"]),
        payer=story.organisations[entry["payer"]],
        payee=story.organisation(entry["payee"]),
        **plain(entry, "kind", "currency"),
        **texts(entry, "description"),
        **decimals(entry, "amount"),
        **story.days(entry, "on"),
    )


def _indicator(story: Story, project: Project, entry: Entry) -> None:
    words = ("title", "unit", "baseline_statement", "target_statement", "disaggregation", "source", "method")
    indicator = Indicator.objects.create(
        protocol=story.protocol,
        project=project,
        **plain(entry, "level", "measure", "ascending", "counts_people"),
        **texts(entry, *words),
        **decimals(entry, "baseline_value", "target_value"),
        **story.days(entry, "baseline_on", "target_on"),
    )
    history.create_together([_measurement(story, indicator, each) for each in entry["measurements"]])


def _measurement(story: Story, indicator: Indicator, entry: Entry) -> Measurement:
    checks: dict[str, Any] = {"by": story.party(entry["by"]), "checked_by": story.party(entry["checked_by"])}
    return Measurement(
        indicator=indicator,
        **checks,
        **texts(entry, "statement"),
        **decimals(entry, "value"),
        **story.days(entry, "on", "checked_on"),
    )
