"""What a person has typed on a signing page, kept in their session until it is signed.

So nothing is lost where the page sends them away first: to show the second factor, to sign in again, or because a rule refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

KEPT = "signing"
DECISIONS_KEPT = 5
LONGEST = 4_000
"""How many characters of a text are kept; as many as the form accepts."""
FIELDS = ("position", "reservation", "refusal", "language", "deliberation", "read")
TYPED = (*FIELDS, "mandate")
Draft = dict[str, Any]


def keep(request: HttpRequest, decision_pk: int, **more: object) -> None:
    """Remember what a request posts; `more` is remembered with it and outlives later posts."""
    drafts = {key: value for key, value in _all(request).items() if key != str(decision_pk)}
    former = of(request, decision_pk)
    kept = {name: value for name, value in former.items() if name not in TYPED}
    typed = {name: request.POST[name][:LONGEST] for name in TYPED if name in request.POST}
    newest = list(drafts.items())[-(DECISIONS_KEPT - 1) :]
    request.session[KEPT] = {**dict(newest), str(decision_pk): {**kept, **typed, **more}}


def of(request: HttpRequest, decision_pk: int) -> Draft:
    """What was typed about a decision in this session; empty where nothing was."""
    return dict(_all(request).get(str(decision_pk), {}))


def typed(draft: Draft) -> Draft:
    """The form's fields as they were typed; a language only where something was written in it."""
    found = {name: value for name, value in draft.items() if name in FIELDS}
    if not found.get("reservation") and not found.get("refusal"):
        found.pop("language", None)
    return found


def forget(request: HttpRequest, decision_pk: int) -> None:
    """The answer is given, or given up."""
    request.session[KEPT] = {key: value for key, value in _all(request).items() if key != str(decision_pk)}


def _all(request: HttpRequest) -> Mapping[str, Draft]:
    kept: Mapping[str, Draft] = request.session.get(KEPT, {})
    return kept
