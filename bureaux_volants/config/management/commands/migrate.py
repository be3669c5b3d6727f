"""Django's `migrate`, then the cache table that Django leaves to a command of its own."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.commands import migrate

from bureaux_volants.config.garbage import collect_seldom


class Command(migrate.Command):
    help = "Met la base à jour : tables, contraintes, cache."

    def handle(self, *args: Any, **options: Any) -> None:
        collect_seldom()
        super().handle(*args, **options)
        if not (options["plan"] or options["check_unapplied"] or options["app_label"]):
            call_command("createcachetable", database=options["database"], verbosity=0)
