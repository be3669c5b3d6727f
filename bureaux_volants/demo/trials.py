"""What the people of the demonstration's trials travel and answer, with an effect that is known. Pure: arrays and numbers, no Django.

Car-km of a person and week, for work: the person's own level, a level of the commune, the season, what happened in the commune
that week, what happened to the person that week, and from the opening on the effect. The effect differs between people, half as
much to half as much again, with the constant written here as its mean: that is what an estimator has to find. Nothing is chosen
among several draws: the same formula with any other seed is as good, and tests/demo/test_trials.py counts over twenty seeds how
often an interval holds the truth.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from dataclasses import dataclass
from random import Random

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

#: Mean change of car-km for work per agent and week once the communes of Metz Métropole's trials are open.
TRUE_EFFECT = -18.0
#: The same in the invented territory: people come, but from days at home.
NO_EFFECT = 0.0

#: km: least of a person, then gamma (shape, scale) above it; standard deviations of the noises.
LEAST_KM, SHAPE, SCALE = 55.0, 2.0, 33.0
COMMUNE_SD, COMMUNE_WEEK_SD, PERSON_WEEK_SD = 12.0, 2.5, 17.0
#: km: how much more is driven in January than in July.
SEASON_KM = 7.0
#: Of the weeks that a person could fill.
FILLED = 0.78

Trip = dict[str, str | float | int | None]


@dataclass(frozen=True, slots=True)
class Lived:
    """By person (rows) and week (columns): car-km for work, and whether the diary of the week was filled."""

    car_km: Floats
    filled: Flags


def generator(seed: int, name: str) -> np.random.Generator:
    """A stream of its own for each name: what one part draws moves nothing elsewhere."""
    digest = hashlib.sha256(f"{seed}/trials/{name}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16]))


def season(monday: dt.date) -> float:
    """km more or less than the mean of the year in that week."""
    return SEASON_KM * math.cos(2 * math.pi * (monday.timetuple().tm_yday - 15) / 365.25)


def live(
    rng: np.random.Generator,
    commune: Ints,
    opened: Ints,
    mondays: list[dt.date],
    effect: float,
    *,
    filled: float = FILLED,
) -> Lived:
    """Draw everybody's weeks.

    commune: number of each person's commune, from 0. opened: the column of the first week in which it is open, or one past the
    last for those not open yet. effect: km, mean over people.
    """
    people, weeks, communes = len(commune), len(mondays), int(commune.max(initial=-1)) + 1
    level = LEAST_KM + rng.gamma(SHAPE, SCALE, people)
    level += rng.normal(0.0, COMMUNE_SD, communes)[commune]
    own_effect = effect * rng.uniform(0.5, 1.5, people)
    diligence = np.clip(rng.normal(filled, 0.12, people), 0.2, 1.0)
    shocks = rng.normal(0.0, COMMUNE_WEEK_SD, (weeks, communes)).T[commune]
    noise = rng.normal(0.0, PERSON_WEEK_SD, (weeks, people)).T
    is_open = np.arange(weeks)[None, :] >= opened[:, None]
    km = (
        level[:, None]
        + np.array([season(m) for m in mondays])[None, :]
        + shocks
        + noise
        + own_effect[:, None] * is_open
    )
    drawn = rng.uniform(size=(weeks, people)).T
    return Lived(np.round(np.clip(km, 0.0, None), 1), drawn < diligence[:, None])


def week_of_trips(rng: Random, car_km: float, is_open: bool) -> list[list[Trip]]:
    """Seven days of trips, from Monday on, whose car-km for work sum to `car_km` (0.1 km).

    Most of it is there and back to work, the rest one errand on duty. On a day in a near mairie, once open, one walks or rides.
    """
    days: list[list[Trip]] = [[] for _ in range(7)]
    tenths = round(car_km * 10)
    errand = round(tenths * rng.uniform(0.1, 0.25)) if tenths > 200 else 0
    driving = sorted(rng.sample(range(5), 3 if is_open else 4))
    legs = [day for day in driving for _ in range(2)]
    each, more = divmod(tenths - errand, len(legs))
    for number, day in enumerate(legs):
        days[day].append(_trip("car", "commute", each + (number < more)))
    if errand:
        days[driving[0]].append(_trip("car", "business", errand))
    for day in range(5):
        if day not in driving and (is_open or rng.random() < 0.4):
            mode = rng.choice(("bike", "walk") if is_open else ("bus", "bike"))
            length = rng.randint(8, 35) if mode != "bus" else rng.randint(40, 120)
            days[day] += [_trip(mode, "commute", length), _trip(mode, "commute", length)]
    if rng.random() < 0.5:
        days[5].append(_trip("car", "private", rng.randint(30, 250)))
    return [[trip for trip in day if trip["km"]] for day in days]


#: km/h from door to door.
_SPEED = {"car": 38.0, "bus": 16.0, "bike": 14.0, "walk": 4.8}


def _trip(mode: str, purpose: str, tenths: int) -> Trip:
    km = tenths / 10
    return {"mode": mode, "purpose": purpose, "km": km, "minutes": max(3, round(60 * km / _SPEED[mode]))}


def work_car_km(days: list[list[Trip]]) -> float:
    """What the main outcome counts: commute and business by car."""
    return round(
        sum(float(t["km"] or 0) for day in days for t in day if t["mode"] == "car" and t["purpose"] != "private"), 1
    )


def who5(rng: Random, mood: float, change: float) -> dict[str, int]:
    """Five answers of 0 to 5 around a person's mood, moved by `change` of the score (0 to 100)."""
    return {f"who5_{n}": _within(rng.gauss(mood + change / 20, 0.8), 0, 5) for n in range(1, 6)}


def sts(rng: Random, mood: float, change: float) -> dict[str, int]:
    """Nine answers of −4 to 4 around a person's satisfaction with their trips, moved by `change` points."""
    return {f"sts_{n}": _within(rng.gauss(mood + change, 1.2), -4, 4) for n in range(1, 10)}


def who_one_is(rng: Random, *, has_come: bool) -> dict[str, str | list[str]]:
    """Answers to “Who are you?” (surveys/profile.py). Whoever cannot work elsewhere seldom came: what an equity page is for."""
    can = rng.random() < (0.97 if has_come else 0.7)
    found: dict[str, str | list[str]] = {
        "came": "yes" if has_come else "no",
        "telework_job": "yes" if can else "no",
        "category": rng.choices(("a", "b", "c", "contract"), (32, 34, 26, 8) if can else (8, 22, 60, 10))[0],
    }
    if rng.random() < 0.92:
        found["sex"] = rng.choices(("f", "m"), (56, 44))[0]
    if not has_come:
        found["hindered_by"] = [rng.choice(("far", "unknown", "manager", "no_wish")) if can else "job"]
    return found


def _within(value: float, low: int, high: int) -> int:
    return max(low, min(high, round(value)))
