"""A person's week at a glance: what is set, and how to spend what is not. Loads it, calls the core (week.py), says why.

Nothing is supposed that was not told: appointments are those of the days that the person organised, and only those marked as movable
or as possible at a distance are taken to be so. What the person has and their hours are those of their last organised day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from django.utils import timezone

from bureaux_volants.booking.directory import Directory, get_directory
from bureaux_volants.booking.errors import NotFound
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.states import HOLDING, State
from bureaux_volants.booking.team_days import team_days_of
from bureaux_volants.territory.calendar import holiday_name, local, local_day
from bureaux_volants.territory.models import Agent
from bureaux_volants.travel.journeys import Place, Traveller

from .asked import Asked, Impossible
from .chartered import obeying
from .day import Workplace
from .glance import DayOfWeek, Told, WeekAtAGlance
from .keeping import asked_in
from .met import appointments_between, with_meetings
from .models import DayPlan
from .person import home_of, may_work_at_home
from .proposing import known_of, workplaces_of
from .spending import Spending, WeekKnown, allowed
from .week import By, Spent, Week, WeekDay, Where, as_it_stands, best, weeks_of
from .week import Spending as SpendingOf
from .week_words import notes_of, warn, why

#: An ordinary day, for who has never organised one.
ORDINARY_HOURS = (dt.time(8, 30), dt.time(17, 30))
ORDINARY_TRAVELLER = Traveller(has_car=True, has_licence=True)


def week_of(agent: Agent, monday: dt.date, by: By = By.MINUTES, *, now: dt.datetime | None = None) -> WeekAtAGlance:
    """The week that begins on `monday`, Monday to Friday, with its proposal. Raises NotFound without a territory."""
    now = now or timezone.now()
    if agent.territory_id is None:
        raise NotFound("Vous n'appartenez à aucun territoire.")
    directory = get_directory(agent.territory_id)
    dates = [monday + dt.timedelta(days=n) for n in range(5)]
    usual = next((s for s in directory.sites if s.id == agent.usual_site_id), None)
    bookings = _desks_around(agent, dates, directory)
    plans, last = _plans(agent, dates)
    together = team_days_of(agent.service_id, dates[0], dates[-1]) if agent.service_id is not None else {}
    today = directory.today(now)
    days = [
        DayOfWeek(
            date=date,
            holiday=holiday_name(date, directory.departement),
            is_open=date > today and not holiday_name(date, directory.departement),
            bookings=[b for b in bookings if _day_of(b, directory) == date],
            agreed_home=may_work_at_home(agent, date),
            team_day=together.get(date),
        )
        for date in dates
    ]
    home = home_of(agent)
    told: list[Told] = []
    agreed = appointments_between(agent, dates[0], dates[-1], directory.zone)
    for day in days:
        of_plan = plans[day.date].appointments if day.date in plans else ()
        theirs = [a for a in agreed if a.start.astimezone(directory.zone).date() == day.date]
        for one in with_meetings(of_plan, theirs):
            day.meetings.append(Told(len(told), day.date, one))
            told.append(day.meetings[-1])
    flying = frozenset(_day_of(b, directory) for b in bookings if b.site_id != agent.usual_site_id)
    notes = notes_of(home, usual, last, told, directory)
    # A journey begins somewhere.
    open_days = [d for d in days if d.is_open] if home is not None or usual is not None else []
    asked = [_asked(agent, d, plans.get(d.date), last, home, directory) for d in open_days]
    workplaces = [_workplaces(agent, a, directory, now) for a in asked]
    ways = [known_of(agent.territory_id, a.date, a.home, a.traveller, now)[0] for a in asked]
    charters = [obeying(agent, a, directory) for a in asked]
    known = WeekKnown(agent, directory, usual, home, told, open_days, asked, workplaces, ways, charters, flying, by)
    chosen, before = _propose(known, days)
    for day in days:
        warn(day, agent)
    return WeekAtAGlance(
        monday=monday,
        by=by,
        days=days,
        usual=usual,
        travel=chosen.travel if chosen else None,
        grams=chosen.grams if chosen else None,
        saved_minutes=before.travel - chosen.travel if chosen and before else None,
        saved_grams=before.grams - chosen.grams if chosen and before else None,
        is_changed=bool(chosen and before and (chosen.wheres != before.wheres or chosen.moved)),
        notes=notes,
    )


# -- what is known ---------------------------------------------------------------------------------------------------


def _workplaces(agent: Agent, asked: Asked, directory: Directory, now: dt.datetime) -> list[Workplace]:
    """Where one can sit that day; anywhere when those whom one wanted to be with say nothing yet."""
    try:
        return workplaces_of(agent, asked, directory, now)[0]
    except Impossible:
        return workplaces_of(agent, replace(asked, meet=""), directory, now)[0]


def _day_of(booking: Booking, directory: Directory) -> dt.date:
    return booking.start.astimezone(directory.zone).date()


def _desks_around(agent: Agent, dates: Sequence[dt.date], directory: Directory) -> list[Booking]:
    """The person's desks in the months of that week: telework may be assessed by month."""
    first = dates[0].replace(day=1)
    after = (dates[-1].replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    found = Booking.objects.filter(
        agent=agent,
        kind=Kind.DESK,
        state__in=(*HOLDING, State.COMPLETED),
        start__gte=local_day(first, directory.zone).start,
        start__lt=local_day(after, directory.zone).start,
    )
    return list(found.select_related("site").order_by("start"))


def _plans(agent: Agent, dates: Sequence[dt.date]) -> tuple[dict[dt.date, Asked], Asked | None]:
    """What was last asked of each of these dates, the booked one before all others, and of any day."""
    rows = DayPlan.objects.filter(agent=agent).order_by("created_at", "pk")
    found: dict[dt.date, Asked] = {}
    booked: set[dt.date] = set()
    for row in rows.filter(date__in=dates, cancelled_at=None).only("date", "asked", "booked_at"):
        if row.booked_at is None and row.date in booked:
            continue
        found[row.date] = asked_in(row.asked)
        if row.booked_at is not None:
            booked.add(row.date)
    last = rows.values_list("asked", flat=True).last()
    return found, asked_in(last) if last is not None else None


def _asked(
    agent: Agent, day: DayOfWeek, own: Asked | None, last: Asked | None, home: Place | None, directory: Directory
) -> Asked:
    """The day as it would be organised: as told, else like the last one and without appointments."""
    pattern = own or last
    first, until = ORDINARY_HOURS
    if pattern is not None:
        first, until = (at.astimezone(directory.zone).time() for at in pattern.hours)
    hours = (local(day.date, first, directory.zone), local(day.date, until, directory.zone))
    if pattern is None:
        return Asked(day.date, hours, home=home, may_work_at_home=day.agreed_home, traveller=ORDINARY_TRAVELLER)
    return replace(
        pattern,
        date=day.date,
        hours=hours,
        appointments=tuple(t.appointment for t in day.meetings),
        home=home,
        may_work_at_home=day.agreed_home,
    )


# -- the proposal ----------------------------------------------------------------------------------------------------


def _propose(known: WeekKnown, days: Sequence[DayOfWeek]) -> tuple[Week | None, Week | None]:
    """Fill the open days with the best week; returns it, and the week as it stands."""
    spending = Spending(known)
    week_days = [_week_day(n, day, known, spending) for n, day in enumerate(known.open_days)]
    # A day that cannot be had at all is told, and left out of the count.
    dead = {
        n
        for n, d in enumerate(week_days)
        if all(spending(n, where, frozenset(d.meetings)) is None for where in d.wheres)
    }
    for n in dead:
        known.open_days[n].problem = spending.problem(n)
    alive = [n for n in range(len(week_days)) if n not in dead]
    if not alive:
        return None, None

    def spent(n: int, where: Where, met: frozenset[int]) -> Spent | None:
        return spending(alive[n], where, met)

    kept = [week_days[n] for n in alive]
    # A booked day keeps its appointments: what was booked was booked around them.
    movable = [
        t.number
        for n in alive
        for t in known.open_days[n].meetings
        if t.appointment.may_move and week_days[n].takes_more
    ]
    dates = [known.open_days[n].date for n in alive]
    already = len({d for d in known.flying if d in {x.date for x in days} and d not in dates})

    def allows(pattern: tuple[Where, ...]) -> bool:
        return allowed(known, dates, kept, pattern)

    before = as_it_stands(kept, spent)
    weeks = weeks_of(kept, movable, spent, allows, already)
    chosen = best(weeks, kept, known.by) or before
    if chosen is not None:
        _tell(known, alive, kept, chosen, spent)
    return chosen, before


def _week_day(n: int, day: DayOfWeek, known: WeekKnown, spending: Spending) -> WeekDay:
    meetings = tuple(t.number for t in day.meetings)
    if day.bookings:
        away = any(b.site_id != known.agent.usual_site_id for b in day.bookings)
        where = Where.FLYING if away else Where.USUAL
        return WeekDay((where,), where, meetings, takes_more=False)
    if day.team_day is not None and day.team_day.site_id == known.agent.usual_site_id:
        return WeekDay((Where.USUAL,), Where.USUAL, meetings)
    if day.team_day is not None:
        return WeekDay((Where.FLYING,), Where.FLYING, meetings)
    wheres = [Where.USUAL] if known.usual is not None else []
    if day.agreed_home:
        wheres.append(Where.HOME)
    if spending.elsewhere(n):
        wheres.append(Where.FLYING)
    stands = Where.HOME if day.agreed_home or known.usual is None else Where.USUAL
    return WeekDay(tuple(wheres) or (stands,), stands, meetings)


def _tell(known: WeekKnown, alive: Sequence[int], days: Sequence[WeekDay], week: Week, spent: SpendingOf) -> None:
    """Write the week into its days, with the reason of each."""
    for n, at in enumerate(alive):
        day, one = known.open_days[at], week.spent[n]
        day.where, day.spent, day.is_set = week.wheres[n], one, days[n].is_set
        day.site = known.directory.site(one.site) if one.site else None
        here = week.meetings[n]
        day.moved_here = [known.told[m] for m in sorted(here) if known.told[m].date != day.date]
        day.moved_away = [
            (known.told[m], known.open_days[alive[to]].date)
            for m, to in week.moved.items()
            if known.told[m].date == day.date
        ]
        others = {w: spent(n, w, here) for w in days[n].wheres if w is not day.where}
        day.why = why(known, day, others, [known.told[m].appointment for m in sorted(here)])
