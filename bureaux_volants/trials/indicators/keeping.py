"""Figures worked out and kept, so that pages and exports only read them; worked out again, and compared with what was kept.

**A territory's figures are by calendar month**, each once the month is over: a month that is not would show, from one day to the next, what
one person did. **A trial's are of the time before its first opening and of the time since**, to the last Sunday; a new
one is told only when what it adds to the last one told is of five people at least, and what it leaves of the territory too.

**Names leave the bookings** after some months (booking/retention.py). Months are worked out again every night until then, for late
arrivals and cancellations still change them. Once a name has left a month is sealed: what was kept stands, what can be worked out without
names is compared and a difference is a fault, and only figures that were never kept are added. Who kept nothing before the names left has
no distinct people for that month: none are made up.
"""

from __future__ import annotations

import datetime as dt
import logging
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from django.db import connection, transaction
from django.db.models import Min
from django.utils import timezone

from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.retention import limits_of
from bureaux_volants.hosting.months import month_of
from bureaux_volants.territory.calendar import monday_of
from bureaux_volants.territory.models import Territory
from bureaux_volants.trials.mobility_plan.months import Answers, answers_of
from bureaux_volants.trials.models import CohortMember, DiaryDay, KeptFigure, ToldTravel, Trial, Wave
from bureaux_volants.trials.opening import lending_sites
from bureaux_volants.trials.surveys.counted import is_whole
from bureaux_volants.trials.surveys.diary import is_final
from bureaux_volants.trials.surveys.reading import open_since

from .figures import Figure, is_small
from .loading import load
from .measures import days_of_weeks_ended, measured
from .registry import INDICATORS
from .rows import ANSWERS, NEVER, People, Rows, digest_of, ordinal
from .scope import Scope, beside, of_trial
from .standing import FROM_ANSWERS, ONCE

logger = logging.getLogger(__name__)

#: Figures further apart than this are not the same: beyond it is the order of a machine's additions.
_SAME = 1e-9

#: What is worked out with settings of today (desks in service, hours): in a month that is sealed a difference is said, and is no fault.
_OF_TODAY = frozenset({"desk_occupancy"})
#: Each person once, whenever they came.
_COUNTED_ONCE = frozenset({"agents", "participation", "equity"})
#: Said of a day when it is booked or long after: of a month that is over told once, for of those who say it later there are few.
_TOLD_ONCE = frozenset({"instead_of_home", "answers_known"})
#: Told of the same people: the whole of one is the whole of the other.
_OF_ONE_WHOLE = frozenset({"participation", "equity"})

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """A figure that does not come out as it was kept: None where there was, or is, none. `is_fault`: nothing may change there any more."""

    first_day: dt.date
    code: str
    part: str
    kept: float | None
    found: float | None
    is_fault: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """How many figures were worked out, and those that are not as they were kept."""

    figures: int
    changes: tuple[Change, ...]
    #: First days of the periods whose answers changed since they were told.
    standing: tuple[dt.date, ...] = ()


def months(first: dt.date, last: dt.date) -> Iterator[tuple[dt.date, dt.date]]:
    """First and last day of each month from that of `first` to that of `last`."""
    day = first
    while day.replace(day=1) <= last:
        found = month_of(day)
        yield found
        day = found[1] + dt.timedelta(days=1)


def last_day_over(territory: Territory, now: dt.datetime) -> dt.date:
    """The last day of the last month that is over: no week of it can be filled in any more in a diary that is open."""
    today = now.astimezone(territory.zone).date()
    last = today.replace(day=1) - dt.timedelta(days=1)
    since = open_since(Wave.objects.filter(trial__territory=territory), today)
    if is_final(monday_of(last), today, since):
        return last
    return last.replace(day=1) - dt.timedelta(days=1)


def first_day_known(territory: Territory) -> dt.date | None:
    """The local day of the earliest row, None when there is none."""
    booked = Booking.objects.filter(territory=territory).aggregate(first=Min("start"))["first"]
    written = DiaryDay.objects.filter(wave__trial__territory=territory).aggregate(first=Min("day"))["first"]
    days = [booked.astimezone(territory.zone).date()] if booked else []
    return min([*days, *([written] if written else [])], default=None)


@transaction.atomic
def keep_months(
    territory: Territory, first: dt.date | None = None, last: dt.date | None = None, *, now: dt.datetime | None = None
) -> Kept:
    """Work out the months of `first` to `last` from the raw rows, as far as they are over, and keep them.

    Without `first`: from the earliest row on.
    """
    now = now or timezone.now()
    _one_at_a_time(territory)
    over = last_day_over(territory, now)
    first, last = first or first_day_known(territory), min(last or over, over)
    if first is None or first.replace(day=1) > last:
        return Kept(0, ())
    wanted = [m for m in months(first, last) if m[1] <= over]
    if not wanted:
        return Kept(0, ())
    rows = load(territory, wanted[0][0], wanted[-1][1], now=now)
    count, changes, standing = 0, [], []
    for begin, end in wanted:
        within, month = rows.between(ordinal(begin) - 6, ordinal(end)), rows.between(ordinal(begin), ordinal(end))
        whole = is_whole(Trial.objects.filter(territory=territory), begin)
        found = _once(whole, measured(rows, ordinal(begin), ordinal(end)))
        made = _Made(
            found,
            digest_of(within),
            digest_of(within, ANSWERS),
            answers_of(rows.between(*days_of_weeks_ended(ordinal(begin), ordinal(end))), by_mode=whole),
        )
        differ, stands = _keep(territory, None, begin, end, made, is_sealed=month.has_lost_names, now=now)
        changes += differ
        standing += [begin] if stands else []
        count += len(found)
    return Kept(count, tuple(changes), tuple(standing))


@transaction.atomic
def keep_trial(trial: Trial, *, now: dt.datetime | None = None) -> Kept:
    """Work out a trial's figures before and since its first opening, as far as that can be told, and keep them."""
    now = now or timezone.now()
    territory = trial.territory
    _one_at_a_time(territory)
    today = now.astimezone(territory.zone).date()
    last = min(trial.ends_on, today - dt.timedelta(days=today.isoweekday()))
    final = min(last, _last_final(trial, today))
    periods: dict[tuple[dt.date, dt.date], list[bool]] = {}
    for until, of_answers in ((final, True), (last, False)):
        # What people answer is told of weeks that nobody can fill in any more.
        before = trial.baseline_from, min(trial.starts_on - dt.timedelta(days=1), until)
        for period in (before, (trial.starts_on, until)):
            if period[0] <= period[1]:
                periods.setdefault(period, []).append(of_answers)
    if not periods:
        return Kept(0, ())
    everything = load(territory, trial.baseline_from, last, now=now)
    scope = scope_of(trial, everything)
    rows, rest = of_trial(everything, scope), beside(everything, scope)
    count, changes, standing = 0, [], []
    for (begin, end), kinds in sorted(periods.items()):
        found = [f for f in measured(rows, ordinal(begin), ordinal(end)) if (f.code in FROM_ANSWERS) in kinds]
        small = _with_their_groups(_small(measured(rest, ordinal(begin), ordinal(end))), found)
        small |= _shown_by_difference(trial, found, rows, begin, end)
        found = [replace(f, is_hidden=True) if (f.code, f.part) in small else f for f in found]
        found = _once(is_whole([trial], begin), found)
        within = rows.between(ordinal(begin), ordinal(end))
        made = _Made(found, digest_of(within), digest_of(within, ANSWERS))
        differ, stands = _keep(territory, trial, begin, end, made, is_sealed=within.has_lost_names, now=now)
        changes += differ
        standing += [begin] if stands else []
        _drop_former(trial, begin, end)
        count += len(found)
    return Kept(count, tuple(changes), tuple(standing))


def _last_final(trial: Trial, today: dt.date) -> dt.date:
    """The last Sunday until which no week of the trial's diaries can be filled in any more."""
    since = open_since(trial.waves.all(), today)
    monday = monday_of(today) - dt.timedelta(days=7)
    while not is_final(monday, today, since):
        monday -= dt.timedelta(days=7)
    return monday + dt.timedelta(days=6)


def _once(whole: bool, figures: Sequence[Figure]) -> list[Figure]:
    """Modes, and what would tell of them, are told of days of which nothing is set aside (counted.is_whole)."""
    return [replace(f, is_hidden=True) if f.code in ONCE and not whole else f for f in figures]


def _drop_former(trial: Trial, begin: dt.date, end: dt.date) -> None:
    """Of a trial's period only the last figure told stays, and the last of all."""
    seen: set[tuple[str, str, int, bool]] = set()
    gone = []
    for kept in KeptFigure.objects.filter(trial=trial, first_day=begin, last_day__lte=end).order_by("-last_day"):
        key = (kept.code, kept.part, kept.version)
        # Behind a figure that is told nothing is of use; behind a hidden one, the last that was told.
        if (*key, False) in seen or (kept.is_hidden and (*key, True) in seen):
            gone.append(kept.pk)
        seen.add((*key, kept.is_hidden))
    KeptFigure.objects.filter(pk__in=gone).delete()


def _small(figures: Iterable[Figure]) -> set[Key]:
    return {(f.code, f.part) for f in figures if f.is_hidden or is_small(f.people)}


def _with_their_groups(small: set[Key], found: Sequence[Figure]) -> set[Key]:
    """With a figure in groups, all of its groups: the rest has others, and the sum of those told would be the whole that is not."""
    codes = {code for code, _part in small}
    if codes & _OF_ONE_WHOLE:
        codes |= _OF_ONE_WHOLE
    grouped = {f.code for f in found if f.part} | _OF_ONE_WHOLE
    return small | {(f.code, f.part) for f in found if f.code in codes & grouped}


def _shown_by_difference(trial: Trial, found: Sequence[Figure], rows: Rows, begin: dt.date, end: dt.date) -> set[Key]:
    """Figures of which what they add to the last ones told is of fewer than five people, or of nobody while somebody took answers back."""
    told: dict[str, dict[str, KeptFigure]] = {}
    for kept in KeptFigure.tellable.filter(trial=trial, first_day=begin, last_day__lt=end).order_by("last_day"):
        there = told.get(kept.code, {})
        is_same_day = any(one.last_day == kept.last_day for one in there.values())
        told[kept.code] = {**(there if is_same_day else {}), kept.part: kept}
    hidden: set[Key] = set()
    for day in sorted({one.last_day for parts in told.values() for one in parts.values()}):
        added = {(f.code, f.part): f for f in measured(rows, ordinal(day) + 1, ordinal(end))}
        grouped = {code for code, part in added if part}
        answers = digest_of(rows.between(ordinal(begin), ordinal(day)), ANSWERS)
        for figure in found:
            key, before = (figure.code, figure.part), told.get(figure.code, {})
            if not before or next(iter(before.values())).last_day != day:
                continue
            more, kept_one = added.get(key), before.get(figure.part)
            people = more.people if more else None
            digest = next(iter(before.values())).answers_digest
            was_taken_back = figure.code in FROM_ANSWERS and digest != answers
            # What is added is put together otherwise: what was told of this group may have few of it.
            is_other = more is None and bool(figure.part) and figure.code in grouped
            if is_other or (more is not None and more.is_hidden) or is_small(people) or (was_taken_back and not people):
                hidden.add(key)
            # Who came for the first time: the group is as large as it was.
            if (
                figure.code in _COUNTED_ONCE
                and kept_one
                and is_small(round(abs(figure.numerator - kept_one.numerator)))
            ):
                hidden.add(key)
    return hidden


def scope_of(trial: Trial, rows: Rows) -> Scope:
    """The trial's sites and people among a territory's rows."""
    communes = list(trial.clusters.values_list("commune_id", flat=True))
    sites = lending_sites(trial.territory_id, communes).values_list("pk", flat=True)
    members: dict[int, tuple[int, int, int]] = {}
    for agent, commune, left in (
        CohortMember.objects.filter(cohort__trial=trial)
        .order_by("cohort_id", "pk")
        .values_list("agent_id", "commune_id", "left_on")
    ):
        members.setdefault(agent, (agent, commune or 0, ordinal(left) if left else NEVER))
    if not members:
        return Scope(trial.pk, frozenset(sites))
    of = rows.people.taken(np.isin(rows.people.agent, list(members)))
    said = [members[int(a)] for a in of.agent]
    people = People(
        agent=of.agent,
        joined=np.full(len(of), ordinal(trial.baseline_from), np.int32),
        left=np.array([s[2] for s in said], np.int32),
        commune=np.array([s[1] for s in said], np.int32),
        employer=of.employer,
        can_telework=of.can_telework,
        km=of.km,
    )
    return Scope(trial.pk, frozenset(sites), people)


@dataclass(frozen=True, slots=True)
class _Made:
    """What was worked out of a period, the versions of the rows that went in, and what its diaries tell the mobility plan (a month's alone)."""

    figures: Sequence[Figure]
    digest: str
    answers_digest: str
    answers: Answers | None = None


def _one_at_a_time(territory: Territory) -> None:
    """The night's round and somebody's command at once: one after the other, before the rows are read."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('indicators'), %s)", [territory.pk])


def _keep(
    territory: Territory,
    trial: Trial | None,
    first: dt.date,
    last: dt.date,
    made: _Made,
    *,
    is_sealed: bool,
    now: dt.datetime,
) -> tuple[list[Change], bool]:
    """Keep a period: what is not as it was kept, and whether its answers stand as they were told (standing.py)."""
    there = KeptFigure.objects.filter(territory=territory, trial=trial, first_day=first, last_day=last)
    former = {(k.code, k.part): k for k in there if k.version == INDICATORS[k.code].version} if there else {}
    travel = None if trial else ToldTravel.objects.filter(territory=territory, first_day=first).first()
    stands = _stand(former, travel, made)
    told = {code for code, _part in former if stands and code in FROM_ANSWERS}
    told |= {code for code, _part in former if code in _TOLD_ONCE}
    former = {key: kept for key, kept in former.items() if key[0] not in told}
    found = [f for f in made.figures if f.code not in told]
    new = {(f.code, f.part): f for f in found}
    changes = []
    for key in sorted({*former, *new}):
        old, figure = former.get(key), new.get(key)
        if is_sealed and (figure is None or old is None):
            # Not worked out without names, or never kept: nothing to compare.
            continue
        kept, value = old.value if old else None, figure.value if figure else None
        if old is not None and not _same(kept, value):
            was_taken_back = key[0] in FROM_ANSWERS and old.answers_digest != made.answers_digest
            is_fault = is_sealed and key[0] not in _OF_TODAY and not was_taken_back
            changes.append(Change(first, *key, kept, value, is_fault))
    if is_sealed:
        known = {code for code, _part in former}
        fresh = [f for f in found if f.code not in known]
    else:
        KeptFigure.objects.filter(pk__in=[k.pk for k in former.values()]).delete()
        fresh = found
    KeptFigure.objects.bulk_create(
        KeptFigure(
            territory=territory,
            trial=trial,
            code=f.code,
            version=f.version,
            part=f.part,
            first_day=first,
            last_day=last,
            value=f.value,
            numerator=f.numerator,
            denominator=f.denominator,
            low=f.low,
            high=f.high,
            people=f.people,
            is_hidden=f.is_hidden,
            tables=f.tables,
            data_digest=made.digest,
            answers_digest=made.answers_digest if f.code in FROM_ANSWERS else "",
            computed_at=now,
        )
        for f in fresh
    )
    if made.answers is not None and not stands and (travel is None or not is_sealed):
        ToldTravel.objects.update_or_create(
            territory=territory,
            first_day=first,
            defaults={
                "figures": made.answers.plain,
                "answers_digest": made.answers_digest,
                "computed_at": now,
            },
        )
    return changes, stands


def _stand(former: Mapping[Key, KeptFigure], travel: ToldTravel | None, made: _Made) -> bool:
    """Whether what was told of answers stands: something of them was taken back since."""
    versions = {k.answers_digest for key, k in former.items() if key[0] in FROM_ANSWERS}
    versions |= {travel.answers_digest} if travel else set()
    return not versions <= {made.answers_digest}


def _same(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is b
    return math.isclose(a, b, rel_tol=_SAME, abs_tol=_SAME)


def keep_open(*, now: dt.datetime | None = None) -> int:
    """Work out what can still change, everywhere (job, every night): how many figures. A territory that fails does not stop the others."""
    now = now or timezone.now()
    count = 0
    for territory in Territory.objects.order_by("pk"):
        try:
            count += _keep_open_of(territory, now)
        except Exception:
            logger.exception("no indicators of territory %s", territory.pk)
    return count


def _keep_open_of(territory: Territory, now: dt.datetime) -> int:
    limit = limits_of(territory, now).desks
    known = KeptFigure.objects.filter(territory=territory, trial=None).exists()
    count = keep_months(territory, limit.astimezone(territory.zone).date() if known else None, now=now).figures
    running = Trial.objects.filter(territory=territory).exclude(state=Trial.State.DRAFT).order_by("pk")
    for trial in running:
        if trial.ended_at is None or trial.ended_at >= limit:
            count += keep_trial(trial, now=now).figures
    return count
