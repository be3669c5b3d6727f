"""The port through which notices leave. A new way to reach people is one file with one class, named in CHANNELS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bureaux_volants.territory.models import Agent

from .about import Invitation
from .models import Notice


class Unreachable(Exception):
    """Nothing leaves for now, whatever it is: no notice's fault, and none is given up for it."""


class NotTaken(Exception):
    """This parcel was not taken. `is_final`: it never will be."""

    def __init__(self, message: str, *, is_final: bool) -> None:
        super().__init__(message)
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class Parcel:
    """What leaves at once for one person: a notice, or several together. `key` is the same at every try."""

    recipient: Agent
    notices: Sequence[Notice]
    key: str
    invitation: Invitation | None = None


class Channel(Protocol):
    """Opened and closed once for a whole round."""

    def open(self) -> None:
        """Raises Unreachable."""

    def send(self, parcel: Parcel) -> None:
        """Raises Unreachable and NotTaken."""

    def close(self) -> None: ...


def by_email() -> Channel:
    from .by_email import Email  # the port does not need its adapters to be loaded

    return Email()


CHANNELS: dict[str, Callable[[], Channel]] = {"email": by_email}
