"""The forms in which a coordinator appoints, ends, hands over and resets, and says on which act of the commune."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from babel.lists import format_list
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext, override, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from partnership import clock, filing, formats, languages, letters, mandates, number_fields, parity, uploads
from partnership.appointing import Act, Appointment
from partnership.models import APPOINTED, Basis, Document, DocumentKind, Membership, Party, Role, User
from partnership.parity import label

if TYPE_CHECKING:
    _MandateField = forms.ModelChoiceField[Membership]
else:
    _MandateField = forms.ModelChoiceField


def own_mandates(party: Party, *roles: str) -> QuerySet[Membership]:
    """The commune's mandates in these roles that are not over and whose end is not entered yet."""
    moment = clock.now(party.protocol)
    rows = Membership.objects.for_protocol(party.protocol).filter(organisation=party.organisation_id, role__in=roles)
    standing = rows.standing_at(moment, mandates.day_in(party, moment)).filter(ceases_at__isnull=True)
    return standing.select_related("user", "organisation").order_by("role", "user__name")


def _owed(party: Party) -> str:
    """In which languages someone of the commune is written to who has chosen none, for instance “French and Dutch”."""
    names = [str(parity.LANGUAGE_NAMES[code]) for code in letters.owed_by(party.organisation.country)]
    return format_list(names, locale=formats.LOCALES[languages.current()])


class DayField(number_fields.Day):
    """A day, chosen from the device's own calendar or typed."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date", "dir": "ltr"}, format="%Y-%m-%d")
        super().__init__(widget=widget, **options)


class MandateField(_MandateField):
    """One of the commune's mandates, by person, role and function."""

    def label_from_instance(self, obj: Membership) -> str:
        return f"{obj.user} · {obj.get_role_display()}"


class ActForm(forms.Form):
    """The act of the commune: how it is cited, and its document, kept before or chosen now."""

    citation = forms.CharField(
        label=_("The act, as it is cited"),
        max_length=200,
        help_text=_("Number and date. It stands in the public register: no name of a person."),
    )
    document = forms.ModelChoiceField(
        Document.objects.none(),
        label=_("Its document, kept here already"),
        required=False,
        empty_label=pgettext_lazy("choice of a document", "None of these"),
    )
    file = forms.FileField(
        label=_("Or a new file"),
        required=False,
        validators=[uploads.validate_upload],
        help_text=_("PDF, picture or DOCX, up to 10 MB. It stays internal: the register shows its digest only."),
    )

    def __init__(self, *args: Any, party: Party, **options: Any) -> None:
        super().__init__(*args, **options)
        self.party, self.label_suffix = party, ""
        acts = Document.objects.filter(protocol=party.protocol_id, owner=party.organisation_id, kind=DocumentKind.ACT)
        self.fields["document"].queryset = acts  # type: ignore[attr-defined]  # a menu of records

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not (cleaned.get("document") or cleaned.get("file") or "file" in self.errors):
            self.add_error("file", ValidationError(_("Attach the document of the commune’s act."), code="I3"))
        return cleaned

    def keep_file(self) -> None:
        """Keep a new file at once, whatever else was refused, and choose it: no browser offers a file twice. Call it after is_valid."""
        upload = self.cleaned_data.get("file")
        if not upload:
            return
        kept = filing.file_scan(
            upload,
            protocol=self.party.protocol,
            owner=self.party.organisation,
            titles=self._titles(self.cleaned_data.get("citation", "")),
        )
        self.cleaned_data["document"] = kept
        self.data = dict(self.data.items()) | {"document": str(kept.pk)}

    def _titles(self, citation: str) -> dict[str, str]:
        titles = {}
        for language in settings.REQUIRED_LANGUAGES:
            with override(language):
                titles[language] = gettext("Act of the commune of %(commune)s: %(citation)s") % {
                    "commune": self.party.organisation,
                    "citation": citation,
                }
        return titles

    @property
    def act(self) -> Act:
        """What was typed, for the product's acts."""
        return Act(self.cleaned_data["citation"], self.cleaned_data["document"])


class AppointForm(ActForm):
    """Who is appointed, as what, from when, in whose place."""

    role = forms.ChoiceField(
        label=_("Role"),
        choices=[
            (Role.SIGNATORY, pgettext_lazy("choice of a role", "Signatory")),
            (Role.COORDINATOR, pgettext_lazy("choice of a role", "Coordinator")),
        ],
        widget=forms.RadioSelect,
        initial=Role.SIGNATORY,
    )
    person = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Someone who is here already"),
        required=False,
        empty_label=pgettext_lazy("choice of a person", "None of these"),
    )
    email = forms.EmailField(
        label=_("Or someone new: their own e-mail address"),
        required=False,
        widget=forms.EmailInput(attrs={"dir": "ltr", "autocomplete": "off"}),
        help_text=_("A personal professional address that nobody else reads."),
    )
    name = forms.CharField(
        label=_("Their name"),
        max_length=150,
        required=False,
        help_text=_("For both communes; the register never names a person."),
    )
    language = forms.ChoiceField(label=_("Language of their pages and mails"), required=False)
    basis = forms.ChoiceField(label=_("It rests on"), choices=Basis.choices)
    starts_on = DayField(label=_("From"))
    ends_on = DayField(
        label=_("Until, if the act says so"),
        required=False,
        help_text=_("Left empty: until the commune ends the mandate."),
    )
    in_place_of = MandateField(
        Membership.objects.none(),
        label=_("In place of"),
        required=False,
        empty_label=_("Nobody"),
        help_text=_("That mandate ends at the same moment; its tasks, open decisions and reports pass on."),
    )
    deputy_of = MandateField(
        Membership.objects.none(),
        label=_("As deputy of"),
        required=False,
        empty_label=_("Nobody"),
        help_text=_("A deputy holds the same role and may act at any time."),
    )

    def __init__(self, *args: Any, party: Party, **options: Any) -> None:
        super().__init__(*args, party=party, **options)
        people = User.objects.filter(
            memberships__protocol=party.protocol_id, memberships__organisation=party.organisation_id, is_active=True
        )
        self.fields["person"].queryset = people.distinct().order_by("name")  # type: ignore[attr-defined]
        self.fields["language"].choices = [("", _owed(party)), *settings.LANGUAGES]  # type: ignore[attr-defined]
        self.fields["starts_on"].initial = mandates.day_in(party, clock.now(party.protocol))
        for name in ("in_place_of", "deputy_of"):
            self.fields[name].queryset = own_mandates(party, *APPOINTED)  # type: ignore[attr-defined]
        for language in settings.REQUIRED_LANGUAGES:
            self.fields[f"function_{language}"] = _function(language)

    @property
    def functions(self) -> list[forms.BoundField]:
        """The three boxes of the function, always in the same order."""
        return [self[f"function_{language}"] for language in settings.REQUIRED_LANGUAGES]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        chosen, typed = cleaned.get("person"), cleaned.get("email")
        if bool(chosen) == bool(typed) and "email" not in self.errors:
            self.add_error("email", ValidationError(_("Choose one person, or enter one new address."), code="person"))
        known = User.objects.filter(email=typed.lower()).exists() if typed else True
        if not known and not cleaned.get("name"):
            self.add_error("name", ValidationError(_("Enter the name that belongs to this address."), code="name"))
        return cleaned

    def appointment(self) -> Appointment:
        """What was typed, for the product's act. Someone new is made here, so call it in the act's own transaction."""
        typed = self.cleaned_data
        return Appointment(
            person=typed["person"] or self._by_address(typed["email"].lower()),
            role=Role(typed["role"]),
            function={language: typed[f"function_{language}"] for language in settings.REQUIRED_LANGUAGES},
            basis=Basis(typed["basis"]),
            starts_on=typed["starts_on"],
            ends_on=typed["ends_on"],
            deputy_of=typed["deputy_of"],
            in_place_of=typed["in_place_of"],
        )

    def _by_address(self, email: str) -> User:
        known = User.objects.filter(email=email).first()
        typed = self.cleaned_data
        return known or User.objects.create_user(email, None, name=typed["name"], language=typed["language"])


def _function(language: str) -> forms.CharField:
    attributes = {"lang": language, "dir": languages.direction(language)}
    return forms.CharField(
        label=label(Membership, "function", language), max_length=120, widget=forms.TextInput(attrs=attributes)
    )


class EndForm(ActForm):
    """On which act a key is taken back, and who carries its tasks from then on."""

    successor = MandateField(
        Membership.objects.none(),
        label=_("Successor"),
        required=False,
        empty_label=_("Nobody yet"),
        help_text=_("Tasks, open decisions and reports pass to this mandate at the moment the other one ends."),
    )

    def __init__(self, *args: Any, party: Party, mandate: Membership, **options: Any) -> None:
        super().__init__(*args, party=party, **options)
        self.fields["successor"].queryset = own_mandates(party, mandate.role).exclude(pk=mandate.pk)  # type: ignore[attr-defined]


class HandOverForm(forms.Form):
    """The last day of a mandate that holds no key, and its successor."""

    last_day = DayField(label=_("Last day"))
    successor = MandateField(
        Membership.objects.none(),
        label=_("Successor"),
        required=False,
        empty_label=_("Nobody yet"),
        help_text=_("From the day after, tasks, open decisions and reports pass to this mandate."),
    )

    def __init__(self, *args: Any, candidates: Iterable[Membership], today: datetime.date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.label_suffix = ""
        self.fields["successor"].queryset = candidates  # type: ignore[attr-defined]
        self.fields["last_day"].initial = today
