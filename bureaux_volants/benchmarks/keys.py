"""`bv bench keys`: many key boxes come back at once after 48 hours without network, each with its journal.

Each box hands in its journal over HTTP to the product's own server, in parts, shuffled, a third of the events twice. The clock
runs from the first request to the last answer, when everything is durable and custody is known; then, apart, until the
bookings that the keys speak of are checked in and closed.
"""

from __future__ import annotations

import json
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

from bureaux_volants.keys import signing
from bureaux_volants.keys.rest_request import described

from .report import Figure
from .stage import Stage

BUDGET_SECONDS = 60.0
_PART = 400


@dataclass(frozen=True, slots=True)
class Scale:
    boxes: int = 200
    hours: int = 48
    lines: int = 16


SCALES = {"tiny": Scale(3, 24, 3), "small": Scale()}


def run(scale: str | None = None) -> list[Figure]:
    """All figures of one scale: "small" (the default), or "tiny" for a test. ValueError for another."""
    name = scale or "small"
    if name not in SCALES:
        raise ValueError(f"« {name} » n'est pas une taille : {', '.join(SCALES)}.")
    size = SCALES[name]
    with Stage() as stage:
        _say(f"{size.boxes} boxes, {size.hours} hours")
        boxes = stage.step("load-boxes", count=size.boxes, hours=size.hours)["boxes"]
        with stage.served() as connection:
            _say("all come back")
            began = time.perf_counter()
            with ThreadPoolExecutor(size.lines) as pool:
                answers = list(pool.map(lambda box: _come_back(connection.host, connection.port, box), boxes))
            ingested = time.perf_counter() - began
        _say(f"{ingested:.1f} s; bookings follow")
        began = time.perf_counter()
        stage.step("carry-keys")
        carried = time.perf_counter() - began
        found = stage.step("verdict-keys")
    events = sum(len(box["journal"]) for box in boxes)
    return _figures(size, events, sum(answers), ingested, carried, found)


def _say(what: str) -> None:
    print(f"… {what}", file=sys.stderr, flush=True)


def _come_back(host: str, port: int, box: dict[str, Any]) -> int:
    """Hand in one journal. Returns how many events were sent, doubles included."""
    dice, secret, sent = random.Random(box["box"]), bytes.fromhex(box["secret"]), 0
    path = f"/api/v1/boxes/{box['box']}/events"
    connection = HTTPConnection(host, port, timeout=60)
    journal = box["journal"]
    for number, first in enumerate(range(0, len(journal), _PART), 1):
        part = journal[first : first + _PART]
        part = part + [event for event in part if dice.random() < 1 / 3]
        dice.shuffle(part)
        body = json.dumps({"events": part}).encode()
        request = signing.signed(secret, signing.REQUEST, described(box["box"], number, "POST", path, body))
        headers = {
            "X-Box-Request": str(number),
            "X-Box-Signature": request["signature"],
            "Content-Type": "application/json",
        }
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {content[:300]!r}")
        sent += len(part)
    connection.close()
    return sent


def _figures(
    size: Scale, events: int, sent: int, ingested: float, carried: float, found: dict[str, int]
) -> list[Figure]:
    lost, doubled = max(events - found["stored"], 0), max(found["stored"] - events, 0)
    outings = found["bookings"]
    return [
        Figure("boxes that come back at once", size.boxes, ""),
        Figure("events in their journals", events, ""),
        Figure("events sent, doubles included", sent, ""),
        Figure("all ingested, durable, custody known", round(ingested, 1), "s", f"< {BUDGET_SECONDS:.0f} s", ingested < BUDGET_SECONDS),
        Figure("events a second", round(sent / ingested), "1/s"),
        Figure("then carried over to the bookings", round(carried, 1), "s"),
        Figure("events lost", lost, "", "0", lost == 0),
        Figure("events doubled", doubled, "", "0", doubled == 0),
        Figure("events not settled", events - found["settled"], "", "0", events == found["settled"]),
        Figure("outings lost or doubled", abs(outings - found["outings"]), "", "0", outings == found["outings"]),
        Figure("keys wrongly outside", found["out"], "", "0", found["out"] == 0),
        Figure("bookings not closed by their key", outings - found["completed"], "", "0", outings == found["completed"]),
        Figure("contradictions", found["cases"], "", "0", found["cases"] == 0),
    ]  # fmt: skip
