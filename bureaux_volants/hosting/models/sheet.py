"""The welcome sheet of a site. A sheet is its last version: nothing that was written is ever lost."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

#: Longest text of a field, characters.
LONGEST = 600


class SheetVersion(models.Model):
    """What a site's sheet said from `at` on: who wrote it, and every field as it was.

    `photos` is a list of `{"id": a SheetPhoto, "alt": what it shows}` in the order in which they are shown.
    """

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    site = models.ForeignKey(
        "territory.Site", models.CASCADE, related_name="sheet_versions", db_index=False, verbose_name=_("site")
    )
    number = models.PositiveIntegerField(_("version"))
    at = models.DateTimeField(_("écrite le"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("écrite par")
    )
    restores = models.PositiveIntegerField(_("reprend la version"), null=True, blank=True)

    bike = models.TextField(_("à vélo"), max_length=LONGEST, blank=True)
    stops = models.TextField(_("en transports"), max_length=LONGEST, blank=True)
    car = models.TextField(_("en voiture"), max_length=LONGEST, blank=True)
    door = models.TextField(_("la porte"), max_length=LONGEST, blank=True)
    code = models.CharField(_("le code de la porte"), max_length=40, blank=True)
    wifi = models.TextField(_("Wi-Fi"), max_length=LONGEST, blank=True)
    lunch = models.TextField(_("pour déjeuner"), max_length=LONGEST, blank=True)
    contact = models.TextField(_("à qui s'adresser"), max_length=LONGEST, blank=True)
    leaving = models.TextField(_("en partant"), max_length=LONGEST, blank=True)
    photos = models.JSONField(_("photos"), default=list, blank=True)

    class Meta:
        verbose_name = _("version d'une fiche d'accueil")
        verbose_name_plural = _("versions des fiches d'accueil")
        ordering = ["site", "-number"]
        constraints = [
            # Of two hosts who save over the same version, the database lets one.
            models.UniqueConstraint(fields=["site", "number"], name="sheet_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.site} n° {self.number}"


class SheetPhoto(models.Model):
    """A picture sent for a sheet, drawn anew (booking/photos.py). Kept as long as a version shows it."""

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    site = models.ForeignKey("territory.Site", models.CASCADE, related_name="sheet_photos", verbose_name=_("site"))
    image = models.FileField(_("image"), upload_to="accueil/")
    added_at = models.DateTimeField(_("envoyée le"))

    class Meta:
        verbose_name = _("photo d'une fiche d'accueil")
        verbose_name_plural = _("photos des fiches d'accueil")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.site} n° {self.pk}"
