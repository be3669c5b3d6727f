"""The secrets of a box: which one signs, which ones are believed, which one a grant's code is made with."""

from __future__ import annotations

from dataclasses import dataclass

from .codes import Credential, Known, Window, code
from .models import Box, BoxSecret, Grant


@dataclass(frozen=True, slots=True)
class Ring:
    """All secrets of one box by epoch; `current` is the newest that the box has confirmed (0: not enrolled)."""

    secrets: dict[int, bytes]
    current: int
    #: A newer one that the box was told to go over to.
    offered: BoxSecret | None = None

    @property
    def trusted(self) -> list[tuple[int, bytes]]:
        """Those that may sign for the box: the current one, and the offered one until the box confirms it by using it."""
        return [(epoch, secret) for epoch, secret in self.secrets.items() if epoch >= self.current]

    @property
    def outdated(self) -> list[tuple[int, bytes]]:
        """Those that signed once: what arrives with one of these is old, not forged."""
        return [(epoch, secret) for epoch, secret in self.secrets.items() if epoch < self.current]


def ring_of(box: Box) -> Ring:
    rows = list(box.secrets.order_by("epoch"))
    confirmed = [row.epoch for row in rows if row.confirmed_at is not None]
    current = max(confirmed, default=0)
    offered = next((row for row in rows if row.epoch > current), None)
    return Ring({row.epoch: bytes(row.secret) for row in rows}, current, offered)


def window_of(grant: Grant) -> Window:
    return Window(grant.from_at, grant.until, grant.late_until)


def credential_of(grant: Grant) -> Credential:
    return Credential(str(grant.public_id), grant.generation, window_of(grant))


def code_of(grant: Grant, box: Box, ring: Ring) -> str:
    """The digits of a grant, "" where its secret is no longer kept. Never to be logged, never to be put in an address."""
    secret = ring.secrets.get(grant.epoch)
    return code(secret, credential_of(grant), box.pin_length) if secret else ""


def known_of(grant: Grant, ring: Ring) -> Known:
    return Known(credential_of(grant), ring.secrets[grant.epoch])
