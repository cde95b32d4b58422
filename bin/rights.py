"""Writes docs/rights.md from the table of rights itself; `check` says whether it is up to date.

python -m bin.rights [check]
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bin.system import say, stop

if TYPE_CHECKING:
    from partnership.rights import Right, Subject

PAGE = Path(__file__).resolve().parent.parent / "docs" / "rights.md"
HEAD = """# Rights

Who may do what. Made from the table in `partnership/permissions.py` and the `permissions.py` of the other apps by `make rights`;
do not edit. The same table decides on every page, and the tests walk it.

How to read it:

- What someone may do follows from a **mandate** that is valid now: within its days, in effect, of a person whose account is
  open. Who holds several may do what each of them allows. A person's page in the staff pages says it in their words.
- The first five columns are mandates for one of the two communes. **Both communes have the same rights**: swap them and nothing
  else changes. Where a letter says “own”, each has it over its own records and not over the other's.
- A mandate for the programme body lets its holder read and comment, in whatever role: it supervises neither commune and does not
  vote. So does a mandate for a partner organisation.
- **What someone may not see does not exist for them**: its address answers 404, as an unknown one does, and it appears in no
  list, menu, suggestion, filter or search. What they may see and not change is refused with 403 when they try. Of several
  records chosen together, one that is refused refuses them all.
- **The platform's administrator** reads everything and looks after what all protocols of an installation share and where each is
  served. The administrator belongs to neither commune, and therefore neither edits what the programme says nor enters people,
  appoints, proposes, comments or signs. Where an administrator also holds a mandate, the mandate gives what it gives to anyone,
  save that it appoints nobody: two keys must not lie in one hand.
- A protocol that **has ended** is an archive: everyone reads what they read before, nobody writes.
- A part of a record (who does what in a project, its target groups, the points of a meeting) follows the record: who may change
  that may add, change and delete its parts.
- Text that an open or adopted decision contains is locked besides, whoever one is.
- Without a letter the right holds for all of these records.
"""
STATES = {
    frozenset({"draft", "in_force", "closing", "ended"}): "in any state",
    frozenset({"draft", "in_force", "closing"}): "until it has ended",
    frozenset({"draft"}): "only while a draft",
    frozenset({"in_force"}): "only while in force",
}


def written() -> str:
    """The whole page."""
    from django.utils.translation import override

    from partnership import rights

    with override(None):
        return "\n".join([HEAD, *(_section(subject, labels) for subject, labels in rights.subjects().items())])


def _section(subject: Subject, labels: Iterable[str]) -> str:
    from partnership import rights

    lines = [line for line in rights.table() if subject in line.on]
    notes = _Notes()
    rows = [_row(action, states, lines, notes) for action, states in _rows(lines)]
    heads = ["they may", *(str(who.label) for who in rights.Who), "while the protocol is"]
    table = [_cells(heads), _cells(["---"] * len(heads)), *rows]
    return "\n".join([f"## {subject.words}", "", _records(labels), "", *table, "", *notes.written()])


def _records(labels: Iterable[str]) -> str:
    """Which records these are, and their parts."""
    whole = _names(labels)
    parts = _names(_parts(set(labels)))
    return f"{whole}; with their parts: {parts}." if parts else f"{whole}."


def _names(labels: Iterable[str]) -> str:
    from django.apps import apps

    names = ", ".join(str(apps.get_model(label)._meta.verbose_name_plural) for label in labels)
    return names[:1].upper() + names[1:] if names else ""


def _parts(roots: set[str]) -> list[str]:
    """Models that hang under these and have no line of their own."""
    from django.apps import apps

    from partnership import rights

    covered = {label for labels in rights.subjects().values() for label in labels}
    models = (model._meta.label_lower for app in rights.OUR_APPS for model in apps.get_app_config(app).get_models())
    return [label for label in models if label not in covered and rights.root_label(label) in roots]


def _rows(lines: Iterable[Right]) -> list[tuple[Any, frozenset[Any]]]:
    """Each act with the states in which it is allowed, in the order of the acts."""
    from partnership import rights

    found = {(act, line.states): None for line in lines for act in line.actions}
    order = list(rights.ACTIONS)
    return sorted(found, key=lambda row: order.index(row[0]))


def _row(action: Any, states: frozenset[Any], lines: Iterable[Right], notes: _Notes) -> str:
    from partnership import rights

    granted = [line for line in lines if action in line.actions and line.states == states]
    cells = [", ".join(notes.mark(line) for line in granted if who in line.who) for who in rights.Who]
    return _cells([str(rights.ACTIONS[action]), *cells, STATES[frozenset(str(state) for state in states)]])


def _cells(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


class _Notes:
    """The conditions of a section, each with its letter."""

    def __init__(self) -> None:
        self.letters: dict[str, str] = {}

    def mark(self, line: Right) -> str:
        """What stands in a cell."""
        if not line.only:
            return "yes"
        words = ", ".join(str(condition.words) for condition in line.only)
        return f"yes ({self.letters.setdefault(words, 'abcdefgh'[len(self.letters)])})"

    def written(self) -> list[str]:
        """The conditions in words, below the table."""
        lines = [f"- ({letter}) {words}" for words, letter in self.letters.items()]
        return [*lines, ""] if lines else []


def main(arguments: list[str]) -> None:
    """Write the page, or stop when it is not what the table says."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    page = written()
    if arguments == ["check"]:
        if PAGE.read_text() != page:
            stop("docs/rights.md is not what the table of rights says. Run: make rights")
        return
    PAGE.write_text(page)
    say(f"{PAGE.name} written.")


if __name__ == "__main__":
    main(sys.argv[1:])
