"""A scan that proves an act: stored as it may be kept, as an internal document of whoever gives it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.text import Truncator

from partnership import parity, uploads
from partnership.models import Document, DocumentKind, Organisation, Protocol


def file_scan(
    upload: UploadedFile[Any],
    *,
    protocol: Protocol,
    owner: Organisation,
    titles: Mapping[str, str],
    kind: DocumentKind = DocumentKind.ACT,
) -> Document:
    """The scan as a document with a title in each language. The file has passed `uploads.validate_upload`."""
    file_type = uploads.type_of(upload.name or "")
    assert file_type is not None
    stored = uploads.cleaned(upload)
    document: Document = Document.objects.create(
        protocol=protocol,
        owner=owner,
        kind=kind,
        file=stored,
        size=stored.size or 0,
        media_type=file_type.media_type,
        **{parity.column("title", language): Truncator(title).chars(200) for language, title in titles.items()},
    )
    return document
