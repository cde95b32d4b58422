"""What may be uploaded: content, ending and declared type agree; pictures lose their metadata."""

from __future__ import annotations

import importlib
import io
import zipfile

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from partnership import uploads

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def picture(kind: str, size: tuple[int, int] = (40, 30), **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#125239").save(out, format=kind, **options)  # type: ignore[arg-type]
    return out.getvalue()


def office(folder: str = "word/", payload: bytes = b"<x/>") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(f"{folder}document.xml", payload)
    return out.getvalue()


def upload(name: str, content: bytes, declared: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type=declared)


@pytest.mark.parametrize(
    ("name", "content", "declared"),
    [
        ("acte.pdf", b"%PDF-1.7 ...", "application/pdf"),
        ("photo.PNG", picture("PNG"), "image/png"),
        ("photo.jpeg", picture("JPEG"), "image/jpeg"),
        ("photo.webp", picture("WEBP"), "image/webp"),
        ("pv.docx", office(), WORD),
    ],
)
def test_accepted(name: str, content: bytes, declared: str):
    uploads.validate_upload(upload(name, content, declared))


@pytest.mark.parametrize(
    ("name", "content", "declared", "code"),
    [
        ("logo.svg", b"<svg/>", "image/svg+xml", "file_type"),
        ("page.html", b"<p>", "text/html", "file_type"),
        ("acte", b"%PDF-1.7", "application/pdf", "file_type"),
        ("acte.pdf", b"<script>", "application/pdf", "file_content"),
        ("photo.png", picture("JPEG"), "image/png", "file_content"),
        ("photo.png", picture("PNG"), "image/jpeg", "file_content"),
        ("photo.png", picture("PNG")[:60], "image/png", "file_content"),
        ("pv.docx", b"PK\x03\x04broken", WORD, "file_content"),
        ("pv.docx", office("xl/"), WORD, "file_content"),
        ("pv.docx", office(payload=b"0" * 30_000_000), WORD, "file_ratio"),
        ("acte.pdf", b"%PDF-" + b"0" * uploads.MAXIMUM_BYTES, "application/pdf", "file_size"),
    ],
)
def test_refused(name: str, content: bytes, declared: str, code: str):
    with pytest.raises(ValidationError) as refusal:
        uploads.validate_upload(upload(name, content, declared))
    assert refusal.value.code == code


def test_a_picture_with_too_many_pixels_is_refused():
    out = io.BytesIO()
    Image.new("1", (8000, 6000)).save(out, format="PNG")
    with pytest.raises(ValidationError) as refusal:
        uploads.validate_upload(upload("plan.png", out.getvalue(), "image/png"))
    assert refusal.value.code == "file_pixels"


def test_a_picture_cut_short_is_refused_also_by_a_process_that_draws_reports():
    importlib.import_module("transparency.reports.pdf")
    with pytest.raises(ValidationError) as refusal:
        uploads.validate_upload(upload("photo.png", picture("PNG")[:60], "image/png"))
    assert refusal.value.code == "file_content"


def test_a_photo_loses_where_it_was_taken():
    exif = Image.Exif()
    exif[0x010E] = "Dar Taliba, Belfaa"
    stored = uploads.cleaned(upload("photo.jpg", picture("JPEG", exif=exif), "image/jpeg"))
    stored.seek(0)
    content = stored.read()
    assert b"Dar Taliba" not in content
    assert not dict(Image.open(io.BytesIO(content)).getexif())


def test_a_stored_name_tells_nothing():
    name = uploads.random_name(None, "Liste des bénéficiaires.PDF")  # type: ignore[arg-type]
    assert name.startswith("documents/")
    assert name.endswith(".pdf")
    assert "Liste" not in name
