"""`bv demo_load`: loads the Metz demonstration, or leaves the one of today as it is."""

from __future__ import annotations

import datetime as dt
import time
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from django.utils import timezone

from bureaux_volants.demo import generator
from bureaux_volants.territory import french

#: The hour that a demonstration of another day than today is told at.
HOUR = dt.time(10)


class Command(BaseCommand):
    help = "Charge la démonstration de Metz : lieux réels, personnes et réservations inventées."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reset", action="store_true", help="recharge même si elle est là, à jour")
        parser.add_argument("--seed", type=int, default=generator.DEFAULT_SEED, help="autre tirage des personnes")
        parser.add_argument("--today", type=_day, help="jour où se place la démonstration, AAAA-MM-JJ (aujourd'hui)")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        zone = ZoneInfo(settings.TIME_ZONE)
        day: dt.date | None = options["today"]
        if day is not None and day != now.astimezone(zone).date():
            now = dt.datetime.combine(day, HOUR, zone).astimezone(dt.UTC)
        began = time.monotonic()
        try:
            done = generator.load(now=now, seed=options["seed"], reset=options["reset"])
        except generator.CannotLoad as error:
            raise CommandError(str(error)) from error
        except OperationalError as error:
            raise CommandError(f"La base est occupée, rien n'a été changé : {str(error).splitlines()[0]}") from error
        if not done.is_new:
            self.stdout.write(f"La démonstration est déjà là : {done.agents} personnes, {done.bookings} réservations.")
            return
        if done.replaced is not None and done.replaced != now.astimezone(zone).date():
            self.stdout.write(
                f"La démonstration datait du {french.day(done.replaced, year=True)} : elle est rechargée autour "
                "d'aujourd'hui."
            )
        self.stdout.write(
            f"Démonstration chargée en {time.monotonic() - began:.1f} s : {done.agents} personnes, "
            f"{done.bookings} réservations inventées, lieux réels."
        )


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"« {text} » n'est pas un jour AAAA-MM-JJ") from None
