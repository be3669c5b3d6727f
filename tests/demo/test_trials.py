"""The demonstration's trials: an effect that is known, what their pages say of it, and how often they are right."""

import datetime as dt
from random import Random
from typing import Any

import numpy as np
import pytest

from bureaux_volants.demo import generator, trials
from bureaux_volants.demo.lab import Days
from bureaux_volants.territory.models import Agent
from bureaux_volants.trials import cohorts, equity
from bureaux_volants.trials.estimating import randomisation
from bureaux_volants.trials.estimating.results import Estimate, Panel
from bureaux_volants.trials.models import Cohort, CohortMember, DiaryDay, Draw, Invitation, Response, Trial
from bureaux_volants.trials.stays import opened_stays
from bureaux_volants.trials.surveys.pseudonyms import known

MONDAYS = [dt.date(2026, 9, 21) + dt.timedelta(weeks=n) for n in range(13)]


def seen(seed: int, effect: float) -> Estimate:
    """What is estimated from twelve communes of thirteen people, opened three by three every two weeks from the sixth on."""
    rng = trials.generator(seed, "seen")
    commune = np.repeat(np.arange(12), 13)
    opened = (5 + 2 * (rng.permutation(12) // 3))[commune]
    lived = trials.live(rng, commune, opened, MONDAYS[:11], effect)
    people, weeks = np.nonzero(lived.filled)
    panel = Panel(
        unit=people.astype(np.int64),
        cluster=commune[people].astype(np.int64),
        period=weeks.astype(np.int64) + 1,
        outcome=lived.car_km[people, weeks],
        opened=opened[people].astype(np.int64) + 1,
    )
    return randomisation.estimate(panel, seed=seed, draws=399, by_time=True)


@pytest.mark.parametrize("effect", [trials.TRUE_EFFECT, trials.NO_EFFECT])
def test_over_twenty_seeds_the_interval_holds_the_truth_as_often_as_it_says(effect: float) -> None:
    held = [found.low <= effect <= found.high for found in (seen(seed, effect) for seed in range(20))]
    # Nineteen expected; fewer than sixteen once in three hundred.
    assert sum(held) >= 16


def test_a_week_of_trips_adds_up_to_its_kilometres_by_car() -> None:
    for n in range(300):
        rng = Random(n)
        km = round(rng.uniform(0, 240), 1)
        days = trials.week_of_trips(rng, km, is_open=bool(n % 2))
        assert trials.work_car_km(days) == pytest.approx(km, abs=0.05)
        assert len(days) == 7


def test_whoever_cannot_work_elsewhere_seldom_came() -> None:
    said = [
        (has_come, trials.who_one_is(Random(n), has_come=has_come)) for n in range(400) for has_come in (True, False)
    ]
    able = {has_come: sum(a["telework_job"] == "yes" for h, a in said if h is has_come) for has_come in (True, False)}
    assert able[True] > 360 > 320 > able[False]
    assert all(a["came"] == ("yes" if has_come else "no") for has_come, a in said)
    assert all(("hindered_by" in a) is not has_come for has_come, a in said)


def test_who_came_is_said_by_groups_of_five_and_as_bookings_say(demonstration: generator.Loaded) -> None:
    trial = Trial.objects.get(slug="phase-2", territory__slug="metz-metropole")
    wave, families = equity.said_of_themselves(trial, dt.date.max)
    assert wave is not None
    said = Response.objects.filter(wave=wave)
    came = {s.agent_id for s in opened_stays(trial, wave.last_day)}
    agents = known(trial.pk, CohortMember.objects.filter(cohort__trial=trial).values_list("agent_id", flat=True))
    assert {agents[r.pseudonym] for r in said if r.answers["came"] == "yes"} <= came
    assert {agents[r.pseudonym] for r in said if r.answers["came"] == "no"}.isdisjoint(came)
    assert [f.title for f in families]
    assert all(line.people is None or line.people >= 5 for f in families for line in f.lines)


def reading(slug: str, territory: str = "metz-metropole") -> dict[str, Any]:
    figures: dict[str, Any] = Trial.objects.get(slug=slug, territory__slug=territory).readings.get().figures
    return figures


def test_the_running_trial_finds_the_effect_within_its_interval(demonstration: generator.Loaded) -> None:
    main = reading("phase-2")["main"]
    assert main["low"] <= trials.TRUE_EFFECT <= main["high"]
    assert main["units"] > 120


def test_what_is_said_beside_the_main_outcome(demonstration: generator.Loaded) -> None:
    """Every hypothesis of the demonstration is measured by an indicator that exists; those who came are many enough to speak of."""
    figures = reading("phase-2")
    assert [h["outcome"] for h in figures["hypotheses"]] == ["who5", "gco2e", "travel_minutes"]
    assert all(h["estimate"] or h["reason"] for h in figures["hypotheses"])
    assert figures["hypotheses"][1]["estimate"]["value"] < 0
    assert figures["treated"]["open"] > figures["treated"]["closed"] == 0
    assert figures["counterfactual"]["counted"]["people"] >= 5
    assert figures["study"]["pre_trend_test"] == "drawn_order"


def test_where_nothing_changes_nothing_is_found(demonstration: generator.Loaded) -> None:
    figures = reading("phase-2", "trois-rives")
    assert figures["main"]["low"] <= trials.NO_EFFECT <= figures["main"]["high"]
    assert figures["conclusion"]["verdict"] in ("nothing", "too_small")


def test_the_finished_trial_is_too_small_to_say_whether_to_widen(demonstration: generator.Loaded) -> None:
    trial = Trial.objects.get(slug="phase-1")
    assert trial.state == Trial.State.ENDED
    figures = reading("phase-1")
    assert figures["conclusion"]["is_conclusive"] is False
    assert figures["sample"]["agents"] < 50
    assert trial.decisions.count() == 3
    assert trial.amendments.count() == 1
    assert trial.ratings.count() == 7


def test_the_draws_can_be_made_again(demonstration: generator.Loaded) -> None:
    draws = list(Draw.objects.all())
    assert len(draws) == 2
    assert all(cohorts.drawn_again(draw) for draw in draws)


def test_who_answers_is_kept_apart_from_what_is_answered(demonstration: generator.Loaded) -> None:
    """No column of an answer or of a diary leads to an account."""
    for model in (Response, DiaryDay):
        assert not any(f.related_model is Agent for f in model._meta.get_fields())
    assert Response.objects.count() > 100
    assert DiaryDay.objects.count() > 3000
    assert Invitation.objects.count() > 100


def test_somebody_finds_a_questionnaire_to_answer(demonstration: generator.Loaded) -> None:
    agent = Agent.objects.get(email="agent@metz.example")
    assert Cohort.objects.filter(members__agent=agent, trial__state=Trial.State.RUNNING).exists()
    assert Invitation.objects.filter(agent=agent, has_answered=False).exists()


@pytest.mark.parametrize("today", [dt.date(2026, 11, 18), dt.date(2027, 3, 29), dt.date(2026, 7, 14)], ids=str)
def test_the_second_trial_opens_on_a_monday_and_still_runs(today: dt.date) -> None:
    days = Days(today)
    assert days.first_monday.weekday() == days.opening.weekday() == 0
    assert days.first_monday < days.opening <= today < days.wedge_ends
