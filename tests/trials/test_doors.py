"""Every door by which a desk can be had obeys the phase of a trial: nobody out of the cohort, nobody before the day, nobody after leaving."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from bureaux_volants.booking import service, waiting
from bureaux_volants.booking.closing import Closed, close_site
from bureaux_volants.booking.errors import BookingError, Refused
from bureaux_volants.booking.models import Booking, WaitingEntry
from bureaux_volants.events.models import Event
from bureaux_volants.hosting.reception import receive_agent, receive_visitor
from bureaux_volants.territory.models import Agent, Site
from bureaux_volants.trials import cohorts, leaving, opening
from bureaux_volants.trials.designing import CohortPlan
from bureaux_volants.trials.errors import TrialRefused
from bureaux_volants.trials.models import Cohort, CohortMember, Trial
from tests import factories
from tests.booking.words import by
from tests.factories import ask, at

from .words import NOW, STARTS, TEST, Field

EVERYBODY = CohortPlan("Tous", Cohort.MadeBy.DRAWN, size=8)
WEEK = dt.timedelta(weeks=1)


@pytest.fixture
def trial(lab_field: Field) -> Trial:
    return lab_field.opened(cohort=EVERYBODY)


@pytest.fixture
def site(trial: Trial) -> Site:
    return Site.objects.filter(phase__of_trial__trial=trial, phase__of_trial__step=1).order_by("pk")[0]


@pytest.fixture
def member(trial: Trial, site: Site) -> Agent:
    return Agent.objects.filter(cohorts__cohort__trial=trial, cohorts__commune=site.commune_id).order_by("pk")[0]


@pytest.fixture
def stranger(lab_field: Field) -> Agent:
    return factories.agent(lab_field.territory, organisation=lab_field.people[0].organisation)


def codes(act: Callable[[], object]) -> str:
    """What refuses, "" when nothing does."""
    try:
        act()
    except Refused as refused:
        return " ".join(r.code for r in refused.refusals)
    return ""


def test_a_stranger_neither_books_nor_waits_nor_sits_down_nor_is_moved_there(
    lab_field: Field, trial: Trial, site: Site, stranger: Agent
) -> None:
    here = lab_field.territory.pk
    morning = at(STARTS, "9")
    assert codes(lambda: service.book(stranger, ask(site, STARTS), by(stranger), now=NOW)) == "not-in-cohort"
    assert "not-in-cohort" in codes(lambda: waiting.join(stranger, ask(site, STARTS), by(stranger), now=NOW))
    assert codes(lambda: receive_agent(here, site.pk, stranger, TEST, now=morning)) == "not-in-cohort"
    assert codes(lambda: receive_visitor(here, site.pk, TEST, name="Quelqu'un", now=morning)) == "not-in-cohort"
    assert not Booking.objects.exists()
    assert not WaitingEntry.objects.exists()


def test_nobody_without_an_account_sits_down_before_the_phase_opens(lab_field: Field, trial: Trial, site: Site) -> None:
    said = codes(
        lambda: receive_visitor(lab_field.territory.pk, site.pk, TEST, now=at(STARTS - 3 * dt.timedelta(1), "9"))
    )
    assert said == "not-open-yet not-in-cohort"


def test_a_site_without_a_trial_still_receives_whoever_is_at_the_door(lab_field: Field) -> None:
    receive_visitor(lab_field.territory.pk, lab_field.mairies[0].pk, TEST, now=at(STARTS, "9"))
    assert Booking.objects.count() == 1


def test_a_member_comes_by_every_door_from_the_very_day(
    lab_field: Field, trial: Trial, site: Site, member: Agent
) -> None:
    here = lab_field.territory.pk
    eve = at(STARTS - dt.timedelta(days=3), "9")
    assert codes(lambda: receive_agent(here, site.pk, member, TEST, now=eve)) == "not-open-yet"
    assert codes(lambda: receive_agent(here, site.pk, member, TEST, now=at(STARTS, "9"))) == ""


def test_whoever_leaves_while_waiting_is_not_served(lab_field: Field, trial: Trial, site: Site, member: Agent) -> None:
    holders = [
        p
        for p in Agent.objects.filter(cohorts__commune__in=trial.clusters.filter(step=1).values("commune")).order_by(
            "pk"
        )
        if p != member
    ][:2]
    held = [service.book(p, ask(site, STARTS), by(p), now=NOW) for p in holders]
    waiting.join(member, ask(site, STARTS), by(member), now=NOW)
    leaving.leave(lab_field.territory.pk, trial.pk, member, by(member), now=NOW)
    service.cancel(held[0].pk, by(holders[0]), now=NOW)
    assert not Booking.objects.filter(agent=member).exists()
    assert WaitingEntry.objects.get().state == WaitingEntry.State.WAITING


def test_who_left_may_give_time_back_but_not_take_more(
    lab_field: Field, trial: Trial, site: Site, member: Agent
) -> None:
    stay = service.book(member, ask(site, STARTS), by(member), now=NOW)
    leaving.leave(lab_field.territory.pk, trial.pk, member, by(member), now=NOW)
    service.change(stay.pk, by(member), start=stay.start, end=at(STARTS, "11"), now=NOW)
    assert codes(lambda: service.change(stay.pk, by(member), start=stay.start, end=at(STARTS, "17"), now=NOW)) != ""


def test_an_agent_who_moves_or_changes_service_stays_where_the_draw_put_them(
    lab_field: Field, trial: Trial, site: Site, member: Agent
) -> None:
    later = trial.clusters.filter(step=2).select_related("commune")[0].commune
    employer = factories.organisation(lab_field.territory)
    Agent.objects.filter(pk=member.pk).update(
        home_commune=later, organisation=employer, service=factories.service(employer)
    )
    opening.let_in(lab_field.territory.pk, trial.pk, now=NOW + WEEK)
    assert CohortMember.objects.get(agent=member).commune_id == site.commune_id
    member.refresh_from_db()
    assert codes(lambda: service.book(member, ask(site, STARTS), by(member), now=NOW)) == ""


def test_an_agent_of_no_commune_waits_for_the_last_step(lab_field: Field) -> None:
    nowhere = factories.agent(lab_field.territory, organisation=lab_field.people[0].organisation)
    trial = lab_field.opened(cohort=CohortPlan("Tous", Cohort.MadeBy.DRAWN, size=9))
    first, last = (
        Site.objects.filter(phase__of_trial__trial=trial, phase__of_trial__step=step).order_by("pk")[0]
        for step in (1, 2)
    )
    opens = STARTS + 4 * WEEK
    assert codes(lambda: service.book(nowhere, ask(first, STARTS), by(nowhere), now=NOW)) == "not-in-cohort"
    assert codes(lambda: service.book(nowhere, ask(last, opens), by(nowhere), now=NOW)) == ""


def test_a_step_that_opens_in_the_week_of_the_clock_change_opens_on_its_day(lab_field: Field) -> None:
    """Clocks go forward on 28 March 2027, and the Monday after is a holiday: the step of Tuesday the 30th opens at eight by the new clock."""
    days = {"starts_on": dt.date(2027, 3, 2), "ends_on": dt.date(2027, 6, 27)}
    trial = lab_field.opened(cohort=EVERYBODY, **days)
    site = Site.objects.filter(phase__of_trial__trial=trial, phase__of_trial__step=2).order_by("pk")[0]
    member = Agent.objects.filter(cohorts__cohort__trial=trial, cohorts__commune=site.commune_id).order_by("pk")[0]
    summer = dt.date(2027, 3, 30)
    assert site.phase is not None
    assert site.phase.opens_on == summer
    eve = ask(site, dt.date(2027, 3, 25))
    assert codes(lambda: service.book(member, eve, by(member), now=NOW)) == "not-open-yet"
    stay = service.book(member, ask(site, summer, "8", "12"), by(member), now=NOW)
    assert stay.start == dt.datetime(2027, 3, 30, 6, tzinfo=dt.UTC)


def test_a_step_that_opens_on_a_holiday_opens_its_doors_the_day_after(lab_field: Field) -> None:
    """Easter Monday 2027 is 29 March."""
    trial = lab_field.opened(cohort=EVERYBODY, starts_on=dt.date(2027, 3, 29), ends_on=dt.date(2027, 8, 29))
    site = Site.objects.filter(phase__of_trial__trial=trial, phase__of_trial__step=1).order_by("pk")[0]
    member = Agent.objects.filter(cohorts__cohort__trial=trial, cohorts__commune=site.commune_id).order_by("pk")[0]
    monday, tuesday = ask(site, dt.date(2027, 3, 29)), ask(site, dt.date(2027, 3, 30))
    assert codes(lambda: service.book(member, monday, by(member), now=NOW)).startswith("closed")
    assert codes(lambda: service.book(member, tuesday, by(member), now=NOW)) == ""


def test_nothing_opens_where_there_is_nothing_to_open(lab_field: Field) -> None:
    empty = factories.commune(lab_field.territory, name="Jury")
    trial = lab_field.frozen(communes=(empty.pk, *(c.pk for c in lab_field.communes)), cohort=None)
    cohorts.draw_order(lab_field.territory.pk, trial.pk, TEST, now=NOW)
    with pytest.raises(TrialRefused, match="Aucun site ne prête de bureau à Jury"):
        opening.open_steps(lab_field.territory.pk, trial.pk, TEST, now=NOW)
    leaving.withdraw_commune(lab_field.territory.pk, trial.pk, empty.pk, STARTS, "Pas de local", TEST, now=NOW)
    assert len(opening.open_steps(lab_field.territory.pk, trial.pk, TEST, now=NOW).phases) == 2


def test_a_trial_does_not_take_the_sites_of_one_that_will_open(lab_field: Field) -> None:
    later = {
        "baseline_from": dt.date(2027, 4, 5),
        "starts_on": dt.date(2027, 6, 7),
        "ends_on": dt.date(2027, 12, 31),
    }
    lab_field.opened(title="Plus tard", cohort=None, **later)
    with pytest.raises(TrialRefused, match="doit s'ouvrir avec l'essai « Plus tard »"):
        lab_field.opened(cohort=None)
    assert Site.objects.filter(phase__of_trial__trial__title="Plus tard").count() == 4


def test_an_order_is_not_drawn_while_people_may_still_come_forward(lab_field: Field) -> None:
    trial = lab_field.frozen(cohort=CohortPlan("V", Cohort.MadeBy.VOLUNTEERING))
    cohort = trial.cohorts.get()
    with pytest.raises(TrialRefused, match="il déciderait qui se propose"):
        cohorts.draw_order(lab_field.territory.pk, trial.pk, TEST, now=NOW)
    cohorts.volunteer(lab_field.people[0], cohort.pk, by(lab_field.people[0]), now=NOW)
    cohorts.make_cohort(lab_field.territory.pk, cohort.pk, TEST, now=NOW)
    assert cohorts.draw_order(lab_field.territory.pk, trial.pk, TEST, now=NOW).result


def test_a_parallel_trial_that_would_draw_everybody_has_nobody_to_compare_with(lab_field: Field) -> None:
    everybody = {"design": Trial.Design.PARALLEL, "steps": 1}
    with pytest.raises(TrialRefused, match="il ne resterait personne"):
        lab_field.frozen(**everybody, cohort=EVERYBODY)
    among = CohortPlan("V", Cohort.MadeBy.DRAWN, among="volunteers", size=1)
    trial = lab_field.frozen(**everybody, title="Volontaires", cohort=among)
    cohort = trial.cohorts.get()
    cohorts.volunteer(lab_field.people[0], cohort.pk, by(lab_field.people[0]), now=NOW)
    with pytest.raises(TrialRefused, match="il ne resterait personne"):
        cohorts.make_cohort(lab_field.territory.pk, cohort.pk, TEST, now=NOW)
    cohort.refresh_from_db()
    assert cohort.made_at is None


def fail_at(faulty: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def close(territory_id: int, site_id: int, *args: Any, **fields: Any) -> Closed:
        if site_id == faulty.pk:
            raise BookingError("coupé")
        return close_site(territory_id, site_id, *args, **fields)

    monkeypatch.setattr(leaving, "close_site", close)


def test_a_withdrawal_that_cannot_close_its_sites_saves_nothing(
    lab_field: Field, trial: Trial, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = factories.site(lab_field.territory, commune=site.commune, phase=site.phase)
    fail_at(last, monkeypatch)
    with pytest.raises(BookingError, match="coupé"):
        leaving.withdraw_commune(lab_field.territory.pk, trial.pk, site.commune_id, STARTS, "Travaux", TEST, now=NOW)
    assert trial.clusters.get(commune=site.commune_id).withdrew_on is None
    assert not site.closures.exists()
    assert not Event.objects.filter(kind__in=("trial.withdrawn", "site.closed")).exists()


def test_a_withdrawal_that_cannot_be_finished_stops_no_other(
    trial: Trial, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial.clusters.update(withdrew_on=STARTS, withdrew_because="Travaux")
    fail_at(site, monkeypatch)
    assert leaving.finish_withdrawals(now=NOW) == 3
    assert not site.closures.exists()


def test_a_withdrawal_that_was_cut_short_is_finished_at_night_and_a_host_who_opens_again_is_left_alone(
    trial: Trial, site: Site
) -> None:
    trial.clusters.filter(commune=site.commune_id).update(withdrew_on=STARTS, withdrew_because="Travaux")
    assert leaving.finish_withdrawals(now=NOW) == 1
    assert site.closures.get().reason.endswith("Travaux")
    site.closures.all().delete()
    assert leaving.finish_withdrawals(now=NOW) == 0
