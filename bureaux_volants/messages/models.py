"""The outbox: a notice is written with the fact it tells of, and delivered after."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

#: When the mail of the day leaves, local time, for who says nothing else: with the host's morning list.
DIGEST_AT = dt.time(7, 30)


class Notice(models.Model):
    """Something one person must be told: in the application's list, and by one channel, where they read."""

    class Delivery(models.TextChoices):
        NONE = "none", _("dans la liste seulement")
        PENDING = "pending", _("à envoyer")
        SENT = "sent", _("envoyé")
        STALE = "stale", _("sans objet")
        FAILED = "failed", _("abandonné")

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="notices",
        db_index=False,  # notice_recipient serves
        verbose_name=_("destinataire"),
    )
    kind = models.CharField(_("nature"), max_length=40)
    subject = models.CharField(_("objet"), max_length=160)
    body = models.TextField(_("texte"))
    path = models.CharField(_("page"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("écrit le"))
    read_at = models.DateTimeField(_("lu le"), null=True, blank=True)
    #: What it speaks of, `name:id` of a row that its room knows (about.py), and what it says of it.
    about = models.CharField(_("au sujet de"), max_length=40, blank=True, default="", db_default="")
    told = models.JSONField(_("dit"), null=True, blank=True)
    #: A digest or quiet hours never make it later than this.
    needed_by = models.DateTimeField(_("utile avant"), null=True, blank=True)
    delivery = models.CharField(_("envoi"), max_length=7, choices=Delivery, default=Delivery.PENDING)
    #: It leaves together with the person's others.
    is_bundled = models.BooleanField(_("regroupé"), default=False, db_default=False)
    attempts = models.PositiveSmallIntegerField(_("essais"), default=0)
    next_attempt_at = models.DateTimeField(_("prochain essai"), null=True, blank=True)
    sent_at = models.DateTimeField(_("envoyé le"), null=True, blank=True)
    last_error = models.CharField(_("dernier incident"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["recipient", "-created_at"], name="notice_recipient"),
            models.Index(fields=["next_attempt_at"], name="notice_to_send", condition=models.Q(delivery="pending")),
            # The hourly ceiling counts by it; nothing to write when a notice is.
            models.Index(fields=["recipient", "sent_at"], name="notice_sent", condition=models.Q(delivery="sent")),
        ]

    def __str__(self) -> str:
        return self.subject


class DeliveryPreferences(models.Model):
    """How one person wants to be told. Who has no row is told at once, by e-mail, at any hour."""

    class Pace(models.TextChoices):
        AT_ONCE = "at_once", _("tout de suite")
        DAILY = "daily", _("une fois par jour")
        LIST_ONLY = "list_only", _("dans l'application seulement")

    agent = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="delivery_preferences",
        verbose_name=_("agent"),
    )
    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    #: Group of kinds (kinds.py) -> Pace; what is not there is at once.
    paces = models.JSONField(_("rythme par nature"), default=dict, blank=True)
    digest_at = models.TimeField(_("heure du courriel du jour"), default=DIGEST_AT)
    quiet_from = models.TimeField(_("pas de courriel à partir de"), null=True, blank=True)
    quiet_until = models.TimeField(_("jusqu'à"), null=True, blank=True)
    has_invitations = models.BooleanField(_("invitations d'agenda"), default=True)

    class Meta:
        verbose_name = _("préférences d'envoi")
        verbose_name_plural = _("préférences d'envoi")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quiet_from=None, quiet_until=None)
                | models.Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="quiet_hours_have_two_ends",
                violation_error_message=_("Donnez le début et la fin des heures calmes, ou aucun des deux."),
            )
        ]

    def __str__(self) -> str:
        return str(self.agent)


class Occasion(models.Model):
    """Something that time brings about and that somebody is told once: `key` names it and whom. Written with the notice."""

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+")
    key = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "key"], name="occasion_once")]

    def __str__(self) -> str:
        return self.key
