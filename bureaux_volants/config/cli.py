"""The command `bv`: a Django management command, a database under it when none is given, plain sentences for errors."""

from __future__ import annotations

import atexit
import os
import signal
import sys
from contextlib import suppress

from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, execute_from_command_line
from django.core.management.base import SystemCheckError
from django.db import OperationalError

from bureaux_volants.config import environment, quality
from bureaux_volants.config.embedded import EmbeddedServer, EmbeddedServerError

DATABASE = "bureaux_volants"

# These work without a database, or bring their own.
_NO_DATABASE = {
    "bench",
    "check",
    "collectstatic",
    "compilemessages",
    "help",
    "keybox",
    "makemessages",
    "makemigrations",
    "version",
    "--help",
    "--version",
    "-h",
}

_NO_DATABASE_FOR = {("gtfs", "answer"), ("gtfs", "check")}

_SERVING = {"serve", "worker", "runserver"}


def main(arguments: list[str] | None = None) -> None:
    """Run `bv ARGUMENTS` and exit with its status; a mistake of the person or of the installation is one sentence."""
    given = sys.argv[1:] if arguments is None else arguments
    command = given[0] if given else "help"
    if (command == "test" or given == ["check"]) and not quality.is_checkout():
        sys.exit(f"bv : « bv {command} » s'emploie dans une copie des sources, pas dans un paquet installé.")
    if command == "test":
        sys.exit(quality.run_tests(given[1:]))
    if given == ["check"]:
        sys.exit(quality.run_checks())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bureaux_volants.config.settings")
    _local_defaults(command)
    try:
        needs_none = command in _NO_DATABASE or tuple(given[:2]) in _NO_DATABASE_FOR
        if not needs_none and not os.environ.get("DATABASE_URL", "").strip():
            environment.read(os.environ)  # a wrong setting is told before a database is made for nothing
            use_embedded_server()
        _run(given)
    except SystemCheckError as error:
        sys.exit(str(error))
    except CommandError as error:
        print(f"bv : {error}", file=sys.stderr)
        sys.exit(error.returncode)
    except (EmbeddedServerError, ImproperlyConfigured) as error:
        sys.exit(f"bv : {error}")
    except OperationalError as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else "pas de réponse"
        sys.exit(f"bv : la base de données ne répond pas ({reason}). « bv doctor » dit quoi vérifier.")
    except BrokenPipeError:
        # The reader of our output has left (`bv … | head`).
        with suppress(OSError):
            sys.stdout.close()
        sys.exit(141)
    except KeyboardInterrupt:
        sys.exit(130)


def _run(arguments: list[str]) -> None:
    """Hand over to Django, asking it to let errors through: it would print the name of the exception before them."""
    if not arguments or arguments[0] in {"help", "version"} or arguments[0].startswith("-"):
        execute_from_command_line(["bv", *(arguments or ["help"])])
    else:
        execute_from_command_line(["bv", arguments[0], "--traceback", *arguments[1:]])


def use_embedded_server() -> EmbeddedServer:
    """Start or join the embedded server, point DATABASE_URL at it, let go of it when this process ends."""
    server = EmbeddedServer(environment.data_dir(os.environ) / "postgresql")
    for number in (signal.SIGTERM, signal.SIGHUP):
        # By default these end the process without its exit functions, and the server would stay behind.
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    server.start()
    atexit.register(server.stop)
    os.environ["DATABASE_URL"] = server.ensure_database(DATABASE)
    return server


def _local_defaults(command: str) -> None:
    """`demo` asks for the demonstration; other commands on a laptop that configures nothing look at that same one.

    What serves other people never guesses: personas are open to anybody, so serve and worker must be told.
    """
    configured = any(os.environ.get(name) for name in ("DATABASE_URL", "BV_SECRET_KEY", "BV_DEMO", "BV_DEBUG"))
    if command == "demo" or not (configured or command in _SERVING):
        os.environ["BV_DEMO"] = "1"
