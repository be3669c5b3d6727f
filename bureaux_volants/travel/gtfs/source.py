"""The timetable as a `Source` of journeys: walk, ride, change, walk. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from bureaux_volants.travel import footprint
from bureaux_volants.travel.journeys import Basis, Journey, Place, PoolUnit, Section, Traveller
from bureaux_volants.travel.journeys import Way as JourneyWay
from bureaux_volants.travel.modes import Mode, Point

from .timetable import Call, Timetable, Way
from .walks import metres

#: Minutes that a timetable's promise may be off.
SPREAD_MINUTES = 3.0


@dataclass(frozen=True)
class TimetableSource:
    """Answers for public transport only, and only on days that the feed knows (`timetable.covers`)."""

    timetable: Timetable
    tables: footprint.Tables = footprint.BUILT_IN

    def journeys(
        self,
        way: JourneyWay,
        origin: Place,
        destination: Place,
        traveller: Traveller,
        *,
        depart: dt.datetime | None = None,
        arrive: dt.datetime | None = None,
        unit: PoolUnit | None = None,
    ) -> Sequence[Journey]:
        """See `Source`. Best first: the earliest to arrive, or the latest to leave."""
        if way is not JourneyWay.TRANSIT:
            return ()
        if depart is not None:
            ways = self.timetable.depart(origin.point, [destination.point], depart).ways(0)
        elif arrive is not None:
            ways = self.timetable.arrive([origin.point], destination.point, arrive).ways(0)
        else:
            raise ValueError("give either depart or arrive")
        return [self._journey(found, origin, destination, traveller, unit) for found in reversed(ways)]

    def _journey(
        self, found: Way, origin: Place, destination: Place, traveller: Traveller, unit: PoolUnit | None
    ) -> Journey:
        kept = sections(found, origin, destination)
        on_foot = sum(((s.end - s.start) / dt.timedelta(minutes=1) for s in kept if s.mode is Mode.WALK), 0.0)
        way = JourneyWay.TRANSIT
        commuting = footprint.is_commuting(origin, destination)
        return Journey(
            way=way,
            sections=kept,
            km=sum(section.km for section in kept),
            car_km=0.0,
            footprint=footprint.footprint_of(way, kept, traveller, unit, self.tables),
            cost=footprint.cost_of(way, kept, traveller, unit, commuting, self.tables),
            effort_minutes=on_foot,
            transfers=len(found.rides) - 1,
            spread_minutes=SPREAD_MINUTES,
            basis=Basis.TIMETABLE,
        )


def sections(found: Way, origin: Place, destination: Place) -> tuple[Section, ...]:
    """Rides and the walks between them; who changes without walking waits between two sections."""
    first, last = _place(found.rides[0].calls[0]), _place(found.rides[-1].calls[-1])
    kept: list[Section] = []
    if found.rides[0].start > found.start:
        kept.append(_walk(origin, first, found.start, found.rides[0].start))
    for i, ride in enumerate(found.rides):
        board, alight = ride.calls[0], ride.calls[-1]
        if i and found.rides[i - 1].calls[-1].stop != board.stop:
            # The walk is told as long as the change: when one walks and when one waits is one's own.
            kept.append(_walk(_place(found.rides[i - 1].calls[-1]), _place(board), found.rides[i - 1].end, ride.start))
        kept.append(
            Section(
                ride.mode,
                _place(board),
                _place(alight),
                ride.start,
                ride.end,
                ride.km,
                ride.line,
                ride.headsign,
                Basis.TIMETABLE,
            )
        )
    if found.end > found.rides[-1].end:
        kept.append(_walk(last, destination, found.rides[-1].end, found.end))
    return tuple(kept)


def _walk(a: Place, b: Place, start: dt.datetime, end: dt.datetime) -> Section:
    return Section(Mode.WALK, a, b, start, end, _km(a.point, b.point))


def _km(a: Point, b: Point) -> float:
    return float(metres(a.lat, a.lon, b.lat, b.lon)) / 1000


def _place(call: Call) -> Place:
    return Place(call.name, call.point)
