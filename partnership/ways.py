"""The ways that lead from a record over its relations, as lookups: to a model, to its protocol."""

from __future__ import annotations

from django.db import models

from partnership.models import Protocol


def end_of(model: type[models.Model], way: str) -> type[models.Model]:
    """The model a way leads to, for instance line__project."""
    for name in way.split("__") if way else ():
        model = model._meta.get_field(name).related_model  # type: ignore[assignment]  # a way goes over relations only
    return model


def way_to_protocol(model: type[models.Model]) -> str:
    """The lookup from a model to its protocol; empty for what all protocols share."""
    if model is Protocol:
        return "pk"
    names = {field.name for field in model._meta.fields}
    if "protocol" in names:
        return "protocol"
    for name in (getattr(model, "ROOT", "").partition("__")[0], "party"):
        further = way_to_protocol(end_of(model, name)) if name in names else ""
        if further:
            return name if further == "pk" else f"{name}__{further}"
    return ""


def near(model: type[models.Model]) -> list[str]:
    """What to fetch with records of a model so that reading them, and following the way to their root, asks nothing more."""
    names = [field.name for field in model._meta.fields if field.many_to_one and field.name != "protocol"]
    root = getattr(model, "ROOT", "")
    return list(dict.fromkeys([*names, *([root] if root else [])]))
