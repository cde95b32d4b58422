"""The panel of comments below a record."""

from __future__ import annotations

from typing import Any

from django import template
from django.db import models
from django.template.context import RequestContext
from django.utils.translation import get_language_info

from partnership import comment_page, languages
from partnership.models import Comment

register = template.Library()


@register.simple_tag(takes_context=True)
def comments_on(context: RequestContext, record: models.Model | None) -> Any:
    """What templates/admin/includes/comments.html shows below a record; None where it has no comments."""
    return comment_page.panel(context["request"], record)


@register.filter
def direction_of(comment: Comment) -> str:
    """In which direction a comment is read."""
    return languages.direction(comment.language)


@register.filter
def language_name(comment: Comment) -> str:
    """The language a comment is written in, by its own name."""
    return str(get_language_info(comment.language)["name_local"])
