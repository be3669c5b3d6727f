"""`bv indicators recompute`: the figures of the months, worked out again from the raw rows and compared with what was kept."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bureaux_volants.territory.models import Territory
from bureaux_volants.trials.indicators.keeping import Change, keep_months, keep_trial
from bureaux_volants.trials.models import Trial


class Command(BaseCommand):
    help = "Indicateurs : recalcule les chiffres des mois passés et des essais à partir des lignes brutes."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        recompute = actions.add_parser(
            "recompute",
            help="dit ce qui diffère de ce qui était gardé ; un mois dont les noms sont partis reste comme il était",
        )
        recompute.add_argument("--territory", metavar="IDENTIFIANT", help="tous les territoires sans lui")
        recompute.add_argument(
            "--from", dest="first", metavar="AAAA-MM", help="le premier mois ; depuis le début sans lui"
        )
        recompute.add_argument(
            "--to", dest="last", metavar="AAAA-MM", help="le dernier mois ; le dernier terminé sans lui"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        first, last = (_month(options[name]) for name in ("first", "last"))
        if first and last and first > last:
            raise CommandError("Le premier mois doit précéder le dernier.")
        territories = Territory.objects.order_by("pk")
        if slug := options["territory"]:
            territories = territories.filter(slug=slug)
            if not territories:
                raise CommandError(f"Aucun territoire ne porte l'identifiant « {slug} ».")
        count, changed, faults = 0, 0, 0
        for territory in territories:
            for what, kept in [
                (territory.name, keep_months(territory, first, last)),
                *(
                    (str(trial), keep_trial(trial))
                    for trial in Trial.objects.filter(territory=territory)
                    .exclude(state=Trial.State.DRAFT)
                    .order_by("pk")
                    if not (first or last)
                ),
            ]:
                count += kept.figures
                for day in kept.standing:
                    self.stdout.write(
                        f"{what}, {day:%Y-%m} : des réponses ont été retirées depuis ; ce qui en a été dit reste comme il était."
                    )
                for change in kept.changes:
                    changed, faults = changed + 1, faults + change.is_fault
                    self.stdout.write(f"{what}, {change.first_day:%Y-%m}, {_told(change)}")
        self.stdout.write(f"Chiffres recalculés : {count} ; différents de ce qui était gardé : {changed}.")
        if faults:
            raise CommandError(
                "Des chiffres qui ne devaient plus changer ne se retrouvent pas : ils sont restés comme ils étaient."
            )


def _month(said: str | None) -> dt.date | None:
    if said is None:
        return None
    try:
        return dt.datetime.strptime(said, "%Y-%m").date()  # noqa: DTZ007 -- a month has no hour
    except ValueError:
        raise CommandError(f"« {said} » n'est pas un mois : écrivez par exemple 2026-09.") from None


def _told(change: Change) -> str:
    kept, found = ("rien" if v is None else f"{v:g}" for v in (change.kept, change.found))
    name = f"{change.code} ({change.part})" if change.part else change.code
    return f"{name} : {kept} gardé, {found} trouvé{' ; ce mois ne doit plus changer' if change.is_fault else ''}."
