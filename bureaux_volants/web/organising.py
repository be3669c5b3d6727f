"""A kept day plan, in words: what each proposal is best at, its steps, and how it differs from the reference day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureaux_volants.booking.kinds import noun
from bureaux_volants.charter.judging import Said
from bureaux_volants.charter.rules import Effect
from bureaux_volants.planner.models import DayPlan
from bureaux_volants.planner.obeying import said_in
from bureaux_volants.planner.seats import drivers_of
from bureaux_volants.territory import french
from bureaux_volants.territory.models import Agent
from bureaux_volants.travel.journeys import Way
from bureaux_volants.travel.modes import TRANSIT_MODES, Mode

from .plan_map import map_of

#: The icon of each way.
ICONS = {
    Way.OWN_CAR: "car",
    Way.POOL_CAR: "car",
    Way.SHARED_RIDE: "car",
    Way.OWN_BIKE: "bike",
    Way.POOL_BIKE: "bike",
    Way.TRANSIT: "transport_card",
    Way.WALK: "pin",
    Way.PARK_AND_RIDE: "car",
    Way.BIKE_AND_RIDE: "bike",
}
#: Ways that ride public transport for a part.
_RIDDEN = frozenset({Way.TRANSIT, Way.PARK_AND_RIDE, Way.BIKE_AND_RIDE})
#: A shorter wait needs no words, minutes.
LONG_WAIT = 10
#: How a part is done, in words.
MODES = {
    Mode.WALK: gettext_lazy("à pied"),
    Mode.BIKE: gettext_lazy("à vélo"),
    Mode.EBIKE: gettext_lazy("à vélo électrique"),
    Mode.CARGO_BIKE: gettext_lazy("en vélo cargo"),
    Mode.CAR: gettext_lazy("en voiture"),
    Mode.BUS: gettext_lazy("bus"),
    Mode.RAPID_BUS: gettext_lazy("bus rapide"),
    Mode.COACH: gettext_lazy("car"),
    Mode.TRAM: gettext_lazy("tram"),
    Mode.METRO: gettext_lazy("métro"),
    Mode.TRAIN: gettext_lazy("train"),
}


def virtue(name: str) -> str:
    return {
        "sober": _("Le plus sobre"),
        "quick": _("Le plus rapide"),
        "near": _("Le plus près de chez vous"),
        "simple": _("Le plus simple"),
        "cheap": _("Le moins cher"),
    }[name]


def way_words(way: Way, unit: str) -> str:
    """`à vélo partagé`: how one goes."""
    if way is Way.TRANSIT and unit:
        return _("en transports, avec une carte prêtée")
    if way is Way.POOL_BIKE and unit:
        return _("avec un %s du parc") % noun(unit).one
    return {
        Way.WALK: _("à pied"),
        Way.OWN_BIKE: _("à vélo"),
        Way.OWN_CAR: _("avec votre voiture"),
        Way.TRANSIT: _("en transports"),
        Way.POOL_CAR: _("avec une voiture du parc"),
        Way.POOL_BIKE: _("avec un vélo du parc"),
        Way.SHARED_RIDE: _("avec un collègue"),
        Way.PARK_AND_RIDE: _("par un parking-relais"),
        Way.BIKE_AND_RIDE: _("à vélo et en transports"),
    }[way]


@dataclass(frozen=True, slots=True)
class Line:
    """One step, told."""

    start: dt.datetime
    end: dt.datetime
    icon: str
    what: str
    detail: str
    #: The parts of a journey by public transport, in order.
    rides: tuple[str, ...] = ()
    #: Where colleagues who drive the same way are looked for.
    share: str = ""


@dataclass(frozen=True, slots=True)
class Against:
    """A figure of a proposal beside the reference day's; `less` when it is the better of the two."""

    label: str
    value: str
    difference: str
    is_better: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """One proposal, as its card shows it."""

    number: int
    title: str
    others: str
    is_chosen: bool
    lines: list[Line]
    figures: list[Against]
    summary: str
    brief: tuple[str, str, str]
    #: What the charter says of it.
    said: list[Said]
    #: What its map draws (plan_map.py); empty for a day in one place.
    map: dict[str, Any]

    @property
    def map_id(self) -> str:
        """The element that holds what the map draws."""
        return f"plan-map-{self.number}"

    @property
    def map_ways(self) -> list[tuple[str, str]]:
        """What is drawn, and what it is called."""
        words = {"walk": _("à pied"), "bike": _("à vélo"), "car": _("en voiture"), "transit": _("en transports")}
        return [(way, words[way]) for way in self.map["ways"]]

    @property
    def asks_reason(self) -> bool:
        return any(s.effect is Effect.REASON for s in self.said)


def shown(plan: DayPlan, agent: Agent) -> list[Proposal]:
    """The proposals in their order; the booked one alone once the day is booked."""
    found, drivers = [], drivers_of(agent, plan)
    is_booked = plan.booked_at is not None and plan.cancelled_at is None
    usual = f"site:{agent.usual_site.slug}" if agent.usual_site is not None else ""
    for number, kept in enumerate(plan.answer["plans"]):
        if is_booked and number != plan.chosen:
            continue
        virtues = [virtue(v) for v in kept["virtues"]]
        found.append(
            Proposal(
                number,
                virtues[0],
                ", ".join(v.lower() for v in virtues[1:]),
                is_booked,
                [_line(step, usual, drivers) for step in kept["steps"]],
                _figures(kept["totals"], (plan.answer["reference"] or {}).get("totals")),
                _summary(kept, usual),
                _brief(kept["totals"]),
                said_in(kept.get("rules", ())),
                map_of(kept),
            )
        )
    return found


def told_since(changes: list[str]) -> str:
    """`modifiée, autre place`: what became of a booked part, beside its state; empty where nothing did."""
    words = {
        "booking.changed": _("modifiée"),
        "booking.shortened": _("raccourcie par une fermeture"),
        "booking.reseated": _("autre place"),
    }
    return ", ".join(dict.fromkeys(words[kind] for kind in changes if kind in words))


def ordinary(plan: DayPlan) -> tuple[str, str, str] | None:
    """Minutes, emissions and cost of the reference day, as the proposals tell theirs; None where there is none."""
    reference = plan.answer["reference"]
    return None if reference is None else _brief(reference["totals"])


def _brief(totals: dict[str, Any]) -> tuple[str, str, str]:
    return (
        french.duration(totals["minutes"] + totals["lost_minutes"]),
        f"{number(totals['grams_total'] / 1000)}\u00a0kg",
        f"{number(totals['agent_eur'] + totals['employer_eur'], 2)}\u00a0€",
    )


def _line(step: dict[str, Any], usual: str, drivers: Mapping[int, str]) -> Line:
    start, end = dt.datetime.fromisoformat(step["start"]), dt.datetime.fromisoformat(step["end"])
    place = step["place"]["name"]
    match step["what"]:
        case "travel":
            way = Way(step["way"])
            told = _("%(way)s jusqu'à %(place)s") % {"way": way_words(way, step["unit"]).capitalize(), "place": place}
            if driver := drivers.get(step.get("offer", 0)):
                told = _("Avec %(driver)s jusqu'à %(place)s") % {"driver": driver, "place": place}
            detail = _("%(time)s (± %(off)d min), %(km)s km") % {
                "time": french.duration(step["minutes"]),
                "off": step["spread_minutes"],
                "km": number(step["km"]),
            }
            if (waits := _waits(step, end)) >= LONG_WAIT:
                detail = _("%(detail)s, dont %(wait)s d'attente une fois là") % {
                    "detail": detail,
                    "wait": french.duration(waits),
                }
            if step["basis"] == "estimate" and way in _RIDDEN:
                detail = _("%s, estimé") % detail
            if way is Way.SHARED_RIDE:
                detail = _("%s, place à demander") % detail
            return Line(start, end, ICONS[way], told, detail, _rides(step), _share(step) if way is Way.OWN_CAR else "")
        case "desk" if step["place"]["key"] == "home":
            return Line(start, end, "home", _("Travail chez vous"), "")
        case "desk" if step["place"]["key"] == usual:
            return Line(start, end, "desk", _("À votre place, %s") % place, "")
        case "desk" if step.get("held"):
            return Line(start, end, "desk", _("Votre bureau, %s, déjà réservé") % place, "")
        case "desk":
            return Line(start, end, "desk", _("Un bureau à réserver, %s") % place, "")
        case "remote":
            return Line(start, end, "screen", _("Rendez-vous à distance (%s)") % place, "")
    return Line(start, end, "team", _("Rendez-vous, %s") % place, "")


def _waits(step: dict[str, Any], end: dt.datetime) -> int:
    """Minutes between being there and what comes next, where the journey is known part by part."""
    parts = step.get("sections", ())
    return round((end - dt.datetime.fromisoformat(parts[-1]["end"])) / dt.timedelta(minutes=1)) if parts else 0


def _share(step: dict[str, Any]) -> str:
    """The page of shared rides, filled with this travel."""
    origin, destination = (_("chez moi") if p["key"] == "home" else p["name"] for p in (step["from"], step["place"]))
    start = dt.datetime.fromisoformat(step["start"]).astimezone(timezone.get_current_timezone())
    way = {"origin": origin, "destination": destination, "date": start.date().isoformat(), "time": f"{start:%H:%M}"}
    return f"{reverse('rides')}?{urlencode(way)}"


def _rides(step: dict[str, Any]) -> tuple[str, ...]:
    """What one does, part after part, where a timetable tells."""
    return tuple(
        section_words(
            Mode(part["mode"]),
            part["from"]["name"],
            part["to"]["name"],
            dt.datetime.fromisoformat(part["start"]),
            part["line"],
            part["headsign"],
        )
        for part in step.get("sections", ())
    )


def section_words(mode: Mode, origin: str, destination: str, start: dt.datetime, line: str, headsign: str) -> str:
    """`8 h 12 : bus B de Gare à République, direction Woippy`: a part of a journey."""
    at = french.at(start, timezone.get_current_timezone())
    names = {"start": at, "how": MODES[mode], "line": line, "from": origin, "to": destination, "headsign": headsign}
    if mode not in TRANSIT_MODES:
        return _("%(start)s : %(how)s jusqu'à %(to)s") % names
    told = (
        _("%(start)s : %(how)s %(line)s de %(from)s à %(to)s") % names
        if line
        else _("%(start)s : %(how)s jusqu'à %(to)s") % names
    )
    return _("%(told)s, direction %(headsign)s") % {**names, "told": told} if headsign else told


def _summary(kept: dict[str, Any], usual: str) -> str:
    """Where one sits and how one goes, in a line."""
    desks = [s["place"]["name"] for s in kept["steps"] if s["what"] == "desk"]
    ways = [way_words(Way(s["way"]), s["unit"]) for s in kept["steps"] if s["what"] == "travel"]
    where = ", ".join(dict.fromkeys(desks)) or _("sans bureau")
    return f"{where} – {', '.join(dict.fromkeys(ways))}" if ways else where


def number(value: float, digits: int = 1) -> str:
    """`3,4`: a number as French writes it."""
    return f"{value:.{digits}f}".replace(".", ",")


def _difference(value: float, reference: float | None, digits: int, unit: str) -> str:
    """`2,3 kg de moins`, `autant`, or nothing without a reference."""
    if reference is None:
        return ""
    gap = round(value - reference, digits)
    if not gap:
        return _("autant")
    told = f"{number(abs(gap), digits)}\u00a0{unit}"
    return _("%s de moins") % told if gap < 0 else _("%s de plus") % told


def _figures(totals: dict[str, Any], reference: dict[str, Any] | None) -> list[Against]:
    rows = (
        (_("Trajets et attentes"), "minutes", 1.0, 0, "min"),
        (_("Émissions"), "grams_total", 1000.0, 1, "kg CO2e"),
        (_("En voiture"), "car_km", 1.0, 1, "km"),
        (_("Pour vous"), "agent_eur", 1.0, 2, "€"),
        (_("Pour l'employeur"), "employer_eur", 1.0, 2, "€"),
    )
    found = []
    for label, name, per, digits, unit in rows:
        value, before = totals[name] / per, None if reference is None else reference[name] / per
        if name == "minutes":
            # Hours of work spent neither working nor on the way weigh as much.
            value += totals["lost_minutes"]
            before = None if before is None or reference is None else before + reference["lost_minutes"]
        found.append(
            Against(
                label,
                french.duration(round(value)) if name == "minutes" else f"{number(value, digits)}\u00a0{unit}",
                _difference(value, before, digits, unit),
                before is not None and round(value - before, digits) < 0,
            )
        )
    return found
