"""The charter's versions, who has accepted which, who is exempt from what, and what was asked of a trip that it speaks of."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bureaux_volants.booking.models import Booking

from .rules import Rule, read_all


class CharterVersion(models.Model):
    """A text and its rules. A draft until it is published; then it has a number and never changes."""

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    number = models.PositiveIntegerField(_("version"), null=True, blank=True)
    text = models.TextField(_("texte"), max_length=20_000)
    rules = models.JSONField(_("règles"), default=list)
    created_at = models.DateTimeField(_("commencée le"))
    published_at = models.DateTimeField(_("publiée le"), null=True, blank=True)

    class Meta:
        verbose_name = _("version de la charte")
        verbose_name_plural = _("versions de la charte")
        constraints = [
            models.UniqueConstraint(fields=["territory", "number"], name="charter_number_once"),
            models.UniqueConstraint(fields=["territory"], condition=Q(published_at=None), name="charter_one_draft"),
            models.CheckConstraint(
                condition=Q(number=None, published_at=None) | Q(number__gte=1, published_at__isnull=False),
                name="charter_numbered_when_published",
            ),
        ]

    def __str__(self) -> str:
        return _("Version %d") % self.number if self.number else str(_("Brouillon"))

    def read_rules(self) -> tuple[Rule, ...]:
        """The rules, read from what is kept."""
        return read_all(self.rules)


class Acceptance(models.Model):
    """Somebody has read a version and accepts it."""

    version = models.ForeignKey(CharterVersion, models.CASCADE, related_name="acceptances", verbose_name=_("version"))
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("agent"))
    accepted_at = models.DateTimeField(_("acceptée le"))

    class Meta:
        verbose_name = _("acceptation")
        verbose_name_plural = _("acceptations")
        constraints = [models.UniqueConstraint(fields=["agent", "version"], name="accepted_once")]

    def __str__(self) -> str:
        return f"{self.agent} – {self.version}"


class Exemption(models.Model):
    """Some rules do not speak of somebody for a time. Why is nobody's business here: no reason is kept."""

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="charter_exemptions", verbose_name=_("agent")
    )
    valid_from = models.DateField(_("du"))
    valid_until = models.DateField(_("au (compris)"))
    codes = ArrayField(
        models.CharField(max_length=40),
        default=list,
        blank=True,
        verbose_name=_("règles"),
        help_text=_("Vide : toutes."),
    )

    class Meta:
        verbose_name = _("exemption de la charte")
        verbose_name_plural = _("exemptions de la charte")
        constraints = [
            models.CheckConstraint(condition=Q(valid_from__lte=F("valid_until")), name="exemption_in_order"),
        ]

    def __str__(self) -> str:
        return str(self.agent)


class GivenReason(models.Model):
    """Why somebody makes a trip that the charter asks about. Seen by that person alone; others see counts by rule.

    `reference` is the day plan's or the booking's.
    """

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("agent"))
    reference = models.CharField(_("référence"), max_length=11)
    codes = ArrayField(models.CharField(max_length=40), verbose_name=_("règles"))
    text = models.CharField(_("motif"), max_length=300)
    given_at = models.DateTimeField(_("donné le"))

    class Meta:
        verbose_name = _("motif donné")
        verbose_name_plural = _("motifs donnés")
        indexes = [models.Index(fields=["agent", "reference"], name="charter_reason_of")]

    def __str__(self) -> str:
        return self.reference


class ApprovalAsked(models.Model):
    """A booking that waits for its holder's manager, and the rules that make it wait (`said`: code and sentence of each)."""

    booking = models.OneToOneField(Booking, models.CASCADE, primary_key=True, related_name="approval_asked")
    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+")
    said = models.JSONField(default=list)
    asked_at = models.DateTimeField()

    class Meta:
        verbose_name = _("accord demandé")
        verbose_name_plural = _("accords demandés")

    def __str__(self) -> str:
        return str(self.booking)
