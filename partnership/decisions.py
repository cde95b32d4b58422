"""Kinds of joint decision: what each asks for and does. Every app registers its own in its `decisions.py` (design, section 3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.checks import CheckMessage, Error, Tags
from django.core.checks import register as register_check
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.translation import override

from partnership import canonical, parity
from partnership.models import Decision, DecisionState, Protocol, Role
from partnership.refusals import Refusal

if TYPE_CHECKING:
    from django import forms
    from django_stubs_ext import StrOrPromise

Terms = Mapping[str, Any]
"""What was typed when the decision was opened beside its subject: plain data for canonical text."""
Texts = dict[str, str]
"""A text by language code."""
NO_TERMS: Terms = {}


def nothing(decision: Decision, subject: Any, terms: Terms) -> None:
    """What a kind does whose adoption or end changes no record."""


def anything(record: Any, column: str) -> bool:
    """Every locked column may be corrected."""
    return True


def no_refusals(subject: Any, terms: Terms) -> list[Refusal]:
    """The rules of a kind that can always be opened."""
    return []


def columns_by_language(record: Any, name: str) -> Texts:
    """A translated field by language code."""
    return {language: getattr(record, parity.column(name, language)) or "" for language in settings.REQUIRED_LANGUAGES}


def title_of(subject: Any) -> Texts:
    """The subject's own title by language."""
    return columns_by_language(subject, "title")


def protocol_of(subject: Any) -> Protocol:
    """The protocol a subject belongs to, or is."""
    found: Protocol = subject if isinstance(subject, Protocol) else subject.protocol
    return found


@dataclass(frozen=True)
class Kind:
    """One kind of joint decision. Functions get the subject, freshly read under its lock."""

    code: str
    label: StrOrPromise
    model: str
    """The subject's model, for instance "partnership.protocol"."""
    content: Callable[[Any, Terms], dict[str, Any]]
    """Exactly what is decided, as data for canonical text; it is locked, and nothing else is."""
    sentence: Callable[[Any, Terms], str]
    """What is decided, in plain words in the active language."""
    title: Callable[[Any], Texts] = title_of
    protocol: Callable[[Any], Protocol] = protocol_of
    signed_by: Role = Role.SIGNATORY
    needs_deliberation: bool | Callable[[Any, Terms], bool] = False
    """Whether each signature rests on its council's deliberation; a function where that depends on what is decided."""
    in_register: bool = True
    lasting: bool = False
    """Whether the content stays locked after adoption."""
    afterwards: Literal["never", "may", "must"] = "never"
    """Whether an act older than the platform can be, or only can be, recorded with its own date and scan."""
    reads: Mapping[str, Callable[[Any], Iterable[tuple[str, Texts]]]] = field(default_factory=dict)
    """For parts of the content that are more than a text: how people read them, each row's name and its text by language."""
    locks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The fields whose values stand in the content, by model label: what a form shows as locked."""
    holding: Mapping[str, Callable[[Any], Iterable[models.Model]]] = field(default_factory=dict)
    """For parts that stand in the content: their model label, and the way to the subjects whose content may hold one."""
    root: Callable[[Any], models.Model] = lambda subject: subject
    """The record that is locked while the subject is written or signed."""
    refusals: Callable[[Any, Terms], list[Refusal]] = no_refusals
    """Every rule that stands against opening and against adoption; with NO_TERMS those that stand whatever the terms."""
    terms_form: Callable[[Any], type[forms.Form]] | None = None
    """The form for the terms of a subject, whose cleaned_data are the terms; None for a kind without terms."""
    correctable: Callable[[Any, str], bool] = anything
    """Whether a decision of the kind “correct” may change a column of a record that stands in the content."""
    changed_by: str = ""
    """The kind of decision that changes what cannot be corrected."""
    on_adopted: Callable[[Decision, Any, Terms], None] = nothing
    on_ended: Callable[[Decision, Any, Terms], None] = nothing
    """Refused or withdrawn."""
    on_annulled: Callable[[Decision, Any, Terms], None] = nothing
    """What rested on a deliberation that lost its effect after adoption."""

    def rests_on_councils(self, subject: Any, terms: Terms) -> bool:
        """Whether a decision of this kind on a subject, with these terms, needs both councils' deliberations."""
        if callable(self.needs_deliberation):
            return self.needs_deliberation(subject, terms)
        return self.needs_deliberation


_kinds: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    """Make kinds known. Raises ValueError for a code that is taken."""
    for kind in kinds:
        if kind.code in _kinds:
            raise ValueError(f"two kinds of decision have the code {kind.code}")
        _kinds[kind.code] = kind


def kind(code: str) -> Kind:
    """The kind with this code. Raises KeyError for none."""
    return _kinds[code]


def all_kinds() -> list[Kind]:
    """Every kind, by code."""
    return [_kinds[code] for code in sorted(_kinds)]


def kinds_for(record: models.Model) -> list[Kind]:
    """The kinds that can be opened on a record."""
    return [each for each in all_kinds() if each.model == record._meta.label_lower]


def label_of(code: str) -> StrOrPromise:
    """The label of a kind; the code itself of one that no app registers any more."""
    return _kinds[code].label if code in _kinds else code


def texts(record: Any, *fields: str) -> dict[str, str]:
    """The columns of translated fields with their values, every required language."""
    return {
        column: getattr(record, column) or ""
        for name in fields
        for column in (parity.column(name, language) for language in settings.REQUIRED_LANGUAGES)
    }


def in_languages(words: Callable[[], str]) -> Texts:
    """What a function says in each required language."""
    found: Texts = {}
    for language in settings.REQUIRED_LANGUAGES:
        with override(language):
            found[language] = str(words())
    return found


def subject_of(decision: Decision) -> Any:
    """The record a decision is about, freshly read. Subjects are never deleted."""
    model = ContentType.objects.get_for_id(decision.content_type_id).model_class()
    assert model is not None
    return model._base_manager.get(pk=decision.object_id)


def lock(record: models.Model) -> models.Model:
    """The record, freshly read and locked until the transaction ends: what every write to a statement takes first."""
    locked: models.Model = type(record)._base_manager.select_for_update(of=("self",), no_key=True).get(pk=record.pk)
    return locked


def content_now(kind: Kind, subject: Any, terms: Terms) -> str:
    """The canonical text of what a decision of this kind would contain now."""
    return canonical.text(kind.content(subject, terms))


def rebind(subject: models.Model) -> None:
    """After a decision has changed a record by adoption: what binds from now on is what it says now."""
    for decision in Decision.objects.binding().on(subject).filter(state=DecisionState.ADOPTED):
        decision.binding = content_now(kind(decision.kind), subject, decision.data["terms"])
        decision.save(update_fields=["binding"])


@register_check(Tags.compatibility)
def check_kinds(**_kwargs: Any) -> list[CheckMessage]:
    """An error for a kind whose subject, parts or locked fields are no longer in the models."""
    from django.apps import apps

    found: list[CheckMessage] = []
    for each in all_kinds():
        for label, fields in {each.model: (), **dict.fromkeys(each.holding, ()), **each.locks}.items():
            try:
                model = apps.get_model(label)
                for name in fields:
                    model._meta.get_field(name)
            except (LookupError, FieldDoesNotExist) as error:
                found.append(Error(f"Decision kind {each.code}: {error}", id="partnership.E002"))
    return found
