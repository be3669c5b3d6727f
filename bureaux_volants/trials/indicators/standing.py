"""Which figures made of people's answers stand as they were told, so that two looks do not show who took theirs back. Pure.

Whoever withdraws is erased from the rows at once, and others are left uncounted with them (surveys/covering.py). A month is told once: it
stands as it was told whoever withdraws since. A trial's reading goes on with new weeks, and is replaced when five people's rows at least have
changed, or nobody's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from .disclosure import FEWEST_PEOPLE

#: Codes of the indicators worked out from what people may take back: diary and questionnaires.
FROM_ANSWERS = frozenset({"car_km", "travel_minutes", "gco2e", "cost_eur", "modes", "diary_filled", "who5", "sts"})
#: Beside the outcomes made of it, what everybody wrote in their diary.
DIARY = "diary"
#: Before the name of a group of days at desks, in the balance of CO2.
DAYS = "days:"
#: Of these, what is told once of days nobody was set aside in: by mode, or what beside the kilometres by car tells of the other modes, or of weeks begun.
ONCE = frozenset({"modes", "gco2e", "diary_filled"})


def standing(told: Mapping[str, Iterable[str]], found: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """The outcomes whose figures stand: of those that are told, each person's mark being known, one to four people's changed since."""
    return frozenset(
        code for code in told.keys() & found.keys() if 0 < _changed(told[code], found[code]) < FEWEST_PEOPLE
    )


def _changed(told: Iterable[str], found: Iterable[str]) -> int:
    then, now = Counter(told), Counter(found)
    # Whoever changes loses one mark and has another.
    return max((then - now).total(), (now - then).total())
