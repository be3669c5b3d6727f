"""What is measured of one agent over one week: worked by hand, over a clock change, and missing where it is not known."""

from __future__ import annotations

import datetime as dt

import pytest

from bureaux_volants.territory.calendar import monday_of
from bureaux_volants.trials.estimating.results import NEVER, CannotEstimate
from bureaux_volants.trials.models import CohortMember, DiaryDay, Response, Trial, Wave
from bureaux_volants.trials.panels import panel_of
from bureaux_volants.trials.surveys import scales, waves
from bureaux_volants.trials.surveys.pseudonyms import pseudonym
from bureaux_volants.trials.weekly import READ, Source
from tests import factories

from .words import STARTS, TEST, Field, came, diary, trip

#: The day on which the weeks are read: three weeks after the first opening.
TODAY = STARTS + dt.timedelta(weeks=3)
MONDAY = dt.date(2026, 10, 12)


def weeks(trial: Trial, code: str, today: dt.date = TODAY) -> dict[tuple[int, dt.date], float]:
    return {(w.agent_id, w.monday): w.value for w in READ[code](Source(trial, today))}


def week_of(monday: dt.date, **days: list[dict[str, object]]) -> dict[dt.date, list[dict[str, object]]]:
    """Five working days filled, without a trip but those said (`d0` is the Monday)."""
    return {monday + dt.timedelta(days=n): days.get(f"d{n}", []) for n in range(5)}


def test_kilometres_emissions_and_costs_of_a_week_worked_by_hand(lab_field: Field) -> None:
    trial = lab_field.opened()
    who = CohortMember.objects.filter(cohort__trial=trial)[0].agent
    lived = week_of(
        MONDAY,
        d0=[trip("car", 10, minutes=20), trip("car", 10, minutes=25)],
        d1=[trip("bus", 8), trip("car", 4, "business")],
        d2=[trip("car", 100, "private")],
    )
    diary(trial, {(who, day): trips for day, trips in lived.items()})
    one = (who.pk, MONDAY)
    assert weeks(trial, "car_km") == {one: 24.0}
    with pytest.raises(CannotEstimate, match="durée de leurs trajets"):
        weeks(trial, "travel_minutes")
    assert weeks(trial, "cost_eur") == {one: pytest.approx(24 * 0.32)}
    with pytest.raises(CannotEstimate, match="autrement qu'en voiture"):
        # Beside the kilometres by car it would tell what they did by bus.
        weeks(trial, "gco2e")
    others = [m.agent for m in CohortMember.objects.filter(cohort__trial=trial)[1:5]]
    wave = trial.waves.get()
    DiaryDay.objects.bulk_create(
        DiaryDay(wave=wave, pseudonym=pseudonym(trial.pk, other.pk), day=day, trips=trips)
        for other in others
        for day, trips in lived.items()
    )
    assert weeks(trial, "travel_minutes")[one] == 45.0
    # Diesel, alone: 176.892416 + 50.713044 a kilometre; the bus: 113.5 + 8.92.
    assert weeks(trial, "gco2e")[one] == pytest.approx(24 * 227.60546 + 8 * 122.42)


def test_a_week_with_four_days_is_missing(lab_field: Field) -> None:
    trial = lab_field.opened()
    who = CohortMember.objects.filter(cohort__trial=trial)[0].agent
    diary(trial, {(who, MONDAY + dt.timedelta(days=n)): [trip("car", 5)] for n in range(4)})
    assert weeks(trial, "car_km") == {}


def test_flying_days_are_counted_nil_included_and_a_day_of_two_bookings_once(lab_field: Field) -> None:
    trial = lab_field.opened()
    members = list(CohortMember.objects.filter(cohort__trial=trial).select_related("agent"))
    who, site = members[0].agent, lab_field.mairies[0]
    came(who, site, STARTS)
    came(who, site, STARTS, "14", "17")
    came(who, site, STARTS + dt.timedelta(days=1), state="no_show")
    came(who, site, STARTS + dt.timedelta(days=2))
    found = weeks(trial, "flying_days")
    assert found[who.pk, STARTS] == 2.0
    # Every member and every whole week since the first, those without a stay too.
    assert len(found) == len(members) * ((TODAY - trial.baseline_from).days // 7)
    assert sum(found.values()) == 2.0


def test_weeks_whose_bookings_have_lost_their_names_are_missing_and_not_nil(lab_field: Field) -> None:
    trial = lab_field.opened()
    lab_field.territory.names_kept_days = 30
    lab_field.territory.save()
    trial.refresh_from_db()
    mondays = {monday for _agent, monday in weeks(trial, "flying_days")}
    # Kept since 29 days ago, a Sunday: the week after is the first whole one.
    assert min(mondays) == monday_of(TODAY - dt.timedelta(days=29)) + dt.timedelta(weeks=1)


@pytest.mark.parametrize("sunday", [dt.date(2026, 10, 25), dt.date(2027, 3, 28)], ids=str)
def test_the_week_of_a_clock_change_is_an_ordinary_week(lab_field: Field, sunday: dt.date) -> None:
    """A Sunday of 25 hours, then of 23: its last half hour is still of its week, the first of Monday of the next."""
    trial = lab_field.opened(baseline_from=dt.date(2026, 10, 5), ends_on=dt.date(2027, 4, 25))
    who, site = CohortMember.objects.filter(cohort__trial=trial)[0].agent, lab_field.mairies[0]
    came(who, site, sunday, "23:30", "23:59")
    came(who, site, sunday + dt.timedelta(days=1), "0:05", "1")
    found = weeks(trial, "flying_days", sunday + dt.timedelta(days=20))
    monday = monday_of(sunday)
    assert found[who.pk, monday] == 1.0
    assert found[who.pk, monday + dt.timedelta(weeks=1)] == 1.0


def test_weeks_are_seven_local_days_apart_over_both_clock_changes(lab_field: Field) -> None:
    """Numbered one by one: none is skipped nor counted twice where the clock changes."""
    lab_field.territory.names_kept_days = 300
    lab_field.territory.save()
    trial = lab_field.opened(baseline_from=dt.date(2026, 10, 5), ends_on=dt.date(2027, 4, 25))
    panel = panel_of(Source(trial, dt.date(2027, 4, 26)), "flying_days")
    assert sorted(set(panel.period.tolist())) == list(range(1, 30))


def test_a_scale_is_of_the_week_in_which_its_wave_begins(lab_field: Field) -> None:
    trial = lab_field.opened()
    people = [m.agent for m in CohortMember.objects.filter(cohort__trial=trial)]
    survey = waves.keep_survey(trial.territory_id, "who5", "Bien-être", scales.who5(), TEST)
    wednesday = MONDAY + dt.timedelta(days=2)
    wave = waves.open_wave(trial, survey, Wave.Moment.BEFORE, wednesday, wednesday + dt.timedelta(days=9), TEST)
    for who in people[:5]:
        assert len(panel_of(Source(trial, TODAY), "who5").unit) == 0, (
            "of fewer than five people a week is counted nowhere"
        )
        Response.objects.create(
            wave=wave, pseudonym=pseudonym(trial.pk, who.pk), answers={f"who5_{n}": 3 for n in range(1, 6)}
        )
    assert weeks(trial, "who5") == {(who.pk, MONDAY): 60.0 for who in people[:5]}
    panel = panel_of(Source(trial, TODAY), "who5")
    assert (panel.period.tolist(), panel.outcome.tolist()) == ([2] * 5, [60.0] * 5)
    assert panel.opened[0] != NEVER


def test_only_the_desks_that_the_trial_opened_count_as_having_come(lab_field: Field) -> None:
    """Since the opening, away from the usual site, at a mairie of the trial: not elsewhere, not before."""
    trial = lab_field.opened()
    who = CohortMember.objects.filter(cohort__trial=trial)[0].agent
    cluster = trial.clusters.filter(step=2)[0]
    site = next(s for s in lab_field.mairies if s.commune_id == cluster.commune_id)
    other = factories.site(lab_field.territory)
    assert cluster.opens_on is not None
    came(who, site, cluster.opens_on - dt.timedelta(days=1))
    came(who, other, cluster.opens_on)
    came(who, site, cluster.opens_on + dt.timedelta(days=1))
    source = Source(trial, cluster.opens_on + dt.timedelta(days=10))
    assert [(s.agent_id, s.day) for s in source.stays] == [(who.pk, cluster.opens_on + dt.timedelta(days=1))]
    who.usual_site = site
    who.save()
    assert Source(trial, source.today).stays == []
