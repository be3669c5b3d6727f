"""What days at a flying desk avoided: by hand, scenario by scenario, and as often right as its interval says."""

from __future__ import annotations

import numpy as np
import pytest

from bureaux_volants.trials.estimating.counterfactual import Answer, Balance, Days, balance, grams
from bureaux_volants.trials.estimating.results import CannotEstimate

USUAL, HOME, ELSEWHERE, UNSAID = Answer.USUAL_SITE, Answer.HOME, Answer.ELSEWHERE, Answer.UNSAID


def days(*rows: tuple[int, int, float, float], commune: int = 0) -> Days:
    """Rows of (agent, answer, made, usual)."""
    agent, answer, made, usual = (np.array(column) for column in zip(*rows, strict=True))
    return Days(agent, np.full(len(agent), commune), answer, made.astype(float), usual.astype(float))


# Five people: four would have driven 5,000 g to their site and emit 1,000 to the desk; one would have stayed at home and emits 1,000.
BY_HAND = days(*((n, USUAL, 1000.0, 5000.0) for n in range(1, 5)), (5, HOME, 1000.0, np.nan))


def values(found: Balance) -> dict[str, float]:
    return {one.scenario.code: one.value for one in found.scenarios}


def test_a_day_instead_of_home_adds_travel_and_rebound_takes_from_the_gain_alone() -> None:
    found = balance(BY_HAND, seed=1)
    assert values(found) == pytest.approx(
        {
            # Four gains of 4,000 and a loss of 1,000, over five days.
            "none": (4 * 4000 - 1000) / 5,
            "ademe": (4 * 4000 * 0.69 - 1000) / 5,
            "severe": (4 * 4000 * 0.38 - 1000) / 5,
            # Of the four, a fifth added 1,000 instead.
            "flattered": (4 * (0.8 * 4000 - 0.2 * 1000) - 1000) / 5,
            "flattered_ademe": (4 * (0.8 * 4000 * 0.69 - 0.2 * 1000) - 1000) / 5,
        }
    )
    assert (found.counted.days, found.counted.people) == (5, 5)
    assert (found.usual.days, found.home.days) == (4, 1)
    assert not found.by_commune
    # Five people say too little of chance.
    assert found.few


def test_a_desk_farther_than_the_usual_site_is_a_loss_that_no_rebound_softens() -> None:
    far = days(*((n, USUAL, 3000.0, 2000.0) for n in range(5)))
    assert values(balance(far, seed=1))["severe"] == pytest.approx(-1000)


def test_what_was_not_said_or_cannot_be_placed_is_apart_and_changes_nothing() -> None:
    more = days(
        *((n, USUAL, 1000.0, 5000.0) for n in range(1, 5)),
        (5, HOME, 1000.0, np.nan),
        (6, UNSAID, 9000.0, 100.0),
        (7, ELSEWHERE, 9000.0, 100.0),
        (8, USUAL, np.nan, 5000.0),
        (9, USUAL, 1000.0, np.nan),
        (10, HOME, np.nan, 5000.0),
    )
    found = balance(more, seed=1)
    assert values(found) == values(balance(BY_HAND, seed=1))
    assert (found.unsaid.days, found.elsewhere.days, found.unplaced.days) == (1, 1, 3)


def test_under_five_people_nothing_is_told() -> None:
    few = days(*((n % 4, USUAL, 1000.0, 5000.0) for n in range(40)), (9, UNSAID, 0.0, 0.0))
    with pytest.raises(CannotEstimate) as refused:
        balance(few, seed=1)
    assert refused.value.code == "few-agents"


def test_the_same_seed_gives_the_same_interval_and_communes_are_drawn_where_everybody_has_one() -> None:
    generator = np.random.default_rng(1)
    agent = np.repeat(np.arange(60), 4)
    made = generator.gamma(2, 400, 240)
    one = Days(agent, agent // 6 + 1, np.full(240, USUAL), made, made + generator.normal(2000, 900, 240))
    found = balance(one, seed=3)
    assert found == balance(one, seed=3)
    assert found.by_commune
    assert not found.few
    assert found.scenarios[0].low < found.scenarios[0].value < found.scenarios[0].high
    without = balance(Days(agent, np.where(agent == 0, 0, one.commune), one.answer, one.made, one.usual), seed=3)
    assert not without.by_commune


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """200 times thirty people whose gains differ: a percentile interval is a little short; binomial(200, 0.92) is at least 172."""
    generator = np.random.default_rng(2)
    held = 0
    for seed in range(200):
        agent = np.repeat(np.arange(30), generator.integers(1, 9, 30))
        own = generator.normal(2000, 800, 30)
        usual = 1000 + own[agent] + generator.normal(0, 300, len(agent))
        found = balance(
            Days(agent, np.zeros_like(agent), np.full(len(agent), USUAL), np.full(len(agent), 1000.0), usual),
            seed=seed,
            draws=399,
        ).scenarios[0]
        held += found.low <= 2000 <= found.high
    assert held >= 172


def test_nothing_said_is_no_number() -> None:
    assert np.isnan(grams(days((1, UNSAID, 1.0, 2.0)), balance(BY_HAND, seed=1).scenarios[0].scenario)).all()
