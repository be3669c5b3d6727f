"""The days that people asked about, what was proposed, and what was booked of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from bureaux_volants.booking.models import Booking, new_reference


class DayPlan(models.Model):
    """What somebody asked of a day and what was answered, as it was then: `answer` names the tables it was worked out with.

    `chosen` is the number of the plan that was booked, from 0.
    """

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="day_plans", verbose_name=_("agent")
    )
    reference = models.CharField(_("référence"), max_length=11, default=new_reference, editable=False, unique=True)
    date = models.DateField(_("jour"))
    asked = models.JSONField(_("demande"))
    answer = models.JSONField(_("réponse"))
    chosen = models.PositiveSmallIntegerField(_("journée retenue"), null=True, blank=True)
    created_at = models.DateTimeField(_("demandée le"))
    booked_at = models.DateTimeField(_("réservée le"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("annulée le"), null=True, blank=True)

    class Meta:
        verbose_name = _("journée")
        verbose_name_plural = _("journées")
        indexes = [models.Index(fields=["agent", "-created_at"], name="day_plan_of")]

    def __str__(self) -> str:
        return self.reference


class PlanPart(models.Model):
    """A booking that was made for a day plan."""

    plan = models.ForeignKey(DayPlan, models.CASCADE, related_name="parts", verbose_name=_("journée"))
    booking = models.OneToOneField(Booking, models.CASCADE, related_name="plan_part", verbose_name=_("réservation"))

    class Meta:
        verbose_name = _("partie d'une journée")
        verbose_name_plural = _("parties d'une journée")

    def __str__(self) -> str:
        return f"{self.plan} – {self.booking}"


class CalendarLink(models.Model):
    """Where somebody's own calendar is read. The address opens it to whoever has it: a secret, shown to nobody."""

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    agent = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_link", verbose_name=_("agent")
    )
    address = models.TextField(_("adresse"))
    created_at = models.DateTimeField(_("reliée le"))

    class Meta:
        verbose_name = _("agenda relié")
        verbose_name_plural = _("agendas reliés")

    def __str__(self) -> str:
        return f"agenda {self.pk}"
