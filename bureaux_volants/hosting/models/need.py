"""What a commune asks of the métropole's services, who is proposed for it, and the meetings that come of it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from bureaux_volants.booking.models import Booking, new_reference

from .presence import Skill

#: Longest title, text and answer, characters.
LONGEST_TITLE, LONGEST_TEXT, LONGEST_ANSWER = 120, 800, 2000
#: How long a meeting may be, minutes.
LENGTHS = (15, 30, 45, 60)
QUARTER = 15


class Need(models.Model):
    """A question of a commune, to be answered at one of its sites or from afar, until the end of the local day `before`."""

    class State(models.TextChoices):
        OPEN = "open", _("ouvert")
        PROPOSED = "proposed", _("proposé")
        AGREED = "agreed", _("rendez-vous pris")
        MET = "met", _("rencontre faite")
        ANSWERED = "answered", _("répondu à distance")
        CLOSED = "closed", _("clos")

    class Part(models.TextChoices):
        DAY = "day", _("toute la journée")
        MORNING = "morning", _("le matin")
        AFTERNOON = "afternoon", _("l'après-midi")

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    reference = models.CharField(_("référence"), max_length=11, default=new_reference, editable=False, unique=True)
    site = models.ForeignKey("territory.Site", models.PROTECT, related_name="needs", verbose_name=_("lieu"))
    #: None once the name is no longer kept.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="needs", verbose_name=_("posé par")
    )
    skill = models.ForeignKey(Skill, models.PROTECT, related_name="needs", verbose_name=_("compétence"))
    title = models.CharField(_("besoin"), max_length=LONGEST_TITLE)
    text = models.TextField(_("précisions"), max_length=LONGEST_TEXT, blank=True)
    minutes = models.PositiveSmallIntegerField(_("durée (min)"), default=30)
    before = models.DateField(_("au plus tard le"))
    part = models.CharField(_("nous recevons"), max_length=9, choices=Part, default=Part.DAY)
    state = models.CharField(_("état"), max_length=8, choices=State, default=State.OPEN)
    created_at = models.DateTimeField(_("posé le"))
    #: When the author was told that nobody has answered yet.
    nudged_at = models.DateTimeField(null=True, blank=True, editable=False)
    answer = models.TextField(_("réponse"), max_length=LONGEST_ANSWER, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("répondu par"),
    )
    ended_at = models.DateTimeField(_("terminé le"), null=True, blank=True)
    end_reason = models.CharField(_("motif"), max_length=160, blank=True)
    #: Of the form that posted it: a form sent twice is one need.
    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        verbose_name = _("besoin")
        verbose_name_plural = _("besoins")
        ordering = ["before", "id"]
        indexes = [
            models.Index(
                fields=["territory", "before"],
                name="needs_going_on",
                condition=Q(state__in=("open", "proposed", "agreed")),
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_waiting(self) -> bool:
        """Whether somebody is still looked for."""
        return self.state in (self.State.OPEN, self.State.PROPOSED)

    @property
    def is_over(self) -> bool:
        return self.state in (self.State.MET, self.State.ANSWERED, self.State.CLOSED)


class Proposal(models.Model):
    """Somebody who is asked whether they can answer a need: where they could be met, and between which hours.

    `booking`: they come there already; None: a desk at `site` would have to be booked.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("en attente")
        ACCEPTED = "accepted", _("acceptée")
        DECLINED = "declined", _("déclinée")
        WITHDRAWN = "withdrawn", _("retirée")

    need = models.ForeignKey(Need, models.CASCADE, related_name="proposals", verbose_name=_("besoin"))
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="need_proposals", verbose_name=_("agent")
    )
    booking = models.ForeignKey(
        Booking, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("réservation")
    )
    site = models.ForeignKey("territory.Site", models.CASCADE, related_name="+", verbose_name=_("site du bureau"))
    start = models.DateTimeField(_("à partir de"))
    end = models.DateTimeField(_("jusqu'à"))
    state = models.CharField(_("état"), max_length=9, choices=State, default=State.WAITING)
    created_at = models.DateTimeField(_("proposée le"))
    answered_at = models.DateTimeField(_("réponse le"), null=True, blank=True)

    class Meta:
        verbose_name = _("proposition")
        verbose_name_plural = _("propositions")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["need", "agent"], name="asked_once_for_a_need")]

    def __str__(self) -> str:
        return f"{self.need} – {self.agent}"


def _one(who: str) -> Func:
    """A person as a range of one, for a constraint that needs no extension."""
    return Func(F(who), F(who), Value("[]"), function="int8range", output_field=BigIntegerRangeField())


def _nobody_twice(who: str) -> ExclusionConstraint:
    """Nobody has two agreed meetings at once, whoever writes."""
    return ExclusionConstraint(
        name=f"one_meeting_at_once_{who}",
        expressions=[
            (_one(who), RangeOperators.EQUAL),
            (
                Func(F("start"), F("end"), function="tstzrange", output_field=DateTimeRangeField()),
                RangeOperators.OVERLAPS,
            ),
        ],
        # A range without bounds would overlap everybody's.
        condition=Q(state="agreed", **{f"{who}__isnull": False}),
    )


class Meeting(models.Model):
    """An agent of a service and somebody of a commune at one place, for a need or for a quarter of an hour.

    `agent` comes, `host` receives; `asked_by` is whichever of the two waits for the other's answer. `sequence` rises with each change.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("demandé")
        AGREED = "agreed", _("convenu")
        REFUSED = "refused", _("décliné")
        CANCELLED = "cancelled", _("annulé")
        OVER = "over", _("fait")
        MISSED = "missed", _("n'a pas eu lieu")

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    reference = models.CharField(_("référence"), max_length=11, default=new_reference, editable=False, unique=True)
    need = models.ForeignKey(
        Need, models.CASCADE, null=True, blank=True, related_name="meetings", verbose_name=_("besoin")
    )
    booking = models.ForeignKey(
        Booking, models.SET_NULL, null=True, blank=True, related_name="meetings", verbose_name=_("bureau de l'agent")
    )
    site = models.ForeignKey("territory.Site", models.PROTECT, related_name="meetings", verbose_name=_("lieu"))
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="meetings", verbose_name=_("agent")
    )
    host = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="meetings_hosted", verbose_name=_("reçoit")
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("demandé par")
    )
    title = models.CharField(_("objet"), max_length=LONGEST_TITLE)
    start = models.DateTimeField(_("début"))
    end = models.DateTimeField(_("fin"))
    state = models.CharField(_("état"), max_length=9, choices=State)
    sequence = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("demandé le"))
    ended_at = models.DateTimeField(_("terminé le"), null=True, blank=True)
    end_reason = models.CharField(_("motif"), max_length=160, blank=True)

    class Meta:
        verbose_name = _("rencontre")
        verbose_name_plural = _("rencontres")
        ordering = ["start", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(start__lt=F("end")), name="meeting_in_order"),
            _nobody_twice("agent"),
            _nobody_twice("host"),
        ]
        indexes = [models.Index(fields=["site", "start"], name="meetings_at")]

    def __str__(self) -> str:
        return self.title


class MeetingAnswer(models.Model):
    """What one side says after a meeting: whether it helped, whether there is more to do."""

    class Said(models.TextChoices):
        USEFUL = "useful", _("oui, utile")
        NOT_USEFUL = "not_useful", _("pas vraiment utile")
        DID_NOT_HAPPEN = "missed", _("elle n'a pas eu lieu")

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="answers", verbose_name=_("rencontre"))
    #: None once the name is no longer kept.
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("réponse de")
    )
    said = models.CharField(_("la rencontre"), max_length=10, choices=Said)
    wants_more = models.BooleanField(_("il y a une suite à donner"), default=False)
    at = models.DateTimeField(_("dit le"))

    class Meta:
        verbose_name = _("réponse après une rencontre")
        verbose_name_plural = _("réponses après les rencontres")
        constraints = [models.UniqueConstraint(fields=["meeting", "agent"], name="one_answer_each")]

    def __str__(self) -> str:
        return str(self.get_said_display())
