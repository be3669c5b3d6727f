"""The benchmark's data: territories of sixty sites and five hundred desks, years of history, a fortnight ahead.

Sites, desks and agents go through the models. Bookings are written by the server itself (`INSERT … SELECT`), with their
indexes and constraints taken off meanwhile and put back exactly as they were: what is measured afterwards is the
product's own schema.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection

from bureaux_volants.booking.models import Booking, Kind, Resource
from bureaux_volants.territory.calendar import monday_of
from bureaux_volants.territory.models import Agent, Commune, OpeningHours, Organisation, Site, Territory

#: Coming working days that have bookings.
DAYS_AHEAD = 10
#: Of a hundred desks on a coming working day, how many are taken for the whole day, the morning, the afternoon.
WHOLE, MORNING, AFTERNOON = 45, 10, 10

_TABLE = Booking._meta.db_table


@dataclass(frozen=True, slots=True)
class Size:
    """How large one territory is: at least three agents a desk. `past` is its number of past bookings."""

    sites: int = 60
    desks: int = 500
    agents: int = 1_500
    past: int = 200_000


def working_days(after: dt.date, count: int) -> list[dt.date]:
    """The next `count` days after `after` from Monday to Friday; holidays count as any other day."""
    found: list[dt.date] = []
    day = after
    while len(found) < count:
        day += dt.timedelta(days=1)
        if day.isoweekday() <= 5:
            found.append(day)
    return found


def add_territory(number: int, size: Size) -> Territory:
    """One territory with its sites (the desks dealt out evenly) and agents, without bookings."""
    territory = Territory.objects.create(
        siren=f"{number:09d}", name=f"Territoire {number}", slug=f"territoire-{number}"
    )
    employer = Organisation.objects.create(
        territory=territory, siret=f"{number:014d}", name=f"Métropole {number}", kind=Organisation.Kind.INTERCOMMUNAL
    )
    commune = Commune.objects.create(territory=territory, code="57463", name="Commune", lat=49.12, lon=6.18)
    sites = Site.objects.bulk_create(
        Site(
            territory=territory,
            organisation=employer,
            commune=commune,
            slug=f"site-{n}",
            name=f"Site {n}",
            kind=Site.Kind.MAIRIE,
            lat=49.0 + (n % 8) / 40,
            lon=6.0 + (n // 8) / 40,
        )
        for n in range(size.sites)
    )
    OpeningHours.objects.bulk_create(
        OpeningHours(site=site, weekday=weekday, opens_at=opens, closes_at=closes)
        for site in sites
        for weekday in range(1, 6)
        for opens, closes in ((dt.time(8), dt.time(12, 30)), (dt.time(13, 30), dt.time(18)))
    )
    Resource.objects.bulk_create(
        Resource(territory=territory, site=sites[n % size.sites], kind=Kind.DESK, name=f"Bureau {n // size.sites + 1}")
        for n in range(size.desks)
    )
    add_agents(territory, size.agents, "agent")
    return territory


def add_agents(territory: Territory, count: int, name: str) -> list[int]:
    """So many people of the territory, `name`0, `name`1…, who cannot sign in with a password. Returns their keys."""
    first = Agent(territory=territory, email=f"{name}0@territoire-{territory.pk}.example", password="!")
    first.save()
    columns = [f.column for f in Agent._meta.local_concrete_fields if not f.primary_key]
    # The others are like the first, but for their address.
    email = "%(name)s || n || substr(email, strpos(email, '@'))"
    like = ", ".join(email if c == "email" else f'"{c}"' for c in columns)
    names = ", ".join(f'"{c}"' for c in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Agent._meta.db_table} ({names}) SELECT {like} FROM {Agent._meta.db_table}, "  # noqa: S608
            "generate_series(1, %(last)s) AS n WHERE id = %(first)s RETURNING id",
            {"name": name, "last": count - 1, "first": first.pk},
        )
        return [first.pk, *(row[0] for row in cursor.fetchall())]


@contextmanager
def bare_bookings() -> Iterator[None]:
    """Bookings without indexes, exclusion constraints and triggers inside the block; all are rebuilt at its end."""
    again: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('x', 'u')",
            [_TABLE],
        )
        for name, definition in cursor.fetchall():
            cursor.execute(f'ALTER TABLE {_TABLE} DROP CONSTRAINT "{name}"')
            again.append(f'ALTER TABLE {_TABLE} ADD CONSTRAINT "{name}" {definition}')
        cursor.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
            "WHERE indrelid = %s::regclass AND NOT indisprimary",
            [_TABLE],
        )
        for name, definition in cursor.fetchall():
            cursor.execute(f"DROP INDEX {name}")
            again.append(definition)
        cursor.execute("SET session_replication_role = replica")  # foreign keys and triggers rest
        yield
        cursor.execute("RESET session_replication_role")
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for statement in again:
            cursor.execute(statement)
        cursor.execute("RESET maintenance_work_mem")
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("CHECKPOINT")


_KEYS = """
WITH desks AS (
    SELECT array_agg(id ORDER BY id) AS id, array_agg(site_id ORDER BY id) AS site, count(*)::int AS count
    FROM booking_resource WHERE territory_id = %(territory)s
), people AS (
    SELECT array_agg(id ORDER BY id) AS id, count(*)::int AS count FROM territory_agent WHERE territory_id = %(territory)s
)
"""
_INSERT = """
INSERT INTO booking_booking (reference, territory_id, site_id, kind, resource_id, agent_id, booked_by_id, start, "end",
    held, state, is_pinned, features, counterfactual, checked_in_by, end_reason, created_at)
SELECT (CASE WHEN state = 'confirmed' THEN 'C' ELSE 'P' END) || lpad(to_hex(%(territory)s), 4, '0') || lpad(to_hex(n), 6, '0'),
    %(territory)s, desks.site[1 + desk], 'desk', desks.id[1 + desk], people.id[1 + person], people.id[1 + person],
    starts, ends, tstzrange(starts, ends), state, false, '{}', '', '', '', least(starts, now()) - interval '5 days'
FROM wanted CROSS JOIN desks CROSS JOIN people
"""

# The person of desk k on day d is number 97 d + 3 k: nobody has two desks on one day, everybody's days vary.
_COMING = f"""
{_KEYS}, wanted AS (
    SELECT row_number() OVER ()::int AS n, desk, (97 * d + 3 * desk) %% people.count AS person, 'confirmed' AS state,
        (day + CASE WHEN dice BETWEEN %(morning)s AND %(busy)s - 1 THEN time '13:30' ELSE time '08:30' END)
            AT TIME ZONE 'Europe/Paris' AS starts,
        (day + CASE WHEN dice BETWEEN %(whole)s AND %(morning)s - 1 THEN time '12:30' ELSE time '17:30' END)
            AT TIME ZONE 'Europe/Paris' AS ends
    FROM unnest(%(days)s::date[]) WITH ORDINALITY AS ahead(day, d)
    CROSS JOIN desks CROSS JOIN people CROSS JOIN LATERAL generate_series(0, desks.count - 1) AS desk
    CROSS JOIN LATERAL (SELECT (desk * 37 + d * 61 + (desk * d) %% 7 * 13) %% 100) AS thrown(dice)
    WHERE dice < %(busy)s
) {_INSERT}
"""  # noqa: S608 -- constants only

# Newest first: as many a working day as there are ahead, back to wherever `past` leads.
_PAST = f"""
{_KEYS}, wanted AS (
    SELECT n, (n %% %(per_day)s * 7 + d * 13) %% desks.count AS desk,
        (97 * d + 3 * (n %% %(per_day)s)) %% people.count AS person,
        CASE WHEN n %% 100 < 85 THEN 'completed' WHEN n %% 100 < 95 THEN 'cancelled' ELSE 'no_show' END AS state,
        (day + time '08:30') AT TIME ZONE 'Europe/Paris' AS starts,
        (day + time '17:30') AT TIME ZONE 'Europe/Paris' AS ends
    FROM desks CROSS JOIN people CROSS JOIN generate_series(1, %(past)s) AS n
    CROSS JOIN LATERAL (SELECT n / %(per_day)s) AS back(d)
    CROSS JOIN LATERAL (SELECT %(monday)s::date - 3 - (d / 5) * 7 - d %% 5) AS date(day)
) {_INSERT}
"""  # noqa: S608 -- constants only


def fill(territory: Territory, past: int, today: dt.date) -> None:
    """Write the territory's bookings: `past` of them before this week, and those of the coming working days."""
    desks = Resource.objects.filter(territory=territory).count()
    with connection.cursor() as cursor:
        cursor.execute(
            _COMING,
            {
                "territory": territory.pk,
                "days": working_days(today, DAYS_AHEAD),
                "whole": WHOLE,
                "morning": WHOLE + MORNING,
                "busy": WHOLE + MORNING + AFTERNOON,
            },
        )
        cursor.execute(
            _PAST,
            {
                "territory": territory.pk,
                "past": past,
                "per_day": max(1, desks * 55 // 100),
                "monday": monday_of(today),
            },
        )


def load(numbers: range, size: Size, today: dt.date) -> None:
    """Add these territories with all their bookings, the indexes rebuilt after."""
    territories = [add_territory(number, size) for number in numbers]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with bare_bookings():
        for territory in territories:
            fill(territory, size.past, today)
