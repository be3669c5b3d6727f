"""Fetch a feed from an address, within limits of size and time."""

from __future__ import annotations

import http.client
import tempfile
import time
import urllib.error
import urllib.request
from typing import BinaryIO, cast

#: A country's feed is some hundred megabytes.
LARGEST = 512 * 1024 * 1024


class CannotFetch(Exception):
    """Why nothing was fetched; one French sentence."""


def is_address(text: str) -> bool:
    return text.startswith(("http://", "https://"))


def fetch(url: str, *, timeout: float = 30.0, whole: float = 600.0, largest: int = LARGEST) -> BinaryIO:
    """A temporary file with what the address answers, gone when closed. `timeout`: seconds of silence; `whole`: in all.

    Raises CannotFetch.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115 (handed to the caller)
    end = time.monotonic() + whole
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:  # noqa: S310 (http and https only: is_address)
            # What is there already: one byte now and then must not keep the clock from being looked at.
            while part := answer.read1(1 << 20):
                file.write(part)
                if file.tell() > largest:
                    raise CannotFetch(
                        f"{url} envoie plus de {largest // 2**20} Mo : ce n'est pas un fichier d'horaires."
                    )
                if time.monotonic() > end:
                    raise CannotFetch(f"{url} n'a pas tout envoyé en {whole:.0f} secondes.")
            expected = answer.headers.get("Content-Length")
            if expected is not None and expected.isdigit() and file.tell() < int(expected):
                raise CannotFetch(f"{url} a coupé avant la fin.")
    except CannotFetch:
        file.close()
        raise
    except urllib.error.HTTPError as error:
        file.close()
        if 300 <= error.code < 400:
            raise CannotFetch(f"{url} renvoie d'adresse en adresse, sans fin.") from error
        raise CannotFetch(f"{url} répond {error.code}.") from error
    except TimeoutError as error:
        file.close()
        raise CannotFetch(f"{url} ne répond pas en {timeout:.0f} secondes.") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        file.close()
        raise CannotFetch(f"{url} ne répond pas ({getattr(error, 'reason', error)}).") from error
    file.seek(0)
    return cast(BinaryIO, file)
