"""Setting answers aside when somebody takes theirs back (covering.py), in the transaction that erases these."""

from __future__ import annotations

import datetime as dt
import secrets
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from bureaux_volants.booking.models import Booking
from bureaux_volants.territory.calendar import monday_of
from bureaux_volants.trials.indicators.disclosure import FEWEST_PEOPLE
from bureaux_volants.trials.indicators.rows import filled_weeks
from bureaux_volants.trials.models import ClosedPeriod, CohortMember, Cover, DiaryDay, Response, SetAside, Trial
from bureaux_volants.trials.stays import opened_stays

from . import scales
from .covering import draw
from .diary import is_final
from .pseudonyms import known
from .reading import open_since

#: What is told together and closed together: the Monday of a week, a wave's number, or the days at desks, whose balance of CO2 takes
#: each person's modes from their diary (avoided.py).
Unit = dt.date | int | str
_STAYS, _APART = ClosedPeriod.Days.STAYS.value, ClosedPeriod.Days.APART.value
_TOLD_APART = (Booking.Counterfactual.USUAL_SITE.value, Booking.Counterfactual.HOME.value)
_CHANCE = secrets.SystemRandom()


def one_at_a_time(trial: Trial) -> None:
    """Two withdrawals from one trial: the second is drawn after the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('set aside'), %s)", [trial.pk])


def told_of(
    trial: Trial, today: dt.date, days: QuerySet[DiaryDay], answers: QuerySet[Response], whose: str, agent_id: int
) -> set[Unit]:
    """Of these rows of one person, the weeks and waves that may have been told and count today; with a week, the days at desks too.

    A week that two waves share may be filled with the days of both.
    """
    every_day = DiaryDay.objects.filter(wave__trial=trial, pseudonym=whose)
    every_answer = Response.objects.filter(wave__trial=trial, pseudonym=whose)
    touched = {monday_of(day) for day in days.values_list("day", flat=True)}
    found: set[Unit] = {*_told(trial, today, every_day, every_answer)} & {
        *touched,
        *answers.values_list("wave_id", flat=True),
    }
    if any(isinstance(unit, dt.date) for unit in found) and _came(trial, today).get(agent_id):
        found.add(_STAYS)
    aside = SetAside.objects.filter(cover__trial=trial, is_current=True, pseudonym=whose)
    closed = ClosedPeriod.objects.filter(cover__trial=trial)
    return found - {_unit_of(row) for row in aside} - {_unit_of(row) for row in closed}


def set_aside(trial: Trial, today: dt.date, units: Collection[Unit]) -> Cover:
    """In each of these, draw anew whose answers to leave uncounted, those of the former draw being counted again. Raises NoKey."""
    days, answers = DiaryDay.objects.filter(wave__trial=trial), Response.objects.filter(wave__trial=trial)
    told = _told(trial, today, days, answers)
    members = CohortMember.objects.filter(cohort__trial=trial).order_by("-cohort_id", "-pk")
    communes = dict(members.values_list("agent_id", "commune_id"))
    agents = known(trial.pk, communes)
    came = _came(trial, today) if _STAYS in units else {}
    if _STAYS in units:
        told[_STAYS] = _stays(told, agents, came)
    former: dict[Unit, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in SetAside.objects.filter(cover__trial=trial):
        former[_unit_of(row)][row.cover_id].add(row.pseudonym)
    may_be_apart = not is_closed(trial, ClosedPeriod.Days.APART)
    cover = Cover.objects.create(trial=trial, number=trial.covers.count() + 1, day=today)
    groups = {who: str(communes[agent]) for who, agent in agents.items()}
    aside: list[SetAside] = []
    closed: list[Unit] = []
    for unit in sorted(units, key=str):
        if unit == _STAYS and len(came) < FEWEST_PEOPLE:
            continue  # told to nobody yet
        there, before = told.get(unit, {}), [*former[unit].values()]
        drawn = draw(there, before, groups, _CHANCE) if unit != _STAYS or may_be_apart else None
        if drawn is None and unit == _STAYS:
            # Not by what the days stand for, but together perhaps.
            closed += [_APART] if may_be_apart else []
            drawn = draw({who: {""} for who in there}, before, groups, _CHANCE)
        if drawn is None:
            closed.append(unit)
        SetAside.objects.filter(cover__trial=trial, **_fields_of(unit)).update(is_current=False)
        aside += [SetAside(cover=cover, pseudonym=who, **_fields_of(unit)) for who in sorted(drawn or ())]
    SetAside.objects.bulk_create(aside)
    ClosedPeriod.objects.bulk_create(ClosedPeriod(cover=cover, **_fields_of(unit)) for unit in closed)
    return cover


def forget(whose: str) -> None:
    """Of somebody who took everything back nothing stays, not even that they were set aside."""
    SetAside.objects.filter(pseudonym=whose).delete()


def is_closed(trial: Trial, days: ClosedPeriod.Days) -> bool:
    """Whether the balance of CO2 is not worked out any more, or not by what the days stand for."""
    return ClosedPeriod.objects.filter(cover__trial=trial, days=days).exists()


def _told(
    trial: Trial, today: dt.date, days: QuerySet[DiaryDay], answers: QuerySet[Response]
) -> dict[Unit, dict[str, set[str]]]:
    """By week and by wave that may have been told, who is in it: nobody can fill that week in any more, and they filled it; that wave is over.

    A wave has parts: to have answered, and each score.
    """
    since = open_since(trial.waves.all(), today)
    found: dict[Unit, dict[str, set[str]]] = defaultdict(dict)
    for who, monday in filled_weeks(days.values_list("pseudonym", "day").distinct()):
        if is_final(monday, today, since):
            found[monday][who] = {""}
    for response in answers.filter(wave__last_day__lt=today).select_related("wave__survey"):
        scored = scales.scores_of(response.wave.survey.questions)
        parts = {code for code in scored if scales.score(code, response.answers) is not None}
        found[response.wave_id][response.pseudonym] = {"", *parts}
    return found


def _came(trial: Trial, today: dt.date) -> dict[int, set[str]]:
    """What each person said that their days at desks stand for."""
    came: dict[int, set[str]] = defaultdict(set)
    for stay in opened_stays(trial, today):
        came[stay.agent_id].add(stay.answer)
    return came


def _stays(
    told: Mapping[Unit, Mapping[str, object]], agents: Mapping[str, int], came: Mapping[int, Collection[str]]
) -> dict[str, set[str]]:
    """Those with a diary who came to a desk, and which of the answers that are told apart they gave."""
    written = {who for unit, people in told.items() if isinstance(unit, dt.date) for who in people}
    return {
        who: {"", *(answer for answer in _TOLD_APART if answer in came[agent])}
        for who, agent in agents.items()
        if who in written and agent in came
    }


def _unit_of(row: SetAside | ClosedPeriod) -> Unit:
    return row.monday or row.wave_id or row.days


def _fields_of(unit: Unit) -> dict[str, Any]:
    if isinstance(unit, dt.date):
        return {"monday": unit}
    return {"wave_id": unit} if isinstance(unit, int) else {"days": unit}
