"""`bv gtfs check | load | answer`: public-transport timetables."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bureaux_volants.travel.gtfs.problems import Problems, Severity
from bureaux_volants.travel.gtfs.reading import Unreadable, read


class Command(BaseCommand):
    help = "Horaires de transport en commun (GTFS) : vérifier, charger, répondre à des questions."
    #: `answer` and `check` work without a database.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        check = actions.add_parser("check", help="dit ce qui ne va pas dans un fichier, sans rien changer")
        check.add_argument("file", metavar="FICHIER", help="archive zip, ou dossier de fichiers .txt")
        answer = actions.add_parser(
            "answer", help="répond aux questions d'un fichier JSON par une liste d'heures d'arrivée"
        )
        answer.add_argument("queries", metavar="QUESTIONS.json", help="« - » : l'entrée standard")
        answer.add_argument(
            "--timings", action="store_true", help="ajoute, sur la sortie d'erreur, médiane et p95 par question"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['action']}")(options)

    def _check(self, options: dict[str, Any]) -> None:
        problems = Problems()
        try:
            feed = read(Path(options["file"]), problems)
        except Unreadable as error:
            raise CommandError(str(error), returncode=2) from error
        for problem in problems.all():
            self.stdout.write(str(problem))
        errors, warnings = problems.count(Severity.ERROR), problems.count(Severity.WARNING)
        if problems.refused:
            raise CommandError("Ce fichier ne peut pas servir.")
        self.stdout.write(
            f"{len(feed.stops)} arrêts, {len(feed.lines)} lignes, {len(feed.trips)} courses ; "
            f"erreurs : {errors} ; avertissements : {warnings}."
        )
        if errors:
            raise CommandError("Ce fichier peut servir, mais des lignes en sont écartées.")

    def _answer(self, options: dict[str, Any]) -> None:
        # Here, because numba takes a while to import, which the other commands need not wait for.
        from bureaux_volants.travel.gtfs.answer import BadQuestion, answer, percentile

        path = options["queries"]
        try:
            text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8-sig")
            question = json.loads(text)
        except OSError as error:
            raise CommandError(f"« {path} » ne se lit pas ({error.strerror}).", returncode=2) from error
        except (ValueError, RecursionError) as error:
            raise CommandError(f"« {path} » n'est pas du JSON ({error}).", returncode=2) from error
        try:
            answers = answer(question, Path() if path == "-" else Path(path).parent)
        except BadQuestion as error:
            raise CommandError(str(error), returncode=2) from error
        self.stdout.write(json.dumps(answers.arrivals))
        if options["timings"]:
            times = {
                "queries": len(answers.took),
                "median_ms": round(percentile(answers.took, 0.5) * 1000, 3),
                "p95_ms": round(percentile(answers.took, 0.95) * 1000, 3),
            }
            self.stderr.write(json.dumps(times))
