"""Writes docs/domain.md, the data dictionary, from the models themselves; `check` says whether it is up to date.

python -m bin.dictionary [check]
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bin.system import say, stop

PAGE = Path(__file__).resolve().parent.parent / "docs" / "domain.md"
APPS = ("partnership", "projects", "evaluation", "transparency")
HEAD = """# Data dictionary

Made from the models by `make dictionary`; do not edit. `*` marks texts that stand in Arabic, French and Dutch (columns
`_ar`, `_fr`, `_nl`). "Public" means that the site, files and reports may read the field once its record is published.
"""


def written() -> str:
    """The whole page."""
    from django.apps import apps
    from django.utils.translation import override

    with override(None):
        parts = [_app(apps.get_app_config(label)) for label in APPS]
    return "\n".join([HEAD, *parts])


def _app(config: Any) -> str:
    models = sorted(config.get_models(), key=lambda model: model.__name__)
    return "\n".join([f"## {config.label}", "", *(_model(model) for model in models if not model._meta.auto_created)])


def _model(model: Any) -> str:
    rows = [_row(model, field) for field in _fields(model)]
    head = [f"### {model.__name__}", "", " ".join((inspect.getdoc(model) or "").split()), ""]
    constraints = [f"- `{one.name}`: {_rule(one)}" for one in model._meta.constraints]
    rules = [*constraints, ""] if constraints else []
    return "\n".join(
        [*head, "| field | kind | what it says | public |", "| --- | --- | --- | --- |", *rows, "", *rules]
    )


def _rule(constraint: Any) -> str:
    """The message people read, or the fields that are unique together."""
    own = constraint.violation_error_message != constraint.default_violation_error_message
    if own:
        return str(constraint.violation_error_message)
    return (
        f"unique: {', '.join(constraint.fields)}." if getattr(constraint, "fields", ()) else str(constraint.condition)
    )


def _fields(model: Any) -> Iterator[Any]:
    """The fields as they were written: without primary keys that only count, and without the columns of each language."""
    for field in [*model._meta.fields, *model._meta.many_to_many]:
        if not hasattr(field, "translated_field") and field.name not in {"id", "password"}:
            yield field


def _row(model: Any, field: Any) -> str:
    from modeltranslation.translator import translator

    registered = model in translator.get_registered_models()
    star = "*" if registered and field.name in translator.get_options_for_model(model).all_fields else ""
    kind = field.get_internal_type().removesuffix("Field")
    if field.related_model is not None:
        kind = f"{kind} to {field.related_model.__name__}"
    words = [str(field.verbose_name)]
    if field.help_text:
        words.append(str(field.help_text))
    if field.choices:
        words.append(", ".join(f"{value} ({label})" for value, label in field.choices))
    public = "yes" if field.name in getattr(model, "PUBLIC_FIELDS", ()) else ""
    return f"| {field.name}{star} | {kind} | {'. '.join(words)} | {public} |"


def main(arguments: list[str]) -> None:
    """Write the page, or stop when it is not what the models say."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    page = written()
    if arguments == ["check"]:
        if PAGE.read_text() != page:
            stop("docs/domain.md is not what the models say. Run: make dictionary")
        return
    PAGE.write_text(page)
    say(f"{PAGE.name} written.")


if __name__ == "__main__":
    main(sys.argv[1:])
