"""When money may move on a project, what is asked before it does, and what an amended budget keeps [I5].

Forms, spreadsheets and acts ask the same functions here, for one movement or for thousands with the same few queries.
Whoever saves a movement calls `check` in the same transaction: it locks the project first, so that no suspension or annulment
comes in between. Order of locks: the project, then what hangs under it.
"""

from __future__ import annotations

import bisect
import datetime
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partnership import drafting, editing, formats, history, languages, parity
from partnership.history import Root
from partnership.models import Decision, DecisionState, Protocol, PublishingState
from partnership.refusals import Refusal, Refusals
from projects.models import (
    BudgetLine,
    ExchangeRate,
    Outcome,
    PriorAssessment,
    Project,
    ProjectState,
    Suspension,
    Transaction,
    TransactionKind,
)
from projects.money import ZERO, convert

EXECUTION, SUSPENDED, RATE, AMENDED, OVERSPENT = "I5", "I2", "rate", "amended", "overspent"
"""The rules of this module, by the code of their refusal."""
TAKE_OVER = "take_over_project"
MEANS = ("line_id", "kind", "on", "amount", "currency")
"""What a movement says about money; a change of anything else asks no rule again."""

Day = datetime.date


# From when money may move ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Footing:
    """On what the money of a project rests: what was decided on which day, since when it is taken over, when it stood still."""

    decided: Sequence[tuple[Day, str]] = ()
    """The outcomes of its prior assessments, in the order of the days."""
    begun: Day | None = None
    """The first day of a project that was taken over; None for any other."""
    taken_over_on: Day | None = None
    stops: Sequence[tuple[Day, Day | None]] = ()
    """From which day until which it was suspended; None while it still is."""
    is_suspended: bool = False

    @property
    def first_day(self) -> Day | None:
        """The first day on which money may move; None while nothing was decided."""
        executions = [day for day, outcome in self.decided if outcome == Outcome.EXECUTE]
        return min([day for day in (self.begun, *executions) if day is not None], default=None)

    def outcome_on(self, day: Day) -> str:
        """What both communes' latest decision said on a day; empty where there was none yet."""
        return next((outcome for decided, outcome in reversed(self.decided) if decided <= day), "")

    def stood_still_on(self, day: Day) -> bool:
        """Whether the project was suspended on a day; one that stands still without a known first day always is."""
        unknown = self.is_suspended and not any(until is None for _since, until in self.stops)
        return unknown or any(since <= day and (until is None or day < until) for since, until in self.stops)

    def against(self, movement: Transaction) -> Refusal | None:
        """The rule that refuses a movement of this kind on its day; None where it may stand."""
        first = self.first_day
        if first is None:
            return Refusal(_NOTHING_DECIDED, code=EXECUTION)
        if movement.on < first:
            return Refusal(_TOO_EARLY, code=EXECUTION, params={"day": _Written(first)})
        return self._against_committing(movement.on) if movement.kind == TransactionKind.COMMITMENT else None

    def _against_committing(self, day: Day) -> Refusal | None:
        if self.stood_still_on(day):
            return Refusal(_STANDS_STILL, code=SUSPENDED)
        outcome = self.outcome_on(day)
        if outcome and outcome != Outcome.EXECUTE:
            return Refusal(_DECIDED_OTHERWISE, code=EXECUTION, params={"outcome": Outcome(outcome).label})
        if not outcome and self.taken_over_on is not None and day > self.taken_over_on:
            return Refusal(_ONLY_TAKEN_OVER, code=EXECUTION, params={"day": _Written(self.taken_over_on)})
        return None


class _Written:
    """A day in the words of whoever reads the sentence it stands in."""

    def __init__(self, day: Day) -> None:
        self.day = day

    def __str__(self) -> str:
        return formats.day(self.day, languages.current())


_NOTHING_DECIDED = _(
    "No money is committed, paid out or spent on this project yet: both communes decide first to execute it, on its prior "
    "assessment, or to take it over. Open that decision; enter the movement when it is adopted."
)
_TOO_EARLY = _(
    "Money moves on this project from %(day)s, the day on which both communes decided to execute it or from which they took it "
    "over. Correct the date, or leave this movement out of the project."
)
_STANDS_STILL = _(
    "The project is suspended on this day: nothing new is committed. What was committed before may still be paid. "
    "Both communes resume the project by a decision."
)
_DECIDED_OTHERWISE = _(
    "On this day both communes’ latest decision on the project was “%(outcome)s”: nothing new is committed before they decide to "
    "execute it. What was committed before may still be paid."
)
_ONLY_TAKEN_OVER = _(
    "This project was taken over on %(day)s without a prior assessment: nothing new is committed after that day before both "
    "communes decide to execute it. What was committed before may still be paid."
)


def footings(projects: Iterable[int]) -> dict[int, Footing]:
    """The footing of each of these projects by its key, as the database says it now. Four queries, however many they are."""
    rows = list(
        Project.objects.filter(pk__in=set(projects)).only(
            "pk", "state", "taken_over", "actual_start", "execution_decided_on"
        )
    )
    keys = [project.pk for project in rows]
    decided: dict[int, list[tuple[Day, str]]] = {}
    rows_decided = PriorAssessment.objects.filter(project__in=keys).exclude(outcome="")
    standing = rows_decided.exclude(publishing_state=PublishingState.WITHDRAWN)  # of which the ground was not lost
    assessed = standing.order_by("decided_on", "number")
    for key, day, outcome in assessed.values_list("project", "decided_on", "outcome"):
        decided.setdefault(key, []).append((day, outcome))
    stops: dict[int, list[tuple[Day, Day | None]]] = {}
    suspended = Suspension.objects.filter(project__in=keys).order_by("on")
    for key, since, until in suspended.values_list("project", "on", "resumed_on"):
        stops.setdefault(key, []).append((since, until))
    taken = _taken_over(rows)
    return {
        project.pk: Footing(
            decided=_standing(project, decided.get(project.pk, [])),
            begun=project.actual_start if project.taken_over else None,
            taken_over_on=taken.get(str(project.pk)),
            stops=stops.get(project.pk, ()),
            is_suspended=project.state == ProjectState.SUSPENDED,
        )
        for project in rows
    }


def _standing(project: Project, decided: list[tuple[Day, str]]) -> list[tuple[Day, str]]:
    """The outcomes by day; none to execute where that decision has lost its effect, and the day the project itself tells."""
    stands = project.execution_decided_on
    if stands is None:
        return [(day, outcome) for day, outcome in decided if outcome != Outcome.EXECUTE]
    own = (stands, Outcome.EXECUTE.value)
    return decided if own in decided else sorted([*decided, own], key=lambda told: told[0])


def _taken_over(projects: Sequence[Project]) -> dict[str, Day]:
    """The day on which both communes took each of these over, by the project's key; without those that were not.

    It is the day of their decision here, not that of the paper it records: what was committed between the two is no new commitment.
    """
    adopted = Decision.objects.on(*projects).filter(kind=TAKE_OVER, state=DecisionState.ADOPTED) if projects else ()
    return {one.object_id: timezone.localdate(one.closed_at) for one in adopted if one.closed_at}


# Rates ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rates:
    """The rates of a protocol by their days."""

    days: Sequence[Day]
    values: Sequence[Decimal]

    def on(self, day: Day) -> Decimal | None:
        """Dirhams for one euro by the latest rate not later than the day; None where none was entered."""
        place = bisect.bisect_right(self.days, day)
        return self.values[place - 1] if place else None


def rates_of(protocol: int) -> Rates:
    """Every rate of a protocol, by its key. One query."""
    rows = list(ExchangeRate.objects.filter(protocol=protocol).order_by("on").values_list("on", "mad_per_eur"))
    return Rates([day for day, _rate in rows], [rate for _day, rate in rows])


def _against_currency(movement: Transaction, rates: Rates) -> Refusal | None:
    if movement.currency == movement.line.currency or rates.on(movement.on) is not None:
        return None
    return Refusal(
        _(
            "This movement is in %(own)s, its line in %(line)s, and no exchange rate was entered for its day or an earlier one. "
            "Enter a rate with its source first, or choose the line’s currency."
        ),
        code=RATE,
        params={"own": movement.currency, "line": movement.line.currency},
    )


# Movements ------------------------------------------------------------------------------------------------------------


def against(movements: Sequence[Transaction]) -> list[list[Refusal]]:
    """What refuses each of these movements, in their order; nothing for one whose money was not changed.

    Each has its line, and the line its project. Five queries and one for each protocol, however many movements.
    """
    moved = [one for one in movements if says_something_new(one)]
    known = footings(one.line.project_id for one in moved) if moved else {}
    by_protocol = {one.line.project.protocol_id for one in moved if one.currency != one.line.currency}
    rates = {protocol: rates_of(protocol) for protocol in by_protocol}
    return [list(_against(one, known, rates)) if says_something_new(one) else [] for one in movements]


def _against(movement: Transaction, known: Mapping[int, Footing], rates: Mapping[int, Rates]) -> Iterator[Refusal]:
    early = known[movement.line.project_id].against(movement)
    if early is not None:
        yield early
    if movement.currency != movement.line.currency:
        unknown = _against_currency(movement, rates[movement.line.project.protocol_id])
        if unknown is not None:
            yield unknown


def says_something_new(movement: Transaction) -> bool:
    """Whether a movement is new, or its money differs from what the database was read to say."""
    before = movement.remembered
    return not before or any(getattr(movement, name) != before.get(name) for name in MEANS)


def check(*movements: Transaction) -> None:
    """Lock the projects of these movements, then ask every rule again: call it in the transaction that saves them, before it does.

    Raises Refusals.
    """
    editing.lock_all(Root(Project, one.line.project_id) for one in movements)
    found = [refusal for refusals in against(movements) for refusal in refusals]
    if found:
        raise Refusals(found)


# More than planned ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Overspent:
    """A line on which more is spent than planned, in the line's currency."""

    line: BudgetLine
    spent: Decimal

    @property
    def over(self) -> Decimal:
        """By how much."""
        return self.spent - self.line.planned

    @property
    def over_in_words(self) -> str:
        """By how much, with the currency, in a run of its own."""
        return self._written(self.over)

    def _written(self, amount: Decimal) -> str:
        return f"\u2068{formats.money(amount, self.line.currency, languages.current(), decimals=2)}\u2069"

    def question(self) -> str:
        """What is asked before it is kept: in words, with the figures."""
        return gettext(
            "With this, %(spent)s would be spent on a line of %(planned)s: %(over)s more than planned. Is this right? "
            "Then say why, and save again."
        ) % {
            "spent": self._written(self.spent),
            "planned": self._written(self.line.planned),
            "over": self.over_in_words,
        }


@dataclass
class Spending:
    """What is spent on some lines, each in its own currency; what has no rate for its day stands apart and is not counted."""

    spent: dict[int, Decimal] = field(default_factory=dict)

    def add(self, line: BudgetLine, movement: Any, rates: Rates | None) -> None:
        """Add one expenditure, at the rate of its own day."""
        rate = rates.on(movement.on) if rates is not None else None
        if movement.currency == line.currency:
            self.spent[line.pk] = self.spent.get(line.pk, ZERO) + movement.amount
        elif rate is not None:
            amount = convert(movement.amount, movement.currency, line.currency, rate)
            self.spent[line.pk] = self.spent.get(line.pk, ZERO) + amount


def overspent(
    lines: Collection[BudgetLine], coming: Iterable[Transaction] = (), leaving: Collection[int] = ()
) -> list[Overspent]:
    """Those of the lines on which more is spent than planned, with movements about to be saved and without those about to go.

    The lines are of one protocol, each with its project. Three queries, however many lines.
    """
    expected = [one for one in coming if one.kind == TransactionKind.EXPENDITURE]
    without = {one.pk for one in coming if not one._state.adding} | set(leaving)
    found = spent_on(lines, without)
    by_key = {line.pk: line for line in lines}
    rates = rates_of(next(iter(lines)).project.protocol_id) if expected else None
    for movement in expected:
        found.add(by_key[movement.line_id], movement, rates)  # a new line has no key yet, nor have its movements
    return [Overspent(line, spent) for line in lines if (spent := found.spent.get(line.pk, ZERO)) > line.planned]


def spent_on(lines: Collection[BudgetLine], without: Collection[int] = ()) -> Spending:
    """What is spent on these lines, leaving out some movements by key. Two queries, and one for the rates where two currencies meet."""
    by_key = {line.pk: line for line in lines}
    rows = Transaction.objects.filter(
        line__in=[line.pk for line in lines if not line._state.adding], kind=TransactionKind.EXPENDITURE
    )
    rows = rows.exclude(pk__in=list(without)).order_by()
    own = rows.filter(currency=F("line__currency"))
    found = Spending(dict(own.values_list("line").annotate(Sum("amount"))))
    foreign = list(rows.exclude(currency=F("line__currency")))
    rates = rates_of(next(iter(lines)).project.protocol_id) if foreign else None
    for movement in foreign:
        found.add(by_key[movement.line_id], movement, rates)
    return found


def is_explained(line: BudgetLine, name: str = "overspent_reason") -> bool:
    """Whether staff have said why in at least one language, what still waits for its others included."""
    return any(
        parity.has_text(drafting.text_of(line, parity.column(name, code))) for code in settings.REQUIRED_LANGUAGES
    )


def ask(movement: Transaction) -> None:
    """Under the project's lock: whether a movement overspends its line without a reason. Raises Refusal with the question."""
    found = would_overspend(movement)
    if found is not None and not is_explained(found.line):
        raise Refusal(found.question(), code=OVERSPENT)


def would_overspend(movement: Transaction) -> Overspent | None:
    """The movement's line, freshly read, if more were spent on it than planned with the movement; None where not."""
    fresh = BudgetLine.objects.select_related("project").get(pk=movement.line_id)
    return next(iter(overspent([fresh], [movement])), None)


def unexplained(protocol: Protocol) -> list[Overspent]:
    """Every line of the protocol on which more is spent than planned and nobody has said why. Five queries at most."""
    lines = BudgetLine.objects.filter(project__protocol=protocol, transactions__kind=TransactionKind.EXPENDITURE)
    found = overspent(list(lines.select_related("project", "funder").distinct()))
    drafting.lay_over(one.line for one in found)
    return [one for one in found if not is_explained(one.line)]


# The budget as it was decided -----------------------------------------------------------------------------------------


@transaction.atomic
def freeze_originals(project: Project) -> None:
    """Let each budget line remember what was planned when both communes decided to execute the project.

    Only their first such decision does: a budget that was frozen before keeps its originals, and lines added since remain without
    one. The joint decision calls it when it is adopted, under the project's lock.
    """
    editing.lock(Root(Project, project.pk))
    lines = list(BudgetLine.objects.filter(project=project))
    if any(line.original is not None for line in lines):
        return
    with history.one_version():
        for line in lines:
            line.original = line.planned
            line.save(update_fields=["original"])


def against_amending(line: BudgetLine, *, planned: Decimal, currency: str, has_reason: bool) -> Refusal | None:
    """The rule against a frozen line that would say something else than was decided; `line` still says what stands."""
    if currency != line.currency and is_fixed(line):
        return Refusal(
            _(
                "This line was decided in %(currency)s, or money has moved on it: it keeps its currency. Set it to what was spent, say "
                "why, and add a line in the other currency."
            ),
            code=AMENDED,
            params={"currency": line.currency},
        )
    if line.original is None or planned == line.planned or planned == line.original or has_reason:
        return None
    return Refusal(
        _(
            "Both communes decided on this amount with the project. It may be amended, and the first amount stays beside it: say "
            "why it was amended."
        ),
        code=AMENDED,
    )


def is_fixed(line: BudgetLine) -> bool:
    """Whether a line was decided on with its project, or money has moved on it: it keeps its currency and its project, and stays."""
    return line.original is not None or Transaction.objects.filter(line=line).exists()


def against_moving(line: BudgetLine) -> Refusal | None:
    """The rule against taking a line into another project, whose money may rest on another decision."""
    if not is_fixed(line):
        return None
    return Refusal(
        _(
            "This line was decided with its project, or money has moved on it: it stays in its project. Set it to what was spent, say "
            "why, and add a line to the other project."
        ),
        code=AMENDED,
    )


def refuse_deleting(line: BudgetLine) -> None:
    """A line that both communes decided on stays beside what became of it. Raises Refusal."""
    if line.original is not None:
        raise Refusal(
            _(
                "“%(line)s” was decided with the project and is not deleted: an amended budget keeps the original. Set it to zero and "
                "say why."
            ),
            code=AMENDED,
            params={"line": str(line)},
        )


def refuse_rate_gone(rate: ExchangeRate) -> None:
    """A rate stays while movements rest on it and no earlier one stands. Raises Refusal."""
    if ExchangeRate.objects.filter(protocol=rate.protocol_id, on__lt=rate.on).exists():
        return
    following = ExchangeRate.objects.filter(protocol=rate.protocol_id, on__gt=rate.on).order_by("on").first()
    resting = Transaction.objects.filter(line__project__protocol=rate.protocol_id, on__gte=rate.on)
    resting = resting.exclude(currency=F("line__currency"))
    if (resting.filter(on__lt=following.on) if following is not None else resting).exists():
        raise Refusal(
            _(
                "Movements in another currency than their line rest on this rate, and there is no earlier one. Enter that first."
            ),
            code=RATE,
        )
