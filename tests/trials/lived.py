"""A trial that was lived through, for the tests of what its tables tell: three weeks before it opens and three since."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import replace

from bureaux_volants.territory.calendar import monday_of
from bureaux_volants.territory.models import Agent
from bureaux_volants.trials.indicators import keeping
from bureaux_volants.trials.models import DiaryDay, KeptFigure, Response
from bureaux_volants.trials.surveys import answering, scales, waves
from bureaux_volants.trials.surveys.counted import counted
from bureaux_volants.trials.surveys.pseudonyms import pseudonym
from tests import factories
from tests.factories import TEST, at
from tests.trials.words import Field, diary, trip

DAY, WEEK = dt.timedelta(days=1), dt.timedelta(weeks=1)
OCTOBER = dt.date(2026, 10, 1), dt.date(2026, 10, 31)
NOVEMBER = dt.date(2026, 11, 17)


class Lived:
    """Twenty-four people with holes in their diaries, three weeks before the trial opens and three since; a questionnaire before.

    Everybody drives 10 to 33 km a day, except the first, who drives 300.
    """

    def __init__(self, there: Field, size: int = 24, holes: int = 7) -> None:
        while len(there.people) < size:
            there.people += [factories.agent(there.territory, home_commune=c) for c in there.communes]
        cohort = there.draft().cohort
        assert cohort is not None
        self.field = there
        self.trial = there.opened(cohort=replace(cohort, size=size, strata=()))
        self.people: list[Agent] = [
            m.agent for m in self.trial.cohorts.get().members.select_related("agent").order_by("agent")
        ]
        self.before = self.trial.baseline_from
        first = [self.before, self.trial.starts_on]
        mondays = [day + WEEK * n for day in first for n in range(3)]
        self.diary = diary(
            self.trial,
            {
                (who, monday + DAY * d): [trip("car", 300 if n == 0 else 10 + n, minutes=20)]
                for n, who in enumerate(self.people)
                for k, monday in enumerate(mondays)
                if n == 0 or (n + k) % holes
                for d in range(5)
            },
        )
        self.diary.last_day = mondays[-1] + WEEK - DAY
        self.diary.save()
        survey = waves.keep_survey(self.trial.territory_id, "who5", "B", scales.who5(), TEST)
        self.wave = waves.open_wave(self.trial, survey, "before", self.before, self.before + WEEK - DAY, TEST)
        for n, who in enumerate(self.people):
            said = {f"who5_{k}": "0" if n == 0 else str(3 + n % 2) for k in range(1, 6)}
            answering.answer(who, self.wave.pk, said, self.before)
        self.diary.invitations.update(has_answered=True)
        self.over = self.diary.last_day + DAY

    def leave(self, n: int, day: dt.date) -> None:
        answering.withdraw(self.people[n], self.trial.pk, now=at(day, "12"))

    def month(self, code: str, day: dt.date = NOVEMBER) -> KeptFigure:
        keeping.keep_months(self.field.territory, *OCTOBER, now=at(day, "3"))
        return KeptFigure.objects.get(territory=self.field.territory, trial=None, code=code, first_day=OCTOBER[0])

    def counted(self) -> dict[str, frozenset[str]]:
        """Whose rows are counted, by week and by wave."""
        found: dict[str, set[str]] = defaultdict(set)
        for who, day in counted(DiaryDay.objects.filter(wave__trial=self.trial)).values_list("pseudonym", "day"):
            found[str(monday_of(day))].add(who)
        for who, wave in counted(Response.objects.filter(wave__trial=self.trial)).values_list("pseudonym", "wave_id"):
            found[f"wave {wave}"].add(who)
        return {cell: frozenset(people) for cell, people in found.items()}

    def whose(self, n: int) -> str:
        return pseudonym(self.trial.pk, self.people[n].pk)
