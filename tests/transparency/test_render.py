"""A snapshot as HTML: whole, escaped, the same content for every reader [I13, I16]. No test here has a database."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape

import pytest
from django.utils import translation

from partnership.equality import Reader
from tests.transparency.report_data import (
    DIGEST,
    activity,
    decision,
    indicator,
    involvement,
    line,
    nothing,
    project,
    snapshot,
    sums,
    texts,
    with_decisions,
)
from transparency.reports import charts, reading, render, story
from transparency.templatetags import report as filters

BELFAA, JETTE = 1, 2
LANGUAGES = ("ar", "fr", "nl")
EMPTY = dict.fromkeys(LANGUAGES, "")


def html(data=None, language="fr", council=None, *, body=False, provisional=False) -> str:
    reader = Reader(language, council, programme_body=body)
    return render.html(data or snapshot(), reader=reader, digest=DIGEST, provisional=provisional)


def words(page: str) -> Counter:
    """Every word and figure a reader meets, pictures left out."""
    text = re.sub(r"<svg.*?</svg>", " ", page, flags=re.DOTALL)
    return Counter(word.strip("()") for word in unescape(re.sub(r"<[^>]+>", " ", text)).split())


def section(page: str, name: str) -> str:
    return page[page.index(f'<section id="{name}"') :].split("</section>")[0]


def in_language(data, language="fr"):
    return reading.localised(data, language)


# The same content for every reader [I16]


@pytest.mark.parametrize("language", LANGUAGES)
def test_swapping_the_councils_changes_nothing_but_the_addressee_and_the_order(language):
    belfaa, jette = words(html(language=language, council=BELFAA)), words(html(language=language, council=JETTE))
    assert belfaa - jette == Counter({"Belfaa": 1})
    assert jette - belfaa == Counter({"Jette": 1})


def test_the_programme_body_reads_the_same_figures():
    figures = re.compile(r"\d")
    council, body = words(html(council=JETTE)), words(html(body=True))
    one = Counter({word: n for word, n in council.items() if figures.search(word)})
    other = Counter({word: n for word, n in body.items() if figures.search(word)})
    assert one == other


@pytest.mark.parametrize("order", [(BELFAA, JETTE), (JETTE, BELFAA)])
def test_a_council_meets_its_own_commune_first_everywhere(order):
    names = {BELFAA: "Commune-Belfaa", JETTE: "Commune-Jette"}
    page = html(council=order[0])
    for name in ("contributions", "projects"):
        part = section(page, name)
        first, second = (part.index(text) for text in _names(name, order, names))
        assert first < second


def _names(part, order, names):
    return [names[place] for place in order] if part == "contributions" else [f"Tâche-{names[p][8:]}" for p in order]


@pytest.mark.parametrize(("council", "currencies"), [(BELFAA, ["MAD", "EUR"]), (JETTE, ["EUR", "MAD"])])
def test_a_council_meets_its_own_currency_first_everywhere(council, currencies):
    page = html(council=council)
    for name in ("minute", "projects", "contributions", "budget"):
        without_rate = re.sub(r"1\u00a0EUR = [\d,.]+\u00a0MAD", "", section(page, name))
        found = re.findall(r"\b(EUR|MAD)\b", without_rate)
        assert list(dict.fromkeys(found)) == currencies


def test_the_programme_body_reads_the_acts_order_and_euros_first():
    page = html(body=True)
    part = section(page, "contributions")
    assert part.index("Commune-Belfaa") < part.index("Commune-Jette")
    assert re.findall(r"\b(EUR|MAD)\b", section(page, "budget"))[0] == "EUR"


def test_the_objectives_are_the_pillars_of_the_programme_for_its_body_only():
    pillar = {"fr": "Pilier", "nl": "Pijler"}
    for language, word in pillar.items():
        assert word in section(html(language=language, body=True), "progress")
        assert word not in section(html(language=language, council=JETTE), "progress")


def test_pictures_of_money_are_the_same_for_both_councils():
    pictures = re.compile(r"<svg.*?</svg>", re.DOTALL)
    minute = [pictures.findall(section(html(council=council), "minute")) for council in (BELFAA, JETTE)]
    assert minute[0] == minute[1]


def test_the_title_of_the_act_keeps_its_order_for_every_reader():
    data = snapshot(protocol=snapshot()["protocol"] | {"title": texts("Belfaa–Jette")})
    for council in (BELFAA, JETTE):
        assert "Belfaa–Jette en français" in html(data, council=council)


# Whole, in each language


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_document_says_its_language_and_direction(language):
    page = html(language=language)
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_placeholder_and_no_empty_picture_is_left_over(language):
    page = html(language=language)
    assert not re.search(r"%\(\w+\)|\{\{|\{%|None\b|<bdi[^>]*></bdi>", page)
    assert 'width="mm"' not in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_picture_has_words_for_those_who_do_not_see_it(language):
    page = html(language=language)
    pictures = page.count("<svg")
    assert pictures > 10
    assert len(re.findall(r"<svg[^>]*><title>[^<]+</title>", page)) == pictures


def test_pictures_are_drawn_with_attributes_only_and_without_text():
    page = html()
    assert "style=" not in page
    assert "<text" not in page


def test_the_active_language_is_the_same_after_as_before():
    with translation.override("nl"):
        html(language="ar")
        assert translation.get_language() == "nl"


def test_the_same_snapshot_gives_the_same_html():
    assert html() == html()


def test_a_provisional_report_says_so_and_another_does_not():
    assert 'class="running-mark"' in html(provisional=True)
    assert 'class="running-mark"' not in html()


def test_the_footer_carries_twelve_digits_of_the_snapshot_and_the_last_page_all_of_them():
    page = html()
    assert re.search(rf'class="running-snapshot">[^<]*\b{DIGEST[:12]}\b', page)
    assert re.findall(r"<span>([0-9a-f]{8})</span>", section(page, "verify")) == [
        DIGEST[start : start + 8] for start in range(0, 64, 8)
    ]


def test_a_demonstration_is_marked_on_cover_last_page_and_every_footer():
    data = snapshot(protocol=snapshot()["protocol"] | {"demonstration": True})
    marked, unmarked = html(data), html()
    assert marked.count('class="demonstration"') == 2
    assert 'class="demonstration"' not in unmarked
    footer = re.compile(r'<p class="running-snapshot">(.*?)</p>', re.DOTALL)
    assert "démonstration" in footer.findall(marked)[0]
    assert "démonstration" not in footer.findall(unmarked)[0]


def test_no_paragraph_ends_with_a_space():
    assert not re.search(r"\s</(p|li|td|th|h[1-3])>", html(language="ar"))


# What is withheld, missing or odd


def test_a_withheld_count_is_said_in_words_and_not_shown():
    hidden = activity(women=None, men=None, people=None, withheld=True)
    page = html(snapshot(project(activities=[hidden])))
    assert "non publié" in section(page, "activities")
    assert "non publié" in section(page, "projects")


def test_a_withheld_value_is_said_in_words_and_has_no_bar():
    shown = html(snapshot(project(indicators=[indicator()])))
    withheld = html(snapshot(project(indicators=[indicator(withheld=True, progress=None)])))
    assert "non publié" in section(withheld, "indicators")
    assert section(withheld, "projects").count("<rect") == section(shown, "projects").count("<rect") - 1


def test_an_indicator_in_words_has_its_words_and_no_bar():
    where = {"on": "2024-12-31", "value": None}
    words_only = indicator(
        measure="qualitative",
        baseline=where | {"statement": texts("Aucun")},
        target=where | {"statement": texts("Validé")},
        latest=None,
        progress=None,
    )
    page = html(snapshot(project(indicators=[words_only])))
    assert "Aucun en français" in page
    assert "Validé en français" in page
    before_money = section(page, "projects").split("project-money")[0]
    assert before_money.count("<svg") == 1


def test_a_text_missing_in_the_readers_language_is_marked_as_the_other_language():
    page = html(snapshot(project(summary=EMPTY | {"ar": "نص", "nl": "tekst"})))
    assert '<span lang="ar" dir="rtl">نص</span>' in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_project_without_indicators_money_or_roles_is_told_all_the_same(language):
    bare = project(
        indicators=[], lines=[], involvements=[], activities=[], domains=[], planned_start=None, planned_end=None
    )
    page = html(snapshot(bare, totals=sums()), language=language)
    assert "Projet-BEL-01" in section(page, "projects")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_programme_that_has_just_begun_has_a_report(language):
    page = html(nothing(), language=language)
    assert '<section id="verify"' in page
    assert not re.search(r"%\(\w+\)", page)


def test_without_a_rate_the_report_says_that_currencies_are_not_converted():
    page = html(snapshot(rate=None))
    assert "1\u00a0EUR =" not in page
    assert "taux de change" in section(page, "budget").lower()


@pytest.mark.parametrize("language", LANGUAGES)
def test_markup_in_any_text_is_shown_and_not_obeyed(language):
    hostile = '<script>alert(1)</script><img src="http://127.0.0.1/x">"\'&'
    quoted = decision(words={"text": hostile, "language": "fr"})
    data = poisoned(with_decisions(quoted, projects=[project(activities=[activity()], lines=[line()])]), hostile)
    page = html(data, language=language)
    assert "<script" not in page
    assert "<img" not in page
    assert len(re.findall(r"&lt;(<bdi[^>]*>)?script", page)) > 15


def poisoned(data, word):
    """Every text replaced by the word."""
    if isinstance(data, dict):
        if data.keys() == set(LANGUAGES):
            return dict.fromkeys(data, word)
        return {key: poisoned(value, word) for key, value in data.items()}
    return [poisoned(one, word) for one in data] if isinstance(data, list) else data


def test_latin_runs_stand_isolated_in_arabic():
    assert filters.isolated("مشروع DEMO-01 سنة 2026", "rtl") == (
        'مشروع <bdi dir="ltr">DEMO-01</bdi> سنة <bdi dir="ltr">2026</bdi>'
    )
    assert filters.isolated("تمويل DGD via Brulocalis.", "rtl") == 'تمويل <bdi dir="ltr">DGD via Brulocalis</bdi>.'


def test_two_numbers_beside_each_other_are_two_runs():
    assert filters.isolated("28 45", "rtl") == '<bdi dir="ltr">28</bdi> <bdi dir="ltr">45</bdi>'


def test_an_arabic_quotation_stands_isolated_in_french():
    assert filters.isolated("le mot « شراكة مسؤولة » signifie", "ltr") == (
        'le mot « <bdi dir="rtl">شراكة مسؤولة</bdi> » signifie'
    )


def test_a_state_no_longer_known_stands_for_itself():
    assert filters.label("paused", "project") == "paused"
    page = html(snapshot(project(state="paused"), states=[{"state": "paused", "projects": 1}]))
    assert "paused" in page


def test_the_rate_keeps_every_place_and_at_least_two():
    with translation.override("fr"):
        assert filters.rate(in_language({"mad_per_eur": "10.8000"})["mad_per_eur"]) == "1\u00a0EUR = 10,80\u00a0MAD"
        assert filters.rate(in_language({"mad_per_eur": "10.7342"})["mad_per_eur"]) == "1\u00a0EUR = 10,7342\u00a0MAD"


# The one-minute page tells by rules


def told(*projects, **changes):
    return story.tell(in_language(snapshot(*projects, **changes)))


def rules(items):
    return [(item.rule, item.project) for item in items]


def test_what_moves_is_the_furthest_indicators_and_the_best_attended_activity_each_of_another_project():
    projects = [
        project(f"P-{i}", indicators=[indicator(progress=f"0.{i}000")], activities=[activity(people=100 - i)])
        for i in range(1, 6)
    ]
    assert rules(told(*projects).moves) == [("measured", "P-5"), ("measured", "P-4"), ("done", "P-1")]


def test_an_indicator_measured_before_the_period_does_not_move():
    old = indicator(latest=indicator()["latest"] | {"on": "2025-12-31"})
    assert rules(told(project("P-1", indicators=[old])).moves) == [("done", "P-1")]


def test_where_one_kind_is_missing_the_other_fills_its_place():
    measured = [project(f"P-{i}", activities=[]) for i in range(4)]
    assert [item.rule for item in told(*measured).moves] == ["measured"] * 3
    held = [project(f"P-{i}", indicators=[]) for i in range(4)]
    assert [item.rule for item in told(*held).moves] == ["done"] * 3


def test_an_activity_whose_people_are_withheld_is_not_the_best_attended():
    hidden = activity(women=None, men=None, people=None, withheld=True)
    assert rules(told(project("P-1", indicators=[], activities=[hidden])).moves) == []


def test_what_needs_attention_takes_the_first_case_of_each_rule_before_the_second_of_any():
    projects = [
        project("P-1", state="suspended"),
        project("P-2", state="suspended"),
        project("P-3", planned_end="2026-06-30"),
        project("P-4", activities=[activity(state="cancelled")]),
    ]
    assert rules(told(*projects).attention) == [("suspended", "P-1"), ("past_its_end", "P-3"), ("cancelled", "P-4")]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"state": "suspended"}, "suspended"),
        ({"planned_end": "2026-03-31"}, "past_its_end"),
        ({"activities": [activity(state="postponed")]}, "postponed"),
        ({"activities": [activity(state="cancelled")]}, "cancelled"),
        ({"indicators": [indicator(withheld=True, progress=None)]}, "withheld"),
        ({"indicators": [indicator(latest=None, progress=None)]}, "unmeasured"),
        ({"lines": [line(confirmed=False)]}, "unconfirmed"),
    ],
)
def test_each_rule_has_its_sentence_in_each_language(changes, rule):
    data = snapshot(project(**changes))
    assert rules(told(project(**changes)).attention) == [(rule, "BEL-01")]
    sentences = {re.sub(r"\s+", " ", section(html(data, language=one), "minute")) for one in LANGUAGES}
    assert len(sentences) == 3
    assert all('class="item attention"' in one for one in sentences)


@pytest.mark.parametrize(
    "quiet",
    [
        {"state": "closed", "planned_end": "2024-06-30"},
        {"state": "assessing", "indicators": [indicator(latest=None, progress=None)]},
        {"planned_end": "2026-07-01"},
        {"planned_end": None},
    ],
)
def test_what_is_as_it_should_be_calls_for_no_attention(quiet):
    assert rules(told(project(**quiet)).attention) == []


def test_the_story_does_not_depend_on_the_reader():
    data = snapshot(project("P-1", state="suspended"), project("P-2"))
    minute = [words(section(html(data, council=council), "minute")) for council in (BELFAA, JETTE)]
    assert minute[0] == minute[1]


# Pictures


def widths(picture):
    return [float(one.attributes["width"]) for one in picture.drawn if "width" in one.attributes]


def test_a_bullet_that_reaches_its_target_ends_at_the_tick():
    picture = charts.bullet(in_language({"value": "1.00"})["value"], 100)
    assert widths(picture)[3] == pytest.approx(100 * charts.TARGET_AT)


def test_an_unmeasured_bullet_has_greys_and_tick_alone():
    assert len(charts.bullet(None, 100).drawn) == 4


def test_more_spent_than_planned_stays_inside_the_picture():
    over = in_language(sums("100.00", "150.00", "150.00"))
    picture = charts.money(over, over["planned"]["EUR"], 50)
    assert max(widths(picture)) <= 50


def test_fifty_states_fit_the_width():
    picture = charts.states([{"state": "under_way", "projects": 50}], 170)
    last = picture.drawn[-1].attributes
    assert float(last["x"]) + float(last["width"]) <= 170
    assert len(picture.drawn) == 50


def test_both_shapes_of_the_emblem_have_the_same_area():
    square, diamond = (charts._shape(shape, 0, 0, 10, filled=True) for shape in ("square", "diamond"))
    assert area(square) == pytest.approx(area(diamond), rel=0.001)


def area(drawn) -> float:
    points = [tuple(map(float, pair.split(","))) for pair in drawn.attributes["points"].split()]
    return abs(sum(x * v - u * y for (x, y), (u, v) in zip(points, points[1:] + points[:1], strict=True))) / 2


def test_roles_stand_once_for_each_organisation_communes_first():
    entered = [
        involvement(None, "Association"),
        involvement(2, "Jette"),
        involvement(1, "Belfaa"),
        involvement(2, "Jette"),
    ]
    page = section(html(snapshot(project(involvements=entered)), council=BELFAA), "projects")
    roles = re.findall(r'<li class="(\w*)">\s*<b>([^<]+) en français</b>', page)
    assert roles == [("square", "Belfaa"), ("diamond", "Jette"), ("", "Association")]
