"""How the demonstration's projects were carried out: needs recorded, others' initiatives examined, responsibilities answered for, projects
suspended, completed and closed, a budget amended; each through the product's own act."""

from __future__ import annotations

from decimal import Decimal

from partnership.models import Membership
from partnership.protocol_file import columns
from partnership.refusals import Refusals
from projects import accepting, converging, lifecycle, recording, spending
from projects.models import Involvement
from transparency.demonstration.diagnoses import project_of
from transparency.demonstration.story import Entry, Telling


def record(telling: Telling, entry: Entry) -> None:
    """A commune records every need that was voiced, some with a word of its own."""
    by = telling.story.mandates[entry["by"]]
    for need in telling.story.protocol.needs.order_by("pk"):
        remark = entry["remarks"].get(need.code, {})
        recording.record(need, by=by, remark=remark.get("text", ""), language=remark.get("language", ""))


def examine(telling: Telling, entry: Entry) -> None:
    """How a project relates to what others do in its territory; where nothing was found, who was asked."""
    story = telling.story
    answers = [
        converging.Answer(
            story.initiatives[each["initiative"]].pk,
            each["relation"],
            each["agreed"],
            seen=converging.sign_of("", converging.agreed_of(None)),
        )
        for each in entry.get("relations", ())
    ]
    project = project_of(story, entry["project"])
    asked = None
    if "asked" in entry:
        seen = converging.sign_of(None, converging.asked_of(project))
        asked = converging.Asked(entry["asked"], story.day(entry["asked_on"]), seen=seen)
    against = converging.examine(project, answers, asked, by=story.mandates[entry["by"]].user)
    for refusal in against.values():
        raise refusal


def accept(telling: Telling, entry: Entry) -> None:
    """An organisation answers for its responsibility: a commune on its own pages, another on paper or by its personal link."""
    story = telling.story
    involvement = Involvement.objects.get(
        project=project_of(story, entry["project"]),
        organisation=story.organisations[entry["organisation"]],
        phase=entry["phase"],
        capacity=entry["capacity"],
    )
    ANSWERS[entry["through"]](telling, entry, involvement, story.mandates[entry["by"]])


def _here(telling: Telling, entry: Entry, involvement: Involvement, by: Membership) -> None:
    answer = accepting.Answer(accepted=True)
    accepting.answer_here(involvement, answer, by=by, seen=accepting.digest_of(involvement))


def _on_paper(telling: Telling, entry: Entry, involvement: Involvement, by: Membership) -> None:
    accepting.accept_on_paper(involvement, on=telling.story.day(entry["on"]), by=by)


def _by_link(telling: Telling, entry: Entry, involvement: Involvement, by: Membership) -> None:
    """The link was handed over, not mailed; the organisation said a word with it."""
    issued = accepting.ask(involvement, by=by.user)
    answer = accepting.Answer(accepted=True, words=entry["words"], language=entry["language"])
    accepting.answer(issued.link, answer, seen=accepting.digest_of(involvement))


ANSWERS = {"staff": _here, "paper": _on_paper, "link": _by_link}


def suspend(telling: Telling, entry: Entry) -> None:
    """A commune stops a project at once, on a ground that everybody reads."""
    lifecycle.suspend(
        project_of(telling.story, entry["project"]),
        by=telling.story.mandates[entry["by"]],
        ground=entry["ground"],
        language=entry["language"],
    )


def complete(telling: Telling, entry: Entry) -> None:
    """A project's activities are over."""
    story = telling.story
    project, by = project_of(story, entry["project"]), story.mandates[entry["by"]]
    lifecycle.complete(project, by=by, on=story.day(entry["ended_on"]))


def close(telling: Telling, entry: Entry) -> None:
    """Nothing is left to follow up."""
    lifecycle.close(project_of(telling.story, entry["project"]), by=telling.story.mandates[entry["by"]])


def amend(telling: Telling, entry: Entry) -> None:
    """A line of a decided budget says another amount, with the reason; the first one stays beside it."""
    lines = project_of(telling.story, entry["project"]).budget_lines.order_by("pk")
    line, planned = lines[entry["line"] - 1], Decimal(entry["planned"])
    refusal = spending.against_amending(line, planned=planned, currency=line.currency, has_reason=True)
    if refusal is not None:
        raise Refusals([refusal])
    line.planned = planned
    for name, text in columns("amended_reason", entry["reason"]).items():
        setattr(line, name, text)
    line.save()
