"""Become another program, bound to the life of the parent and stripped of root where asked.

Run as a script by a fresh interpreter: ``python -I exec_child.py [--die SIGNAL] [--user UID:GID] [--read-all] PROGRAM ARG…``.
A fresh interpreter, because changing user between fork and exec inside a threaded process may deadlock.

--die       the kernel sends SIGNAL to the program when its parent disappears, even by SIGKILL (Linux only)
--user      change to this user first: PostgreSQL refuses to run as root
--read-all  keep, as that user, the capability to pass through directories closed to it: a checkout made by root
            usually sits in a directory that only root may enter, and its permissions are not ours to change
"""

from __future__ import annotations

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_KEEPCAPS = 8
_PR_SET_SECUREBITS = 28
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAP_VERSION_3 = 0x20080522
_CAP_DAC_OVERRIDE = 1
_CAP_DAC_READ_SEARCH = 2


class _CapHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _CapData(ctypes.Structure):
    _fields_ = [("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32)]


def _change_user(libc: ctypes.CDLL, uid: int, gid: int, read_all: bool) -> None:
    wanted = 0
    header = _CapHeader(_CAP_VERSION_3, 0)
    data = (_CapData * 2)()
    if read_all:
        libc.capget(ctypes.byref(header), data)
        wanted = data[0].permitted & (1 << _CAP_DAC_OVERRIDE | 1 << _CAP_DAC_READ_SEARCH)
        libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
        # Without this, access(2), by which PostgreSQL finds its own files, forgets the capability.
        libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if not read_all:
        return
    # Everything else goes: changing user no longer drops capabilities by itself.
    data[0].effective = data[0].permitted = data[0].inheritable = wanted
    data[1].effective = data[1].permitted = data[1].inheritable = 0
    libc.capset(ctypes.byref(header), data)
    for capability in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH):
        if wanted & 1 << capability:
            libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0)


def main(arguments: list[str]) -> None:
    """Apply the options, then exec the rest of the command line; never returns."""
    linux = sys.platform.startswith("linux")
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getppid()
    die_signal = 0
    while arguments and arguments[0].startswith("--"):
        option = arguments.pop(0)
        if option == "--die":
            die_signal = int(arguments.pop(0))
        elif option == "--user":
            uid, _, gid = arguments.pop(0).partition(":")
            read_all = bool(arguments) and arguments[0] == "--read-all"
            if linux:
                _change_user(libc, int(uid), int(gid), read_all)
            else:
                os.setgid(int(gid))
                os.setuid(int(uid))
    if die_signal and linux:
        # After the change of user, which clears it; the parent may be gone already.
        libc.prctl(_PR_SET_PDEATHSIG, die_signal, 0, 0, 0)
        if os.getppid() != parent:
            raise SystemExit(1)
    os.execv(arguments[0], arguments)  # noqa: S606  the whole point of this file


if __name__ == "__main__":
    main(sys.argv[1:])
