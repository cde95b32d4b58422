"""appoint_coordinator: the first coordinator of a commune, who appoints everyone else."""

from __future__ import annotations

import datetime
import mimetypes
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.core.validators import validate_email
from django.db import transaction

from partnership import appointing, clock, filing, invitations, letters, links, mandates, uploads
from partnership.appointing import Act, Appointment
from partnership.links import Issued
from partnership.models import Basis, Document, Membership, Party, Protocol, Role, User

LANGUAGES = settings.REQUIRED_LANGUAGES


class Command(BaseCommand):
    """Makes the person, their mandate, an entry in the register and an invitation, which is mailed and printed once."""

    help = (
        "Appoint the first coordinator of a commune. In effect at once. Where the commune has a coordinator: only with "
        "--additional and a --reason, which the register keeps, told to both communes and in effect after 24 hours."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--protocol", metavar="CODE", help="by default the primary protocol")
        parser.add_argument("--commune", required=True, help="its name in any of the languages, or its place, 1 or 2")
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", required=True, help="of the person; it stands in no register")
        parser.add_argument("--language", choices=LANGUAGES, default="", help="of their pages and mails")
        for language in LANGUAGES:
            parser.add_argument(f"--function-{language}", required=True, help="as the register names it")
        parser.add_argument("--act", required=True, help="number and date of the commune's act, as it is cited")
        parser.add_argument("--act-file", type=Path, help="the act itself, for instance a PDF")
        parser.add_argument("--basis", choices=Basis.values, default=Basis.DELEGATION.value)
        parser.add_argument("--from", dest="starts_on", type=datetime.date.fromisoformat, metavar="DATE")
        parser.add_argument("--until", dest="ends_on", type=datetime.date.fromisoformat, metavar="DATE")
        parser.add_argument("--additional", action="store_true", help="though the commune has a coordinator")
        parser.add_argument("--reason", default="", help="why; with --additional")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        if options["additional"] != bool(options["reason"].strip()):
            raise CommandError("Give --additional and --reason together, or neither.")
        party = commune(protocol(options["protocol"]), options["commune"])
        try:
            with transaction.atomic():
                mandate = appoint(party, options)
                invitation = invite(mandate)
        except ValidationError as refusal:
            raise CommandError("\n".join(refusal.messages)) from refusal
        self.stdout.write(told(mandate))
        self.stdout.write(invited(mandate, invitation))


def protocol(code: str | None) -> Protocol:
    """The protocol with this code, or the primary one. Raises CommandError for none."""
    rows = Protocol.objects.filter(code=code) if code else Protocol.objects.filter(primary=True)
    found = rows.first()
    if found is None:
        raise CommandError(f"There is no protocol {code or 'marked primary'}. Load one with load_protocol.")
    return found


def commune(of: Protocol, named: str) -> Party:
    """The party of this place or name. Raises CommandError for none, naming both."""
    parties = list(of.parties.select_related("organisation").order_by("position"))
    names = {party.position: [*mandates.commune_names(party.organisation).values(), str(party)] for party in parties}
    for party in parties:
        short = [getattr(party.organisation, f"short_name_{language}") or "" for language in LANGUAGES]
        if named.casefold() in {
            word.casefold() for word in [str(party.position), *names[party.position], *short] if word
        }:
            return party
    known = "; ".join(f"{place}: {', '.join(dict.fromkeys(words))}" for place, words in names.items())
    raise CommandError(f"“{named}” is neither commune of {of.code}. They are {known}.")


def appoint(party: Party, options: dict[str, Any]) -> Membership:
    """The mandate, made by the product's own act."""
    function = {language: options[f"function_{language}"] for language in LANGUAGES}
    wanted = Appointment(
        person=person(options),
        role=Role.COORDINATOR,
        function=function,
        basis=Basis(options["basis"]),
        starts_on=options["starts_on"] or mandates.day_in(party, clock.now(party.protocol)),
        ends_on=options["ends_on"],
    )
    act = Act(options["act"], document(options["act_file"], party, options["act"]))
    return appointing.appoint_first(wanted, party, act, ground=options["reason"])


def person(options: dict[str, Any]) -> User:
    """The person with this address; who was there before keeps name, language and password. Raises ValidationError for no address."""
    email = options["email"].strip().lower()
    validate_email(email)
    known = User.objects.filter(email=email).first()
    return known or User.objects.create_user(email, None, name=options["name"], language=options["language"])


def document(path: Path | None, party: Party, title: str) -> Document | None:
    """The act's file, kept as every upload is. Raises CommandError where it cannot be read, ValidationError where it is none."""
    if path is None:
        return None
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
    upload = SimpleUploadedFile(path.name, content, mimetypes.guess_type(path.name)[0] or "")
    uploads.validate_upload(upload)
    return filing.file_scan(
        upload, protocol=party.protocol, owner=party.organisation, titles=dict.fromkeys(LANGUAGES, title)
    )


def invite(mandate: Membership) -> Issued | None:
    """An invitation by mail, whose secret is printed too; None for who has a password."""
    return None if mandate.user.has_usable_password() else invitations.invite(mandate, by=None, by_mail=True)


def told(mandate: Membership) -> str:
    """Who may do what from when, in one line."""
    since = f"{mandate.effective_at:%Y-%m-%d %H:%M} UTC"
    entry = mandate.protocol.register.order_by("-sequence")[0]
    return f"{mandate.user.email} is coordinator of {mandate.organisation} in effect from {since}; register entry {entry.sequence}."


def invited(mandate: Membership, invitation: Issued | None) -> str:
    """The link, which is shown here and in the mail and can be read nowhere else."""
    if invitation is None:
        return "This person has a password already and signs in with it."
    language = letters.language_of(mandate.user, "fr")
    return "\n".join(
        [
            "Invitation, also mailed; it works once:",
            f"    {links.address_of(mandate.protocol, invitation.secret, language)}",
            f"    or {links.entrance_of(mandate.protocol, language)} with the code {links.in_groups(invitation.code)}",
            f"    until {invitation.link.expires_at:%Y-%m-%d %H:%M} UTC",
        ]
    )
