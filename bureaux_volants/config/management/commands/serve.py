"""`bv serve`: the web server."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from bureaux_volants.config import ports
from bureaux_volants.config.wsgi_parent import SERVED_BY

_THREADS = 2 * (os.cpu_count() or 1) + 1


class Command(BaseCommand):
    help = "Sert les pages et l'API."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="adresse d'écoute (127.0.0.1 par défaut)")
        parser.add_argument("--port", type=int, default=8000, help="port d'écoute (8000 par défaut)")
        parser.add_argument("--workers", type=int, default=1, help="processus (1 par défaut)")
        parser.add_argument(
            "--threads", type=int, default=_THREADS, help=f"requêtes à la fois par processus ({_THREADS} par défaut)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        ports.require_free(options["host"], options["port"])
        if not settings.DEBUG:
            call_command("collectstatic", interactive=False, verbosity=0)
        os.environ[SERVED_BY] = str(os.getpid())
        Granian(
            "bureaux_volants.config.wsgi:application",
            address=options["host"],
            port=options["port"],
            interface=Interfaces.WSGI,
            workers=options["workers"],
            blocking_threads=options["threads"],
            websockets=False,
            log_level=LogLevels.warning,
            respawn_failed_workers=True,
            workers_kill_timeout=10,
        ).serve()
