"""The steps of a benchmark that need the product set up on the benchmark's own database: each is a process of its own.

`python -m bureaux_volants.benchmarks.steps NAME` reads its arguments as one line of JSON and prints its answer as one.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import django

Arguments = dict[str, Any]


def load(given: Arguments) -> dict[str, Any]:
    """Write territories; answers how many bookings the database then holds."""
    from bureaux_volants.benchmarks import world
    from bureaux_volants.booking.models import Booking

    today = dt.date.fromisoformat(given["today"])
    world.load(range(given["first"], given["last"] + 1), world.Size(**given["size"]), today)
    return {"bookings": Booking.objects.count()}


def people(given: Arguments) -> dict[str, Any]:
    """One person's e-mail of each territory."""
    from bureaux_volants.territory.models import Agent

    first = Agent.objects.order_by("territory_id", "pk").distinct("territory_id")
    return {"emails": [a.email for a in first], "territories": [a.territory_id for a in first]}


def search(given: Arguments) -> dict[str, Any]:
    """Measure searches."""
    from bureaux_volants.benchmarks import searching

    days = [dt.date.fromisoformat(d) for d in given["days"]]
    return asdict(searching.measure(given["territories"], days, given["samples"]))


def recruit(given: Arguments) -> dict[str, Any]:
    """People without bookings, who will fight."""
    from bureaux_volants.benchmarks import world
    from bureaux_volants.territory.models import Territory

    territory = Territory.objects.get(pk=given["territory"])
    return {"agents": world.add_agents(territory, given["count"], "lutte")}


def fight(given: Arguments) -> dict[str, Any]:
    """One fighter; says that it is ready and waits for a line before it begins."""
    from bureaux_volants.benchmarks import fighting

    def wait() -> None:
        print("ready", flush=True)
        sys.stdin.readline()

    return asdict(fighting.fight(fighting.Orders(**given), wait))


def verdict(given: Arguments) -> dict[str, Any]:
    """What the database says of the fight, asked in plain SQL."""
    from bureaux_volants.benchmarks import fighting

    return {
        "double": fighting.double_bookings(),
        "wrongly": fighting.seatable_in_the_end([tuple(ask) for ask in given["full"]]),
        "half_written": fighting.half_written(given["territory"], dt.datetime.fromisoformat(given["since"])),
    }


def load_boxes(given: Arguments) -> dict[str, Any]:
    """Key boxes with the journals that they will hand in."""
    from bureaux_volants.benchmarks import cabinets

    return {"boxes": cabinets.load(given["count"], given["hours"])}


def carry_keys(given: Arguments) -> dict[str, Any]:
    """The followers of the log, to its end."""
    from bureaux_volants.benchmarks import cabinets

    return {"events": cabinets.carry()}


def verdict_keys(given: Arguments) -> dict[str, Any]:
    """What became of the journals."""
    from bureaux_volants.benchmarks import cabinets

    return cabinets.verdict()


def write_messages(given: Arguments) -> dict[str, Any]:
    """So many notices of bookings to come, a few for each, written as the product writes them."""
    from django.db import transaction

    from bureaux_volants.booking import notices
    from bureaux_volants.booking.directory import get_directory
    from bureaux_volants.booking.models import Booking
    from bureaux_volants.booking.states import State
    from bureaux_volants.messages.models import Notice

    coming = list(Booking.objects.filter(state=State.CONFIRMED).select_related("agent").order_by("-start", "pk")[:4000])
    directory = get_directory(coming[0].territory_id)
    with transaction.atomic():
        for n in range(given["count"]):
            notices.confirmed(coming[n % len(coming)], directory, "Bureau")
    return {"written": Notice.objects.filter(delivery=Notice.Delivery.PENDING).count()}


def deliver_messages(given: Arguments) -> dict[str, Any]:
    """One worker: delivers until nothing is due."""
    from bureaux_volants.messages.delivering import deliver

    print("ready", flush=True)
    sys.stdin.readline()
    sent = 0
    while (count := deliver(limit=500)) > 0:
        sent += count
    return {"sent": sent}


def write_rows(given: Arguments) -> dict[str, Any]:
    """Years of raw rows; answers how many of each."""
    from bureaux_volants.benchmarks import raw_rows

    return raw_rows.write(raw_rows.Years(**given["size"]), dt.date.fromisoformat(given["today"]))


def work_indicators_out(given: Arguments) -> dict[str, Any]:
    """All months of all indicators from the raw rows, kept; answers seconds, and the most memory that this process had."""
    import resource
    import time

    from bureaux_volants.territory.models import Territory
    from bureaux_volants.trials.indicators import keeping
    from bureaux_volants.trials.models import KeptFigure

    began, spent = time.perf_counter(), time.process_time()
    kept = keeping.keep_months(Territory.objects.get())
    return {
        "seconds": time.perf_counter() - began,
        "processor": time.process_time() - spent,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "figures": kept.figures,
        "changes": len(kept.changes),
        "months": KeptFigure.objects.values("first_day").distinct().count(),
    }


def sign_in(given: Arguments) -> dict[str, Any]:
    """A session of somebody of the demonstration, and the running trial that they follow."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from bureaux_volants.territory.models import Agent
    from bureaux_volants.trials.models import Trial

    agent = Agent.objects.get(email=given["email"])
    session = SessionStore()
    session[SESSION_KEY] = str(agent.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = agent.get_session_auth_hash()
    session.create()
    trial = Trial.objects.get(territory=agent.territory, state=Trial.State.RUNNING)
    return {"session": session.session_key, "trial": trial.slug}


STEPS: dict[str, Callable[[Arguments], dict[str, Any]]] = {
    "load": load,
    "people": people,
    "search": search,
    "recruit": recruit,
    "fight": fight,
    "verdict": verdict,
    "load-boxes": load_boxes,
    "carry-keys": carry_keys,
    "verdict-keys": verdict_keys,
    "write-messages": write_messages,
    "deliver-messages": deliver_messages,
    "write-rows": write_rows,
    "work-indicators-out": work_indicators_out,
    "sign-in": sign_in,
}


def main() -> None:
    django.setup()
    given = json.loads(sys.stdin.readline())
    print(json.dumps(STEPS[sys.argv[1]](given)), flush=True)


if __name__ == "__main__":
    main()
