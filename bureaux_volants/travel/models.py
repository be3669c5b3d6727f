"""State of the room: the timetables that territories have loaded, and their tables of factors, fares and allowances."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
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


class TableVersion(models.Model):
    """A dated version of a table, as its checked sheet (`sheets`). Added, never edited: a database trigger refuses to.

    What was worked out with it names it and can be worked out again.
    """

    class Kind(models.TextChoices):
        FACTORS = "factors", _("facteurs d'émission")
        FARES = "fares", _("tarifs et coûts au kilomètre")
        ALLOWANCES = "allowances", _("indemnités kilométriques")

    territory = models.ForeignKey(Territory, on_delete=models.CASCADE, related_name="table_versions")
    kind = models.CharField(_("tableau"), max_length=10, choices=Kind)
    version = models.CharField(_("version"), max_length=40)
    since = models.DateField(_("en vigueur depuis le"))
    source = models.TextField(_("source"))
    sheet = models.TextField(_("valeurs (CSV)"))
    added_at = models.DateTimeField(_("ajoutée le"), default=timezone.now)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("ajoutée par"),
    )

    class Meta:
        verbose_name = _("version d'un barème")
        verbose_name_plural = _("versions des barèmes")
        constraints = [
            models.UniqueConstraint(fields=["territory", "kind", "version"], name="travel_table_version_once")
        ]

    def __str__(self) -> str:
        return self.version
