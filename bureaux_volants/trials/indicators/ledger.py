"""Every count of people that a publication tells, in one book, with the sums that a reader knows to hold between them. Pure.

The tables of one publication, and what the trial's own pages already tell, are judged together (indicators/disclosure.py): a table
that is safe alone may give a small group away beside another. Counts that no sum links are judged apart, which changes nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

from .disclosure import Sum, published

Key = Hashable


class Revealed(ValueError):
    """A count that is told already would have to be hidden: what lies beside it cannot be published. `keys`: such counts."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self.keys = tuple(keys)
        super().__init__(str(self.keys))


@dataclass(slots=True)
class Ledger:
    """Counts by key; `told`: those that a reader has from elsewhere, so that hiding them would be no use."""

    counts: dict[Key, int] = field(default_factory=dict)
    told: set[Key] = field(default_factory=set)
    sums: list[tuple[Key, tuple[Key, ...]]] = field(default_factory=list)

    def count(self, key: Key, count: int, *, told: bool = False) -> None:
        """Raises ValueError for a key that stands for two counts."""
        if self.counts.setdefault(key, count) != count:
            raise ValueError(key)
        if told:
            self.told.add(key)

    def sum(self, total: Key, parts: Iterable[Key]) -> None:
        """`total` is the sum of `parts`, each counted already or later. Raises ValueError when it is not."""
        parts = tuple(parts)
        if self.counts[total] != sum(self.counts[p] for p in parts):
            raise ValueError(total)
        self.sums.append((total, parts))

    def shown(self) -> dict[Key, int | None]:
        """Each count as it may be told, None for a hidden one. Raises Revealed."""
        found: dict[Key, int | None] = {}
        for keys in self._linked():
            place = {key: n for n, key in enumerate(keys)}
            sums = [Sum(place[t], tuple(place[p] for p in parts)) for t, parts in self.sums if t in place]
            found |= dict(zip(keys, published([self.counts[k] for k in keys], sums), strict=True))
        if lost := [key for key in self.counts if key in self.told and found[key] is None]:
            raise Revealed(lost)
        return found

    def _linked(self) -> list[list[Key]]:
        """Keys by connected component of the sums, in the order of counting."""
        root = {key: key for key in self.counts}

        def top(key: Key) -> Key:
            while root[key] != key:
                root[key] = root[root[key]]
                key = root[key]
            return key

        for total, parts in self.sums:
            for part in parts:
                root[top(part)] = top(total)
        groups: dict[Key, list[Key]] = {}
        for key in self.counts:
            groups.setdefault(top(key), []).append(key)
        return list(groups.values())
