"""One piece of compiled work beside another: on a second core where there is one. Pure work only: no database, no request."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class _Threads:
    """Two threads, started at the first use; a forked process has none of its parent's and starts its own."""

    def __init__(self) -> None:
        self.start()
        os.register_at_fork(after_in_child=self.start)

    def start(self) -> None:
        self.pool = ThreadPoolExecutor(2, thread_name_prefix="beside")


_threads = _Threads()


def beside(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
    """Begin the work; `.result()` waits for it, and raises what it raised."""
    return _threads.pool.submit(work, *args, **kwargs)
