"""Earliest arrivals by trying every pair of stops of every run, round after round: from the definition, sharing no code."""

import csv
import datetime as dt
import io
import math
import zipfile
from fractions import Fraction

INF = float("inf")


def table(path, name):
    with zipfile.ZipFile(path) as archive:
        if name not in archive.namelist():
            return []
        return list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"))))


def clock(text):
    hours, minutes, seconds = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)


def runs_on(path, day):
    """Service days and what runs: lists of (stop, arrival, departure, may board, may alight)."""
    key = day.strftime("%Y%m%d")
    names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    active = set()
    for row in table(path, "calendar.txt"):
        if row[names[day.weekday()]] == "1" and row["start_date"] <= key <= row["end_date"]:
            active.add(row["service_id"])
    for row in table(path, "calendar_dates.txt"):
        if row["date"] == key:
            (active.add if row["exception_type"] == "1" else active.discard)(row["service_id"])
    calls, starts = {}, {}
    for row in table(path, "stop_times.txt"):
        calls.setdefault(row["trip_id"], {})[int(row["stop_sequence"])] = row
    for row in {tuple(row.items()): row for row in table(path, "frequencies.txt")}.values():
        moment = clock(row["start_time"])
        mine = starts.setdefault(row["trip_id"], [])
        while moment < clock(row["end_time"]):
            mine.append(moment)
            moment += int(row["headway_secs"])
    for trip in {row["trip_id"]: row for row in table(path, "trips.txt")}.values():
        if trip["service_id"] not in active:
            continue
        rows = [calls[trip["trip_id"]][n] for n in sorted(calls[trip["trip_id"]])]
        timed = [i for i, row in enumerate(rows) if row["arrival_time"]]
        laid = []
        for i, row in enumerate(rows):
            if row["arrival_time"]:
                a, d = clock(row["arrival_time"]), clock(row["departure_time"])
            else:
                before, after = max(t for t in timed if t < i), min(t for t in timed if t > i)
                left, there = clock(rows[before]["departure_time"]), clock(rows[after]["arrival_time"])
                a = d = math.floor(left + Fraction((there - left) * (i - before), after - before) + Fraction(1, 2))
            laid.append((row["stop_id"], a, d, row.get("pickup_type") != "1", row.get("drop_off_type") != "1"))
        for start in starts.get(trip["trip_id"], [laid[0][2]]):
            shift = start - laid[0][2]
            yield [(s, a + shift, d + shift, b, g) for s, a, d, b, g in laid]


def haversine(a, b):
    p, q = math.radians(a[0]), math.radians(b[0])
    h = math.sin((q - p) / 2) ** 2 + math.cos(p) * math.cos(q) * math.sin(math.radians(b[1] - a[1]) / 2) ** 2
    return 2 * 6371000 * math.asin(math.sqrt(h))


class Brute:
    def __init__(self, paths, date, rules):
        self.rules = rules
        self.runs, self.where, ruled = [], {}, {}
        for path in paths:
            prefix = f"{path.name.removesuffix('.zip')}:" if len(paths) > 1 else ""
            for shift in range(-rules["days_before"], rules["days_after"] + 1):
                for run in runs_on(path, dt.date.fromisoformat(date) + dt.timedelta(days=shift)):
                    off = shift * 86400
                    self.runs.append([(prefix + s, a + off, d + off, b, g) for s, a, d, b, g in run])
            for row in table(path, "stops.txt"):
                self.where[prefix + row["stop_id"]] = (float(row["stop_lat"]), float(row["stop_lon"]))
            for row in table(path, "transfers.txt"):
                ruled[prefix + row["from_stop_id"], prefix + row["to_stop_id"]] = row
        self.walk, self.change = {}, {}
        for a in self.where:
            for b in self.where:
                rule = ruled.get((a, b))
                metres = haversine(self.where[a], self.where[b])
                seconds = math.ceil(metres / rules["walk_speed"])
                extra = rules["change_s"]
                if rule is not None and rule["transfer_type"] == "3":
                    continue
                if rule is not None and rule["min_transfer_time"]:
                    seconds, extra = int(rule["min_transfer_time"]), 0
                elif a == b:
                    seconds = 0
                elif rule is None and metres > rules["walk_radius_m"]:
                    continue
                if a != b:
                    self.walk[a, b] = seconds
                self.change[a, b] = seconds + extra

    def rounds(self, origin, depart, most=99):
        """reached[k][stop]: earliest presence with at most k rides."""
        ready = {origin: depart} | {b: depart + s for (a, b), s in self.walk.items() if a == origin}
        reached = [dict(ready)]
        ridden = {}
        while len(reached) <= most:
            new = dict(ridden)
            for run in self.runs:
                for i, (stop, _, leaves, boards, _) in enumerate(run):
                    if boards and ready.get(stop, INF) <= leaves:
                        for to, arrives, _, _, alights in run[i + 1 :]:
                            if alights and arrives < new.get(to, INF):
                                new[to] = arrives
            if new == ridden:
                break
            ridden = new
            here = dict(reached[-1])
            for stop, time in ridden.items():
                here[stop] = min(here.get(stop, INF), time)
            for (a, b), seconds in self.walk.items():
                here[b] = min(here.get(b, INF), ridden.get(a, INF) + seconds)
            for (a, b), seconds in self.change.items():
                ready[b] = min(ready.get(b, INF), ridden.get(a, INF) + seconds)
            reached.append(here)
        return reached

    def earliest(self, origin, destination, depart):
        if origin == destination:
            return depart
        time = self.rounds(origin, depart)[-1].get(destination, INF)
        return None if time - depart > self.rules["max_travel_s"] else time
