"""Checking, fetching and loading feeds: what is wrong is told by file and line; what fails changes nothing."""

import functools
import http.server
import io
import threading

import pytest
from django.core.management import CommandError, call_command

from bureaux_volants.territory.models import Territory
from bureaux_volants.travel.gtfs import store
from bureaux_volants.travel.gtfs.fetch import CannotFetch, fetch
from bureaux_volants.travel.gtfs.problems import Problems
from bureaux_volants.travel.gtfs.reading import interpolate, read
from bureaux_volants.travel.models import LoadedTimetable

from .feeds import write

STOPS = [("a", "A", 48, 6), ("b", "B", 48.1, 6), ("c", "C", 48.2, 6)]
CALLS = [("t", 1, "a", "08:00:00", "08:00:00"), ("t", 2, "b", "08:10:00", "08:10:00")]


def small(path, **files):
    return write(path, **{"stops": STOPS, "trips": [("t", "r", "s")], "stop_times": CALLS} | files)


def told(path):
    problems = Problems()
    read(path, problems)
    return [str(problem) for problem in problems.all()]


def test_a_bad_row_is_told_by_file_and_line_and_left_out(tmp_path):
    found = told(small(tmp_path / "f.zip", stop_times=[*CALLS, ("t", 3, "nowhere", "08:20:00", "08:20:00")]))
    assert "stop_times.txt, ligne 4 : l'arrêt « nowhere » n'est pas dans stops.txt" in found[1]


def test_a_repeated_row_is_a_warning_and_another_with_the_same_key_an_error(tmp_path):
    found = told(small(tmp_path / "f.zip", stops=[*STOPS, STOPS[0], ("b", "Autre", 48.1, 6)]))
    assert found[0].startswith("erreur : stops.txt, ligne 6 : stop_id « b » est déjà décrit autrement à la ligne 3")
    assert found[1].startswith("avertissement : stops.txt, ligne 5 : répète la ligne 2")


def test_a_trip_that_goes_back_in_time_is_left_out(tmp_path):
    back = [("t", 1, "a", "08:00:00", "08:00:00"), ("t", 2, "b", "07:10:00", "07:10:00")]
    assert any("stop_times.txt, ligne 3 : la course « t » remonte le temps" in text
               for text in told(small(tmp_path / "f.zip", stop_times=back)))  # fmt: skip


def test_blank_times_are_interpolated_by_position_rounded_half_up():
    times = [0, None, None, None, 10]
    assert interpolate(times[:], times[:])[0] == [0, 3, 5, 8, 10]


@pytest.fixture
def territory(db):
    return Territory.objects.create(siren="200039865", name="Exemple", slug="exemple")


def load(*arguments):
    out = io.StringIO()
    call_command("gtfs", "load", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_a_loaded_feed_is_in_service_and_the_former_is_kept(territory, tmp_path):
    first, second = small(tmp_path / "one.zip"), small(tmp_path / "two.zip")
    assert store.in_service(territory.pk) is None
    for path in (first, second, second):
        assert "horaires en service, du 01/01/2025 au 31/12/2027" in load(path)
    rows = LoadedTimetable.objects.filter(territory=territory)
    assert sorted(rows.values_list("is_current", flat=True)) == [False, True]
    assert store.in_service(territory.pk).timetable.layout.stop_ids == ["a", "b", "c"]


def test_a_refused_feed_changes_nothing(territory, tmp_path):
    load(small(tmp_path / "one.zip"))
    (tmp_path / "bad.zip").write_bytes(b"not a zip")
    with pytest.raises(CommandError, match="n'est pas une archive zip lisible"):
        load(tmp_path / "bad.zip")
    with pytest.raises(CommandError, match="Aucun jour de circulation"):
        load(small(tmp_path / "never.zip", calendar=[("s", *"0000000", "20260101", "20260101")]))
    assert LoadedTimetable.objects.get().source.endswith("one.zip")


def test_a_load_cut_short_leaves_the_former_in_service(territory, tmp_path, monkeypatch):
    load(small(tmp_path / "one.zip"))

    def killed(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr(LoadedTimetable.objects, "create", killed)
    with pytest.raises(KeyboardInterrupt):
        load(small(tmp_path / "two.zip"))
    assert LoadedTimetable.objects.get(is_current=True).source.endswith("one.zip")


@pytest.fixture
def address(tmp_path):
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path)
    handler.log_message = lambda *_: None
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_feed_is_loaded_from_an_address(territory, tmp_path, address):
    small(tmp_path / "one.zip")
    assert "horaires en service" in load(f"{address}/one.zip")


def test_an_address_that_fails_is_told_in_a_sentence(tmp_path, address):
    small(tmp_path / "one.zip")
    with pytest.raises(CannotFetch, match="répond 404"):
        fetch(f"{address}/none.zip")
    with pytest.raises(CannotFetch, match="envoie plus de 0 Mo"):
        fetch(f"{address}/one.zip", largest=100)
    with pytest.raises(CannotFetch, match="ne répond pas"):
        fetch("http://127.0.0.1:9/one.zip")
