"""A process that answers for `bv serve` ends with it, however that ends: nobody is left holding the port."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

#: Names the process of `bv serve` to those it starts.
SERVED_BY = "BV_SERVED_BY"
_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Ask the kernel for the end when `bv serve` is gone. Under another server, and elsewhere than on Linux, nothing."""
    served_by = os.environ.get(SERVED_BY)
    if served_by is None or served_by == str(os.getpid()) or not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if served_by != str(os.getppid()):  # gone already
        os._exit(1)
