"""Which figures made of people's answers stand as they were told, so that two looks do not show who took theirs back. Pure.

Whoever withdraws is erased from the rows at once. Were a month of theirs worked out again the next night, the month as it was told
less the month as it is would be their week. So what was told of answers stands until what has changed since is of five people
at least, whatever part of it one looks at; and then all of it changes together, for parts told at two times can be subtracted too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping

from .disclosure import FEWEST_PEOPLE

#: Codes of the indicators worked out from what people may take back: diary and questionnaires.
FROM_ANSWERS = frozenset({"car_km", "travel_minutes", "gco2e", "cost_eur", "modes", "diary_filled", "who5", "sts"})
#: Beside the outcomes made of it, what everybody wrote in their diary.
DIARY = "diary"
#: One part of what is told: sums over its own people (a share also moves with the others'), and how many they are.
Part = tuple[tuple[float | None, ...], int | None]


def may_replace(told: Mapping[Hashable, Part], found: Mapping[Hashable, Part]) -> bool:
    """Whether each part that differs, or is gone, does so by five people at least.

    A part that is new is groups put together, and their people stood in others: then nothing is sure, and nothing changes.
    """
    if found.keys() - told.keys():
        return not told
    return all(_is_apart(part, found.get(key)) for key, part in told.items())


def _is_apart(told: Part, found: Part | None) -> bool:
    gone = (told[1] or 0) - (found[1] or 0 if found else 0)
    return told == found or abs(gone) >= FEWEST_PEOPLE


def standing(told: Mapping[str, Iterable[str]], found: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """The outcomes whose figures stand: of those that are told, each person's mark being known, one to four people's changed since."""
    return frozenset(
        code for code in told.keys() & found.keys() if 0 < _changed(told[code], found[code]) < FEWEST_PEOPLE
    )


def _changed(told: Iterable[str], found: Iterable[str]) -> int:
    then, now = Counter(told), Counter(found)
    # Whoever changes loses one mark and has another.
    return max((then - now).total(), (now - then).total())
