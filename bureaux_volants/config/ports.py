"""Is this address free to serve on?"""

from __future__ import annotations

import socket
import time

from django.core.management import CommandError


def require_free(host: str, port: int) -> None:
    """Raises CommandError, one sentence, when nothing can listen on host and port."""
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except PermissionError:
        raise CommandError(
            f"Le port {port} est réservé au système : choisissez-en un autre, par exemple --port 8000."
        ) from None
    except socket.gaierror:
        raise CommandError(f"« {host} » n'est pas une adresse de cette machine.") from None
    except (OSError, OverflowError):
        raise CommandError(
            f"Le port {port} de {host} est déjà pris : arrêtez ce qui l'occupe ou choisissez-en un autre, "
            f"par exemple --port {port + 1 if port < 65535 else 8000}."
        ) from None


def free_from(host: str, port: int, tries: int = 20) -> int:
    """The first port, from this one on, that something can listen on; CommandError, one sentence, when none of them is."""
    for candidate in range(port, min(port + tries, 65536)):
        try:
            require_free(host, candidate)
        except CommandError:
            continue
        return candidate
    raise CommandError(f"Aucun port n'est libre de {port} à {port + tries - 1} sur {host}.")


def wait_until_open(host: str, port: int, seconds: float, alive: object) -> bool:
    """Wait until something accepts connections there. `alive` is called between tries; falsy stops the wait."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and callable(alive) and alive():
        try:
            socket.create_connection((host, port), timeout=1).close()
            return True
        except OSError:
            time.sleep(0.05)
    return False
