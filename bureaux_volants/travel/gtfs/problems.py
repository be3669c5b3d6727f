"""What is wrong with a feed: how grave, in which file, on which line, in one French sentence. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """`REFUSAL`: the feed cannot be used. `ERROR`: the row is left out. `WARNING`: tolerated, and said."""

    REFUSAL = "refus"
    ERROR = "erreur"
    WARNING = "avertissement"


@dataclass(frozen=True, slots=True)
class Problem:
    """`line` counts from 1, the header's; 0 where the whole file is meant."""

    severity: Severity
    file: str
    line: int
    text: str

    def __str__(self) -> str:
        where = f"{self.file}, ligne {self.line}" if self.line else self.file
        return f"{self.severity.value} : {where} : {self.text}"


#: Of one kind in one file, as many are told in full; the rest are counted.
TOLD = 20


class Problems:
    """Collects problems; of a kind that repeats itself, the first ones and a count."""

    def __init__(self) -> None:
        self._told: list[Problem] = []
        self._count: Counter[tuple[Severity, str, str]] = Counter()

    def add(self, severity: Severity, file: str, line: int, kind: str, text: str) -> None:
        """`kind` groups those that say the same of different rows."""
        self._count[severity, file, kind] += 1
        if self._count[severity, file, kind] <= TOLD:
            self._told.append(Problem(severity, file, line, text))

    def refuse(self, file: str, text: str, line: int = 0) -> None:
        self.add(Severity.REFUSAL, file, line, text, text)

    def error(self, file: str, line: int, kind: str, text: str) -> None:
        self.add(Severity.ERROR, file, line, kind, text)

    def warn(self, file: str, line: int, kind: str, text: str) -> None:
        self.add(Severity.WARNING, file, line, kind, text)

    def count(self, severity: Severity) -> int:
        return sum(n for (known, _, _), n in self._count.items() if known is severity)

    @property
    def refused(self) -> bool:
        return self.count(Severity.REFUSAL) > 0

    def all(self) -> list[Problem]:
        """The gravest first, then by file and line, then how many more there are of a kind."""
        rest = [
            Problem(severity, file, 0, f"… et {n - TOLD} autres de la même sorte ({kind}).")
            for (severity, file, kind), n in self._count.items()
            if n > TOLD
        ]
        order = list(Severity)
        told = sorted(self._told, key=lambda p: (order.index(p.severity), p.file, p.line))
        return told + sorted(rest, key=lambda p: (order.index(p.severity), p.file))
