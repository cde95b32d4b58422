"""An organisation accepts or declines its responsibility: by a personal link, on paper, a commune on its own staff pages (clause S1.1).

Order of locks: the project, the link.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from partnership import canonical, clock, decisions, editing, filing, history, letters, links, mandates
from partnership.links import Issued, LinkClosed
from partnership.models import LinkPurpose, Membership, PersonalLink, Role, User
from partnership.refusals import Refusal
from projects.models import AcceptedThrough, Involvement, ProjectState
from projects.models.projects import STARTED

PURPOSE = LinkPurpose.ACCEPTANCE
LIFE = datetime.timedelta(days=60)
"""An association's board meets every month or two: longer than an invitation."""
OVER = frozenset({ProjectState.CLOSED, ProjectState.CANCELLED, ProjectState.REPLACED})
ANSWERING = frozenset({Role.COORDINATOR, Role.EDITOR, Role.SIGNATORY})
"""Who answers for a commune on its own staff pages."""


@dataclass(frozen=True)
class Answer:
    """Yes or no, with the organisation's own words as it wrote them, in the language it wrote them in."""

    accepted: bool
    words: str = ""
    language: str = ""


def digest_of(involvement: Involvement) -> str:
    """What is being accepted, as a digest: an answer carries the one that was read."""
    asked = {
        "capacity": involvement.capacity,
        "organisation": involvement.organisation_id,
        "phase": involvement.phase,
        **decisions.texts(involvement, "responsibility"),
    }
    return canonical.digest(canonical.text(asked))


def is_commune(involvement: Involvement) -> bool:
    """Whether the responsibility is one of the two communes'."""
    protocol = involvement.project.protocol
    return protocol.parties.filter(organisation=involvement.organisation_id).exists()


# Asking ---------------------------------------------------------------------------------------------------------------


def address_known(involvement: Involvement) -> str:
    """The e-mail address in the organisation's public contact; empty where it has none."""
    for part in involvement.organisation.public_contact.replace("<", " ").replace(">", " ").split():
        written = part.strip(",;()")
        try:
            validate_email(written)
        except ValidationError:
            continue
        return written
    return ""


def ask(involvement: Involvement, *, by: User | None, address: str = "", by_mail: bool = False) -> Issued:
    """Make a link with which the organisation answers, once; an earlier one closes. By mail, it lies in the outbox.

    Who may ask is the caller's rule. Raises Refusal for a commune, which answers on its own pages [I2], for a project that is over,
    for a responsibility accepted already, and for a mail without an address.
    """
    with transaction.atomic():
        fresh = _locked(involvement)
        _refuse_asking(fresh)
        to = address or address_known(fresh)
        if by_mail:
            _check_address(to)
        links.revoke(PURPOSE, fresh)
        issued = links.issue(
            PURPOSE,
            fresh,
            protocol=fresh.project.protocol,
            organisation=fresh.organisation,
            address=to if by_mail else "",
            by=by,
            life=LIFE,
        )
        if by_mail:
            _post(fresh, issued, to)
    return issued


def open_for(involvement: Involvement) -> PersonalLink | None:
    """The link with which the organisation can answer now."""
    now = clock.now(involvement.project.protocol)
    return PersonalLink.objects.about(PURPOSE, involvement).usable(now).first()


def languages_of(involvement: Involvement) -> tuple[str, ...]:
    """In which languages the organisation is written to: those owed in its country, French and Dutch both in Brussels."""
    return letters.owed_by(involvement.organisation.country)


def _locked(involvement: Involvement) -> Involvement:
    """The responsibility as it stands, under its project's lock."""
    editing.lock(history.root_of(involvement))
    fresh: Involvement = Involvement.objects.select_related("organisation", "project__protocol").get(pk=involvement.pk)
    return fresh


def _refuse_asking(involvement: Involvement) -> None:
    if is_commune(involvement):
        raise Refusal(
            _("A commune answers for itself: its own staff accept or decline on this page (rule I2)."), code="I2"
        )
    if involvement.project.state in OVER:
        raise Refusal(
            _("This project is over; nobody is asked any more. State: %(state)s."),
            code="state",
            params={"state": involvement.project.get_state_display()},
        )
    if involvement.accepted_on is not None:
        raise Refusal(
            _("This responsibility is accepted already. Change its text, and the organisation is asked again."),
            code="accepted",
        )


def _check_address(address: str) -> None:
    try:
        validate_email(address)
    except ValidationError as wrong:
        raise Refusal(
            _("Type the organisation’s e-mail address, or choose the sheet of paper or the link."), code="address"
        ) from wrong


def _post(involvement: Involvement, issued: Issued, address: str) -> None:
    protocol = involvement.project.protocol

    def words(language: str) -> Mapping[str, Any]:
        return {
            "involvement": involvement,
            "responsibility": decisions.columns_by_language(involvement, "responsibility")[language],
            "project_title": decisions.columns_by_language(involvement.project, "title")[language],
            "address": links.address_of(protocol, issued.secret, language),
            "expires_at": issued.link.expires_at,
        }

    letters.post_to(
        "acceptance",
        address,
        languages_of(involvement),
        key=f"acceptance:{issued.link.pk}",
        protocol=protocol,
        context=words,
    )


# Answering ------------------------------------------------------------------------------------------------------------


def subject_of(link: PersonalLink) -> Involvement:
    """The responsibility a link asks about. Raises LinkClosed where it is gone, another's by now, accepted, or its project over."""
    rows = Involvement.objects.select_related("organisation", "project__protocol")
    found: Involvement | None = rows.filter(pk=link.object_id).first()
    if found is None or found.organisation_id != link.organisation_id:
        raise LinkClosed
    if found.accepted_on is not None or found.project.state in OVER:
        raise LinkClosed
    return found


def answer(link: PersonalLink, given: Answer, *, seen: str) -> Involvement:
    """Take the one answer of a link. `seen` is the digest of what was read.

    Raises LinkClosed when someone was faster, Refusal where the responsibility says something else than what was read.
    """
    involvement = subject_of(link)
    with transaction.atomic(), history.acting(None), history.one_version():
        _locked(involvement)
        links.use(link)
        fresh = subject_of(link)
        if digest_of(fresh) != seen:
            raise Refusal(
                _("The responsibility was changed while you read it. Read it again, then answer."), code="seen"
            )
        _enter(fresh, given, clock.today(link.protocol), AcceptedThrough.LINK)
    return fresh


def accept_on_paper(
    involvement: Involvement,
    *,
    on: datetime.date,
    by: Membership,
    accepted: bool = True,
    scan: UploadedFile[Any] | None = None,
) -> Involvement:
    """Enter an answer that came on paper, with its scan among the project's internal documents; a link that still opens closes.

    Raises Refusal for a day to come, for a commune whose own mandate it is not [I2], for one who may not act for a commune [I3], and
    where a commune would decline its last responsibility in a project that runs or is public [I7].
    """
    with transaction.atomic(), history.acting(by.user), history.one_version():
        fresh = _locked(involvement)
        mandates.acting_for(by, fresh.project.protocol, ANSWERING)
        _refuse_other_commune(fresh, by)
        if on > clock.today(fresh.project.protocol):
            raise Refusal(_("This day is still to come. Enter the date that stands on the paper."), code="on")
        if scan is not None:
            _file(fresh, scan, by)
        links.revoke(PURPOSE, fresh)
        _enter(fresh, Answer(accepted), on, AcceptedThrough.PAPER)
    return fresh


def answer_here(involvement: Involvement, given: Answer, *, by: Membership, seen: str) -> Involvement:
    """A commune answers for its own responsibility on the staff pages. Raises Refusal for anybody else [I2, I3, I7]."""
    with transaction.atomic(), history.acting(by.user), history.one_version():
        fresh = _locked(involvement)
        mandates.acting_for(by, fresh.project.protocol, ANSWERING)
        if by.organisation_id != fresh.organisation_id:
            raise Refusal(_("Only staff of %(organisation)s answer for it here."), code="I2", params=_named(fresh))
        if digest_of(fresh) != seen:
            raise Refusal(
                _("The responsibility was changed while you read it. Read it again, then answer."), code="seen"
            )
        _enter(fresh, given, clock.today(fresh.project.protocol), AcceptedThrough.STAFF)
    return fresh


def _named(involvement: Involvement) -> dict[str, object]:
    return {"organisation": str(involvement.organisation)}


def _refuse_other_commune(involvement: Involvement, by: Membership) -> None:
    if by.organisation_id != involvement.organisation_id and is_commune(involvement):
        raise Refusal(_("Only staff of %(organisation)s answer for it here."), code="I2", params=_named(involvement))


def _refuse_last(involvement: Involvement) -> None:
    """A commune does not decline what is left of its responsibilities while the project is public or has started [I7]."""
    project = involvement.project
    if not (project.is_published or project.state in {*STARTED, ProjectState.SUSPENDED}) or not is_commune(involvement):
        return
    others = project.involvements.filter(organisation=involvement.organisation_id, declined_on__isnull=True)
    if not others.exclude(pk=involvement.pk).exists():
        raise Refusal(
            _(
                "%(organisation)s would have no responsibility left. A project that is public or has started keeps at least one "
                "of each commune (rule I7). Enter another one first, or change this one."
            ),
            code="I7",
            params=_named(involvement),
        )


def _enter(involvement: Involvement, given: Answer, on: datetime.date, through: AcceptedThrough) -> None:
    if not given.accepted:
        _refuse_last(involvement)
    involvement.accepted_on = on if given.accepted else None
    involvement.declined_on = None if given.accepted else on
    involvement.accepted_through = through
    involvement.words = given.words.strip()
    involvement.words_language = given.language if involvement.words else ""
    involvement.save()


def _file(involvement: Involvement, scan: UploadedFile[Any], by: Membership) -> None:
    titles = {}
    for language in settings.REQUIRED_LANGUAGES:
        with override(language):
            titles[language] = gettext("Scan: answer of %(organisation)s, %(project)s") % {
                "organisation": involvement.organisation,
                "project": f"\u2066{involvement.project.code}\u2069",
            }
    kept = filing.file_scan(scan, protocol=involvement.project.protocol, owner=by.organisation, titles=titles)
    involvement.project.documents.add(kept)
