"""`bv bench NAME`: measure, print, leave nothing behind."""

from __future__ import annotations

import importlib
import pkgutil
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bureaux_volants import benchmarks
from bureaux_volants.benchmarks import report


def names() -> list[str]:
    """The benchmarks there are: the modules that can be run."""
    found = [module.name for module in pkgutil.iter_modules(benchmarks.__path__)]
    return [name for name in found if hasattr(importlib.import_module(f"{benchmarks.__name__}.{name}"), "run")]


class Command(BaseCommand):
    help = "Mesure, et dit si ce qui était visé est tenu."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="ce qu'il faut mesurer, par exemple : booking")
        parser.add_argument("--scale", default=None, help="taille des données, selon la mesure")
        parser.add_argument("--json", action="store_true", help="un seul objet JSON au lieu d'un tableau")

    def handle(self, *args: Any, **options: Any) -> None:
        name: str = options["name"]
        if name not in names():
            raise CommandError(f"Il n'y a pas de mesure « {name} ». Il y a : {', '.join(names())}.")
        figures = importlib.import_module(f"{benchmarks.__name__}.{name}").run(options["scale"])
        self.stdout.write((report.as_json if options["json"] else report.as_table)(name, figures))
