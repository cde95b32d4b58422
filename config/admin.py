"""The admin site: Django's own, entered through allauth only, beginning with what awaits the person."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import SimpleTemplateResponse, TemplateResponse
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from config import desk
from config.catalogue import StaffCatalogue
from partnership import (
    accounts,
    checking_page,
    comment_page,
    hiding_page,
    opening_page,
    permissions,
    signing_page,
    withdrawing_pages,
)
from partnership.middleware import current
from partnership.models import Membership, User

MENU = {
    "projects": (
        "Need",
        "Consultation",
        "ActionPlan",
        "Project",
        "PriorAssessment",
        "Activity",
        "BudgetLine",
        "Transaction",
        "ExchangeRate",
        "Initiative",
    ),
    "evaluation": ("Indicator",),
    "transparency": ("ReportSeries", "Report", "Snapshot"),
    "partnership": (
        "Decision",
        "Deliberation",
        "Meeting",
        "RegisterEntry",
        "Organisation",
        "Document",
        "User",
        "Membership",
        "Message",
        "Protocol",
        "Clause",
        "Principle",
        "Objective",
        "Domain",
        "Foundation",
        "InternationalGoal",
        "Term",
        "ProgrammePhase",
    ),
}
"""The menu: first what staff open every day, then what is read. Models that only serve other forms are left out."""
METHODS = ("GET", "HEAD", "POST")


class PlatformAdminSite(AdminSite):
    """Django's admin under the platform's name, for the staff of the request's protocol."""

    site_title = _("Protocol platform")
    site_header = _("Protocol platform")
    index_title = _("What awaits you")
    index_template = "admin/index.html"
    empty_value_display = "–"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Let in only what knows its protocol; libraries' own pages (groups, addresses) do not."""
        if hasattr(admin_class, "protocol_path"):
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the person may open the staff pages of this protocol today, and this session used the second factor."""
        return self.has_mandate(request) and accounts.has_second_factor(request)

    def has_mandate(self, request: HttpRequest) -> bool:
        """Whether the person may act here at all: by a mandate valid today; without a protocol, the administrator alone."""
        protocol = current(request)
        if protocol is None:
            return isinstance(request.user, User) and request.user.is_active and request.user.is_superuser
        return permissions.is_staff_of(request.user, protocol)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Every staff page, in the time zone of the person's commune: deadlines end at midnight where they act."""
        inner = super().admin_view(view, cacheable)

        def in_zone(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method not in METHODS:
                return HttpResponseNotAllowed(METHODS)
            with timezone.override(desk.time_zone(request)):
                response: HttpResponse = inner(request, *args, **kwargs)
                return response.render() if isinstance(response, SimpleTemplateResponse) else response

        return in_zone

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """To allauth's sign-in, then to the second factor; who holds no mandate here reads why, not going round in circles."""
        if not request.user.is_authenticated:
            return redirect_to_login(self._next(request), settings.LOGIN_URL)
        if self.has_permission(request):
            return HttpResponseRedirect(self._next(request))
        if self.has_mandate(request):
            return HttpResponseRedirect(accounts.second_factor_url(request, self._next(request)))
        context = {**self.each_context(request), "title": _("No mandate here")}
        return TemplateResponse(request, "admin/no_mandate.html", context, status=403)

    def _next(self, request: HttpRequest) -> str:
        wanted = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME) or ""
        safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
        return wanted if safe else reverse("admin:index")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """allauth signs people out, after asking."""
        return redirect("account_logout")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """allauth changes passwords."""
        return redirect("account_change_password")

    def i18n_javascript(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Django's words for the calendar, with the months as both communes write them."""
        return StaffCatalogue.as_view(packages=["django.contrib.admin"])(request)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """With the pages of signing and comments; without the shortcut that tells the address of any record of any protocol."""
        # They show parts of the models' own pages, which are registered once this site stands.
        from partnership import publishing_many_page, to_translate_page, translating_page, translation_sheets_page
        from projects import pages as projects_pages

        known = [url for url in super().get_urls() if getattr(url, "name", None) != "view_on_site"]
        return [
            *translation_sheets_page.urls(self),
            *to_translate_page.urls(self),
            *translating_page.urls(self),
            *publishing_many_page.urls(self),
            *checking_page.urls(self),
            *signing_page.urls(self),
            *opening_page.urls(self),
            *withdrawing_pages.urls(self),
            *comment_page.urls(self),
            *hiding_page.urls(self),
            *projects_pages.urls(self),
            *known,
        ]

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        """Suggestions from records the person may see; of any others nothing is known here."""
        try:
            return super().autocomplete_view(request)
        except PermissionDenied as refused:
            raise Http404 from refused

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        mandates: Callable[[], Iterable[Membership]] = lambda: desk.mandates(request)  # noqa: E731  asked for by one template
        return {**super().each_context(request), "mandates": mandates, "site_url": reverse("home")}

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The start page, then the models in the menu's order."""
        groups = self._build_app_dict(request, app_label)
        found = [
            {**groups[label], "models": _in_order(groups[label], names)}
            for label, names in MENU.items()
            if label in groups
        ]
        return found if app_label else [self._own_work(request), *found]

    def _own_work(self, request: HttpRequest) -> dict[str, Any]:
        """A menu entry for the start page; Django marks an entry as current when its address is part of the page's."""
        url = reverse("admin:index")
        entry = {
            "name": self.index_title,
            "object_name": "Desk",
            "admin_url": url if request.path == url else f"{url}#content-start",
            "add_url": None,
            "view_only": True,
            "perms": {},
        }
        work = {"name": _("Your work"), "app_label": "desk", "app_url": entry["admin_url"], "has_module_perms": True}
        return {**work, "models": [entry, *self._translating(request)]}

    def _translating(self, request: HttpRequest) -> list[dict[str, Any]]:
        """The menu entry of the queue, for whoever may translate."""
        protocol = current(request)
        if protocol is None or not permissions.may(request.user, "change", protocol):
            return []
        url = reverse("admin:to_translate")
        words = {"name": _("Translations"), "object_name": "Translations", "admin_url": url, "add_url": None}
        entry = {**words, "view_only": True, "perms": {}}
        checked = {"name": _("Check of the translations"), "object_name": "TranslationsCheck"}
        return [entry, {**entry, **checked, "admin_url": reverse("admin:translations_check")}]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """What awaits the person; Django's list of models stands beside it."""
        return super().index(request, {**(extra_context or {}), **desk.page(request)})


def _in_order(app: dict[str, Any], names: Iterable[str]) -> list[dict[str, Any]]:
    entries = {entry["object_name"]: entry for entry in app["models"]}
    return [entries[name] for name in names if name in entries]
