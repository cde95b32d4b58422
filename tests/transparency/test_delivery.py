"""Which documents a recipient is sent, and in which languages the mail speaks."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from tests.factories import MembershipFactory, OrganisationFactory, ProtocolFactory
from tests.factories_programme import ReportRecipientFactory, ReportSeriesFactory
from tests.reports import made_report
from transparency.models import ReportDocument
from transparency.reports import delivery

pytestmark = pytest.mark.django_db


def sent(series: Any, **recipient: Any) -> tuple[list[str], list[str]]:
    """The languages of the mail's parts and of its documents, for one recipient."""
    ReportRecipientFactory(series=series, **recipient)
    report = made_report(series.protocol, "2026-S1", delivered=False)
    for code in series.language_codes:
        if code != "fr":
            ReportDocument.objects.create(
                report=report, language=code, content=b"%PDF", digest="0" * 64, pages=1, rendered_at=timezone.now()
            )
    [made] = delivery.deliver(report)
    mail = message_from_bytes(bytes(made.message.content), policy=policy.default)
    html = mail.get_body(("html",)).get_content()
    parts = [code for code in ("ar", "fr", "nl") if f'lang="{code}"' in html]
    files = [str(part.get_filename()).rsplit("-", 1)[1][:2] for part in mail.iter_attachments()]
    return parts, sorted(files)


def series_of(position: int, languages: str) -> Any:
    protocol = ProtocolFactory()
    return ReportSeriesFactory(
        protocol=protocol, party=protocol.parties.get(position=position), languages=languages, time_zone="UTC"
    )


def holder(series: Any, language: str) -> Any:
    return MembershipFactory(protocol=series.protocol, organisation=series.party.organisation, user__language=language)


@pytest.mark.parametrize(("position", "languages"), [(1, "ar fr"), (2, "fr nl"), (2, "fr nl ar")])
def test_an_office_receives_every_language_of_its_series(position: int, languages: str):
    parts, files = sent(series_of(position, languages))
    assert parts == files == sorted(languages.split())


@pytest.mark.parametrize(
    ("position", "languages", "chosen"), [(1, "ar fr", "ar"), (1, "ar fr", "fr"), (2, "fr nl", "nl")]
)
def test_a_person_receives_the_language_they_chose(position: int, languages: str, chosen: str):
    series = series_of(position, languages)
    assert sent(series, email="", membership=holder(series, chosen)) == ([chosen], [chosen])


def test_a_person_who_chose_none_receives_every_language_of_the_series():
    series = series_of(2, "fr nl")
    assert sent(series, email="", membership=holder(series, "")) == (["fr", "nl"], ["fr", "nl"])


def test_a_language_the_series_is_not_made_in_takes_no_document_away():
    series = series_of(2, "fr nl")
    assert sent(series, email="", membership=holder(series, "ar")) == (["ar"], ["fr", "nl"])


@pytest.mark.parametrize(
    ("position", "languages", "holds"),
    [
        (1, "ar", True),
        (1, "ar nl", True),
        (1, "fr nl", False),
        (2, "fr nl", True),
        (2, "nl fr ar", True),
        (2, "ar", False),
        (2, "fr", False),
    ],
)
def test_a_council_is_never_left_without_a_language_it_is_owed(position: int, languages: str, holds: bool):
    series = series_of(position, "ar fr nl")
    series.languages = languages
    if holds:
        series.full_clean()
    else:
        with pytest.raises(ValidationError) as refused:
            series.full_clean()
        assert list(refused.value.message_dict) == ["languages"]


def test_the_programme_body_is_owed_french_and_dutch():
    body = OrganisationFactory(kind="programme_body", country="BE")
    series = ReportSeriesFactory(protocol=ProtocolFactory(programme_body=body), programme_body=True, needs_release=True)
    series.full_clean()
    series.languages = "fr ar"
    with pytest.raises(ValidationError):
        series.full_clean()
