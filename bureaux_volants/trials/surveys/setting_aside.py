"""Setting people aside when somebody takes their answers back (covering.py), in the transaction that erases these."""

from __future__ import annotations

import datetime as dt
import random
import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from bureaux_volants.booking.models import Booking
from bureaux_volants.trials.indicators.measures import FEWEST_DAYS
from bureaux_volants.trials.models import ClosedPeriod, CohortMember, Cover, DiaryDay, Response, SetAside, Trial
from bureaux_volants.trials.stays import opened_stays

from . import scales
from .covering import Cell, draw
from .diary import is_final
from .pseudonyms import known
from .reading import open_since

#: The days at desks, whose balance of CO2 takes each person's modes from their diary (avoided.py), and those told apart in it.
_STAYS, _APART = ClosedPeriod.Days.STAYS.value, ClosedPeriod.Days.APART.value
_TOLD_APART = (Booking.Counterfactual.USUAL_SITE, Booking.Counterfactual.HOME)
_CHANCE = secrets.SystemRandom()


def one_at_a_time(trial: Trial) -> None:
    """Two withdrawals from one trial: the second is drawn after the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('set aside'), %s)", [trial.pk])


def was_told(trial: Trial, today: dt.date, days: QuerySet[DiaryDay], answers: QuerySet[Response], whose: str) -> bool:
    """Whether something of these rows may have been told, and counts today: else nobody has to be set aside with them."""
    if SetAside.objects.filter(cover__trial=trial, cover__is_current=True, pseudonym=whose).exists():
        return False
    return bool(_cells(trial, today, days, answers))


def set_aside(trial: Trial, today: dt.date) -> Cover:
    """Draw anew whom to leave uncounted, those of the former draw being counted again. Raises NoKey."""
    days, answers = DiaryDay.objects.filter(wave__trial=trial), Response.objects.filter(wave__trial=trial)
    told = _cells(trial, today, days, answers)
    members = {
        m.agent_id: m
        for m in CohortMember.objects.filter(cohort__trial=trial).exclude(commune=None).order_by("-cohort_id", "-pk")
    }
    agents = {who: agent for who, agent in known(trial.pk, members).items() if who in told}
    gone = _add_stays(trial, today, told, agents)
    cells = {who: _counted_everywhere(told[who], members[agent].left_on) for who, agent in agents.items()}
    former = [[s.pseudonym for s in cover.people.all()] for cover in trial.covers.prefetch_related("people")]
    drawn = draw(
        {who: mine for who, mine in cells.items() if mine},
        former,
        {who: str(members[agent].commune_id) for who, agent in agents.items()},
        _chance(),
    )
    trial.covers.update(is_current=False)
    cover = Cover.objects.create(trial=trial, number=len(former) + 1, day=today)
    SetAside.objects.bulk_create(SetAside(cover=cover, pseudonym=who) for who in sorted(drawn.people))
    ClosedPeriod.objects.bulk_create(_closed(cover, unit) for unit in sorted(drawn.closed | gone))
    return cover


def forget(whose: str) -> None:
    """Of somebody who took everything back nothing stays, not even that they were set aside."""
    SetAside.objects.filter(pseudonym=whose).delete()


def is_closed(trial: Trial, days: ClosedPeriod.Days) -> bool:
    """Whether the balance of CO2 is not worked out any more, or not by what the days stand for."""
    return ClosedPeriod.objects.filter(cover__trial=trial, days=days).exists()


def _chance() -> random.Random:
    return _CHANCE


def _cells(trial: Trial, today: dt.date, days: QuerySet[DiaryDay], answers: QuerySet[Response]) -> dict[str, set[Cell]]:
    """By pseudonym, the weeks of the diary and the scores that may have been told: nobody can fill these weeks in any more, these waves are over.

    A week that two months share is told in two parts.
    """
    since = open_since(trial.waves.all(), today)
    filled: dict[tuple[str, dt.date], set[dt.date]] = defaultdict(set)
    for who, day in days.values_list("pseudonym", "day").distinct():
        filled[who, day - dt.timedelta(days=day.weekday())].add(day)
    found: dict[str, set[Cell]] = defaultdict(set)
    for (who, monday), there in filled.items():
        if is_final(monday, today, since):
            parts = {f"{day:%Y-%m}" for day in there} | ({"full"} if len(there) >= FEWEST_DAYS else set())
            found[who] |= {(monday.isoformat(), part) for part in parts}
    for response in answers.filter(wave__last_day__lt=today).select_related("wave__survey"):
        scored = scales.scores_of(response.wave.survey.questions)
        parts = {code for code in scored if scales.score(code, response.answers) is not None}
        found[response.pseudonym] |= {(f"wave {response.wave_id}", part) for part in ("", *parts)}
    return found


def _counted_everywhere(cells: Iterable[Cell], left: dt.date | None) -> frozenset[Cell]:
    """Without the weeks from that of leaving on: the effect does not count them (panels.py)."""
    if left is None:
        return frozenset(cells)
    return frozenset(
        c for c in cells if not c[0][:1].isdigit() or dt.date.fromisoformat(c[0]) + dt.timedelta(7) <= left
    )


def _add_stays(trial: Trial, today: dt.date, told: Mapping[str, set[Cell]], agents: Mapping[str, int]) -> set[str]:
    """Add the days at desks of those who have a diary. What nobody is left of is closed: bookings stay when their diaries have gone."""
    came: dict[int, set[str]] = defaultdict(set)
    for stay in opened_stays(trial, today):
        came[stay.agent_id].add(stay.answer)
    left = set()
    for who, agent in agents.items():
        if came[agent] and any(unit[:1].isdigit() for unit, _part in told[who]):
            mine = {(_STAYS, ""), *((_APART, answer) for answer in _TOLD_APART if answer in came[agent])}
            told[who] |= mine
            left |= mine
    there = {(_STAYS, "")} | {
        (_APART, answer) for answer in _TOLD_APART if any(answer in said for said in came.values())
    }
    return {unit for unit, _part in there - left} if came else set()


def _closed(cover: Cover, unit: str) -> ClosedPeriod:
    period: dict[str, Any] = {}
    if unit.startswith("wave "):
        period["wave_id"] = int(unit.removeprefix("wave "))
    elif unit in (_STAYS, _APART):
        period["days"] = unit
    else:
        period["monday"] = dt.date.fromisoformat(unit)
    return ClosedPeriod(cover=cover, **period)
