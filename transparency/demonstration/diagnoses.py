"""The demonstration's prior assessments: what assessments/*.json tells, filled by both communes through the product's own acts.

A file is the diagnosis of one project, version after version. Its first version tells all 24 cells, a later one those that it
changes; a cell is told as "none" or with its effect, weight, reason and measures, and left out where it has no answer yet.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from partnership import history, parity
from partnership.decisions import Terms
from partnership.models import Membership, Organisation
from partnership.protocol_file import columns
from partnership.publishing import publish
from projects import assessing, diagnosing
from projects.assessing import Answer, Measure
from projects.diagnosing import OnPaper
from projects.models import AssessmentParticipant, Impact, Mitigation, PriorAssessment, Project
from transparency.demonstration.story import Entry, Story, Telling, texts

FOLDER = Path(__file__).parent / "assessments"
Versions = list[Entry]


def read() -> Mapping[str, Versions]:
    """Every diagnosis by its project's code."""
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.json"))}


def latest(story: Story, code: str) -> PriorAssessment:
    """The latest version of a project's diagnosis. Raises PriorAssessment.DoesNotExist where none was begun."""
    found: PriorAssessment = PriorAssessment.objects.filter(project=project_of(story, code)).latest("number")
    return found


def project_of(story: Story, code: str) -> Project:
    """A project by its code."""
    found: Project = story.protocol.projects.get(code=code)
    return found


def assess(telling: Telling, entry: Entry) -> None:
    """Both communes fill a version: the first one on paper and taken in as a whole, the next one as the decision to modify left it."""
    story, by = telling.story, telling.story.mandates[entry["by"]]
    project = project_of(story, entry["project"])
    told = telling.diagnoses[project.code][entry["version"] - 1]
    cells = {slug: _answer(story, cell) for slug, cell in told["cells"].items()}
    participants = [(story.organisations[each["organisation"]], each["function"]) for each in told["participants"]]
    head = texts(told, "context", "alternatives", "future_generations")
    if entry["version"] == 1:
        need = story.protocol.needs.get(code=told["need"])
        diagnosing.take_in(project, OnPaper(need, head, participants, cells), by=by)
    else:
        _change(latest(story, project.code), head, participants, cells, by=by)


def _change(
    assessment: PriorAssessment,
    head: Mapping[str, str],
    participants: Sequence[tuple[Organisation, Mapping[str, str]]],
    cells: Mapping[str, Answer],
    *,
    by: Membership,
) -> None:
    """What the next version says otherwise than the one before it, and who came to take part."""
    with history.acting(by.user):
        for name, text in head.items():
            setattr(assessment, name, text)
        assessment.save()
        for organisation, function in participants:
            AssessmentParticipant.objects.create(
                assessment=assessment, organisation=organisation, **columns("function", dict(function))
            )
    assessing.fill(assessment, cells, by=by)


def _answer(story: Story, cell: Entry | str) -> Answer:
    if isinstance(cell, str):
        return Answer(cell)
    return Answer(
        cell["effect"],
        cell["severity"],
        cell["likelihood"],
        cell["why"],
        [_measure(story, each) for each in cell.get("measures", ())],
    )


def _measure(story: Story, entry: Entry) -> Measure:
    return Measure(
        measure=entry["measure"],
        responsible=story.organisations[entry["responsible"]],
        due=story.day(entry["due"]),
        remains=entry["remains"],
    )


def view(telling: Telling, entry: Entry) -> None:
    """A commune agrees with cells of a diagnosis, or disputes them in its own words."""
    assessment = latest(telling.story, entry["project"])
    for slug in entry["cells"]:
        dimension, directness, horizon = slug.split("-")
        cell = Impact.objects.get(assessment=assessment, dimension=dimension, directness=directness, horizon=horizon)
        assessing.view(
            cell,
            entry["view"],
            by=telling.story.mandates[entry["by"]],
            comment=entry.get("comment", ""),
            language=entry.get("language", ""),
        )


def terms(told: Versions, assessment: PriorAssessment) -> Terms:
    """What is decided on a diagnosis, and why."""
    outcome = told[assessment.number - 1]["outcome"]
    return {
        "outcome": outcome["is"],
        "replaced_by": outcome.get("replaced_by", ""),
        **{parity.column("reason", language): text for language, text in outcome["reason"].items()},
    }


def follow_up(telling: Telling, entry: Entry) -> None:
    """Say of a diagnosis's measures what became of them; where the diagnosis is public, the public reads it at once."""
    story, by = telling.story, telling.story.mandates[entry["by"]]
    assessment = latest(story, entry["project"])
    told = telling.diagnoses[entry["project"]][assessment.number - 1]
    standing = Mitigation.objects.filter(impact__assessment=assessment)
    for cell in told["cells"].values():
        for each in () if isinstance(cell, str) else cell.get("measures", ()):
            if "follow_up" in each:
                measure = standing.get(**columns("measure", each["measure"]))
                _follow_up(story, measure, each, by)
    if assessment.is_published:
        publish(assessment, by=by.user)


def _follow_up(story: Story, measure: Mitigation, told: Entry, by: Membership) -> None:
    done_on: datetime.date | None = story.day_or_none(told.get("done_on"))
    assessing.follow_up(measure, by=by, done_on=done_on, texts=told["follow_up"])
