"""Evaluation in the admin."""

from evaluation.admin import indicators

__all__ = ["indicators"]
