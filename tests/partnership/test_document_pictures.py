"""Pictures say what they show before anybody sees them; payslips and internal documents never come before the public [I10, I11]."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from PIL import Image

from partnership import publishing
from partnership.models import Document, PublishingState
from tests.factories import DocumentFactory, ProtocolFactory
from tests.staff import errors_of, fields_of, messages_of, sent, staff

pytestmark = pytest.mark.django_db
SEEN = {
    "alternative_text_ar": "أطفال يغرسون أشجارا",
    "alternative_text_fr": "Des enfants plantent des arbres",
    "alternative_text_nl": "Kinderen planten bomen",
}
DOCUMENTS = "/fr/admin/partnership/document/"


def drawn() -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (4, 4)).save(held, "PNG")
    return held.getvalue()


def picture(**values: Any) -> Any:
    return DocumentFactory(kind="picture", file=ContentFile(drawn(), name="image.png"), **values)


def codes_of(record: Any) -> list[str]:
    return [str(refusal.code) for refusal in record.publication_refusals()]


@pytest.mark.parametrize(
    "values",
    [{"kind": "picture"}, {"kind": "study", "media_type": "image/jpeg"}, {"kind": "other", "media_type": "image/webp"}],
)
def test_a_picture_without_words_for_those_who_do_not_see_it_is_not_published(values: dict[str, str]):
    document = DocumentFactory(**values)
    assert codes_of(document) == ["WCAG 1.1.1"]
    with pytest.raises(ValidationError):
        publishing.publish(document, by=None)
    for name, text in SEEN.items():
        setattr(document, name, text)
    document.save()
    publishing.publish(document, by=None)
    assert document.is_published


@pytest.mark.parametrize("missing", SEEN)
def test_its_words_stand_in_all_three_languages(missing: str):
    document = picture(**{**SEEN, missing: ""})
    assert codes_of(document) == ["I10"]


def test_what_is_read_needs_no_words_of_that_kind():
    assert codes_of(DocumentFactory(kind="study", media_type="application/pdf")) == []


@pytest.mark.parametrize("change", [{"alternative_text_nl": ""}, {"alternative_text_ar": None}])
def test_the_database_holds_a_public_picture_to_it(change: dict[str, Any]):
    document = picture(**SEEN, published=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Document.objects.filter(pk=document.pk).update(**change)
    reading = DocumentFactory(published=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Document.objects.filter(pk=reading.pk).update(kind="picture")


def test_the_list_says_which_rule_refused_and_the_form_keeps_what_was_typed():
    protocol = ProtocolFactory()
    document = picture(protocol=protocol)
    client = staff(protocol)
    said = messages_of(client.post(DOCUMENTS, {"action": "publish", "_selected_action": [document.pk]}, follow=True))
    assert "WCAG 1.1.1" in said
    sent(client, f"{DOCUMENTS}{document.pk}/change/", **SEEN, _publish="")
    document.refresh_from_db()
    assert document.publishing_state == PublishingState.PUBLISHED
    reading = DocumentFactory(protocol=protocol, published=True)
    answer = sent(client, f"{DOCUMENTS}{reading.pk}/change/", kind="picture", title_fr="Gardé")
    assert len(errors_of(answer)) == 1
    assert fields_of(answer.content.decode())["kind"] == "picture"


def test_a_public_document_is_not_exchanged_for_a_picture_that_says_nothing():
    reading = DocumentFactory(published=True)
    client = staff(reading.protocol)
    address = f"{DOCUMENTS}{reading.pk}/change/"
    upload = SimpleUploadedFile("arbres.png", drawn(), "image/png")
    answer = client.post(address, {**fields_of(client.get(address).content.decode()), "file": upload})
    assert len(errors_of(answer)) == 2  # and that the file must be chosen anew
    reading.refresh_from_db()
    assert reading.media_type == ""


def test_a_public_document_stays_one_that_may_be_published_until_it_is_withdrawn():
    document = DocumentFactory(published=True)
    answer = sent(staff(document.protocol), f"{DOCUMENTS}{document.pk}/change/", public=None)
    assert len(errors_of(answer)) == 1
    publishing.withdraw(document, by=None)
    assert sent(staff(document.protocol), f"{DOCUMENTS}{document.pk}/change/", public=None).status_code == 302


def test_a_picture_is_uploaded_described_and_published():
    protocol = ProtocolFactory()
    client = staff(protocol)
    new = f"{DOCUMENTS}add/"
    values = {
        **fields_of(client.get(new).content.decode()),
        **SEEN,
        **{f"title_{code}": "Arbres" for code in ("ar", "fr", "nl")},
        "kind": "other",
        "owner": protocol.parties.get(position=2).organisation_id,
        "public": "on",
        "file": SimpleUploadedFile("arbres.png", drawn(), "image/png"),
    }
    assert client.post(new, values).status_code == 302
    document = Document.objects.get()
    assert (document.media_type, document.is_picture) == ("image/png", True)
    publishing.publish(document, by=None)


# Payslips and internal documents --------------------------------------------------------------------------------------


def test_a_payslip_is_never_public_and_the_form_says_why():
    protocol = ProtocolFactory()
    payslip = DocumentFactory(protocol=protocol, kind="payslip", public=False)
    assert codes_of(payslip) == ["I11"]
    with pytest.raises(ValidationError):
        publishing.publish(payslip, by=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Document.objects.filter(pk=payslip.pk).update(public=True)
    answer = sent(staff(protocol), f"{DOCUMENTS}{payslip.pk}/change/", public="on", title_nl="Bewaard")
    [message] = errors_of(answer)
    assert message in {
        str(one.violation_error_message)
        for one in Document._meta.constraints
        if one.name == "document_payslip_internal"
    }
    assert fields_of(answer.content.decode())["title_nl"] == "Bewaard"
    payslip.refresh_from_db()
    assert not payslip.public


def test_a_public_document_does_not_become_a_payslip():
    document = DocumentFactory(published=True)
    answer = sent(staff(document.protocol), f"{DOCUMENTS}{document.pk}/change/", kind="payslip")
    assert len(errors_of(answer)) == 1
    document.refresh_from_db()
    assert document.kind == "study"


def test_an_internal_document_is_refused_with_its_rule():
    document = DocumentFactory(public=False)
    assert codes_of(document) == ["I11"]
    with pytest.raises(ValidationError):
        publishing.publish(document, by=None)
