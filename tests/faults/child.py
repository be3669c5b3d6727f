"""A process of its own that does what it is told, one JSON order a line, and answers with one JSON line each.

Every order may name an instant ("at", seconds since 1970): all children then begin together.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402

from bureaux_volants.booking import jobs, service  # noqa: E402
from bureaux_volants.booking.errors import BookingError, Refused  # noqa: E402
from bureaux_volants.booking.models import Kind  # noqa: E402
from bureaux_volants.booking.placing import Ask  # noqa: E402
from bureaux_volants.events.log import Author  # noqa: E402
from bureaux_volants.events.models import Event  # noqa: E402
from bureaux_volants.fleet.jobs import look_after_the_late  # noqa: E402
from bureaux_volants.fleet.trips import Destination, book_trip, join_ride  # noqa: E402
from bureaux_volants.hosting.following import follow  # noqa: E402
from bureaux_volants.hosting.meetings import accept  # noqa: E402
from bureaux_volants.messages.delivering import deliver  # noqa: E402
from bureaux_volants.planner.booking import book_plan  # noqa: E402
from bureaux_volants.planner.rides.seats import ask_seat  # noqa: E402
from bureaux_volants.territory.models import Agent  # noqa: E402
from bureaux_volants.travel.journeys import Place  # noqa: E402
from bureaux_volants.travel.modes import Point  # noqa: E402
from tests import clock  # noqa: E402


def book(order: dict[str, Any]) -> dict[str, Any]:
    agent = Agent.objects.get(pk=order["agent"])
    start, end = dt.datetime.fromisoformat(order["start"]), dt.datetime.fromisoformat(order["end"])
    now = dt.datetime.fromisoformat(order["now"])
    if "at" in order:
        time.sleep(max(0.0, order["at"] - time.time()))
    try:
        made = service.book(agent, Ask(Kind.DESK, order["site"], start, end), Author(agent, Event.Origin.WEB), now=now)
    except Refused as refused:
        return {"outcome": "refused", "codes": [r.code for r in refused.refusals]}
    except BookingError as error:
        return {"outcome": error.code}
    return {"outcome": "booked", "id": made.pk}


def plan(order: dict[str, Any]) -> dict[str, Any]:
    agent = Agent.objects.get(pk=order["agent"])
    now = dt.datetime.fromisoformat(order["now"])
    if "at" in order:
        time.sleep(max(0.0, order["at"] - time.time()))
    try:
        made = book_plan(agent, order["plan"], order["number"], Author(agent, Event.Origin.WEB), now=now)
    except BookingError as error:
        return {"outcome": error.code}
    return {"outcome": "booked", "id": made.pk}


def seat(order: dict[str, Any]) -> dict[str, Any]:
    agent = Agent.objects.get(pk=order["agent"])
    a, b = (Place("", Point(lat, 6.17)) for lat in order["way"])
    if "at" in order:
        time.sleep(max(0.0, order["at"] - time.time()))
    try:
        now = dt.datetime.fromisoformat(order["now"])
        made = ask_seat(agent, order["offer"], a, b, Author(agent, Event.Origin.WEB), now=now)
    except BookingError as error:
        return {"outcome": error.code}
    return {"outcome": "asked", "id": made.pk}


def car(order: dict[str, Any]) -> dict[str, Any]:
    """Book a pool car ("site"), or join somebody's ("reference")."""
    agent = Agent.objects.get(pk=order["agent"])
    author, now = Author(agent, Event.Origin.WEB), dt.datetime.fromisoformat(order["now"])
    start, end = (
        (dt.datetime.fromisoformat(order[name]) for name in ("start", "end")) if "site" in order else (now, now)
    )
    if "at" in order:
        time.sleep(max(0.0, order["at"] - time.time()))
    try:
        if "site" not in order:
            return {"outcome": "joined", "id": join_ride(agent, order["reference"], author, now=now).pk}
        goal = Destination("Lieu", Point(order["way"][1], 6.17))
        made = book_trip(agent, Kind.CAR, order["site"], start, end, goal, author, alone=True, now=now)
    except BookingError as error:
        return {"outcome": error.code}
    return {"outcome": "booked", "id": made.pk}


def need(order: dict[str, Any]) -> dict[str, Any]:
    """Accept a slot of a need."""
    agent = Agent.objects.get(pk=order["agent"])
    start, now = (dt.datetime.fromisoformat(order[name]) for name in ("start", "now"))
    if "at" in order:
        time.sleep(max(0.0, order["at"] - time.time()))
    try:
        made = accept(agent, order["need"], start, Author(agent, Event.Origin.WEB), now=now)
    except BookingError as error:
        return {"outcome": error.code}
    return {"outcome": "agreed", "id": made.pk}


def follow_needs(order: dict[str, Any]) -> dict[str, Any]:
    if "at" in order:
        time.sleep(max(0.0, order["at"] - time.time()))
    follow(dt.datetime.fromisoformat(order["now"]))
    return {"outcome": "followed"}


def tick(order: dict[str, Any]) -> dict[str, Any]:
    done = jobs.tick(dt.datetime.fromisoformat(order["now"]))
    return {"outcome": "ticked", "freed": done.freed}


def late(order: dict[str, Any]) -> dict[str, Any]:
    look_after_the_late(dt.datetime.fromisoformat(order["now"]))
    return {"outcome": "looked after"}


def mail(order: dict[str, Any]) -> dict[str, Any]:
    """Deliver by the mail server on a port of this machine until nothing is due."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", order["port"]
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    sent = 0
    while (count := deliver(limit=500)) > 0:
        sent += count
    return {"outcome": "delivered", "sent": sent}


DOES = {
    "book": book,
    "plan": plan,
    "seat": seat,
    "car": car,
    "need": need,
    "follow": follow_needs,
    "tick": tick,
    "late": late,
    "mail": mail,
}


def main() -> None:
    clock.start()
    print(json.dumps({"outcome": "ready"}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = DOES[order["do"]](order)
        except Exception as error:
            answer = {"outcome": "error", "what": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
