"""The composition root: the only package that may import every app."""

from config.celery import app as celery_app

__all__ = ("celery_app",)
