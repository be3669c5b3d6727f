"""The event log and the cursors of those who follow it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Xid8Field(models.Field):  # type: ignore[type-arg]
    """PostgreSQL's 64-bit transaction number: what tells a follower which events can no longer be overtaken."""

    def db_type(self, connection: object) -> str:
        return "xid8"


class Event(models.Model):
    """One change of state, written in the transaction that made it and never rewritten.

    `transaction` is filled by the database (DEFAULT pg_current_xact_id()). Triggers refuse UPDATE, DELETE and TRUNCATE, but
    for anonymisation, and for a demonstration that is loaded again: both say so first. See events/log.py to write and
    events/follow.py to read.
    """

    class Origin(models.TextChoices):
        WEB = "web", _("pages")
        API = "api", _("API")
        JOB = "job", _("tâche de fond")
        ADMIN = "admin", _("administration")
        COMMAND = "command", _("ligne de commande")
        DEMO = "demo", _("démonstration")

    id = models.BigAutoField(primary_key=True)
    transaction = Xid8Field(
        editable=False, db_default=models.Func(function="pg_current_xact_id", output_field=Xid8Field())
    )
    territory = models.ForeignKey(
        "territory.Territory",
        models.PROTECT,
        related_name="+",
        db_index=False,  # event_territory_at serves
        verbose_name=_("territoire"),
    )
    at = models.DateTimeField(_("instant"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("auteur")
    )
    origin = models.CharField(_("depuis"), max_length=7, choices=Origin)
    kind = models.CharField(_("fait"), max_length=40)
    subject_kind = models.CharField(_("nature de l'objet"), max_length=20)
    subject_id = models.BigIntegerField(_("objet"))
    data = models.JSONField(_("détail"), default=dict)

    class Meta:
        verbose_name = _("événement")
        verbose_name_plural = _("événements")
        indexes = [
            models.Index(fields=["transaction", "id"], name="event_follow"),
            models.Index(fields=["subject_kind", "subject_id", "id"], name="event_subject"),
            models.Index(fields=["territory", "-at"], name="event_territory_at"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_kind} {self.subject_id}"


class Cursor(models.Model):
    """How far one follower has read: everything up to (transaction, event) has had its effect."""

    follower = models.CharField(max_length=40, primary_key=True)
    transaction = Xid8Field()
    event_id = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.follower
