"""Small feeds for tests, written as zip files."""

import csv
import io
import zipfile

COLUMNS = {
    "agency.txt": "agency_id,agency_name,agency_url,agency_timezone",
    "stops.txt": "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station",
    "routes.txt": "route_id,route_short_name,route_type",
    "trips.txt": "trip_id,route_id,service_id,trip_headsign",
    "stop_times.txt": "trip_id,stop_sequence,stop_id,arrival_time,departure_time,pickup_type,drop_off_type",
    "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date",
    "calendar_dates.txt": "service_id,date,exception_type",
    "frequencies.txt": "trip_id,start_time,end_time,headway_secs,exact_times",
    "transfers.txt": "from_stop_id,to_stop_id,transfer_type,min_transfer_time",
}


def clock(seconds):
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def write(path, **files):
    """`stops=[(…), …]`: rows by file without .txt; agency, routes and an everyday calendar are made up where not given."""
    files.setdefault("agency", [("a", "Exemple", "https://example.org", "Europe/Paris")])
    files.setdefault("routes", [("r", "L1", "3")])
    files.setdefault("calendar", [("s", *"1111111", "20250101", "20271231")])
    with zipfile.ZipFile(path, "w") as archive:
        for name, rows in files.items():
            text = io.StringIO()
            writer = csv.writer(text)
            writer.writerow(COLUMNS[f"{name}.txt"].split(","))
            width = len(COLUMNS[f"{name}.txt"].split(","))
            writer.writerows([*row, *[""] * (width - len(row))] for row in rows)
            archive.writestr(f"{name}.txt", text.getvalue())
    return path


def draw(path, rng, first_stop=0):
    """A random small network with everything that makes timetables hard; `rng` is a random.Random."""
    count = rng.randint(3, 8)
    ids = [f"s{first_stop + i}" for i in range(count)]
    stops = [(i, i, 48 + rng.randint(0, 6) * 0.001, 6 + rng.randint(0, 6) * 0.001) for i in ids]
    stops.append(("gare", "Gare", 48.003, 6.003, "1", ""))
    services = [("s", *"1111111", "20260101", "20261231"), ("w", *"1111100", "20260101", "20261231")]
    exceptions = [("s", "20260310", "2")] * rng.randint(0, 1) + [("x", "20260310", "1"), ("x", "20260309", "1")]
    trips, calls, frequencies = [], [], []
    for p in range(rng.randint(1, 5)):
        way = [rng.choice(ids) for _ in range(rng.randint(2, 5))]
        flags = [(rng.choice(["", "0", "0", "1", "2"]), rng.choice(["", "0", "0", "1", "3"])) for _ in way]
        for n in range(rng.randint(1, 4)):
            trip = f"t{p}-{n}"
            trips.append((trip, "r", rng.choice("swx"), f"vers {way[-1]}"))
            time = rng.choice([5, 20, 80, 600, 1380, 1430]) * 60 + rng.randint(0, 400)
            for i, stop in enumerate(way):
                leaves = time + rng.choice([0, 0, 30])
                blank = 0 < i < len(way) - 1 and rng.random() < 0.3
                calls.append((trip, i * 3 + 1, stop, *(("", "") if blank else (clock(time), clock(leaves))), *flags[i]))
                time = leaves + rng.choice([0, 25, 60, 61, 300])
            if rng.random() < 0.25:
                start = rng.randint(0, 90000)
                for _ in range(rng.randint(1, 2)):
                    end = start + rng.randint(1, 3000)
                    frequencies.append(
                        (trip, clock(start), clock(end), rng.randint(200, 900), rng.choice(["", "0", "1"]))
                    )
                    start = end
    transfers = []
    for pair in {(rng.choice(ids), rng.choice(ids)) for _ in range(rng.randint(0, 5))}:
        kind = rng.choice("01223")
        transfers.append((*pair, kind, rng.randint(0, 400) if kind == "2" else ""))
    repeated = frequencies + frequencies[:1]
    return write(
        path, stops=stops, trips=trips + trips[:1], stop_times=rng.sample(calls, len(calls)), calendar=services + services[:1],
        calendar_dates=exceptions, frequencies=repeated, transfers=transfers,
    )  # fmt: skip
