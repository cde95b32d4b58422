"""Documents: what may be uploaded stands in partnership/uploads.py; a picture is stored without its metadata."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from partnership import uploads
from partnership.admin.columns import text_column
from partnership.admin.publishing import PublishingAdmin, TextsFilter, publishing_tag
from partnership.models import Document
from partnership.refusals import Refusals


@admin.register(Document)
class DocumentAdmin(PublishingAdmin):
    """Files of the protocol, with their rights and texts."""

    list_display = (text_column(Document, "title"), "kind", "owner", "public", publishing_tag, "shown_size", "added_at")
    list_filter = ("kind", "public", "publishing_state", TextsFilter, "owner")
    list_select_related = ("owner",)
    search_fields = ("title_ar", "title_fr", "title_nl")
    date_hierarchy = "added_at"
    autocomplete_fields = ("owner",)
    readonly_fields = ("shown_file", "added_at")
    fieldsets = (
        (None, {"fields": ("title", ("kind", "owner"))}),
        (_("File"), {"fields": ("shown_file", "file", "public")}),
        (_("For those who do not see it"), {"fields": ("alternative_text",)}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any | None = None) -> Any:
        hidden = set() if obj else {"shown_file"}
        return [
            (name, {**options, "fields": [row for row in options["fields"] if row not in hidden]})
            for name, options in super().get_fieldsets(request, obj)
        ]

    def save_model(self, request: HttpRequest, obj: Document, form: Any, change: bool) -> None:
        """Store a new file as it may be kept, with its size and type. Raises Refusals for what the public must not get so."""
        upload = form.cleaned_data.get("file")
        kind = uploads.type_of(upload.name or "") if isinstance(upload, UploadedFile) else None
        if kind is not None:
            obj.file = uploads.cleaned(upload)
            obj.size = obj.file.size
            obj.media_type = kind.media_type
        refusals = obj.refusals_while_public()
        if refusals:
            raise Refusals(refusals)
        super().save_model(request, obj, form, change)

    @admin.display(description=_("size"), ordering="size")
    def shown_size(self, document: Document) -> str:
        """Kilobytes or megabytes."""
        return filesizeformat(document.size)

    @admin.display(description=_("stored file"))
    def shown_file(self, document: Document) -> SafeString:
        """A link to the file, for staff also before it is public."""
        return format_html(
            '<a href="{}">{}</a> · {}', document.get_absolute_url(), document.media_type, filesizeformat(document.size)
        )
