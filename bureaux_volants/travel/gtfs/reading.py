"""Read a GTFS feed into plain values, row by row, telling what is wrong and going on with the rest. Pure.

Reference: https://gtfs.org/documentation/schedule/reference/. Choices where it leaves room:
- a row repeated word for word is one row, with a warning; two different rows with one key: the first stands, an error is told
  (for transfers.txt: the last stands);
- blank times are interpolated by position, rounded half up: between two timed stops the k-th of n steps is at k/n of the time
  from the departure of the first to the arrival at the second, whatever the distances;
- a run of frequencies.txt starts at every start + k·headway < end, with exact_times or without; only the differences of the
  template's own times count, from its first departure, and the template itself does not run;
- pickup_type and drop_off_type 1 forbid; 2 and 3 (to be arranged with the agency or the driver) are allowed;
- block_id is ignored: staying aboard is told as a change.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from .problems import Problems
from .tables import Tables, Unreadable

__all__ = ["Feed", "Service", "Stop", "Transfer", "Trip", "Unreadable", "read"]


@dataclass(frozen=True, slots=True)
class Stop:
    """A row of stops.txt. Latitude and longitude are NaN where not given. `kind`: location_type, 0 a platform."""

    id: str
    name: str
    lat: float
    lon: float
    kind: int
    parent: str


@dataclass(frozen=True, slots=True)
class Line:
    """A row of routes.txt: what is painted on the vehicle, and GTFS's number of its kind (0 tram, 1 metro, 2 train, 3 bus…)."""

    name: str
    kind: int


@dataclass(slots=True)
class Service:
    """The days on which trips run: bit i of `weekdays` is weekday i (Monday 0), from `first` to `last` included."""

    weekdays: int = 0
    first: dt.date = dt.date.max
    last: dt.date = dt.date.min
    added: set[dt.date] = field(default_factory=set)
    removed: set[dt.date] = field(default_factory=set)

    def runs(self, day: dt.date) -> bool:
        if day in self.removed:
            return False
        return day in self.added or (self.first <= day <= self.last and bool(self.weekdays >> day.weekday() & 1))


@dataclass(slots=True)
class Trip:
    """A run, or the template of many. Lists run along its stops: indices, seconds after noon minus 12 h, may board, may alight.

    `starts` are the first departures by frequencies.txt; None where the trip runs once, as timed.
    """

    id: str
    line: str
    service: str
    headsign: str
    stops: list[int]
    arrivals: list[int]
    departures: list[int]
    boards: list[bool]
    alights: list[bool]
    starts: list[int] | None = None


@dataclass(frozen=True, slots=True)
class Transfer:
    """A row of transfers.txt between two stops: `forbidden`, or `seconds` (None: as one walks)."""

    origin: str
    destination: str
    forbidden: bool
    seconds: int | None


@dataclass(slots=True)
class Feed:
    name: str
    zone: str
    stops: list[Stop]
    lines: dict[str, Line]
    services: dict[str, Service]
    trips: list[Trip]
    transfers: list[Transfer]


def read(source: Path | BinaryIO, problems: Problems, name: str = "") -> Feed:
    """Read a zip or a folder. Raises Unreadable where there is nothing to read; everything else goes to `problems`.

    `problems.refused` afterwards means that the feed must not be used.
    """
    if not name:
        name = source.name.removesuffix(".zip") if isinstance(source, Path) else "gtfs"
    tables = Tables(source, str(source) if isinstance(source, Path) else name)
    for file in ("agency.txt", "stops.txt", "routes.txt", "trips.txt", "stop_times.txt"):
        if file not in tables:
            if file == "agency.txt":
                problems.warn(file, 0, "absent", "le fichier manque ; le fuseau Europe/Paris est supposé.")
            else:
                problems.refuse(file, "le fichier manque.")
    if "calendar.txt" not in tables and "calendar_dates.txt" not in tables:
        problems.refuse(
            "calendar.txt", "ni calendar.txt ni calendar_dates.txt : aucun jour de circulation n'est connu."
        )
    if problems.refused:
        return Feed(name, "Europe/Paris", [], {}, {}, [], [])
    keyed = _Keyed(tables, problems)
    stops = _stops(keyed, problems)
    lines = {key: _line(key, row) for key, _, row in keyed.rows("routes.txt", "route_id")}
    services = _services(tables, problems)
    trips = _trips(keyed, tables, problems, stops, lines, services)
    _frequencies(tables, problems, trips)
    feed = Feed(
        name, _zone(keyed, problems), stops, lines, services, list(trips.values()),
        _transfers(tables, problems, {stop.id for stop in stops}),
    )  # fmt: skip
    if not feed.trips and not problems.refused:
        problems.refuse("stop_times.txt", "aucune course n'est utilisable.")
    return feed


class _Keyed:
    """Rows of a file with a key of their own: repeated rows are told, and left out."""

    def __init__(self, tables: Tables, problems: Problems) -> None:
        self._tables, self._problems = tables, problems

    def rows(self, file: str, key: str, *needed: str) -> list[tuple[str, int, dict[str, str]]]:
        seen: dict[str, tuple[str, int, dict[str, str]]] = {}
        for line, row in self._tables.rows(file, (key, *needed), self._problems):
            known = seen.get(row[key])
            if known is None:
                seen[row[key]] = (row[key], line, row)
            else:
                _twice(self._problems, file, line, known[1], row == known[2], f"{key} « {row[key]} »")
        return list(seen.values())


def _twice(problems: Problems, file: str, line: int, first: int, same: bool, what: str) -> None:
    if same:
        problems.warn(
            file, line, "ligne répétée", f"répète la ligne {first} ({what}) ; elle n'est comptée qu'une fois."
        )
    else:
        problems.error(
            file,
            line,
            "clé en double",
            f"{what} est déjà décrit autrement à la ligne {first} ; la première est gardée.",
        )


def _line(key: str, row: dict[str, str]) -> Line:
    kind = _whole(row.get("route_type", ""))
    return Line(row.get("route_short_name") or row.get("route_long_name") or key, 3 if kind is None else kind)


def _zone(keyed: _Keyed, problems: Problems) -> str:
    zones: dict[str, int] = {}
    seen: dict[tuple[str, ...], int] = {}
    for line, row in keyed._tables.rows("agency.txt", ("agency_timezone",), problems):
        content = tuple(row.values())
        if content in seen:
            _twice(problems, "agency.txt", line, seen[content], True, "exploitant")
        seen.setdefault(content, line)
        zones.setdefault(row["agency_timezone"], line)
    if len(zones) > 1:
        problems.warn("agency.txt", 0, "fuseaux", f"plusieurs fuseaux ({', '.join(zones)}) ; le premier est retenu.")
    return next(iter(zones), "Europe/Paris")


def _stops(keyed: _Keyed, problems: Problems) -> list[Stop]:
    stops = []
    for key, line, row in keyed.rows("stops.txt", "stop_id"):
        kind = _whole(row.get("location_type", "") or "0")
        lat, lon = _degrees(row.get("stop_lat", ""), 90), _degrees(row.get("stop_lon", ""), 180)
        if kind is None or not 0 <= kind <= 4:
            problems.error(
                "stops.txt", line, "location_type", f"location_type « {row['location_type']} » : attendu 0 à 4."
            )
            continue
        if lat is None or lon is None:
            problems.error("stops.txt", line, "coordonnées", f"l'arrêt « {key} » n'a pas de coordonnées lisibles.")
            continue
        if math.isnan(lat) != math.isnan(lon) or (kind <= 2 and math.isnan(lat)):
            problems.error("stops.txt", line, "coordonnées", f"l'arrêt « {key} » n'a pas de coordonnées.")
            continue
        if abs(lat) < 1e-6 and abs(lon) < 1e-6:
            problems.warn("stops.txt", line, "île nulle", f"l'arrêt « {key} » est posé à la latitude 0, longitude 0.")
        stops.append(Stop(key, row.get("stop_name", "") or key, lat, lon, kind, row.get("parent_station", "")))
    known = {stop.id for stop in stops}
    for stop in stops:
        if stop.parent and stop.parent not in known:
            problems.warn(
                "stops.txt", 0, "parent_station", f"« {stop.id} » : parent_station « {stop.parent} » inconnu."
            )
    return stops


def _services(tables: Tables, problems: Problems) -> dict[str, Service]:
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    services: dict[str, Service] = {}
    seen: dict[str, tuple[int, dict[str, str]]] = {}
    for line, row in tables.rows("calendar.txt", ("service_id", *days, "start_date", "end_date"), problems):
        key = row["service_id"]
        if key in seen:
            first, known = seen[key]
            _twice(problems, "calendar.txt", line, first, known == row, f"service_id « {key} »")
            continue
        seen[key] = (line, row)
        first_day, last_day = _date(row["start_date"]), _date(row["end_date"])
        if first_day is None or last_day is None:
            problems.error("calendar.txt", line, "date", "une date ne se lit pas : attendu AAAAMMJJ.")
            continue
        if any(row[day] not in ("0", "1") for day in days):
            problems.error("calendar.txt", line, "jour", "un jour de la semaine vaut autre chose que 0 ou 1.")
            continue
        if last_day < first_day:
            problems.warn("calendar.txt", line, "période vide", "la fin précède le début : aucun jour ne circule.")
        weekdays = sum(1 << i for i, day in enumerate(days) if row[day] == "1")
        services[key] = Service(weekdays, first_day, last_day)
    exceptions: dict[tuple[str, dt.date], tuple[int, str]] = {}
    for line, row in tables.rows("calendar_dates.txt", ("service_id", "date", "exception_type"), problems):
        day, kind = _date(row["date"]), row["exception_type"]
        if day is None:
            problems.error(
                "calendar_dates.txt", line, "date", f"la date « {row['date']} » ne se lit pas : attendu AAAAMMJJ."
            )
            continue
        if kind not in ("1", "2"):
            problems.error("calendar_dates.txt", line, "exception", f"exception_type « {kind} » : attendu 1 ou 2.")
            continue
        place = (row["service_id"], day)
        if place in exceptions:
            first, known_kind = exceptions[place]
            _twice(
                problems, "calendar_dates.txt", line, first, known_kind == kind, f"{row['service_id']}, {row['date']}"
            )
            continue
        exceptions[place] = (line, kind)
        service = services.setdefault(row["service_id"], Service())
        (service.added if kind == "1" else service.removed).add(day)
    return services


def _trips(
    keyed: _Keyed,
    tables: Tables,
    problems: Problems,
    stops: list[Stop],
    lines: dict[str, Line],
    services: dict[str, Service],
) -> dict[str, Trip]:
    trips: dict[str, Trip] = {}
    for key, line, row in keyed.rows("trips.txt", "trip_id", "route_id", "service_id"):
        if row["route_id"] not in lines:
            problems.error("trips.txt", line, "route_id", f"la ligne « {row['route_id']} » n'est pas dans routes.txt.")
        elif row["service_id"] not in services:
            problems.error(
                "trips.txt", line, "service_id", f"le service « {row['service_id']} » n'est dans aucun calendrier."
            )
        else:
            trips[key] = Trip(key, row["route_id"], row["service_id"], row.get("trip_headsign", ""), [], [], [], [], [])
    _stop_times(tables, problems, trips, stops)
    return {key: trip for key, trip in trips.items() if len(trip.stops) > 1}


@dataclass(frozen=True, slots=True)
class _Call:
    sequence: int
    stop: int
    arrival: int | None
    departure: int | None
    boards: bool
    alights: bool
    headsign: str
    line: int


def _stop_times(tables: Tables, problems: Problems, trips: dict[str, Trip], stops: list[Stop]) -> None:
    file = "stop_times.txt"
    stop_index = {stop.id: i for i, stop in enumerate(stops)}
    calls: dict[str, list[_Call]] = defaultdict(list)
    broken: set[str] = set()
    for line, row in tables.rows(file, ("trip_id", "stop_sequence"), problems):
        key = row["trip_id"]
        if key not in trips:
            problems.error(file, line, "trip_id", f"la course « {key} » n'est pas dans trips.txt, ou en est écartée.")
            continue
        sequence, stop = _whole(row["stop_sequence"]), stop_index.get(row.get("stop_id", ""))
        arrival, departure = row.get("arrival_time", ""), row.get("departure_time", "")
        arrives, departs = _time(arrival), _time(departure)
        wrong = ""
        if sequence is None:
            wrong = f"stop_sequence « {row['stop_sequence']} » n'est pas un nombre entier."
        elif stop is None:
            wrong = f"l'arrêt « {row.get('stop_id', '')} » n'est pas dans stops.txt, ou en est écarté."
        elif (arrival and arrives is None) or (departure and departs is None):
            wrong = (
                f"l'heure « {arrival if arrives is None and arrival else departure} » ne se lit pas : attendu HH:MM:SS."
            )
        elif arrives is not None and departs is not None and departs < arrives:
            wrong = f"le départ ({departure}) précède l'arrivée ({arrival})."
        if wrong or sequence is None or stop is None:
            problems.error(file, line, "passage illisible", f"{wrong} La course « {key} » est écartée.")
            broken.add(key)
            continue
        platform = stops[stop].kind in (0, 4)
        if not platform:
            problems.warn(
                file,
                line,
                "pas un quai",
                f"« {stops[stop].id} » est une gare ou un accès : on n'y monte ni n'y descend.",
            )
        calls[key].append(
            _Call(
                sequence,
                stop,
                arrives if arrives is not None else departs,
                departs if departs is not None else arrives,
                platform and row.get("pickup_type", "") != "1",
                platform and row.get("drop_off_type", "") != "1",
                row.get("stop_headsign", ""),
                line,
            )
        )
    for key, trip in trips.items():
        if key in broken:
            continue
        if len(calls[key]) < 2:
            problems.warn("trips.txt", 0, "course sans passages", f"la course « {key} » a moins de deux passages.")
            continue
        _lay(trip, _in_order(problems, calls[key]), problems)


def _in_order(problems: Problems, calls: list[_Call]) -> list[_Call]:
    calls.sort(key=lambda call: call.sequence)
    kept: list[_Call] = []
    for call in calls:
        if kept and kept[-1].sequence == call.sequence:
            one, other = kept[-1], call
            same = (one.stop, one.arrival, one.departure) == (other.stop, other.arrival, other.departure)
            _twice(problems, "stop_times.txt", call.line, one.line, same, f"stop_sequence {call.sequence}")
        else:
            kept.append(call)
    return kept


def _lay(trip: Trip, calls: list[_Call], problems: Problems) -> None:
    """Write the calls into the trip, blank times filled; leave it empty where they make no sense."""
    file = "stop_times.txt"
    for call in (calls[0], calls[-1]):
        if call.arrival is None:
            problems.error(
                file, call.line, "bout sans heure", f"le premier ou dernier arrêt de « {trip.id} » n'a pas d'heure ; "
                "la course est écartée.",
            )  # fmt: skip
            return
    arrivals, departures = interpolate([call.arrival for call in calls], [call.departure for call in calls])
    for i in range(1, len(calls)):
        if arrivals[i] < departures[i - 1]:
            problems.error(
                file, calls[i].line, "heures à rebours", f"la course « {trip.id} » remonte le temps ; elle est écartée."
            )
            return
    trip.stops = [call.stop for call in calls]
    trip.arrivals, trip.departures = arrivals, departures
    trip.boards, trip.alights = [call.boards for call in calls], [call.alights for call in calls]
    trip.headsign = trip.headsign or calls[0].headsign


def interpolate(arrivals: list[int | None], departures: list[int | None]) -> tuple[list[int], list[int]]:
    """Fill blank times by position, rounded half up. The first and the last must be given."""
    known = [i for i, time in enumerate(arrivals) if time is not None]
    for before, after in pairwise(known):
        start, end, steps = departures[before], arrivals[after], after - before
        assert start is not None
        assert end is not None
        for k in range(1, steps):
            arrivals[before + k] = departures[before + k] = start + (2 * (end - start) * k + steps) // (2 * steps)
    return [time for time in arrivals if time is not None], [time for time in departures if time is not None]


def _frequencies(tables: Tables, problems: Problems, trips: dict[str, Trip]) -> None:
    file = "frequencies.txt"
    seen: dict[tuple[str, ...], int] = {}
    for line, row in tables.rows(file, ("trip_id", "start_time", "end_time", "headway_secs"), problems):
        content = tuple(row.values())
        if content in seen:
            _twice(problems, file, line, seen[content], True, f"trip_id « {row['trip_id']} »")
            continue
        seen[content] = line
        trip = trips.get(row["trip_id"])
        start, end, headway = _time(row["start_time"]), _time(row["end_time"]), _whole(row["headway_secs"])
        if trip is None:
            problems.error(file, line, "trip_id", f"la course « {row['trip_id']} » n'existe pas, ou est écartée.")
            continue
        if trip.starts is None:
            trip.starts = []  # a template does not run by itself, even where its frequencies cannot be read
        if start is None or end is None:
            problems.error(file, line, "heure", "start_time ou end_time ne se lit pas : attendu HH:MM:SS.")
        elif headway is None or headway <= 0:
            problems.error(
                file, line, "intervalle", f"headway_secs « {row['headway_secs']} » : attendu un entier positif."
            )
        else:
            if row.get("exact_times", "") not in ("", "0", "1"):
                problems.warn(file, line, "exact_times", f"exact_times « {row['exact_times']} » : attendu 0 ou 1.")
            if end <= start:
                problems.warn(file, line, "période vide", "end_time ne suit pas start_time : aucun départ.")
            trip.starts.extend(range(start, end, headway))


def _transfers(tables: Tables, problems: Problems, stops: set[str]) -> list[Transfer]:
    file = "transfers.txt"
    found: dict[tuple[str, str], tuple[Transfer, int]] = {}
    for line, row in tables.rows(file, (), problems):
        origin, destination = row.get("from_stop_id", ""), row.get("to_stop_id", "")
        kind, seconds = row.get("transfer_type", "") or "0", row.get("min_transfer_time", "")
        if kind in ("4", "5"):
            problems.warn(file, line, "à bord", f"transfer_type {kind} (rester à bord ou non) est ignoré.")
            continue
        if any(row.get(column) for column in ("from_route_id", "to_route_id", "from_trip_id", "to_trip_id")):
            problems.warn(file, line, "propre à une ligne", "une règle propre à une ligne ou à une course est ignorée.")
            continue
        unknown = [stop for stop in (origin, destination) if stop not in stops]
        if unknown:
            problems.error(file, line, "arrêt", f"l'arrêt « {unknown[0]} » n'est pas dans stops.txt, ou en est écarté.")
            continue
        if kind not in ("0", "1", "2", "3"):
            problems.error(file, line, "transfer_type", f"transfer_type « {kind} » : attendu 0 à 5.")
            continue
        least = _whole(seconds) if seconds else None
        if seconds and (least is None or least < 0):
            problems.error(file, line, "durée", f"min_transfer_time « {seconds} » : attendu un entier positif ou nul.")
            continue
        if kind == "2" and least is None:
            problems.warn(
                file, line, "durée", "transfer_type 2 sans min_transfer_time : la durée de marche est retenue."
            )
        rule = Transfer(origin, destination, kind == "3", least)
        if (origin, destination) in found:
            known, first = found[origin, destination]
            if known == rule:
                _twice(problems, file, line, first, True, f"{origin} → {destination}")
            else:
                problems.warn(file, line, "paire répétée", f"{origin} → {destination} remplace la ligne {first}.")
        found[origin, destination] = (rule, line)
    return [rule for rule, _ in found.values()]


def _time(text: str) -> int | None:
    """H:MM:SS, any number of hours; seconds after noon minus 12 h."""
    parts = text.split(":")
    if len(parts) != 3 or not all(part.isdigit() and part.isascii() for part in parts):
        return None
    hours, minutes, seconds = (int(part) for part in parts)
    # A week is beyond any trip; more would not fit the flat arrays.
    return hours * 3600 + minutes * 60 + seconds if hours <= 168 and minutes < 60 and seconds < 60 else None


def _date(text: str) -> dt.date | None:
    if len(text) != 8 or not text.isdigit():
        return None
    try:
        return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def _whole(text: str) -> int | None:
    digits = text.removeprefix("-")
    return int(text) if digits.isdigit() and digits.isascii() and len(digits) < 10 else None


def _degrees(text: str, limit: int) -> float | None:
    """NaN for an empty text, None for one that is no angle."""
    if not text:
        return math.nan
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) <= limit else None
