"""The pool as GBFS 3.0 feeds, so that any trip planner can see it. Pure: facts in, the content of each feed out.

General Bikeshare Feed Specification v3.0, https://github.com/MobilityData/gbfs/blob/v3.0/gbfs.md: stations are the sites, every vehicle
returns to its own. Transport cards are no vehicles and are not told. Nothing personal is: a vehicle that is out is
not in the feed, and its identifier is another after each trip, so that nobody's trips can be strung together.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bureaux_volants.territory.calendar import Hours, YearlySeason

VERSION = "3.0"
#: Seconds that a copy may be used for.
TTL = 60
FEEDS = (
    "gbfs",
    "gbfs_versions",
    "system_information",
    "vehicle_types",
    "station_information",
    "station_status",
    "vehicle_status",
    "system_regions",
)
#: The standard wants a range of every motor: where the tank is filled anywhere and no range is known, an ordinary one.
TANK_KM = 600
LANGUAGE = "fr"

_FORMS = {"car": "car", "bike": "bicycle", "cargo_bike": "cargo_bicycle"}
_PROPULSIONS = {
    "diesel": "combustion_diesel",
    "petrol": "combustion",
    "hybrid": "hybrid",
    "electric": "electric",
    "assisted": "electric_assist",
    "human": "human",
}
_WHEELS = {"car": 4, "bike": 2}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")


@dataclass(frozen=True, slots=True)
class System:
    """A territory. `base` is the address under which its feeds are, `pages` that of its pages; both end with a slash."""

    id: str
    name: str
    timezone: str
    contact: str
    base: str
    pages: str


@dataclass(frozen=True, slots=True)
class Station:
    """A site that lends vehicles. `opening` in OpenStreetMap's form."""

    id: str
    name: str
    address: str
    lat: float
    lon: float
    region: str
    region_name: str
    opening: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Lent:
    """One vehicle, car or bike. `token` is its identifier until its next trip."""

    token: str
    station: str
    kind: str
    energy: str
    model: str
    seats: int | None
    range_km: int | None
    charge_percent: int | None
    is_out: bool
    is_reserved: bool
    is_disabled: bool
    free_until: dt.datetime | None

    @property
    def type_id(self) -> str:
        """Alike vehicles share a type."""
        words = [self.kind, self.energy, self.model, str(self.seats or 1), str(self.range_km or "")]
        return "-".join("".join(c if c.isalnum() else "_" for c in word.casefold()) for word in words if word)

    @property
    def has_motor(self) -> bool:
        return self.energy != "human"

    @property
    def is_available(self) -> bool:
        return not (self.is_out or self.is_reserved or self.is_disabled)


def feed(name: str, system: System, stations: Sequence[Station], vehicles: Sequence[Lent], now: dt.datetime) -> Any:
    """The whole content of a feed of FEEDS, ready for JSON. KeyError for another name."""
    contents: dict[str, Callable[[], dict[str, Any]]] = {
        "gbfs": lambda: {"feeds": [{"name": f, "url": f"{system.base}{f}.json"} for f in FEEDS]},
        "gbfs_versions": lambda: {"versions": [{"version": VERSION, "url": f"{system.base}gbfs.json"}]},
        "system_information": lambda: _system(system, stations),
        "vehicle_types": lambda: {"vehicle_types": _types(vehicles)},
        "station_information": lambda: {"stations": _information(system, stations, vehicles)},
        "station_status": lambda: {"stations": _status(stations, vehicles, now)},
        "vehicle_status": lambda: {"vehicles": [_vehicle(v) for v in vehicles if not v.is_out]},
        "system_regions": lambda: {"regions": _regions(stations)},
    }
    return {"last_updated": _instant(now), "ttl": TTL, "version": VERSION, "data": contents[name]()}


def _instant(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(words: str) -> list[dict[str, str]]:
    return [{"text": words, "language": LANGUAGE}]


def _system(system: System, stations: Sequence[Station]) -> dict[str, Any]:
    openings = {s.opening for s in stations}
    return {
        "system_id": system.id,
        "languages": [LANGUAGE],
        "name": _text(system.name),
        # What differs from site to site is told of each.
        "opening_hours": openings.pop() if len(openings) == 1 else "24/7",
        "feed_contact_email": system.contact,
        "timezone": system.timezone,
    }


def _types(vehicles: Iterable[Lent]) -> list[dict[str, Any]]:
    known: dict[str, dict[str, Any]] = {}
    for v in vehicles:
        told: dict[str, Any] = {
            "vehicle_type_id": v.type_id,
            "form_factor": _FORMS[v.kind],
            "propulsion_type": _PROPULSIONS[v.energy],
            "rider_capacity": v.seats or 1,
            "return_constraint": "roundtrip_station",
        }
        if v.model:
            told["model"] = _text(v.model)
        if v.has_motor:
            told["max_range_meters"] = 1000 * (v.range_km or TANK_KM)
        if v.kind in _WHEELS:
            told["wheel_count"] = _WHEELS[v.kind]
        known[v.type_id] = told
    return [known[key] for key in sorted(known)]


def _information(system: System, stations: Sequence[Station], vehicles: Iterable[Lent]) -> list[dict[str, Any]]:
    homes = Counter(v.station for v in vehicles)
    found = []
    for s in stations:
        told: dict[str, Any] = {
            "station_id": s.id,
            "name": _text(s.name),
            "lat": s.lat,
            "lon": s.lon,
            "region_id": s.region,
            "station_opening_hours": s.opening,
            "rental_methods": ["key"],
            "capacity": homes[s.id],
            "rental_uris": {"web": f"{system.pages}prendre/?site_slug={s.id}"},
        }
        if s.address:
            told["address"] = s.address
        found.append(told)
    return found


def _status(stations: Sequence[Station], vehicles: Sequence[Lent], now: dt.datetime) -> list[dict[str, Any]]:
    here: Mapping[str, list[Lent]] = {s.id: [v for v in vehicles if v.station == s.id] for s in stations}
    found = []
    for s in stations:
        available = Counter(v.type_id for v in here[s.id] if v.is_available)
        found.append(
            {
                "station_id": s.id,
                "num_vehicles_available": available.total(),
                "vehicle_types_available": [
                    {"vehicle_type_id": kind, "count": available[kind]} for kind in sorted({v.type_id for v in here[s.id]})
                ],
                "num_vehicles_disabled": sum(1 for v in here[s.id] if v.is_disabled),
                "is_installed": True,
                "is_renting": s.is_open,
                "is_returning": True,
                "last_reported": _instant(now),
            }
        )  # fmt: skip
    return found


def _vehicle(v: Lent) -> dict[str, Any]:
    told: dict[str, Any] = {
        "vehicle_id": v.token,
        "vehicle_type_id": v.type_id,
        "station_id": v.station,
        "home_station_id": v.station,
        "is_reserved": v.is_reserved,
        "is_disabled": v.is_disabled,
    }
    if v.has_motor:
        full = v.charge_percent if v.charge_percent is not None else 100
        told["current_range_meters"] = 10 * full * (v.range_km or TANK_KM)
        if v.charge_percent is not None:
            told["current_fuel_percent"] = v.charge_percent / 100
    if v.free_until is not None:
        told["available_until"] = _instant(v.free_until)
    return told


def _regions(stations: Iterable[Station]) -> list[dict[str, Any]]:
    known = {s.region: s.region_name for s in stations}
    return [{"region_id": code, "name": _text(known[code])} for code in sorted(known)]


def opening_hours(hours: Iterable[Hours], seasons: Iterable[YearlySeason] = ()) -> str:
    """Weekly hours in OpenStreetMap's form: `Mo-Fr 08:00-18:30; PH off`; `off` when it never opens.

    A season is told after the ordinary week, closed first, so that its own days alone are open: what comes later counts.
    """
    kept = list(hours)
    told = _week([h for h in kept if h.season is None])
    for season in seasons:
        dates = "-".join(f"{_MONTHS[int(at[:2]) - 1]} {at[3:]}" for at in (season.first_day, season.last_day))
        told += [f"{dates} {spans}" for spans in ("off", *_week([h for h in kept if h.season == season.id]))]
    return "; ".join([*told, "PH off"]) if any("off" not in spans for spans in told) else "off"


def _week(hours: Iterable[Hours]) -> list[str]:
    by_day: dict[int, list[str]] = {}
    for h in sorted(hours, key=lambda h: (h.weekday, h.opens_at)):
        by_day.setdefault(h.weekday, []).append(f"{h.opens_at:%H:%M}-{h.closes_at:%H:%M}")
    runs: list[tuple[int, int, str]] = []
    for day in sorted(by_day):
        spans = ",".join(by_day[day])
        if runs and runs[-1][1] == day - 1 and runs[-1][2] == spans:
            runs[-1] = (runs[-1][0], day, spans)
        else:
            runs.append((day, day, spans))
    return [f"{_DAYS[a - 1]}{f'-{_DAYS[b - 1]}' if b > a else ''} {spans}" for a, b, spans in runs]
