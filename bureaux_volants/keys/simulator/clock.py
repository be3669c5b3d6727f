"""A box's own clock: it may be wrong, and go wrong further; the server's signed messages put it right when they come."""

from __future__ import annotations

import datetime as dt
import time


class Clock:
    """`offset` seconds wrong from the start, `drift` seconds more each hour; `is_corrected`: it listens to the server."""

    def __init__(self, offset: float = 0.0, drift: float = 0.0, *, is_corrected: bool = True) -> None:
        self.offset = offset
        self.drift = drift
        self.is_corrected = is_corrected
        self.correction = 0.0
        self._began = time.time()

    def _own(self) -> float:
        real = time.time()
        return real + self.offset + (real - self._began) / 3600 * self.drift

    def now(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self._own() + self.correction, dt.UTC)

    def hear(self, server: dt.datetime) -> None:
        """The server's time, from a message whose signature was checked."""
        if self.is_corrected:
            self.correction = server.timestamp() - self._own()
