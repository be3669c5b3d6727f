"""How each kind is called in a sentence. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Noun:
    """A kind's French noun, with what agrees with it."""

    one: str
    many: str
    is_feminine: bool

    @property
    def a_thing(self) -> str:
        """`un bureau`, `une voiture`."""
        return f"{'une' if self.is_feminine else 'un'} {self.one}"

    @property
    def this_thing(self) -> str:
        """`ce bureau`, `cette voiture`."""
        return f"{'cette' if self.is_feminine else 'ce'} {self.one}"

    @property
    def another(self) -> str:
        """`un autre bureau`, `une autre voiture`."""
        return f"{'une' if self.is_feminine else 'un'} autre {self.one}"

    @property
    def none(self) -> str:
        """`aucun bureau`, `aucune voiture`."""
        return f"{'aucune' if self.is_feminine else 'aucun'} {self.one}"

    def all_taken(self, count: int) -> str:
        """`les 3 bureaux sont pris`, `la seule voiture est prise`: all of `count`, one or more."""
        taken = "prise" if self.is_feminine else "pris"
        if count < 1:
            return f"{self.none} n'est {'prêtée' if self.is_feminine else 'prêté'} ce jour-là"
        if count > 1:
            return f"les {count} {self.many} sont {'prises' if self.is_feminine else 'pris'}"
        return f"{'la seule' if self.is_feminine else 'le seul'} {self.one} est {taken}"


_NOUNS = {
    "desk": Noun("bureau", "bureaux", is_feminine=False),
    "car": Noun("voiture", "voitures", is_feminine=True),
    "bike": Noun("vélo", "vélos", is_feminine=False),
    "cargo_bike": Noun("vélo cargo", "vélos cargos", is_feminine=False),
    "transport_card": Noun("carte de transport", "cartes de transport", is_feminine=True),
}


def noun(kind: str) -> Noun:
    """The noun of a kind."""
    return _NOUNS[kind]


def a_thing(kind: str) -> str:
    """`un bureau`, `une voiture`: the kind with its article."""
    return noun(kind).a_thing
