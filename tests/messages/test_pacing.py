"""When a notice leaves: pure, and true over changes of clocks."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from bureaux_volants.messages.pacing import Leaving, Pace, Wishes, after_quiet, leaving, next_at

PARIS = ZoneInfo("Europe/Paris")
NIGHT = (dt.time(20), dt.time(7))


def paris(day: int, hour: int, minute: int = 0, month: int = 11) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, minute, tzinfo=PARIS)


def test_without_wishes_a_notice_leaves_at_once_at_any_hour() -> None:
    at = paris(24, 23, 30)
    assert leaving(at, "bookings", Wishes(), None, PARIS) == Leaving(at)


def test_what_stays_in_the_list_never_leaves_and_the_other_groups_do() -> None:
    wishes = Wishes({"rides": Pace.LIST_ONLY})
    assert leaving(paris(24, 9), "rides", wishes, None, PARIS) == Leaving(None)
    assert leaving(paris(24, 9), "bookings", wishes, None, PARIS).at == paris(24, 9)


def test_the_mail_of_the_day_leaves_at_its_hour_today_or_tomorrow() -> None:
    wishes = Wishes({"hosting": Pace.DAILY})
    assert leaving(paris(24, 6), "hosting", wishes, None, PARIS) == Leaving(paris(24, 7, 30), is_bundled=True)
    assert leaving(paris(24, 7, 30), "hosting", wishes, None, PARIS) == Leaving(paris(25, 7, 30), is_bundled=True)


def test_quiet_hours_over_a_night_end_in_the_morning() -> None:
    wishes = Wishes(quiet=NIGHT)
    assert leaving(paris(24, 20), "bookings", wishes, None, PARIS).at == paris(25, 7)
    assert leaving(paris(24, 3), "bookings", wishes, None, PARIS).at == paris(24, 7)
    assert leaving(paris(24, 7), "bookings", wishes, None, PARIS).at == paris(24, 7)
    assert leaving(paris(24, 19, 59), "bookings", wishes, None, PARIS).at == paris(24, 19, 59)


def test_quiet_hours_within_a_day() -> None:
    wishes = Wishes(quiet=(dt.time(12), dt.time(14)))
    assert leaving(paris(24, 13), "bookings", wishes, None, PARIS).at == paris(24, 14)
    assert leaving(paris(24, 14), "bookings", wishes, None, PARIS).at == paris(24, 14)


def test_what_is_needed_before_leaves_now_and_alone() -> None:
    wishes = Wishes({"bookings": Pace.DAILY}, quiet=NIGHT)
    at = paris(24, 21)
    assert leaving(at, "bookings", wishes, paris(25, 7), PARIS) == Leaving(at)
    assert leaving(at, "bookings", wishes, paris(25, 8), PARIS) == Leaving(paris(25, 7, 30), is_bundled=True)


def test_the_night_when_clocks_go_back_is_quiet_until_seven_by_the_clock() -> None:
    # 25 October 2026: 25 hours long.
    end = after_quiet(paris(24, 22, month=10), NIGHT, PARIS)
    assert end == paris(25, 7, month=10)
    assert end - paris(24, 22, month=10).astimezone(dt.UTC) == dt.timedelta(hours=10)


def test_an_hour_that_a_change_of_clocks_skips_is_the_hour_after() -> None:
    # 29 March 2026: 2:30 does not exist.
    found = next_at(paris(29, 0, month=3), dt.time(2, 30), PARIS)
    assert found.astimezone(PARIS).date() == dt.date(2026, 3, 29)
    assert found > paris(29, 0, month=3)


@given(
    st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2027, 1, 1), timezones=st.just(dt.UTC)),
    st.times(),
    st.times(),
    st.times(),
    st.sampled_from([*Pace]),
    st.none() | st.timedeltas(dt.timedelta(0), dt.timedelta(days=3)),
)
def test_nothing_leaves_before_it_is_written_or_too_late(
    now: dt.datetime, first: dt.time, until: dt.time, digest: dt.time, pace: Pace, needed_in: dt.timedelta | None
) -> None:
    needed_by = None if needed_in is None else now + needed_in
    found = leaving(now, "x", Wishes({"x": pace}, digest, (first, until)), needed_by, PARIS)
    if pace == Pace.LIST_ONLY:
        assert found.at is None
        return
    assert found.at is not None
    assert now <= found.at < now + dt.timedelta(hours=50)
    if needed_by is not None and found.at > now:
        assert found.at < needed_by
