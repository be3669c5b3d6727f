"""Many pairs of places at once are answered as matching answers each."""

from __future__ import annotations

import datetime as dt
import itertools
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bureaux_volants.planner.rides.matching import OpenRide, Stop, fit
from bureaux_volants.planner.rides.passing import ARRIVE, BURDEN, DEPART, KM, LEAVES, WALK_FROM, WALK_TO, passings
from bureaux_volants.travel.journeys import Place
from bureaux_volants.travel.modes import Point

EIGHT = dt.datetime(2026, 12, 1, 7, tzinfo=dt.UTC)


def place(rng: Random, key: str = "") -> Place:
    return Place("", Point(49 + rng.randrange(14) / 100, 6.1 + rng.randrange(14) / 100 + rng.choice((0, 0.003))), key)


def drawn(rng: Random) -> OpenRide:
    return OpenRide(
        1,
        "Basile",
        place(rng, rng.choice(("", "home"))),
        place(rng, rng.choice(("", "home"))),
        EIGHT,
        rng.choice((0, 5, 20)),
        rng.choice((5, 10, 25)),
        2,
        "diesel",
        tuple(Stop(7, place(rng)) for _ in range(rng.choice((0, 0, 2, 4)))),
    )


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32))
def test_every_pair_is_answered_as_matching_answers_it(seed: int) -> None:
    rng = Random(seed)
    ride, places = drawn(rng), [place(rng) for _ in range(6)]
    # Some are where the car passes.
    places += [Place("", rng.choice((ride.origin, ride.destination)).point)]
    one = passings([drawn(rng), ride], places)[1]
    hour = rng.choice((None, -5.0, 0.0, 7.5, 25.0, 40.0))
    is_ready = rng.random() < 0.5
    at = None if hour is None else EIGHT + dt.timedelta(minutes=hour)
    asked = {} if at is None else {"ready": at} if is_ready else {"by": at}
    near = set(one.near.tolist())
    for a, b in itertools.permutations(range(len(places)), 2):
        how = fit(ride, places[a], places[b], **asked)
        if a not in near or b not in near:
            assert how is None
            continue
        ready = np.array([hour if hour is not None and is_ready else -np.inf])
        by = np.array([hour if hour is not None and not is_ready else np.inf])
        (found,) = one.best(np.array([a]), np.array([b]), ready, by)
        if how is None:
            assert np.isinf(found[BURDEN])
            continue
        assert found[BURDEN] == pytest.approx(how.burden, abs=1e-4)
        told = [one.since(i) for i in (how.leaves, how.depart, how.arrive)]
        walked = [one.since(how.picked) - one.since(how.depart), one.since(how.arrive) - one.since(how.dropped)]
        columns = [found[c] for c in (LEAVES, DEPART, ARRIVE, WALK_TO, WALK_FROM, KM)]
        assert columns == pytest.approx([*told, *walked, how.km], abs=1e-4)
