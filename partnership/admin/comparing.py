"""What a form was opened with, what was typed into it and what stands now, field by field and row by row."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import models
from django.forms.models import InlineForeignKeyField
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext

from partnership import editing, field_values, formats, languages
from partnership.admin.columns import isolated
from partnership.editing import UNKNOWN, Data, Keep, Rows, Side
from partnership.models import Change

NOTHING = "–"


@dataclass(frozen=True)
class Line:
    """One thing that differs between what was typed and what stands: a field, or a whole row."""

    name: str
    """The field's name in the data, or the row's prefix and place."""
    group: str
    label: str
    side: Side
    opened: SafeString
    mine: SafeString
    theirs: SafeString
    standing: Data = field(default_factory=dict)
    """What a browser would send for the value that stands."""
    proposal: str | None = None
    """For a text: both changes together, or what was typed; None for what is no text."""
    settled: bool = False
    """Whether both changes could be put together."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """Language and direction of a text."""
    upload: bool = False
    row: str = ""
    """For a whole row: "new" typed here, "gone" there, or "removed" here."""

    @property
    def choice(self) -> Keep | None:
        """What is kept unless the person says otherwise; None where only they can say."""
        if self.side == Side.BOTH:
            return Keep.REWRITE if self.settled else None
        return Keep.MINE if self.side == Side.MINE else Keep.THEIRS

    @property
    def rewritable(self) -> bool:
        """Whether a third text may be written."""
        return self.side == Side.BOTH and self.proposal is not None


@dataclass(frozen=True)
class Typed:
    """One field with what was typed, in words: for the file a person takes away."""

    label: str
    words: str


class Comparison:
    """A record's form as three people know it: who opened it, who typed, and what stands in the database now."""

    def __init__(
        self,
        form: forms.ModelForm[Any],
        formsets: Sequence[Any],
        data: Data,
        files: Mapping[str, UploadedFile[Any]],
        changes: Sequence[Change],
    ) -> None:
        """`form` and `formsets` are unbound, of the record as it stands; `changes` came to it since it was opened, in order."""
        self.data, self.files = data, files
        self.changes = editing.by_record(changes)
        self.fields = 0
        self.typed: list[Typed] = []
        self.added: list[str] = []
        """Rows that others added, in words; they stay."""
        self.lines = [*self._of_record(form)]
        for formset in formsets:
            self.lines += self._of_formset(formset)

    @property
    def sides(self) -> list[Side]:
        """By whose hand each line differs."""
        return [line.side for line in self.lines]

    def count(self, *sides: Side) -> int:
        """How many lines differ by these hands."""
        return sum(line.side in sides for line in self.lines)

    # The record itself

    def _of_record(self, form: forms.ModelForm[Any]) -> Iterator[Line]:
        yield from self._of_form(form, "", {name: name for name in form.fields})

    def _of_form(self, form: Any, group: str, names: Mapping[str, str]) -> Iterator[Line]:
        was = _Was(form, self._changes_of(form.instance), self)
        for name, html_name in names.items():
            cell = _Cell(form, name, html_name, self.data, self.files)
            self.fields += 1
            self.typed.append(Typed(f"{group} · {cell.label}" if group else cell.label, cell.words(cell.mine)))
            line = cell.line(was, group)
            if line is not None:
                yield line

    def _changes_of(self, record: models.Model) -> list[Change]:
        kind = ContentType.objects.get_for_model(record)
        return self.changes.get((kind.pk, str(record.pk)), [])

    def changes_of_model(self, model: type[models.Model]) -> dict[str, list[Change]]:
        """The changes of every record of a model, by key."""
        kind = ContentType.objects.get_for_model(model).pk
        return {key: changes for (of, key), changes in self.changes.items() if of == kind}

    # Its rows

    def _of_formset(self, formset: Any) -> Iterator[Line]:
        present = {str(form.instance.pk): form for form in formset.initial_forms}
        rows = Rows(formset.prefix, formset.model._meta.pk.name, self.data)
        sent = set()
        for row in rows.rows:
            sent.add(row.key)
            if row.key in present:
                yield from self._of_row(formset, rows, row, present[row.key])
            elif row.key:
                yield from self._of_gone_row(formset, rows, row)
            else:
                yield from self._of_new_row(formset, rows, row)
        self.added += [self._group(formset, form.instance) for key, form in present.items() if key not in sent]

    def _of_row(self, formset: Any, rows: Rows, row: editing.Row, form: Any) -> Iterator[Line]:
        group = self._group(formset, form.instance)
        names = _names(form, rows, row.place)
        if not row.deleted:
            yield from self._of_form(form, group, names)
            return
        was = _Was(form, self._changes_of(form.instance), self)
        cells = [_Cell(form, name, html_name, self.data, self.files) for name, html_name in names.items()]
        theirs = any(was.changed(name) for name in names)
        yield Line(
            f"{formset.prefix}-{row.place}",
            group,
            gettext("The whole row"),
            editing.side(mine=True, theirs=theirs),
            _lines((cell.label, cell.words(was.value(cell.name))) for cell in cells),
            _note(gettext("You removed it.")),
            _lines((cell.label, cell.words(cell.theirs)) for cell in cells) if theirs else _note(gettext("As it was.")),
            row="removed",
        )

    def _of_gone_row(self, formset: Any, rows: Rows, row: editing.Row) -> Iterator[Line]:
        """A row that was sent with a key and stands no more: somebody removed it."""
        changes = self.changes_of_model(formset.model).get(row.key, [])
        before = editing.as_it_was(None, changes) or {}
        form = formset.empty_form
        cells = [
            _Cell(form, name, html_name, self.data, self.files)
            for name, html_name in _names(form, rows, row.place).items()
        ]
        opened = {cell.name: _python(cell.model_field, before.get(cell.name)) for cell in cells}
        mine = not row.deleted and any(cell.field.has_changed(opened[cell.name], cell.mine) for cell in cells)
        if row.deleted:
            return
        yield Line(
            f"{formset.prefix}-{row.place}",
            self._group(formset, None),
            gettext("The whole row"),
            editing.side(mine=mine, theirs=True),
            _lines((cell.label, cell.words(opened[cell.name])) for cell in cells),
            _lines((cell.label, cell.words(cell.mine)) for cell in cells) if mine else _note(gettext("As it was.")),
            _note(gettext("Removed.")),
            row="gone",
        )

    def _of_new_row(self, formset: Any, rows: Rows, row: editing.Row) -> Iterator[Line]:
        form = formset.empty_form
        names = _names(form, rows, row.place)
        cells = [_Cell(form, name, html_name, self.data, self.files) for name, html_name in names.items()]
        if row.deleted or not any(cell.field.has_changed(cell.theirs, cell.mine) for cell in cells):
            return
        yield Line(
            f"{formset.prefix}-{row.place}",
            self._group(formset, None),
            gettext("The whole row"),
            Side.MINE,
            _note(NOTHING),
            _lines((cell.label, cell.words(cell.mine)) for cell in cells),
            _note(NOTHING),
            row="new",
        )

    def _group(self, formset: Any, record: models.Model | None) -> str:
        kind = str(capfirst(str(formset.model._meta.verbose_name)))
        return f"{kind} · {record}" if record is not None else kind


class _Was:
    """The values of one record as it was opened, by the name of the form's field."""

    def __init__(self, form: Any, changes: Sequence[Change], comparison: Comparison) -> None:
        self.form, self.comparison = form, comparison
        self.touched = {name for change in changes for name in change.data}
        present = {name: _plain_initial(form, name) for name in self.touched if name in form.fields}
        self.present = present
        self.before = editing.as_it_was(present, changes) or {}
        for name, way in getattr(form, "FROM_PARTS", {}).items():
            self._read_parts(name, *way)

    def _read_parts(self, name: str, relation: str, column: str) -> None:
        """A field of the form that stands in rows of its own, for instance boxes to tick."""
        related = self.form.instance._meta.get_field(relation).related_model
        changes = self.comparison.changes_of_model(related)
        if not changes:
            return
        present = {str(row.pk): getattr(row, column) for row in getattr(self.form.instance, relation).all()}
        rows = {
            key: editing.as_it_was({column: present[key]} if key in present else None, changes.get(key, []))
            for key in {*present, *changes}
        }
        self.touched.add(name)
        self.present[name] = set(present.values())
        self.before[name] = {row[column] for row in rows.values() if row is not None}

    def changed(self, name: str) -> bool:
        """Whether somebody changed it since; what the history does not tell counts as changed."""
        return name in self.touched and self.before.get(name) != self.present.get(name)

    def value(self, name: str) -> Any:
        """What it was opened with, as the form's field takes it; UNKNOWN where the history does not tell."""
        if not self.changed(name):
            return self.form.get_initial_for_field(self.form.fields[name], name)
        value = self.before.get(name)
        if value is UNKNOWN:
            return UNKNOWN
        return sorted(value, key=str) if isinstance(value, set) else _python(_model_field(self.form, name), value)


class _Cell:
    """One field of one record: what was typed and what stands."""

    def __init__(self, form: Any, name: str, html_name: str, data: Data, files: Mapping[str, Any]) -> None:
        self.form, self.name, self.html_name = form, name, html_name
        self.field: forms.Field = form.fields[name]
        self.model_field = _model_field(form, name)
        self.mine = self.field.widget.value_from_datadict(_Sent(data), files, html_name)
        self.theirs = form.get_initial_for_field(self.field, name)

    @property
    def label(self) -> str:
        """The field's name on the page."""
        return str(capfirst(str(self.field.label or self.name)))

    def line(self, was: _Was, group: str) -> Line | None:
        """How it differs, or None where it does not."""
        if self.field.disabled or not self.field.has_changed(self.theirs, self.mine):
            return None
        opened = was.value(self.name)
        mine = opened is UNKNOWN or self.field.has_changed(opened, self.mine)
        side = editing.side(mine=mine, theirs=was.changed(self.name) or not mine)
        texts = [self.words(value) for value in (opened, self.mine, self.theirs)]
        typed = str(self.mine or "") if self.is_text else None
        whole = None
        if typed is not None and side == Side.BOTH and opened is not UNKNOWN:
            whole = editing.together(str(opened or ""), typed, str(self.theirs or ""))
        return Line(
            self.html_name,
            group,
            self.label,
            side,
            self._html(texts[0]),
            self._html(texts[1], texts[0]),
            self._html(texts[2], texts[0]),
            standing=standing(self.field, self.html_name, self.theirs),
            proposal=typed if whole is None else whole,
            settled=whole is not None,
            attributes=self.attributes,
            upload=isinstance(self.mine, UploadedFile),
        )

    @property
    def is_text(self) -> bool:
        """Whether it is words that can be rewritten."""
        return type(self.field).__name__ == "OneLine" or type(self.field) is forms.CharField

    @property
    def attributes(self) -> dict[str, str]:
        """Language and direction, where the field has its own."""
        attrs = self.field.widget.attrs
        return {name: attrs[name] for name in ("lang", "dir") if name in attrs}

    def words(self, value: Any) -> str:
        """A value as a person reads it; what cannot be read stays as it was typed."""
        if value is UNKNOWN:
            return gettext("(not kept, since it is personal)")
        try:
            return said(self.field, value)
        except (ValidationError, ValueError, TypeError):
            return str(value)

    def _html(self, text: str, opened: str | None = None) -> SafeString:
        if opened is None or text == opened:
            pieces = [editing.Piece(text, False)]
        elif self.is_text:
            pieces = editing.pieces("" if opened == NOTHING else opened, text)
        else:
            pieces = [editing.Piece(text, text != NOTHING)]
        inner = format_html_join("", "{}", ((_piece(piece),) for piece in pieces))
        attributes = format_html_join("", ' {}="{}"', self.attributes.items())
        return format_html('<span class="said"{}>{}</span>', attributes, inner)


class _Sent(dict[str, list[str]]):
    """Data as widgets read it: the last value, or the list of them."""

    def __getitem__(self, name: str) -> Any:
        return super().__getitem__(name)[-1]

    def get(self, name: str, default: Any = None) -> Any:
        values = super().get(name)
        return values[-1] if values else default

    def getlist(self, name: str) -> list[str]:
        """Every value sent under a name."""
        return super().get(name) or []


def _piece(piece: editing.Piece) -> SafeString:
    return (
        format_html("<mark>{}</mark>", piece.text)
        if piece.new and piece.text.strip()
        else format_html("{}", piece.text)
    )


def _note(text: str) -> SafeString:
    return format_html('<span class="note">{}</span>', text)


def _lines(pairs: Any) -> SafeString:
    """Several fields of one row, those that say something."""
    told = [(label, words) for label, words in pairs if words and words != NOTHING]
    return format_html("<dl>{}</dl>", format_html_join("", "<dt>{}</dt><dd>{}</dd>", told)) if told else _note(NOTHING)


def _names(form: Any, rows: Rows, place: int) -> dict[str, str]:
    """The fields of a row that people fill in, each with its name in the data."""
    key = form._meta.model._meta.pk.name
    return {
        name: rows.name(place, name)
        for name, each in form.fields.items()
        if name not in {key, "DELETE", "ORDER"} and not isinstance(each, InlineForeignKeyField)
    }


def _model_field(form: Any, name: str) -> Any:
    try:
        return form._meta.model._meta.get_field(name)
    except FieldDoesNotExist:
        return None


def _plain_initial(form: Any, name: str) -> Any:
    """The value that stands, as the history writes it; a relation to many as a set of keys."""
    column = _model_field(form, name)
    if column is None:
        return None
    if column.many_to_many:
        return {field_values.key(each.pk) for each in column.value_from_object(form.instance)}
    return field_values.plain(column, column.value_from_object(form.instance))


def _python(column: Any, value: Any) -> Any:
    if column is None or column.many_to_many:
        return value
    return field_values.python(column, value)


def standing(each: forms.Field, name: str, value: Any) -> Data:
    """What a browser would send for a field that shows this value."""
    prepared = each.prepare_value(value)
    return _sent(each.widget, name, prepared)


def _sent(widget: forms.Widget, name: str, value: Any) -> Data:
    inner = getattr(widget, "widget", widget)  # the admin wraps menus
    if isinstance(inner, forms.MultiWidget):
        values: Any = value if isinstance(value, list | tuple) else inner.decompress(value)
        found: Data = {}
        for place, (part, each) in enumerate(zip(inner.widgets, values, strict=False)):
            found |= _sent(part, f"{name}_{place}", each)
        return found
    if isinstance(inner, forms.FileInput):
        return {name: []}
    if isinstance(inner, forms.CheckboxInput):
        return {name: ["on"] if inner.check_test(value) else []}
    if getattr(inner, "allow_multiple_selected", False):
        return {name: [str(each) for each in value or ()]}
    formatted: Any = inner.format_value(value)
    if isinstance(formatted, list | tuple):
        formatted = next(iter(formatted), "")
    return {name: ["" if formatted is None else str(formatted)]}


def said(each: forms.Field, value: Any) -> str:
    """A form's value, typed or standing, in the reader's words. Raises ValidationError for what cannot be read."""
    if isinstance(each, forms.ModelMultipleChoiceField):
        assert each.queryset is not None
        keys = [getattr(one, "pk", one) for one in value or ()]
        return gettext(", ").join(sorted(str(one) for one in each.queryset.filter(pk__in=keys))) or NOTHING
    if isinstance(each, forms.MultipleChoiceField):
        names = dict(_flat(each.choices))
        return gettext(", ").join(names.get(str(one), str(one)) for one in value or ()) or NOTHING
    if isinstance(each, forms.FileField):
        return (
            gettext("a new file: %(name)s") % {"name": isolated(value.name)}
            if isinstance(value, UploadedFile)
            else (isolated(value) if value else NOTHING)
        )
    if isinstance(each, forms.ModelChoiceField):
        return str(each.to_python(value) or NOTHING)
    if isinstance(each, forms.ChoiceField):
        return dict(_flat(each.choices)).get(str(value), NOTHING) if value not in (None, "") else NOTHING
    if isinstance(each, forms.MultiValueField) and isinstance(value, list):
        value = each.clean(value)
    return in_words(each.to_python(value))


def in_words(value: Any) -> str:
    """A plain value as the reader's language writes it."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, datetime.datetime):
        return date_format(timezone.localtime(value), "DATETIME_FORMAT")
    if isinstance(value, datetime.date):
        return formats.day(value, languages.current())
    if isinstance(value, Decimal):
        return isolated(formats.number(value, languages.current()))
    return isolated(value) if isinstance(value, int) else str(value)


def _flat(choices: Any) -> Iterator[tuple[str, str]]:
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from _flat(label)
        else:
            yield str(value), str(label)
