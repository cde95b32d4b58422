"""Addresses without a language: files."""

from django.urls import path

from partnership import views

urlpatterns = [path("files/<uuid:document_id>/", views.document, name="document")]
