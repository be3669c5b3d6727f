"""`bv demo`: the whole product on this machine, on invented people and real places."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from django.db import connection
from psycopg import sql

from bureaux_volants.config import exec_child, ports
from bureaux_volants.demo import cabinets
from bureaux_volants.web.personas import PERSONAS

_PATIENCE_SECONDS = 10


class Command(BaseCommand):
    help = "Démarre la démonstration : base, données de Metz, pages et tâches de fond."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="port des pages (8000 par défaut)")
        parser.add_argument("--reset", action="store_true", help="efface la démonstration et la recharge")
        parser.add_argument(
            "--box-port", type=int, default=8100, help="port de la boîte à clés simulée (8100 par défaut)"
        )
        parser.add_argument("--no-serve", action="store_true", help="prépare tout, sans servir les pages")

    def handle(self, *args: Any, **options: Any) -> None:
        for number in _STOPS:
            signal.signal(number, _interrupt)  # also where a shell started us with SIGINT ignored
        port: int = options["port"]
        if not options["no_serve"]:
            ports.require_free("127.0.0.1", port)
        try:
            self._prepare(reset=options["reset"])
            if not options["no_serve"]:
                self._serve(port, options["box_port"])
        except KeyboardInterrupt:
            self.stdout.write("Démonstration arrêtée.")

    # -- preparing

    def _prepare(self, *, reset: bool) -> None:
        if reset:
            self._step("Effacement de la démonstration", self._empty_database)
        self._step("Mise à jour de la base", lambda: call_command("migrate", verbosity=0, interactive=False))
        self._say("Chargement des données de Metz…")
        call_command("demo_load", stdout=self.stdout, stderr=self.stderr)

    def _step(self, name: str, work: Callable[[], object]) -> None:
        self.stdout.write(f"{name}… ", ending="")
        self.stdout.flush()
        began = time.monotonic()
        try:
            work()
        except BaseException:
            self._say("")  # what went wrong starts its own line
            raise
        self._say(f"fait en {time.monotonic() - began:.1f} s.")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def _empty_database(self) -> None:
        """Drop every table rather than rows: a demonstration of an older version may not even migrate."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('territory_territory') IS NOT NULL")
            if cursor.fetchone() == (True,):
                cursor.execute("SELECT name FROM territory_territory WHERE NOT is_demonstration LIMIT 1")
                real = cursor.fetchone()
                if real:
                    raise CommandError(f"Cette base contient un vrai territoire ({real[0]}) : elle n'est pas effacée.")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            if cursor.fetchone() != (0,):
                raise CommandError("La démonstration tourne déjà ailleurs : arrêtez-la avant de l'effacer.")
            cursor.execute("SELECT current_schema()")
            (schema,) = cursor.fetchone()
            name = sql.Identifier(schema)
            cursor.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(name))
            cursor.execute(sql.SQL("CREATE SCHEMA {}").format(name))
        connection.close()

    # -- serving

    def _serve(self, port: int, box_port: int) -> None:
        environment = {**os.environ, "BV_BASE_URL": f"http://127.0.0.1:{port}"}
        self._say("Démarrage du serveur et des tâches de fond…")
        children: dict[str, subprocess.Popen[bytes]] = {}
        played: dict[str, subprocess.Popen[bytes]] = {}
        try:
            children["serveur"] = _start(["serve", "--port", str(port)], environment)
            children["tâches de fond"] = _start(["worker"], environment)
            server = children["serveur"]
            if ports.wait_until_open("127.0.0.1", port, 60, lambda: server.poll() is None):
                self._welcome(port, self._play_boxes(port, box_port, played))
            while True:
                for name in [name for name, box in played.items() if box.poll() is not None]:
                    del played[name]
                    self._say(
                        f"La boîte à clés simulée « {name} » s'est arrêtée ; le reste de la démonstration continue."
                    )
                for name, child in children.items():
                    status = child.poll()
                    if status is not None:
                        raise CommandError(
                            f"Le processus « {name} » s'est arrêté (code {status}) : la démonstration s'arrête aussi. "
                            "Les lignes au-dessus disent pourquoi."
                        )
                time.sleep(0.3)
        finally:
            _stop([*children.values(), *played.values()])

    def _play_boxes(self, port: int, wanted: int, played: dict[str, subprocess.Popen[bytes]]) -> str:
        """Start a simulator for each box that speaks, each a program of its own; the line that says where the first one is."""
        where = ""
        directory = settings.BV_DATA_DIR / "keybox"
        found = cabinets.played()
        cabinets.sweep(directory, found)
        for number, box in enumerate(found):
            try:
                # Only the visitor's has a page to go to: the others take any port.
                own = ports.free_from("127.0.0.1", wanted) if number == 0 else 0
                arguments = [
                    "--server",
                    f"http://127.0.0.1:{port}",
                    "--port",
                    str(own),
                    *cabinets.ready(box, directory),
                ]
            except CommandError as error:
                self._say(f"La boîte à clés de {box.site.name} n'est pas simulée : {error}")
                continue
            # It answers a visitor at once; the others only have to be there.
            arguments += ["--name", f"{box.name}, {box.site.name}", "--every", "2" if number == 0 else "20"]
            played[box.site.name] = process = _start_program(
                ["-m", "bureaux_volants.keys.simulator", *arguments], {**os.environ}, quiet=True
            )
            if number == 0:
                if own != wanted:
                    self._say(f"Le port {wanted} est déjà pris : la boîte à clés simulée est sur le port {own}.")
                if ports.wait_until_open("127.0.0.1", own, 20, lambda process=process: process.poll() is None):
                    where = f"La boîte à clés de {box.site.name}, à essayer : http://127.0.0.1:{own}"
        return where

    def _welcome(self, port: int, box: str) -> None:
        width = max(len(persona.email) for persona in PERSONAS)
        lines = [
            "",
            f"Bureaux volants est prêt : http://127.0.0.1:{port}",
            "Entrez d'un clic, sans mot de passe, comme :",
            *[f"  {p.email:<{width}}  {p.role} : {p.wants}" for p in PERSONAS],
            *([box] if box else []),
            f"Les courriels sont écrits dans {settings.ENVIRONMENT.mail.directory or 'la messagerie réglée'}.",
            "Ctrl-C arrête tout.",
            "",
        ]
        self._say("\n".join(lines))


#: A stop asked from outside takes the same way out as Ctrl-C.
_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    # Once: a second one, however soon, must not leave half of the children behind.
    for number in _STOPS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _start(arguments: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """A child in our process group, that the kernel ends if we are killed."""
    return _start_program(["-m", "bureaux_volants", *arguments], environment)


def _start_program(
    arguments: list[str], environment: dict[str, str], *, quiet: bool = False
) -> subprocess.Popen[bytes]:
    wrapper = [sys.executable, "-I", str(Path(exec_child.__file__)), "--die", str(int(signal.SIGTERM))]
    return subprocess.Popen(
        [*wrapper, sys.executable, "-P", *arguments], env=environment, stdout=subprocess.DEVNULL if quiet else None
    )


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    for number in _STOPS:
        signal.signal(number, signal.SIG_IGN)
    for child in children:
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + _PATIENCE_SECONDS
    for child in children:
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
