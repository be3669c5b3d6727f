"""`bv token EMAIL…`: one new API token a line on the standard output, and nothing else there.

`bv token --revoke EMAIL…` ends all tokens of these people.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from bureaux_volants.api.models import Scope
from bureaux_volants.api.tokens import issue, revoke_all
from bureaux_volants.events.log import Author
from bureaux_volants.events.models import Event
from bureaux_volants.territory.models import Agent

COMMAND = Author(None, Event.Origin.COMMAND)


class Command(BaseCommand):
    help = "Crée un jeton d'API par adresse et l'affiche, un par ligne. Il ne sera plus montré."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("emails", nargs="+", metavar="EMAIL")
        parser.add_argument(
            "--scope", action="append", choices=Scope.values, help="Portée, répétable ; toutes par défaut."
        )
        parser.add_argument("--label", default="", help="À quoi sert le jeton.")
        parser.add_argument("--revoke", action="store_true", help="Révoque tous les jetons de ces personnes.")
        parser.add_argument("--days", type=int, default=None, help="Expire après ce nombre de jours.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["revoke"]:
            self._revoke(options["emails"])
            return
        days: int | None = options["days"]
        if days is not None and not 1 <= days <= 3660:
            raise CommandError("--days : entre 1 et 3660.")
        if len(options["label"]) > 80:
            raise CommandError("--label : 80 caractères au plus.")
        expires_at = timezone.now() + dt.timedelta(days=days) if days is not None else None
        scopes = options["scope"] or list(Scope.values)
        # All or none: a mistyped address must not leave tokens that nobody has seen.
        issued: list[str] = []
        with transaction.atomic():
            for email in options["emails"]:
                agent = Agent.objects.filter(email__iexact=email).first()
                if agent is None or not agent.is_active:
                    raise CommandError(f"Aucun agent actif n'a l'adresse {email}.")
                if agent.territory_id is None:
                    raise CommandError(f"{email} n'appartient à aucun territoire : l'API n'aurait rien à lui dire.")
                issued.append(issue(agent, COMMAND, scopes=scopes, label=options["label"], expires_at=expires_at)[1])
        for clear in issued:
            self.stdout.write(clear)

    def _revoke(self, emails: list[str]) -> None:
        with transaction.atomic():
            for email in emails:
                agent = Agent.objects.filter(email__iexact=email).first()
                if agent is None:
                    raise CommandError(f"Aucun agent n'a l'adresse {email}.")
                self.stderr.write(f"{agent.email} : {revoke_all(agent, COMMAND)} jeton(s) révoqué(s).")
