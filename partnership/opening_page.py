"""The pages on which a joint decision is opened: on which record, what would be decided word for word, what stands against it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django import forms
from django.apps import apps
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from partnership import canonical, decisions, equality, filing, languages, opening, permissions, statements
from partnership.deciding_forms import OpeningForm
from partnership.decisions import NO_TERMS, Kind, Terms
from partnership.forms import MORE, TermsForm
from partnership.middleware import current
from partnership.models import Decision, DecisionState, Document, MeetingPoint, Membership, Party, Protocol, Role
from partnership.refusals import Refusal
from partnership.rights import Action

PREVIEW = "_preview"
REFUSED = 422
SHOWN = 100
"""How many records of a kind are offered at most; older ones are reached from their own forms."""
READ_FIRST = _("Read below, word for word, what would be decided now; then open it.")
FIELDS = {"deadline": "deadline", "afterwards": "decided_on"}
"""At which field a rule is met, by its code."""


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of opening, for the admin site."""
    choose, opened = partial(choose_subject, site), partial(open_decision, site)
    return [
        path("decisions/open/", site.admin_view(choose), name="decision_choose"),
        path("decisions/open/<slug:code>/<str:key>/", site.admin_view(opened), name="decision_open"),
    ]


def protocol_of(request: HttpRequest) -> Protocol:
    """The request's protocol. Raises Http404 while none is loaded."""
    protocol = current(request)
    if protocol is None:
        raise Http404
    return protocol


def mandates_for(request: HttpRequest, action: Action, record: models.Model | None = None) -> list[Membership]:
    """The mandates under which the person may do this, of each commune the first. Raises Http404 where there is none."""
    label = None if record is not None else "partnership.decision"
    found = permissions.granting(request.user, action, protocol_of(request), label, record)
    held = [mandate.membership for _line, mandate in found if mandate.membership is not None]
    if not held:
        raise Http404
    return list({membership.organisation_id: membership for membership in reversed(held)}.values())


def parties_of(protocol: Protocol) -> list[Party]:
    """Both communes, in the reader's order [I16]."""
    rows = list(protocol.parties.select_related("organisation"))
    return equality.ordered(rows, equality.Reader(languages.current()))


def errors_of(form: forms.BaseForm) -> Iterable[tuple[str, str, str]]:
    """Every refusal of what was typed: the field's name, its place on the page, what is wrong."""
    for name, errors in form.errors.items() if form.is_bound else ():
        bound = form[name] if name in form.fields else None
        for message in errors:
            yield str(capfirst(bound.label)) if bound else "", bound.id_for_label if bound else "", str(message)


@dataclass(frozen=True)
class Proposal:
    """What would be decided, word for word: in the three languages, as people read it, and as it is hashed."""

    sentences: list[tuple[str, str, str]]
    reading: statements.Reading
    text: str
    digest: str


@dataclass(frozen=True)
class Condition:
    """A rule that stands against opening, and where it can be met."""

    message: str
    rule: str
    url: str
    link: str


@dataclass
class Opening:
    """A decision about to be opened: the kind, the record it is about, what was typed."""

    kind: Kind
    subject: Any
    protocol: Protocol
    mandates: list[Membership]
    form: OpeningForm
    terms_form: TermsForm | None
    terms: Terms | None = None
    """The terms once they are valid; NO_TERMS for a kind without any, None while they are not."""
    against: list[Refusal] = field(default_factory=list)

    def examine(self) -> None:
        """Ask every rule about the subject, with the terms as far as they stand."""
        self.against = opening.against(self.kind, self.subject, self.terms or NO_TERMS)

    def show_at_fields(self) -> None:
        """Put every rule about one of the terms at its field; the terms are not known then."""
        for error in (error for refusal in self.against for error in refusal.error_list):
            if self.terms_form is not None and error.code in self.terms_form.fields:
                self.terms_form.add_error(error.code, error)
                self.terms = None

    def proposal(self) -> Proposal | None:
        """What would be decided; None while the terms are not known."""
        if self.terms is None:
            return None
        content = canonical.text(self.kind.content(self.subject, self.terms))
        unopened = Decision(kind=self.kind.code, statement=canonical.text({"content": json.loads(content)}))
        said = decisions.in_languages(lambda: self.kind.sentence(self.subject, self.terms or NO_TERMS))
        sentences = [(code, languages.direction(code), text) for code, text in said.items()]
        return Proposal(sentences, statements.read(unopened), content, canonical.digest(content))

    def was_read(self) -> bool:
        """Whether the page it was sent from showed exactly what would be decided now."""
        proposal = self.proposal()
        return proposal is not None and proposal.digest == self.form.cleaned_data["seen"]


# On which record ------------------------------------------------------------------------------------------------------


def choose_subject(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """Every kind of decision with the records it can be opened on."""
    mandates_for(request, "propose")
    context = {
        **site.each_context(request),
        "title": _("Open a decision"),
        "groups": [(kind, list(_subjects(site, request, kind))) for kind in decisions.all_kinds()],
        "point": _point(request.GET.get("point", ""), protocol_of(request)),
    }
    return TemplateResponse(request, "admin/decision_choose.html", context)


def _subjects(site: AdminSite, request: HttpRequest, kind: Kind) -> Iterable[tuple[Any, str, str]]:
    """The records of the kind's model with what each is called; of an only one also what stands against it."""
    admin: Any = site.get_model_admin(apps.get_model(kind.model))
    rows = admin.get_queryset(request)
    if kind.model == "partnership.decision":
        rows = rows.filter(state=DecisionState.ADOPTED, binds=True)
    found = list(rows[:SHOWN])
    against = opening.against(kind, found[0]) if len(found) == 1 else []
    reason = " ".join(against[0].messages) if against else ""
    return ((row, admin.heading(row), reason) for row in found)


def _point(key: str, protocol: Protocol) -> MeetingPoint | None:
    """A point of a meeting that leads to no decision yet."""
    points = MeetingPoint.objects.filter(meeting__protocol=protocol, decision__isnull=True)
    return points.filter(pk=key).first() if key.isdecimal() else None


# What would be decided ------------------------------------------------------------------------------------------------


def open_decision(site: AdminSite, request: HttpRequest, code: str, key: str) -> HttpResponse:
    """Say what would be decided and what stands against it, take its terms, and open it. A refusal keeps everything typed."""
    asked = _opening(site, request, code, key)
    if request.method != "POST" or MORE in request.POST:
        return _opening_page(site, request, asked)
    is_whole = _read(asked)
    if is_whole and PREVIEW not in request.POST and not asked.was_read():
        asked.form.add_error(None, Refusal(READ_FIRST, code="seen"))
        is_whole = False
    if PREVIEW in request.POST or not is_whole:
        return _opening_page(site, request, asked, status=200 if is_whole else REFUSED)
    try:
        decision = _propose(asked)
    except Refusal as refusal:
        asked.form.refuse(refusal, FIELDS)
        return _opening_page(site, request, asked, status=REFUSED)
    messages.success(
        request,
        gettext("Decision %(number)s is open. Both communes’ people who sign have been told by mail.")
        % {"number": f"\u2066{decision.number}\u2069"},
    )
    return HttpResponseRedirect(reverse("admin:partnership_decision_change", args=[decision.pk]))


def _opening(site: AdminSite, request: HttpRequest, code: str, key: str) -> Opening:
    """Read the address. Raises Http404 for an unknown kind, a record out of reach, or a person who may not propose."""
    kind = next((kind for kind in decisions.all_kinds() if kind.code == code), None)
    mandates = mandates_for(request, "propose")
    if kind is None:
        raise Http404
    subject = _subject(site, request, kind, key)
    protocol = kind.protocol(subject)
    asked = Opening(kind, subject, protocol, mandates, *_forms(request, kind, subject, protocol, mandates))
    asked.terms = None if asked.terms_form else NO_TERMS
    asked.examine()
    return asked


def _subject(site: AdminSite, request: HttpRequest, kind: Kind, key: str) -> Any:
    model = apps.get_model(kind.model)
    admin: Any = site.get_model_admin(model)
    return model._base_manager.get(pk=admin.get_object(request, key).pk)


def _forms(
    request: HttpRequest, kind: Kind, subject: Any, protocol: Protocol, mandates: list[Membership]
) -> tuple[OpeningForm, TermsForm | None]:
    is_sent = request.method == "POST" and MORE not in request.POST
    typed = request.POST if request.method == "POST" else request.GET
    options: dict[str, Any] = {"kind": kind, "protocol": protocol, "mandates": mandates}
    terms = kind.terms_form(subject) if kind.terms_form else None
    if is_sent:
        sent = OpeningForm(typed, request.FILES, **options)
        return sent, terms(typed, label_suffix="") if terms else None  # type: ignore[return-value]  # its class is a TermsForm
    initial = TermsForm.beginning(typed)
    begun = OpeningForm(initial=initial, **options)
    return begun, terms(initial=terms.beginning(typed), label_suffix="") if terms else None  # type: ignore[attr-defined,return-value]


def _read(asked: Opening) -> bool:
    """Check what was sent. A new scan is kept at once, whatever else is wrong."""
    form, terms = asked.form, asked.terms_form
    form.is_valid()
    upload = form.new_scan()
    if upload is not None:
        form.keep(_file(asked, upload))
    form.afterwards()
    if terms is not None and terms.is_valid():
        asked.terms = json.loads(canonical.text(terms.cleaned_data))
        asked.examine()
        asked.show_at_fields()
    return form.is_valid() and asked.terms is not None


def _file(asked: Opening, upload: Any) -> Document:
    titles = {}
    for language, title in asked.kind.title(asked.subject).items():
        with override(language):
            titles[language] = gettext("Scan: %(kind)s, “%(title)s”") % {"kind": asked.kind.label, "title": title}
    owner = asked.form.by.organisation
    return filing.file_scan(upload, protocol=asked.protocol, owner=owner, titles=titles)


@transaction.atomic
def _propose(asked: Opening) -> Decision:
    form = asked.form
    decision = opening.propose(
        asked.kind,
        asked.subject,
        by=form.by,
        terms=asked.terms or NO_TERMS,
        deadline=form.cleaned_data["deadline"],
        afterwards=form.afterwards(),
    )
    point = _point(form.cleaned_data["point"], asked.protocol)
    if point is not None:  # of the meeting that asked for it
        point.decision = decision
        point.save(update_fields=["decision"])
    return decision


def _opening_page(site: AdminSite, request: HttpRequest, asked: Opening, *, status: int = 200) -> HttpResponse:
    admin = site.get_model_admin(type(asked.subject))
    context = {
        **site.each_context(request),
        "title": asked.kind.label,
        "subtitle": admin.heading(asked.subject),  # type: ignore[attr-defined]  # of every scoped admin
        "opts": admin.opts,
        "subject": asked.subject,
        "opening": asked,
        "kind": asked.kind,
        "form": asked.form,
        "terms": asked.terms_form,
        "proposal": asked.proposal(),
        "conditions": list(_conditions(asked)),
        "errors": [*(errors_of(asked.terms_form) if asked.terms_form else ()), *errors_of(asked.form)],
        "rests_on_councils": asked.kind.rests_on_councils(asked.subject, asked.terms or NO_TERMS),
        "signers": _signers(asked),
        "more": MORE,
        "preview": PREVIEW,
    }
    return TemplateResponse(request, "admin/decision_open.html", context, status=status)


def _signers(asked: Opening) -> list[tuple[Party, int]]:
    """Each commune, in the reader's order, with how many of its people sign."""
    by_rule = asked.kind.signed_by == Role.SIGNATORY
    return [(party, party.hands if by_rule else 1) for party in parties_of(asked.protocol)]


def _conditions(asked: Opening) -> Iterable[Condition]:
    """Every rule that stands against it, with where it can be met."""
    for refusal in asked.against:
        for error in refusal.error_list:
            yield Condition(" ".join(error.messages), _rule(error), *_place(asked, str(error.code)))


def _rule(error: ValidationError) -> str:
    code = str(error.code or "")
    return code if code[:1] == "I" and code[1:].isdecimal() else ""


def _place(asked: Opening, code: str) -> tuple[str, str]:
    same = Decision.objects.open().on(asked.subject).filter(kind=asked.kind.code).first() if code == "I4" else None
    if same is not None:
        return reverse("admin:partnership_decision_change", args=[same.pk]), gettext("See the open decision")
    record: models.Model = asked.protocol if code == "I1" else asked.subject
    name = f"admin:{record._meta.app_label}_{record._meta.model_name}_change"
    words = gettext("Open the protocol") if record is asked.protocol else gettext("Open the record")
    return reverse(name, args=[record.pk]), words
