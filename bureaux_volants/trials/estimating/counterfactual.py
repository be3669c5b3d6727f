"""What days at a flying desk avoided, and added, against what each person said that they would have done. Pure.

A day has what its trips emitted and, from the answer given at booking, what the trips of the day that it stands for would have:
those to the usual site, or none where it stands for a day at home, so that it ADDS what its own trips emit. Answers that say neither
(somewhere else, do not know, none) are counted apart and taken for nothing: neither good nor bad.

Scenarios take off a share of the gain for rebound, losses being left whole: what is avoided on the way to work is in part
travelled otherwise. ADEME finds 31 % for telework (Étude sur la caractérisation des effets rebond induits par le télétravail,
2020). The severe one, twice that, is ours. What if the answers flatter us: a fifth of "I would have gone to my usual site" were days at
home. The energy of the home is left out, heating above all: no factor holds for every home. So are offices, which stay open.

Uncertainty: people, or their communes where each has one, are drawn again with replacement (Efron, Annals of Statistics 7, 1979; whole
clusters: Field and Welsh, JRSS B 69, 2007). It is that of whom we happened to see, neither that of the factors nor of what people said.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from .results import CannotEstimate, Floats, Ints

Flags = npt.NDArray[np.bool_]
PAPER = "Efron, Annals of Statistics 7 (1979) ; Field et Welsh, JRSS B 69 (2007)"
#: Under so many people nothing is told; with fewer communes, people are drawn and not communes; with fewer drawn again than that, an
#: interval says too little of chance to conclude from.
FEWEST_PEOPLE, FEWEST_COMMUNES, ENOUGH = 5, 10, 10
#: In `Days.commune`: somebody attached to none.
NO_COMMUNE = 0
ADEME_REBOUND, SEVERE_REBOUND, FLATTERED = 0.31, 0.62, 0.20


class Answer(IntEnum):
    """What somebody said that they would have done. UNSAID: they do not know, or did not answer."""

    USUAL_SITE = 1
    HOME = 2
    ELSEWHERE = 3
    UNSAID = 4


@dataclass(frozen=True, slots=True)
class Days:
    """One row per person and day at a flying desk; all arrays have one length.

    `made`: gCO2e of the day's trips between home and desk; `usual`: of the trips to the usual site; NaN where a place is not known.
    """

    agent: Ints
    commune: Ints
    answer: Ints
    made: Floats
    usual: Floats


@dataclass(frozen=True, slots=True)
class Scenario:
    """`lost`: the share of the gain that comes back as other travel; `flattered`: of the answers USUAL_SITE, those that were days at home."""

    code: str
    lost: float = 0.0
    flattered: float = 0.0


SCENARIOS = (
    Scenario("none"),
    Scenario("ademe", lost=ADEME_REBOUND),
    Scenario("severe", lost=SEVERE_REBOUND),
    Scenario("flattered", flattered=FLATTERED),
    Scenario("flattered_ademe", lost=ADEME_REBOUND, flattered=FLATTERED),
)


@dataclass(frozen=True, slots=True)
class Avoided:
    """gCO2e avoided per counted day under a scenario, negative where days add travel, with its 95 % interval."""

    scenario: Scenario
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Group:
    """How many days, of how many people."""

    days: int
    people: int


@dataclass(frozen=True, slots=True)
class Balance:
    """`counted` = `usual` and `home` together, days of a person in both; then the days that are apart.

    `unplaced`: answered, but where the person lives or works is not known. `by_commune`: whether communes were drawn again, not people;
    `few`: fewer than ENOUGH were.
    """

    scenarios: tuple[Avoided, ...]
    counted: Group
    usual: Group
    home: Group
    elsewhere: Group
    unsaid: Group
    unplaced: Group
    by_commune: bool
    few: bool


def balance(days: Days, *, seed: int, draws: int = 1999) -> Balance:
    """What was avoided, scenario by scenario; deterministic for a seed. Raises CannotEstimate.

    Codes: `few-agents` (fewer than five people with a day that can be counted).
    """
    groups = groups_of(days)
    counted = groups["usual"] | groups["home"]
    agent = days.agent[counted]
    if len(np.unique(agent)) < FEWEST_PEOPLE:
        raise CannotEstimate(
            "few-agents",
            "Moins de cinq personnes ont dit où elles auraient travaillé et d'où elles partent : rien n'en est dit, pour que personne "
            "ne soit reconnaissable.",
        )
    commune = days.commune[counted]
    by_commune = bool((commune != NO_COMMUNE).all()) and len(np.unique(commune)) >= FEWEST_COMMUNES
    drawn_by = np.unique(commune if by_commune else agent, return_inverse=True)[1]
    size = int(drawn_by.max()) + 1
    times = np.random.default_rng(seed).multinomial(size, np.full(size, 1 / size), size=draws).astype(np.float64)
    number = times @ np.bincount(drawn_by, minlength=size)

    def avoided(scenario: Scenario) -> Avoided:
        each = grams(days, scenario)[counted]
        drawn = times @ np.bincount(drawn_by, each, minlength=size) / number
        low, high = np.quantile(drawn, (0.025, 0.975))
        return Avoided(scenario, float(each.mean()), float(low), float(high))

    def group(rows: Flags) -> Group:
        return Group(int(rows.sum()), len(np.unique(days.agent[rows])))

    return Balance(
        tuple(avoided(s) for s in SCENARIOS),
        group(counted),
        **{name: group(rows) for name, rows in groups.items()},
        by_commune=by_commune,
        few=size < ENOUGH,
    )


def groups_of(days: Days) -> dict[str, Flags]:
    """Each day is in one of these, as in Balance."""
    is_usual, is_home = days.answer == Answer.USUAL_SITE, days.answer == Answer.HOME
    is_placed = ~np.isnan(days.made) & (~is_usual | ~np.isnan(days.usual))
    return {
        "usual": is_usual & is_placed,
        "home": is_home & is_placed,
        "elsewhere": days.answer == Answer.ELSEWHERE,
        "unsaid": days.answer == Answer.UNSAID,
        "unplaced": (is_usual | is_home) & ~is_placed,
    }


def grams(days: Days, scenario: Scenario) -> Floats:
    """gCO2e avoided on each day under a scenario, negative where it adds; NaN where a place is not known or nothing was said."""
    less = days.usual - days.made
    kept = np.where(less > 0, less * (1 - scenario.lost), less)
    of_usual = (1 - scenario.flattered) * kept - scenario.flattered * days.made
    found: Floats = np.select(
        [days.answer == Answer.USUAL_SITE, days.answer == Answer.HOME], [of_usual, -days.made], np.nan
    )
    return found
