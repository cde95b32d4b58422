"""What is typed when a joint decision is opened: the terms of each kind, and what every kind asks besides."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.http import QueryDict
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from partnership import languages, number_fields, parity
from partnership.models import Clause, ClauseKind, Domain, Protocol, ProtocolState
from partnership.templatetags import words

Texts = dict[str, str]
"""A text by language code."""
MORE = "_more"
"""The button that shows what was chosen, or one part more; nothing is sent off by it."""
A_DAY = {"type": "date", "dir": "ltr"}


def day_box() -> forms.DateInput:
    """A box for a day, which the browser draws with a calendar of its own."""
    return forms.DateInput(attrs=A_DAY, format="%Y-%m-%d")


def text_box(language: str, rows: int = 4) -> forms.Textarea:
    """A box for a text in one language, in its direction."""
    return forms.Textarea(attrs={"lang": language, "dir": languages.direction(language), "rows": str(rows)})


def text_field(label: str, language: str, *, required: bool = True, rows: int = 4, **options: Any) -> forms.CharField:
    """A text in one language, labelled “Text, Arabic”."""
    named = pgettext("label of one language's text", "%(field)s, %(language)s")
    words_of = named % {"field": label, "language": parity.LANGUAGE_NAMES[language]}
    return forms.CharField(label=words_of, required=required, widget=text_box(language, rows), **options)


class TermsForm(forms.Form):
    """The terms of one kind of decision. `cleaned_data` are the terms themselves, as plain data."""

    template: ClassVar[str] = "admin/includes/terms.html"
    asks_in_steps: ClassVar[bool] = False
    """Whether something is chosen first and written then."""

    def given(self, name: str) -> list[str]:
        """What was chosen under a name, in the data that were sent, else in the beginning."""
        found: Any = self.data.getlist(name) if isinstance(self.data, QueryDict) and self.is_bound else None
        found = self.initial.get(name, []) if found is None else found
        return [found] if isinstance(found, str) else [str(one) for one in found]

    def complete(self, name: str, text: str) -> None:
        """Let a field that is shown for the first time say what stands there now, also where the form was sent without it."""
        if isinstance(self.data, QueryDict) and self.is_bound and name not in self.data:
            data = self.data.copy()
            data[name] = text
            self.data = data

    @classmethod
    def beginning(cls, typed: QueryDict) -> dict[str, Any]:
        """What an unsent form begins with: everything that was typed, lists as lists."""
        return {name: values if len(values) > 1 else values[0] for name, values in typed.lists() if values}


# The protocol ---------------------------------------------------------------------------------------------------------


class EndingForm(TermsForm):
    """On which day the protocol ends."""

    ends_on = number_fields.Day(
        label=_("last day"),
        widget=day_box(),
        help_text=_("Until then the protocol is closing; afterwards it is an archive."),
    )

    def clean_ends_on(self) -> str:
        day: datetime.date = self.cleaned_data["ends_on"]
        return day.isoformat()


class RenewalForm(TermsForm):
    """By which other protocol of the same two communes."""

    protocol: ClassVar[Protocol]

    successor = forms.ChoiceField(
        label=_("successor"),
        help_text=_("A draft of the same two communes, which the platform’s administrator has loaded from its file."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        menu = self.fields["successor"]
        assert isinstance(menu, forms.ChoiceField)
        menu.choices = [("", "–"), *((draft.code, f"{draft} (\u2066{draft.code}\u2069)") for draft in self._drafts())]

    def _drafts(self) -> Iterable[Protocol]:
        communes = set(self.protocol.parties.values_list("organisation", flat=True))
        drafts = Protocol.objects.filter(state=ProtocolState.DRAFT, parties__organisation__in=communes)
        return drafts.exclude(pk=self.protocol.pk).distinct()


def of_protocol(form: type[TermsForm]) -> Callable[[Any], type[TermsForm]]:
    """A form that knows which protocol it is about."""
    return lambda protocol: type(form.__name__, (form,), {"protocol": protocol})


class AmendmentForm(TermsForm):
    """Which clauses say something else from now on, and which are added: three texts each."""

    template = "admin/includes/terms_amendment.html"
    asks_in_steps = True
    protocol: ClassVar[Protocol]

    clauses = forms.MultipleChoiceField(
        label=_("clauses that change"), required=False, widget=forms.CheckboxSelectMultiple
    )
    added = number_fields.WholeNumber(required=False, min_value=0, max_value=40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.present = {clause.number: clause for clause in self.protocol.clauses.order_by("order")}
        menu = self.fields["clauses"]
        assert isinstance(menu, forms.MultipleChoiceField)
        menu.choices = [(number, _beginning(clause)) for number, clause in self.present.items()]
        self.chosen = [number for number in self.given("clauses") if number in self.present]
        for number in self.chosen:
            self._add_texts(number)
        self.places = range(self._count())
        for place in self.places:
            self._add_clause(place)

    def _count(self) -> int:
        said = (self.given("added") or ["0"])[-1]
        return min(int(said), 40) if said.isdecimal() else 0

    def _add_texts(self, number: str) -> None:
        for language in settings.REQUIRED_LANGUAGES:
            name, now = f"text-{number}-{language}", self._now(number, language)
            self.fields[name] = text_field(gettext("Text"), language, initial=now)
            self.complete(name, now)

    def _add_clause(self, place: int) -> None:
        start = f"added-{place}"
        below = [("", gettext("of the act itself")), *((number, number) for number in self.present)]
        self.fields[f"{start}-number"] = forms.CharField(
            label=_("number"), required=False, max_length=10, widget=forms.TextInput(attrs={"dir": "ltr"})
        )
        self.fields[f"{start}-parent"] = forms.ChoiceField(label=_("part of"), required=False, choices=below)
        self.fields[f"{start}-kind"] = forms.ChoiceField(
            label=_("kind"), required=False, choices=ClauseKind.choices, initial=ClauseKind.TEXT
        )
        self.fields[f"{start}-code"] = forms.CharField(
            label=_("code"),
            required=False,
            max_length=12,
            validators=Domain._meta.get_field("code").validators,
            widget=forms.TextInput(attrs={"dir": "ltr"}),
        )
        for language in settings.REQUIRED_LANGUAGES:
            self.fields[f"{start}-text-{language}"] = text_field(gettext("Text"), language, required=False)
            self.fields[f"{start}-name-{language}"] = text_field(
                gettext("Name"), language, required=False, rows=1, max_length=200
            )

    @classmethod
    def beginning(cls, typed: QueryDict) -> dict[str, Any]:
        """With one clause more to add, where that was asked for."""
        found = super().beginning(typed)
        count = str(found.get("added", "0"))
        if typed.get(MORE) == "added":
            found["added"] = str(int(count) + 1 if count.isdecimal() else 1)
        return found

    def amended(self) -> list[tuple[Clause, list[forms.BoundField]]]:
        """The chosen clauses, each with its three boxes."""
        return [(self.present[number], self._boxes(f"text-{number}")) for number in self.chosen]

    def additions(self) -> list[dict[str, Any]]:
        """The clauses to add, each with its boxes."""
        return [
            {
                "place": place + 1,
                "head": [self[f"added-{place}-{name}"] for name in ("number", "parent", "kind")],
                "texts": self._boxes(f"added-{place}-text"),
                "code": self[f"added-{place}-code"],
                "names": self._boxes(f"added-{place}-name"),
            }
            for place in self.places
        ]

    def _boxes(self, start: str) -> list[forms.BoundField]:
        return [self[f"{start}-{language}"] for language in settings.REQUIRED_LANGUAGES]

    def clean(self) -> dict[str, Any]:
        changed = [entry for number in self.chosen if (entry := self._changed(number))]
        added = [entry for place in self.places if (entry := self._added(place))]
        if not self.errors and not changed and not added:
            raise ValidationError(_("Choose a clause that changes, or add one."), code="amendment")
        return {"clauses": changed, "added": added}

    def _changed(self, number: str) -> dict[str, Any] | None:
        now = {code: self._now(number, code) for code in settings.REQUIRED_LANGUAGES}
        text = self._texts(f"text-{number}")
        if all(_plain(now[code]) == text[code] for code in now):
            unchanged = _("This clause says the same as before. Write its new text, or leave it out above.")
            self.add_error(f"text-{number}-{languages.current()}", ValidationError(unchanged, code="amendment"))
            return None
        return {
            "number": number,
            "text": {code: now[code] if _plain(now[code]) == text[code] else text[code] for code in now},
        }

    def _now(self, number: str, language: str) -> str:
        return getattr(self.present[number], parity.column("text", language)) or ""

    def _added(self, place: int) -> dict[str, Any] | None:
        """What is typed for one further clause; nothing for one that was left empty."""
        start = f"added-{place}"
        text, names = self._texts(f"{start}-text"), self._texts(f"{start}-name")
        number, code = (self.cleaned_data.get(f"{start}-{name}", "") for name in ("number", "code"))
        if not any((number, code, *text.values(), *names.values())):
            return None
        self._refuse_taken(place, number)
        self._require(f"{start}-text", text)
        if code or any(names.values()):
            self._require(start, {"code": code})
            self._require(f"{start}-name", names)
        return {
            "number": number,
            "parent": self.cleaned_data.get(f"{start}-parent", ""),
            "kind": self.cleaned_data.get(f"{start}-kind") or ClauseKind.TEXT.value,
            "text": text,
            "domain": {"code": code, "name": names} if code else None,
        }

    def _texts(self, start: str) -> Texts:
        return {code: _plain(self.cleaned_data.get(f"{start}-{code}", "")) for code in settings.REQUIRED_LANGUAGES}

    def _require(self, start: str, written: Mapping[str, str]) -> None:
        for part, text in written.items():
            if not text and f"{start}-{part}" not in self.errors:
                self.add_error(f"{start}-{part}", ValidationError(_("This is needed too."), code="required"))

    def _refuse_taken(self, place: int, number: str) -> None:
        self._require(f"added-{place}", {"number": number})
        earlier = {self.cleaned_data.get(f"added-{other}-number") for other in range(place)}
        if number and (number in self.present or number in earlier):
            taken = _("There is already a clause %(number)s.")
            self.add_error(f"added-{place}-number", ValidationError(taken, code="amendment", params={"number": number}))


def _plain(text: str) -> str:
    """As it was typed, with one kind of line end."""
    return text.replace("\r\n", "\n").strip()


def _beginning(clause: Clause) -> str:
    return f"\u2066{clause.number}\u2069 {Truncator(words.text(clause, 'text')).chars(110)}"


# Correcting -----------------------------------------------------------------------------------------------------------


class CorrectionForm(TermsForm):
    """Which of the texts that a decision holds fast says something else from now on, and why."""

    template = "admin/includes/terms_correction.html"
    asks_in_steps = True
    present: ClassVar[Mapping[models.Model, Mapping[str, str]]]
    """What may be corrected, by record: its columns with what they say now."""

    record = forms.ChoiceField(label=_("what is corrected"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.records = {_key(record): record for record in self.present}
        menu = self.fields["record"]
        assert isinstance(menu, forms.ChoiceField)
        menu.choices = [("", "–"), *self._grouped()]
        self.chosen = self.records.get((self.given("record") or [""])[0])
        if len(self.records) == 1:
            self.chosen = next(iter(self.records.values()))
            self.initial.setdefault("record", _key(self.chosen))
        self._add_columns()
        for language in settings.REQUIRED_LANGUAGES:
            self.fields[f"ground-{language}"] = text_field(gettext("Ground"), language, rows=3)

    def _grouped(self) -> list[tuple[str, list[tuple[str, str]]]]:
        found: dict[str, list[tuple[str, str]]] = {}
        for key, record in self.records.items():
            heading = str(capfirst(str(record._meta.verbose_name_plural)))
            found.setdefault(heading, []).append((key, _called(record)))
        return list(found.items())

    def _add_columns(self) -> None:
        for column, now in self._now().items():
            self.fields[f"to-{column}"] = _column_field(self.chosen, column, now)
            self.complete(f"to-{column}", now)

    def _now(self) -> Mapping[str, str]:
        return self.present[self.chosen] if self.chosen is not None else {}

    def corrected(self) -> list[tuple[forms.BoundField, str, str]]:
        """The boxes of the chosen record, each with what stands there now and the language of that text, if it has one."""
        return [
            (self[f"to-{column}"], self._shown(column, now), getattr(_field(self.chosen, column), "language", "") or "")
            for column, now in self._now().items()
        ]

    def _shown(self, column: str, now: str) -> str:
        field = _field(self.chosen, column)
        value = getattr(self.chosen, field.name)
        if isinstance(value, datetime.date):
            return words.day(value)
        return str(value or "–") if field.remote_field else now

    def grounds(self) -> list[forms.BoundField]:
        """The boxes for the ground, one for each language."""
        return [self[f"ground-{language}"] for language in settings.REQUIRED_LANGUAGES]

    def clean(self) -> dict[str, Any]:
        if self.chosen is None:
            return {}
        typed = {column: self.cleaned_data.get(f"to-{column}") for column in self._now()}
        changes = {column: to for column, now in self._now().items() if (to := _written(typed[column])) != _plain(now)}
        if not self.errors and not changes:
            raise ValidationError(_("Nothing would change. Write at least one text anew."), code="I4")
        grounds = {code: _plain(self.cleaned_data.get(f"ground-{code}", "")) for code in settings.REQUIRED_LANGUAGES}
        label, _colon, key = _key(self.chosen).partition(":")
        return {"model": label, "id": key, "changes": changes, "ground": grounds}


def correction(present: Mapping[models.Model, Mapping[str, str]]) -> type[CorrectionForm]:
    """The form for correcting what these columns of these records say now."""
    return type("CorrectionForm", (CorrectionForm,), {"present": present})


def _key(record: models.Model) -> str:
    return f"{record._meta.label_lower}:{record.pk}"


def _called(record: models.Model) -> str:
    code = getattr(record, "code", "") or getattr(record, "number", "")
    said = next((words.text(record, name) for name in parity.translated_fields(type(record))), str(record))
    return f"\u2066{code}\u2069 {Truncator(said).chars(90)}" if code else str(record)


def _field(record: Any, column: str) -> Any:
    return record._meta.get_field(column)


def _column_field(record: Any, column: str, now: str) -> forms.Field:
    """The box for one column, in its language and direction, with what stands there now."""
    field = _field(record, column)
    language = getattr(field, "language", None)
    if language:
        original = field.translated_field
        required = original.name in getattr(record, "REQUIRED_TEXTS", ())
        return text_field(capfirst(str(original.verbose_name)), language, required=required, initial=now)
    asked = number_fields.options_for(field)
    options: dict[str, Any] = {**asked, "initial": now, "label": capfirst(str(field.verbose_name))}
    if field.remote_field:
        options["queryset"] = field.related_model._base_manager.filter(protocol=record.protocol_id)
    elif isinstance(field, models.DateField):
        options["widget"] = day_box()
    box: forms.Field = field.formfield(**options)
    if isinstance(box.widget, forms.TextInput):
        box.widget.attrs["dir"] = "ltr"
    return box


def _written(value: Any) -> str:
    """What was typed, as the terms write it."""
    if isinstance(value, models.Model):
        return str(value.pk)
    if isinstance(value, datetime.date):
        return value.isoformat()
    return "" if value is None else _plain(str(value))
