"""A rule of the mobility charter is data: conditions over a trip, an effect, a French sentence, a stable code. Pure.

All conditions that a rule states must hold for it to speak; nothing that somebody writes is ever run. `read` checks what comes
from a form or from the database and tells every fault in a sentence of its own.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from bureaux_volants.travel.journeys import Way


class Effect(StrEnum):
    """What a rule does, from the lightest to the heaviest."""

    ADVISE = "advise"
    REASON = "reason"
    APPROVAL = "approval"
    REFUSE = "refuse"


#: The lightest first.
WEIGHT = {effect: k for k, effect in enumerate(Effect)}

ENERGIES = ("diesel", "petrol", "hybrid", "electric", "assisted", "human")
#: The ways whose vehicle has an energy.
WITH_ENERGY = frozenset({Way.OWN_CAR, Way.POOL_CAR, Way.SHARED_RIDE, Way.OWN_BIKE, Way.POOL_BIKE, Way.PARK_AND_RIDE})

#: The ways whose vehicle is booked.
POOL = frozenset({Way.POOL_BIKE, Way.POOL_CAR})

MOST_RULES = 40
LONGEST_SENTENCE = 240
_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
_TIME = re.compile(r"([01]?\d|2[0-3])(?::|h| h ?)([0-5]\d)?\Z")


@dataclass(frozen=True, slots=True)
class Rule:
    """When, and then what. A condition left at None (or empty) asks nothing.

    - `ways`: gone by one of these. `energies`: the vehicle's is one of these.
    - `km_from` <= one-way street kilometres < `km_under`.
    - `instead`, `times`: `instead` takes at most `times` × what this way takes, in minutes; silent where it cannot be gone that way.
    - `people_under`: fewer aboard than that. `load`: something is carried, or nothing is. `accessible`: the person needs it, or not.
    - `hour_from` <= local hour of leaving < `hour_until`; past midnight when it ends before it begins.
    - `others_from`: so many other cars or more go there at about that time. `again_from`: the person goes there so many other times
      or more in the same week.
    """

    code: str
    effect: Effect
    sentence: str
    ways: tuple[Way, ...] = ()
    energies: tuple[str, ...] = ()
    km_from: float | None = None
    km_under: float | None = None
    instead: Way | None = None
    times: float | None = None
    people_under: int | None = None
    load: bool | None = None
    accessible: bool | None = None
    hour_from: dt.time | None = None
    hour_until: dt.time | None = None
    others_from: int | None = None
    again_from: int | None = None

    @property
    def looks_at_the_clock(self) -> bool:
        return self.hour_from is not None

    @property
    def looks_at_others(self) -> bool:
        """Whether it needs to know of other trips than this one."""
        return self.others_from is not None or self.again_from is not None


#: Fields of a rule that are conditions.
CONDITIONS = tuple(f.name for f in fields(Rule) if f.name not in {"code", "effect", "sentence"})


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a field of a rule; `field` is empty where it concerns the rule as a whole."""

    field: str
    sentence: str


class Invalid(ValueError):
    """A rule that cannot be: `faults` says why, field by field."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(" ".join(f.sentence for f in faults))
        self.faults = list(faults)


def written(rule: Rule) -> dict[str, Any]:
    """The rule as plain values that JSON keeps; conditions that ask nothing are left out. `read` reads it back."""
    kept: dict[str, Any] = {"code": rule.code, "effect": rule.effect.value, "sentence": rule.sentence}
    for name in CONDITIONS:
        value = getattr(rule, name)
        if value is None or value == ():
            continue
        if isinstance(value, tuple):
            value = [str(v) for v in value]
        elif isinstance(value, dt.time):
            value = f"{value:%H:%M}"
        elif isinstance(value, Way):
            value = value.value
        kept[name] = value
    return kept


def read(raw: Mapping[str, Any], *, others: Collection[str] = ()) -> Rule:
    """The rule that these values say, texts or JSON alike. `others`: codes that are taken. Raises Invalid with every fault."""
    reader = _Reader(raw)
    rule = reader.rule()
    faults = reader.faults
    if rule.code in others:
        faults.append(
            Fault("code", f"Le code « {rule.code} » est déjà celui d'une autre règle : choisissez-en un autre.")
        )
    if not faults:
        faults += _sense(rule)
    if faults:
        raise Invalid(faults)
    return rule


def read_all(raw: Sequence[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """The rules of a version. Raises Invalid at the first that cannot be."""
    found: list[Rule] = []
    for one in raw:
        found.append(read(one, others={r.code for r in found}))
    return tuple(found)


def _sense(rule: Rule) -> list[Fault]:
    """What is well written and yet means nothing, or more than can be kept."""
    faults: list[Fault] = []
    if all(getattr(rule, name) in (None, ()) for name in CONDITIONS):
        faults.append(Fault("", "Sans aucune condition, cette règle parlerait de tous les trajets : ajoutez-en une."))
    if rule.km_from is not None and rule.km_under is not None and rule.km_from >= rule.km_under:
        faults.append(Fault("km_under", "La distance « moins de » doit dépasser la distance « à partir de »."))
    if (rule.instead is None) != (rule.times is None):
        faults.append(
            Fault(
                "times" if rule.times is None else "instead",
                "Pour comparer des durées, dites à la fois l'autre moyen et le nombre de fois.",
            )
        )
    elif rule.instead is not None and rule.instead in rule.ways:
        faults.append(Fault("instead", "Un moyen ne se compare pas à lui-même : choisissez-en un autre."))
    if (rule.hour_from is None) != (rule.hour_until is None):
        faults.append(Fault("hour_from", "Donnez les deux heures, ou aucune."))
    elif rule.hour_from is not None and rule.hour_from == rule.hour_until:
        faults.append(Fault("hour_until", "Les deux heures sont les mêmes : la règle ne parlerait jamais."))
    if rule.energies and rule.ways and not WITH_ENERGY & set(rule.ways):
        faults.append(Fault("energies", "Les moyens choisis n'ont pas d'énergie : la règle ne parlerait jamais."))
    if rule.effect is Effect.APPROVAL and not (rule.ways and set(rule.ways) <= POOL):
        # What waits is a booking: there is none of one's own car.
        faults.append(
            Fault(
                "ways",
                "Un accord se demande pour un véhicule du parc : choisissez le vélo ou la voiture du parc, seuls.",
            )
        )
    if rule.effect is Effect.REFUSE:
        # Refusals are taken out before the search, where a way has no hour yet and nobody else's trip is known.
        if rule.looks_at_the_clock:
            faults.append(
                Fault("hour_from", "Un refus ne peut pas dépendre de l'heure : demandez plutôt un motif ou un accord.")
            )
        if rule.looks_at_others:
            name = "others_from" if rule.others_from is not None else "again_from"
            faults.append(
                Fault(name, "Un refus ne peut pas dépendre d'autres trajets : demandez plutôt un motif ou un accord.")
            )
    return faults


class _Reader:
    """Reads one field after the other and keeps what is wrong with each."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw, self.faults = raw, list[Fault]()

    def rule(self) -> Rule:
        unknown = sorted(set(self.raw) - {f.name for f in fields(Rule)})
        if unknown:
            self.faults.append(Fault("", f"Condition inconnue : {', '.join(unknown)}."))
        return Rule(
            code=self._code(),
            effect=self._effect(),
            sentence=self._sentence(),
            ways=tuple(w for w in Way if w.value in self._several("ways", [w.value for w in Way], "moyen")),
            energies=tuple(e for e in ENERGIES if e in self._several("energies", ENERGIES, "énergie")),
            km_from=self._number("km_from", 0, 500, "La distance se dit en kilomètres, de 0 à 500."),
            km_under=self._number("km_under", 0.1, 500, "La distance se dit en kilomètres, de 0,1 à 500."),
            instead=self._way("instead"),
            times=self._number("times", 0.1, 10, "Le nombre de fois va de 0,1 à 10 (par exemple 1,5)."),
            people_under=self._whole("people_under", 2, 9, "Le nombre de personnes à bord va de 2 à 9."),
            load=self._yes_or_no("load"),
            accessible=self._yes_or_no("accessible"),
            hour_from=self._time("hour_from"),
            hour_until=self._time("hour_until"),
            others_from=self._whole("others_from", 1, 9, "Le nombre d'autres voitures va de 1 à 9."),
            again_from=self._whole("again_from", 1, 20, "Le nombre d'autres trajets va de 1 à 20."),
        )

    def _fault(self, name: str, sentence: str) -> None:
        self.faults.append(Fault(name, sentence))

    def _text(self, name: str) -> str:
        value = self.raw.get(name)
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return "?"
        return str(value).replace("\0", "").strip()

    def _code(self) -> str:
        code = self._text("code")
        if not _CODE.match(code) or len(code) > 40:
            self._fault(
                "code", "Le code tient en 40 caractères : minuscules sans accent, chiffres et tirets (trajet-court)."
            )
        return code

    def _effect(self) -> Effect:
        try:
            return Effect(self._text("effect"))
        except ValueError:
            self._fault("effect", "Dites ce que la règle fait : conseiller, demander un motif, un accord, ou refuser.")
            return Effect.ADVISE

    def _sentence(self) -> str:
        sentence = " ".join(self._text("sentence").split())
        if not sentence:
            self._fault("sentence", "Écrivez la phrase que les agents liront.")
        elif len(sentence) > LONGEST_SENTENCE:
            self._fault("sentence", f"La phrase tient en {LONGEST_SENTENCE} caractères : raccourcissez-la.")
        return sentence

    def _several(self, name: str, known: Sequence[str], what: str) -> list[str]:
        value = self.raw.get(name) or []
        if isinstance(value, str) or not isinstance(value, Sequence) or any(v not in known for v in value):
            self._fault(name, f"Un choix ({what}) n'existe pas : choisissez dans la liste.")
            return []
        return list(value)

    def _way(self, name: str) -> Way | None:
        text = self._text(name)
        if not text:
            return None
        try:
            return Way(text)
        except ValueError:
            self._fault(name, "Un choix (moyen) n'existe pas : choisissez dans la liste.")
            return None

    def _number(self, name: str, low: float, high: float, told: str) -> float | None:
        text = self._text(name).replace(",", ".")
        if not text:
            return None
        try:
            number = float(text)
        except ValueError:
            number = high + 1
        # NaN is between nothing.
        if not low <= number <= high:
            self._fault(name, told)
            return None
        return number

    def _whole(self, name: str, low: int, high: int, told: str) -> int | None:
        number = self._number(name, low, high, told)
        if number is not None and number != int(number):
            self._fault(name, told)
            return None
        return None if number is None else int(number)

    def _yes_or_no(self, name: str) -> bool | None:
        value = self.raw.get(name)
        if isinstance(value, bool):
            return value
        text = self._text(name)
        if text in {"", "yes", "no"}:
            return None if not text else text == "yes"
        self._fault(name, "Répondez oui, non, ou peu importe.")
        return None

    def _time(self, name: str) -> dt.time | None:
        text = self._text(name)
        if not text:
            return None
        found = _TIME.match(text)
        if not found:
            self._fault(name, "L'heure s'écrit comme 9:30.")
            return None
        return dt.time(int(found[1]), int(found[2] or 0))
