"""`bv territory import SIREN`: the real communes, contours, populations and mairies, from the national API."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bureaux_volants.territory import importing, national_api


class Command(BaseCommand):
    help = "Importe un territoire (communes, contours, populations, mairies) depuis l'API nationale geo.api.gouv.fr."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        importer = actions.add_parser("import", help="importe ou met à jour une intercommunalité")
        importer.add_argument("siren", metavar="SIREN", help="neuf chiffres, par exemple 200039865")
        importer.add_argument("--base-url", default=national_api.BASE_URL, help="adresse de l'API (https)")
        importer.add_argument("--timeout", type=float, default=30.0, help="secondes d'attente par essai")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            national = national_api.fetch(options["siren"], options["base_url"], timeout=options["timeout"])
        except national_api.NationalApiError as error:
            raise CommandError(f"{error} Rien n'a été changé.") from error
        done = importing.save(national)
        verb = "créé" if done.is_new else "mis à jour"
        self.stdout.write(
            f"{done.territory.name} {verb} : {len(national.communes)} communes avec leurs contours réels "
            f"({_count(done.created, 'ajoutée')}, {_count(done.updated, 'mise', ' à jour')}, "
            f"{_count(done.moved_sites, 'mairie')} {'placées' if done.moved_sites > 1 else 'placée'})."
        )
        if done.strangers:
            self.stdout.write(f"Gardées, bien qu'absentes de l'API : {', '.join(done.strangers)}.")


def _count(number: int, word: str, rest: str = "") -> str:
    return f"{number or 'aucune'} {word}{'s' if number > 1 else ''}{rest}"
