"""What somebody who comes can help with, and whether they are open to be met. What they show, and to whom, is theirs to say."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from bureaux_volants.booking.models import Booking
from bureaux_volants.territory.models import Agent, Service

#: Longest word that goes with a presence, characters.
LONGEST_NOTE = 140


class Skill(models.Model):
    """Something that the authority's services know how to do, from its own list: what a need asks for."""

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    name = models.CharField(_("compétence"), max_length=80)
    services = models.ManyToManyField(
        Service,
        blank=True,
        related_name="skills",
        verbose_name=_("services qui l'exercent"),
        help_text=_("À leurs agents, on propose les besoins des communes."),
    )
    is_active = models.BooleanField(_("proposée"), default=True)

    class Meta:
        verbose_name = _("compétence")
        verbose_name_plural = _("compétences")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["territory", "name"], name="skill_once_per_territory")]

    def __str__(self) -> str:
        return self.name


class Presence(models.Model):
    """Said with a desk that is booked: skills, a word, whether one may be asked for a quarter of an hour."""

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    booking = models.OneToOneField(
        Booking, models.CASCADE, related_name="presence", verbose_name=_("réservation"), primary_key=True
    )
    skills = models.ManyToManyField(Skill, blank=True, related_name="+", verbose_name=_("je peux aider sur"))
    is_open = models.BooleanField(_("on peut me demander un quart d'heure"), default=True)
    note = models.CharField(_("un mot"), max_length=LONGEST_NOTE, blank=True)
    shown_to = models.CharField(_("visible par"), max_length=12, choices=Agent.Visibility)
    said_at = models.DateTimeField(_("dit le"))

    class Meta:
        verbose_name = _("présence")
        verbose_name_plural = _("présences")

    def __str__(self) -> str:
        return str(self.booking_id)
