"""The whole configuration of a territory as immutable values, cached in the process by its version.

Triggers change `territory.directory_version` (an opaque random number, so that a version that was rolled back never
comes again with other content) whenever a site, an hour, a closure, a unit or a rule changes, whatever code
changes it. A small query asks whether what is known is still true, so that a page or a
booking always works on the present state and pays for it only when it changed.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone

from bureaux_volants.territory.calendar import Day, Hours, Shut, YearlySeason, opening_of

from .pool import Unit, thresholds

CACHED_TERRITORIES = 256


@dataclass(frozen=True, slots=True)
class UnitEntry(Unit):
    """One bookable unit of a site."""

    kind: str = ""
    name: str = ""
    is_active: bool = True
    seats: int | None = None
    #: Kilometres that it can do before it must be charged; None when that is no limit.
    range_km: int | None = None


@dataclass(frozen=True, slots=True)
class PhaseEntry:
    """When a site may be booked at all; `closes_on` is the last day, included."""

    number: int
    name: str
    opens_on: dt.date
    closes_on: dt.date | None
    #: Who may book a desk in it; None: whoever may elsewhere.
    members: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class RuleValues:
    """Booking rules of one kind, every value known (site over territory over the defaults below)."""

    notice_minutes: int = 0
    horizon_days: int = 60
    shortest_minutes: int = 60
    longest_minutes: int = 720
    weekly_limit: int = 3
    approval: str = "automatic"
    approval_hours: int = 24
    approval_default: str = "refused"
    grace_minutes: int = 60
    check_in_early_minutes: int = 30
    turnaround_minutes: int = 0
    is_round_the_clock: bool = False


#: What holds where nobody has decided. A vehicle needs time to be brought back late, to be charged, to be looked at.
DEFAULT_RULES: Mapping[str, RuleValues] = {
    "desk": RuleValues(),
    "car": RuleValues(longest_minutes=3 * 1440, shortest_minutes=30, turnaround_minutes=30, check_in_early_minutes=15),
    "bike": RuleValues(longest_minutes=3 * 1440, shortest_minutes=30, turnaround_minutes=10, check_in_early_minutes=15),
    "cargo_bike": RuleValues(
        longest_minutes=1440, shortest_minutes=30, turnaround_minutes=15, check_in_early_minutes=15
    ),
    "transport_card": RuleValues(longest_minutes=7 * 1440, shortest_minutes=30, check_in_early_minutes=15),
}


@dataclass(frozen=True, slots=True)
class TeleworkPolicy:
    """Décret 2016-151 as this authority applies it."""

    flying_day_counts: bool
    days_per_week: int
    presence_per_week: int
    assessed_by: str


@dataclass(frozen=True)
class SiteEntry:
    """One site with all that decides whether it can be booked."""

    id: int
    slug: str
    name: str
    kind: str
    address: str
    lat: float
    lon: float
    is_active: bool
    organisation_id: int
    organisation_name: str
    commune_code: str
    commune_name: str
    departement: str
    open_to: frozenset[int]
    phase: PhaseEntry | None
    units: tuple[UnitEntry, ...]
    hours: tuple[Hours, ...]
    seasons: tuple[YearlySeason, ...]
    closures: tuple[Shut, ...]
    zone: ZoneInfo
    half_day_at: dt.time
    rules: Mapping[str, RuleValues]
    #: Local day -> desks lent, where a host has lent fewer than there are.
    fewer: Mapping[dt.date, int] = field(default_factory=dict)
    _days: dict[dt.date, Day] = field(default_factory=dict, compare=False, repr=False)
    _in_service: dict[str, tuple[UnitEntry, ...]] = field(default_factory=dict, compare=False, repr=False)

    def day(self, date: dt.date) -> Day:
        """The opening of a local day (kept: a directory is thrown away whole when it changes)."""
        known = self._days.get(date)
        if known is None:
            known = self._days[date] = opening_of(
                date,
                hours=self.hours,
                seasons=self.seasons,
                closures=self.closures,
                departement=self.departement,
                zone=self.zone,
                half_day_at=self.half_day_at,
            )
        return known

    def rules_for(self, kind: str) -> RuleValues:
        return self.rules.get(kind) or DEFAULT_RULES[kind]

    def turnaround(self, kind: str) -> dt.timedelta:
        """How long a unit is kept after each booking."""
        return dt.timedelta(minutes=self.rules_for(kind).turnaround_minutes)

    def most_at(self, kind: str, instant: dt.datetime) -> int | None:
        """How many units of a kind are lent at once on the local day of an instant; None: all there are.

        Whoever had booked before a host lent fewer stays: then there may be more people than this.
        """
        if not self.fewer or kind != "desk":
            return None
        return self.fewer.get(instant.astimezone(self.zone).date())

    def lent_of(self, kind: str, instant: dt.datetime) -> int:
        """How many units of a kind are in service and lent on the local day of an instant."""
        units, most = len(self.units_of(kind)), self.most_at(kind, instant)
        return units if most is None else min(units, most)

    def units_of(self, kind: str) -> tuple[UnitEntry, ...]:
        known = self._in_service.get(kind)
        if known is None:
            known = self._in_service[kind] = tuple(u for u in self.units if u.kind == kind and u.is_active)
        return known


@dataclass(frozen=True)
class Directory:
    """Everything that bookings need to know of a territory, but the bookings."""

    territory_id: int
    version: int
    slug: str
    name: str
    zone: ZoneInfo
    half_day_at: dt.time
    is_demonstration: bool
    telework: TeleworkPolicy
    sites: tuple[SiteEntry, ...]

    @cached_property
    def _by_slug(self) -> dict[str, SiteEntry]:
        return {s.slug: s for s in self.sites}

    @cached_property
    def _by_id(self) -> dict[int, SiteEntry]:
        return {s.id: s for s in self.sites}

    @cached_property
    def departement(self) -> str:
        """Where the territory's people work, for holidays that concern no site in particular."""
        counts: dict[str, int] = {}
        for s in self.sites:
            counts[s.departement] = counts.get(s.departement, 0) + 1
        return max(counts, key=lambda d: counts[d]) if counts else ""

    @cached_property
    def desks_have_turnaround(self) -> bool:
        """Whether a desk is kept after its stay anywhere: only then can it be held beyond the local day."""
        return any(s.turnaround("desk") for s in self.sites)

    def site(self, slug: str) -> SiteEntry:
        """KeyError when the territory has no such site."""
        return self._by_slug[slug]

    def site_by_id(self, site_id: int) -> SiteEntry:
        """KeyError when the territory has no such site."""
        return self._by_id[site_id]

    def today(self, now: dt.datetime) -> dt.date:
        return now.astimezone(self.zone).date()


# One statement, one snapshot: this version and the content it names can never disagree.
_SQL = """
SELECT t.directory_version, json_build_object(
  'slug', t.slug, 'name', t.name, 'zone', t.time_zone, 'half_day_at', t.half_day_at, 'demo', t.is_demonstration,
  'telework', json_build_array(t.flying_day_is_telework, t.telework_days_per_week, t.presence_days_per_week, t.telework_assessed_by),
  'rules', (SELECT coalesce(json_agg(r), '[]') FROM booking_ruleset r WHERE r.territory_id = t.id),
  'sites', (SELECT coalesce(json_agg(json_build_object(
      'id', s.id, 'slug', s.slug, 'name', s.name, 'kind', s.kind, 'address', s.address, 'lat', s.lat, 'lon', s.lon,
      'active', s.is_active, 'organisation', s.organisation_id, 'organisation_name', o.name, 'code', c.code, 'commune', c.name,
      'phase', s.phase_id,
      'open_to', (SELECT coalesce(json_agg(x.organisation_id), '[]') FROM territory_site_open_to x WHERE x.site_id = s.id),
      'units', (SELECT coalesce(json_agg(json_build_array(u.id, u.kind, u.name, u.features, u.is_active, u.seats, u.range_km, u.usable_until) ORDER BY u.name, u.id), '[]')
                FROM booking_resource u WHERE u.site_id = s.id),
      'hours', (SELECT coalesce(json_agg(json_build_array(h.weekday, h.opens_at, h.closes_at, h.season_id)), '[]')
                FROM territory_openinghours h WHERE h.site_id = s.id),
      'seasons', (SELECT coalesce(json_agg(json_build_array(e.id, e.name, e.first_day, e.last_day) ORDER BY e.id), '[]')
                  FROM territory_season e WHERE e.site_id = s.id)
    ) ORDER BY s.name, s.id), '[]')
    FROM territory_site s JOIN territory_organisation o ON o.id = s.organisation_id JOIN territory_commune c ON c.id = s.commune_id
    WHERE s.territory_id = t.id),
  'phases', (SELECT coalesce(json_agg(json_build_array(p.id, p.number, p.name, p.opens_on, p.closes_on, p.is_restricted,
               (SELECT coalesce(json_agg(m.agent_id), '[]') FROM territory_phasemember m WHERE p.is_restricted AND m.phase_id = p.id))), '[]')
             FROM territory_phase p WHERE p.territory_id = t.id),
  'closures', (SELECT coalesce(json_agg(json_build_array(k.site_id, k.start, k."end", k.reason) ORDER BY k.start), '[]')
               FROM territory_closure k WHERE k.territory_id = t.id AND k."end" > %(now)s - interval '70 days'),
  'fewer', (SELECT coalesce(json_agg(json_build_array(d.site_id, d.day, d.desks)), '[]')
            FROM booking_daycapacity d WHERE d.territory_id = t.id AND d.day > %(now)s - interval '70 days')
)
FROM territory_territory t WHERE t.id = %(territory)s
"""

_cache: OrderedDict[tuple[str, int], Directory] = OrderedDict()
_lock = Lock()


def _key(territory_id: int) -> tuple[str, int]:
    """Tests and benchmarks use several databases in one process: a version is only known within its own."""
    settings = connection.settings_dict
    return f"{settings['HOST']}/{settings['PORT']}/{settings['NAME']}", territory_id


def last_known(territory_id: int) -> Directory | None:
    """What this process knew of a territory when it last looked, perhaps no longer true: compare its version."""
    with _lock:
        return _cache.get(_key(territory_id))


def get_directory(territory_id: int, *, anew: bool = False) -> Directory:
    """The present configuration of a territory; KeyError when there is no such territory.

    One query when what is known is still true, when nothing is known, or when the caller knows that it has changed
    (`anew`); two when it turns out to have changed.
    """
    known = None if anew else last_known(territory_id)
    with connection.cursor() as cursor:
        if known is not None:
            # By itself: planning the large statement costs ten times as much as this one.
            cursor.execute("SELECT directory_version FROM territory_territory WHERE id = %s", [territory_id])
            if cursor.fetchone() == (known.version,):
                return known
        cursor.execute(_SQL, {"territory": territory_id, "now": timezone.now()})
        row = cursor.fetchone()
    if row is None:
        raise KeyError(territory_id)
    version, content = row
    fresh = _read(territory_id, version, content if isinstance(content, dict) else json.loads(content))
    key = _key(territory_id)
    with _lock:
        _cache[key] = fresh
        _cache.move_to_end(key)
        while len(_cache) > CACHED_TERRITORIES:
            _cache.popitem(last=False)
    return fresh


def _time(text: str) -> dt.time:
    return dt.time.fromisoformat(text)


def _instant(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text)


def _rules(rows: list[dict[str, Any]]) -> dict[int | None, dict[str, RuleValues]]:
    """Rule values by site (None: the territory's own) and kind; a site's empty fields fall back on the territory's."""
    names = [f.name for f in fields(RuleValues)]

    def values(row: dict[str, Any], base: RuleValues) -> RuleValues:
        said = {n: row[n] for n in names if row[n] not in (None, "")}
        return replace(base, **said)

    by_territory = {r["kind"]: values(r, DEFAULT_RULES[r["kind"]]) for r in rows if r["site_id"] is None}
    found: dict[int | None, dict[str, RuleValues]] = {None: by_territory}
    for row in rows:
        if row["site_id"] is not None:
            mine = found.setdefault(row["site_id"], dict(by_territory))
            mine[row["kind"]] = values(row, by_territory.get(row["kind"], DEFAULT_RULES[row["kind"]]))
    return found


def _read(territory_id: int, version: int, content: dict[str, Any]) -> Directory:
    zone = ZoneInfo(content["zone"])
    half_day_at = _time(content["half_day_at"])
    rules = _rules(content["rules"])
    everywhere: list[Shut] = []
    closures: dict[int, list[Shut]] = {}
    for site_id, start, end, reason in content["closures"]:
        shut = Shut(dt.datetime.fromisoformat(start), dt.datetime.fromisoformat(end), reason)
        (everywhere if site_id is None else closures.setdefault(site_id, [])).append(shut)
    fewer: dict[int, dict[dt.date, int]] = {}
    for site_id, day, desks in content["fewer"]:
        fewer.setdefault(site_id, {})[dt.date.fromisoformat(day)] = desks
    phases = {
        phase_id: PhaseEntry(
            number,
            name,
            dt.date.fromisoformat(opens_on),
            dt.date.fromisoformat(closes_on) if closes_on else None,
            frozenset(members) if is_restricted else None,
        )
        for phase_id, number, name, opens_on, closes_on, is_restricted, members in content["phases"]
    }

    sites = tuple(
        SiteEntry(
            id=s["id"],
            slug=s["slug"],
            name=s["name"],
            kind=s["kind"],
            address=s["address"],
            lat=s["lat"],
            lon=s["lon"],
            is_active=s["active"],
            organisation_id=s["organisation"],
            organisation_name=s["organisation_name"],
            commune_code=s["code"],
            commune_name=s["commune"],
            departement=s["code"][:3] if s["code"].startswith(("97", "98")) else s["code"][:2],
            open_to=frozenset(s["open_to"]),
            phase=phases.get(s["phase"]),
            units=tuple(
                UnitEntry(i, frozenset(fs) | thresholds(kind, seats, km), _instant(until), kind, name, on, seats, km)
                for i, kind, name, fs, on, seats, km, until in s["units"]
            ),
            hours=tuple(Hours(day, _time(opens), _time(closes), season) for day, opens, closes, season in s["hours"]),
            seasons=tuple(YearlySeason(*row) for row in s["seasons"]),
            closures=tuple(sorted([*everywhere, *closures.get(s["id"], ())], key=lambda c: c.start)),
            zone=zone,
            half_day_at=half_day_at,
            rules=rules.get(s["id"], rules[None]),
            fewer=fewer.get(s["id"], {}),
        )
        for s in content["sites"]
    )
    return Directory(
        territory_id=territory_id,
        version=version,
        slug=content["slug"],
        name=content["name"],
        zone=zone,
        half_day_at=half_day_at,
        is_demonstration=content["demo"],
        telework=TeleworkPolicy(*content["telework"]),
        sites=sites,
    )
