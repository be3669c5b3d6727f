"""The search for plans is exact: on small days it finds what trying everything finds."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bureaux_volants.planner.labels import front
from bureaux_volants.planner.problem import BIKE, CAR, HOME, NEVER, NOTHING, POOL, Problem

from .by_hand import days, unbeaten

#: On foot, own bike, own car, car to a hub (by the clock), a pool bike, a transport card (by the clock), a bus (by the clock).
VEHICLE = np.array([NOTHING, BIKE, CAR, CAR, POOL, POOL + 1, NOTHING])
CLOCK = np.array([-1, -1, -1, 1, -1, 0, 0])


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Days with up to three appointments and three stops, most things possible."""
    count = draw(st.integers(0, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    stops, ways, nodes, places = draw(st.integers(1, 2 if count == 3 else 3)), len(VEHICLE), count + 2, 6
    marks = sorted(rng.choice(range(430, 1120), 2 * count, replace=False)) if count else []
    start, end = np.zeros(nodes, np.int64), np.zeros(nodes, np.int64)
    for k in range(count):
        start[k + 1], end[k + 1] = marks[2 * k], marks[2 * k + 1]
    place = np.zeros(nodes, np.int64)
    place[1:-1] = rng.integers(1, places, count)
    windows = np.zeros((stops, 2, 2), np.int64)
    for s in range(stops):
        cuts = np.sort(rng.integers(420, 1140, 4))
        windows[s] = cuts.reshape(2, 2)
        if rng.random() < 0.3:
            windows[s, 1] = 0

    def weights(*shape: int) -> np.ndarray:  # type: ignore[type-arg]
        found = rng.integers(0, 60, (*shape, 4))
        found[..., 0][rng.random(shape) < 0.3] = NEVER
        return found

    def rides() -> np.ndarray:  # type: ignore[type-arg]
        leave = np.sort(rng.integers(400, 1140, (2, stops, 8)))
        found = np.stack([leave, np.maximum.accumulate(leave + rng.integers(5, 60, leave.shape), axis=-1)], axis=-1)
        # As few as may be: those at the end are no rides.
        found[np.arange(8)[None, None, :] >= rng.integers(0, 9, (2, stops))[..., None]] = NEVER
        return found

    stop_place = rng.permutation(places)[:stops]
    remote = np.zeros(nodes, np.int64)
    remote[1:-1] = rng.random(count) < 0.3
    return Problem(
        start=start,
        end=end,
        may_be_remote=remote,
        place=place,
        hours=(500, 1040),
        stop_place=stop_place,
        windows=windows,
        vehicle=VEHICLE,
        hub=np.array([-1, -1, -1, int(rng.integers(1, places)), -1, -1, -1]),
        into=weights(nodes, ways, stops),
        out=weights(nodes, ways, stops),
        direct=weights(nodes, nodes, ways),
        due_from_stop=rng.integers(0, 2, (nodes, 2, stops)) * rng.integers(500, 1300, (nodes, 2, stops)),
        due_from_node=rng.integers(0, 2, (nodes, 2)) * rng.integers(500, 1300, (nodes, 2)) * (place[:, None] != HOME),
        clock=CLOCK,
        morning=rides(),
        evening=rides(),
        pocket=np.array([0, 1]),
        earliest=draw(st.sampled_from([0, 470, 520])),
    )


@settings(deadline=None, max_examples=150)
@given(problems())
def test_the_front_is_what_trying_every_day_leaves(problem: Problem) -> None:
    found = front(problem)
    weighs = [f.weighs for f in found]
    assert len(weighs) == len(set(weighs))
    assert set(weighs) == unbeaten(set(days(problem)))


@settings(deadline=None, max_examples=40)
@given(problems())
def test_each_plan_weighs_what_its_gaps_weigh(problem: Problem) -> None:
    for found in front(problem):
        assert found.gaps[0].origin == 0
        assert found.gaps[-1].target == problem.appointments + 1
        grams = 0
        for gap in found.gaps:
            if gap.stop < 0:
                grams += problem.direct[gap.origin, gap.target, gap.first, 1]
            else:
                grams += (
                    problem.into[gap.origin, gap.first, gap.stop, 1] + problem.out[gap.target, gap.second, gap.stop, 1]
                )
        assert grams == found.weighs[1]
