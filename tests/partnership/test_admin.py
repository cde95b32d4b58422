"""The agreement in the admin: texts side by side, publishing, uploads, people and mandates, what stays as it is."""

from __future__ import annotations

import datetime
import email
import email.policy
import io
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from partnership import publishing
from partnership.models import (
    Document,
    Membership,
    MessageState,
    Organisation,
    ProtocolState,
    PublishingState,
    Role,
    User,
)
from tests.factories import (
    PASSWORD,
    PDF,
    ClauseFactory,
    DocumentFactory,
    GoalFactory,
    MembershipFactory,
    MessageFactory,
    OrganisationFactory,
    ProtocolFactory,
    UserFactory,
)
from tests.factories_decisions import open_ratification
from tests.staff import errors_of, fields_of, messages_of, sent, staff

pytestmark = pytest.mark.django_db

ORGANISATIONS = "/fr/admin/partnership/organisation/"
MEMBERSHIPS = "/fr/admin/partnership/membership/"
PEOPLE = "/fr/admin/partnership/user/"
DOCUMENTS = "/fr/admin/partnership/document/"
NAMES = {"name_ar": "جمعية الأمل", "name_fr": "Association Espoir", "name_nl": "Vereniging Hoop"}
KIND = {"kind": "association", "level": "local", "country": "MA"}


@pytest.fixture
def protocol() -> Any:
    return ProtocolFactory()


# Texts side by side ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["ar", "fr", "nl"])
def test_each_column_has_its_language_and_direction_in_the_same_order(protocol: Any, language: str):
    page = staff(protocol).get(f"/{language}/admin/partnership/organisation/add/").content.decode()
    found = re.findall(r'<(?:input|textarea)[^>]*name="(name_\w+)"[^>]*>', page)
    assert found == ["name_ar", "name_fr", "name_nl"]
    for code, direction in (("ar", "rtl"), ("fr", "ltr"), ("nl", "ltr")):
        field = re.search(rf'<(?:input|textarea)[^>]*name="name_{code}"[^>]*>', page)
        assert field is not None
        assert f'lang="{code}" dir="{direction}"' in field[0]


def test_an_organisation_is_entered_in_three_languages(protocol: Any):
    assert sent(staff(protocol), f"{ORGANISATIONS}add/", **NAMES, **KIND).status_code == 302
    made = Organisation.objects.get(name_fr="Association Espoir")  # type: ignore[misc]
    assert (made.name_ar, made.name_nl) == ("جمعية الأمل", "Vereniging Hoop")  # type: ignore[attr-defined]


def test_a_missing_language_is_refused_at_its_own_field_and_what_was_typed_is_kept(protocol: Any):
    answer = sent(staff(protocol), f"{ORGANISATIONS}add/", **{**NAMES, "name_nl": "  "}, **KIND)
    assert list(answer.context["adminform"].form.errors) == ["name_nl"]
    assert fields_of(answer.content.decode())["name_ar"] == "جمعية الأمل"
    assert not Organisation.objects.filter(country="MA", kind="association").exists()


def test_a_title_keeps_no_line_break_though_its_box_has_several_lines(protocol: Any):
    sent(staff(protocol), f"{ORGANISATIONS}add/", **{**NAMES, "name_fr": "Association\r\nEspoir "}, **KIND)
    assert Organisation.objects.get(kind="association").name_fr == "Association Espoir"  # type: ignore[attr-defined]


def test_a_draft_may_be_incomplete_but_not_nameless(protocol: Any):
    client = staff(protocol)
    document = DocumentFactory(protocol=protocol)
    address = f"{DOCUMENTS}{document.pk}/change/"
    assert sent(client, address, title_nl="").status_code == 302
    answer = sent(client, address, title_ar="", title_fr="", title_nl="")
    assert list(answer.context["adminform"].form.errors) == ["title_fr"]


def test_what_is_written_of_a_published_text_waits_for_its_other_languages(protocol: Any):
    document = DocumentFactory(protocol=protocol, published=True)
    before = document.title_fr
    address = f"{DOCUMENTS}{document.pk}/change/"
    assert sent(staff(protocol), address, title_fr="Autrement", alternative_text_fr="Une salle").status_code == 302
    document.refresh_from_db()
    assert (document.title_fr, document.alternative_text_fr or "") == (before, "")
    page = staff(protocol, role="editor").get(address).content.decode()
    assert "Autrement" in page
    assert "Une salle" in page
    assert "waiting-note" in page


def test_a_gap_in_a_record_that_is_ready_makes_it_a_draft_again(protocol: Any):
    document = DocumentFactory(protocol=protocol)
    publishing.declare_ready(document, by=None)
    assert sent(staff(protocol), f"{DOCUMENTS}{document.pk}/change/", title_nl="").status_code == 302
    document.refresh_from_db()
    assert document.publishing_state == PublishingState.DRAFT


def test_who_only_reads_sees_each_text_with_its_language(protocol: Any):
    document = DocumentFactory(protocol=protocol)
    page = staff(protocol, role="observer").get(f"{DOCUMENTS}{document.pk}/change/").content.decode()
    assert f'<span lang="ar" dir="rtl">{document.title_ar}</span>' in page
    assert 'name="title_ar"' not in page


# The act --------------------------------------------------------------------------------------------------------------


def test_a_clause_keeps_its_own_text_and_takes_courtesy_translations(protocol: Any):
    clause = ClauseFactory(protocol=protocol)
    address = f"/fr/admin/partnership/clause/{clause.pk}/change/"
    client = staff(protocol)
    assert "text_ar" not in fields_of(client.get(address).content.decode())
    assert sent(client, address, text_fr="Les parties préparent un programme.", text_ar="غير").status_code == 302
    clause.refresh_from_db()
    assert clause.text_fr == "Les parties préparent un programme."
    assert clause.text_ar == "يضع الطرفان برنامج عمل مشترك."


@pytest.mark.parametrize("state", [ProtocolState.IN_FORCE, ProtocolState.CLOSING, ProtocolState.ENDED])
def test_a_ratified_act_is_only_read(protocol: Any, state: str):
    clause = ClauseFactory(protocol=protocol)
    protocol.state, protocol.ratified_by = state, open_ratification(protocol)
    protocol.save()
    answer = staff(protocol).post(f"/fr/admin/partnership/clause/{clause.pk}/change/", {"text_fr": "x", "text_nl": "x"})
    assert answer.status_code == 403


@pytest.mark.parametrize("model", ["clause", "principle", "objective", "domain", "foundation", "party", "protocol"])
def test_nothing_is_added_to_the_act_in_the_browser(protocol: Any, model: str):
    assert staff(protocol, is_superuser=True).get(f"/fr/admin/partnership/{model}/add/").status_code == 403


def test_hosts_are_for_the_platforms_administrator(protocol: Any):
    address = f"/fr/admin/partnership/protocol/{protocol.pk}/change/"
    assert "hostname" not in fields_of(staff(protocol).get(address).content.decode())
    assert "hostname" in fields_of(staff(protocol, is_superuser=True).get(address).content.decode())


# Publishing -----------------------------------------------------------------------------------------------------------


def act(client: Client, address: str, action: str, *records: Any) -> Any:
    return client.post(address, {"action": action, "_selected_action": [str(one.pk) for one in records]}, follow=True)


def test_publishing_names_every_missing_text_and_language(protocol: Any):
    whole, broken = DocumentFactory(protocol=protocol), DocumentFactory(protocol=protocol, title_ar="", title_nl="")
    answer = act(staff(protocol), DOCUMENTS, "publish", whole, broken)
    whole.refresh_from_db()
    broken.refresh_from_db()
    assert (whole.is_published, broken.is_published) == (True, False)
    assert messages_of(answer).count("<li>") == 2
    assert messages_of(answer).count("I10") == 2


def test_the_button_saves_what_was_typed_then_publishes(protocol: Any):
    document = DocumentFactory(protocol=protocol, title_nl="")
    address = f"{DOCUMENTS}{document.pk}/change/"
    client = staff(protocol)
    sent(client, address, title_nl="Studie", _publish="1")
    document.refresh_from_db()
    assert (document.title_nl, document.is_published) == ("Studie", True)
    assert document.state_changed_by_id == int(client.session["_auth_user_id"])


def test_a_refused_publication_keeps_what_was_typed(protocol: Any):
    document = DocumentFactory(protocol=protocol, title_nl="")
    sent(staff(protocol), f"{DOCUMENTS}{document.pk}/change/", title_fr="Étude revue", _publish="1")
    document.refresh_from_db()
    assert (document.title_fr, document.is_published) == ("Étude revue", False)


def test_withdrawing_leaves_its_day(protocol: Any):
    document = DocumentFactory(protocol=protocol, published=True)
    sent(staff(protocol), f"{DOCUMENTS}{document.pk}/change/", _withdraw="1")
    document.refresh_from_db()
    assert (document.is_published, document.withdrawn_at is not None) == (False, True)


def test_what_was_public_is_never_deleted(protocol: Any):
    document = DocumentFactory(protocol=protocol, published=True)
    client = staff(protocol)
    sent(client, f"{DOCUMENTS}{document.pk}/change/", _withdraw="1")
    assert client.post(f"{DOCUMENTS}{document.pk}/delete/", {"post": "yes"}).status_code == 403
    assert act(client, DOCUMENTS, "delete_selected", document).status_code == 200
    assert Document.objects.filter(pk=document.pk).exists()


def test_an_observer_is_offered_no_act(protocol: Any):
    document = DocumentFactory(protocol=protocol)
    client = staff(protocol, role="observer")
    act(client, DOCUMENTS, "publish", document)
    document.refresh_from_db()
    assert not document.is_published
    assert client.get(f"{DOCUMENTS}add/").status_code == 403


# Uploads --------------------------------------------------------------------------------------------------------------

TITLES = {"title_ar": "صورة", "title_fr": "Photo", "title_nl": "Foto"}


def upload(client: Client, protocol: Any, file: SimpleUploadedFile) -> Any:
    values = fields_of(client.get(f"{DOCUMENTS}add/").content.decode())
    owner = protocol.parties.get(position=1).organisation_id
    return client.post(f"{DOCUMENTS}add/", {**values, **TITLES, "kind": "picture", "owner": owner, "file": file})


def picture_with_a_place() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = "Chez une habitante"
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "green").save(out, format="JPEG", exif=exif)
    return out.getvalue()


def test_a_picture_is_stored_without_what_it_tells(protocol: Any):
    file = SimpleUploadedFile("photo.jpg", picture_with_a_place(), content_type="image/jpeg")
    assert upload(staff(protocol), protocol, file).status_code == 302
    document = Document.objects.get()
    stored = document.file.read()
    assert b"habitante" not in stored
    assert (document.size, document.media_type) == (len(stored), "image/jpeg")
    assert document.protocol == protocol


def test_a_file_that_lies_is_refused_and_the_texts_are_kept(protocol: Any):
    answer = upload(staff(protocol), protocol, SimpleUploadedFile("photo.jpg", PDF, content_type="image/jpeg"))
    assert list(answer.context["adminform"].form.errors) == ["file"]
    assert fields_of(answer.content.decode())["title_ar"] == "صورة"
    assert not Document.objects.exists()


def test_a_new_text_leaves_the_file_alone(protocol: Any):
    document = DocumentFactory(protocol=protocol, media_type="application/pdf", size=len(PDF))
    before = document.file.name
    sent(staff(protocol), f"{DOCUMENTS}{document.pk}/change/", title_fr="Autre titre")
    document.refresh_from_db()
    assert (document.file.name, document.size, document.title_fr) == (before, len(PDF), "Autre titre")


# People and mandates --------------------------------------------------------------------------------------------------


def mandate(protocol: Any, position: int = 1, **typed: Any) -> dict[str, Any]:
    commune = protocol.parties.get(position=position).organisation
    values = {"user": UserFactory().pk, "organisation": commune.pk, "role": "editor", "basis": "delegation"}
    return {**values, "starts_on": "01/09/2026", **typed}


def test_a_coordinator_enters_a_mandate_of_the_own_commune(protocol: Any):
    assert sent(staff(protocol), f"{MEMBERSHIPS}add/", **mandate(protocol)).status_code == 302
    made = Membership.objects.get(role="editor")
    assert (made.protocol, made.starts_on) == (protocol, datetime.date(2026, 9, 1))


@pytest.mark.parametrize("superuser", [False, True])
def test_nobody_makes_a_signatory_in_the_browser(protocol: Any, superuser: bool):
    client = staff(protocol, is_superuser=superuser)
    page = client.get(f"{MEMBERSHIPS}add/").content.decode()
    assert '<option value="signatory"' not in page
    answer = sent(client, f"{MEMBERSHIPS}add/", **mandate(protocol, role="signatory"))
    assert "I3" in " ".join(errors_of(answer))
    assert not Membership.objects.filter(role=Role.SIGNATORY).exists()


@pytest.mark.parametrize("superuser", [False, True])
def test_nobody_turns_a_mandate_into_a_signatorys_or_back(protocol: Any, superuser: bool):
    client = staff(protocol, is_superuser=superuser)
    editor = MembershipFactory(protocol=protocol, role="editor")
    assert "I3" in " ".join(errors_of(sent(client, f"{MEMBERSHIPS}{editor.pk}/change/", role="signatory")))
    signatory = MembershipFactory(protocol=protocol, role="signatory")
    assert client.post(f"{MEMBERSHIPS}{signatory.pk}/change/", mandate(protocol)).status_code == 403
    assert client.post(f"{MEMBERSHIPS}{signatory.pk}/delete/", {"post": "yes"}).status_code == 403
    assert {row.role for row in Membership.objects.filter(pk__in=[editor.pk, signatory.pk])} == {"editor", "signatory"}


@pytest.mark.parametrize("superuser", [False, True])
def test_a_signatorys_account_cannot_be_taken_over_or_switched_off(protocol: Any, superuser: bool):
    signatory = MembershipFactory(protocol=protocol, role="signatory").user
    client = staff(protocol, is_superuser=superuser)
    client.post(f"{PEOPLE}{signatory.pk}/change/", {"name": "X", "email": "mine@commune.example", "language": "fr"})
    after = User.objects.get(pk=signatory.pk)
    assert (after.email, after.is_active, after.is_staff) == (signatory.email, True, True)


@pytest.mark.parametrize("own", [1, 2])
def test_each_commune_looks_after_its_own_people(protocol: Any, own: int):
    client, other = staff(protocol, position=own), 3 - own
    answer = sent(client, f"{MEMBERSHIPS}add/", **mandate(protocol, position=other))
    assert "I2" in " ".join(errors_of(answer))
    theirs = MembershipFactory(
        protocol=protocol, organisation=protocol.parties.get(position=other).organisation, role="editor"
    )
    assert client.post(f"{MEMBERSHIPS}{theirs.pk}/change/", mandate(protocol)).status_code == 403
    assert client.post(f"{PEOPLE}{theirs.user.pk}/change/", {"name": "X", "email": "x@x.example"}).status_code == 403


def test_a_coordinator_enters_a_partners_people_too(protocol: Any):
    partner = OrganisationFactory()
    assert sent(staff(protocol), f"{MEMBERSHIPS}add/", **mandate(protocol, organisation=partner.pk)).status_code == 302


def test_an_editor_enters_nobody(protocol: Any):
    client = staff(protocol, role="editor")
    assert client.get(f"{MEMBERSHIPS}add/").status_code == 403
    assert client.get(f"{PEOPLE}add/").status_code == 403


def test_a_new_person_has_no_password_until_choosing_one(protocol: Any):
    sent(staff(protocol), f"{PEOPLE}add/", name="Service jeunesse", email="Jeunesse@Commune.example", is_staff="on")
    made = User.objects.get(name="Service jeunesse")
    assert (made.email, made.is_staff, made.is_superuser, made.has_usable_password()) == (
        "jeunesse@commune.example",
        True,
        False,
        False,
    )


def test_the_same_address_in_other_letters_is_the_same_person(protocol: Any):
    UserFactory(email="jeunesse@commune.example")
    answer = sent(staff(protocol), f"{PEOPLE}add/", name="Autre", email="JEUNESSE@commune.example")
    assert list(answer.context["adminform"].form.errors) == ["email"]


def test_people_of_another_protocol_are_unknown(protocol: Any):
    elsewhere = MembershipFactory(protocol=ProtocolFactory()).user
    client = staff(protocol)
    assert client.get(f"{PEOPLE}{elsewhere.pk}/change/").status_code == 404
    assert elsewhere.name not in client.get(PEOPLE).content.decode()


# Shared rows ----------------------------------------------------------------------------------------------------------


def test_an_organisation_of_another_protocols_act_is_not_changed_from_here(protocol: Any):
    theirs = ProtocolFactory().parties.get(position=1).organisation
    own = protocol.parties.get(position=1).organisation
    client = staff(protocol)
    assert "name_fr" not in fields_of(client.get(f"{ORGANISATIONS}{theirs.pk}/change/").content.decode())
    assert "name_fr" in fields_of(client.get(f"{ORGANISATIONS}{own.pk}/change/").content.decode())


def test_shared_rows_are_deleted_by_the_platforms_administrator_only(protocol: Any):
    goal, organisation = GoalFactory(), OrganisationFactory()
    client = staff(protocol)
    assert client.get(f"/fr/admin/partnership/internationalgoal/{goal.pk}/delete/").status_code == 403
    assert client.get(f"{ORGANISATIONS}{organisation.pk}/delete/").status_code == 403


def test_an_organisation_is_found_however_it_is_spelt(protocol: Any):
    OrganisationFactory(name_fr="École des métiers", name_ar="مدرسة المِهَن", name_nl="Vakschool")
    client = staff(protocol)
    for words in ("ecole metiers", "مدرسه المهن", "VAKSCHOOL"):
        found = client.get(ORGANISATIONS, {"q": words}).context["cl"].queryset
        assert [row.name_nl for row in found] == ["Vakschool"]


# Mails ----------------------------------------------------------------------------------------------------------------


def test_mails_are_read_and_their_bytes_stay_sealed(protocol: Any):
    message = MessageFactory(protocol=protocol, content=b"Subject: x\r\n\r\nun secret\r\n", state=MessageState.FAILED)
    client = staff(protocol)
    address = f"/fr/admin/partnership/message/{message.pk}/change/"
    page = client.get(address).content.decode()
    assert message.recipient in page
    assert "un secret" not in page
    assert client.post(address, {"subject": "x"}).status_code == 403
    assert client.post(f"/fr/admin/partnership/message/{message.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_new_person_chooses_a_password_by_a_link_that_leaves_through_the_outbox(client: Client, protocol: Any):
    sent(staff(protocol), f"{PEOPLE}add/", name="Service jeunesse", email="jeunesse@commune.example", is_staff="on")
    client.post("/fr/accounts/password/reset/", {"email": "jeunesse@commune.example"})
    message = protocol.messages.get()
    assert message.recipient == "jeunesse@commune.example"
    link = re.search(r"http://testserver(/fr/accounts/password/reset/key/\S+)", body_of(message))
    assert link is not None
    form = client.get(link[1], follow=True)
    typed = {"password1": PASSWORD, "password2": PASSWORD}
    assert client.post(form.redirect_chain[-1][0], typed).status_code == 302
    client.post("/fr/accounts/login/", {"login": "jeunesse@commune.example", "password": PASSWORD})
    assert client.session["_auth_user_id"] == str(User.objects.get(name="Service jeunesse").pk)


def body_of(message: Any) -> str:
    mail = email.message_from_bytes(bytes(message.content), policy=email.policy.default)
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_an_unknown_address_gets_the_same_answer_and_no_mail(client: Client, protocol: Any):
    known = client.post("/fr/accounts/password/reset/", {"email": UserFactory().email})
    unknown = client.post("/fr/accounts/password/reset/", {"email": "personne@ailleurs.example"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert protocol.messages.count() == 1
