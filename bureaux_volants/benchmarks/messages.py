"""`bv bench messages`: a full outbox is emptied by two workers into a mail server on this machine, and every mail is counted.

The mails are those of bookings to come, invitations included, each looked at once more before it leaves. The server is a real
one (aiosmtpd) that reads each mail as it comes; it is a tool of development, and the benchmark says so where it is missing.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import email
import logging
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .report import Figure
from .stage import Stage

BUDGET_SECONDS = 300.0
WORKERS = 2


@dataclass(frozen=True, slots=True)
class Scale:
    mails: int = 10_000
    sites: int = 60
    desks: int = 500
    agents: int = 1_500


SCALES = {"tiny": Scale(200, 6, 30, 90), "middle": Scale(2_000), "small": Scale()}


class _Postmaster:
    """Keeps the Message-ID of every mail it takes, and how many carried an invitation."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        self.invitations = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        mail = email.message_from_bytes(envelope.content)
        self.taken[mail["Message-ID"]] += 1
        self.invitations += any(part.get_content_type() == "text/calendar" for part in mail.walk())
        return "250 OK"


def run(scale: str | None = None) -> list[Figure]:
    """All figures of one scale: "small" (the default), or "tiny" for a test. ValueError for another; RuntimeError without aiosmtpd."""
    name = scale or "small"
    if name not in SCALES:
        raise ValueError(f"« {name} » n'est pas une taille : {', '.join(SCALES)}.")
    try:
        from aiosmtpd.smtp import SMTP
    except ImportError:
        raise RuntimeError("Ce banc demande aiosmtpd (requirements/dev.txt).") from None
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # it tells of every line that is spoken
    size, post = SCALES[name], _Postmaster()
    with Stage() as stage:
        port = _serve(lambda: SMTP(post))
        stage.environment["BV_EMAIL_URL"] = f"smtp://127.0.0.1:{port}"
        directory = {"sites": size.sites, "desks": size.desks, "agents": size.agents, "past": 100}
        today = dt.datetime.now(dt.UTC).date().isoformat()
        stage.step("load", first=1, last=1, size=directory, today=today)
        written = stage.step("write-messages", count=size.mails)["written"]
        _say(f"{written} mails, {WORKERS} workers")
        began = time.perf_counter()
        sent = stage.steps_together("deliver-messages", [{}] * WORKERS)
        took = time.perf_counter() - began
    lost, twice = written - len(post.taken), sum(post.taken.values()) - len(post.taken)
    return [
        Figure("mails in the outbox", written, ""),
        Figure("workers", WORKERS, ""),
        Figure("all delivered", round(took, 1), "s", f"< {BUDGET_SECONDS:.0f} s", took < BUDGET_SECONDS),
        Figure("mails a second", round(written / took), "1/s"),
        Figure("sent, as the workers say", sum(one["sent"] for one in sent), ""),
        Figure("with an invitation", post.invitations, ""),
        Figure("mails lost", lost, "", "0", lost == 0),
        Figure("mails twice", twice, "", "0", twice == 0),
    ]


def _serve(protocol: Callable[[], asyncio.BaseProtocol]) -> int:
    """Start the mail server in a thread that ends with the process; the port that it was given."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        loop = asyncio.new_event_loop()
        loop.run_until_complete(loop.create_server(protocol, sock=listening))
        loop.run_forever()

    threading.Thread(target=serve, daemon=True).start()
    port: int = listening.getsockname()[1]
    return port


def _say(what: str) -> None:
    print(f"… {what}", file=sys.stderr, flush=True)
