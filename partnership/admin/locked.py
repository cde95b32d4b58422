"""What decisions hold fast, in forms: locked fields are shown, with the decision that locks them and the way to change them.

A form that was opened before the decision still sends those fields; a change is then refused at the field [I4], as typed.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.utils import display_for_field
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from partnership import correcting, decisions, locks, opening, parity, permissions
from partnership.admin.texts import in_language
from partnership.locks import Lock, Locked
from partnership.middleware import current
from partnership.models import Decision

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    _Mixin = admin.ModelAdmin[Any]
else:
    _Mixin = object


@dataclass(frozen=True)
class Way:
    """Where something locked can be changed: the words of a link, its address."""

    words: StrOrPromise
    url: str


@dataclass(frozen=True)
class Note:
    """One decision that locks something on a form: which fields, and how they can be changed."""

    decision: Decision
    fields: list[str]
    ways: list[Way]


@dataclass(frozen=True)
class Offer:
    """A kind of decision that can be opened on the record of a form; the rule that stands against it, if one does."""

    words: StrOrPromise
    url: str
    against: str
    opened: Decision | None


def columns(model: type[models.Model], lock: Lock) -> list[str]:
    """The columns of a lock's fields: of a text, one for each language."""
    translated = set(parity.translated_fields(model))
    return [
        column
        for name in lock.fields
        for column in (
            [parity.column(name, code) for code in settings.REQUIRED_LANGUAGES] if name in translated else [name]
        )
    ]


@cache
def shut(model_label: str, column: str) -> Callable[[models.Model], SafeString]:
    """A locked column as a form shows it: with a padlock, its language and direction. The same function for the same column."""
    field: Any = apps.get_model(model_label)._meta.get_field(column)
    language = getattr(field, "language", None)

    def value(record: models.Model) -> SafeString:
        said = getattr(record, field.name)
        if language:
            return format_html('<span class="shut">{}</span>', in_language(said, language))
        if field.remote_field:
            return format_html('<span class="shut">{}</span>', said if said is not None else "–")
        return format_html('<span class="shut">{}</span>', display_for_field(said, field, "–"))

    def heading() -> str:
        if language:
            return parity.label(apps.get_model(model_label), field.translated_field.name, language)
        return str(field.verbose_name)

    value.__name__ = column
    value.short_description = lazy(heading, str)()  # type: ignore[attr-defined]  # read by the admin
    return value


class LockedFields(_Mixin):
    """The admin of a record of which decisions may hold something fast, and about which they are opened."""

    def locks_on(self, request: HttpRequest, obj: Any) -> list[Lock]:
        """The record's locks, read once for each request."""
        if obj is None or obj.pk is None:
            return []
        known: dict[Any, list[Lock]] = request.__dict__.setdefault("_locks", {})
        key = (self.opts.label_lower, obj.pk)
        if key not in known:
            known[key] = locks.on(obj)
        return known[key]

    def locked_columns(self, request: HttpRequest, obj: Any) -> dict[str, Lock]:
        """Every locked column with the lock that holds it."""
        return {name: lock for lock in self.locks_on(request, obj) for name in columns(self.model, lock)}

    def _shut(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """The locked columns that the form only shows. One that was sent all the same stays a field, to be kept and refused."""
        return {
            name: shut(self.opts.label, name) for name in self.locked_columns(request, obj) if name not in request.POST
        }

    def get_readonly_fields(self, request: HttpRequest, obj: Any | None = None) -> Any:
        return [*super().get_readonly_fields(request, obj), *self._shut(request, obj).values()]

    def get_fieldsets(self, request: HttpRequest, obj: Any | None = None) -> Any:
        """With the locked columns drawn as such."""
        found = super().get_fieldsets(request, obj)
        closed = self._shut(request, obj)
        if not closed:
            return found
        return [(name, {**options, "fields": _drawn(options["fields"], closed)}) for name, options in found]

    def get_form(self, request: HttpRequest, obj: Any | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        sent = {name: lock for name, lock in self.locked_columns(request, obj).items() if name in request.POST}
        return refusing(form, sent) if sent else form

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What a decision contains is not deleted."""
        return super().has_delete_permission(request, obj) and not self.locks_on(request, obj)

    def offers_on(self, request: HttpRequest, record: Any) -> list[Offer]:
        """The kinds of decision that the record's form offers to open."""
        return list(offers(request, record))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        record = context.get("original")
        if record is not None and not context.get("is_popup"):
            rows = [lock for inline in context["inline_admin_formsets"] for lock in locks_of_rows(inline.formset)]
            context |= {
                "locked": notes(request, record, self.locks_on(request, record), rows),
                "offers": self.offers_on(request, record),
            }
        return super().render_change_form(request, context, *args, **kwargs)


def _drawn(rows: Iterable[Any], closed: dict[str, Any]) -> list[Any]:
    """A fieldset's rows with each locked column in place of its name."""
    return [
        tuple(_drawn(row, closed)) if isinstance(row, list | tuple) else closed.get(getattr(row, "__name__", row), row)
        for row in rows
    ]


def refusing(form: type[ModelForm[Any]], sent: dict[str, Lock]) -> type[ModelForm[Any]]:
    """The form, which refuses a change of these columns at the field."""

    class Refusing(form):  # type: ignore[misc,valid-type]  # made by Django for the request
        def clean(self) -> Any:
            cleaned = super().clean()
            _refuse(self, sent)
            return cleaned

    return Refusing


# Rows below a form ----------------------------------------------------------------------------------------------------


class LockedRows(_Mixin):
    """Rows below a form of which decisions may hold something fast; one query for all of them."""

    def get_formset(self, request: HttpRequest, obj: Any | None = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)  # type: ignore[misc]  # of every inline
        label_lower = self.model._meta.label_lower
        lockable = any(label_lower in kind.locks for kind in decisions.all_kinds())
        return guarded(formset) if lockable else formset


def guarded(formset: Any) -> Any:
    """The formset with its locked fields closed, row by row; one that was sent all the same is kept, and its change refused."""

    class Guarded(formset):  # type: ignore[misc]  # made by Django for the request
        def row_locks(self) -> dict[Any, list[Lock]]:
            """The locks of each row, by key."""
            if "_row_locks" not in self.__dict__:
                rows = list(self.get_queryset())
                for row in rows:
                    setattr(row, self.fk.name, self.instance)  # so that no row asks for it
                self._row_locks = dict(zip((row.pk for row in rows), locks.on_each(rows), strict=True))
            return self._row_locks

        def add_fields(self, form: Any, index: int | None) -> None:
            super().add_fields(form, index)
            sent = self.data if self.is_bound else {}
            form.locked = _close(form, self.row_locks().get(form.instance.pk, ()), sent)

        def full_clean(self) -> None:
            super().full_clean()
            for form in self.forms if self.is_bound else ():
                _refuse(form, form.locked)

    return Guarded


def _close(form: Any, held: Iterable[Lock], sent: Container[str]) -> dict[str, Lock]:
    """Close a row's locked fields, except those that were sent all the same; returns every locked one with its lock."""
    found = {name: lock for lock in held for name in columns(type(form.instance), lock) if name in form.fields}
    for name in found:
        form.fields[name].disabled = form.add_prefix(name) not in sent
    return found


def _refuse(form: Any, held: Mapping[str, Lock]) -> None:
    """Refuse every change of a locked field, at the field."""
    for name in set(held) & set(form.changed_data):
        form.add_error(name, Locked(held[name].decision))


def locks_of_rows(formset: Any) -> list[Lock]:
    """The locks of the rows below a form, none for rows that nothing can lock."""
    found = formset.row_locks().values() if hasattr(formset, "row_locks") else ()
    return [lock for held in found for lock in held]


# What a form says about it --------------------------------------------------------------------------------------------


def notes(request: HttpRequest, record: Any, held: Iterable[Lock], rows: Iterable[Lock]) -> list[Note]:
    """One note for each decision that locks something here."""
    by_decision: dict[int, tuple[Lock, dict[str, None]]] = {}
    for lock, model in [*((lock, type(record)) for lock in held), *((lock, None) for lock in rows)]:
        _lock, names = by_decision.setdefault(lock.decision.pk, (lock, {}))
        if model is not None:
            names |= dict.fromkeys(_names(model, lock))
    may_propose = _may_propose(request)
    return [
        Note(lock.decision, list(names), list(_ways(lock, record)) if may_propose else [])
        for lock, names in by_decision.values()
    ]


def _names(model: type[models.Model], lock: Lock) -> Iterator[str]:
    for name in lock.fields:
        field: Any = model._meta.get_field(name)
        yield str(capfirst(str(field.verbose_name)))


def _ways(lock: Lock, record: Any) -> Iterator[Way]:
    """Withdraw what is open; correct what is adopted, or open what changes the act's own words."""
    decision = lock.decision
    if decision.is_open:
        yield Way(_("Withdraw to edit"), reverse("admin:decision_withdraw", args=[decision.pk]))
        return
    if correcting.columns(decision, record):
        url = reverse("admin:decision_open", args=["correct_text", decision.pk])
        yield Way(correcting.CORRECT.label, f"{url}?record={record._meta.label_lower}:{record.pk}")
    if lock.kind.changed_by:
        kind = decisions.kind(lock.kind.changed_by)
        url = reverse("admin:decision_open", args=[kind.code, decision.object_id])
        yield Way(kind.label, f"{url}?clauses={record.number}" if hasattr(record, "number") else url)


def _may_propose(request: HttpRequest) -> bool:
    protocol = current(request)
    return protocol is not None and permissions.may(request.user, "propose", protocol, "partnership.decision")


def offers(request: HttpRequest, record: Any) -> Iterator[Offer]:
    """The kinds of decision that can be opened on a record, for whoever may open one; none about what is only corrected."""
    kinds = [kind for kind in decisions.kinds_for(record) if kind.model != "partnership.decision"]
    if not kinds or not _may_propose(request):
        return
    opened = {decision.kind: decision for decision in Decision.objects.open().defer("statement", "binding").on(record)}
    for kind in kinds:
        if kind.code in opened:
            url = reverse("admin:partnership_decision_change", args=[opened[kind.code].pk])
            yield Offer(kind.label, url, "", opened[kind.code])
            continue
        against = [
            " ".join(error.messages) for refusal in opening.against(kind, record) for error in refusal.error_list
        ]
        yield Offer(kind.label, reverse("admin:decision_open", args=[kind.code, record.pk]), (against or [""])[0], None)
