"""Questionnaires and diaries of the demonstration's trials: waves through the services, answers in bulk."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from bureaux_volants.events.log import Author, as_of
from bureaux_volants.trials.models import CohortMember, DiaryDay, Invitation, Response, Survey, Trial, Wave
from bureaux_volants.trials.stays import opened_stays
from bureaux_volants.trials.surveys import scales, waves
from bureaux_volants.trials.surveys.profile import profile
from bureaux_volants.trials.surveys.pseudonyms import known

from . import trials

BATCH = 2000


@dataclass(frozen=True)
class Panel:
    """The members of a trial in one order, the weeks that were lived, and what was drawn for them."""

    members: Sequence[CohortMember]
    mondays: Sequence[dt.date]
    opened: Mapping[int, dt.date | None]
    lived: trials.Lived

    def is_open(self, row: int, day: dt.date) -> bool:
        opens_on = self.opened[self.members[row].pk]
        return opens_on is not None and day >= opens_on


@dataclass(frozen=True)
class Asker:
    """Puts questions to the people of one trial. `names`: pseudonym by agent."""

    trial: Trial
    author: Author
    now: dt.datetime
    names: Mapping[int, str]

    @classmethod
    def of(cls, trial: Trial, members: Sequence[CohortMember], author: Author, now: dt.datetime) -> Asker:
        found = known(trial.pk, [m.agent_id for m in members])
        return cls(trial, author, now, {agent: name for name, agent in found.items()})

    def wave(
        self, code: str, title: str, kind: str, definition: dict[str, Any], moment: str, first: dt.date, last: dt.date
    ) -> Wave:
        """A wave whose people were told on its first day, if that has come, and reminded since."""
        at = self.now - dt.timedelta(days=max(1, (self.now.date() - first).days + 3))
        with as_of(at):
            survey = waves.keep_survey(self.trial.territory_id, code, title, definition, self.author, kind=kind)
            made = waves.open_wave(self.trial, survey, moment, first, last, self.author)
        Survey.objects.filter(pk=survey.pk, created_at__gt=at).update(created_at=at)
        passed = (self.now.date() - first).days
        if passed >= 0:
            sent = sum(1 for day in made.reminders if day <= passed)
            Invitation.objects.filter(wave=made).update(
                sent_at=self.now - dt.timedelta(days=passed), reminders_sent=sent
            )
        return made

    def diary(self, moment: str, first: dt.date, last: dt.date, panel: Panel, seed: str) -> Wave:
        """A wave of diaries, filled as was drawn in every week of the panel that lies in it."""
        made = self.wave("carnet", "Carnet de déplacements", Survey.Kind.DIARY, {}, moment, first, last)
        rows, who = [], set()
        for column, monday in enumerate(panel.mondays):
            if not first <= monday <= last:
                continue
            for row, member in enumerate(panel.members):
                if not panel.lived.filled[row, column]:
                    continue
                rng = Random(f"{seed}/{member.agent.email}/{monday}")
                days = trials.week_of_trips(rng, float(panel.lived.car_km[row, column]), panel.is_open(row, monday))
                name = self.names[member.agent_id]
                rows += [
                    DiaryDay(wave=made, pseudonym=name, day=monday + dt.timedelta(days=n), trips=trips)
                    for n, trips in enumerate(days)
                ]
                who.add(member.agent_id)
        DiaryDay.objects.bulk_create(rows, batch_size=BATCH)
        self._answered(made, who)
        return made

    def questionnaire(
        self,
        code: str,
        moment: str,
        first: dt.date,
        last: dt.date,
        panel: Panel,
        *,
        share: float,
        change: float,
        seed: str,
        but: frozenset[int] = frozenset(),
    ) -> Wave:
        """WHO-5 or STS, answered by a share of the people; `change`: what an open site does. `but`: who has yet to answer."""
        definition, draw = _SCALES[code]
        title = str(scales.NAMES[code])
        made = self.wave(code, title, Survey.Kind.QUESTIONNAIRE, definition(), moment, first, last)
        rows, who = [], set()
        for row, member in enumerate(panel.members):
            # Somebody's mood is their own in every wave.
            mood = Random(f"{seed}/{code}/{member.agent.email}")
            level = mood.gauss(3.1, 0.7) if code == "who5" else mood.gauss(0.6, 1.1)
            rng = Random(f"{seed}/{code}/{moment}/{member.agent.email}")
            if rng.random() >= share or member.agent_id in but:
                continue
            moved = change if panel.is_open(row, first) else 0.0
            answers = draw(rng, level, moved)
            rows.append(Response(wave=made, pseudonym=self.names[member.agent_id], answers=answers))
            who.add(member.agent_id)
        Response.objects.bulk_create(rows)
        self._answered(made, who)
        return made

    def profile(
        self, moment: str, first: dt.date, last: dt.date, members: Sequence[CohortMember], *, share: float, seed: str
    ) -> Wave:
        """“Who are you?”, answered by a share of the people; whether they came is what their bookings say until the last day."""
        made = self.wave("profil", "Qui êtes-vous ?", Survey.Kind.QUESTIONNAIRE, profile(), moment, first, last)
        came = {s.agent_id for s in opened_stays(self.trial, last)}
        rows, who = [], set()
        for member in members:
            rng = Random(f"{seed}/profil/{member.agent.email}")
            if rng.random() >= share:
                continue
            answers = trials.who_one_is(rng, has_come=member.agent_id in came)
            rows.append(Response(wave=made, pseudonym=self.names[member.agent_id], answers=answers))
            who.add(member.agent_id)
        Response.objects.bulk_create(rows)
        self._answered(made, who)
        return made

    def _answered(self, wave: Wave, who: set[int]) -> None:
        Invitation.objects.filter(wave=wave, agent__in=who).update(has_answered=True)


_SCALES: Mapping[str, tuple[Callable[[], dict[str, Any]], Callable[[Random, float, float], dict[str, int]]]] = {
    "who5": (scales.who5, trials.who5),
    "sts": (scales.sts, trials.sts),
}
