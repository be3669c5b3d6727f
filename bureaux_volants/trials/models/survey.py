"""Questionnaires and the travel diary. Who was asked is known; what they said carries only a pseudonym (surveys/pseudonyms.py).

Nothing in a response leads back to an invitation: no shared number, no time of day, and the key that makes pseudonyms is not in the
database.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Survey(models.Model):
    """A questionnaire. What was answered once never changes under those who answered: a change is a new version."""

    class Kind(models.TextChoices):
        QUESTIONNAIRE = "questionnaire", _("questionnaire")
        DIARY = "diary", _("carnet de déplacements")

    territory = models.ForeignKey("territory.Territory", models.CASCADE, related_name="+", verbose_name=_("territoire"))
    code = models.SlugField(_("identifiant"), max_length=40)
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    kind = models.CharField(_("nature"), max_length=13, choices=Kind, default=Kind.QUESTIONNAIRE)
    title = models.CharField(_("titre"), max_length=120)
    #: See surveys/questions.py for its grammar.
    questions = models.JSONField(_("questions"), default=dict)
    created_at = models.DateTimeField(_("écrit le"))

    class Meta:
        verbose_name = _("questionnaire")
        verbose_name_plural = _("questionnaires")
        ordering = ["code", "version"]
        constraints = [models.UniqueConstraint(fields=["territory", "code", "version"], name="survey_version_once")]

    def __str__(self) -> str:
        return f"{self.title} (v{self.version})"


class Wave(models.Model):
    """A questionnaire put to the people of a trial, from one local day to another, both included."""

    class Moment(models.TextChoices):
        BEFORE = "before", _("avant")
        DURING = "during", _("pendant")
        AFTER = "after", _("après")

    trial = models.ForeignKey("trials.Trial", models.CASCADE, related_name="waves", verbose_name=_("essai"))
    survey = models.ForeignKey(Survey, models.PROTECT, related_name="waves", verbose_name=_("questionnaire"))
    number = models.PositiveSmallIntegerField(_("numéro"))
    moment = models.CharField(_("moment"), max_length=6, choices=Moment)
    first_day = models.DateField(_("du"))
    last_day = models.DateField(_("au (compris)"))
    #: Days after `first_day` on which whoever has not answered is reminded.
    reminders = models.JSONField(_("rappels (jours après le début)"), default=list, blank=True)

    class Meta:
        verbose_name = _("vague")
        verbose_name_plural = _("vagues")
        ordering = ["first_day", "number"]
        constraints = [
            models.UniqueConstraint(fields=["trial", "survey", "number"], name="wave_once"),
            models.CheckConstraint(condition=Q(first_day__lte=F("last_day")), name="wave_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.survey} – {self.number}"


class Invitation(models.Model):
    """That somebody was asked, and whether they answered: never what, never when."""

    wave = models.ForeignKey(Wave, models.CASCADE, related_name="invitations", verbose_name=_("vague"))
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("agent"))
    sent_at = models.DateTimeField(_("envoyée le"), null=True, blank=True)
    reminders_sent = models.PositiveSmallIntegerField(_("rappels envoyés"), default=0)
    has_answered = models.BooleanField(_("a répondu"), default=False)
    has_declined = models.BooleanField(_("ne souhaite pas répondre"), default=False)
    #: From the whole trial: no later wave of it asks them either.
    has_withdrawn = models.BooleanField(_("a tout retiré"), default=False)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [models.UniqueConstraint(fields=["wave", "agent"], name="invitation_once")]

    def __str__(self) -> str:
        return f"{self.wave} – {self.agent_id}"


class Response(models.Model):
    """What one pseudonym answered in one wave. A random key: the order of writing says nothing."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    wave = models.ForeignKey(Wave, models.CASCADE, related_name="responses", verbose_name=_("vague"))
    pseudonym = models.CharField(_("pseudonyme"), max_length=64)
    language = models.CharField(_("langue"), max_length=5, default="fr")
    answers = models.JSONField(_("réponses"))

    class Meta:
        verbose_name = _("réponse")
        verbose_name_plural = _("réponses")
        constraints = [models.UniqueConstraint(fields=["wave", "pseudonym"], name="response_once")]
        indexes = [models.Index(fields=["pseudonym"], name="responses_of_pseudonym")]

    def __str__(self) -> str:
        return str(self.id)


class DiaryDay(models.Model):
    """One day of the travel diary of one pseudonym.

    `trips`: [{"mode": travel mode, "purpose": commute | business | private, "km": float, "minutes": int | null}]; empty: no trip that day.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    wave = models.ForeignKey(Wave, models.CASCADE, related_name="diary_days", verbose_name=_("vague"))
    pseudonym = models.CharField(_("pseudonyme"), max_length=64)
    day = models.DateField(_("jour"))
    trips = models.JSONField(_("trajets"), default=list)

    class Meta:
        verbose_name = _("jour de carnet")
        verbose_name_plural = _("jours de carnet")
        constraints = [models.UniqueConstraint(fields=["wave", "pseudonym", "day"], name="diary_day_once")]
        indexes = [models.Index(fields=["pseudonym"], name="diary_of_pseudonym")]

    def __str__(self) -> str:
        return str(self.id)


class TakeUp(models.Model):
    """Whether one pseudonym came, in one week, to a desk that the trial opened (trials/take_up.py)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    trial = models.ForeignKey("trials.Trial", models.CASCADE, related_name="+", verbose_name=_("essai"))
    pseudonym = models.CharField(_("pseudonyme"), max_length=64)
    monday = models.DateField(_("semaine du"))
    came = models.BooleanField(_("est venu"))

    class Meta:
        verbose_name = _("semaine de venue")
        verbose_name_plural = _("semaines de venue")
        constraints = [models.UniqueConstraint(fields=["trial", "pseudonym", "monday"], name="take_up_once")]

    def __str__(self) -> str:
        return str(self.id)


class Cover(models.Model):
    """That others were left uncounted when somebody took back what may have been told of them (surveys/covering.py)."""

    trial = models.ForeignKey("trials.Trial", models.CASCADE, related_name="covers", verbose_name=_("essai"))
    number = models.PositiveSmallIntegerField(_("numéro"))
    day = models.DateField(_("tiré le"))

    class Meta:
        verbose_name = _("mise à l'écart")
        verbose_name_plural = _("mises à l'écart")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["trial", "number"], name="cover_once")]

    def __str__(self) -> str:
        return f"{self.trial_id} – {self.number}"


class Told(models.Model):
    """What may be told of somebody and be covered: a week of the diary, a wave, or their days at desks."""

    class Days(models.TextChoices):
        STAYS = "stays", _("jours en bureau volant, pour le CO2")
        APART = "apart", _("ces jours selon ce qu'ils remplacent")

    monday = models.DateField(_("semaine du"), null=True, blank=True)
    wave = models.ForeignKey(Wave, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("vague"))
    days = models.CharField(_("jours"), max_length=5, choices=Days, blank=True, default="")

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(monday__isnull=False, wave=None, days="")
                | Q(monday=None, wave__isnull=False, days="")
                | (Q(monday=None, wave=None) & ~Q(days="")),
                name="%(class)s_of_one_thing",
            )
        ]


class SetAside(Told):
    """One pseudonym left uncounted in one week, in one wave or for their days; in force until the next draw there. A random key: the order of writing says nothing."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    cover = models.ForeignKey(Cover, models.CASCADE, related_name="people", verbose_name=_("mise à l'écart"))
    pseudonym = models.CharField(_("pseudonyme"), max_length=64)
    is_current = models.BooleanField(_("en vigueur"), default=True)

    class Meta(Told.Meta):
        verbose_name = _("réponse mise à l'écart")
        verbose_name_plural = _("réponses mises à l'écart")
        indexes = [models.Index(fields=["pseudonym"], condition=Q(is_current=True), name="set_aside_now")]

    def __str__(self) -> str:
        return str(self.id)


class ClosedPeriod(Told):
    """A week, a wave, or a kind of days at desks, of which nothing is told any more since a cover."""

    cover = models.ForeignKey(Cover, models.CASCADE, related_name="closed", verbose_name=_("mise à l'écart"))

    class Meta(Told.Meta):
        verbose_name = _("période close")
        verbose_name_plural = _("périodes closes")

    def __str__(self) -> str:
        return f"{self.cover_id} – {self.monday or self.wave_id or self.days}"


class PseudonymKey(models.Model):
    """That a trial has a key, and the name of the file it is in; never the key (surveys/pseudonyms.py)."""

    trial = models.OneToOneField("trials.Trial", models.CASCADE, related_name="pseudonym_key", verbose_name=_("essai"))
    file = models.UUIDField(_("fichier"))
    made_at = models.DateTimeField(_("tirée le"))
    destroyed_at = models.DateTimeField(_("détruite le"), null=True, blank=True)

    class Meta:
        verbose_name = _("clé de pseudonymes")
        verbose_name_plural = _("clés de pseudonymes")

    def __str__(self) -> str:
        return str(self.trial_id)


class WaveRelease(models.Model):
    """The figures of a wave that is over, as the lab reads them (surveys/releases.py): groups alone, nothing of anybody."""

    wave = models.OneToOneField(Wave, models.CASCADE, related_name="release", verbose_name=_("vague"))
    day = models.DateField(_("chiffres du"))
    made_at = models.DateTimeField(_("calculés le"))
    #: People asked, people who answered, pseudonyms whose answers were counted, when it was made.
    counts = models.JSONField(_("effectifs"))
    figures = models.JSONField(_("chiffres"))

    class Meta:
        verbose_name = _("chiffres d'une vague")
        verbose_name_plural = _("chiffres des vagues")

    def __str__(self) -> str:
        return f"{self.wave_id} – {self.day}"
