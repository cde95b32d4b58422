"""What is typed into a cell of a prior assessment: its effect and weight, why, its measures, a commune's view, what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partnership import languages, number_fields, parity
from partnership.deciding_forms import LONGEST, ActingForm
from partnership.forms import day_box, text_box
from partnership.models import Organisation, Party
from partnership.refusals import Refusal
from partnership.templatetags import words
from partnership.translating import sign_of
from projects import assessing
from projects.assessing import Answer, AtField, Measure
from projects.models import Degree, Effect, Impact, Likelihood, Mitigation, Project, View

MEASURES = "measures"
MOST_MEASURES = 20

SEVERITY_MEANS = {
    Degree.MINOR: _("Hardly felt; passes by itself."),
    Degree.MODERATE: _("Felt by some people or in one place; can be put right."),
    Degree.MAJOR: _("Felt by many, or hard to put right."),
    Degree.CRITICAL: _("Lasting or irreversible, or touches health, rights or livelihood."),
}
"""What each step of severity means; docs/scales.md says where from."""
LIKELIHOOD_MEANS = {
    Likelihood.UNLIKELY: _("Would surprise us: less than one time in ten."),
    Likelihood.POSSIBLE: _("May happen: up to one time in two."),
    Likelihood.LIKELY: _("Rather happens than not: more than one time in two."),
    Likelihood.CERTAIN: _("We count on it: nine times in ten or more."),
}
"""What each step of likelihood means; docs/scales.md says where from."""


def _texts(form: forms.Form, name: str) -> dict[str, str]:
    return {code: form.cleaned_data.get(parity.column(name, code)) or "" for code in settings.REQUIRED_LANGUAGES}


def _text_fields(name: str, label: Any, rows: int = 2) -> dict[str, forms.CharField]:
    return {
        parity.column(name, code): forms.CharField(
            label=parity.label(Impact if name == "why" else Mitigation, name, code),
            required=False,
            strip=False,
            widget=text_box(code, rows),
        )
        for code in settings.REQUIRED_LANGUAGES
    }


@dataclass(frozen=True)
class Box:
    """One language of a text: its field, and what stands now where somebody else changed it too."""

    bound: BoundField
    language: str
    theirs: str | None = None


class WithTexts(forms.Form):
    """A form with texts in three languages, made when it is: labels are in the reader's language."""

    TEXTS: tuple[str, ...] = ()
    theirs: Mapping[str, str] = {}
    """What stands now, by the field's name, where two people changed the same thing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        for name in self.TEXTS:
            self.fields.update(_text_fields(name, name))

    def boxes(self, name: str) -> list[Box]:
        """The languages of a text, in the order ar, fr, nl."""
        columns = [(parity.column(name, code), code) for code in settings.REQUIRED_LANGUAGES]
        return [Box(self[column], code, self.theirs.get(column)) for column, code in columns]


class CellForm(WithTexts):
    """What a cell says."""

    TEXTS = ("why",)

    effect = forms.ChoiceField(label=_("effect"), choices=Effect, required=False, widget=forms.RadioSelect)
    severity = forms.TypedChoiceField(
        label=_("severity"), choices=Degree, coerce=int, empty_value=None, required=False, widget=forms.RadioSelect
    )
    likelihood = forms.TypedChoiceField(
        label=_("likelihood"),
        choices=Likelihood,
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )
    agrees = forms.BooleanField(label=_("My commune agrees with it as I save it"), required=False)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def why_boxes(self) -> list[Box]:
        """Why, in each language."""
        return self.boxes("why")


class MeasureForm(WithTexts):
    """One measure: what is done, who answers for it, until when, what remains."""

    TEXTS = ("measure", "remains")

    key = forms.IntegerField(required=False, widget=forms.HiddenInput)
    responsible = forms.ChoiceField(label=_("responsible organisation"), required=False)
    due = number_fields.Day(label=_("until when"), required=False, widget=day_box())
    removed = forms.BooleanField(label=_("Take this measure away"), required=False)

    def __init__(self, *args: Any, organisations: Organisations, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organisations = organisations
        self.fields["responsible"].choices = organisations.choices  # type: ignore[attr-defined]  # a choice field's own

    def clean_responsible(self) -> Organisation | None:
        """The organisation that was chosen."""
        return self.organisations.by_key.get(self.cleaned_data["responsible"])

    def measure_boxes(self) -> list[Box]:
        """What is done, in each language."""
        return self.boxes("measure")

    def remains_boxes(self) -> list[Box]:
        """What remains, in each language."""
        return self.boxes("remains")

    @property
    def is_open(self) -> bool:
        """Whether its fold stands open: it is there already, or something was typed into it."""
        return bool(self["key"].value()) or (self.is_bound and self.has_changed())

    @property
    def their_responsible(self) -> str:
        """Who stands now as responsible, where somebody else changed it too."""
        return theirs_in_words("responsible", self.theirs.get("responsible", ""), self.organisations)

    def as_typed(self) -> Measure:
        """The measure as it was typed."""
        data = self.cleaned_data
        return Measure(
            measure=_texts(self, "measure"),
            responsible=data.get("responsible"),
            due=data.get("due"),
            remains=_texts(self, "remains"),
            key=data.get("key"),
            removed=bool(data.get("removed")),
        )


@dataclass(frozen=True)
class Organisations:
    """Who can answer for a measure: the communes, those in the project, all others; read once for a page."""

    choices: list[tuple[Any, Any]]
    by_key: dict[str, Organisation]

    @classmethod
    def of(cls, project: Project, parties: Iterable[Party]) -> Organisations:
        """Two queries."""
        rows = list(Organisation.objects.order_by(parity.column("name", languages.current()), "pk"))
        communes = [party.organisation_id for party in parties]
        involved = set(project.involvements.values_list("organisation_id", flat=True)) - set(communes)
        by_key = {one.pk: one for one in rows}
        groups = (
            (_("The two communes"), [by_key[key] for key in communes]),
            (_("In this project"), [one for one in rows if one.pk in involved]),
            (_("Others"), [one for one in rows if one.pk not in involved and one.pk not in communes]),
        )
        named = [(label, [(str(one.pk), words.text(one, "name")) for one in group]) for label, group in groups if group]
        return cls([("", "–"), *named], {str(one.pk): one for one in rows})


MeasureFormSet = forms.formset_factory(
    MeasureForm, extra=0, max_num=MOST_MEASURES, absolute_max=MOST_MEASURES, validate_max=True
)


class CellForms:
    """A cell and its measures, as they stand or as they were typed."""

    is_clash = False
    """Whether somebody else changed the cell meanwhile, and the person is shown both."""

    def __init__(self, impact: Impact, organisations: Organisations, data: Any = None) -> None:
        self.impact = impact
        self.data = data
        to_rows = {"organisations": organisations}
        if data is None:
            self.cell = CellForm(initial=_initial(impact))
            self.measures = MeasureFormSet(initial=_rows(impact), prefix=MEASURES, form_kwargs=to_rows)
            return
        self.cell = CellForm(data)
        self.measures = MeasureFormSet(data, prefix=MEASURES, form_kwargs=to_rows)

    @property
    def is_bound(self) -> bool:
        """Whether it shows what was typed."""
        return self.cell.is_bound

    def is_valid(self) -> bool:
        """Whether everything that was typed can be read."""
        return all([self.cell.is_valid(), self.measures.is_valid()])

    def as_typed(self) -> Answer:
        """What the cell is to say."""
        data = self.cell.cleaned_data
        measures = [form.as_typed() for form in self.measures.forms]
        why = _texts(self.cell, "why")
        return Answer(data["effect"], data["severity"], data["likelihood"], why, measures)

    def refuse(self, refusal: Refusal) -> None:
        """Show each rule at what it is about."""
        for error in refusal.error_list:
            place = getattr(error, "field", None)
            if place is not None and place.startswith(f"{MEASURES}-"):
                self._refuse_measure(place, error)
            else:
                self.cell.add_error(place if place in self.cell.fields else None, error)

    def _refuse_measure(self, place: str, error: ValidationError) -> None:
        _prefix, number, name = place.split("-", 2)
        form = self.measures.forms[int(number)]
        form.add_error(name if name in form.fields else parity.column(name, languages.current()), error)

    def errors(self) -> list[tuple[str, str, str]]:
        """Every refusal: the field's name, its place on the page, what is wrong."""
        found = []
        for form in (self.cell, *self.measures.forms):
            for name, errors in form.errors.items() if form.is_bound else ():
                bound = form[name] if name in form.fields else None
                found += [
                    (str(bound.label) if bound else "", bound.auto_id if bound else "", str(one)) for one in errors
                ]
        found += [("", "", str(one)) for one in (self.measures.non_form_errors() if self.is_bound else ())]
        return found


def _initial(impact: Impact) -> dict[str, Any]:
    stands = {name: text for name, text in assessing.said(impact).items() if "." not in name}
    return {**stands, "seen": assessing.sign(impact)}


def _rows(impact: Impact) -> list[dict[str, Any]]:
    """The measures as they stand, and an empty one."""
    return [
        *({**assessing.said_of_measure(one), "due": one.due, "key": one.pk} for one in impact.mitigations.all()),
        {},
    ]


# Two people on one cell -----------------------------------------------------------------------------------------------


def brought_together(typed: CellForms, fresh: Impact, organisations: Organisations) -> CellForms:
    """The form again on the cell as it stands now. What only the other person changed is taken in; where both changed the
    same, it says what was typed, and shows beside it what stands."""
    data = typed.data.copy()
    opened = dict(one.rpartition("=")[::2] for one in data.get("seen", "").split())
    merge = _Merge(data, opened, assessing.said(fresh))
    merge.take("", {name: name for name in merge.stands if "." not in name})
    keys = {str(one.pk) for one in fresh.mitigations.all()}
    merge.rows(keys)
    data["seen"] = assessing.sign(fresh)
    again = CellForms(fresh, organisations, data)
    again.cell.theirs = merge.theirs
    again.is_clash = True
    for form in again.measures.forms:
        start = f"{form.prefix}-"
        form.theirs = {name.removeprefix(start): text for name, text in merge.theirs.items() if name.startswith(start)}
    return again


class _Merge:
    """What a browser sent, being brought together with what stands; `theirs` is what the person must look at."""

    def __init__(self, data: Any, opened: Mapping[str, str], stands: Mapping[str, str]) -> None:
        self.data, self.opened, self.stands = data, opened, stands
        self.theirs: dict[str, str] = {}

    def take(self, prefix: str, names: Mapping[str, str]) -> None:
        """Go through the fields `names`, each with the name under which the cell says it."""
        for name, known in names.items():
            mine, now = self.data.get(prefix + name, ""), self.stands[known]
            opened = self.opened.get(known)
            if mine == now or sign_of(now) == opened:
                continue
            if sign_of(mine) == opened:
                self.data[prefix + name] = now
            else:
                self.theirs[prefix + name] = now

    def rows(self, keys: set[str]) -> None:
        """The measures: those that are gone become new ones where they were changed, those that are new stand below."""
        total = f"{MEASURES}-TOTAL_FORMS"
        count = int(self.data.get(total) or 0)
        seen = set()
        for place in range(count):
            prefix = f"{MEASURES}-{place}-"
            key = self.data.get(f"{prefix}key", "")
            if key in keys:
                seen.add(key)
                self.take(prefix, {name.partition(".")[2]: name for name in self.stands if name.startswith(f"{key}.")})
            elif key:
                self.data[f"{prefix}key"] = ""
        for key in sorted(keys - seen):
            for name in self.stands:
                if name.startswith(f"{key}."):
                    self.data[f"{MEASURES}-{count}-{name.partition('.')[2]}"] = self.stands[name]
            self.data[f"{MEASURES}-{count}-key"] = key
            count += 1
        self.data[total] = str(count)


def theirs_in_words(name: str, text: str, organisations: Organisations) -> str:
    """What stands now, as people read it."""
    if name in {"severity", "likelihood", "effect"}:
        choices = {"severity": Degree, "likelihood": Likelihood, "effect": Effect}[name]
        return next((str(label) for value, label in choices.choices if str(value) == text), "–")
    if name == "responsible":
        return str(organisations.by_key[text]) if text in organisations.by_key else "–"
    return text or "–"


# A commune's view, and what became of a measure -----------------------------------------------------------------------


class ViewForm(ActingForm):
    """How a commune stands to a cell; whoever disputes says why."""

    comment = forms.CharField(
        label=pgettext_lazy("view", "comment"),
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": "2", "dir": "auto"}),
    )
    comment_language = forms.ChoiceField(label=_("language of the comment"), choices=languages.required())
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["comment_language"].initial = languages.current()


WORDS = {"agree": View.AGREED, "dispute": View.DISPUTED}
"""What each button of a view says."""


class FollowUpForm(WithTexts):
    """When a measure was done, and what became of it."""

    TEXTS = ("follow_up",)

    key = forms.IntegerField(widget=forms.HiddenInput)
    done_on = number_fields.Day(label=_("done on"), required=False, widget=day_box())
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def follow_up_boxes(self) -> list[Box]:
        """What became of it, in each language."""
        return self.boxes("follow_up")

    def texts(self) -> dict[str, str]:
        """What was typed, by language."""
        return _texts(self, "follow_up")


def place_errors(form: forms.Form, refusal: Refusal) -> None:
    """Show each rule at the field it is about, or at the top of the form."""
    for error in refusal.error_list:
        place = error.field if isinstance(error, AtField) else None
        form.add_error(place if place in form.fields else None, error)
