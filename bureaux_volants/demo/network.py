"""The demonstration's public transport: an invented network over real places, as a GTFS file that is read like any other.

One rapid line, radial buses from the middle outwards through the communes, two ring lines. Lines, hours and stops between the known
places are invented, and the file, its agency and its lines say so. Far communes have a bus an hour at best, some none at noon:
as it is around many a métropole. Nothing is drawn: the same day gives the same file. No Django here.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from bureaux_volants.territory.calendar import holidays_of_year
from bureaux_volants.territory.geography import distance_km

from . import metz, sites

AGENCY = "Réseau inventé pour la démonstration"
DEPARTEMENT = "57"
#: The timetable is known this long before and after the demonstration's day.
DAYS_BEHIND, DAYS_AHEAD = 70, 300

SECTORS = 16
#: Between two stops, kilometres of the crow; a rapid line stops less often.
SPACING, RAPID_SPACING = 0.55, 0.8
#: Kilometres of line per kilometre of the crow.
DETOUR = 1.25
#: Commercial speeds, km/h: within TOWN_KM of the middle, and beyond; with lanes of its own.
TOWN_KMH, ROAD_KMH, RAPID_KMH, TOWN_KM = 17.0, 30.0, 22.0, 4.0
RAPID_BUS, BUS = 702, 3

_STOPS = {name: (lat, lon) for name, lat, lon in metz.STOPS}
MIDDLE = _STOPS["République"]
#: The rapid line: real places, an invented line.
RAPID = (
    "P+R Woippy", "P+R Rochambeau", "Pontiffroy", "Place d'Armes", "République", "Gare de Metz", "Muse",
    "Route de Borny", "Grigy", "P+R Foire Expo", "Hôpital Mercy",
)  # fmt: skip
#: The rings: kilometres from the middle.
RINGS = (2.2, 4.5)

#: (from, until, headway in minutes) of a weekday, by how a line is served. "HH:MM" bounds; past midnight as GTFS counts.
Headways = tuple[tuple[str, str, int], ...]
OFTEN: Headways = (
    ("05:00", "06:30", 15), ("06:30", "09:00", 8), ("09:00", "16:00", 10), ("16:00", "19:00", 8), ("19:00", "24:30", 20),
)  # fmt: skip
URBAN: Headways = (("05:30", "06:30", 30), ("06:30", "09:00", 15), ("09:00", "16:00", 20), ("16:00", "19:00", 15), ("19:00", "21:30", 30))  # fmt: skip
OUTER: Headways = (("06:00", "09:00", 30), ("11:45", "14:00", 60), ("16:00", "19:30", 30))
RING: Headways = (("06:00", "20:00", 20),)
SATURDAY: dict[Headways, Headways] = {
    OFTEN: (("05:30", "24:30", 15),),
    URBAN: (("06:30", "20:30", 30),),
    OUTER: (("08:00", "19:00", 120),),
    RING: (("08:00", "19:00", 40),),
}
SUNDAY: dict[Headways, Headways] = {
    OFTEN: (("07:00", "23:00", 30),),
    URBAN: (("09:00", "19:30", 60),),
    OUTER: (),
    RING: (),
}


@dataclass(frozen=True, slots=True)
class Called:
    """A stop of a line: its name and place."""

    name: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line and its stops in one direction; it runs both ways."""

    name: str
    kind: int
    headways: Headways
    stops: tuple[Called, ...]


def lines() -> list[Line]:
    """All lines of the network."""
    found = [Line("R (inventée)", RAPID_BUS, OFTEN, _between([Called(n, *_STOPS[n]) for n in RAPID], RAPID_SPACING))]
    middle = Called("République", *MIDDLE)
    for number, points in enumerate(_sectors(), 1):
        stops = _between([middle, *points], SPACING)
        far = _km(middle, points[-1]) > 2 * TOWN_KM
        found.append(Line(f"{number} (inventée)", BUS, OUTER if far else URBAN, stops))
    for number, km in enumerate(RINGS):
        found.append(Line(f"C{number + 1} (inventée)", BUS, RING, _ring(km)))
    return found


def write_network(path: Path, today: dt.date) -> Path:
    """Write the network of the time around `today` as a GTFS file."""
    known = lines()
    stops = {stop: f"i{n}" for n, stop in enumerate(dict.fromkeys(s for line in known for s in line.stops))}
    first, last = today - dt.timedelta(days=DAYS_BEHIND), today + dt.timedelta(days=DAYS_AHEAD)
    span = (f"{first:%Y%m%d}", f"{last:%Y%m%d}")
    trips: list[Sequence[object]] = []
    calls: list[Sequence[object]] = []
    frequencies: list[Sequence[object]] = []
    for line in known:
        for direction, along in enumerate((line.stops, line.stops[::-1])):
            for service, headways in _days(line.headways):
                if not headways:
                    continue
                trip = f"{line.name}/{direction}/{service}"
                trips.append((line.name, service, trip, along[-1].name, direction))
                for n, (stop, seconds) in enumerate(zip(along, _seconds(along, line.kind), strict=True)):
                    calls.append((trip, _clock(seconds), _clock(seconds), stops[stop], n))
                frequencies += [(trip, f"{a}:00", f"{b}:00", minutes * 60, 1) for a, b, minutes in headways]
    away = [
        day
        for year in range(first.year, last.year + 1)
        for day in holidays_of_year(year, DEPARTEMENT)
        if first <= day <= last
    ]
    exceptions = [
        (service, f"{day:%Y%m%d}", kind)
        for day in sorted(away)
        for service, kind in ((_service(day), 2), ("dimanche", 1))
        if _service(day) != "dimanche"
    ]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, columns, rows in (
            ("agency", "agency_id,agency_name,agency_url,agency_timezone,agency_lang", [("i", AGENCY, "https://demonstration.invalid", "Europe/Paris", "fr")]),
            ("feed_info", "feed_publisher_name,feed_publisher_url,feed_lang,feed_start_date,feed_end_date", [(AGENCY, "https://demonstration.invalid", "fr", *span)]),
            ("stops", "stop_id,stop_name,stop_lat,stop_lon", [(stops[s], s.name, f"{s.lat:.5f}", f"{s.lon:.5f}") for s in stops]),
            ("routes", "route_id,agency_id,route_short_name,route_long_name,route_type", [(x.name, "i", x.name, f"{x.stops[0].name} – {x.stops[-1].name}", x.kind) for x in known]),
            ("calendar", "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date",
             [("semaine", *"1111100", *span), ("samedi", *"0000010", *span), ("dimanche", *"0000001", *span)]),
            ("calendar_dates", "service_id,date,exception_type", exceptions),
            ("trips", "route_id,service_id,trip_id,trip_headsign,direction_id", trips),
            ("stop_times", "trip_id,arrival_time,departure_time,stop_id,stop_sequence", calls),
            ("frequencies", "trip_id,start_time,end_time,headway_secs,exact_times", frequencies),
        ):  # fmt: skip
            archive.writestr(f"{name}.txt", _csv(columns, rows))
    return path


def _csv(columns: str, rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns.split(","))
    writer.writerows(rows)
    return text.getvalue()


def _days(headways: Headways) -> tuple[tuple[str, Headways], ...]:
    return ("semaine", headways), ("samedi", SATURDAY[headways]), ("dimanche", SUNDAY[headways])


def _service(day: dt.date) -> str:
    return {5: "samedi", 6: "dimanche"}.get(day.weekday(), "semaine")


def _km(a: Called, b: Called) -> float:
    return distance_km(a.lat, a.lon, b.lat, b.lon)


def _sectors() -> list[list[Called]]:
    """The communes and sites around the middle, by direction, the nearest first: what each radial line goes through."""
    around = [Called(c.name, c.lat, c.lon) for c in metz.COMMUNES]
    around += [Called(s.name, s.lat, s.lon) for s in sites.METROPOLE_SITES + sites.MAIRIES]
    middle = Called("République", *MIDDLE)
    by_direction: dict[int, list[Called]] = {}
    for place in around:
        if _km(middle, place) < SPACING:
            continue
        angle = math.atan2(place.lat - middle.lat, (place.lon - middle.lon) * math.cos(math.radians(middle.lat)))
        by_direction.setdefault(int((angle + math.pi) / (2 * math.pi) * SECTORS) % SECTORS, []).append(place)
    found = []
    for _direction, places in sorted(by_direction.items()):
        places.sort(key=lambda p: (_km(middle, p), p.name))
        # Two names at one place are one stop.
        kept = [p for n, p in enumerate(places) if all(_km(p, q) > SPACING / 2 for q in places[:n])]
        found.append(kept)
    return found


def _between(places: Sequence[Called], spacing: float) -> tuple[Called, ...]:
    """The places with stops between them, named after the one they lead to."""
    found = [places[0]]
    for a, b in pairwise(places):
        parts = max(1, round(_km(a, b) / spacing))
        for n in range(1, parts):
            share = n / parts
            name = f"{b.name}, arrêt {parts - n}"
            found.append(Called(name, a.lat + (b.lat - a.lat) * share, a.lon + (b.lon - a.lon) * share))
        found.append(b)
    return tuple(found)


def _ring(km: float) -> tuple[Called, ...]:
    """Once round the middle, ending where it began, through the known stops that lie about there."""
    lat, lon = MIDDLE
    corners = []
    for n in range(SECTORS):
        angle = 2 * math.pi * n / SECTORS
        corner = Called(
            f"Ceinture {km:.0f} km, {n + 1}",
            lat + km / 111.2 * math.sin(angle),
            lon + km / (111.2 * math.cos(math.radians(lat))) * math.cos(angle),
        )
        corners.append(corner)
    return _between([*corners, corners[0]], SPACING)


def _seconds(along: Sequence[Called], kind: int) -> list[int]:
    """When each stop is called at, seconds after the first."""
    middle = Called("", *MIDDLE)
    found = [0.0]
    for a, b in pairwise(along):
        in_town = min(_km(middle, a), _km(middle, b)) < TOWN_KM
        kmh = RAPID_KMH if kind == RAPID_BUS else TOWN_KMH if in_town else ROAD_KMH
        found.append(found[-1] + _km(a, b) * DETOUR / kmh * 3600)
    return [round(seconds) for seconds in found]


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
