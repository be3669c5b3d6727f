"""`bv keys_mqtt`: the MQTT adapter of the key boxes, until told to stop."""

from __future__ import annotations

import os
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bureaux_volants.keys.broker import broker_of
from bureaux_volants.keys.mqtt import Bridge


class Command(BaseCommand):
    help = "Relie les boîtes à clés qui parlent MQTT 5."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--broker",
            default=os.environ.get("BV_MQTT_URL", ""),
            help="mqtt://machine:1883 (ou la variable BV_MQTT_URL)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            broker = broker_of(options["broker"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        Bridge(broker).run(stop)
