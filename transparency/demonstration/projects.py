"""The demonstration's projects with everything that hangs on them."""

from __future__ import annotations

from typing import Any

from evaluation.models import Indicator, Measurement
from partnership.protocol_file import columns
from projects.models import Activity, BudgetLine, Involvement, PolicyMarker, Project, ProjectTarget, Transaction
from transparency.demonstration.story import Entry, Story, decimals, plain


def texts(entry: Entry, *fields: str) -> dict[str, str]:
    """The columns of these translated fields; a field without text has none."""
    return {name: text for field in fields for name, text in columns(field, entry.get(field)).items()}


def write_project(story: Story, entry: Entry) -> Project:
    """One project of data.json, not yet published. A project it replaces must already be there."""
    project: Project = Project.objects.create(
        protocol=story.protocol,
        plan=story.plan,
        phase=story.phase,
        lead=story.party(entry["lead"]),
        replaces=story.protocol.projects.get(code=entry["replaces"]) if entry["replaces"] else None,
        **plain(entry, "code", "state", "competence", "dac_sector", "place_sensitive", "people_expected"),
        **texts(entry, "title", "summary", "description", "pac_line", "no_pac_reason", "legal_basis", "place"),
        **story.days(entry, "planned_start", "planned_end", "actual_start", "actual_end"),
    )
    _link(story, project, entry)
    for each in entry["involvements"]:
        _involvement(story, project, each)
    for each in entry["activities"]:
        _activity(story, project, each)
    for each in entry["budget_lines"]:
        _budget_line(story, project, each)
    for each in entry["indicators"]:
        _indicator(story, project, each)
    return project


def _link(story: Story, project: Project, entry: Entry) -> None:
    protocol = story.protocol
    project.domains.set(protocol.domains.filter(code__in=entry["domains"]))
    project.objectives.set(protocol.objectives.filter(code__in=entry["objectives"]))
    project.principles.set(protocol.principles.filter(code__in=entry["principles"]))
    project.goals.set(story.goals[code] for code in entry["goals"])
    for group in entry["target_groups"]:
        ProjectTarget.objects.create(project=project, group=group)
    for marker, significance in entry["markers"].items():
        PolicyMarker.objects.create(project=project, marker=marker, significance=significance)


def _involvement(story: Story, project: Project, entry: Entry) -> None:
    Involvement.objects.create(
        project=project,
        organisation=story.organisations[entry["organisation"]],
        **plain(entry, "phase", "capacity"),
        **texts(entry, "responsibility"),
        **story.days(entry, "accepted_on"),
    )


def _activity(story: Story, project: Project, entry: Entry) -> None:
    Activity.objects.create(
        project=project,
        from_party=story.party(entry.get("from_party")),
        **plain(entry, "kind", "state", "women", "men", "days"),
        **texts(entry, "title", "place", "happened", "audience", "trainers", "able_to", "put_to_use"),
        **decimals(entry, "hours", "score_before", "score_after"),
        **story.days(entry, "planned_start", "planned_end", "actual_start", "actual_end"),
    )


def _budget_line(story: Story, project: Project, entry: Entry) -> None:
    line = BudgetLine.objects.create(
        project=project,
        year=story.shift.year(entry["year"]),
        funder=story.organisations[entry["funder"]],
        **plain(entry, "category", "currency", "in_kind", "confirmed"),
        **texts(entry, "label"),
        **decimals(entry, "planned", "hours"),
    )
    for each in entry["transactions"]:
        Transaction.objects.create(
            line=line,
            voucher=story.shift.code(each["voucher"]),
            payer=story.organisations[each["payer"]],
            payee=story.organisation(each["payee"]),
            **plain(each, "kind", "currency"),
            **texts(each, "description"),
            **decimals(each, "amount"),
            **story.days(each, "on"),
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
    for each in entry["measurements"]:
        checks: dict[str, Any] = {"by": story.party(each["by"]), "checked_by": story.party(each["checked_by"])}
        Measurement.objects.create(
            indicator=indicator,
            **checks,
            **texts(each, "statement"),
            **decimals(each, "value"),
            **story.days(each, "on", "checked_on"),
        )
