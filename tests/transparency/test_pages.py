"""Every public page in every language: whole, one protocol at a time, only what is published, few queries, few bytes."""

from __future__ import annotations

import datetime
import hashlib
import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings as project_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from partnership import publishing
from partnership.models import Clause, Protocol
from partnership.protocol_file import BELFAA_JETTE
from projects.models import Project
from tests.demonstration import told_on
from tests.factories import (
    ActionPlanFactory,
    ActivityFactory,
    BudgetLineFactory,
    DocumentFactory,
    DomainFactory,
    ExchangeRateFactory,
    IndicatorFactory,
    InvolvementFactory,
    MeasurementFactory,
    ObjectiveFactory,
    OrganisationFactory,
    ProjectFactory,
    ProtocolFactory,
    ReportSeriesFactory,
    TransactionFactory,
)
from tests.pages import LANGUAGES, Page, compressed_size, leftovers
from transparency.models import Report, ReportDocument, ReportSeries, Snapshot

pytestmark = pytest.mark.django_db
PATHS = ["", "protocol/", "action-plan/", "projects/", "projects/DEMO-02/", "partners/", "register/", "reports/"]
TODAY = datetime.date(2026, 11, 24)
PDF = b"%PDF-1.7 rapport"


def released_report(protocol: Protocol, period: str = "2026-S1", languages: str = "ar fr") -> Report:
    """A report of the first commune's council that has been released, with a PDF in each language."""
    series = ReportSeries.objects.filter(protocol=protocol, party__position=1).first()
    made = timezone.make_aware(datetime.datetime(2026, 7, 2, 9))
    snapshot, _new = Snapshot.objects.get_or_create(
        protocol=protocol, period=period, defaults={"taken_at": made, "text": "{}", "digest": "a1b2c3d4e5f6" + "0" * 52}
    )
    report = Report.objects.create(
        series=series or ReportSeriesFactory(protocol=protocol, languages=languages),
        period=period,
        starts_on=datetime.date(2026, 1, 1),
        ends_on=datetime.date(2026, 6, 30),
        snapshot=snapshot,
        made_at=made,
        released_at=made,
    )
    for language in languages.split():
        ReportDocument.objects.create(
            report=report,
            language=language,
            content=PDF,
            digest=hashlib.sha256(PDF).hexdigest(),
            pages=15,
            rendered_at=made,
        )
    return report


@pytest.fixture
def demonstration():
    protocol = told_on(TODAY)
    released_report(protocol)
    return protocol


@pytest.fixture(autouse=True)
def second_host(settings):
    """Another protocol's host name."""
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "second.example"]


def get(client: Client, address: str, status: int = 200, **headers: str) -> Page:
    """The page at an address, which must answer with the status."""
    answer = client.get(address, headers=headers)
    assert answer.status_code == status, address
    return Page(answer)


# Whole in every language


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_says_its_language_and_direction_and_leaves_no_placeholder(client: Client, demonstration, language):
    for path in PATHS:
        page = get(client, f"/{language}/{path}")
        assert page.root == {"lang": language, "dir": LANGUAGES[language]}
        assert leftovers(page) == []
        assert len(page.headings) == 1
        assert page.headings[0].strip()
        assert len(page.ids) == len(set(page.ids)), path


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_language_switch_stays_on_the_page_and_its_filters(client: Client, demonstration, language):
    for path in [*PATHS, "projects/?domain=DOM-SA&sort=start"]:
        page = get(client, f"/{language}/{path}")
        assert page.switch == {code: f"/{code}/{path}" for code in LANGUAGES}


def test_every_page_names_its_other_languages_and_its_own_address(client: Client, demonstration):
    page = get(client, "/fr/projects/DEMO-02/")
    alternates = {link["hreflang"]: link["href"] for link in page.rel("alternate")}
    assert alternates == {code: f"http://testserver/{code}/projects/DEMO-02/" for code in LANGUAGES}
    assert [link["href"] for link in page.rel("canonical")] == ["http://testserver/fr/projects/DEMO-02/"]


def test_no_page_asks_anyone_else_for_anything_or_sets_a_cookie(client: Client, demonstration):
    for path in PATHS:
        answer = client.get(f"/fr/{path}")
        outside = re.findall(r'(?:src|href)="(https?://(?!testserver)[^"]+)"', answer.content.decode())
        assert outside == []
        assert answer.cookies == {}
        assert " style=" not in answer.content.decode()
        assert "<script" not in answer.content.decode()


def test_the_home_page_puts_each_language_own_commune_and_currency_first(client: Client, demonstration):
    arabic, french = get(client, "/ar/"), get(client, "/fr/")
    assert arabic.words.index("جماعة بلفاع") < arabic.words.index("جماعة جييت")
    assert french.words.index("Commune de Jette") < french.words.index("Commune de Belfaa")
    assert client.get("/ar/").context["currencies"] == ("MAD", "EUR")
    assert client.get("/fr/").context["currencies"] == ("EUR", "MAD")


def test_what_is_not_recorded_yet_has_no_page_and_no_link(client: Client, demonstration):
    page = get(client, "/fr/")
    unknown = ("questions", "evaluations", "lessons", "open-data", "follow", "search")
    assert not [link for link in page.links if any(word in link for word in unknown)]


def test_only_a_demonstration_is_marked_as_one(client: Client, demonstration):
    ProtocolFactory(hostname="second.example")
    assert "demonstration" in get(client, "/fr/").source
    assert "demonstration" not in get(client, "/fr/", host="second.example").source


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_link_inside_the_site_leads_somewhere(client: Client, demonstration, language):
    seen: dict[str, Page] = {}
    ahead = [f"/{language}/"]
    while ahead:
        address = ahead.pop()
        page = seen[address] = get(client, address)
        for link in page.links:
            path, _, fragment = link.partition("#")
            target = path or address
            is_page = target.startswith(f"/{language}/") and "?" not in target and not target.endswith(".pdf")
            if is_page and target not in seen and target not in ahead:
                ahead.append(target)
            if fragment and target in seen:
                assert fragment in seen[target].ids, link
    assert len(seen) >= len(PATHS) + 8


# The protocol


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_clause_stands_with_its_number_and_the_act_letter_by_letter(client: Client, demonstration, language):
    page = get(client, f"/{language}/protocol/")
    clauses = Clause.objects.filter(protocol=demonstration)
    assert clauses.count() == 44
    assert {clause.number for clause in clauses} <= set(page.ids)
    answer = client.get(f"/{language}/protocol/").content.decode()
    inside = re.search(r'<div lang="ar" dir="rtl">(.*?)</div>', answer, re.DOTALL)
    assert inside
    assert inside[1] == (Path(BELFAA_JETTE).parent / "source-ar.txt").read_text(encoding="utf-8")


def test_only_a_translation_is_called_one(client: Client, demonstration):
    assert "Arab" in Page(client.get("/nl/protocol/")).words
    assert client.get("/fr/protocol/").context["is_courtesy"]
    assert not client.get("/ar/protocol/").context["is_courtesy"]


def test_principles_objectives_and_domains_lead_to_their_projects(client: Client, demonstration):
    links = get(client, "/fr/protocol/").links
    for address in ("?principle=PRI-1", "?objective=OBJ-2", "?domain=DOM-HD"):
        assert f"/fr/projects/{address}" in links


# One protocol at a time, and only what is published


def test_a_second_protocol_does_not_leak_into_the_first(client: Client):
    first, second = ProtocolFactory(), ProtocolFactory(hostname="second.example")
    own = ProjectFactory(protocol=first, code="SAME", title_fr="Le projet du premier", published=True)
    theirs = ProjectFactory(protocol=second, code="SAME", title_fr="Le projet du second", published=True)
    partner = OrganisationFactory(name_fr="Association du second")
    InvolvementFactory(project=theirs, organisation=partner)
    ActivityFactory(project=theirs, done=True, title_fr="Atelier du second")
    BudgetLineFactory(project=theirs, planned=Decimal(777000))
    released_report(second)
    plan = ActionPlanFactory(protocol=second, title_fr="Plan du second", published=True)
    theirs.plan = plan
    theirs.save()
    words = " ".join(
        get(client, f"/fr/{path}").words for path in ["", "projects/", "partners/", "action-plan/", "reports/"]
    )
    assert own.title_fr in words
    for text in (theirs.title_fr, partner.name_fr, "Atelier du second", "777", "Plan du second", "a1b2c3d4e5f6"):
        assert text not in words
    assert get(client, "/fr/projects/SAME/", host="second.example").headings == [theirs.title_fr]
    assert get(client, "/fr/projects/SAME/").headings == [own.title_fr]


def test_an_unpublished_project_is_nowhere(client: Client):
    protocol = ProtocolFactory()
    plan = ActionPlanFactory(protocol=protocol, published=True)
    hidden = ProjectFactory(protocol=protocol, title_fr="Projet à l’étude", code="HIDDEN", plan=plan)
    partner = OrganisationFactory(name_fr="Association pressentie")
    InvolvementFactory(project=hidden, organisation=partner)
    ActivityFactory(project=hidden, done=True, title_fr="Atelier à l’étude")
    BudgetLineFactory(project=hidden, planned=Decimal(777000))
    for path in ("", "projects/", "partners/", "action-plan/"):
        words = get(client, f"/fr/{path}").words
        for text in (hidden.title_fr, "HIDDEN", partner.name_fr, "Atelier à l’étude", "777"):
            assert text not in words, path
    assert hidden.title_fr not in get(client, "/fr/projects/HIDDEN/", 404).words


def test_a_withdrawn_project_says_since_when_and_nothing_else(client: Client):
    project = ProjectFactory(code="GONE", title_fr="Projet retiré", published=True)
    publishing.withdraw(project, by=None)
    Project.objects.update(withdrawn_at=timezone.make_aware(datetime.datetime(2026, 5, 4, 12)))
    page = get(client, "/fr/projects/GONE/", 410)
    assert "4 mai 2026" in page.words
    assert "Projet retiré" not in page.words
    assert "Projet retiré" not in get(client, "/fr/projects/").words


def test_a_part_appears_once_its_own_texts_are_complete(client: Client):
    project = ProjectFactory(code="PARTS", published=True)
    ActivityFactory(project=project, title_fr="Atelier sans néerlandais", title_nl="")
    IndicatorFactory(project=project, title_fr="Indicateur sans arabe", title_ar="")
    InvolvementFactory(project=project, phase="design", responsibility_fr="Rôle sans arabe", responsibility_ar="")
    ActivityFactory(
        project=project, done=True, title_fr="Atelier complet", happened_fr="Récit incomplet", happened_nl=""
    )
    words = get(client, "/fr/projects/PARTS/").words
    assert "Atelier complet" in words
    for text in ("sans néerlandais", "sans arabe", "Récit incomplet"):
        assert text not in words


def test_only_published_documents_are_listed(client: Client):
    project = ProjectFactory(code="FILES", published=True)
    shown = DocumentFactory(protocol=project.protocol, title_fr="Étude publiée", published=True)
    project.documents.set([shown, DocumentFactory(protocol=project.protocol, title_fr="Note interne")])
    words = get(client, "/fr/projects/FILES/").words
    assert "Étude publiée" in words
    assert "Note interne" not in words


def test_a_sensitive_place_shows_as_the_commune_only(client: Client):
    place = {f"place_{code}": "Rue des Oliviers 12" for code in LANGUAGES}
    project = ProjectFactory(code="SAFE", place_sensitive=True, published=True, **place)
    ActivityFactory(project=project, done=True, **place)
    page = get(client, "/fr/projects/SAFE/")
    assert "Oliviers" not in page.source
    assert project.lead.organisation.short_name_fr in page.words


def test_people_are_counted_and_small_counts_withheld(client: Client):
    project = ProjectFactory(code="PEOPLE", published=True)
    ActivityFactory(project=project, done=True, women=3, men=40)
    ActivityFactory(project=project, done=True, women=2, men=1)
    indicator = IndicatorFactory(project=project, counts_people=True)
    MeasurementFactory(indicator=indicator, value=Decimal(4))
    context = client.get("/fr/projects/PEOPLE/").context
    first, second = context["activities"]
    assert (first.women.value, first.men.value, first.total.value) == (None, None, 43)
    assert (second.women.value, second.men.value, second.total.value) == (None, None, None)
    assert second.total.withheld
    assert context["attendances"] == 43
    assert context["indicators"][0].state.withheld


def test_the_line_of_a_project_holds_what_began_before_what_is_planned(client: Client):
    project = ProjectFactory(code="LINE", published=True)
    days = {
        "done": (2025, 5),
        "under_way": (2024, 6),
        "planned": (2027, 1),
        "cancelled": (2024, 7),
        "postponed": (2026, 8),
    }
    for state, (year, month) in days.items():
        day = datetime.date(year, month, 1)
        began = day if state in {"done", "under_way"} else None
        ActivityFactory(project=project, state=state, planned_start=day, planned_end=day, actual_start=began)
    line = client.get("/fr/projects/LINE/").context["moments"]
    assert [(one.kind, one.done, one.activity and one.activity.state) for one in line] == [
        ("start", True, None),
        ("activity", True, "under_way"),
        ("activity", True, "done"),
        ("end", False, None),
        ("activity", False, "planned"),
    ]


def test_what_replaced_a_project_is_named_when_it_is_published(client: Client):
    old = ProjectFactory(code="OLD", state="replaced", published=True)
    new = ProjectFactory(protocol=old.protocol, code="NEW", title_fr="Le remplaçant", replaces=old)
    assert "Le remplaçant" not in get(client, "/fr/projects/OLD/").words
    publishing.publish(new, by=None)
    assert "Le remplaçant" in get(client, "/fr/projects/OLD/").words
    assert "/fr/projects/OLD/" in get(client, "/fr/projects/NEW/").links


def test_a_code_typed_in_small_letters_finds_the_project(client: Client):
    ProjectFactory(code="SMALL-1", published=True)
    assert client.get("/fr/projects/small-1/").headers["Location"] == "/fr/projects/SMALL-1/"


def test_both_communes_stand_side_by_side_in_every_project(client: Client):
    project = ProjectFactory(code="BOTH", published=True)
    context = client.get("/ar/projects/BOTH/").context
    assert [role.party.position for role in context["commune_roles"]] == [1, 2]
    assert [role.party.position for role in client.get("/fr/projects/BOTH/").context["commune_roles"]] == [2, 1]
    assert all(len(role.responsibilities) == 1 for role in context["commune_roles"])
    assert project.protocol.parties.count() == 2


def test_the_page_without_a_rate_says_so(client: Client):
    project = ProjectFactory(code="RATE", published=True)
    BudgetLineFactory(project=project, planned=Decimal(500))
    assert client.get("/fr/projects/RATE/").context["rate"] is None
    ExchangeRateFactory(protocol=project.protocol)
    page = get(client, "/fr/projects/RATE/")
    assert "1 EUR = 10,80 MAD" in page.words
    assert "5 400" in page.words


# Reports


def test_reports_stand_by_period_with_languages_pages_and_one_snapshot(client: Client):
    protocol = ProtocolFactory()
    report = released_report(protocol)
    page = get(client, "/fr/reports/")
    assert f"/fr/reports/{report.pk}/ar.pdf" in page.links
    assert page.links[f"/fr/reports/{report.pk}/fr.pdf"] == "Français"
    assert page.words.count("a1b2c3d4e5f6") == 2
    block = client.get("/fr/reports/").context["blocks"][0]
    assert block.same_snapshot
    assert block.rows[0].first_currency == "MAD"
    assert block.rows[0].documents[0].size == len(PDF)


def test_a_report_that_waits_for_release_is_not_public(client: Client):
    report = released_report(ProtocolFactory())
    Report.objects.update(released_at=None)
    assert str(report.pk) not in get(client, "/fr/reports/").source
    assert client.get(f"/fr/reports/{report.pk}/fr.pdf").status_code == 404


def test_a_report_is_the_stored_bytes_and_never_changes(client: Client):
    report = released_report(ProtocolFactory())
    answer = client.get(f"/nl/reports/{report.pk}/ar.pdf")
    assert answer.content == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert re.fullmatch(r'attachment; filename="2026-S1-[a-z0-9-]+-ar\.pdf"', answer["Content-Disposition"])
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in answer["Cache-Control"]
    again = client.get(f"/nl/reports/{report.pk}/ar.pdf", headers={"if-none-match": answer["ETag"]})
    assert again.status_code == 304


def test_a_language_the_report_was_not_made_in_is_not_there(client: Client):
    report = released_report(ProtocolFactory())
    assert client.get(f"/nl/reports/{report.pk}/nl.pdf").status_code == 404


def test_another_protocol_report_is_not_served_here(client: Client):
    ProtocolFactory()
    report = released_report(ProtocolFactory(hostname="second.example"))
    assert client.get(f"/fr/reports/{report.pk}/fr.pdf").status_code == 404
    assert client.get(f"/fr/reports/{report.pk}/fr.pdf", headers={"host": "second.example"}).status_code == 200


def test_listing_reports_reads_none_of_their_bytes(client: Client):
    released_report(ProtocolFactory())
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get("/fr/reports/")
    assert not [one["sql"] for one in queries if re.search(r'SELECT[^;]*"content"(?!\))', one["sql"].split("FROM")[0])]


# The joint colour


def test_the_joint_colour_the_communes_choose_is_a_style_sheet_of_our_own(client: Client):
    protocol = ProtocolFactory()
    assert "joint-colour" not in get(client, "/fr/").source
    protocol.joint_colour = "#335577"
    protocol.save()
    assert "/fr/joint-colour.css" in get(client, "/fr/").source
    answer = client.get("/fr/joint-colour.css")
    assert answer["Content-Type"] == "text/css"
    assert "--joint: #335577" in answer.content.decode()


def tokens() -> dict[str, dict[str, str]]:
    """The colours of each theme by name; `chosen` is the dark that a reader set against the system."""
    sheet = Path(project_settings.BASE_DIR, "static", "css", "tokens.css").read_text(encoding="utf-8")
    starts = {
        "light": r":root",
        "dark": r":root:not\(\[data-theme=\"light\"\]\)",
        "chosen": r":root\[data-theme=\"dark\"\]",
    }
    blocks = {name: re.search(rf"{start} \{{(.*?)\}}", sheet, re.DOTALL) for name, start in starts.items()}
    return {name: dict(re.findall(r"(--[\w-]+): (#\w{6});", block[1])) for name, block in blocks.items() if block}


def contrast(one: str, other: str) -> float:
    """The contrast of two colours by WCAG 2.2, from 1 to 21."""

    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_both_ways_into_the_dark_give_the_same_colours():
    themes = tokens()
    assert len(themes["dark"]) > 20
    assert themes["dark"] == themes["chosen"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_shapes_stand_out_from_what_they_stand_on(theme):
    colour = tokens()[theme]
    text = [(name, ground) for name in ("ink", "ink-2", "joint-ink") for ground in ("paper", "surface", "sunk")]
    text += [("square-ink", "square-wash"), ("diamond-ink", "diamond-wash"), ("joint-ink", "joint-wash")]
    text += [("bad", "bad-wash"), ("on-button", "joint-ink"), ("on-joint-mid", "joint-mid"), ("on-bad-mid", "bad-mid")]
    text += [("square-ink", "surface"), ("diamond-ink", "surface"), ("paper", "ink")]
    shapes = [(name, "paper") for name in ("square", "diamond", "joint", "data", "edge", "bad")]
    for least, pairs in ((4.5, text), (3, shapes)):
        weak = {pair: contrast(colour[f"--{pair[0]}"], colour[f"--{pair[1]}"]) for pair in pairs}
        assert {pair: ratio for pair, ratio in weak.items() if ratio < least} == {}


@pytest.mark.parametrize(("theme", "most"), [("light", 0.02), ("dark", 0.05)])
def test_neither_commune_colour_weighs_more(theme, most):
    colour = tokens()[theme]
    square, diamond = (contrast(colour[name], colour["--paper"]) for name in ("--square", "--diamond"))
    assert square == pytest.approx(diamond, rel=most)


# Speed and size


def programme(projects: int) -> Protocol:
    """A protocol with that many published projects, each with everything a page may show."""
    protocol = ProtocolFactory()
    ExchangeRateFactory(protocol=protocol)
    domain, objective = DomainFactory(protocol=protocol), ObjectiveFactory(protocol=protocol)
    plan = ActionPlanFactory(protocol=protocol, published=True)
    for number in range(projects):
        project = ProjectFactory(
            protocol=protocol, code=f"P-{number}", plan=plan, domains=[domain], objectives=[objective], published=True
        )
        InvolvementFactory(project=project, organisation=OrganisationFactory())
        ActivityFactory(project=project, done=True, training=True)
        TransactionFactory(line=BudgetLineFactory(project=project))
        MeasurementFactory(indicator=IndicatorFactory(project=project))
    return protocol


def queries_of(client: Client, address: str) -> int:
    """How many queries a page costs."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


MOST_QUERIES = {
    "": 24,
    "projects/": 22,
    "action-plan/": 14,
    "partners/": 12,
    "protocol/": 9,
    "reports/": 6,
    "projects/P-0/": 26,
}


def test_every_page_costs_the_same_at_one_and_thirty_projects(client: Client):
    programme(1)
    few = {path: queries_of(client, f"/fr/{path}") for path in MOST_QUERIES}
    Protocol.objects.update(primary=False)
    programme(30)
    many = {path: queries_of(client, f"/fr/{path}") for path in MOST_QUERIES}
    assert many == few
    assert {path: count for path, count in many.items() if count > MOST_QUERIES[path]} == {}


def test_no_page_weighs_more_than_60_kilobytes(client: Client, demonstration):
    sizes = {f"{code}/{path}": compressed_size(client.get(f"/{code}/{path}")) for code in LANGUAGES for path in PATHS}
    assert max(sizes.values()) < 25_000, sizes


def test_a_page_of_many_projects_stays_under_60_kilobytes(client: Client):
    programme(60)
    sizes = {path: compressed_size(client.get(f"/fr/{path}")) for path in MOST_QUERIES}
    assert max(sizes.values()) < 60_000, sizes
