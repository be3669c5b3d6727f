"""From rows to figures: every indicator of registry.py over local days `first` to `last`, both included. Pure.

A week counts where it ends: on its Sunday. What is said of groups (communes, ways to work, modes) is put together or hidden so that no
group under five people is told nor found by subtraction (disclosure.py).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from bureaux_volants.fleet.usage import put_together

from .figures import Figure, is_small
from .registry import indicator
from .rows import (
    COUNTERFACTUALS,
    EMPLOYERS,
    FEWEST_DAYS,
    KINDS,
    MODES,
    PURPOSES,
    SCALES,
    STATES,
    VISITOR,
    WAITING,
    DiaryDays,
    Flags,
    Floats,
    Ints,
    Rates,
    Rows,
    Stays,
    Trips,
    Whole,
)
from .uncertainty import Measured, count_people, ratio, share, summed

#: From home to the usual site, kilometres as the crow flies: groups of equity.
NEAR_KM, FAR_KM = 5.0, 15.0

_PERCENT = 100.0


def measured(rows: Rows, first: int, last: int) -> list[Figure]:
    """Every figure that the rows allow, the whole of an indicator before its parts; what has no denominator is left out.

    Once names have left a stay of the period, what needs them (registry.py) is not worked out: it would be wrong without saying so.
    """
    within = rows.between(first, last)
    weeks = rows.between(*days_of_weeks_ended(first, last))
    found = [figure for measure in _OF_PERIOD for figure in measure(within)]
    found += _participation(rows, within, first, last)
    found += _flying_days(weeks, first, last)
    found += _travelled(weeks)
    found += _modes(weeks.trips)
    told = [f for f in found if f.value is not None]
    return [f for f in told if not (within.has_lost_names and indicator(f.code).needs_names)]


def _figure(
    code: str,
    found: Measured,
    people: int | None,
    *,
    part: str = "",
    scale: float = 1.0,
    tables: str = "",
    is_hidden: bool = False,
) -> Figure:
    value, low, high = (None if x is None else scale * x for x in (found.value, found.low, found.high))
    return Figure(
        code,
        indicator(code).version,
        value,
        found.part,
        found.whole,
        low,
        high,
        people,
        part,
        tables,
        is_hidden or is_small(people),
    )


def _count(code: str, value: float, people: int | None, *, part: str = "") -> Figure:
    return Figure(code, indicator(code).version, value, value, None, None, None, people, part, "", is_small(people))


def _share_of(cases: Flags, hits: Flags, agent: Whole) -> Measured:
    """The share of cases that are hits. By person where everybody has a name; visitors, and those whose name has left, one by one."""
    alone = agent <= 0
    who = np.where(alone, -1 - np.arange(len(agent)), agent)
    return share(summed(who[cases], hits[cases].astype(np.float64))[1], summed(who[cases])[1])


def _people_of(stays: Stays, which: Flags) -> int:
    """Different people with an account, at least, and visitors: as many as were there at once."""
    agent, start, end = stays.agent[which], stays.start[which], stays.end[which]
    visits = agent == VISITOR
    return count_people(agent, start, end) + count_people(
        np.zeros(int(visits.sum()), np.int64), start[visits], end[visits]
    )


# -- desks ------------------------------------------------------------------------------------------------------------


def _bookings(rows: Rows) -> list[Figure]:
    asked = rows.stays.is_here & (rows.stays.agent != VISITOR)
    return [_count("bookings", float(asked.sum()), _people_of(rows.stays, asked))]


def _stays(rows: Rows) -> list[Figure]:
    stays = rows.stays
    flying = stays.is_flying
    people = _people_of(stays, flying)
    known = len(np.unique(stays.agent[flying & (stays.agent > 0)]))
    return [_count("stays", float(flying.sum()), people), _count("agents", float(known), known)]


def _occupancy(rows: Rows) -> list[Figure]:
    stays = rows.stays
    came = stays.has_come & stays.is_here
    # A desk that two people had in turn on one day was used on one day.
    pairs = np.unique(np.stack([stays.day[came].astype(np.int64), stays.desk[came]]), axis=1)
    days, lent = summed(rows.lent.day.astype(np.int64), rows.lent.desks.astype(np.float64))
    used = np.zeros(len(days))
    if len(days):
        # A day on which somebody came although nothing was lent (a site closed since) has no place in the denominator.
        place = np.searchsorted(days, pairs[0])
        there = (place < len(days)) & (days[np.minimum(place, len(days) - 1)] == pairs[0])
        used = np.bincount(place[there], minlength=len(days)).astype(np.float64)
    return [_figure("desk_occupancy", _within_bounds(ratio(used, lent)), _people_of(stays, came), scale=_PERCENT)]


def _within_bounds(found: Measured) -> Measured:
    if found.low is None or found.high is None:
        return found
    return replace(found, low=max(0.0, found.low), high=min(1.0, found.high))


def _no_show(rows: Rows) -> list[Figure]:
    stays = rows.stays
    missed = stays.state == STATES.index("no_show")
    due = (stays.has_come | missed) & stays.is_here & (stays.agent != VISITOR)
    return [
        _figure("no_show", _share_of(due, missed & ~stays.is_told, stays.agent), _people_of(stays, due), scale=_PERCENT)
    ]


def _refusals(rows: Rows) -> list[Figure]:
    stays, waits = rows.stays, rows.waits
    asked = stays.is_here & (stays.agent != VISITOR)
    # Who was served from the queue has a booking, and is counted by it.
    queued = waits.state != WAITING.index("served")
    unmet = np.concatenate([(stays.state == STATES.index("refused"))[asked], np.ones(int(queued.sum()), np.bool_)])
    agent = np.concatenate([stays.agent[asked], waits.agent[queued]])
    people = max(_people_of(stays, asked), len(np.unique(agent[agent > 0])))
    return [_figure("refusals", _share_of(np.ones(len(agent), np.bool_), unmet, agent), people, scale=_PERCENT)]


def _instead_of_home(rows: Rows) -> list[Figure]:
    stays = rows.stays.taken(rows.stays.is_flying)
    said = stays.counterfactual
    blank, unknown, home = (COUNTERFACTUALS.index(c) for c in ("", "unknown", "home"))
    known = (said != blank) & (said != unknown)
    # Where somebody lives and works is about them: a few who said so, or a few who did not, are not told.
    few = any(is_small(_people_of(stays, which)) for which in (known & (said == home), known & (said != home)))
    found = [
        _figure(
            "instead_of_home",
            _share_of(known, said == home, stays.agent),
            _people_of(stays, known),
            scale=_PERCENT,
            is_hidden=few,
        )
    ]
    everybody = np.ones(len(stays), np.bool_)
    parts = {"answer:unknown": said == unknown, "answer:none": said == blank}
    few = any(is_small(_people_of(stays, which)) for which in parts.values())
    people = _people_of(stays, everybody)
    found += [
        _figure(
            "instead_of_home",
            _share_of(everybody, which, stays.agent),
            people,
            part=part,
            scale=_PERCENT,
            is_hidden=few,
        )
        for part, which in parts.items()
    ]
    return found


def _quality(rows: Rows) -> list[Figure]:
    stays = rows.stays
    came = stays.has_come & stays.is_here & (stays.agent != VISITOR)
    said = stays.counterfactual
    known = (said != COUNTERFACTUALS.index("")) & (said != COUNTERFACTUALS.index("unknown"))
    # The balance of CO2 says how many days it counts: with the share of known answers, how many days a few people answered what it does not.
    groups = [known & (said == answer) for answer in np.unique(said[known])] + [~known]
    few = any(is_small(_people_of(stays, stays.is_flying & group)) for group in groups)
    return [
        _figure("arrivals_told", _share_of(came, stays.is_told, stays.agent), _people_of(stays, came), scale=_PERCENT),
        _figure(
            "answers_known",
            _share_of(stays.is_flying, known, stays.agent),
            _people_of(stays, stays.is_flying),
            scale=_PERCENT,
            is_hidden=few,
        ),
    ]


def _cost_per_stay(rows: Rows) -> list[Figure]:
    flying = rows.stays.is_flying
    euros = float(rows.costs.euros.sum())
    if not len(rows.costs):
        return []
    found = Measured(euros, float(flying.sum()))
    return [_figure("cost_per_stay", found, _people_of(rows.stays, flying))]


def _flying_days(rows: Rows, first: int, last: int) -> list[Figure]:
    """Days by person and week, nil ones included. Not once names have left: two stays of a day could be of one person or of two."""
    if rows.has_lost_names:
        return []
    people = rows.people
    weeks = _weeks_ended(first, last)
    mondays = weeks * 7 - 3
    followed = (people.joined[:, None] <= mondays) & (people.left[:, None] > mondays + 6)
    stays = rows.stays.taken(rows.stays.is_flying)
    place, is_known = _places(people.agent, stays.agent)
    week = (stays.day.astype(np.int64) + 3) // 7 - (weeks[0] if len(weeks) else 0)
    is_known &= (week >= 0) & (week < len(weeks))
    is_known[is_known] = followed[place[is_known], week[is_known]]
    pairs = np.unique(np.stack([place[is_known], stays.day[is_known].astype(np.int64)]), axis=1)
    days = np.bincount(pairs[0], minlength=len(people)).astype(np.float64)
    seen = followed.sum(axis=1).astype(np.float64)
    used = seen > 0
    return [_figure("flying_days", ratio(days[used], seen[used]), int(used.sum()))]


def _places(known: Whole, asked: Whole) -> tuple[Whole, Flags]:
    """Where each of `asked` stands in `known`, and whether it does."""
    if not len(known):
        return np.zeros(len(asked), np.int64), np.zeros(len(asked), np.bool_)
    order = np.argsort(known, kind="stable")
    place = order[np.minimum(np.searchsorted(known[order], asked), len(known) - 1)]
    return place, known[place] == asked


def _participation(rows: Rows, within: Rows, first: int, last: int) -> list[Figure]:
    """Who came at least once, by commune and by what may keep somebody from it; told together, hidden together."""
    if within.has_lost_names:
        return []
    people, stays = rows.people, within.stays
    came = np.isin(people.agent, stays.agent[stays.is_flying])
    here = ((people.joined <= last) & (people.left > first)) | came
    distance = np.select(
        [np.isnan(people.km), people.km < NEAR_KM, people.km < FAR_KM], ["unknown", "near", "middle"], "far"
    )
    families: list[tuple[str, str, npt.NDArray[Any]]] = [
        ("participation", "commune", people.commune.astype(str)),
        ("equity", "telework", np.where(people.can_telework, "yes", "no")),
        ("equity", "distance", distance),
        ("equity", "employer", np.array([e or "unknown" for e in EMPLOYERS])[people.employer]),
    ]
    whole = int((here & came).sum()), int(here.sum())
    if not whole[1]:
        return []
    few = _is_unsafe(*whole)
    # Each person is a case of their own: the whole population, seen once.
    found = [
        _figure(code, share(*_by_one(*whole)), whole[1], scale=_PERCENT, is_hidden=few)
        for code in ("participation", "equity")
    ]
    for code, name, group in families:
        counts = {
            str(key): (int((here & came & (group == key)).sum()), int((here & (group == key)).sum()))
            for key in np.unique(group[here])
        }
        for key, (part, size) in safe_groups(counts).items():
            found.append(
                _figure(
                    code,
                    share(*_by_one(part, size)),
                    size,
                    part=f"{name}:{key}",
                    scale=_PERCENT,
                    is_hidden=_is_unsafe(part, size),
                )
            )
    return found


def _by_one(part: int, whole: int) -> tuple[Floats, Floats]:
    return np.repeat([1.0, 0.0], [part, whole - part]), np.ones(whole)


def _is_unsafe(part: int, whole: int) -> bool:
    return is_small(part) or is_small(whole - part)


#: The groups that were put together.
OTHER = "other"


def safe_groups(groups: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """Groups (how many came, how many there are) of which those who came, and those who did not, are none or five at least.

    The others are put together under OTHER, with the smallest of the rest while that is not enough. Nothing is hidden, so nothing is
    to be found by subtraction; where even all together are too few, that one group is for the caller to hide.
    """
    ranked = sorted(groups.items(), key=lambda g: (not _is_unsafe(*g[1]), g[1][1], g[0]))
    part = whole = taken = 0
    while taken < len(ranked) and (_is_unsafe(*ranked[taken][1]) or _is_unsafe(part, whole)):
        part, whole = part + ranked[taken][1][0], whole + ranked[taken][1][1]
        taken += 1
    told = dict(sorted(ranked[taken:]))
    return {**told, OTHER: (part, whole)} if taken else told


# -- travel -----------------------------------------------------------------------------------------------------------


def _weeks_ended(first: int, last: int) -> Ints:
    """Numbers of the ISO weeks whose Sunday lies in the period: week w begins on day 7 w - 3."""
    return np.arange(-((3 - first) // 7), (last - 3) // 7 + 1, dtype=np.int64)


def days_of_weeks_ended(first: int, last: int) -> tuple[int, int]:
    weeks = _weeks_ended(first, last)
    return (int(weeks[0]) * 7 - 3, int(weeks[-1]) * 7 + 3) if len(weeks) else (1, 0)


def _travelled(rows: Rows) -> list[Figure]:
    """What the diary says per person and week, of weeks that are filled."""
    keys, filled = summed(_week_key(rows.diary))
    if not len(keys):
        return []
    enough = filled >= FEWEST_DAYS
    whole = keys[enough]
    trips = rows.trips
    work = trips.purpose != PURPOSES.index("private")
    car = trips.mode == MODES.index("car")
    at = rows.rates.at(trips.day)
    factors = _named(rows.rates.factors, at[work])
    allowances = _named(rows.rates.allowances, at[work & car])
    values = {
        "car_km": (np.where(work & car, trips.km, 0.0), ""),
        "travel_minutes": (trips.minutes.astype(np.float64), ""),
        "gco2e": (np.where(work, trips.km * rows.rates.grams[at, trips.mode], 0.0), factors),
        "cost_eur": (np.where(work & car, trips.km * rows.rates.car_euros[at], 0.0), allowances),
    }
    # A trip is of a day that was filled: everybody with a trip is among these.
    persons = np.unique(rows.diary.who)
    place, is_in = _places(whole, _week_key_in(trips, persons))
    owner = _owner(whole)
    weeks = np.bincount(owner, minlength=len(persons)).astype(np.float64)
    used = weeks > 0
    # Emissions beside the kilometres by car tell those of the other modes, and kilometres by car who drives: not of few people.
    few_drive = is_small(len(np.unique(trips.who[work & car])))
    others = {
        "car_km": few_drive,
        "cost_eur": few_drive,
        "gco2e": few_drive or _tells_apart(trips.taken(work), rows.rates),
        # It is not asked of everybody: of one who said them, they would be theirs.
        "travel_minutes": is_small(len(np.unique(trips.who[trips.minutes > 0]))),
    }
    found = []
    for code, (value, tables) in values.items():
        of_person = _by(owner[place[is_in]], value[is_in], len(persons))
        mean = ratio(of_person[used], weeks[used])
        found.append(_figure(code, mean, int(used.sum()), tables=tables, is_hidden=others.get(code, False)))
    begun = np.bincount(_owner(keys), minlength=len(persons)).astype(np.float64)
    few_began = is_small(int((begun > weeks).sum()))
    found.append(
        _figure("diary_filled", share(weeks, begun), int((begun > 0).sum()), scale=_PERCENT, is_hidden=few_began)
    )
    return found


def _tells_apart(work: Trips, rates: Rates) -> bool:
    """Whether emissions beside the kilometres of the modes that are put together (_modes) tell those of few people.

    The two are two equations: they can be solved where these modes have two factors.
    """
    at = rates.at(work.day[:1])
    groups: dict[Hashable, list[Flags]] = {MODES[m]: [work.mode == m] for m in np.unique(work.mode)}
    for keys, _flags in _told_together(groups, work.who):
        if len(keys) == 1:
            continue
        modes = np.array([MODES.index(key) for key in keys])
        factors = rates.grams[at, modes].ravel()
        people = [len(np.unique(work.who[np.isin(work.mode, modes[factors == f])])) for f in np.unique(factors)]
        if len(people) == 2 and any(is_small(n) for n in people):
            return True
    return False


_WEEKS_SHIFT = 24


def _week_key(diary: DiaryDays) -> Ints:
    """One number for each person and week: the person's place among those who filled a day, and the week."""
    return _week_key_in(diary, np.unique(diary.who))


def _week_key_in(table: DiaryDays | Trips, persons: Whole) -> Ints:
    return (np.searchsorted(persons, table.who) << _WEEKS_SHIFT) + (table.day.astype(np.int64) + 3) // 7


def _by(group: Whole, values: Floats, count: int) -> Floats:
    """The sum of each of so many groups."""
    return np.bincount(group, values, count).astype(np.float64)


def _owner(keys: Whole) -> Ints:
    return keys >> _WEEKS_SHIFT


def _named(versions: tuple[str, ...], at: Whole) -> str:
    return ", ".join(versions[n] for n in np.unique(at))


def _modes(trips: Trips) -> list[Figure]:
    """Kilometres for work by mode; modes of too few people are put together."""
    work = trips.taken(trips.purpose != PURPOSES.index("private"))
    people, codes = np.unique(work.who, return_inverse=True)
    whole = _by(codes, work.km, len(people))
    if not len(work):
        return []
    found = []
    groups: dict[Hashable, list[Flags]] = {MODES[m]: [work.mode == m] for m in np.unique(work.mode)}
    for keys, flags in _told_together(groups, work.who):
        here = np.logical_or.reduce(flags)
        by = _by(codes[here], work.km[here], len(people))
        found.append(
            _figure(
                "modes",
                _within_bounds(ratio(by, whole)),
                len(np.unique(work.who[here])),
                part="mode:" + "+".join(keys),
                scale=_PERCENT,
            )
        )
    return found


def _told_together(groups: Mapping[Hashable, list[Flags]], who: Whole) -> list[tuple[tuple[str, ...], list[Flags]]]:
    """Groups with their names, those of too few people put together (fleet/usage.py)."""

    def people(flags: list[Flags]) -> set[int]:
        return set(np.unique(who[np.logical_or.reduce(flags)]).tolist())

    return [(tuple(sorted(str(k) for k in keys)), flags) for keys, flags in put_together(groups, people)]


def _pool_km(rows: Rows) -> list[Figure]:
    outings = rows.outings.taken(~np.isnan(rows.outings.km))
    found = [_count("pool_km", float(outings.km.sum()), count_people(outings.agent))]
    if not rows.has_lost_names and (outings.agent > 0).all():
        groups: dict[Hashable, list[Flags]] = {KINDS[k]: [outings.kind == k] for k in np.unique(outings.kind)}
        for keys, flags in _told_together(groups, outings.agent):
            here = np.logical_or.reduce(flags)
            found.append(
                _count(
                    "pool_km",
                    float(outings.km[here].sum()),
                    count_people(outings.agent[here]),
                    part="kind:" + "+".join(keys),
                )
            )
    return found


# -- what people say, and meet ----------------------------------------------------------------------------------------


def _scores(rows: Rows) -> list[Figure]:
    found = []
    for number, code in enumerate(SCALES):
        said = rows.scores.taken(rows.scores.scale == number)
        by = summed(said.who, said.value)[1], summed(said.who)[1]
        found.append(_figure(code, ratio(*by), len(by[0])))
    return found


def _meetings(rows: Rows) -> list[Figure]:
    who = np.concatenate([rows.meetings.agent, rows.meetings.host])
    # Once names have left, a meeting is still of two people.
    people = max(count_people(who), min(2, 2 * len(rows.meetings)))
    return [_count("meetings", float(len(rows.meetings)), people)]


def _rides(rows: Rows) -> list[Figure]:
    people = count_people(np.concatenate([rows.rides.driver, rows.rides.passenger]))
    return [_count("shared_rides", float(len(rows.rides)), people)]


_OF_PERIOD: tuple[Callable[[Rows], list[Figure]], ...] = (
    _bookings,
    _stays,
    _occupancy,
    _no_show,
    _refusals,
    _instead_of_home,
    _quality,
    _cost_per_stay,
    _pool_km,
    _scores,
    _meetings,
    _rides,
)
