"""Years of one métropole's raw rows: stays, queue, outings, diaries, answers, meetings, rides. Written by the server itself.

Everything is drawn from the row's own number: the same size gives the same rows.
"""

# ruff: noqa: S608 -- constants only

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import connection

from bureaux_volants.booking.models import Kind, Resource
from bureaux_volants.territory.calendar import monday_of
from bureaux_volants.territory.models import Agent, Commune, Site, Territory
from bureaux_volants.trials.models import RunningCost, Survey, Trial, Wave
from bureaux_volants.trials.surveys import scales

from .world import Size, add_territory, bare_bookings

#: Of a year: stays and queue places of an agent, outings of a vehicle, weeks of the diary, rides and meetings of an agent.
STAYS, QUEUED, OUTINGS, DIARY_WEEKS, RIDES, MEETINGS = 40, 4, 500, 4, 2, 1
VEHICLES = 100
COMMUNES = 40
#: From every second trial: after it, so many people took their answers back, and each time five others were left uncounted in each week.
WITHDRAWALS = 40


@dataclass(frozen=True, slots=True)
class Years:
    """How much: `agents` over so many `years`."""

    agents: int = 5_000
    years: int = 10
    sites: int = 60
    desks: int = 500


def write(size: Years, today: dt.date) -> dict[str, int]:
    """One territory of that size; how many rows of each sort were written. Nobody's name has left: the most there is to count."""
    territory = add_territory(1, Size(size.sites, size.desks, size.agents, 0))
    Territory.objects.filter(pk=territory.pk).update(names_kept_days=20_000, vehicle_names_kept_days=20_000)
    _settle(territory, size)
    last = today.replace(day=1) - dt.timedelta(days=1)
    first = dt.date(last.year - size.years, last.month, 1) + dt.timedelta(days=31)
    days = [
        first + dt.timedelta(days=n)
        for n in range((last - first).days + 1)
        if (first + dt.timedelta(days=n)).isoweekday() <= 5
    ]
    values: dict[str, Any] = {"territory": territory.pk, "days": days, "agents": size.agents}
    with bare_bookings(), connection.cursor() as cursor:
        for statement, count in (
            (_STAYS, STAYS * size.agents * size.years),
            (_OUTINGS, OUTINGS * VEHICLES * size.years),
            (_TRIPS, 0),
            (_READINGS, 0),
            (_QUEUE, QUEUED * size.agents * size.years),
            (_RIDES, RIDES * size.agents * size.years),
            (_REQUESTS, 0),
            (_MEETINGS, MEETINGS * size.agents * size.years),
        ):
            cursor.execute(statement, {**values, "count": count})
        for wave, days_of_wave in _waves(territory, size, first):
            cursor.execute(_DIARY if days_of_wave else _ANSWERS, {**values, "wave": wave, "days": days_of_wave})
        cursor.execute(_COVERS, {**values, "count": WITHDRAWALS})
        cursor.execute(_SET_ASIDE, {**values, "count": WITHDRAWALS})
    with connection.cursor() as cursor:
        found = {}
        for table in (
            "booking_booking",
            "booking_waitingentry",
            "fleet_reading",
            "trials_diaryday",
            "trials_response",
            "trials_setaside",
        ):
            cursor.execute(f"SELECT count(*) FROM {table}")
            found[table] = cursor.fetchone()[0]
    return found


def _settle(territory: Territory, size: Years) -> None:
    """Communes where people live, vehicles of the pool, somewhere to work."""
    communes = Commune.objects.bulk_create(
        Commune(territory=territory, code=f"57{n:03d}", name=f"Commune {n}", lat=49 + n / 100, lon=6.0 + (n % 7) / 20)
        for n in range(COMMUNES)
    )
    sites = list(Site.objects.filter(territory=territory).order_by("pk"))
    Resource.objects.bulk_create(
        Resource(
            territory=territory, site=sites[n % size.sites], kind=(Kind.CAR, Kind.BIKE)[n % 2], name=f"Véhicule {n}"
        )
        for n in range(VEHICLES)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {Agent._meta.db_table} SET date_joined = '2000-01-01', "
            "home_commune_id = (%(communes)s::bigint[])[1 + id %% %(homes)s], usual_site_id = (%(sites)s::bigint[])[1 + id %% %(places)s], "
            "telework_weekdays = CASE WHEN id %% 3 = 0 THEN '{}'::smallint[] ELSE '{1}'::smallint[] END WHERE territory_id = %(territory)s",
            {
                "communes": [c.pk for c in communes],
                "homes": len(communes),
                "sites": [s.pk for s in sites],
                "places": len(sites),
                "territory": territory.pk,
            },
        )


def _waves(territory: Territory, size: Years, first: dt.date) -> list[tuple[int, list[dt.date]]]:
    """A trial a year, its weeks of the diary and its two questionnaires: (wave, days of the diary, none for a questionnaire)."""
    made = dt.datetime.combine(first, dt.time(), territory.zone)
    diary = Survey.objects.create(
        territory=territory, code="carnet", kind=Survey.Kind.DIARY, title="Carnet", created_at=made
    )
    who5 = Survey.objects.create(
        territory=territory, code="who5", title="WHO-5", questions=scales.who5(), created_at=made
    )
    found: list[tuple[int, list[dt.date]]] = []
    for year in range(size.years):
        begin = first + dt.timedelta(days=365 * year)
        trial = Trial.objects.create(
            territory=territory,
            slug=f"essai-{year}",
            title=f"Essai {year}",
            question="?",
            outcome="car_km",
            threshold=5,
            baseline_from=begin,
            starts_on=begin + dt.timedelta(days=90),
            ends_on=begin + dt.timedelta(days=360),
            seed=1,
            created_at=made,
        )
        RunningCost.objects.bulk_create(
            RunningCost(trial=trial, day=begin + dt.timedelta(days=30 * n), kind="staff", label="Accueil", euros=1000)
            for n in range(12)
        )
        for number in range(DIARY_WEEKS):
            monday = monday_of(begin + dt.timedelta(days=90 * number)) + dt.timedelta(days=7)
            week = [monday + dt.timedelta(days=n) for n in range(7)]
            wave = Wave.objects.create(
                trial=trial, survey=diary, number=number + 1, moment="during", first_day=week[0], last_day=week[-1]
            )
            found.append((wave.pk, week))
            if number % 2:
                asked = Wave.objects.create(
                    trial=trial, survey=who5, number=number + 1, moment="during", first_day=week[0], last_day=week[-1]
                )
                found.append((asked.pk, []))
    return found


def _drawn(salt: int, of: str) -> str:
    """SQL of a number from 0 to `of` - 1 that looks drawn, from the row's number and a salt."""
    return f"(hashint8(n * 8 + {salt})::bigint + 2147483648) %% {of}"


_THINGS = """
WITH things AS (SELECT array_agg(id ORDER BY id) AS id, array_agg(site_id ORDER BY id) AS site, array_agg(kind ORDER BY id) AS kind,
    count(*)::int AS count FROM booking_resource WHERE territory_id = %(territory)s AND {which}),
people AS (SELECT array_agg(id ORDER BY id) AS id, count(*)::int AS count FROM territory_agent WHERE territory_id = %(territory)s)
"""
_BOOK = f"""
INSERT INTO booking_booking (reference, territory_id, site_id, kind, resource_id, agent_id, booked_by_id, start, "end", held, state,
    is_pinned, features, counterfactual, checked_in_at, checked_in_by, end_reason, created_at)
SELECT {{letter}} || lpad(to_hex(n), 8, '0'), %(territory)s, things.site[1 + t], things.kind[1 + t], things.id[1 + t],
    people.id[1 + p], people.id[1 + p], starts, starts + interval '8 hours', tstzrange(starts, starts + interval '8 hours'), state,
    false, '{{{{}}}}', answer, CASE WHEN state = 'completed' AND {_drawn(5, "10")} < 8 THEN starts END, '', '', starts - interval '5 days'
FROM things CROSS JOIN people CROSS JOIN generate_series(1, %(count)s::bigint) AS n
CROSS JOIN LATERAL (SELECT {_drawn(1, "things.count")} AS t, {_drawn(2, "people.count")} AS p,
    ((%(days)s::date[])[1 + {_drawn(3, "array_length(%(days)s::date[], 1)")}] + time '08:30') AT TIME ZONE 'Europe/Paris' AS starts,
    (ARRAY['completed','completed','completed','completed','completed','completed','completed','cancelled','no_show','refused'])[1 + {_drawn(4, "10")}] AS state,
    (ARRAY['','home','usual_site','other_site','unknown'])[1 + {_drawn(6, "5")}] AS answer) AS drawn
"""
_STAYS = (_THINGS + _BOOK).format(which="kind = 'desk'", letter="'S'")
_OUTINGS = (_THINGS + _BOOK).format(which="kind <> 'desk'", letter="'O'")
_TRIPS = """
INSERT INTO fleet_trip (booking_id, territory_id, destination, lat, lon, km, people, at_home)
SELECT id, territory_id, 'Metz', 49.1, 6.2, 1 + id %% 30, 1, false FROM booking_booking WHERE kind <> 'desk'
"""
_READINGS = """
INSERT INTO fleet_reading (booking_id, resource_id, moment, at, odometer_km, condition, note, is_doubtful)
SELECT id, resource_id, moment, start, 1000 + id %% 1000 + CASE moment WHEN 'taken' THEN 0 ELSE 3 + id %% 60 END, 'good', '', false
FROM booking_booking CROSS JOIN (VALUES ('taken'), ('returned')) AS m(moment) WHERE kind <> 'desk' AND state = 'completed' AND id %% 2 = 0
"""
_QUEUE = (
    _THINGS.format(which="kind = 'desk'")
    + f"""
INSERT INTO booking_waitingentry (territory_id, site_id, kind, agent_id, start, "end", features, state, created_at)
SELECT %(territory)s, things.site[1 + t], 'desk', people.id[1 + p], starts, starts + interval '4 hours', '{{}}', state, starts - interval '2 days'
FROM things CROSS JOIN people CROSS JOIN generate_series(1, %(count)s::bigint) AS n
CROSS JOIN LATERAL (SELECT {_drawn(1, "things.count")} AS t, {_drawn(2, "people.count")} AS p,
    ((%(days)s::date[])[1 + {_drawn(3, "array_length(%(days)s::date[], 1)")}] + time '08:30') AT TIME ZONE 'Europe/Paris' AS starts,
    (ARRAY['served','expired','left'])[1 + {_drawn(4, "3")}] AS state) AS drawn
"""
)
_RIDES = (
    _THINGS.format(which="true")
    + """
INSERT INTO planner_rideoffer (territory_id, driver_id, reference, origin, origin_lat, origin_lon, origin_is_home, destination,
    destination_lat, destination_lon, destination_is_home, depart, arrive, flexible_minutes, max_detour_minutes, seats, taken, energy,
    stops, state, created_at)
SELECT %(territory)s, people.id[1 + p], 'R' || lpad(to_hex(n), 8, '0'), 'A', 49, 6, false, 'B', 49.1, 6.1, false, starts,
    starts + interval '30 minutes', 0, 10, 3, 1, 'diesel', '[]', CASE WHEN n %% 10 = 0 THEN 'cancelled' ELSE 'open' END, starts
FROM things CROSS JOIN people CROSS JOIN generate_series(1, %(count)s::bigint) AS n
CROSS JOIN LATERAL (SELECT n %% people.count AS p,
    ((%(days)s::date[])[1 + (n / people.count * 97 + n) %% array_length(%(days)s::date[], 1)] + time '07:30') AT TIME ZONE 'Europe/Paris' AS starts) AS drawn
ON CONFLICT DO NOTHING
"""
)
_REQUESTS = """
INSERT INTO planner_riderequest (offer_id, passenger_id, origin, origin_is_home, destination, destination_is_home, pick_up, pick_up_lat,
    pick_up_lon, picked_at, "drop", drop_lat, drop_lon, dropped_at, km, detour_minutes, state, asked_at)
SELECT o.id, a.id, 'A', false, 'B', false, 'A', 49, 6, o.depart, 'B', 49.1, 6.1, o.arrive, 12, 1, 'accepted', o.created_at
FROM planner_rideoffer o JOIN territory_agent a ON a.id = o.driver_id + 1 ON CONFLICT DO NOTHING
"""
_MEETINGS = (
    _THINGS.format(which="kind = 'desk'")
    + f"""
INSERT INTO hosting_meeting (territory_id, reference, site_id, agent_id, host_id, title, start, "end", state, sequence, created_at, end_reason)
SELECT %(territory)s, 'M' || lpad(to_hex(n), 8, '0'), things.site[1 + t], people.id[1 + p], people.id[1 + (p + 1) %% people.count], 'Avis',
    starts, starts + interval '30 minutes', 'over', 0, starts, ''
FROM things CROSS JOIN people CROSS JOIN generate_series(1, %(count)s::bigint) AS n
CROSS JOIN LATERAL (SELECT {_drawn(1, "things.count")} AS t, {_drawn(2, "people.count")} AS p,
    ((%(days)s::date[])[1 + {_drawn(3, "array_length(%(days)s::date[], 1)")}] + time '10:00') AT TIME ZONE 'Europe/Paris' AS starts) AS drawn
"""
)
_DIARY = """
INSERT INTO trials_diaryday (id, wave_id, pseudonym, day, trips)
SELECT gen_random_uuid(), %(wave)s, encode(sha256(('pseudonym ' || n)::bytea), 'hex'), day,
    CASE WHEN extract(isodow FROM day) > 5 THEN '[]'::jsonb ELSE jsonb_build_array(
      jsonb_build_object('mode', mode, 'purpose', 'commute', 'km', 2 + n %% 25, 'minutes', 20),
      jsonb_build_object('mode', mode, 'purpose', 'commute', 'km', 2 + n %% 25, 'minutes', NULL),
      jsonb_build_object('mode', 'walk', 'purpose', CASE WHEN n %% 2 = 0 THEN 'business' ELSE 'private' END, 'km', 1.5, 'minutes', 18)) END
FROM generate_series(1, %(agents)s) AS n CROSS JOIN unnest(%(days)s::date[]) AS day
CROSS JOIN LATERAL (SELECT (ARRAY['car','car','bus','bike','train','car'])[1 + n %% 6] AS mode) AS drawn
WHERE (n + extract(doy FROM day)::int) %% 9 > 0
"""
_ANSWERS = """
INSERT INTO trials_response (id, wave_id, pseudonym, language, answers)
SELECT gen_random_uuid(), %(wave)s, encode(sha256(('pseudonym ' || n)::bytea), 'hex'), 'fr',
    jsonb_build_object('who5_1', n %% 6, 'who5_2', (n + 1) %% 6, 'who5_3', (n + 2) %% 6, 'who5_4', n %% 5, 'who5_5', n %% 4)
FROM generate_series(1, %(agents)s) AS n WHERE n %% 5 < 3
"""
_COVERS = """
INSERT INTO trials_cover (trial_id, number, day)
SELECT t.id, n, t.ends_on FROM trials_trial t CROSS JOIN generate_series(1, %(count)s::bigint) AS n
WHERE t.territory_id = %(territory)s AND right(t.slug, 1)::int %% 2 = 1
"""
_SET_ASIDE = """
INSERT INTO trials_setaside (id, cover_id, pseudonym, is_current, monday, days)
SELECT gen_random_uuid(), c.id, encode(sha256(('pseudonym ' || 1 + (97 * c.number + 13 * p) %% %(agents)s)::bytea), 'hex'),
    c.number = %(count)s, w.first_day, ''
FROM trials_cover c JOIN trials_trial t ON t.id = c.trial_id JOIN trials_wave w ON w.trial_id = t.id
JOIN trials_survey s ON s.id = w.survey_id CROSS JOIN generate_series(1, 5) AS p
WHERE t.territory_id = %(territory)s AND s.kind = 'diary'
"""
