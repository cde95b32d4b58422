"""The page on which many records are published step by step, with how far it has come. It works without a script."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.apps import apps
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partnership import publishing_many
from partnership.models import User
from partnership.publishing_many import Work


def urls(site: AdminSite) -> list[URLPattern]:
    """The address of publishing in steps, for the admin site."""
    return [path("publish/", site.admin_view(partial(carry_on, site)), name="publish_many")]


def begin(site: AdminSite, request: HttpRequest, model: type[models.Model], keys: Sequence[Any]) -> HttpResponse:
    """Say how many will be published; the first step follows."""
    assert isinstance(request.user, User)
    return _page(site, request, publishing_many.begun(model, keys, by=request.user))


def carry_on(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """The next step; opened without any work, the page leads to the start page."""
    work = _work(request)
    own: Any = site._registry.get(apps.get_model(work.label)) if work is not None else None
    if work is None or own is None:
        messages.info(request, gettext("There is nothing left to publish here. Choose records in their list."))
        return HttpResponseRedirect(reverse("admin:index"))
    assert isinstance(request.user, User)
    may = partial(own.has_publish_permission, request)
    return _page(site, request, publishing_many.step(work, own.get_queryset(request), by=request.user, may=may))


def _work(request: HttpRequest) -> Work | None:
    if request.method != "POST" or not isinstance(request.user, User):
        return None
    return publishing_many.read(request.POST.get("work", ""), by=request.user)


def _page(site: AdminSite, request: HttpRequest, work: Work) -> HttpResponse:
    opts = apps.get_model(work.label)._meta
    shown = {
        "title": _("Publish in three languages"),
        "work": work,
        "written": publishing_many.written(work),
        "opts": opts,
        "told": [
            (one, reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[one.key])) for one in work.told
        ],
        "list_url": reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"),
    }
    return TemplateResponse(request, "admin/publish_many.html", {**site.each_context(request), **shown})
