"""What may be uploaded: content, extension and declared type must agree; pictures are re-encoded (no EXIF, no GPS).

Source: shared security bar, uploads; OWASP ASVS 5.0 chapter on file handling.
"""

from __future__ import annotations

import io
import uuid
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Model
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext_lazy as _
from PIL import Image

MAXIMUM_BYTES = 10 * 1024 * 1024
MAXIMUM_PIXELS = 40_000_000
MAXIMUM_ZIP_RATIO = 100
MAXIMUM_ZIP_BYTES = 200 * 1024 * 1024
_OFFICE = "application/vnd.openxmlformats-officedocument."


@dataclass(frozen=True)
class FileType:
    """A type that may be uploaded: its media type, and the folder an office file must hold."""

    media_type: str
    picture_format: str = ""
    office_folder: str = ""


TYPES = {
    ".pdf": FileType("application/pdf"),
    ".png": FileType("image/png", picture_format="PNG"),
    ".jpg": FileType("image/jpeg", picture_format="JPEG"),
    ".jpeg": FileType("image/jpeg", picture_format="JPEG"),
    ".webp": FileType("image/webp", picture_format="WEBP"),
    ".docx": FileType(_OFFICE + "wordprocessingml.document", office_folder="word/"),
    ".xlsx": FileType(_OFFICE + "spreadsheetml.sheet", office_folder="xl/"),
}


def type_of(name: str) -> FileType | None:
    """The type that a file name's ending stands for, or None when it may not be uploaded."""
    return TYPES.get(PurePosixPath(name.lower()).suffix)


def random_name(instance: Model, filename: str) -> str:
    """A storage path that tells nothing; only the ending is kept."""
    return f"documents/{uuid.uuid4().hex}{PurePosixPath(filename.lower()).suffix}"


def validate_upload(file: FieldFile | UploadedFile[Any]) -> None:
    """Raises ValidationError when the file is too large, of another type, or its content is not what its name says."""
    kind = type_of(file.name or "")
    if kind is None:
        raise ValidationError(
            _("This type of file is not accepted. Choose a PDF, PNG, JPEG, WebP, DOCX or XLSX file."), code="file_type"
        )
    if file.size is None or file.size > MAXIMUM_BYTES:
        raise ValidationError(
            _("The file is larger than 10 MB. Make it smaller and choose it again."), code="file_size"
        )
    declared = getattr(file, "content_type", None) or getattr(getattr(file, "file", None), "content_type", None)
    if declared and declared != kind.media_type:
        raise ValidationError(_not_what_it_says(), code="file_content")
    file.seek(0)
    content = file.read()
    file.seek(0)
    _check_content(content, kind)


def _check_content(content: bytes, kind: FileType) -> None:
    if kind.picture_format:
        _check_picture(content, kind)
    elif kind.office_folder:
        _check_office(content, kind)
    elif not content.startswith(b"%PDF-"):
        raise ValidationError(_not_what_it_says(), code="file_content")


def _check_picture(content: bytes, kind: FileType) -> None:
    try:
        with Image.open(io.BytesIO(content), formats=[kind.picture_format]) as picture:
            width, height = picture.size
            if width * height > MAXIMUM_PIXELS:
                raise ValidationError(_("The picture has more than 40 million pixels."), code="file_pixels")
            picture.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValidationError(_not_what_it_says(), code="file_content") from error


def _check_office(content: bytes, kind: FileType) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except zipfile.BadZipFile as error:
        raise ValidationError(_not_what_it_says(), code="file_content") from error
    names = {entry.filename for entry in entries}
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    if unpacked > MAXIMUM_ZIP_BYTES or unpacked / packed > MAXIMUM_ZIP_RATIO:
        raise ValidationError(_("The file unpacks to far more than it should."), code="file_ratio")
    if "[Content_Types].xml" not in names or not any(name.startswith(kind.office_folder) for name in names):
        raise ValidationError(_not_what_it_says(), code="file_content")


def _not_what_it_says() -> str:
    return str(_("The file's content is not what its name says. Export it again and choose the new file."))


def cleaned(file: UploadedFile[Any]) -> UploadedFile[Any] | ContentFile[bytes]:
    """The file as it is stored: pictures re-encoded without metadata, everything else as it came. Call after validate_upload."""
    kind = type_of(file.name or "")
    if kind is None or not kind.picture_format:
        return file
    file.seek(0)
    out = io.BytesIO()
    with Image.open(file, formats=[kind.picture_format]) as picture:
        bare = Image.frombytes(picture.mode, picture.size, picture.tobytes())
        if picture.mode == "P" and (palette := picture.getpalette()):
            bare.putpalette(palette)
        bare.save(out, format=kind.picture_format)
    return ContentFile(out.getvalue(), name=file.name)
