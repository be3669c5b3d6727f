"""`bv plans recompute`: the figures of kept days, worked out again with the tables that they name."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bureaux_volants.planner.models import DayPlan
from bureaux_volants.planner.recomputing import recomputed


class Command(BaseCommand):
    help = "Journées organisées : recalcule leurs émissions et leurs coûts avec les barèmes qu'elles citent."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        recompute = actions.add_parser("recompute", help="dit ce qui ne se retrouve pas, et ne change rien")
        recompute.add_argument("references", metavar="RÉFÉRENCE", nargs="*", help="toutes les journées sans elle")

    def handle(self, *args: Any, **options: Any) -> None:
        references = [r.upper() for r in options["references"]]
        plans = DayPlan.objects.order_by("pk")
        if references:
            plans = plans.filter(reference__in=references)
            known = set(plans.values_list("reference", flat=True))
            if missing := [r for r in references if r not in known]:
                raise CommandError(f"Aucune journée ne porte cette référence : {', '.join(missing)}.")
        same = apart = 0
        for plan in plans.iterator(chunk_size=200):
            told = _told(plan)
            same, apart = same + (not told), apart + bool(told)
            for line in told:
                self.stdout.write(f"{plan.reference} : {line}")
        self.stdout.write(f"Journées recalculées : {same + apart} ; identiques : {same} ; différentes : {apart}.")
        if apart:
            raise CommandError("Certains chiffres ne se retrouvent pas.")


def _told(plan: DayPlan) -> list[str]:
    try:
        found = recomputed(plan)
    except LookupError as error:
        return [f"ne peut pas être recalculée ({error})."]
    return [
        f"{'journée habituelle' if d.plan is None else f'proposition {d.plan + 1}'}, {d.figure} : "
        f"{d.kept:g} gardé, {d.found:g} trouvé."
        for d in found
    ]
