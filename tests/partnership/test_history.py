"""The history: every change people make stands in it, says who, when, from what to what, and stays as it is [I14]."""

from __future__ import annotations

import ast
import datetime
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partnership import field_values, history
from partnership.models import Change, Membership, Organisation, Recorded, TextState, Versioned
from projects.models import Activity, Project
from tests.factories import (
    DocumentFactory,
    DomainFactory,
    MembershipFactory,
    OrganisationFactory,
    ProtocolFactory,
    UserFactory,
)
from tests.factories_programme import ActivityFactory, BudgetLineFactory, ProjectFactory, TransactionFactory
from tests.staff import sent, staff

pytestmark = pytest.mark.django_db

OURS = ("partnership", "projects", "evaluation", "transparency")
ROOT = Path(__file__).resolve().parents[2]

WRITTEN_BY_THE_PLATFORM = {
    "projects.SheetWork": "a confirmed sheet: what it changes stands in the history of the records",
    "partnership.TextDraft": "what it says stands in the history of the record whose text it is",
    "partnership.TextState": "follows from the changes of the texts, which are recorded",
    "partnership.Attempt": "append-only itself: what became of a mail",
    "partnership.Change": "the history itself",
    "partnership.Comment": "append-only itself: whoever writes stands in it",
    "partnership.Decision": "written by acts, its text frozen; how it moved on stands in the register",
    "partnership.Message": "written by the outbox; how it fared stands in its attempts",
    "partnership.PersonalLink": "made and used by acts; holds an address, which goes when it expires",
    "partnership.RegisterEntry": "append-only itself",
    "partnership.RegisterHead": "the end of a chain, moved on by its entries",
    "partnership.Signature": "append-only itself: whoever signs stands in it",
    "transparency.Delivery": "written by the delivery",
    "transparency.Report": "made by the platform; who released it stands in it",
    "transparency.ReportDocument": "append-only itself",
    "transparency.Snapshot": "append-only itself",
}

ROUND_THE_HISTORY = {
    ("partnership/history.py", "create_together"): "new parts at once, with the history that saving each would leave",
    ("partnership/history.py", "_raise_version"): "the version of a root, which is no content",
    ("partnership/accounts.py", "end_sessions"): "a number that ends sessions, which is no content",
    ("partnership/outbox.py", "_claim"): "mails are not recorded; compare-and-swap",
    ("partnership/outbox.py", "_record"): "mails are not recorded; compare-and-swap",
    (
        "partnership/protocol_file.py",
        "make_room",
    ): "moves clauses aside for a moment; each is saved with its place next",
    ("transparency/demonstration/remove.py", "_open_circles"): "the demonstration goes, its history with it",
    ("partnership/following.py", "_write"): "which language follows which, told by the changes of the texts themselves",
    ("partnership/normaliser.py", "__init__"): "a dictionary",
    ("partnership/models/hiding.py", "__init__"): "a dictionary",
}
"""Where `update()` and `bulk_*` are allowed, and why nothing is lost by it."""


def changes(record: Any) -> list[tuple[str, dict[str, Any]]]:
    """What the history says of a record, oldest first."""
    return [(change.kind, change.data) for change in Change.objects.of(record).order_by("pk")]


def last(record: Any) -> Change:
    return Change.objects.of(record).order_by("pk").last()


# What is kept ---------------------------------------------------------------------------------------------------------


def test_every_model_of_ours_is_recorded_or_says_why_not():
    ours = {model for label in OURS for model in apps.get_app_config(label).get_models()}
    assert {model._meta.label for model in ours if not issubclass(model, Recorded)} == set(WRITTEN_BY_THE_PLATFORM)


def test_every_recorded_model_hangs_under_a_root_with_a_version():
    for model in history.recorded_models():
        root = model
        for name in filter(None, model.ROOT.split("__")):
            root = root._meta.get_field(name).related_model
        assert issubclass(root, Versioned), model


def test_a_new_record_is_kept_with_every_value_it_has():
    project = ProjectFactory(code="HIST-01", planned_start=datetime.date(2026, 1, 1), people_expected=120, involved=[])
    [(kind, fields)] = changes(project)
    assert kind == "created"
    assert fields["code"] == [None, "HIST-01"]
    assert fields["title_ar"] == [None, project.title_ar]
    assert fields["planned_start"] == [None, "2026-01-01"]
    assert fields["people_expected"] == [None, 120]
    assert fields["lead"] == [None, project.lead.pk]
    assert {"id", "title", "version", "search_fr"} & set(fields) == set()


def test_a_change_says_from_what_to_what_in_canonical_text():
    line = BudgetLineFactory(planned=Decimal("1.10"))
    line.planned, line.label_nl = Decimal("2.5"), "Zaalhuur"
    line.save()
    before = changes(line)[0][1]["label_nl"][1]
    written = json.dumps([before, "Zaalhuur"], ensure_ascii=False, separators=(",", ":"))
    assert last(line).fields == f'{{"label_nl":{written},"planned":["1.10","2.50"]}}'


def test_a_save_that_changes_nothing_leaves_no_trace():
    project = Project.objects.get(pk=ProjectFactory().pk)
    version, count = project.version, Change.objects.count()
    project.people_expected = project.people_expected
    project.save()
    project.refresh_from_db()
    assert (project.version, Change.objects.count()) == (version, count)


def test_a_deleted_record_is_kept_whole():
    activity = ActivityFactory()
    project, created = activity.project, changes(activity)[0][1]
    key = activity.pk
    Activity.objects.get(pk=key).delete()
    gone = Change.objects.under(project).filter(kind="deleted", object_id=str(key)).get()
    assert gone.data == {name: [to, None] for name, (_, to) in created.items()}


def test_what_goes_with_a_root_is_kept_too():
    project = ProjectFactory(involved=[], domains=[DomainFactory()])
    activity = ActivityFactory(project=project)
    domain, activities = project.domains.get().pk, Change.objects.of(activity)
    under, own = Change.objects.under(project), Change.objects.of(project)
    Project.objects.get(pk=project.pk).delete()
    assert activities.get(kind="deleted") in under
    assert own.get(kind="deleted").data["domains"] == [[domain], []]
    assert own.get(kind="deleted").version == max(under.values_list("version", flat=True))


def test_links_to_many_are_kept_as_what_went_and_what_came():
    first, second, third = DomainFactory(), DomainFactory(), DomainFactory()
    project = ProjectFactory(involved=[])
    project.domains.set([first, second])
    project.domains.set([second, third])
    second.projects.remove(project)
    project.domains.clear()
    project.domains.remove(first)  # it was not there: nothing happens
    assert [fields["domains"] for _, fields in changes(project)[1:]] == [
        [[], [first.pk, second.pk]],
        [[first.pk], []],
        [[], [third.pk]],
        [[second.pk], []],
        [[third.pk], []],
    ]


def test_the_key_of_a_linked_document_stands_as_text():
    document = DocumentFactory()
    project = ProjectFactory(protocol=document.protocol, involved=[])
    document.projects.add(project)
    assert last(project).data == {"documents": [[], [str(document.pk)]]}


def test_a_record_that_loses_its_link_because_the_other_goes_is_told():
    mandate = MembershipFactory()
    deputy = MembershipFactory(protocol=mandate.protocol)
    mandate.deputy = deputy
    mandate.save()
    key = deputy.pk
    deputy.delete()
    assert last(mandate).data == {"deputy": [key, None]}
    domain = DomainFactory()
    project = ProjectFactory(involved=[], domains=[domain])
    key = domain.pk
    domain.delete()
    assert last(project).data == {"domains": [[key], []]}


# What is never kept ---------------------------------------------------------------------------------------------------


def test_no_secret_and_nothing_personal_ever_stands_in_it():
    token = "jeton-reconnaissable"
    user = UserFactory(email=f"{token}@commune.example", name=f"Madame {token}", password=f"{token} assez long")
    hashed = user.password
    user.name, user.email = f"Monsieur {token}", f"autre.{token}@commune.example"
    user.set_password(f"un autre {token}")
    user.last_login = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    user.save()
    assert last(user).data == {"name": None, "email": None}
    rows = " ".join(Change.objects.values_list("fields", flat=True))
    assert token not in rows
    assert hashed not in rows


def test_a_file_is_kept_by_its_random_name():
    document = DocumentFactory()
    assert changes(document)[0][1]["file"] == [None, document.file.name]


# Who ------------------------------------------------------------------------------------------------------------------


def test_a_change_made_on_the_staff_pages_is_its_persons():
    protocol = ProtocolFactory()
    client = staff(protocol)
    person = Membership.objects.latest("pk").user
    organisation = OrganisationFactory()
    sent(client, f"/fr/admin/partnership/organisation/{organisation.pk}/change/", name_fr="Maison des jeunes")
    change = last(organisation)
    assert (change.by, change.data["name_fr"][1]) == (person, "Maison des jeunes")


def test_a_task_acts_in_somebodys_name_and_a_command_in_nobodys():
    person = UserFactory()
    with history.acting(person):
        organisation = OrganisationFactory()
        with history.acting(None):
            nobodys = OrganisationFactory()
        also = OrganisationFactory()
    assert [last(row).by for row in (organisation, nobodys, also, OrganisationFactory())] == [
        person,
        None,
        person,
        None,
    ]


# Roots and versions ---------------------------------------------------------------------------------------------------


def version_of(project: Project) -> int:
    return int(Project.objects.values_list("version", flat=True).get(pk=project.pk))


def test_parts_stand_under_their_root_and_make_new_versions_of_it():
    project = ProjectFactory(involved=[])
    movement = TransactionFactory(line=BudgetLineFactory(project=project))
    assert version_of(project) == 3
    movement.amount += 1
    movement.save()
    assert (version_of(project), last(movement).version) == (4, 4)
    assert [change.version for change in Change.objects.under(project).order_by("pk")] == [1, 2, 3, 4]


def test_what_is_saved_together_is_one_version():
    project = ProjectFactory(involved=[])
    domain = DomainFactory()
    with history.one_version():
        project.people_expected = 7
        project.save()
        project.domains.add(domain)
        ActivityFactory(project=project)
        project.save()
    assert (project.version, version_of(project)) == (2, 2)
    assert {change.version for change in Change.objects.under(project)[:3]} == {2}


def test_a_part_that_moves_is_told_under_both_roots():
    activity = ActivityFactory()
    here, there = activity.project, ProjectFactory(protocol=activity.project.protocol)
    before = version_of(here), version_of(there)
    activity.project = there
    activity.save()
    moved = {"project": [here.pk, there.pk]}
    assert Change.objects.under(here).order_by("pk").last().data == moved
    assert Change.objects.under(there).order_by("pk").last().data == moved
    assert (version_of(here), version_of(there)) == (before[0] + 1, before[1] + 1)


def test_a_stale_copy_never_lowers_the_version():
    stale = ProjectFactory(involved=[])
    fresh = Project.objects.get(pk=stale.pk)
    fresh.people_expected = 10
    fresh.save()
    stale.save()
    assert version_of(stale) == 2
    stale.people_expected = 11
    stale.save(update_fields=["people_expected"])
    assert (version_of(stale), last(stale).version) == (3, 3)


def test_parts_created_together_leave_the_history_that_saving_each_would_have_left():
    project, other = ProjectFactory(involved=[]), ProjectFactory(involved=[])
    titles = [{"title_ar": "ورشة", "title_fr": "Atelier", "title_nl": nl} for nl in ("Atelier", "")]
    with history.one_version():
        saved = [ActivityFactory(project=other, **texts) for texts in titles]
    told = [ActivityFactory.build(project=project, **texts) for texts in titles]
    history.create_together(told)
    assert [changes(one)[0][0] for one in told] == ["created", "created"]
    for one, same in zip(told, saved, strict=True):
        (_, here), (_, there) = changes(one)[0], changes(same)[0]
        assert here == there | {"project": [None, project.pk]}
        assert states_of(one) == states_of(same)
    assert (version_of(project), {last(one).version for one in told}) == (2, {2})
    told[0].title_fr = "Autre"
    told[0].save()
    assert last(told[0]).data == {"title_fr": ["Atelier", "Autre"]}


def states_of(record: Any) -> list[tuple[str, ...]]:
    rows = TextState.objects.of(record).order_by("field", "language")
    return list(rows.values_list("field", "language", "standing", "follows"))


# How it knows ---------------------------------------------------------------------------------------------------------


def test_what_was_never_read_is_asked_for_before_it_is_overwritten():
    project = ProjectFactory(people_expected=5)
    sparse = Project.objects.only("code").get(pk=project.pk)
    sparse.people_expected = 6
    sparse.save()
    assert last(project).data == {"people_expected": [5, 6]}


def test_a_record_made_up_with_a_known_key_is_a_change():
    organisation = OrganisationFactory()
    made_up = Organisation.objects.get(pk=organisation.pk)
    made_up._state.adding, made_up._remembered = True, {}
    made_up.place_fr = "Belfaa"
    made_up.save()
    assert [kind for kind, _ in changes(organisation)] == ["created", "changed"]
    assert last(organisation).data["place_fr"][1] == "Belfaa"


def test_reading_again_forgets_what_was_only_in_memory():
    project = ProjectFactory(people_expected=5)
    stale = Project.objects.get(pk=project.pk)
    project.people_expected = 6
    project.save()
    stale.refresh_from_db(fields=["people_expected"])
    stale.people_expected = 7
    stale.save()
    assert last(project).data == {"people_expected": [6, 7]}


def test_an_expression_is_refused_since_nobody_could_say_to_what_it_changed():
    project = ProjectFactory(people_expected=5)
    project.people_expected = F("people_expected") + 1
    with pytest.raises(TypeError):
        project.save()


def test_it_costs_one_insert_for_a_root_and_one_update_more_for_a_part():
    project, activity = ProjectFactory(), ActivityFactory()
    for record, count in ((project, 2), (activity, 3)):
        record = type(record).objects.get(pk=record.pk)
        record.planned_start = datetime.date(2026, 1, 5)
        with CaptureQueriesContext(connection) as captured:
            record.save()
        assert len(captured) == count


# It stays as it is ----------------------------------------------------------------------------------------------------


@pytest.mark.smoke
@pytest.mark.parametrize("statement", ["UPDATE partnership_change SET by_id = NULL", "DELETE FROM partnership_change"])
def test_nobody_rewrites_it(statement: str):
    OrganisationFactory()
    before = list(Change.objects.values())
    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert list(Change.objects.values()) == before


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "title_fr": st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40),
    "title_ar": st.sampled_from(["تكوين", "تكوين الموظفين", "e\u0301"]),
    "people_expected": st.none() | st.integers(0, 2000),
    "planned_start": st.none() | st.dates(datetime.date(2020, 1, 1), datetime.date(2024, 1, 1)),
    "place_sensitive": st.booleans(),
    "competence": st.sampled_from(["", "own", "shared"]),
    "hours": st.none() | st.decimals(0, 999, places=1),
    "domains": st.sets(st.integers(0, 2)),
}
EDITS = st.lists(
    st.tuples(st.sampled_from(sorted(VALUES)), st.booleans(), st.data(), st.sampled_from(["save", "field", "reread"])),
    max_size=12,
)


@given(edits=EDITS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_replaying_it_gives_the_present_record(edits: list[Any], db: None):
    with transaction.atomic():
        project = ProjectFactory(involved=[])
        activity = ActivityFactory(project=project)
        domains = [DomainFactory(protocol=project.protocol) for _ in range(3)]
        for name, both, data, way in edits:
            value = data.draw(VALUES[name])
            if name == "domains":
                project.domains.set([domains[index] for index in value])
                continue
            record = activity if name == "hours" else project
            record = type(record).objects.get(pk=record.pk) if way == "reread" else record
            setattr(record, name, value)
            if both and record is project:
                record.people_expected = 1
            record.save(update_fields=[name] if way == "field" else None)
            project.refresh_from_db()
            activity.refresh_from_db()
        for record in (project, activity):
            present = type(record).objects.get(pk=record.pk)
            assert replayed(record) == plainly(present)
        transaction.set_rollback(True)


def replayed(record: Any) -> dict[str, Any]:
    """The record as its history alone tells it."""
    told: dict[str, Any] = dict.fromkeys(plainly(record))
    for change in Change.objects.of(record).order_by("pk"):
        for name, (went, came) in change.data.items():
            if isinstance(came, list):
                told[name] = sorted((set(told[name] or ()) - set(went)) | set(came))
            else:
                assert told[name] == went
                told[name] = came
    return {name: value or [] if name in linked(record) else value for name, value in told.items()}


def linked(record: Any) -> list[str]:
    return [relation.name for relation in record._meta.local_many_to_many]


def plainly(record: Any) -> dict[str, Any]:
    columns = field_values.columns(type(record))
    own = {field.name: field_values.plain(field, getattr(record, field.attname)) for field in columns}
    return own | {name: sorted(getattr(record, name).values_list("pk", flat=True)) for name in linked(record)}


# Nothing goes round it ------------------------------------------------------------------------------------------------


def test_update_and_bulk_are_called_in_named_places_only():
    found = {(path, name) for path, name, _line in round_the_signals()}
    assert found == set(ROUND_THE_HISTORY)


def round_the_signals() -> Iterator[tuple[str, str, int]]:
    """Every call that writes rows without Django's signals, by file and function."""
    for label in (*OURS, "config"):
        for path in sorted((ROOT / label).rglob("*.py")):
            if "migrations" not in path.parts:
                tree = ast.parse(path.read_text(encoding="utf-8"))
                yield from ((str(path.relative_to(ROOT)), name, line) for name, line in _calls(tree, ""))


def _calls(node: ast.AST, function: str) -> Iterator[tuple[str, int]]:
    for child in ast.iter_child_nodes(node):
        name = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
        if (
            isinstance(child, ast.Call)
            and isinstance(child.func, ast.Attribute)
            and _goes_round(child, child.func.attr)
        ):
            yield function, child.lineno
        yield from _calls(child, name)


def _goes_round(call: ast.Call, method: str) -> bool:
    """A queryset's update takes keywords only; a dictionary's or a digest's takes a thing."""
    if method in {"update", "aupdate"}:
        return not call.args
    return method in {"bulk_create", "bulk_update", "abulk_create", "abulk_update", "_raw_delete"}
