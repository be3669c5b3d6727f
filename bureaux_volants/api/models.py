"""What the API keeps: who may call it, and what it has answered to a repeated request."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class Scope(models.TextChoices):
    """What a token opens, within what its agent may do."""

    READ = "read", _("lire")
    BOOK = "book", _("réserver, modifier, annuler, signaler son arrivée")


def all_scopes() -> list[str]:
    return list(Scope.values)


class Token(models.Model):
    """A bearer token of one agent. Only its hash is kept: the token itself is shown once, when it is issued."""

    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens", verbose_name=_("agent")
    )
    label = models.CharField(_("usage"), max_length=80, blank=True)
    prefix = models.CharField(_("début du jeton"), max_length=11, editable=False)
    digest = models.CharField(_("empreinte"), max_length=64, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=8, choices=Scope), default=all_scopes, verbose_name=_("portée"))
    created_at = models.DateTimeField(_("créé le"))
    last_used_at = models.DateTimeField(_("dernier usage"), null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(_("expire le"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("révoqué le"), null=True, blank=True)

    class Meta:
        verbose_name = _("jeton d'API")
        verbose_name_plural = _("jetons d'API")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.label} ({self.prefix}…)" if self.label else f"{self.prefix}…"


class IdempotentRequest(models.Model):
    """The answer given to a request that named itself: the same request again gets it again (see idempotency.py)."""

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.JSONField()
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agent", "key"], name="idempotency_key_once_per_agent")]

    def __str__(self) -> str:
        return self.key
