"""Spreadsheets that a person confirmed: what is to be taken in, how it ended. The database is the queue (docs/architecture.md)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partnership.models import Protocol, User


class WorkState(models.TextChoices):
    """How far a confirmed sheet is."""

    WAITING = "waiting", pgettext_lazy("sheet", "Waiting or under way")
    DONE = "done", pgettext_lazy("sheet", "Taken in")
    REFUSED = "refused", pgettext_lazy("sheet", "Not taken in")


class SheetWork(models.Model):
    """One sheet that a person looked at and confirmed. It is taken in as a whole or not at all; the file itself goes afterwards."""

    protocol = models.ForeignKey(Protocol, models.CASCADE, related_name="sheet_works", verbose_name=_("protocol"))
    by = models.ForeignKey(User, models.PROTECT, related_name="sheet_works", verbose_name=_("by"))
    kind = models.CharField(_("kind"), max_length=20)
    key = models.CharField(_("kept under"), max_length=32, unique=True)
    name = models.CharField(_("file name"), max_length=120)
    language = models.CharField(
        _("language"), max_length=8, help_text=_("In which its numbers were read when it was looked at.")
    )
    shown = models.CharField(_("what was looked at"), max_length=64)
    ticked = models.TextField(_("rows that were confirmed one by one"), blank=True)
    state = models.CharField(_("state"), max_length=8, choices=WorkState, default=WorkState.WAITING)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    created = models.PositiveIntegerField(_("new records"), default=0)
    changed = models.PositiveIntegerField(_("changed records"), default=0)
    told = models.TextField(_("why it was not taken in"), blank=True)
    asked_at = models.DateTimeField(_("confirmed at"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        verbose_name = _("sheet taken in")
        verbose_name_plural = _("sheets taken in")
        ordering: ClassVar = ["-asked_at", "-pk"]
        constraints = [
            models.CheckConstraint(name="sheet_work_state_known", condition=models.Q(state__in=WorkState.values))
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_over(self) -> bool:
        """Whether it was taken in or refused."""
        return self.state != WorkState.WAITING
