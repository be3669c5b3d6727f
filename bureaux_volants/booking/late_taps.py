"""What becomes of a tap that the network brings late: at what instant it counts, and what to say when it no longer can. Pure.

A telephone without network keeps what its holder said and sends it later, with how long ago that was: its clock may be wrong,
the time that has gone by on it is not. Whoever could claim any time would gain nothing by it: what was given back stays
given back, and the window of an arrival is judged at the instant that counts.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bureaux_volants.territory import french

from .kinds import noun

#: A tap that is older counts for nothing: the day it spoke of is over.
OLDEST = dt.timedelta(hours=24)


def counted_at(now: dt.datetime, ago: dt.timedelta, *, not_before: dt.datetime) -> dt.datetime | None:
    """The instant at which a tap of so long ago counts; None when it is too old.

    Never in the future, and never before `not_before`: when the booking was made, or when its stay began.
    """
    if ago > OLDEST:
        return None
    return max(min(now, now - ago), min(not_before, now))


@dataclass(frozen=True, slots=True)
class Ended:
    """A booking that is over when a tap comes: `state` as in booking/states.py, `at` when it ended."""

    kind: str
    state: str
    at: dt.datetime
    was_begun: bool


def conflict(ended: Ended, now: dt.datetime, zone: ZoneInfo) -> str:
    """Why a late arrival or departure changes nothing any more: one French sentence."""
    when, thing = _moment(ended.at, now, zone), noun(ended.kind)
    e = "e" if thing.is_feminine else ""
    match ended.state:
        case "no_show":
            return f"Votre {thing.one} avait été rendu{e} {when}, faute d'arrivée signalée."
        case "cancelled":
            return f"Votre réservation avait été annulée {when}."
        case "refused":
            return f"Votre demande avait été refusée {when}."
        case _ if ended.was_begun:
            return f"Votre réservation était déjà terminée {when}."
        case _:
            return f"Votre réservation s'était terminée {when}, sans arrivée signalée."


def told(what: str, at: dt.datetime, now: dt.datetime, zone: ZoneInfo) -> str:
    """`Votre arrivée est notée à 8 h 55.`: what a late tap has done."""
    words = {"arrive": "Votre arrivée est notée", "leave": "Votre départ est noté"}
    return f"{words[what]} {_moment(at, now, zone)}."


def _moment(at: dt.datetime, now: dt.datetime, zone: ZoneInfo) -> str:
    """`à 9 h 30`, or `le mardi 1er décembre à 9 h 30` when that is another day."""
    local = at.astimezone(zone)
    clock = f"à {french.clock(local.time())}"
    return clock if local.date() == now.astimezone(zone).date() else f"le {french.day(local.date())} {clock}"
