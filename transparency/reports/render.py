"""A snapshot as a report's HTML, for one reader in one language.

Reads nothing but the snapshot, so the same snapshot gives the same HTML [I13]. The reader decides language, order of the communes
and order of the currencies, never what is said [I16].
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import pgettext

from partnership import decisions
from partnership.equality import Reader, currencies, positions
from partnership.languages import direction
from partnership.models import Position
from transparency.models import Cadence
from transparency.presentation.register import outcome_of, word_of
from transparency.reports import charts, qr, story
from transparency.reports.reading import Data, Foreign, localised

WIDE, HALF, NARROW, SMALL = 170, 82, 46, 21  # widths of the pictures, mm
CODE = 42  # side of the code, mm
SMALL_BAR = 3.4  # height of a bar of that width
DIGEST_SHOWN = 12  # digits of the snapshot's digest in the footer
# WeasyPrint counts a space at the end of a text when it asks whether the last line fits, and where the line just does not fit with
# it, leaves the line's first word alone and begins another. So none is left at the end of a paragraph, and what reads from left to
# right stands in no element of its own where everything else does too.
SPACE_AT_THE_END = re.compile(r"\s+(?=(?:</(?:a|b|bdi|span)>\s*)*</(?:p|li|td|th|h[1-3])>)")
NEEDLESS_ISOLATE = re.compile(r'<bdi dir="ltr">([^<]*)</bdi>')


def html(data: Data, *, reader: Reader, digest: str, address: str = "", provisional: bool = False) -> str:
    """The report as a whole HTML document. `data` is a snapshot's (snapshot.read), `digest` that of its text.

    `address` is that of the report's own page, printed with its code; empty for none. `provisional` marks every page as not released.
    """
    with translation.override(reader.language):
        report = localised(data, reader.language)
        context = _frame(report, reader, digest, provisional) | _content(report, reader) | _proof(report, address)
        page = SPACE_AT_THE_END.sub("", render_to_string("reports/report.html", context))
    return page if context["direction"] == "rtl" else NEEDLESS_ISOLATE.sub(r"\1", page)


def _frame(report: Data, reader: Reader, digest: str, provisional: bool) -> Data:
    """What stands around the content: for whom, in which order, which snapshot."""
    parties = _ordered_parties(report["parties"], reader)
    first, second = currencies(reader, [party["currency"] for party in _in_the_acts_order(report["parties"])])
    return {
        "report": report,
        "language": reader.language,
        "direction": direction(reader.language),
        "name": report_name(report["period"]["cadence"]),
        "council": next((one for one in parties if one["position"] == reader.council_position), None),
        "for_programme_body": reader.programme_body,
        "parties": parties,
        "party_at": {party["position"]: party for party in parties},
        "first": first,
        "second": second,
        "currencies": (first, second),
        "digest": digest,
        "digest_start": digest[:DIGEST_SHOWN],
        "provisional": provisional,
    }


def _proof(report: Data, address: str) -> Data:
    """With what a reader checks the report. A snapshot of before the register froze no end of it."""
    return {"chain": report.get("register"), "address": address, "code": qr.code(address, CODE) if address else None}


def _content(report: Data, reader: Reader) -> Data:
    """What the sections lay out: the story of the one-minute page, pictures, rows joined with what they name."""
    parties = _ordered_parties(report["parties"], reader)
    projects = _projects(report, parties)
    return {
        "story": story.tell(report),
        "under_way": sum(row["projects"] for row in report["states"] if row["state"] == "under_way"),
        "projects": projects,
        "groups": _by_domain(report["domains"], projects),
        "objectives": [
            row | {"picture": charts.strip(row["progress"], row["mean"], NARROW)} for row in report["objectives"]
        ],
        "domains": _domains(report["domains"]),
        "several_domains": any(len(project["domains"]) > 1 for project in report["projects"]),
        "decisions": _decisions(report["decisions"], parties) if "decisions" in report else None,
        "activities": _activities(projects),
        "contributions": _contributions(report["contributions"], parties),
        "with_lines": [project for project in projects if project["lines"]],
        "with_indicators": [project for project in projects if project["indicators"]],
        "unconfirmed": any(not line["confirmed"] for project in projects for line in project["lines"]),
        "dot": charts.dot(),
        "lattice": charts.lattice(*(party["shape"] for party in parties)) if len(parties) == 2 else None,
        "whole_bar": charts.money(report["totals"], charts.one_currency(report["totals"]["planned"]), WIDE),
        "marks": {kind: charts.money_mark(kind) for kind in ("planned", "committed", "spent")},
        "state_bar": charts.states(report["states"], WIDE),
        "state_legend": [row | {"picture": charts.state_mark(row["state"])} for row in report["states"]],
    }


def report_name(cadence: str) -> str:
    """What a report of this cadence is called, in the active language."""
    return {
        Cadence.QUARTER.value: pgettext("report", "Quarterly report"),
        Cadence.HALF_YEAR.value: pgettext("report", "Half-yearly report"),
        Cadence.YEAR.value: pgettext("report", "Yearly report"),
    }[cadence]


def _in_the_acts_order(parties: Iterable[Data]) -> list[Data]:
    return sorted(parties, key=lambda party: party["position"])


def _ordered_parties(parties: Sequence[Data], reader: Reader) -> list[Data]:
    """The two communes in the reader's order."""
    in_order = _in_the_acts_order(parties)
    order = positions(reader, [party["languages"] for party in in_order])
    return sorted(in_order, key=lambda party: order.index(party["position"]))


def _projects(report: Data, parties: Sequence[Data]) -> list[Data]:
    """Each project with the names of its domains, its pictures, and who does what."""
    names = {row["code"]: row["name"] for row in report["domains"]}
    scale = max(
        (charts.one_currency(project["money"]["planned"]) for project in report["projects"]), default=Decimal(0)
    )
    return [
        project
        | {
            "domain_names": [names.get(code, code) for code in project["domains"]],
            "picture": charts.money(project["money"], scale, HALF),
            "indicators": [_indicator(one, parties) for one in project["indicators"]],
            "roles": _roles(project["involvements"], parties),
        }
        | _mean(project["indicators"])
        for project in report["projects"]
    ]


def _mean(indicators: Iterable[Data]) -> Data:
    """The mean progress of a project's measured indicators (0 to 1) and its small picture; None where none was measured."""
    known = [one["progress"] for one in indicators if one["progress"] is not None]
    mean = sum(known, Decimal(0)) / len(known) if known else None
    return {"mean": mean, "mean_picture": charts.bullet(mean, SMALL)}


def _indicator(indicator: Data, parties: Iterable[Data]) -> Data:
    """The indicator with its bullet (one in words has no bar) and who measured and checked its latest value."""
    drawn = indicator["baseline"]["value"] is not None and indicator["target"]["value"] is not None
    names = {party["position"]: party["short_name"] for party in parties}
    latest = indicator["latest"] or {"by": None, "checked_by": None}
    return indicator | {
        "picture": charts.bullet(indicator["progress"], HALF) if drawn else None,
        "measured_by": names.get(latest["by"], "–"),
        "checked_by": names.get(latest["checked_by"], "–"),
    }


def _roles(involvements: Iterable[Data], parties: Sequence[Data]) -> list[Data]:
    """One row for each organisation with all it does: the communes first, in the reader's order, then the others as entered."""
    rows: dict[Any, Data] = {}
    for one in involvements:
        key = one["position"] or one["organisation"]
        row = rows.setdefault(key, {"name": one["organisation"], "position": one["position"], "tasks": []})
        row["tasks"].append(one)
    order = [party["position"] for party in parties]
    return sorted(
        rows.values(), key=lambda row: order.index(row["position"]) if row["position"] in order else len(order)
    )


def _by_domain(domains: Iterable[Data], projects: Sequence[Data]) -> list[Data]:
    """The projects under their first domain, in the act's order of domains; those without one last."""
    groups = [
        {"name": row["name"], "projects": [one for one in projects if one["domains"][:1] == [row["code"]]]}
        for row in domains
    ]
    groups.append({"name": "", "projects": [one for one in projects if not one["domains"]]})
    return [group for group in groups if group["projects"]]


def _domains(rows: Sequence[Data]) -> list[Data]:
    scale = max((charts.one_currency(row["money"]["planned"]) for row in rows), default=Decimal(0))
    return [row | {"picture": charts.money(row["money"], scale, SMALL, SMALL_BAR)} for row in rows]


def _activities(projects: Iterable[Data]) -> list[Data]:
    """The activities of the period over all projects, by day; those that were not held stand where they were planned."""
    rows = [activity | {"project": project["code"]} for project in projects for activity in project["activities"]]
    return sorted(rows, key=lambda row: (row["start"], row["project"]))


def _decisions(rows: Iterable[Data], parties: Sequence[Data]) -> list[Data]:
    """Each decision with its outcome in words, what each commune answered, in the reader's order, and their words in full."""
    return [_decision(row, parties) for row in rows]


def _decision(row: Data, parties: Sequence[Data]) -> Data:
    reserved = any(one["answer"] == Position.RESERVE for one in row["answers"])
    sides = [(party, [one for one in row["answers"] if one["position"] == party["position"]]) for party in parties]
    return row | {
        "kind_label": decisions.label_of(row["kind"]),
        "outcome": outcome_of(row["state"], reserved=reserved, since=row["since"]),
        "sides": [[one | {"word": word_of(one["answer"])} for one in given] for _party, given in sides],
        "quotes": _quotes(row, sides),
    }


def _quotes(row: Data, sides: Iterable[tuple[Data, list[Data]]]) -> list[Data]:
    """What was said in a decision, as it was written: the reservations and refusals of both, then why it ended."""
    said = [(party["short_name"], one["answer"], one["words"]) for party, given in sides for one in given]
    said.append(("", "", row["words"]))
    return [
        {
            "party": name,
            "answer": answer,
            "text": Foreign(words["text"], words["language"]),
            "direction": direction(words["language"]),
            "language": words["language"],
        }
        for name, answer, words in said
        if words
    ]


def _contributions(rows: Sequence[Data], parties: Sequence[Data]) -> list[Data]:
    """What each commune gave, in the reader's order, both drawn on one scale."""
    by_position = {row["position"]: row for row in rows}
    return [by_position[party["position"]] | {"party": party} for party in parties if party["position"] in by_position]
