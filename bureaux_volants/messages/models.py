"""The outbox: a notice is written with the fact it tells of, and delivered after."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Notice(models.Model):
    """Something one person must be told, in the application's list and by e-mail."""

    class Mail(models.TextChoices):
        NONE = "none", _("sans courriel")
        PENDING = "pending", _("à envoyer")
        SENT = "sent", _("envoyé")
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
    mail = models.CharField(_("courriel"), max_length=7, choices=Mail, default=Mail.PENDING)
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
            models.Index(fields=["next_attempt_at"], name="notice_to_send", condition=models.Q(mail="pending")),
        ]

    def __str__(self) -> str:
        return self.subject
