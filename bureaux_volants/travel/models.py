"""State of the room: the timetables that territories have loaded."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bureaux_volants.territory.models import Territory


class LoadedTimetable(models.Model):
    """Feeds compiled for a territory (`gtfs.layout`), in the database so that every server process sees the same.

    One is current; the former is kept until the next is loaded.
    """

    territory = models.ForeignKey(Territory, on_delete=models.CASCADE, related_name="timetables")
    is_current = models.BooleanField(_("en service"), default=True)
    source = models.TextField(_("provenance"))
    #: The demonstration's lines are invented, and every page that shows them says so.
    is_invented = models.BooleanField(_("réseau inventé"), default=False)
    loaded_at = models.DateTimeField(_("chargé le"), default=timezone.now)
    first_day = models.DateField(_("premier jour"))
    last_day = models.DateField(_("dernier jour"))
    compiled = models.BinaryField()

    objects: ClassVar[models.Manager[LoadedTimetable]] = models.Manager()

    class Meta:
        verbose_name = _("horaires de transport en commun")
        verbose_name_plural = _("horaires de transport en commun")
        constraints = [
            models.UniqueConstraint(
                fields=["territory"], condition=Q(is_current=True), name="travel_one_current_timetable"
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} ({self.first_day} – {self.last_day})"
