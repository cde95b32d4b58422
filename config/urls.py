"""Every address, composed from the apps."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from transparency.views import home

handler404 = "transparency.views.errors.not_found"
handler500 = "transparency.views.errors.server_error"
handler403 = "transparency.views.errors.forbidden"
handler400 = "transparency.views.errors.bad_request"

urlpatterns = [
    path("", home.choose_language, name="choose-language"),
    path("health/", home.health, name="health"),
    path("", include("partnership.urls")),
    *i18n_patterns(
        path("admin/", admin.site.urls),
        path("accounts/", include("partnership.account_urls")),
        path("", include("transparency.urls")),
    ),
]
