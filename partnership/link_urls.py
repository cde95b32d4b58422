"""Addresses of personal links, after the language."""

from django.urls import path

from partnership import link_views

urlpatterns = [
    path("", link_views.enter_code, name="link-code"),
    path("<str:written>/", link_views.open_link, name="link"),
]
