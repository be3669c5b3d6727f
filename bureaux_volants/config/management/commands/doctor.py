"""`bv doctor`: what is wrong with this installation, and the fix."""

from __future__ import annotations

import datetime as dt
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.mail import get_connection
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from bureaux_volants.config.checks import OLDEST_SERVER
from bureaux_volants.messages.models import Notice

#: A worker that has not been seen for longer is not running.
SILENCE = dt.timedelta(minutes=5)
LEAST_DISK_BYTES = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, whether it is well, and what to do when it is not."""

    name: str
    is_well: bool
    said: str
    fix: str = ""


def examine() -> Iterator[Finding]:
    """Every finding, in the order in which they are best mended. A database that is away ends the list."""
    yield Finding(
        "Python", sys.version_info >= (3, 11), ".".join(map(str, sys.version_info[:3])), "Installez Python 3.11."
    )
    yield _secret()
    yield _debug()
    database = _database()
    yield database
    if not database.is_well:
        return
    migrations = _migrations()
    yield migrations
    if migrations.is_well:
        yield _constraints()
        yield _worker()
        yield _followers()
        yield _outbox()
    yield _mail()
    yield _disk()
    yield _static()


def _secret() -> Finding:
    enough = len(settings.SECRET_KEY) >= 50 or settings.BV_DEMO
    return Finding(
        "Clé secrète",
        enough,
        "présente" if enough else "trop courte",
        "Donnez à BV_SECRET_KEY 50 caractères au hasard.",
    )


def _debug() -> Finding:
    return Finding(
        "Mode de mise au point", not settings.DEBUG, "actif" if settings.DEBUG else "coupé", "Retirez BV_DEBUG."
    )


def _database() -> Finding:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version_num')::int / 10000")
            (version,) = cursor.fetchone()
    except Error as error:
        reason = (str(error).strip().splitlines() or ["pas de réponse"])[0]
        return Finding("Base de données", False, reason, "Vérifiez DATABASE_URL et que PostgreSQL tourne.")
    return Finding(
        "Base de données",
        version >= OLDEST_SERVER,
        f"PostgreSQL {version}",
        f"Il faut PostgreSQL {OLDEST_SERVER} ou plus récent.",
    )


def _migrations() -> Finding:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    said = f"{len(missing)} migrations à faire" if missing else "à jour"
    return Finding("Schéma", not missing, said, "Lancez « bv migrate ».")


def _constraints() -> Finding:
    names = ["booking_one_holder_per_unit", "booking_one_desk_per_person"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'x' AND convalidated AND conname = ANY(%s)", [names]
        )
        missing = set(names) - {row[0] for row in cursor.fetchall()}
    said = f"manque {', '.join(sorted(missing))}" if missing else "en place"
    return Finding(
        "Contraintes contre la double réservation",
        not missing,
        said,
        "Une migration a été défaite à la main : recréez-les d'après booking/migrations, ou restaurez une sauvegarde.",
    )


def _worker() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(last_heartbeat) FROM procrastinate_workers")
        (seen,) = cursor.fetchone()
    alive = seen is not None and timezone.now() - seen < SILENCE
    said = f"vu à {timezone.localtime(seen):%H:%M:%S le %d/%m}" if seen else "aucun processus"
    return Finding(
        "Tâches de fond",
        alive,
        said,
        "Lancez « bv worker » et gardez-le en marche : sans lui, aucun bureau n'est libéré et aucun message ne part.",
    )


def _followers() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.follower FROM events_cursor c WHERE EXISTS (
                 SELECT 1 FROM events_event e
                 WHERE (e.transaction, e.id) > (c.transaction, c.event_id) AND e.at < %s - interval '5 minutes')""",
            [timezone.now()],
        )
        late = [row[0] for row in cursor.fetchall()]
    return Finding(
        "Lecteurs du journal",
        not late,
        f"en retard : {', '.join(late)}" if late else "à jour",
        "Lancez ou relancez « bv worker ».",
    )


def _outbox() -> Finding:
    overdue = Notice.objects.filter(
        delivery=Notice.Delivery.PENDING, next_attempt_at__lt=timezone.now() - SILENCE
    ).count()
    given_up = Notice.objects.filter(delivery=Notice.Delivery.FAILED).count()
    said = f"{overdue} en retard, {given_up} abandonnés"
    return Finding(
        "Courriels en attente",
        not overdue and not given_up,
        said,
        "Vérifiez le serveur de courriel, puis « Envoyer de nouveau » dans l'administration.",
    )


def _mail() -> Finding:
    if not settings.ENVIRONMENT.mail.host:
        where = settings.ENVIRONMENT.mail.directory
        fix = "Donnez BV_EMAIL_URL, par exemple smtp://utilisateur:mot-de-passe@serveur:587?tls=1."
        return Finding("Envoi des courriels", settings.BV_DEMO, f"écrits dans {where}" if where else "aucun envoi", fix)
    channel = get_connection(timeout=5)
    try:
        channel.open()
        channel.close()
    except OSError as error:
        return Finding("Envoi des courriels", False, str(error), "Vérifiez BV_EMAIL_URL : adresse, port, identifiants.")
    return Finding("Envoi des courriels", True, f"le serveur {settings.ENVIRONMENT.mail.host} répond")


def _disk() -> Finding:
    free = shutil.disk_usage(settings.BV_DATA_DIR).free
    return Finding(
        "Place sur le disque",
        free > LEAST_DISK_BYTES,
        f"{free / 1e9:.1f} Go libres",
        "Faites de la place, ou déplacez BV_DATA_DIR.",
    )


def _static() -> Finding:
    root = settings.STATIC_ROOT
    there = settings.DEBUG or (root is not None and (root / "staticfiles.json").exists())
    return Finding(
        "Fichiers des pages",
        bool(there),
        "rassemblés" if there else "pas encore rassemblés",
        "« bv serve » les rassemble à son démarrage.",
    )


class Command(BaseCommand):
    help = "Dit ce qui ne va pas dans l'installation, et comment y remédier."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = 0
        for finding in examine():
            mark = self.style.SUCCESS("OK") if finding.is_well else self.style.ERROR("!!")
            self.stdout.write(f"{mark} {finding.name} : {finding.said}")
            if not finding.is_well:
                wrong += 1
                self.stdout.write(f"   → {finding.fix}")
        if wrong:
            raise CommandError(f"{wrong} point{'s' if wrong > 1 else ''} à corriger.")
