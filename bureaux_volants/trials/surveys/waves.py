"""Putting a questionnaire to the people of a trial: who is asked, told and reminded, on which local day."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from bureaux_volants.booking.locks import in_transaction
from bureaux_volants.events.log import SOFTWARE, Author, record
from bureaux_volants.messages import outbox
from bureaux_volants.territory import french
from bureaux_volants.territory.calendar import local_day, monday_of
from bureaux_volants.territory.models import Territory
from bureaux_volants.trials.designing import NO_YEAR, YEARS
from bureaux_volants.trials.models import CohortMember, Invitation, Survey, Trial, Wave

from . import profile, pseudonyms, questions, setting_aside
from .answering import gone

logger = logging.getLogger(__name__)

DEFAULT_REMINDERS = (3, 6)


class CannotAsk(Exception):
    """One French sentence; nothing was changed."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@in_transaction
def keep_survey(
    territory_id: int,
    code: str,
    title: str,
    definition: questions.Definition,
    author: Author,
    *,
    kind: str = Survey.Kind.QUESTIONNAIRE,
) -> Survey:
    """The questionnaire under this code: a new version if its questions changed, so that what was answered keeps its own.

    Raises questions.BadDefinition.
    """
    if kind == Survey.Kind.QUESTIONNAIRE:
        questions.checked(definition)
    # Two people at once: the second finds what the first wrote.
    Territory.objects.select_for_update(no_key=True).get(pk=territory_id)
    latest = Survey.objects.filter(territory_id=territory_id, code=code).order_by("-version").first()
    if latest is not None and (latest.kind, latest.title, latest.questions) == (kind, title, definition):
        return latest
    survey = Survey.objects.create(
        territory_id=territory_id,
        code=code,
        version=latest.version + 1 if latest else 1,
        kind=kind,
        title=title,
        questions=dict(definition),
        created_at=timezone.now(),
    )
    record(territory_id, author, "survey.written", "survey", survey.pk, code=code, version=survey.version)
    return survey


@in_transaction
def open_wave(
    trial: Trial,
    survey: Survey,
    moment: str,
    first_day: dt.date,
    last_day: dt.date,
    author: Author,
    *,
    reminders: Sequence[int] = DEFAULT_REMINDERS,
) -> Wave:
    """Plan a wave for those of the trial's cohorts who are there and took nothing back.

    Raises CannotAsk when there is nobody, when another diary has one of these weeks, another wave the same scale in its first, the same
    questionnaire from the same day, or who one is.
    """
    if not {first_day.year, last_day.year} <= {*YEARS}:
        raise CannotAsk(NO_YEAR)
    if first_day > last_day:
        raise CannotAsk(_("Le dernier jour doit suivre le premier."))
    if survey.territory_id != trial.territory_id:
        raise CannotAsk(_("Ce questionnaire n'est pas de ce territoire."))
    # Locked: nobody changes it between this look and the wave that puts it.
    found = Survey.objects.select_for_update().filter(pk=survey.pk).first()
    if found is None:
        raise CannotAsk(_("Ce questionnaire vient d'être jeté : choisissez-en un autre."))
    survey = found
    if survey.kind == Survey.Kind.QUESTIONNAIRE and not any(True for _q in questions.questions_of(survey.questions)):
        raise CannotAsk(_("Ce questionnaire ne pose encore aucune question : écrivez-en une d'abord."))
    setting_aside.one_at_a_time(trial)
    if survey.kind == Survey.Kind.DIARY:
        _refuse_second_diary(trial, first_day, last_day)
    people = people_of(trial)
    if not people:
        raise CannotAsk(_("Personne à interroger : constituez d'abord une cohorte de cet essai."))
    Trial.objects.select_for_update().get(pk=trial.pk)
    if pseudonyms.is_destroyed(trial.pk):
        raise CannotAsk(_("La clé de cet essai est détruite : on ne peut plus rien y demander."))
    _refuse_same_scale(trial, survey, first_day)
    _refuse_same_wave(trial, survey, first_day)
    _refuse_profile_again(trial, survey)
    last = Wave.objects.filter(trial=trial).aggregate(n=Max("number"))["n"] or 0
    wave = Wave.objects.create(
        trial=trial,
        survey=survey,
        number=last + 1,
        moment=moment,
        first_day=first_day,
        last_day=last_day,
        reminders=sorted({int(d) for d in reminders if 0 < d <= (last_day - first_day).days}),
    )
    Invitation.objects.bulk_create(Invitation(wave=wave, agent_id=pk) for pk in people)
    record(trial.territory_id, author, "wave.opened", "wave", wave.pk, trial=trial.slug, people=len(people))
    return wave


def people_of(trial: Trial) -> list[int]:
    """The accounts of whoever a wave that is opened now would ask."""
    withdrawn = Invitation.objects.filter(wave__trial=trial, has_withdrawn=True).values("agent")
    # Without a commune nothing that somebody says could be compared: in some tables and not in others, they could be found.
    members = CohortMember.objects.filter(cohort__trial=trial, left_on=None, agent__is_active=True).exclude(
        commune=None
    )
    return sorted(set(members.exclude(agent__in=withdrawn).values_list("agent_id", flat=True)))


def moment_of(trial: Trial, day: dt.date) -> str:
    """What a wave that begins on this day is, by the trial's calendar."""
    if day < trial.starts_on:
        return Wave.Moment.BEFORE
    return Wave.Moment.DURING if day <= trial.ends_on else Wave.Moment.AFTER


def _refuse_same_scale(trial: Trial, survey: Survey, first_day: dt.date) -> None:
    """A score counts in the week of its wave's first day: two of one week would be one in some tables, and two in others."""
    monday = monday_of(first_day)
    mine = set(survey.questions.get("scales", ()))
    week = trial.waves.filter(first_day__gte=monday, first_day__lt=monday + dt.timedelta(days=7))
    for other in week.select_related("survey") if mine else ():
        if mine & set(other.survey.questions.get("scales", ())):
            raise CannotAsk(
                _("La même échelle est déjà posée cette semaine-là (vague %(n)d) : commencez le %(day)s au plus tôt.")
                % {"n": other.number, "day": french.day(monday + dt.timedelta(days=7))}
            )


def _refuse_profile_again(trial: Trial, survey: Survey) -> None:
    """Who one is does not change: told a second time, of those who are still there, it would be told of whoever is not."""
    if not profile.is_asked(survey.questions):
        return
    for other in trial.waves.select_related("survey", "release"):
        release = getattr(other, "release", None)
        if profile.is_asked(other.survey.questions) and (release is None or release.figures["is_shown"]):
            raise CannotAsk(
                _(
                    "Ces questions sont déjà posées dans cet essai (vague %(n)d) : qui l'on est ne change pas, et deux tableaux diraient qui est parti entre-temps."
                )
                % {"n": other.number}
            )


def _refuse_same_wave(trial: Trial, survey: Survey, first_day: dt.date) -> None:
    """A form sent twice, or by two people: everybody would be asked the same thing twice on one day."""
    other = trial.waves.filter(survey__code=survey.code, first_day=first_day).first()
    if other is not None:
        raise CannotAsk(
            _("« %(title)s » est déjà posé à partir de ce jour (vague %(n)d) : choisissez un autre premier jour.")
            % {"title": survey.title, "n": other.number}
        )


def _refuse_second_diary(trial: Trial, first_day: dt.date, last_day: dt.date) -> None:
    """A week has one diary: another would open again what is told of it, and of those who fill it in both there may be few."""
    monday = monday_of(first_day)
    sunday = monday_of(last_day) + dt.timedelta(days=6)
    others = trial.waves.filter(survey__kind=Survey.Kind.DIARY, last_day__gte=monday, first_day__lte=sunday)
    if (other := others.order_by("-last_day").first()) is not None:
        after = monday_of(other.last_day) + dt.timedelta(days=7)
        raise CannotAsk(
            _(
                "Un carnet de cet essai couvre déjà cette semaine (vague %(n)d) : commencez celui-ci le %(day)s au plus tôt."
            )
            % {"n": other.number, "day": french.day(after)}
        )


def follow(now: dt.datetime | None = None) -> None:
    """Invite and remind whoever is due, each territory on its own local day (job, every hour of the working day).

    A territory that fails does not stop the others.
    """
    now = now or timezone.now()
    for territory in Territory.objects.order_by("pk"):
        try:
            follow_territory(territory, now)
        except Exception:
            logger.exception("nobody invited in territory %s", territory.pk)


@in_transaction
def follow_territory(territory: Territory, now: dt.datetime) -> int:
    """How many were told. Nobody is told of two waves on one local day: the second waits for the next."""
    today = now.astimezone(territory.zone).date()
    due = list(
        Invitation.objects.select_for_update(of=("self",))
        .exclude(gone())
        .filter(
            wave__trial__territory=territory,
            wave__first_day__lte=today,
            wave__last_day__gte=today,
            has_answered=False,
            has_declined=False,
            agent__is_active=True,
        )
        .select_related("wave__survey", "agent")
        .order_by("agent_id", "wave__last_day", "pk")
    )
    told = 0
    for invitation in due:
        wave = invitation.wave
        passed = (today - wave.first_day).days
        reminder = sum(1 for day in wave.reminders if day <= passed)
        if invitation.sent_at is not None and invitation.reminders_sent >= reminder:
            continue
        if not outbox.is_first_time(territory.pk, f"survey:{invitation.agent_id}:{today}", now):
            continue
        is_first = invitation.sent_at is None
        _tell(invitation, is_first, now, needed_by=local_day(wave.last_day, territory.zone).end)
        # Reminders whose day has gone before the invitation left are not caught up.
        invitation.sent_at, invitation.reminders_sent = invitation.sent_at or now, reminder
        invitation.save(update_fields=["sent_at", "reminders_sent"])
        told += 1
    return told


def _tell(invitation: Invitation, is_first: bool, now: dt.datetime, needed_by: dt.datetime) -> None:
    wave = invitation.wave
    is_diary = wave.survey.kind == Survey.Kind.DIARY
    subject = _("Quelques questions : %(title)s") if is_first else _("Rappel : %(title)s")
    body = _(
        "Vous pouvez répondre jusqu'au %(day)s, en quelques minutes, sur votre téléphone. Vos réponses sont gardées sous un "
        "pseudonyme : le labo ne voit que des chiffres de groupe. Répondre ou non ne change rien à vos réservations."
    )
    outbox.write(
        invitation.agent,
        "survey.invited" if is_first else "survey.reminded",
        subject % {"title": wave.survey.title},
        body % {"day": french.day(wave.last_day)},
        f"/enquetes/carnet/{wave.pk}/" if is_diary else f"/enquetes/{wave.pk}/",
        at=now,
        needed_by=needed_by,
    )


@in_transaction
def close(wave: Wave, today: dt.date, author: Author = SOFTWARE) -> None:
    """Close before its time: yesterday was the last day. Raises CannotAsk for one that has not begun or is over."""
    if today <= wave.first_day or today > wave.last_day:
        raise CannotAsk(_("Seule une vague commencée avant aujourd'hui et encore ouverte peut être close."))
    Wave.objects.filter(pk=wave.pk).update(last_day=today - dt.timedelta(days=1))
    record(wave.trial.territory_id, author, "wave.closed", "wave", wave.pk)


@in_transaction
def cancel(wave: Wave, today: dt.date, author: Author) -> None:
    """Give up a wave that has not begun: nobody has heard of it. Raises CannotAsk for another one."""
    if today >= wave.first_day:
        raise CannotAsk(_("Cette vague a commencé : elle se clôt, elle ne s'annule plus."))
    record(wave.trial.territory_id, author, "wave.cancelled", "wave", wave.pk, trial=wave.trial.slug)
    wave.delete()


def why_key_stays(trial: Trial, today: dt.date) -> str:
    """Why the key of a trial cannot be destroyed yet; "" when it can."""
    if trial.state not in (Trial.State.ENDED, Trial.State.STOPPED):
        return _("L'essai n'est pas terminé : d'ici là, chacun peut encore retirer ses réponses.")
    if trial.waves.filter(last_day__gte=today).exists():
        return _("Une vague de cet essai n'est pas close : sans la clé, plus personne ne pourrait y répondre.")
    return ""


@in_transaction
def destroy_key(trial: Trial, today: dt.date, author: Author) -> None:
    """Make every answer of a trial that is over anonymous for good (pseudonyms.destroy). Raises CannotAsk."""
    trial = Trial.objects.select_for_update().get(pk=trial.pk)
    if why := why_key_stays(trial, today):
        raise CannotAsk(why)
    if pseudonyms.is_destroyed(trial.pk):
        raise CannotAsk(_("La clé de cet essai est déjà détruite."))
    pseudonyms.destroy(trial.pk)
    record(trial.territory_id, author, "answers.anonymised", "trial", trial.pk, trial=trial.slug)
