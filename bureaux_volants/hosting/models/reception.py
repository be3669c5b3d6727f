"""The host's day: visitors without an account, and what is written to those who come."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

#: Longest message to those who come on a day, characters; and how many of them a site may send for one day.
LONGEST_MESSAGE = 500
MESSAGES_A_DAY = 3


class Visitor(models.Model):
    """Somebody without an account whom a host has let sit down. Their desk is held by a booking like any other.

    The name is optional, and goes with the names on bookings (hosting/retention.py); the visit stays.
    """

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    booking = models.OneToOneField(
        "booking.Booking", models.CASCADE, related_name="visitor", verbose_name=_("réservation")
    )
    name = models.CharField(_("nom"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("visite")
        verbose_name_plural = _("visites")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name or str(_("Une personne"))


class DayMessage(models.Model):
    """One text to each person expected at a site on a local day, sent once."""

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    site = models.ForeignKey("territory.Site", models.CASCADE, related_name="+", db_index=False, verbose_name=_("site"))
    day = models.DateField(_("jour"))
    number = models.PositiveSmallIntegerField(_("numéro"))
    text = models.TextField(_("message"), max_length=LONGEST_MESSAGE)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("écrit par")
    )
    sent_at = models.DateTimeField(_("envoyé le"))
    people = models.PositiveSmallIntegerField(_("personnes"))
    #: Of the form that sent it: a form sent twice is a message sent once.
    token = models.UUIDField(unique=True, editable=False)

    class Meta:
        verbose_name = _("message du jour")
        verbose_name_plural = _("messages du jour")
        ordering = ["day", "number"]
        constraints = [
            models.UniqueConstraint(fields=["site", "day", "number"], name="day_message_once"),
            models.CheckConstraint(
                condition=models.Q(number__gte=1, number__lte=MESSAGES_A_DAY), name="day_messages_few"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.site} {self.day} n° {self.number}"
