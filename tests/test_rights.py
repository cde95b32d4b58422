"""The walk: every address of the site, everyone, every method, each with the answer that the table of rights demands.

The long run tries every method by everyone at every address. The quick one tries each pair of the three: everyone comes to every
address, every address meets every method, everyone uses every method.

An address that nobody listed here fails by its name. What a page shows is tested elsewhere; nothing is drawn here, which keeps
the walk quick, and whatever a request writes is undone after it.
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth import SESSION_KEY
from django.db import transaction
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import translation

from partnership import link_views, permissions
from partnership.rights import Action
from tests.conftest import LONG
from tests.factories_planning import ConsultationFactory
from tests.factories_programme import ProjectFactory
from tests.factories_rights import cast, records, two_protocols
from tests.reports import made_report, undrawn
from tests.staff import use_second_factor

METHODS = ("GET", "POST", "PUT", "DELETE")
SESSIONS = "django.contrib.sessions.backends.signed_cookies"
"""Sessions that cost no query, and that no request can end."""

# Answers --------------------------------------------------------------------------------------------------------------

PAGE = "a page, or led on to one"
DOOR = "led to the sign-in"
REFUSED = "refused: may see it, not do it"
UNKNOWN = "unknown: may not see it"
METHOD = "no such method"
HELD = "a rule holds it back, and gives back what was typed"
KINDS = {200: PAGE, 403: REFUSED, 404: UNKNOWN, 405: METHOD, 409: HELD, 422: HELD}
DOORS = {"/fr/admin/login/", "/fr/accounts/login/"}


def answer_of(response: Any) -> str:
    """What an answer says, whatever its page."""
    if response.status_code in {301, 302}:
        return DOOR if response["Location"].partition("?")[0] in DOORS else PAGE
    return KINDS.get(response.status_code, f"broken: {response.status_code}")


# Who ------------------------------------------------------------------------------------------------------------------

LEFT_OUT = {"observer 1", "observer 2", "evaluator 2"}
"""Like another of the cast in every line of the table; tests/partnership/test_permissions.py asks them too."""
SIGNED_IN_OUTSIDE = ("nobody", "of another protocol")
OUTSIDE = ("anonymous", *SIGNED_IN_OUTSIDE)
COORDINATORS = ("coordinator 1", "coordinator 2")
PROPOSERS = (*COORDINATORS, "signatory 1", "signatory 2")
HIDERS = (*PROPOSERS, "editor 1", "editor 2")
EDITORS = (*COORDINATORS, "editor 1", "editor 2")
COMMUNES = (*PROPOSERS, "editor 1", "editor 2", "evaluator 1")
NOT_A_PARTNER = (*COMMUNES, "programme body", "administrator")
STAFF = (*NOT_A_PARTNER, "partner")
EVERYONE = (*STAFF, *OUTSIDE)
NOBODY: tuple[str, ...] = ()

Answers = dict[str, dict[str, str]]
"""By method and person."""


def said(*lines: tuple[Iterable[str], str], otherwise: str) -> dict[str, str]:
    """Each person's answer: that of the first line that names them."""
    found = dict.fromkeys(EVERYONE, otherwise)
    for names, answer in reversed(lines):
        found |= dict.fromkeys(names, answer)
    return found


def answers(get: dict[str, str], post: dict[str, str], rest: dict[str, str] | None = None) -> Answers:
    """By method; PUT and DELETE are known nowhere."""
    others = rest or said(otherwise=METHOD)
    return {"GET": get, "POST": post, "PUT": others, "DELETE": others}


def public() -> Answers:
    """A page that everyone reads and nobody writes to."""
    return answers(said(otherwise=PAGE), said(otherwise=METHOD))


def form_for_anyone() -> Answers:
    """A form that everyone fills in."""
    return answers(said(otherwise=PAGE), said(otherwise=PAGE))


def own_access(posted: str = PAGE) -> Answers:
    """A page about oneself, for whoever is signed in, with a mandate or without."""
    return answers(said((("anonymous",), DOOR), otherwise=PAGE), said((("anonymous",), DOOR), otherwise=posted))


def staff_page(get: Iterable[str] = STAFF, post: Iterable[str] | None = None, *, posted: str = PAGE) -> Answers:
    """A staff page: outsiders come to the door; who may open it, who may send its form (None: it has none)."""
    opened = said((OUTSIDE, DOOR), (get, PAGE), otherwise=UNKNOWN)
    if post is None:
        return answers(opened, said((OUTSIDE, DOOR), otherwise=METHOD))
    return answers(opened, said((OUTSIDE, DOOR), (post, posted), otherwise=UNKNOWN))


# What each address answers --------------------------------------------------------------------------------------------

OF_A_MANDATE = ("end", "second_factor", "call_off", "invitation")
"""What a coordinator does with a mandate of the own commune; it is one of the first commune's here."""
THE_DOOR = said((("anonymous",), DOOR), (SIGNED_IN_OUTSIDE, REFUSED), otherwise=PAGE)
OF_A_PROJECT = (
    "assessment_begin",
    "project_life",
    "who_does_what_project",
    "timeline",
    "converging",
    "project_money",
    "project_audit",
    "project_audit_pack",
)
TRANSLATORS = (*COORDINATORS, "editor 1", "editor 2")
FIRST_PROPOSERS = ("coordinator 1", "signatory 1")

EXPECTED: dict[str, Answers] = {
    # For everyone.
    "choose-language": public(),
    "health": public(),
    "home": public(),
    "protocol": public(),
    "action-plan": public(),
    "projects": public(),
    "project": public(),
    "partners": public(),
    "consultations": public(),
    "consultation": public(),
    "register": public(),
    "register-entry": public(),
    "register-decision": public(),
    "register-entries": public(),
    "register-entry-json": public(),
    "register-statement": public(),
    "reports": public(),
    "report": public(),
    "report-document": public(),
    "joint-colour": public(),
    # A file that is not published: for whoever may open the staff pages.
    "document": answers(said((OUTSIDE, UNKNOWN), otherwise=PAGE), said(otherwise=METHOD)),
    # Personal links: a form to type the code, and an address whose secret is unknown here.
    "link-code": form_for_anyone(),
    "link": answers(said(otherwise=UNKNOWN), said(otherwise=UNKNOWN)),
    # Signing in.
    "account_login": form_for_anyone(),
    "account_logout": form_for_anyone(),
    "account_inactive": public(),
    "account_reset_password": form_for_anyone(),
    "account_reset_password_done": public(),
    "account_reset_password_from_key": form_for_anyone(),
    "account_reset_password_from_key_done": public(),
    "mfa_login_webauthn": own_access(),
    "mfa_authenticate": own_access(),
    # One's own access.
    "mfa_index": own_access(),
    "account_reauthenticate": own_access(),
    "mfa_reauthenticate": own_access(),
    "mfa_reauthenticate_webauthn": own_access(),
    "account_second_factor": own_access(METHOD),
    "account_change_password": own_access(),
    "account_set_password": own_access(),
    "mfa_activate_totp": own_access(),
    "mfa_deactivate_totp": own_access(),
    "mfa_add_webauthn": own_access(),
    "mfa_remove_webauthn": own_access(),
    "mfa_edit_webauthn": own_access(),
    "mfa_view_recovery_codes": own_access(),
    "mfa_generate_recovery_codes": own_access(),
    "mfa_download_recovery_codes": own_access(),
    # The staff pages themselves. Whoever holds no mandate reads at the door why it stays shut.
    "admin:index": staff_page(post=STAFF),
    "admin:login": answers(THE_DOOR, THE_DOOR, THE_DOOR),
    "admin:logout": form_for_anyone(),
    "admin:password_change": staff_page(post=STAFF),
    "admin:password_change_done": staff_page(),
    "admin:autocomplete": staff_page(),
    "admin:jsi18n": staff_page(),
    "admin:app_list": staff_page(post=STAFF),
    "fr/admin/(?P<url>.*)$": staff_page(NOBODY, NOBODY),
    # Deciding together. Everyone reads a decision and what it asks of the communes; a rule holds back whoever may not answer.
    "admin:decision_sign": staff_page(post=STAFF, posted=HELD),
    "admin:decision_signed": staff_page(),
    "admin:decision_text": staff_page(),
    "admin:decision_choose": staff_page(PROPOSERS, PROPOSERS),
    "admin:decision_open": staff_page(PROPOSERS, PROPOSERS, posted=HELD),
    "admin:decision_withdraw": staff_page(PROPOSERS, PROPOSERS, posted=HELD),
    "admin:protocol_leave": staff_page(NOBODY, NOBODY),  # a draft has not begun, so nobody can leave it
    "admin:comment": answers(
        said((OUTSIDE, DOOR), otherwise=PAGE), said((OUTSIDE, DOOR), (("administrator",), REFUSED), otherwise=PAGE)
    ),
    # Texts are hidden from the public by editors, coordinators and signatories; without a reason a rule holds it back.
    "admin:hiding": staff_page(HIDERS, HIDERS),
    # The check of the three languages, of the protocol's texts and what all share.
    "admin:translations_check": staff_page(),
    # Translations by spreadsheet, for whoever changes records; a sheet that came back is found by its sender alone.
    "admin:translation_sheet": staff_page(EDITORS, EDITORS, posted=HELD),
    "admin:translation_sheet_download": staff_page(EDITORS, EDITORS),
    "admin:translation_sheet_preview": staff_page(NOBODY, NOBODY),
    "admin:translation_sheet_errors": staff_page(NOBODY, NOBODY),
    # Publishing in steps: opened without any work it leads to the start page; each record asks for its own right.
    "admin:publish_many": staff_page(post=STAFF),
    # Translating side by side.
    "admin:to_translate": staff_page(TRANSLATORS, TRANSLATORS),
    "admin:translate": answers(
        said((OUTSIDE, DOOR), (TRANSLATORS, PAGE), otherwise=REFUSED),
        said((OUTSIDE, DOOR), (TRANSLATORS, PAGE), otherwise=REFUSED),
    ),
    # Planning together: what everyone on the staff reads, what editors write, what those who may propose move.
    "admin:need_record": staff_page(EDITORS, EDITORS, posted=HELD),
    "admin:coverage": staff_page(),
    "admin:assessment": answers(
        said((OUTSIDE, DOOR), otherwise=PAGE), said((OUTSIDE, DOOR), (EDITORS, HELD), otherwise=REFUSED)
    ),
    "admin:assessment_begin": answers(
        said((OUTSIDE, DOOR), otherwise=METHOD), said((OUTSIDE, DOOR), (EDITORS, PAGE), otherwise=REFUSED)
    ),
    "admin:project_life": staff_page(PROPOSERS, PROPOSERS),
    "admin:responsibility": staff_page(EDITORS, EDITORS, posted=HELD),
    "admin:who_does_what": staff_page(),
    "admin:who_does_what_project": staff_page(),
    "admin:timeline": staff_page(),
    "admin:calendar": staff_page(),
    "admin:converging": staff_page(STAFF, EDITORS),
    "admin:iati_import": staff_page(EDITORS, EDITORS, posted=HELD),
    "admin:iati_preview": staff_page(NOBODY, NOBODY),
    "admin:iati_saving": staff_page(NOBODY, NOBODY),
    "admin:iati_skipped": staff_page(NOBODY, NOBODY),
    # Spreadsheets of one kind of record: whoever may change it sends one, whoever reads it takes one out.
    "admin:sheets": staff_page(EDITORS, EDITORS, posted=HELD),
    "admin:sheet_template": staff_page(EDITORS, EDITORS),
    "admin:sheet_export": staff_page(STAFF, STAFF),
    "admin:sheet_preview": staff_page(NOBODY, NOBODY),
    "admin:sheet_errors": staff_page(NOBODY, NOBODY),
    "admin:sheet_work": staff_page(NOBODY, NOBODY),
    "admin:protocol_money": staff_page(),
    "admin:project_money": staff_page(),
    "admin:project_audit": staff_page(COMMUNES),
    "admin:project_audit_pack": staff_page(COMMUNES),
    "admin:year_audit": staff_page(COMMUNES),
    "admin:year_audit_pack": staff_page(COMMUNES),
    # Mandates and a deliberation, of the first commune.
    "admin:partnership_membership_appoint": staff_page(COORDINATORS, COORDINATORS, posted=HELD),
    "admin:partnership_membership_end": staff_page(("coordinator 1",), ("coordinator 1",), posted=HELD),
    "admin:partnership_membership_second_factor": staff_page(("coordinator 1",), ("coordinator 1",)),
    "admin:partnership_membership_call_off": staff_page(("coordinator 1",), ("coordinator 1",)),
    "admin:partnership_membership_invitation": staff_page(("coordinator 1",), ("coordinator 1",)),
    "admin:partnership_deliberation_without_effect": staff_page(FIRST_PROPOSERS, FIRST_PROPOSERS, posted=HELD),
    # Reports, of the first commune's council.
    "admin:transparency_report_document": staff_page(NOT_A_PARTNER, NOT_A_PARTNER),
    "admin:transparency_report_release": answers(
        said((OUTSIDE, DOOR), (("partner",), UNKNOWN), otherwise=METHOD),
        said((OUTSIDE, DOOR), (("coordinator 1",), PAGE), (("partner",), UNKNOWN), otherwise=REFUSED),
    ),
    "admin:transparency_reportseries_preview": staff_page(NOT_A_PARTNER, NOT_A_PARTNER),
}


def arguments(own: dict[str, tuple[Any, Any]]) -> dict[str, dict[str, Any]]:
    """What addresses name, for one protocol's records. The public ones name what is public, so that they have something to show."""
    protocol = own["partnership.protocol"][0]
    decision, mandate = own["partnership.decision"][0], own["partnership.membership"][0]
    report, entry = own["transparency.report"][0], {"sequence": own["partnership.registerentry"][0].sequence}
    released = {"report_id": made_report(protocol, "2025-S2").pk}
    return {
        "project": {"code": ProjectFactory(protocol=protocol, published=True).code},
        "consultation": {"code": ConsultationFactory(protocol=protocol, published=True).code},
        "admin:need_record": {"pk": own["projects.need"][0].pk},
        "admin:assessment": {"pk": own["projects.priorassessment"][0].pk},
        "admin:responsibility": {"pk": own["projects.project"][0].involvements.first().pk},
        **{f"admin:{name}": {"pk": own["projects.project"][0].pk} for name in OF_A_PROJECT},
        **{f"admin:{name}": {"year": own["projects.budgetline"][0].year} for name in ("year_audit", "year_audit_pack")},
        "admin:sheets": {"code": "projects"},
        "admin:sheet_template": {"code": "projects", "form": "csv"},
        "admin:sheet_export": {"code": "projects", "form": "csv"},
        "admin:sheet_preview": {"code": "projects", "token": "unknown"},
        "admin:sheet_errors": {"code": "projects", "token": "unknown"},
        "admin:sheet_work": {"code": "projects", "pk": 1},
        **{f"admin:iati_{name}": {"token": "unknown"} for name in ("preview", "saving", "skipped")},
        "register-entry": entry,
        "register-entry-json": entry,
        "register-statement": entry,
        "register-decision": {"number": decision.number},
        "report": released,
        "report-document": {**released, "document_language": "fr"},
        "document": {"document_id": own["partnership.document"][0].pk},
        "link": {"written": "UNKNOWN"},
        "account_reset_password_from_key": {"uidb36": "1", "key": "set-password"},
        "admin:translation_sheet_preview": {"token": "unknown"},
        "admin:translation_sheet_errors": {"token": "unknown"},
        "mfa_remove_webauthn": {"pk": 1},
        "mfa_edit_webauthn": {"pk": 1},
        "admin:app_list": {"app_label": "projects"},
        "admin:comment": {"app_label": "projects", "model_name": "project", "key": own["projects.project"][0].pk},
        "admin:hiding": {"label": "projects.project", "key": own["projects.project"][0].pk},
        "admin:translate": {"app_label": "projects", "model_name": "project", "key": own["projects.project"][0].pk},
        "admin:decision_open": {"code": "ratify_protocol", "key": protocol.pk},
        **{f"admin:decision_{view}": {"pk": decision.pk} for view in ("sign", "signed", "text", "withdraw")},
        **{f"admin:partnership_membership_{view}": {"pk": mandate.pk} for view in OF_A_MANDATE},
        "admin:partnership_deliberation_without_effect": {"key": own["partnership.deliberation"][0].pk},
        "admin:transparency_report_document": {**released, "language": "fr"},
        "admin:transparency_report_release": {"report_id": report.pk},
        "admin:transparency_reportseries_preview": {"series_id": report.series_id, "language": "fr"},
        **{name: {"object_id": own[label][0].pk} for name, (label, view) in of_models().items() if view in OF_ONE},
    }


QUERIES = {
    "admin:autocomplete": "?app_label=projects&model_name=activity&field_name=project&term=",
}

# The forms of the admin: as the table says ----------------------------------------------------------------------------

OF_ONE = ("history", "change", "delete", "former")
OPENED_BY: dict[str, tuple[Action, ...]] = {"add": ("add",), "delete": ("delete",)}
"""What opening a page takes beside seeing the record."""
SENT_BY: dict[str, tuple[Action, ...]] = {**OPENED_BY, "change": ("change", "host")}


def of_models() -> dict[str, tuple[str, str]]:
    """The addresses of the admin's models: by name, the model's label and the view; “former” leads on to the form."""
    found: dict[str, tuple[str, str]] = {}
    for model in admin.site._registry:
        app, name, label = model._meta.app_label, model._meta.model_name, model._meta.label_lower
        found |= {f"admin:{app}_{name}_{view}": (label, view) for view in ("changelist", "add", *OF_ONE[:3])}
        found[f"fr/admin/{app}/{name}/<path:object_id>/"] = (label, "former")
    return found


def by_the_table(stage: Stage, label: str, view: str) -> Answers:
    """What the table demands of a model's page."""
    record = stage.own[label][0] if view in OF_ONE[:3] else None
    seen = {"partnership.change": None, label: record} if view == "history" else {label: record}

    def answer(name: str, takes: Iterable[Action]) -> str:
        if name in OUTSIDE:
            return DOOR
        person = stage.people[name]
        if not all(permissions.may(person, "view", stage.here, one, it) for one, it in seen.items()):
            return UNKNOWN
        allowed = [permissions.may(person, act, stage.here, label, record) for act in takes]
        return PAGE if any(allowed) or not allowed else REFUSED

    return answers(
        {name: answer(name, OPENED_BY.get(view, ())) for name in EVERYONE},
        {name: answer(name, SENT_BY.get(view, ())) for name in EVERYONE},
    )


# The walk -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stage:
    """Two protocols with a record of everything; everyone, each with a session that is signed in."""

    here: Any
    people: dict[str, Any]
    sessions: dict[str, str]
    own: dict[str, tuple[Any, Any]]
    arguments: dict[str, dict[str, Any]]
    elsewhere: dict[str, dict[str, Any]]
    media: Any

    def person(self, request: Any) -> Any:
        """Who a session belongs to."""
        key = request.session.get(SESSION_KEY)
        return next((one for one in self.people.values() if str(one.pk) == key), self.people["anonymous"])

    def answer(self, client: Client, name: str, method: str, address: str) -> str:
        """What a person is answered; whatever it wrote is undone."""
        client.cookies.clear()
        if name in self.sessions:
            client.cookies["sessionid"] = self.sessions[name]
        if method not in {"GET", "POST"}:
            return answer_of(getattr(client, method.lower())(address))
        with transaction.atomic():
            found = answer_of(getattr(client, method.lower())(address))
            transaction.set_rollback(True)
        return found


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[Stage]:
    """Everything is made once."""
    media = tmp_path_factory.mktemp("media")
    kept = override_settings(MEDIA_ROOT=media, SESSION_ENGINE=SESSIONS)
    with django_db_blocker.unblock(), transaction.atomic():
        with kept:
            here, there = two_protocols()
            people = {name: person for name, person in cast(here, there).items() if name not in LEFT_OUT}
            own, theirs = records(here), records(there)
            made = Stage(here, people, sessions_of(people), own, arguments(own), arguments(theirs), media)
        yield made
        transaction.set_rollback(True)


def sessions_of(people: dict[str, Any]) -> dict[str, str]:
    """Everyone's session, second factor included."""
    found = {}
    for name, person in people.items():
        if name != "anonymous":
            client = Client()
            client.force_login(person)
            use_second_factor(client)
            found[name] = client.cookies["sessionid"].value
    return found


@pytest.fixture
def browser(stage: Stage, settings: Any, own_media_folder: Any, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A browser for which nothing is drawn, no menu, page or document: whether someone may see it is decided before.

    Who asks, and of which protocol, is looked up once for all requests.
    """
    monkeypatch.setattr(logging.getLogger("django.request"), "disabled", True)
    settings.ALLOWED_HOSTS = ["here.example", "there.example", "testserver"]
    settings.SESSION_ENGINE, settings.MEDIA_ROOT = SESSIONS, stage.media
    settings.ACCOUNT_RATE_LIMITS = settings.MFA_RATE_LIMITS = False
    monkeypatch.setitem(link_views.WRONG, "config", {"link": "100000/1s/ip"})
    monkeypatch.setattr("django.template.backends.django.Template.render", lambda *_args, **_options: "")
    monkeypatch.setattr(admin.site, "get_app_list", lambda _request, label="": [{"name": label, "models": []}])
    monkeypatch.setattr("django.contrib.admin.ModelAdmin.get_inline_instances", lambda *_args, **_options: [])
    monkeypatch.setattr("partnership.middleware._protocol_of", lambda _request: stage.here)
    monkeypatch.setattr("django.contrib.auth.middleware.get_user", stage.person)
    monkeypatch.setattr("config.desk.time_zone", lambda _request: datetime.UTC)
    monkeypatch.setattr("transparency.reports.pdf.write", undrawn)
    return Client(headers={"host": "here.example"}, raise_request_exception=False)


def addresses(patterns: Any = None, way: str = "", space: str = "") -> Iterator[str]:
    """Every address of the URL configuration: by its name, or by its way where it has none."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(one, URLResolver):
            inner = f"{space}{one.namespace}:" if one.namespace else space
            yield from addresses(one.url_patterns, way + str(one.pattern), inner)
        elif isinstance(one, URLPattern):
            yield f"{space}{one.name}" if one.name else way + str(one.pattern)


def address_of(name: str, given: dict[str, dict[str, Any]]) -> str:
    """The address in French; one without a name is written out."""
    if name.startswith("fr/"):
        key = given.get(name, {}).get("object_id", "")
        return "/" + name.replace("<path:object_id>", str(key)).replace("(?P<url>.*)$", "nothing/")
    with translation.override("fr"):
        return reverse(name, kwargs=given.get(name)) + QUERIES.get(name, "")


ADDRESSES = sorted(set(addresses()))


def tried(name: str) -> list[tuple[str, str]]:
    """Who tries which method at an address: reading and sending by turns, and what no page takes by one after another."""
    if LONG:
        return [(person, method) for method in METHODS for person in EVERYONE]
    turn = ADDRESSES.index(name)
    known, unknown = METHODS[:2], METHODS[2:]
    return [
        *((person, known[(turn + place) % 2]) for place, person in enumerate(EVERYONE)),
        *((EVERYONE[(turn + place) % len(EVERYONE)], method) for place, method in enumerate(unknown)),
    ]


def test_everyone_tries_every_method_somewhere():
    pairs = {pair for name in ADDRESSES for pair in tried(name)}
    assert pairs == {(person, method) for person in EVERYONE for method in METHODS}
    for name in ADDRESSES:
        assert {person for person, _method in tried(name)} == set(EVERYONE)
        assert {method for _person, method in tried(name)} == set(METHODS)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ADDRESSES)
def test_the_walk(stage: Stage, browser: Client, name: str):
    model = of_models().get(name)
    if model is None and name not in EXPECTED:
        pytest.fail(f"Nobody has said who may open {name}. Say it in EXPECTED, and in arguments() what it names.")
    expected = by_the_table(stage, *model) if model else EXPECTED[name]
    address = address_of(name, stage.arguments)
    found = {(person, method): stage.answer(browser, person, method, address) for person, method in tried(name)}
    assert [
        f"{method} {address} by {person}: {answer}; expected: {expected[method][person]}"
        for (person, method), answer in found.items()
        if answer != expected[method][person]
    ] == []


NAMES_NO_RECORD = {
    "link",
    "account_reset_password_from_key",
    "mfa_remove_webauthn",
    "mfa_edit_webauthn",
    "admin:app_list",
    "admin:translation_sheet_preview",
    "admin:translation_sheet_errors",
    "admin:sheets",
    "admin:sheet_template",
    "admin:sheet_export",
    "admin:sheet_preview",
    "admin:sheet_errors",
    "admin:sheet_work",
    "admin:iati_preview",
    "admin:iati_saving",
    "admin:iati_skipped",
}


@pytest.mark.django_db
@pytest.mark.parametrize("person", ["coordinator 1", "administrator", "anonymous"])
def test_another_protocols_records_are_unknown_at_every_address_that_names_one(
    stage: Stage, browser: Client, person: str
):
    wrong = []
    shared = {"partnership.organisation", "partnership.internationalgoal", "partnership.term"}
    for name in set(stage.elsewhere) - NAMES_NO_RECORD:
        label, view = of_models().get(name, ("", ""))
        if label in shared or view == "former" or (label == "partnership.user" and person == "administrator"):
            continue  # shared by all; leads on to the form whatever its key; whom the administrator reads everywhere
        address = address_of(name, {**stage.arguments, name: stage.elsewhere[name]})
        if address == address_of(name, stage.arguments):
            continue  # numbered alike in each protocol
        for method in ("GET", "POST"):
            found = stage.answer(browser, person, method, address)
            if found not in ({DOOR, METHOD, UNKNOWN} if person == "anonymous" else {METHOD, UNKNOWN}):
                wrong.append(f"{method} {address} ({name}): {found}")
    assert wrong == []
