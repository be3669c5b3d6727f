"""What may go wrong between a box and the server, on demand."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")


@dataclass
class Weather:
    """`is_cut`: no network at all. `duplicates` sends one in three twice; `reorders` shuffles what is sent."""

    is_cut: bool = False
    duplicates: bool = False
    reorders: bool = False
    dice: random.Random = field(default_factory=random.Random)

    def upon(self, messages: Sequence[T]) -> list[T]:
        """The same messages as the network delivers them."""
        sent = list(messages)
        if self.duplicates:
            sent += [m for m in messages if self.dice.random() < 1 / 3]
        if self.reorders:
            self.dice.shuffle(sent)
        return sent
