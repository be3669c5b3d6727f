"""`bv worker`: jobs, and what follows the event log."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import threading
from argparse import ArgumentParser
from typing import Any, cast

from django.core.management.base import BaseCommand
from procrastinate import exceptions
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from psycopg import OperationalError

from bureaux_volants.booking import arrangement
from bureaux_volants.events.follow import run_followers

logger = logging.getLogger(__name__)

_RETRY_SECONDS = 2.0


class Command(BaseCommand):
    help = "Exécute les tâches de fond : libérations, réponses en retard, listes d'attente, courriels."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--concurrency", type=int, default=2, help="tâches à la fois (2 par défaut)")

    def handle(self, *args: Any, **options: Any) -> None:
        arrangement.warm_up()
        stop = threading.Event()
        followers = threading.Thread(target=run_followers, args=(stop,), name="followers")
        followers.start()
        try:
            asyncio.run(_work(options["concurrency"]))
        finally:
            stop.set()
            followers.join(timeout=10)


async def _work(concurrency: int) -> None:
    """Work until SIGTERM or SIGINT; a database that goes away is waited for."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    while not stopping.is_set():
        work = asyncio.create_task(_until_database_leaves(concurrency))
        wish = asyncio.create_task(stopping.wait())
        await asyncio.wait({work, wish}, return_when=asyncio.FIRST_COMPLETED)
        wish.cancel()
        if not work.done():
            work.cancel()  # procrastinate then lets running jobs end
        try:
            await work
        except asyncio.CancelledError:
            pass
        except (exceptions.ConnectorException, OperationalError) as error:
            logger.warning("the worker waits for the database: %s", str(error.__cause__ or error).strip())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), _RETRY_SECONDS)


async def _until_database_leaves(concurrency: int) -> None:
    connector = cast(DjangoConnector, app.connector)
    with app.replace_connector(connector.get_worker_connector()) as worker_app:
        async with worker_app.open_async():
            await worker_app.run_worker_async(
                concurrency=concurrency,
                delete_jobs="successful",
                install_signal_handlers=False,
                shutdown_graceful_timeout=8,
            )
