"""The act's clauses as a page reads them: chapters and articles with their paragraphs and items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from partnership.models import Clause, ClauseKind
from partnership.models.protocol import ProtocolElement


@dataclass(frozen=True)
class Line:
    """A clause below a heading; what the act enumerates there also bears its filter's name and value in the project list."""

    clause: Clause
    filter_name: str = ""
    filter_value: str = ""


@dataclass(frozen=True)
class Article:
    """A heading of the act and the clauses up to the next; `depth` is 1 for a chapter, 2 within one.

    A paragraph that belongs to no chapter, as the act's last one, stands alone without a heading.
    """

    heading: Clause | None
    depth: int
    lines: list[Line] = field(default_factory=list)


def articles(clauses: Iterable[Clause], elements: Mapping[str, Sequence[ProtocolElement]]) -> list[Article]:
    """The clauses in the act's order, under their headings; the title stands on the page's head and is left out here."""
    served = {one.clause_id: (name, one.code) for name, its in elements.items() for one in its}
    found: list[Article] = []
    for clause in clauses:
        if clause.kind == ClauseKind.TITLE:
            continue
        if clause.kind == ClauseKind.HEADING:
            found.append(Article(clause, 2 if clause.parent_id else 1))
        elif clause.parent_id is None or not found:
            found.append(Article(None, 1, [Line(clause, *served.get(clause.pk, ("", "")))]))
        else:
            found[-1].lines.append(Line(clause, *served.get(clause.pk, ("", ""))))
    return found
