"""The raw rows of one territory, from the database: only what is needed, straight into columns.

Diaries and answers come under a number made from their pseudonym: whose they are is not asked here.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from typing import Any

import numpy as np
from django.utils import timezone

from bureaux_volants.booking.directory import SiteEntry, get_directory
from bureaux_volants.booking.models import DayCapacity, Kind
from bureaux_volants.booking.retention import nobody_of
from bureaux_volants.booking.states import State
from bureaux_volants.fleet.models import Passenger
from bureaux_volants.hosting.models import Meeting as MeetingRow
from bureaux_volants.hosting.reception import stand_in_of
from bureaux_volants.planner.models import RideOffer, RideRequest
from bureaux_volants.territory.calendar import Shut, holiday_name, local_day, opening_of
from bureaux_volants.territory.geography import distance_km
from bureaux_volants.territory.models import Agent, Closure, Territory
from bureaux_volants.travel.modes import Mode
from bureaux_volants.travel.tables import tables_of, versions_of
from bureaux_volants.trials.models import Response, RunningCost, Wave
from bureaux_volants.trials.surveys import scales
from bureaux_volants.trials.surveys.counted import IS_COUNTED, counted, covers_drawn

from .columns import read_columns
from .disclosure import FEWEST_PEOPLE
from .rows import (
    COUNTERFACTUALS,
    EMPLOYERS,
    KINDS,
    MODES,
    NAMELESS,
    NEVER,
    PURPOSES,
    SCALES,
    STATES,
    WAITING,
    Costs,
    DiaryDays,
    Lent,
    Meetings,
    Outings,
    People,
    Rates,
    Rides,
    Rows,
    Scores,
    Stays,
    Trips,
    Waits,
    date_of,
    latest_said,
    local_days,
    minutes_of,
    of_told_weeks,
    ordinal,
)

#: The diary does not say what a car runs on: what most run on, and with one aboard, the most cautious.
CAR_ENERGY = "diesel"

_SPAN = "{0}.territory_id = %(territory)s AND {0}.start >= %(start)s AND {0}.start < %(end)s"
_WHO = "CASE WHEN {0}.agent_id = %(nobody)s THEN 0 WHEN {0}.agent_id = %(visitor)s THEN -1 ELSE {0}.agent_id END::int4"

_STAYS = f"""
SELECT CASE WHEN b.is_visit THEN -1 ELSE {_WHO.format("b")} END, b.site_id::int4, b.resource_id::int4, b.start, b."end",
  (array_position(%(states)s, b.state::text) - 1)::int2, (array_position(%(answers)s, b.counterfactual::text) - 1)::int2,
  b.checked_in_at IS NOT NULL, coalesce(a.usual_site_id = b.site_id, false)
FROM booking_booking b JOIN territory_agent a ON a.id = b.agent_id
WHERE {_SPAN.format("b")} AND b.site_id = ANY(%(sites)s) AND b.kind = 'desk'
"""  # noqa: S608 -- constants only

_WAITS = f"""
SELECT w.start, {_WHO.format("w")}, w.site_id::int4, (array_position(%(waiting)s, w.state::text) - 1)::int2
FROM booking_waitingentry w WHERE {_SPAN.format("w")} AND w.kind = 'desk'
"""  # noqa: S608 -- constants only

_OUTINGS = f"""
SELECT b.start, {_WHO.format("b")}, (array_position(%(kinds)s, b.kind::text) - 1)::int2,
  CASE WHEN back.odometer_km >= out.odometer_km THEN (back.odometer_km - out.odometer_km)::float8 ELSE 'NaN'::float8 END,
  coalesce(t.km, 'NaN'::float8)
FROM booking_booking b
LEFT JOIN fleet_trip t ON t.booking_id = b.id
LEFT JOIN fleet_reading out ON out.booking_id = b.id AND out.moment = 'taken' AND NOT out.is_doubtful
LEFT JOIN fleet_reading back ON back.booking_id = b.id AND back.moment = 'returned' AND NOT back.is_doubtful
WHERE {_SPAN.format("b")} AND b.site_id = ANY(%(sites)s) AND b.kind = ANY(%(kinds)s)
  AND b.state IN ('in_use', 'completed') AND b.checked_in_at IS NOT NULL
"""  # noqa: S608 -- constants only

_WAVES = """
(SELECT v.id, v.trial_id, row_number() OVER (ORDER BY v.first_day, v.number, v.id)::int4 AS rank
 FROM trials_wave v JOIN trials_trial t ON t.id = v.trial_id WHERE t.territory_id = %(territory)s) AS v
"""
#: As `_number` below.
_PERSON = "('x' || left(md5(v.trial_id || ' ' || d.pseudonym), 15))::bit(60)::int8"
#: Of those who are counted, the weeks that nobody can fill in any more (surveys/diary.is_final).
_IS_TOLD = f"""
(date_trunc('week', d.day)::date + 14 <= %(today)s OR NOT EXISTS (
  SELECT 1 FROM trials_wave o JOIN trials_survey q ON q.id = o.survey_id WHERE o.trial_id = v.trial_id AND q.kind = 'diary'
  AND o.last_day >= %(today)s AND o.first_day < date_trunc('week', d.day)::date + 7))
AND {IS_COUNTED}
"""  # noqa: S608 -- constants only
_DIARY = f"""
SELECT d.day, {_PERSON}, v.trial_id::int4, v.rank
FROM trials_diaryday d JOIN {_WAVES} ON v.id = d.wave_id WHERE d.day BETWEEN %(first)s AND %(last)s AND {_IS_TOLD}
"""  # noqa: S608 -- constants only
_TRIPS = f"""
SELECT d.day, {_PERSON}, v.trial_id::int4, v.rank, (array_position(%(modes)s, t.mode) - 1)::int2,
  (array_position(%(purposes)s, t.purpose) - 1)::int2, t.km, coalesce(t.minutes, 0)::int4
FROM trials_diaryday d JOIN {_WAVES} ON v.id = d.wave_id
CROSS JOIN LATERAL jsonb_to_recordset(d.trips) AS t(mode text, purpose text, km float8, minutes float8)
WHERE d.day BETWEEN %(first)s AND %(last)s AND t.mode = ANY(%(modes)s) AND t.purpose = ANY(%(purposes)s) AND t.km IS NOT NULL
  AND {_IS_TOLD}
"""  # noqa: S608 -- constants only


def load(territory: Territory, first: dt.date, last: dt.date, *, now: dt.datetime | None = None) -> Rows:
    """The rows of local days `first` to `last`, both included, and of the days before that complete the first week."""
    now = now or timezone.now()
    first -= dt.timedelta(days=6)
    zone = territory.zone
    span = {"start": local_day(first, zone).start, "end": local_day(last, zone).end}
    nobody, visitor = nobody_of(territory).pk, stand_in_of(territory).pk
    directory = get_directory(territory.pk)
    sites = directory.sites
    values: dict[str, Any] = {
        **span,
        "territory": territory.pk,
        "nobody": nobody,
        "visitor": visitor,
        "sites": [s.id for s in sites],
        "states": list(STATES),
        "answers": list(COUNTERFACTUALS),
        "waiting": list(WAITING),
        "kinds": list(KINDS),
        "modes": list(MODES),
        "purposes": list(PURPOSES),
        "first": first,
        "last": last,
        "today": now.astimezone(zone).date(),
    }
    diary, trips = of_told_weeks(*latest_said(*_of_one_set(values)))
    return Rows(
        stays=_stays(values, zone),
        waits=_waits(values, zone),
        lent=_lent(territory, sites, first, last),
        outings=_outings(values, zone),
        diary=diary,
        trips=trips,
        scores=_scores(territory, first, last, now),
        meetings=_meetings(territory, span),
        rides=_rides(territory, span, now),
        costs=_costs(territory, first, last),
        people=_people(territory, {nobody, visitor}),
        rates=_rates(territory.pk, first, last),
    )


def _stays(values: dict[str, Any], zone: Any) -> Stays:
    kinds = {"agent": "int4", "site": "int4", "desk": "int4", "start": "instant", "end": "instant"}
    kinds |= {"state": "int2", "counterfactual": "int2", "is_told": "bool", "is_usual": "bool"}
    found = read_columns(_STAYS, values, kinds)
    everywhere = np.ones(len(found["agent"]), np.bool_)
    return Stays(
        day=local_days(found["start"], zone), **found, is_here=everywhere, is_theirs=everywhere.copy()
    ).in_order()


def _waits(values: dict[str, Any], zone: Any) -> Waits:
    found = read_columns(_WAITS, values, {"start": "instant", "agent": "int4", "site": "int4", "state": "int2"})
    return Waits(local_days(found["start"], zone), found["agent"], found["site"], found["state"]).in_order()


def _outings(values: dict[str, Any], zone: Any) -> Outings:
    kinds = {"start": "instant", "agent": "int4", "kind": "int2", "km_read": "float8", "km_way": "float8"}
    found = read_columns(_OUTINGS, values, kinds)
    return Outings(
        local_days(found["start"], zone), found["agent"], found["kind"], found["km_read"], found["km_way"]
    ).in_order()


def _of_one_set(values: dict[str, Any]) -> tuple[DiaryDays, Trips]:
    """Days and trips of the same people: read once more when somebody withdrew in between."""
    while True:
        before = covers_drawn(values["territory"])
        found = _diary(values), _trips(values)
        if covers_drawn(values["territory"]) == before:
            return found


def _diary(values: dict[str, Any]) -> DiaryDays:
    found = read_columns(_DIARY, values, {"day": "day", "who": "int8", "trial": "int4", "wave": "int4"})
    return DiaryDays(**found).in_order()


def _trips(values: dict[str, Any]) -> Trips:
    kinds = {"day": "day", "who": "int8", "trial": "int4", "wave": "int4", "mode": "int2", "purpose": "int2"}
    return Trips(**read_columns(_TRIPS, values, {**kinds, "km": "float8", "minutes": "int4"})).in_order()


def _number(trial_id: int, pseudonym: str) -> int:
    """A number for a pseudonym of a trial, sixty bits: only for telling people apart."""
    return int(hashlib.md5(f"{trial_id} {pseudonym}".encode(), usedforsecurity=False).hexdigest()[:15], 16)


def _scores(territory: Territory, first: dt.date, last: dt.date, now: dt.datetime) -> Scores:
    """Of waves that are over: a table that is read twice would show the answer that came between."""
    today = now.astimezone(territory.zone).date()
    found: list[tuple[int, int, int, int, float]] = []
    waves = Wave.objects.filter(
        trial__territory=territory, last_day__gte=first, last_day__lte=min(last, today - dt.timedelta(days=1))
    ).select_related("survey")
    for wave in waves:
        codes = [c for c in scales.scores_of(wave.survey.questions) if c in SCALES]
        if not codes:
            continue
        answers = counted(Response.objects.filter(wave=wave)).values_list("pseudonym", "answers")
        scored: dict[str, list[tuple[int, float]]] = {code: [] for code in codes}
        for pseudonym, said in answers.iterator(chunk_size=2000):
            for code in codes:
                if (value := scales.score(code, said)) is not None:
                    scored[code].append((_number(wave.trial_id, pseudonym), value))
        for code, values in scored.items():
            # A sum with a small wave in it, less the waves that are told, would be those few.
            if len(values) >= FEWEST_PEOPLE:
                day, scale = ordinal(wave.last_day), SCALES.index(code)
                found += [(day, who, wave.trial_id, scale, value) for who, value in values]
    days, whos, trial_ids, numbers, points = zip(*found, strict=True) if found else ((), (), (), (), ())
    return Scores(
        np.array(days, np.int32),
        np.array(whos, np.int64),
        np.array(trial_ids, np.int32),
        np.array(numbers, np.uint8),
        np.array(points, np.float64),
    ).in_order()


def _meetings(territory: Territory, span: dict[str, dt.datetime]) -> Meetings:
    rows = list(
        MeetingRow.objects.filter(
            territory=territory, state=MeetingRow.State.OVER, start__gte=span["start"], start__lt=span["end"]
        ).values_list("start", "site_id", "agent_id", "host_id")
    )
    return Meetings(
        local_days(minutes_of(r[0] for r in rows), territory.zone),
        np.array([r[1] for r in rows], np.int32),
        np.array([r[2] or NAMELESS for r in rows], np.int32),
        np.array([r[3] or NAMELESS for r in rows], np.int32),
    ).in_order()


def _rides(territory: Territory, span: dict[str, dt.datetime], now: dt.datetime) -> Rides:
    """Seats that were asked for and given, and those taken in a car of the pool without asking."""
    end = min(span["end"], now)
    given = RideRequest.objects.filter(
        offer__territory=territory,
        state=RideRequest.State.ACCEPTED,
        picked_at__gte=span["start"],
        picked_at__lt=end,
    ).exclude(offer__state=RideOffer.State.CANCELLED)
    rows = list(given.values_list("picked_at", "offer__driver_id", "passenger_id", "offer__booking_id"))
    known = {(booking, passenger) for _at, _driver, passenger, booking in rows if booking is not None}
    aboard = Passenger.objects.filter(
        trip__territory=territory, trip__booking__start__gte=span["start"], trip__booking__start__lt=end
    ).exclude(trip__booking__state__in=(State.CANCELLED, State.REFUSED, State.NO_SHOW))
    for at, driver, passenger, booking in aboard.values_list(
        "trip__booking__start", "trip__booking__agent_id", "agent_id", "trip__booking_id"
    ):
        if (booking, passenger) not in known:
            rows.append((at, driver, passenger, booking))
    return Rides(
        local_days(minutes_of(r[0] for r in rows), territory.zone),
        np.array([r[1] for r in rows], np.int32),
        np.array([r[2] for r in rows], np.int32),
    ).in_order()


def _costs(territory: Territory, first: dt.date, last: dt.date) -> Costs:
    rows = list(
        RunningCost.objects.filter(trial__territory=territory, day__gte=first, day__lte=last).values_list(
            "day", "trial_id", "euros"
        )
    )
    return Costs(
        np.array([ordinal(r[0]) for r in rows], np.int32),
        np.array([r[1] for r in rows], np.int32),
        np.array([float(r[2]) for r in rows], np.float64),
    ).in_order()


def _people(territory: Territory, stand_ins: set[int]) -> People:
    """Everybody with an account. Of those who have left only that they were there is known: they are followed on no day."""
    rows = list(
        Agent.objects.filter(territory=territory)
        .exclude(pk__in=stand_ins)
        .order_by("pk")
        .values_list(
            "pk", "date_joined", "is_active", "home_commune_id", "organisation__kind", "telework_weekdays",
            "home_lat", "home_lon", "home_commune__lat", "home_commune__lon", "usual_site__lat", "usual_site__lon",
        )
    )  # fmt: skip
    joined = local_days(minutes_of(r[1] for r in rows), territory.zone)
    active = np.array([r[2] for r in rows], np.bool_)
    return People(
        agent=np.array([r[0] for r in rows], np.int32),
        joined=joined,
        left=np.where(active, NEVER, joined).astype(np.int32),
        commune=np.array([r[3] or 0 for r in rows], np.int32),
        employer=np.array([EMPLOYERS.index(r[4] or "") for r in rows], np.uint8),
        can_telework=np.array([bool(r[5]) for r in rows], np.bool_),
        km=np.array([_km(*r[6:]) for r in rows], np.float64),
    )


def _km(
    lat: float | None, lon: float | None, commune_lat: float | None, commune_lon: float | None,
    site_lat: float | None, site_lon: float | None,
) -> float:  # fmt: skip
    if lat is None or lon is None:
        lat, lon = commune_lat, commune_lon
    if lat is None or lon is None or site_lat is None or site_lon is None:
        return math.nan
    return distance_km(lat, lon, site_lat, site_lon)


def _rates(territory_id: int, first: dt.date, last: dt.date) -> Rates:
    """The tables in force from the first day on, and from each day on which another comes into force."""
    since = {known.table.since for tables in versions_of(territory_id).values() for known in tables}
    days = sorted({first, *(d for d in since if first < d <= last)})
    tables = [tables_of(territory_id, day) for day in days]
    return Rates(
        np.array([ordinal(d) for d in days], np.int32),
        np.array([[t.factors.grams(m, CAR_ENERGY if m is Mode.CAR else "")[1] for m in Mode] for t in tables]),
        np.array([t.allowances.first_rate for t in tables]),
        tuple(t.factors.version for t in tables),
        tuple(t.allowances.version for t in tables),
    )


def _lent(territory: Territory, sites: tuple[SiteEntry, ...], first: dt.date, last: dt.date) -> Lent:
    """Desks lent by day of opening. Hours and units as they are now; closures and days with fewer desks as they were.

    Not from the directory: it knows the closures of the last weeks only (booking/directory.py).
    """
    everywhere, own = _closures(territory, first, last)
    fewer = {
        (site, day): desks
        for site, day, desks in DayCapacity.objects.filter(
            territory=territory, day__gte=first, day__lte=last
        ).values_list("site_id", "day", "desks")
    }
    days, ids, desks = [], [], []
    span = range((last - first).days + 1)
    calendar = [first + dt.timedelta(days=n) for n in span]
    for site in sites:
        units = len(site.units_of(Kind.DESK))
        if not units or not site.is_active:
            continue
        shut = sorted((*everywhere, *own.get(site.id, ())), key=lambda c: c.start)
        touched = {d for c in shut for d in _days_of(c, territory.zone)}
        opens = {(h.weekday, h.season) for h in site.hours}
        seasons = site.seasons
        for day in calendar:
            if site.phase and (
                day < site.phase.opens_on or (site.phase.closes_on is not None and day > site.phase.closes_on)
            ):
                continue
            if day in touched:
                is_open = bool(
                    opening_of(
                        day, hours=site.hours, seasons=seasons, closures=shut, departement=site.departement,
                        zone=site.zone, half_day_at=site.half_day_at,
                    ).open
                )  # fmt: skip
            else:
                season = next((s.id for s in seasons if s.covers(day)), None) if seasons else None
                is_open = (day.isoweekday(), season) in opens and not holiday_name(day, site.departement)
            lent = min(units, fewer.get((site.id, day), units))
            if is_open and lent:
                days.append(ordinal(day))
                ids.append(site.id)
                desks.append(lent)
    return Lent(np.array(days, np.int32), np.array(ids, np.int32), np.array(desks, np.int32)).in_order()


def _closures(territory: Territory, first: dt.date, last: dt.date) -> tuple[list[Shut], dict[int, list[Shut]]]:
    span = local_day(first, territory.zone).start, local_day(last, territory.zone).end
    everywhere: list[Shut] = []
    own: dict[int, list[Shut]] = {}
    rows = Closure.objects.filter(territory=territory, end__gt=span[0], start__lt=span[1])
    for site_id, start, end, reason in rows.values_list("site_id", "start", "end", "reason"):
        (everywhere if site_id is None else own.setdefault(site_id, [])).append(Shut(start, end, reason))
    return everywhere, own


def _days_of(shut: Shut, zone: Any) -> list[dt.date]:
    first, last = (ordinal(at.astimezone(zone).date()) for at in (shut.start, shut.end))
    return [date_of(n) for n in range(first, last + 1)]
