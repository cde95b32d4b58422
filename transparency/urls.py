"""Public addresses, after the language."""

from django.urls import path

from transparency.views import home

urlpatterns = [path("", home.home, name="home")]
