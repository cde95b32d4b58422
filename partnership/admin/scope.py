"""One protocol at a time: every list, form, menu, suggestion and address of the admin starts at request.protocol.

A row of another protocol does not exist here: its address answers like an unknown one, its name appears in no menu.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin import FieldListFilter, RelatedOnlyFieldListFilter
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import models
from django.http import Http404, HttpRequest
from django.urls import URLPattern
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partnership import drafting, number_fields, parity, permissions, searching
from partnership.admin.columns import code_column, isolated
from partnership.admin.editing import EditingTogether
from partnership.admin.locked import LockedFields, LockedRows
from partnership.admin.texts import SideBySide, TextsForm
from partnership.middleware import current
from partnership.refusals import Refusal
from partnership.rights import Action
from partnership.templatetags import words

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
    _StackedInline = admin.StackedInline[Any, Any]
    _TabularInline = admin.TabularInline[Any, Any]
    _Mixin = admin.ModelAdmin[Any]
else:
    _ModelAdmin, _StackedInline, _TabularInline, _Mixin = (
        admin.ModelAdmin,
        admin.StackedInline,
        admin.TabularInline,
        object,
    )

SHARED = ""
"""The protocol path of what all protocols of an installation share."""


def may(request: HttpRequest, action: Action, label: str | None = None, record: Any = None) -> bool:
    """Whether the person may do this with records of the request's protocol: of a model, or with this one."""
    protocol = current(request)
    return protocol is not None and permissions.may(request.user, action, protocol, label, record)


class Scoped(SideBySide, _Mixin):
    """What lists and inlines share: the protocol's rows only, and rights read from mandates."""

    protocol_path: ClassVar[str] = "protocol"
    """Lookup from the model to its protocol, or SHARED."""

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return self.in_protocol(super().get_queryset(request), request)

    def in_protocol(self, rows: models.QuerySet[Any], request: HttpRequest) -> models.QuerySet[Any]:
        """Those of the rows that belong to the request's protocol; none while there is none."""
        protocol = current(request)
        if protocol is None:
            return rows.none()
        return rows.filter(**{self.protocol_path: protocol.pk}) if self.protocol_path else rows

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> models.QuerySet[Any] | None:
        """What a menu offers, and what a form accepts: rows of this protocol."""
        model = db_field.remote_field.model
        related = self.admin_site.get_model_admin(model)
        if not isinstance(related, Scoped):
            raise ImproperlyConfigured(f"{model.__name__} needs a scoped admin before {self} can offer its rows.")
        rows = super().get_field_queryset(db, db_field, request)
        if rows is None:
            rows = model._default_manager.using(db).all()
        if isinstance(related.list_select_related, list | tuple):
            rows = rows.select_related(*related.list_select_related)
        return related.in_protocol(rows, request)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Numbers and days are read as the three languages write them, in whatever digits."""
        return super().formfield_for_dbfield(db_field, request, **{**number_fields.options_for(db_field), **kwargs})

    def may(self, request: HttpRequest, action: Action, obj: Any = None) -> bool:
        """Whether the table of rights lets the person do this with the model's records, or with this one."""
        return may(request, action, self.opts.label_lower, obj if isinstance(obj, self.model) else None)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "view", obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "delete", obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "view")


class ReadOnly(_Mixin):
    """Rows that the platform writes and people only read."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ScopedAdmin(LockedFields, EditingTogether, Scoped, _ModelAdmin):
    """A model of one protocol in the admin."""

    form = TextsForm
    view_on_site = False
    list_per_page = 50
    show_full_result_count = False

    @property
    def urls(self) -> list[URLPattern]:
        """Every page of the model; to whoever may not see its records, no such page exists."""
        pages = self.get_urls()
        for page in pages:
            page.callback = self._unknown_to_others(page.callback)
        return pages

    def _unknown_to_others(self, view: Any) -> Any:
        def page(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            asks = request.method in {"GET", "HEAD", "POST"}
            if asks and self.admin_site.has_permission(request) and not self.has_view_permission(request):
                raise Http404
            return view(request, *args, **kwargs)

        return update_wrapper(page, view)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The record. Raises Http404 for one that is not there, of another protocol, or out of the person's reach."""
        record = super().get_object(request, object_id, from_field)
        if record is None or not self.has_view_permission(request, record):
            raise Http404
        return record

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A record is not written into the other commune's hands either: what it would be is judged like what it is."""
        if not self.may(request, "change" if change else "add", obj):
            raise Refusal(
                _("As it stands here, this belongs to the other commune. Each commune keeps its own (rule I2)."),
                code="I2",
            )
        super().save_model(request, obj, form, change)

    def get_list_display(self, request: HttpRequest) -> Any:
        """Codes and addresses keep their direction in a right-to-left line."""
        return [self._from_left_to_right(column) for column in super().get_list_display(request)]

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        links = super().get_list_display_links(request, list_display)
        return links and [self._from_left_to_right(column) for column in links]

    def _from_left_to_right(self, column: Any) -> Any:
        known = isinstance(column, str) and column in self.left_to_right and not hasattr(self, column)
        return code_column(self.opts.label, column) if known else column

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """Rows that hold every word, however it is accented or spelt, in whatever digits; no row twice."""
        return searching.matching(queryset, self.get_search_fields(request), search_term), False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """What can be done with several records at once: with all that were chosen, or with none."""
        acts: dict[str, Any] = super().get_actions(request)
        return {name: (self._all_or_none(act), name, description) for name, (act, _name, description) in acts.items()}

    def response_action(self, request: HttpRequest, queryset: models.QuerySet[Any], *where: Any) -> Any:
        """Nothing is done with what no record's key can be."""
        try:
            for key in request.POST.getlist(ACTION_CHECKBOX_NAME):
                self.opts.pk.to_python(key)
        except ValidationError:
            self.message_user(request, self._gone(), messages.ERROR)
            return None
        return super().response_action(request, queryset, *where)

    def _gone(self) -> str:
        return gettext("Some of the chosen records are not here any more. Nothing was done; choose again.")

    def _all_or_none(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def for_all(modeladmin: Any, request: HttpRequest, queryset: models.QuerySet[Any]) -> Any:
            refused = self._out_of_reach(request, queryset, getattr(act, "allowed_permissions", ()))
            if refused:
                self.message_user(request, refused, messages.ERROR)
                return None
            return act(modeladmin, request, queryset)

        return update_wrapper(for_all, act)

    def _out_of_reach(self, request: HttpRequest, rows: models.QuerySet[Any], needed: Iterable[str]) -> str:
        """Why not everything that was chosen can be done; empty where it can."""
        checks = [getattr(self, f"has_{permission}_permission") for permission in needed]
        chosen = set(request.POST.getlist(ACTION_CHECKBOX_NAME))
        refused = []
        for record in rows.iterator(chunk_size=200):
            chosen.discard(str(record.pk))
            if not all(check(request, record) for check in checks):
                refused.append(str(record))
        if request.POST.get("select_across", "0") == "0" and chosen:
            return self._gone()
        if not refused:
            return ""
        return gettext("Nothing was done, since your mandate does not let you do this with: %(records)s") % {
            "records": gettext(", ").join(refused)
        }

    def get_form(self, request: HttpRequest, obj: Any | None = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        if self.protocol_path == "protocol":
            form.protocol = current(request)
        for name in getattr(obj, "hidden", ()):
            for code in settings.REQUIRED_LANGUAGES:
                _mark_hidden(form.base_fields.get(parity.column(name, code)))
        return form

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """A list is headed by what it lists."""
        title = capfirst(str(self.opts.verbose_name_plural))
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """A form is headed by the record's own words; below stand what it is and its code."""
        record = context.get("original")
        if record is not None:
            kind, code = capfirst(str(self.opts.verbose_name)), getattr(record, "code", "")
            context |= {"title": self.heading(record), "subtitle": f"{kind} · {isolated(code)}" if code else kind}
        return super().render_change_form(request, context, *args, **kwargs)

    def heading(self, record: Any) -> str:
        """What a record is called at the top of its form: its title or name, in the reader's language where it has one."""
        named = next((field for field in ("title", "name") if field in self._translated()), None)
        return (words.text(record, named) if named else "") or str(record)


def _mark_hidden(field: Any) -> None:
    """Say at a field that the public does not read it now. The form was made for this request alone."""
    if field is not None:
        field.help_text = format_html("{} {}", field.help_text, _("Hidden from the public."))


class _ScopedInline(LockedRows, Scoped):
    extra = 0

    def get_formset(self, request: HttpRequest, obj: Any | None = None, **kwargs: Any) -> Any:
        return with_drafts(super().get_formset(request, obj, **kwargs))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A menu asks the database once, however many rows the inline has."""
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if isinstance(field, forms.ModelChoiceField) and db_field.name not in self.get_autocomplete_fields(request):
            field.choices = list(cast(Iterable[Any], field.choices))
        return field


class ScopedStacked(_ScopedInline, _StackedInline):
    """Rows of one protocol below their parent, one card each."""

    form = TextsForm


class ScopedTabular(_ScopedInline, _TabularInline):
    """Rows of one protocol below their parent, as a table. Its fields are named one by one, since a heading names none."""

    form = TextsForm

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            field.widget.attrs["aria-label"] = capfirst(str(field.label))
            if isinstance(field.widget, RelatedFieldWidgetWrapper):
                field.widget.widget.attrs["aria-label"] = capfirst(str(field.label))
        return field

    def get_formset(self, request: HttpRequest, obj: Any | None = None, **kwargs: Any) -> Any:
        return named_deletion(super().get_formset(request, obj, **kwargs))


def with_drafts(formset: Any) -> Any:
    """The formset whose rows know their parent and their waiting texts: one query, however many rows."""

    class WithDrafts(formset):  # type: ignore[misc]  # made by Django for the request
        def get_queryset(self) -> Any:
            first = not hasattr(self, "_queryset")
            rows = super().get_queryset()
            if first and parity.translated_fields(self.model):
                for row in rows:
                    setattr(row, self.fk.name, self.instance)
                drafting.lay_over(rows)
            return rows

    return WithDrafts


def named_deletion(formset: Any) -> Any:
    """The formset with a name on each box that deletes a row."""

    class Named(formset):  # type: ignore[misc]  # made by Django for the request
        def add_fields(self, form: Any, index: int | None) -> None:
            super().add_fields(form, index)
            if "DELETE" in form.fields:
                form.fields["DELETE"].widget.attrs["aria-label"] = form.fields["DELETE"].label

    return Named


class ReadOnlyTabular(ReadOnly, ScopedTabular):
    """What the platform wrote, below its parent."""

    can_delete = False


class OwnRowsFilter(RelatedOnlyFieldListFilter):
    """A filter that offers only what the protocol's own rows point to."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Each by its name; a code at its beginning keeps its direction."""
        choices: Iterable[tuple[str, Any]] = super().field_choices(field, request, model_admin)
        return [(key, _code_first(str(name))) for key, name in choices]


def _code_first(name: str) -> str:
    first, space, rest = name.partition(" ")
    return f"{isolated(first)}{space}{rest}" if any(map(str.isdecimal, first)) else name


FieldListFilter.register(lambda field: bool(field.remote_field), OwnRowsFilter, take_priority=True)
