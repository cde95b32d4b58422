"""Every address, composed from the apps."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from transparency.views import home, register

handler404 = "transparency.views.errors.not_found"
handler500 = "transparency.views.errors.server_error"
handler403 = "transparency.views.errors.forbidden"
handler400 = "transparency.views.errors.bad_request"

urlpatterns = [
    path("", home.choose_language, name="choose-language"),
    path("health/", home.health, name="health"),
    path("register/entries.json", register.entries, name="register-entries"),
    path("register/<int:sequence>.json", register.entry_text, name="register-entry-json"),
    path("register/<int:sequence>/statement.txt", register.statement, name="register-statement"),
    path("", include("partnership.urls")),
    *i18n_patterns(
        path("admin/", admin.site.urls),
        path("accounts/", include("partnership.account_urls")),
        path("link/", include("partnership.link_urls")),
        path("", include("transparency.urls")),
    ),
]
