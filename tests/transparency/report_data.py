"""A small snapshot by hand, as `snapshot.read` gives it, so that a test changes only what it is about."""

from __future__ import annotations

import copy
from typing import Any

Data = dict[str, Any]
DIGEST = "0123456789abcdef" * 4


def texts(word: str) -> dict[str, str]:
    """The same word in the three languages, each recognisable."""
    return {"ar": f"{word} بالعربية", "fr": f"{word} en français", "nl": f"{word} in het Nederlands"}


def money(eur: str) -> dict[str, str]:
    """Euros and the dirhams they make at 10.80."""
    return {"EUR": eur, "MAD": f"{float(eur) * 10.8:.2f}"}


def sums(planned: str = "0.00", committed: str = "0.00", spent: str = "0.00") -> dict[str, dict[str, str]]:
    """Planned, committed and spent."""
    return {"planned": money(planned), "committed": money(committed), "spent": money(spent)}


def indicator(**changes: Any) -> Data:
    """An indicator that has come from 0 to 30 on its way to 40, measured in the period."""
    made = {
        "title": texts("Indicateur"),
        "unit": texts("unité"),
        "level": "output",
        "measure": "unit",
        "baseline": {"on": "2022-12-31", "value": "0.00", "statement": dict.fromkeys(("ar", "fr", "nl"), "")},
        "target": {"on": "2026-12-31", "value": "40.00", "statement": dict.fromkeys(("ar", "fr", "nl"), "")},
        "latest": {
            "on": "2026-05-20",
            "value": "30.00",
            "statement": dict.fromkeys(("ar", "fr", "nl"), ""),
            "by": 1,
            "checked_by": 2,
        },
        "withheld": False,
        "progress": "0.7500",
    }
    return made | changes


def activity(**changes: Any) -> Data:
    """A training that was held in the period with 12 women and 9 men."""
    made = {
        "kind": "training",
        "title": texts("Formation"),
        "state": "done",
        "start": "2026-03-02",
        "end": "2026-03-04",
        "happened": texts("Récit"),
        "women": 12,
        "men": 9,
        "people": 21,
        "withheld": False,
        "hours": "18.0",
        "able_to": texts("Capacité"),
        "score_before": "1.5",
        "score_after": "3.0",
        "from": None,
        "days": None,
        "put_to_use": dict.fromkeys(("ar", "fr", "nl"), ""),
    }
    return made | changes


def line(**changes: Any) -> Data:
    """A confirmed budget line of 8,000 euros, in money."""
    made = {
        "year": 2026,
        "category": "training",
        "label": texts("Ligne"),
        "funder": texts("Financeur"),
        "funder_short": texts("Fin"),
        "in_kind": False,
        "hours": None,
        "confirmed": True,
    }
    return made | sums("8000.00", "6000.00", "4321.00") | changes


def involvement(position: int | None, name: str) -> Data:
    """What one organisation does; `position` is that of a commune in the act's title."""
    return {
        "organisation": texts(name),
        "level": "local",
        "position": position,
        "phase": "delivery",
        "capacity": "implementer",
        "responsibility": texts(f"Tâche-{name}"),
    }


def project(code: str = "BEL-01", **changes: Any) -> Data:
    """A project under way with one of everything."""
    made = {
        "code": code,
        "title": texts(f"Projet-{code}"),
        "summary": texts("Résumé"),
        "state": "under_way",
        "domains": ["DOM-A"],
        "objectives": ["OBJ-1"],
        "goals": [],
        "target_groups": [],
        "lead": 1,
        "place": texts("Lieu"),
        "planned_start": "2024-01-01",
        "planned_end": "2026-12-31",
        "actual_start": "2024-01-15",
        "actual_end": None,
        "people_expected": 45,
        "replaces": None,
        "replaced_by": None,
        "involvements": [involvement(1, "Belfaa"), involvement(2, "Jette"), involvement(None, "Association")],
        "money": sums("8000.00", "6000.00", "4321.00"),
        "period_money": {"committed": money("1000.00"), "spent": money("777.00")},
        "indicators": [indicator()],
        "lines": [line()],
        "activities": [activity()],
    }
    return made | changes


def commune(position: int, name: str, shape: str, languages: list[str], currency: str) -> Data:
    """One of the two communes."""
    return {
        "name": texts(f"Commune-{name}"),
        "short_name": dict.fromkeys(("ar", "fr", "nl"), name),
        "place": texts(f"Région-{name}"),
        "level": "local",
        "position": position,
        "shape": shape,
        "languages": languages,
        "currency": currency,
    }


def snapshot(*projects: Data, **changes: Any) -> Data:
    """A whole snapshot of the first half-year of 2026 with the given projects (default: one)."""
    listed = list(projects) or [project()]
    made = {
        "version": 1,
        "protocol": {"code": "BEL-JET", "title": texts("Protocole"), "demonstration": False, "source_language": "ar"},
        "parties": [
            commune(1, "Belfaa", "square", ["ar"], "MAD"),
            commune(2, "Jette", "diamond", ["fr", "nl"], "EUR"),
        ],
        "programme_body": {
            "name": texts("Brulocalis-asbl"),
            "short_name": dict.fromkeys(("ar", "fr", "nl"), "Brulocalis"),
            "place": texts("Bruxelles"),
            "level": "regional",
        },
        "period": {"code": "2026-S1", "cadence": "half_year", "starts_on": "2026-01-01", "ends_on": "2026-06-30"},
        "taken_at": "2026-07-06T07:00:00+00:00",
        "until": "2026-06-30",
        "rate": {"on": "2026-06-30", "mad_per_eur": "10.8000", "source": texts("Source")},
        "plan": None,
        "objectives": [
            {
                "code": "OBJ-1",
                "name": texts("Objectif"),
                "projects": len(listed),
                "indicators": 1,
                "measured": 1,
                "progress": ["0.7500"],
                "mean": "0.7500",
            }
        ],
        "domains": [
            {
                "code": "DOM-A",
                "name": texts("Domaine"),
                "projects": len(listed),
                "money": sums("8000.00", "6000.00", "4321.00"),
            }
        ],
        "projects": listed,
        "states": [{"state": "under_way", "projects": len(listed)}],
        "totals": sums("8000.00", "6000.00", "4321.00"),
        "period_totals": {"committed": money("1000.00"), "spent": money("777.00")},
        "contributions": [
            {"position": 1, "hours": "0", "money": sums("2000.00", "1500.00", "1200.00"), "in_kind": sums("300.00")},
            {"position": 2, "hours": "100.0", "money": sums(), "in_kind": sums("4000.00", "4000.00", "2000.00")},
        ],
        "people": {
            "activities": 1,
            "trainings": 1,
            "training_hours": "18.0",
            "exchanges": 0,
            "women": 12,
            "men": 9,
            "people": 21,
        },
        "next": [{"on": "2026-09-14", "kind": "activity", "project": "BEL-01", "title": texts("Inscription")}],
    }
    return copy.deepcopy(made | changes)


def decision(**changes: Any) -> Data:
    """A decision adopted in the period, with a reservation of the first commune in Arabic."""
    made = {
        "answers": [
            {"answer": "approve", "on": "2026-03-12", "position": 2, "words": None},
            {
                "answer": "reserve",
                "on": "2026-03-17",
                "position": 1,
                "words": {"text": "شريطة احترام الآجال", "language": "ar"},
            },
        ],
        "decided_on": None,
        "kind": "adopt_plan",
        "number": "2026-03",
        "on": "2026-03-17",
        "sentence": texts("Phrase"),
        "sequence": 14,
        "since": None,
        "state": "adopted",
        "title": texts("Plan"),
        "words": None,
    }
    return made | changes


def with_decisions(*decisions: Data, **changes: Any) -> Data:
    """A snapshot of today's version; `snapshot` alone is one of before the register."""
    chain = {"sequence": 17, "hash": "fedcba9876543210" * 4}
    return snapshot(**{"version": 2, "register": chain, "decisions": list(decisions), **changes})


def nothing() -> Data:
    """A snapshot of a protocol that has just begun: no project, money, rate, plan or programme body."""
    return snapshot(
        programme_body=None,
        rate=None,
        objectives=[],
        domains=[],
        projects=[],
        states=[],
        totals=sums(),
        contributions=[],
        people={
            "activities": 0,
            "trainings": 0,
            "training_hours": "0",
            "exchanges": 0,
            "women": None,
            "men": None,
            "people": None,
        },
        next=[],
    )
