"""`bv keybox simulate`: hand over to the simulator, a program of its own that knows nothing of Django."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Simule une boîte à clés : « bv keybox simulate --help » dit comment."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["simulate"])
        parser.add_argument("arguments", nargs="...", help="ce que le simulateur doit savoir")

    def handle(self, *args: Any, **options: Any) -> None:
        program = [sys.executable, "-P", "-m", "bureaux_volants.keys.simulator", *options["arguments"]]
        self.stdout.flush()
        os.execv(program[0], program)  # noqa: S606 -- our own program, no shell wanted
