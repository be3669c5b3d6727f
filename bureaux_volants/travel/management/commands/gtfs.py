"""`bv gtfs check | load | answer`: public-transport timetables."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bureaux_volants.territory.models import Territory
from bureaux_volants.travel.gtfs.fetch import CannotFetch, fetch, is_address
from bureaux_volants.travel.gtfs.problems import Problems, Severity
from bureaux_volants.travel.gtfs.reading import Feed, Unreadable, read


class Command(BaseCommand):
    help = "Horaires de transport en commun (GTFS) : vérifier, charger, répondre à des questions."
    #: `answer` and `check` work without a database.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        check = actions.add_parser("check", help="dit ce qui ne va pas dans un fichier, sans rien changer")
        check.add_argument("file", metavar="FICHIER", help="archive zip, ou dossier de fichiers .txt")
        load = actions.add_parser("load", help="vérifie, compile et met en service ; les horaires d'avant sont gardés")
        load.add_argument(
            "sources", metavar="FICHIER-OU-ADRESSE", nargs="+", help="archive zip, dossier, ou adresse http(s)"
        )
        load.add_argument("--territory", metavar="SLUG", help="identifiant du territoire, quand il y en a plusieurs")
        load.add_argument("--timeout", type=float, default=30.0, help="secondes de silence supportées d'une adresse")
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

    def _load(self, options: dict[str, Any]) -> None:
        from bureaux_volants.travel.gtfs.store import NothingRuns, swap_in

        territory = _territory(options["territory"])
        feeds = [self._read(source, options["timeout"]) for source in options["sources"]]
        if len({feed.name for feed in feeds}) < len(feeds):
            raise CommandError("Deux fichiers portent le même nom. Rien n'a été changé.", returncode=2)
        try:
            loaded = swap_in(territory, feeds, " ".join(options["sources"]))
        except NothingRuns as error:
            raise CommandError(f"{error} Rien n'a été changé.", returncode=2) from error
        self.stdout.write(
            f"{territory.name} : horaires en service, du {loaded.first_day:%d/%m/%Y} au {loaded.last_day:%d/%m/%Y} "
            f"({sum(len(feed.stops) for feed in feeds)} arrêts, {sum(len(feed.trips) for feed in feeds)} courses)."
        )

    def _read(self, source: str, timeout: float) -> Feed:
        problems = Problems()
        try:
            if is_address(source):
                with fetch(source, timeout=timeout) as file:
                    feed = read(file, problems, source.rsplit("/", 1)[-1].removesuffix(".zip") or "gtfs")
            else:
                feed = read(Path(source), problems)
        except (CannotFetch, Unreadable) as error:
            raise CommandError(f"{error} Rien n'a été changé.", returncode=2) from error
        for problem in problems.all():
            self.stdout.write(str(problem))
        if problems.refused:
            raise CommandError(f"« {source} » ne peut pas servir. Rien n'a été changé.", returncode=2)
        return feed

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


def _territory(slug: str | None) -> Territory:
    known = list(Territory.objects.filter(slug=slug) if slug else Territory.objects.order_by("pk")[:2])
    if len(known) == 1:
        return known[0]
    if slug:
        raise CommandError(f"Aucun territoire ne s'appelle « {slug} ». Rien n'a été changé.", returncode=2)
    reason = "Plusieurs territoires : nommez-en un avec --territory." if known else "Aucun territoire n'est installé."
    raise CommandError(f"{reason} Rien n'a été changé.", returncode=2)
