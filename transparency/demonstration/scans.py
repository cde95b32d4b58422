"""The demonstration's scans: real PDFs of one page, which say that they stand for a paper nobody ever signed."""

from __future__ import annotations

from django.core.files.base import ContentFile

from partnership.models import Document, Organisation
from partnership.models.documents import DocumentKind
from partnership.protocol_file import columns
from partnership.publishing import publish
from partnership.uploads import TYPES
from transparency.demonstration.story import Story

MARK = "DEMO"  # no language: the fonts that every PDF reader brings have no Arabic


def attach(
    story: Story,
    owner: Organisation,
    titles: dict[str, str],
    line: str,
    *,
    public: bool,
    kind: DocumentKind = DocumentKind.ACT,
) -> Document:
    """A document of a commune that holds one page with this line; a public one stands before the public at once."""
    content = page(line)
    document: Document = Document.objects.create(
        protocol=story.protocol,
        owner=owner,
        kind=kind,
        file=ContentFile(content, name="scan.pdf"),
        size=len(content),
        media_type=TYPES[".pdf"].media_type,
        public=public,
        **columns("title", titles),
    )
    story.files.append(document.file)
    if public:
        publish(document, by=None)
    return document


def page(line: str) -> bytes:
    """A PDF of one A4 page with the mark of the demonstration and a line of Latin letters and digits."""
    drawn = f"BT /F 40 Tf 72 740 Td ({MARK}) Tj /F 16 Tf 0 -40 Td ({line}) Tj ET".encode("ascii")
    return _assembled(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )


def _assembled(*objects: bytes) -> bytes:
    """The objects as a file, with the table of where each begins; the first one is the catalogue."""
    written, begins = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        begins.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    places = b"".join(b"%010d 00000 n \n" % begin for begin in begins)
    size = len(objects) + 1
    table = b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, places)
    return written + table + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(written))
