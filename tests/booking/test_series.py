"""Every Tuesday until Easter: what can be had is booked, what cannot is listed with an alternative."""

from __future__ import annotations

import datetime as dt

import pytest

from bureaux_volants.booking import closing, series, service, waiting
from bureaux_volants.booking.errors import WrongState
from bureaux_volants.booking.models import Booking, Series
from bureaux_volants.booking.states import State
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import Agent, Site, Territory
from tests import factories
from tests.booking.words import booked, by, state
from tests.factories import NOW, PARIS, TEST, TUESDAY, ask, at

pytestmark = pytest.mark.django_db

WEEK = dt.timedelta(weeks=1)


def repeated(site: Site, who: Agent, weeks: int, **asked: object) -> series.SeriesResult:
    return series.book_series(who, ask(site, **asked), TUESDAY + weeks * WEEK, by(who), now=NOW)  # type: ignore[arg-type]


def test_the_last_day_is_included_and_a_day_before_it_is_not_enough() -> None:
    assert series.dates(TUESDAY, TUESDAY + 2 * WEEK) == [TUESDAY, TUESDAY + WEEK, TUESDAY + 2 * WEEK]
    assert series.dates(TUESDAY, TUESDAY + 2 * WEEK - dt.timedelta(days=1)) == [TUESDAY, TUESDAY + WEEK]
    assert series.dates(TUESDAY, TUESDAY) == [TUESDAY]
    assert series.dates(TUESDAY, TUESDAY - dt.timedelta(days=1)) == []


def test_a_series_is_never_longer_than_a_year_of_weeks() -> None:
    assert len(series.dates(TUESDAY, TUESDAY + 500 * WEEK)) == 53


def test_every_tuesday_is_booked_at_the_same_hours(marly: Site, ada: Agent) -> None:
    result = repeated(marly, ada, 3)
    assert [b.start for b in result.booked] == [at(TUESDAY + n * WEEK, "9") for n in range(4)]
    assert result.missed == []
    assert {b.series for b in result.booked} == {Series.objects.get()}


def test_a_date_that_cannot_be_had_is_listed_with_the_nearest_place_and_the_rest_are_booked(
    metz: Territory, marly: Site, ada: Agent
) -> None:
    factories.site(metz, lat=marly.lat + 0.3, lon=marly.lon)
    near = factories.site(metz, lat=marly.lat + 0.01, lon=marly.lon)
    for _ in range(2):
        booked(marly, day=TUESDAY + WEEK)
    closing.close_site(
        metz.pk, marly.pk, at(TUESDAY + 2 * WEEK, "8"), at(TUESDAY + 2 * WEEK, "18"), "travaux", TEST, now=NOW
    )
    result = repeated(marly, ada, 3)
    assert [b.start for b in result.booked] == [at(TUESDAY, "9"), at(TUESDAY + 3 * WEEK, "9")]
    assert [(m.day, [r.code for r in m.refusals]) for m in result.missed] == [
        (TUESDAY + WEEK, ["no-unit-free"]),
        (TUESDAY + 2 * WEEK, ["closed"]),
    ]
    for missed in result.missed:
        assert missed.alternative is not None
        assert missed.alternative.site.slug == near.slug
        assert missed.alternative.start == at(missed.day, "9")


def test_no_other_place_is_named_for_what_another_place_would_refuse_too(
    metz: Territory, marly: Site, ada: Agent
) -> None:
    elsewhere = factories.site(metz)
    booked(elsewhere, ada, day=TUESDAY + WEEK)
    result = repeated(marly, ada, 1)
    (missed,) = result.missed
    assert [r.code for r in missed.refusals] == ["one-desk-at-a-time"]
    assert missed.alternative is None


def test_a_public_holiday_in_the_series_is_missed_by_its_name(metz: Territory, ada: Agent) -> None:
    friday = dt.date(2026, 12, 18)
    site = factories.site(metz)
    result = series.book_series(ada, ask(site, friday), friday + WEEK, by(ada), now=NOW)
    (missed,) = result.missed
    assert missed.day == dt.date(2026, 12, 25)
    assert "Noël" in missed.refusals[0].message


def test_nine_o_clock_stays_nine_o_clock_over_both_clock_changes(metz: Territory, ada: Agent) -> None:
    site = factories.site(metz)
    for first, offsets in ((dt.date(2027, 3, 23), [1, 2]), (dt.date(2027, 10, 26), [2, 1])):
        now = at(first - dt.timedelta(days=1), "9")
        result = series.book_series(ada, ask(site, first), first + WEEK, by(ada), now=now)
        starts = [b.start.astimezone(PARIS) for b in result.booked]
        assert [s.hour for s in starts] == [9, 9]
        offset_hours = [s.utcoffset() for s in starts]
        assert offset_hours == [dt.timedelta(hours=h) for h in offsets]


def test_each_date_stands_alone_afterwards(marly: Site, ada: Agent) -> None:
    first, second, third = repeated(marly, ada, 2).booked
    service.cancel(second.pk, by(ada), now=NOW)
    service.change(third.pk, by(ada), start=at(TUESDAY + 2 * WEEK, "14"), end=at(TUESDAY + 2 * WEEK, "16"), now=NOW)
    assert [state(b) for b in (first, second, third)] == [State.CONFIRMED, State.CANCELLED, State.CONFIRMED]
    assert (first.start, third.start) == (at(TUESDAY, "9"), at(TUESDAY + 2 * WEEK, "14"))


def test_a_series_of_which_nothing_can_be_had_leaves_nothing(marly: Site, ada: Agent) -> None:
    result = repeated(marly, ada, 2, start="5", end="7")
    assert result.booked == []
    assert len(result.missed) == 3
    assert not Series.objects.exists()
    assert not Booking.objects.exists()


def test_the_horizon_ends_a_series_and_says_until_when(metz: Territory, marly: Site, ada: Agent) -> None:
    factories.rules(metz, at_site=marly, horizon_days=8)
    result = repeated(marly, ada, 2)
    assert [b.start for b in result.booked] == [at(TUESDAY, "9"), at(TUESDAY + WEEK, "9")]
    assert [[r.code for r in m.refusals] for m in result.missed] == [["horizon"]]
    assert "8 décembre 2026" in result.missed[0].refusals[0].message


def test_one_notice_tells_of_all_the_dates_and_of_those_missed(metz: Territory, marly: Site, ada: Agent) -> None:
    for _ in range(2):
        booked(marly, day=TUESDAY + WEEK)
    repeated(marly, ada, 2)
    (notice,) = Notice.objects.filter(recipient=ada)
    assert notice.kind == "series.booked"
    assert "chaque mardi, de 9\u00a0h à 12\u00a0h" in notice.body
    for day in ("mardi 1er décembre", "mardi 15 décembre"):
        assert f"– {day}" in notice.body
    assert "Impossible ces jours-là : mardi 8 décembre." in notice.body


def test_hosts_are_asked_once_for_all_the_dates(metz: Territory, marly: Site, ada: Agent) -> None:
    factories.rules(metz, at_site=marly, approval="asked", approval_default="refused")
    host = factories.agent(metz)
    factories.grant(host, "host", over=marly)
    result = repeated(marly, ada, 2)
    assert {b.state for b in result.booked} == {State.REQUESTED}
    (asked,) = Notice.objects.filter(recipient=host)
    assert (asked.kind, asked.path) == ("host.request", f"/accueil/{marly.slug}/")
    assert asked.subject.startswith("3 demandes attendent votre réponse")
    assert "refusée d'office le mardi 1er décembre" in asked.body
    (told,) = Notice.objects.filter(recipient=ada)
    assert told.kind == "series.requested"


def test_what_was_booked_before_something_broke_is_told(
    marly: Site, ada: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[object] = []

    def breaks_the_second_time(*given: object, **options: object) -> Booking:
        calls.append(given)
        if len(calls) == 2:
            raise RuntimeError("power cut")
        return service.book(*given, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(series, "book", breaks_the_second_time)
    with pytest.raises(RuntimeError):
        repeated(marly, ada, 2)
    (notice,) = Notice.objects.filter(recipient=ada)
    assert "– mardi 1er décembre" in notice.body
    assert "8 décembre" not in notice.body


def test_nothing_booked_is_no_notice(marly: Site, ada: Agent) -> None:
    repeated(marly, ada, 2, start="5", end="7")
    assert not Notice.objects.exists()


def test_all_dates_that_still_wait_are_granted_together_and_told_once(metz: Territory, marly: Site, ada: Agent) -> None:
    factories.rules(metz, at_site=marly, approval="asked", approval_default="refused")
    first, second, third = repeated(marly, ada, 2).booked
    service.refuse(second.pk, TEST, reason="élections", now=NOW)
    assert first.series_id is not None
    answered = series.answer_series(first.series_id, marly.pk, TEST, granted=True, now=NOW)
    assert [b.pk for b in answered] == [first.pk, third.pk]
    assert [state(b) for b in (first, second, third)] == [State.CONFIRMED, State.REFUSED, State.CONFIRMED]
    (notice,) = Notice.objects.filter(recipient=ada, kind="series.approved")
    assert "– mardi 1er décembre\n– mardi 15 décembre" in notice.body
    assert not Notice.objects.filter(recipient=ada, kind="booking.approved").exists()
    with pytest.raises(WrongState):
        series.answer_series(first.series_id, marly.pk, TEST, granted=False, now=NOW)


def test_refusing_all_dates_tells_the_reason_once_and_serves_those_who_wait(
    metz: Territory, marly: Site, ada: Agent
) -> None:
    factories.rules(metz, at_site=marly, approval="asked", approval_default="refused")
    asked = repeated(marly, ada, 1).booked
    booked(marly, day=TUESDAY + WEEK)
    waits = factories.agent(metz)
    waiting.join(waits, ask(marly, day=TUESDAY + WEEK), by(waits), now=NOW)
    assert asked[0].series_id is not None
    series.answer_series(asked[0].series_id, marly.pk, TEST, granted=False, reason="élections", now=NOW)
    assert {state(b) for b in asked} == {State.REFUSED}
    (notice,) = Notice.objects.filter(recipient=ada, kind="series.refused")
    assert "Motif : élections." in notice.body
    assert Booking.objects.filter(agent=waits, state=State.REQUESTED).exists()


def test_a_date_of_another_year_says_its_year(metz: Territory, marly: Site, ada: Agent) -> None:
    repeated(marly, ada, 6)
    (notice,) = Notice.objects.filter(recipient=ada)
    assert "– mardi 29 décembre\n– mardi 5 janvier 2027" in notice.body
