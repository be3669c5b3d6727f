"""Waiting lists and closures of what is not a desk."""

from __future__ import annotations

import datetime as dt

import pytest

from bureaux_volants.booking import closing, service, waiting
from bureaux_volants.booking.models import Booking, Kind, Resource, RuleSet, WaitingEntry
from bureaux_volants.booking.placing import Ask
from bureaux_volants.booking.queries import is_paused
from bureaux_volants.booking.states import State
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import Agent, Site
from tests import factories
from tests.booking.words import by, state, told
from tests.factories import NOW, TEST, TUESDAY, at

pytestmark = pytest.mark.django_db

WEDNESDAY = TUESDAY + dt.timedelta(days=1)


@pytest.fixture
def site(marly: Site) -> Site:
    Resource.objects.create(territory=marly.territory, site=marly, kind=Kind.BIKE, name="Vélo 1")
    RuleSet.objects.create(territory=marly.territory, kind=Kind.BIKE, longest_minutes=4 * 1440)
    return marly


def ask(site: Site, start: str, end: str, last_day: dt.date = TUESDAY) -> Ask:
    return Ask(Kind.BIKE, site.pk, at(TUESDAY, start), at(last_day, end))


def lent(site: Site, start: str, end: str, last_day: dt.date = TUESDAY, *, taken: bool = False) -> Booking:
    who = factories.agent(site.territory)
    made = service.book(who, ask(site, start, end, last_day), by(who), now=NOW)
    if taken:
        service.check_in(made.pk, by(who), Booking.CheckInBy.PHONE, now=made.start)
    return made


def queued(site: Site, start: str, end: str, who: Agent | None = None) -> WaitingEntry:
    who = who or factories.agent(site.territory)
    return waiting.join(who, ask(site, start, end), by(who), now=NOW)


def close(site: Site, start: str, end: str, *, day: dt.date = TUESDAY, now: dt.datetime = NOW) -> closing.Closed:
    return closing.close_site(site.territory_id, site.pk, at(day, start), at(day, end), "travaux", TEST, now=now)


def test_a_bike_that_is_given_up_goes_to_the_first_who_waits(site: Site) -> None:
    loan = lent(site, "9", "12")
    first, second = queued(site, "9", "12"), queued(site, "10", "12")
    service.cancel(loan.pk, by(loan.agent), now=NOW)
    assert [state(first), state(second)] == [WaitingEntry.State.SERVED, WaitingEntry.State.WAITING]
    assert "un vélo vous revient" in Notice.objects.get(recipient=first.agent).body


def test_who_has_a_desk_at_the_same_hours_still_waits_for_a_bike(site: Site) -> None:
    who = factories.agent(site.territory)
    service.book(who, factories.ask(site), by(who), now=NOW)
    lent(site, "9", "12")
    assert not is_paused(queued(site, "9", "12", who))


def test_a_loan_needs_the_doors_when_it_begins_and_when_it_ends_only(site: Site) -> None:
    Resource.objects.create(territory=site.territory, site=site, kind=Kind.BIKE, name="Vélo 2")
    through = lent(site, "9", "17", WEDNESDAY)
    inside = lent(site, "13", "15")
    done = close(site, "12", "18")
    assert [b.pk for b in done.cancelled] == [inside.pk]
    assert done.shortened == []
    assert state(through) == State.CONFIRMED
    assert told(inside.agent)[-1] == "site.closed"
    assert Notice.objects.get(recipient=inside.agent, kind="site.closed").path == "/prendre/"


def test_a_loan_is_brought_back_before_the_doors_shut_and_begins_when_they_open(site: Site) -> None:
    Resource.objects.create(territory=site.territory, site=site, kind=Kind.BIKE, name="Vélo 2")
    before, after = lent(site, "9", "13"), lent(site, "11:30", "17")
    close(site, "11", "12")
    for loan in (before, after):
        loan.refresh_from_db()
    assert (before.start, before.end) == (at(TUESDAY, "9"), at(TUESDAY, "13"))
    assert (after.start, after.end) == (at(TUESDAY, "12"), at(TUESDAY, "17"))
    close(site, "12:30", "18")
    before.refresh_from_db()
    assert before.end == at(TUESDAY, "12:30")
    assert before.held.upper > before.end  # its turnaround too


def test_who_is_on_the_way_is_not_cut_short_by_doors_that_shut_now(site: Site) -> None:
    loan = lent(site, "9", "17", taken=True)
    close(site, "11", "18", now=at(TUESDAY, "11"))
    loan.refresh_from_db()
    assert (loan.state, loan.end) == (State.IN_USE, at(TUESDAY, "17"))


def test_a_box_that_opens_at_any_hour_is_closed_by_no_door(site: Site) -> None:
    RuleSet.objects.filter(kind=Kind.BIKE).update(is_round_the_clock=True)
    loan = lent(site, "9", "12")
    assert closing.affected(site.territory_id, site.pk, factories.ask(site).interval, now=NOW) == []
    close(site, "8", "18")
    assert state(loan) == State.CONFIRMED


def test_who_loses_a_bike_is_offered_the_nearest_one(site: Site) -> None:
    near = factories.site(site.territory, desks=0, lat=site.lat + 0.01, lon=site.lon, name="Gymnase")
    Resource.objects.create(territory=site.territory, site=near, kind=Kind.BIKE, name="Vélo 9")
    loan = lent(site, "9", "12")
    close(site, "8", "18")
    assert "Gymnase (1 place)" in Notice.objects.get(recipient=loan.agent, kind="site.closed").body


def test_what_a_closure_takes_from_a_loan_goes_to_who_waits_and_its_lifting_serves_bikes_too(site: Site) -> None:
    loan = lent(site, "9", "17")
    early = queued(site, "15", "17")
    shut = close(site, "12", "14")  # the loan begins and ends with open doors: nothing changes
    assert (state(loan), state(early)) == (State.CONFIRMED, WaitingEntry.State.WAITING)
    close(site, "16", "18")
    loan.refresh_from_db()
    assert loan.end == at(TUESDAY, "16")
    service.cancel(loan.pk, by(loan.agent), now=NOW)
    assert state(early) == WaitingEntry.State.WAITING  # shut at its end
    closing.reopen(site.territory_id, closing.Closure.objects.latest("pk").pk, TEST, now=NOW)
    assert state(early) == WaitingEntry.State.SERVED
    assert shut.closure.pk


def test_a_loan_that_is_moved_must_still_be_allowed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """What rooms above ask (a licence) is asked again when the hours change, not when time is given back."""
    from bureaux_volants.booking import guards
    from bureaux_volants.booking.errors import Refused
    from bureaux_volants.booking.rules import Refusal

    loan = lent(site, "9", "12")
    monkeypatch.setattr(guards, "_guards", [lambda agent, kind, asked: [Refusal("never", "Jamais.")]])
    with pytest.raises(Refused):
        service.change(loan.pk, by(loan.agent), start=at(TUESDAY, "9"), end=at(TUESDAY, "13"), now=NOW)
    changed = service.change(loan.pk, by(loan.agent), start=at(TUESDAY, "9"), end=at(TUESDAY, "11"), now=NOW)
    assert changed.end == at(TUESDAY, "11")
