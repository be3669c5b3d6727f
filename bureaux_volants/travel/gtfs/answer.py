"""Earliest arrivals between stops for a list of queries, so that anybody can compare with another engine. Pure.

The input and output of `bv gtfs answer` are described in docs/timetables.md.
"""

from __future__ import annotations

import datetime as dt
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from .layout import Ints, Layout, lay_out
from .network import Network, network
from .problems import Problems
from .raptor import NEVER, one_to_all, warm
from .reading import Unreadable, read
from .walks import Ground, Walks, walks

DAY = 86_400


class BadQuestion(Exception):
    """What was asked makes no sense; the message is one French sentence."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How one walks and changes, and which days' services count. Metres, metres a second, seconds."""

    walk_radius_m: float = 300
    walk_speed: float = 1.2
    change_s: int = 0
    days_before: int = 1
    days_after: int = 1
    max_travel_s: int = DAY


@dataclass(frozen=True, slots=True)
class Query:
    origin: int
    destination: int
    depart_s: int


@dataclass(frozen=True, slots=True)
class Answers:
    """Seconds after midnight of the date, or None; and how long each took, in seconds."""

    arrivals: list[int | None]
    took: list[float]


def answer(question: object, folder: Path) -> Answers:
    """Answer a parsed QUERIES.json; its relative paths start from the current folder, else from `folder`.

    Raises BadQuestion.
    """
    asked = _object(question, "le document")
    layout = lay_out(_feeds(asked.get("feeds"), folder))
    rules = _rules(asked.get("rules", {}))
    try:
        day = dt.date.fromisoformat(str(asked.get("date")))
    except ValueError as error:
        raise BadQuestion(f"« date » vaut « {asked.get('date')} » : écrivez AAAA-MM-JJ.") from error
    queries = _queries(asked.get("queries"), layout)
    if not queries:
        return Answers([], [])
    try:
        days = {
            day + dt.timedelta(days=shift): shift * DAY for shift in range(-rules.days_before, rules.days_after + 1)
        }
    except OverflowError as error:
        raise BadQuestion(f"« date » vaut « {day} » : trop près du bout du calendrier.") from error
    first, last = min(query.depart_s for query in queries), max(query.depart_s for query in queries)
    net = network(layout, days, (first, last + rules.max_travel_s))
    on_foot = walks(layout, Ground(layout.lat, layout.lon), rules.walk_radius_m, rules.walk_speed, rules.change_s)
    warm()
    arrivals: list[int | None] = []
    took = []
    for query in queries:
        begun = time.perf_counter()
        arrivals.append(earliest(net, on_foot, query, rules.max_travel_s))
        took.append(time.perf_counter() - begun)
    return Answers(arrivals, took)


def earliest(net: Network, on_foot: Walks, query: Query, max_travel_s: int) -> int | None:
    """When one can be at the destination; None where not within `max_travel_s`."""
    if query.origin == query.destination:
        return query.depart_s
    stops, times = from_stop(on_foot, query.origin, query.depart_s)
    labels = one_to_all(net, on_foot, stops, times, min(query.depart_s + max_travel_s, NEVER - 1))
    found = int(labels.reached[-1, query.destination])
    return found if found < NEVER else None


def from_stop(on_foot: Walks, stop: int, depart_s: int) -> tuple[Ints, Ints]:
    """The stops one may be at first, and when: the stop itself, and those one walk away."""
    near = slice(on_foot.start[stop], on_foot.start[stop + 1])
    stops = np.concatenate([np.array([stop], np.int32), on_foot.to[near]])
    times = np.concatenate([np.zeros(1, np.int32), on_foot.seconds[near]]) + np.int32(depart_s)
    return stops, times.astype(np.int32)


def _feeds(paths: object, folder: Path) -> list[Any]:
    if not isinstance(paths, list) or not paths or not all(isinstance(path, str) and path for path in paths):
        raise BadQuestion("« feeds » doit être une liste de chemins de fichiers GTFS.")
    feeds = []
    for text in paths:
        path = Path(text)
        if not path.exists() and (folder / path).exists():
            path = folder / path
        problems = Problems()
        try:
            feeds.append(read(path, problems))
        except Unreadable as error:
            raise BadQuestion(str(error)) from error
        if problems.refused:
            raise BadQuestion(f"{path} : {problems.all()[0].file} : {problems.all()[0].text}")
    names = [feed.name for feed in feeds]
    if len(set(names)) < len(names):
        raise BadQuestion("deux fichiers de « feeds » portent le même nom ; leurs arrêts ne se distingueraient pas.")
    return feeds


_LARGEST = {"walk_radius_m": 100_000, "walk_speed": 100, "days_before": 30, "days_after": 30}


def _rules(given: object) -> Rules:
    asked = _object(given, "« rules »")
    values: dict[str, Any] = {}
    for rule in fields(Rules):
        value = asked.get(rule.name, rule.default)
        largest = _LARGEST.get(rule.name, 30 * DAY)
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not number or not 0 <= value <= largest:
            raise BadQuestion(f"« {rule.name} » vaut « {value} » : attendu un nombre de 0 à {largest}.")
        if rule.name == "walk_speed" and value < 0.01:
            raise BadQuestion(f"« walk_speed » vaut « {value} » : attendu des mètres par seconde, au moins 0,01.")
        if rule.type == "int":
            if value != int(value):
                raise BadQuestion(f"« {rule.name} » vaut « {value} » : attendu un nombre entier.")
            value = int(value)
        values[rule.name] = value
    return Rules(**values)


def _queries(given: object, layout: Layout) -> list[Query]:
    if not isinstance(given, list):
        raise BadQuestion("« queries » doit être une liste.")
    index = {stop: i for i, stop in enumerate(layout.stop_ids)}
    return [_query(_object(query, f"la question {n}"), n, index) for n, query in enumerate(given, 1)]


def _query(asked: dict[str, Any], n: int, index: dict[str, int]) -> Query:
    ends = []
    for name in ("origin_stop", "destination_stop"):
        stop = asked.get(name)
        if not isinstance(stop, str) or stop not in index:
            raise BadQuestion(f"question {n} : « {name} » vaut « {stop} », qui n'est l'arrêt d'aucun des fichiers.")
        ends.append(index[stop])
    depart = asked.get("depart_s")
    if isinstance(depart, bool) or not isinstance(depart, int) or not 0 <= depart <= 30 * DAY:
        raise BadQuestion(
            f"question {n} : « depart_s » vaut « {depart} » : attendu des secondes entières après minuit."
        )
    return Query(ends[0], ends[1], depart)


def _object(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadQuestion(f"{what} doit être un objet JSON.")
    return value


def percentile(values: Sequence[float], share: float) -> float:
    """Of the sorted values, the one at that share (nearest rank); 0 without any."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))] if ordered else 0.0
