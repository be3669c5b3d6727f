"""What an agent does with what they are asked: answer, correct until the close, decline, take everything back.

Nothing here is written in the event log: a time and an author beside a new answer would say whose it is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from bureaux_volants.booking.locks import in_transaction
from bureaux_volants.territory.models import Agent
from bureaux_volants.trials.models import CohortMember, DiaryDay, Invitation, Response, Survey, TakeUp, Trial, Wave

from . import questions, setting_aside
from .diary import FILLED_WITHIN
from .pseudonyms import WEEKS, NoKey, is_destroyed, pseudonym


class CannotAnswer(Exception):
    """One French sentence; nothing was changed. `wrong`: what is wrong, by question."""

    def __init__(self, message: str, wrong: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message, self.wrong = message, dict(wrong or {})


def asked_of(agent: Agent, today: dt.date) -> list[Invitation]:
    """What the agent may answer today, the earliest close first."""
    return list(
        Invitation.objects.exclude(gone())
        .filter(
            agent=agent,
            has_declined=False,
            wave__trial__territory_id=agent.territory_id or 0,
            wave__first_day__lte=today,
            wave__last_day__gte=today,
        )
        .select_related("wave__survey", "wave__trial")
        .order_by("wave__last_day", "wave_id")
    )


def invitation_of(agent: Agent, wave_id: int) -> Invitation | None:
    """The invitation of this agent to a wave of their own territory."""
    return (
        Invitation.objects.filter(agent=agent, wave_id=wave_id, wave__trial__territory_id=agent.territory_id or 0)
        .select_related("wave__survey", "wave__trial")
        .first()
    )


def gone() -> Q:
    """Of an invitation: whoever was asked has left the trial. They are asked nothing more, and what they answered until then counts."""
    members = CohortMember.objects.filter(cohort__trial=OuterRef("wave__trial"), agent=OuterRef("agent"))
    return Exists(members) & ~Exists(members.filter(left_on=None))


def closed_because(invitation: Invitation, today: dt.date) -> str:
    """Why nothing can be answered any more, or yet; "" when it can."""
    wave = invitation.wave
    if today > wave.last_day:
        return _(
            "Ce questionnaire est clos : votre réponse n'a pas été enregistrée, et celle d'avant, s'il y en a une, est gardée."
        )
    if today < wave.first_day:
        return _("Ce questionnaire n'est pas encore ouvert.")
    if invitation.has_declined:
        return _("Vous avez choisi de ne pas répondre à ce questionnaire.")
    if Invitation.objects.filter(gone(), pk=invitation.pk).exists():
        return _("Vous ne participez plus à cet essai : plus rien ne vous est demandé.")
    return ""


def who(wave: Wave, agent: Agent) -> str:
    """The agent's pseudonym. Raises CannotAnswer when the trial's key is gone."""
    try:
        return pseudonym(wave.trial_id, agent.pk)
    except NoKey:
        raise CannotAnswer(_without_key(wave.trial_id)) from None


def _without_key(trial_id: int) -> str:
    if is_destroyed(trial_id):
        return _(
            "La clé de cet essai n'existe plus : les réponses sont devenues anonymes, il n'est plus possible d'en ajouter ni d'en retirer."
        )
    return _("La clé de cet essai ne se lit pas pour l'instant : rien n'a été changé. Prévenez le labo.")


def answers_of(wave: Wave, agent: Agent) -> dict[str, Any]:
    """What the agent answered so far, for them alone."""
    found = Response.objects.filter(wave=wave, pseudonym=who(wave, agent)).values_list("answers", flat=True).first()
    return dict(found or {})


@in_transaction
def answer(agent: Agent, wave_id: int, sent: Mapping[str, Any], today: dt.date, *, language: str = "fr") -> None:
    """Keep an answer, in place of the former one: of two tabs the last one sent counts, whole. Raises CannotAnswer."""
    invitation = _locked(agent, wave_id, today, Survey.Kind.QUESTIONNAIRE)
    wave = invitation.wave
    kept, wrong = questions.read(wave.survey.questions, sent)
    if wrong:
        raise CannotAnswer(_("Il reste quelque chose à corriger ci-dessous ; rien n'est perdu."), wrong)
    if not kept:
        raise CannotAnswer(_("Répondez au moins à une question."))
    Response.objects.update_or_create(
        wave=wave, pseudonym=who(wave, agent), defaults={"answers": kept, "language": language}
    )
    _answered(invitation)


@in_transaction
def fill_day(agent: Agent, wave_id: int, day: dt.date, trips: list[dict[str, Any]], today: dt.date) -> None:
    """Keep one day of the diary (diary.read), in place of the former. Raises CannotAnswer."""
    invitation = _locked(agent, wave_id, today, Survey.Kind.DIARY)
    wave = invitation.wave
    if not max(wave.first_day, today - FILLED_WITHIN) <= day <= min(wave.last_day, today):
        raise CannotAnswer(
            _("Ce jour ne se remplit pas : le carnet prend les jours de l'enquête, jusqu'à sept jours en arrière.")
        )
    DiaryDay.objects.update_or_create(wave=wave, pseudonym=who(wave, agent), day=day, defaults={"trips": trips})
    _answered(invitation)


@in_transaction
def decline(agent: Agent, wave_id: int, *, now: dt.datetime | None = None) -> None:
    """Not to be asked nor reminded any more; what was answered in this wave is erased, and does not show (setting_aside.py)."""
    invitation = (
        Invitation.objects.select_for_update(of=("self",)).select_related("wave").get(agent=agent, wave_id=wave_id)
    )
    mine = who(invitation.wave, agent)
    _erase(invitation.wave.trial_id, agent, mine, Q(wave_id=wave_id), now)
    _forget_who_answers_nothing(invitation.wave.trial_id, agent, mine)
    Invitation.objects.filter(pk=invitation.pk).update(has_answered=False, has_declined=True)


def _erase(trial_id: int, agent: Agent, mine: str, which: Q, now: dt.datetime | None) -> int:
    """Erase what somebody answered in some waves of a trial: how many rows. Where it may have been told, others' answers are set aside with it."""
    trial = Trial.objects.select_related("territory").get(pk=trial_id)
    setting_aside.one_at_a_time(trial)
    today = (now or timezone.now()).astimezone(trial.territory.zone).date()
    days, answers = DiaryDay.objects.filter(which, pseudonym=mine), Response.objects.filter(which, pseudonym=mine)
    told = setting_aside.told_of(trial, today, days, answers, mine, agent.pk)
    erased: int = answers.delete()[0] + days.delete()[0]
    if told:
        try:
            setting_aside.set_aside(trial, today, told)
        except NoKey:
            raise CannotAnswer(_without_key(trial_id)) from None
    return erased


def _forget_who_answers_nothing(trial_id: int, agent: Agent, mine: str) -> None:
    answers = Response.objects.filter(wave__trial_id=trial_id, pseudonym=mine)
    days = DiaryDay.objects.filter(wave__trial_id=trial_id, pseudonym=mine)
    if not (answers.exists() or days.exists()):
        TakeUp.objects.filter(trial_id=trial_id, pseudonym=pseudonym(trial_id, agent.pk, WEEKS)).delete()
        setting_aside.forget(mine)


def weeks_kept(agent: Agent) -> list[dict[str, Any]]:
    """The weeks of which a trial keeps whether the agent came, for them alone."""
    found = []
    trials = TakeUp.objects.order_by("trial").values_list("trial_id", "trial__title").distinct()
    for trial_id, title in trials.filter(trial__cohorts__members__agent=agent):
        try:
            mine = pseudonym(trial_id, agent.pk, WEEKS)
        except NoKey:
            continue
        rows = TakeUp.objects.filter(trial_id=trial_id, pseudonym=mine).order_by("monday").values("monday", "came")
        found.append({"trial": title, "weeks": list(rows)})
    return found


@in_transaction
def withdraw(agent: Agent, trial_id: int, *, now: dt.datetime | None = None) -> int:
    """Erase all that the agent answered in a trial, diary included, and ask no more. The number of rows erased.

    What they had answered does not show by difference: answers of others are left uncounted with it (setting_aside.py).
    """
    mine_to_answer = Invitation.objects.filter(agent=agent, wave__trial_id=trial_id)
    # Every one of them, before anything is erased: an answer that is being sent to another wave is then seen, or refused.
    invitations = list(mine_to_answer.select_for_update(of=("self",)).select_related("wave").order_by("pk"))
    if not invitations:
        return 0
    mine = who(invitations[0].wave, agent)
    erased = _erase(trial_id, agent, mine, Q(wave__trial_id=trial_id), now)
    setting_aside.forget(mine)
    TakeUp.objects.filter(trial_id=trial_id, pseudonym=pseudonym(trial_id, agent.pk, WEEKS)).delete()
    mine_to_answer.update(has_answered=False, has_declined=True, has_withdrawn=True)
    return erased


def about(agent: Agent) -> list[dict[str, Any]]:
    """Everything that the agent answered, for them alone: the page of their answers and the copy of their data."""
    told = []
    invitations = (
        Invitation.objects.filter(agent=agent)
        .select_related("wave__survey", "wave__trial")
        .order_by("wave__first_day", "pk")
    )
    for invitation in invitations:
        wave = invitation.wave
        try:
            mine = pseudonym(wave.trial_id, agent.pk)
        except NoKey:
            mine = ""
        told.append(
            {
                "trial_id": wave.trial_id,
                "trial": wave.trial.title,
                "survey": wave.survey.title,
                "first_day": wave.first_day,
                "last_day": wave.last_day,
                "has_answered": invitation.has_answered,
                "has_declined": invitation.has_declined,
                "is_anonymous": not mine,
                "answers": Response.objects.filter(wave=wave, pseudonym=mine).values_list("answers", flat=True).first(),
                "diary": list(
                    DiaryDay.objects.filter(wave=wave, pseudonym=mine).order_by("day").values("day", "trips")
                ),
            }
        )
    return told


def _locked(agent: Agent, wave_id: int, today: dt.date, kind: str) -> Invitation:
    invitation = (
        Invitation.objects.select_for_update(of=("self",))
        .filter(
            agent=agent, wave_id=wave_id, wave__trial__territory_id=agent.territory_id or 0, wave__survey__kind=kind
        )
        .select_related("wave__survey")
        .first()
    )
    if invitation is None:
        raise CannotAnswer(_("Ce questionnaire ne vous est pas adressé."))
    if why := closed_because(invitation, today):
        raise CannotAnswer(why)
    return invitation


def _answered(invitation: Invitation) -> None:
    if not invitation.has_answered:
        Invitation.objects.filter(pk=invitation.pk).update(has_answered=True)
