"""The page of a project's convergence: each overlapping initiative with its relation and what was agreed; or whom one asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partnership import clock, drafting, number_fields, page_numbers, parity, permissions, searching
from partnership.forms import day_box, text_field
from partnership.models import User
from partnership.opening_page import REFUSED, protocol_of
from partnership.templatetags import words
from projects import converging
from projects.converging import Answer, Asked
from projects.models import Convergence, Initiative, Project, Relation

PER_PAGE = 20
"""So many initiatives stand on one page, each with its boxes; those not examined first."""
FOUND = 10
PAGE, LOOKED_FOR = "p", "q"
SEARCHED = ("title_ar", "title_fr", "title_nl", "actor_name", "iati_identifier")


class _TextsForm(forms.Form):
    """Texts in three languages, with the sign of what stood when the page was opened."""

    FIELD = ""
    LABEL: str | Promise = ""

    seen = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)

    def __init__(self, *args: Any, longest: int, closed: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        for code in settings.REQUIRED_LANGUAGES:
            name = parity.column(self.FIELD, code)
            self.fields[name] = text_field(str(self.LABEL), code, required=False, rows=2, max_length=longest)
        for field in self.fields.values():
            field.disabled = closed

    def texts(self) -> dict[str, str]:
        """What was typed, by language, without line breaks."""
        codes = settings.REQUIRED_LANGUAGES
        return {code: parity.one_line(self.cleaned_data.get(parity.column(self.FIELD, code)) or "") for code in codes}

    @property
    def boxes(self) -> list[Any]:
        """The three boxes, in the order of the languages."""
        return [self[parity.column(self.FIELD, code)] for code in settings.REQUIRED_LANGUAGES]


class RelationForm(_TextsForm):
    """How the project relates to one initiative."""

    FIELD, LABEL = "agreed", _("What was agreed")
    relation = forms.ChoiceField(label=_("relation"), choices=Relation, required=False, widget=forms.RadioSelect)


class AskedForm(_TextsForm):
    """Who was asked about others, and when."""

    FIELD, LABEL = "convergence_asked", _("Who was asked")
    on = number_fields.Day(label=_("asked on"), required=False, widget=day_box())


@dataclass(frozen=True)
class Card:
    """An initiative with the form about it."""

    initiative: Initiative
    relation: Convergence | None
    form: RelationForm
    actor: str
    is_waiting: bool
    """Whether what was agreed lacks a language, so that the decision does not open."""


def urls(site: AdminSite) -> list[URLPattern]:
    """The address of a project's convergence, for the admin site."""
    return [path("projects/<int:pk>/convergence/", site.admin_view(partial(converge, site)), name="converging")]


def address(project: Project) -> str:
    """Where a project's convergence is examined."""
    return reverse("admin:converging", args=[project.pk])


def converge(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """The initiatives with what is said about each. Whoever may change the project saves it; others of the staff read."""
    protocol = protocol_of(request)
    rows = Project.objects.for_protocol(protocol).select_related("protocol", "lead__organisation")
    project = rows.prefetch_related("territories__organisation").filter(pk=pk).first()
    if project is None or not isinstance(request.user, User):
        raise Http404
    if not permissions.may(request.user, "view", protocol, record=project):
        raise Http404
    page = _Page(site, request, project, closed=not permissions.may(request.user, "change", protocol, record=project))
    if request.method == "POST":
        if page.closed:
            raise Http404
        return page.save(request.user)
    return page.answer()


class _Page:
    """One visit to the page of one project."""

    def __init__(self, site: AdminSite, request: HttpRequest, project: Project, *, closed: bool) -> None:
        self.site, self.request, self.project, self.closed = site, request, project, closed
        self.standing = {row.initiative_id: row for row in project.convergences.all()}
        drafting.lay_over([*self.standing.values(), project])

    # Saving

    def save(self, user: User) -> HttpResponse:
        """Everything that was typed, or nothing; then it stands again as it was typed, with what is against it."""
        keys = {int(key) for key in self.request.POST.getlist("initiative")[:200] if key.isdecimal()}
        found = self._with_facts(Initiative.objects.filter(protocol=self.project.protocol_id, pk__in=keys))
        cards = [self._card(one, self.request.POST) for one in found.order_by("pk")]
        asked = self._asked_form(self.request.POST)
        if all([*(card.form.is_valid() for card in cards), asked.is_valid()]):
            against = converging.examine(self.project, [_answer(card) for card in cards], _asked(asked), by=user)
            if not against:
                messages.success(self.request, gettext("What you wrote about the initiatives of others is saved."))
                return HttpResponseRedirect(self.request.get_full_path())
            cards = [self._refused(card, against.get(card.initiative.pk)) for card in cards]
            asked = _refuse(asked, against.get(None), self._seen_asked())
        return self.answer(cards, asked, status=REFUSED)

    def _refused(self, card: Card, refusal: ValidationError | None) -> Card:
        relation = Convergence.objects.filter(project=self.project.pk, initiative=card.initiative.pk).first()
        _refuse(card.form, refusal, _seen(relation))
        return card

    # Showing

    def answer(self, typed: Sequence[Card] = (), asked: AskedForm | None = None, *, status: int = 200) -> HttpResponse:
        """The page; after a refusal with the cards that were typed."""
        page = Paginator(self._to_show(), PER_PAGE).get_page(self.request.GET.get(PAGE))
        looked_for = self.request.GET.get(LOOKED_FOR, "")
        asked = asked or self._asked_form(None)
        cards = typed or [self._card(one, None) for one in page.object_list]
        extra = [] if typed else [self._card(one, None) for one in self._found(looked_for)]
        context = {
            **self.site.each_context(self.request),
            "title": _("Convergence with other actors"),
            "project": self.project,
            "cards": cards,
            "extra": extra,
            "asked": asked,
            "closed": self.closed,
            "waiting": converging.unexamined(self.project).order_by().count(),
            "examined": len(self.standing),
            "against": [error for refusal in converging.against(self.project) for error in refusal.messages],
            "errors": list(_errors([*cards, *extra], asked)),
            "looked_for": looked_for,
            "pages": page_numbers.links(page, self._page_address),
        }
        return TemplateResponse(self.request, "admin/converging.html", context, status=status)

    def _page_address(self, number: int) -> str:
        return page_numbers.address(self.request, [LOOKED_FOR], **{PAGE: str(number)})

    def _to_show(self) -> Any:
        """What overlaps and what has a relation, those without one first."""
        examined = Convergence.objects.filter(project=self.project.pk, initiative=OuterRef("pk"))
        rows = Initiative.objects.filter(protocol=self.project.protocol_id).annotate(is_examined=Exists(examined))
        wanted = Q(pk__in=converging.proposals(self.project).order_by().values("pk")) | Q(is_examined=True)
        return self._with_facts(rows.filter(wanted).order_by("is_examined", "-starts_on", "pk"))

    def _found(self, looked_for: str) -> Iterable[Initiative]:
        """Initiatives that nobody proposes and somebody looks for by their words."""
        if not looked_for.strip() or self.closed:
            return []
        rows = Initiative.objects.filter(protocol=self.project.protocol_id).exclude(pk__in=self.standing)
        rows = rows.exclude(pk__in=converging.proposals(self.project).order_by().values("pk"))
        found: list[Initiative] = list(self._with_facts(searching.matching(rows, SEARCHED, looked_for))[:FOUND])
        return found

    def _with_facts(self, rows: Any) -> Any:
        return rows.select_related("actor").prefetch_related("territories__organisation")

    def _card(self, initiative: Initiative, data: Any) -> Card:
        relation = self.standing.get(initiative.pk)
        agreed = converging.agreed_of(relation)
        initial = {parity.column("agreed", code): text for code, text in agreed.items()}
        initial |= {"relation": relation.relation if relation else "", "seen": _seen(relation)}
        longest = Convergence._meta.get_field("agreed").max_length or 0
        form = RelationForm(data, prefix=f"i{initiative.pk}", initial=initial, longest=longest, closed=self.closed)
        actor = words.text(initiative.actor, "name") if initiative.actor else initiative.actor_name
        needs = relation is not None and relation.relation != Relation.UNRELATED
        return Card(initiative, relation, form, actor, needs and not all(agreed.values()))

    def _asked_form(self, data: Any) -> AskedForm:
        initial: dict[str, Any] = {
            parity.column("convergence_asked", code): text for code, text in converging.asked_of(self.project).items()
        }
        initial |= {"on": self.project.convergence_asked_on, "seen": self._seen_asked()}
        longest = Project._meta.get_field("convergence_asked").max_length or 0
        form = AskedForm(data, prefix="asked", initial=initial, longest=longest, closed=self.closed)
        form.fields["on"].widget.attrs["max"] = clock.today(self.project.protocol).isoformat()
        return form

    def _seen_asked(self) -> str:
        project = Project.objects.get(pk=self.project.pk)
        return converging.sign_of(project.convergence_asked_on, converging.asked_of(project))


def _seen(relation: Convergence | None) -> str:
    return converging.sign_of(relation.relation if relation else "", converging.agreed_of(relation))


def _answer(card: Card) -> Answer:
    typed = card.form.cleaned_data
    return Answer(card.initiative.pk, typed["relation"], card.form.texts(), typed["seen"])


def _asked(form: AskedForm) -> Asked:
    return Asked(form.texts(), form.cleaned_data["on"], form.cleaned_data["seen"])


def _refuse(form: Any, refusal: ValidationError | None, seen: str) -> Any:
    """Show what stands against it, at its field where it names one; what somebody else wrote counts as seen from now on."""
    if refusal is None:
        return form
    errors = refusal.error_dict if hasattr(refusal, "error_dict") else {"": refusal.error_list}
    for name, found in errors.items():
        for error in found:
            at = next((one for one in (name, str(error.code)) if one in form.fields), None)
            form.add_error(at, error)
    data = form.data.copy()
    data[form.add_prefix("seen")] = seen
    form.data = data
    return form


def _errors(cards: Iterable[Card], asked: AskedForm) -> Iterable[tuple[str, str, str]]:
    """Every refusal with the initiative it is about and its place on the page."""
    for card in cards:
        for messages_of in card.form.errors.values() if card.form.is_bound else ():
            for message in messages_of:
                yield words.text(card.initiative, "title"), f"initiative-{card.initiative.pk}", str(message)
    for messages_of in asked.errors.values() if asked.is_bound else ():
        for message in messages_of:
            yield gettext("Who was asked"), "asked", str(message)
