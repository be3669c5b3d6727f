"""Before starting: what a trial as planned would see, from a history where there is one, else from stated guesses.

The history is that of the territory's trials on the same outcome, before any opening, the latest first. Without one the spread is
guessed, and the page says so. What the lab settles on is kept with the draft (`Trial.guesses`) and frozen with it.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from django.utils.translation import gettext as _

from bureaux_volants.booking.locks import in_transaction
from bureaux_volants.events.log import Author, record

from .designing import order_strata_of, trial_for_update
from .errors import TrialRefused
from .estimating import power
from .estimating.power import Needed, Plan, Spread
from .estimating.results import NEVER, CannotEstimate
from .models import Cohort, Trial
from .panels import panel_of, week_number
from .weekly import WEEK, Source

#: Standard deviations guessed where there is no history, by outcome and in its unit: a person's week, a commune's drift from one week to the next.
#: Ours, of the order of what the diary of a commuter by car gives; nobody measured them here, and the page says so.
GUESSED: Mapping[str, Spread] = {
    "car_km": Spread(40.0, 4.0),
    "travel_minutes": Spread(60.0, 6.0),
    "gco2e": Spread(9000.0, 900.0),
    "cost_eur": Spread(13.0, 1.3),
    "flying_days": Spread(0.8, 0.1),
    "who5": Spread(12.0, 1.0),
    "sts": Spread(0.8, 0.1),
}
PEOPLE = 10
#: What a calendar may be: beyond, nobody measures.
MOST_COMMUNES, MOST_STEPS, MOST_WEEKS, MOST_PEOPLE = 100, 20, 156, 500
SEED = 6


@dataclass(frozen=True, slots=True)
class Guess:
    """What a plan comes to in numbers. `people`: in each commune, with a measure; `controls` are never opened (parallel design).

    `weeks_after`: from the last opening on. `noise`, `drift`, `effect` in the unit of the outcome.
    """

    people: int
    communes: int
    controls: int
    steps: int
    step_weeks: int
    weeks_before: int
    weeks_after: int
    noise: float
    drift: float
    effect: float


@dataclass(frozen=True, slots=True)
class Known:
    """Where a spread comes from: the title of the trial whose history says it, and until when; "" when it is guessed."""

    spread: Spread
    title: str = ""
    until: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a plan would see.

    `least`: the least effect seen four times in five. `chances`: of seeing the effect hoped for, None where only the formula speaks.
    `sees`: whether the effect hoped for is at least that. `needed`, `weeks`: what it would take to see it otherwise.
    `orders`: openings that could be drawn, None when the order is not drawn. `warning`: why the drawn order itself proves nothing.
    """

    least: float
    sees: bool
    correlation: float
    chances: float | None
    needed: Needed
    weeks: int | None
    orders: int | None
    warning: str = ""

    @property
    def seen_in_100(self) -> int | None:
        return None if self.chances is None else round(100 * self.chances)


def plan_of(guess: Guess, design: str, strata: Sequence[int] = ()) -> Plan:
    """The openings of a plan, week by week from 1: steps whose sizes differ by one at most, larger ones first, as drawing.opening_order.

    `strata`: how many communes each stratum of the order has, as drawing.order_within; of another number of communes they are left out. Pure.
    """
    first = guess.weeks_before + 1
    if design != Trial.Design.STEPPED_WEDGE:
        opened = [first] * guess.communes + [NEVER] * guess.controls
        return Plan(opened, guess.weeks_before + guess.weeks_after, guess.people)
    each, more = divmod(guess.communes, guess.steps)
    in_turn = [s for s in range(guess.steps) for _n in range(each + (s < more))]
    stratum: list[int] = []
    if sum(strata) == guess.communes:
        in_turn = [n % guess.steps for n in range(guess.communes)]
        stratum = [number for number, size in enumerate(strata) for _n in range(size)]
    opened = [first + s * guess.step_weeks for s in in_turn]
    return Plan(
        opened, max(opened) - 1 + guess.weeks_after if opened else 1, guess.people, by_time=True, stratum=stratum
    )


def foresee(guess: Guess, design: str, strata: Sequence[int] = ()) -> Foreseen:
    """What a plan would see; `strata`: see `plan_of`. Pure. Raises CannotEstimate when it compares nothing."""
    if design == Trial.Design.BEFORE_AFTER:
        raise CannotEstimate(
            "no-comparison",
            _(
                "Un avant/après ne compare à rien : aucun effectif n'y distingue l'effet de ce qui aurait changé de toute façon. "
                "Choisissez des communes témoins ou une ouverture par étapes."
            ),
        )
    plan, spread = plan_of(guess, design, strata), Spread(guess.noise, guess.drift)
    least = power.detectable(plan, spread)
    found = Foreseen(
        least=least,
        sees=least <= guess.effect,
        correlation=power.correlation(spread),
        chances=None,
        needed=power.needed(plan, spread, guess.effect),
        weeks=power.weeks_needed(
            lambda n: plan_of(_longer(guess, n), design, strata), spread, guess.effect, most_weeks=MOST_WEEKS
        ),
        orders=None,
    )
    if design != Trial.Design.STEPPED_WEDGE:
        return found
    found = replace(found, orders=power.orders(plan))
    try:
        return replace(found, chances=power.chances(plan, spread, guess.effect, seed=SEED))
    except CannotEstimate as error:
        return replace(found, warning=error.reason, sees=False)


def _longer(guess: Guess, weeks: int) -> Guess:
    """The same plan with every stretch of its calendar longer."""
    return replace(
        guess,
        weeks_before=guess.weeks_before + weeks,
        step_weeks=guess.step_weeks + weeks,
        weeks_after=guess.weeks_after + weeks,
    )


def history_of(trial: Trial) -> Known | None:
    """The spread of the trial's outcome in the territory before any opening, from the latest trial that says; None when none does."""
    others = Trial.objects.filter(territory_id=trial.territory_id, frozen_at__isnull=False).order_by("-ends_on", "-pk")
    for other in others:
        try:
            return Known(power.spread_of(panel_of(Source.until_now(other), trial.outcome)), other.title, other.ends_on)
        except CannotEstimate:
            continue
    return None


def known_of(trial: Trial) -> Known:
    """The spread that a trial's history says, else what is guessed."""
    return history_of(trial) or Known(GUESSED.get(trial.outcome, GUESSED["car_km"]))


def rounded(spread: Spread) -> tuple[float, float]:
    """A spread as a form shows it."""
    return round(spread.noise, 1), round(spread.drift, 1)


def beginning(trial: Trial, known: Known) -> Guess:
    """What the form begins with: what was kept with the draft, else what its calendar and its communes say."""
    return kept_in(trial) or of_design(trial, known)


def is_of_another_plan(trial: Trial, kept: Guess) -> bool:
    """Whether what was kept was worked out for other communes, other steps or another calendar than the design has now."""
    names = {"communes", "weeks_before", "weeks_after"}
    names |= {"steps", "step_weeks"} if trial.design == Trial.Design.STEPPED_WEDGE else {"controls"}
    now = of_design(trial)
    return any(getattr(kept, name) != getattr(now, name) for name in names)


def of_design(trial: Trial, known: Known | None = None) -> Guess:
    """What a trial's calendar and communes come to; `known` None: with the guessed spread."""
    known = known or Known(GUESSED.get(trial.outcome, GUESSED["car_km"]))
    clusters = list(trial.clusters.all())
    is_parallel = trial.design == Trial.Design.PARALLEL
    controls = sum(1 for c in clusters if c.step is None) if is_parallel else 0
    communes = max(1, len(clusters) - controls)
    is_wedge = trial.design == Trial.Design.STEPPED_WEDGE
    steps = min(trial.steps, communes) if is_wedge else 1
    before = max(1, week_number(trial.starts_on, trial.baseline_from) - 1)
    last = trial.starts_on + WEEK * ((steps - 1) * trial.step_weeks)
    cohort = trial.cohorts.first()
    people = PEOPLE
    if cohort is not None and cohort.made_by == Cohort.MadeBy.DRAWN and cohort.size and clusters:
        people = min(MOST_PEOPLE, max(1, cohort.size // len(clusters)))
    return Guess(
        people=people,
        communes=communes,
        controls=controls,
        steps=steps,
        step_weeks=trial.step_weeks,
        weeks_before=before,
        weeks_after=max(1, (trial.ends_on + dt.timedelta(days=1) - last) // WEEK),
        noise=rounded(known.spread)[0],
        drift=rounded(known.spread)[1],
        effect=trial.threshold,
    )


def strata_in(trial: Trial) -> tuple[int, ...]:
    """How many communes each stratum of the trial's order has; empty when it has none."""
    sizes = Counter(order_strata_of(trial).values())
    return tuple(sizes[name] for name in sorted(sizes))


def kept_in(trial: Trial) -> Guess | None:
    """What was kept with the protocol, None when nothing was."""
    names = [f.name for f in fields(Guess)]
    kept: Mapping[str, Any] = trial.guesses or {}
    return Guess(**{name: kept[name] for name in names}) if all(name in kept for name in names) else None


@in_transaction
def keep(territory_id: int, trial_id: int, guess: Guess, author: Author) -> None:
    """Keep what the plan was worked out from with the draft: it is frozen with it. Raises TrialRefused once it is frozen."""
    trial = trial_for_update(territory_id, trial_id)
    if trial.frozen_at is not None:
        raise TrialRefused(_("Ce protocole est figé : le calcul de puissance qui l'accompagne ne se change plus."))
    known = history_of(trial)
    is_measured = known is not None and (guess.noise, guess.drift) == rounded(known.spread)
    trial.guesses = {**asdict(guess), "source": known.title if known and is_measured else ""}
    trial.save(update_fields=["guesses"])
    record(territory_id, author, "trial.changed", "trial", trial.pk)
