"""What a day of the week weighs when it is spent in a given way, by the day's own plans; and which weeks the rules allow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from bureaux_volants.booking.directory import Directory, SiteEntry
from bureaux_volants.booking.models import Kind
from bureaux_volants.booking.rules import telework_count
from bureaux_volants.territory.calendar import Interval, local, local_day
from bureaux_volants.territory.models import Agent
from bureaux_volants.travel.journeys import Place

from .asked import Appointment, Asked, Impossible
from .day import Known, Workplace, plan_day
from .glance import DayOfWeek, Told
from .obeying import Obeying
from .plans import Plan
from .proposing import place_of
from .week import By, Spent, WeekDay, Where


@dataclass(frozen=True)
class WeekKnown:
    """What the days of the week are worked out with. `asked`, `workplaces`, `ways` and `charters` are by open day."""

    agent: Agent
    directory: Directory
    usual: SiteEntry | None
    home: Place | None
    told: list[Told]
    open_days: list[DayOfWeek]
    asked: list[Asked]
    workplaces: list[list[Workplace]]
    ways: list[Known]
    charters: list[Obeying]
    flying: frozenset[dt.date]
    by: By


def allowed(known: WeekKnown, dates: Sequence[dt.date], days: Sequence[WeekDay], pattern: Sequence[Where]) -> bool:
    """Décret 2016-151 as this territory applies it, counted as booking does: a desk elsewhere on an agreed home day replaces it."""
    policy = known.directory.telework
    if not policy.flying_day_counts:
        return True
    proposed = {d for d, where in zip(dates, pattern, strict=True) if where is Where.FLYING}
    flying = known.flying | proposed
    home = frozenset(known.agent.telework_weekdays)
    for date, day, where in zip(dates, days, pattern, strict=True):
        if where is not Where.FLYING or day.is_set or date.isoweekday() in home:
            continue
        count = telework_count(
            policy, day=date, flying=flying, home_weekdays=home, departement=known.directory.departement
        )
        if count.telework > count.most_telework or count.presence < count.least_presence:
            return False
    return True


class Spending:
    """What a day weighs when spent in a given way: the day's own plan, with desks of that way only. Each is worked out once."""

    def __init__(self, known: WeekKnown) -> None:
        self.known = known
        self._found: dict[tuple[int, Where, frozenset[int]], Spent | None] = {}
        self._why: dict[int, str] = {}

    def elsewhere(self, n: int) -> list[Workplace]:
        """Desks that can be had that day but at the usual site."""
        usual = _key(self.known.usual)
        return [w for w in self.known.workplaces[n] if w.desk and w.place.key != usual]

    def problem(self, n: int) -> str:
        return self._why.get(n, _("Aucune journée ne tient avec ces rendez-vous."))

    def __call__(self, n: int, where: Where, met: frozenset[int]) -> Spent | None:
        asked = (n, where, met)
        if asked not in self._found:
            self._found[asked] = self._work_out(n, where, met)
        return self._found[asked]

    def _work_out(self, n: int, where: Where, met: frozenset[int]) -> Spent | None:
        known, day = self.known, self.known.open_days[n]
        zone = known.directory.zone
        moved = [_on(known.told[m].appointment, day.date, known.directory) for m in met]
        asked = replace(
            known.asked[n],
            appointments=tuple(sorted(moved, key=lambda a: (a.start, a.end))),
            may_work_at_home=where is Where.HOME,
        )
        if day.bookings:
            # What was booked is what the day is made of; the rest of it is nobody's guess.
            asked = replace(asked, hours=(min(b.start for b in day.bookings), max(b.end for b in day.bookings)))
        usual = place_of(known.usual) if known.usual is not None else None
        if where is Where.HOME and known.home is None and not met:
            return Spent(0, 0, 0)
        try:
            midnight = local_day(day.date, zone).start
            workplaces, refuses = self._workplaces(n, where), known.charters[n].refuses
            found = plan_day(asked, workplaces, usual, midnight, known.ways[n], refuses)
        except Impossible as error:
            self._why.setdefault(n, error.message if met else self._no_desk(day, where))
            return None
        plan = _pick(found.plans, known.by)
        desks = [found.places[d.place].key for d in plan.desks]
        if not desks and not met and where is not Where.HOME:
            self._why.setdefault(n, self._no_desk(day, where))
            return None
        if where is Where.FLYING and not day.bookings and not any(k.startswith("site:") for k in desks):
            self._why.setdefault(n, self._no_desk(day, where))
            return None
        slug = next((k.removeprefix("site:") for k in desks if k.startswith("site:")), "")
        limit = known.directory.site(slug).rules_for(Kind.DESK).weekly_limit if slug else 7
        travel = sum(s.end - s.start for s in plan.travels)
        return Spent(plan.weighs[0], travel, round(plan.total("grams_total")), slug, limit)

    def _workplaces(self, n: int, where: Where) -> list[Workplace]:
        """The day's workplaces with the desks of this way only; what the pool lends is lent everywhere."""
        known, day = self.known, self.known.open_days[n]
        usual = _key(known.usual)
        booked = {f"site:{known.directory.site_by_id(b.site_id).slug}": Interval(b.start, b.end) for b in day.bookings}
        only = _key(known.directory.site_by_id(day.team_day.site_id)) if day.team_day is not None else ""
        found = []
        for one in known.workplaces[n]:
            key = one.place.key
            if booked:
                keeps = False
            elif where is Where.FLYING:
                keeps = key != usual and only in ("", key)
            else:
                keeps = where is Where.USUAL and key == usual
            desk = (booked[key],) if key in booked else one.desk if keeps else ()
            if desk or any(one.pool.values()):
                found.append(replace(one, desk=desk))
        for key, span in booked.items():
            if all(w.place.key != key for w in found):
                site = known.directory.site(key.removeprefix("site:"))
                found.append(Workplace(place_of(site), (span,)))
        return found

    def _no_desk(self, day: DayOfWeek, where: Where) -> str:
        if where is Where.FLYING and day.team_day is not None:
            return _("Plus de bureau libre à %s ce jour-là, ou il ne vous est pas ouvert.") % day.team_day.site.name
        if self.known.usual is not None:
            shut = self.known.usual.day(day.date)
            if shut.whole is None:
                why = shut.closed_because or _("fermé ce jour-là")
                return _("%(site)s : %(why)s.") % {"site": self.known.usual.name, "why": why}
        return _("Aucun bureau n'est libre ce jour-là.")


def _key(site: SiteEntry | None) -> str:
    return f"site:{site.slug}" if site is not None else ""


def _on(one: Appointment, date: dt.date, directory: Directory) -> Appointment:
    """The same hours on another day."""
    start, end = (at.astimezone(directory.zone) for at in (one.start, one.end))
    if start.date() == date:
        return one
    return replace(
        one,
        start=local(date, start.time(), directory.zone),
        end=local(date, end.time(), directory.zone),
    )


def _pick(plans: Sequence[Plan], by: By) -> Plan:
    weighed = (0, 1) if by is By.MINUTES else (1, 0)
    return min(plans, key=lambda p: [p.weighs[w] for w in weighed])
