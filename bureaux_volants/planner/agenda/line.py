"""A connection that ends when its time is over, however slowly the other side speaks.

A socket's own limit begins anew with each byte: a server that sends one a second would hold us as long as it likes.
"""

from __future__ import annotations

import io
import socket
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer


def left(end: float) -> float:
    """Seconds until `end` [time.monotonic()]. Raises TimeoutError when there is none."""
    seconds = end - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


class Line:
    """As much of a socket as http.client uses."""

    def __init__(self, raw: socket.socket, end: float) -> None:
        self._raw, self._end = raw, end

    def sendall(self, data: ReadableBuffer) -> None:
        self._raw.settimeout(left(self._end))
        self._raw.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Incoming(self._raw, self._end))

    def close(self) -> None:
        """Whoever opened the socket closes it."""


class _Incoming(io.RawIOBase):
    def __init__(self, raw: socket.socket, end: float) -> None:
        self._raw, self._end = raw, end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        self._raw.settimeout(left(self._end))
        return self._raw.recv_into(buffer)
