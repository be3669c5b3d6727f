"""Which figures made of people's answers stand as they were told, so that two looks do not show who took theirs back. Pure.

Whoever withdraws is erased from the rows at once. Were a month of theirs worked out again the next night, the month as it was told
less the month as it is would be their week. So what was told of answers stands until what has changed since is of five people
at least, whatever part of it one looks at; and then all of it changes together, for parts told at two times can be subtracted too.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping

import numpy as np

from .disclosure import FEWEST_PEOPLE
from .rows import Rows

#: Codes of the indicators worked out from what people may take back: diary and questionnaires.
FROM_ANSWERS = frozenset({"car_km", "travel_minutes", "gco2e", "cost_eur", "modes", "diary_filled", "who5", "sts"})
#: One part of what is told: its values, and how many people stand behind it.
Part = tuple[tuple[float | None, ...], int | None]


def digest_of_answers(rows: Rows) -> str:
    """SHA-256 of the rows that people may take back, in canonical order."""
    found = hashlib.sha256()
    for table in (rows.diary, rows.trips, rows.scores):
        for column in table.columns():
            found.update(str(column.shape).encode())
            found.update(np.ascontiguousarray(column, column.dtype.newbyteorder("<")).tobytes())
    return found.hexdigest()


def may_replace(told: Mapping[Hashable, Part], found: Mapping[Hashable, Part]) -> bool:
    """Whether each part that differs does so by five people at least. A part that appears or goes is all of its people.

    Of a part whose name is new or gone the people may stand in another one (groups put together): then nothing is sure, and nothing changes.
    """
    if told.keys() != found.keys():
        return not told
    return all(_is_apart(told[key], found[key]) for key in told)


def _is_apart(told: Part, found: Part) -> bool:
    return told == found or abs((told[1] or 0) - (found[1] or 0)) >= FEWEST_PEOPLE


def may_follow(told: Mapping[str, Iterable[str]], found: Mapping[str, Iterable[str]]) -> bool:
    """The same of figures by outcome of which each person's mark is known: of each that was told nobody's changed, or five people's."""
    return all(not 0 < _changed(told[code], found[code]) < FEWEST_PEOPLE for code in told.keys() & found.keys())


def _changed(told: Iterable[str], found: Iterable[str]) -> int:
    then, now = Counter(told), Counter(found)
    # Whoever changes loses one mark and has another.
    return max((then - now).total(), (now - then).total())
