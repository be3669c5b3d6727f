"""Ma semaine: where I am each day, with whom of my team, and what is proposed; a tap opens the day to organise it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bureaux_volants.booking.directory import Directory
from bureaux_volants.booking.queries import TeamMember, team_week
from bureaux_volants.planner.glance import DayOfWeek
from bureaux_volants.planner.week import By, Where
from bureaux_volants.planner.weekly import week_of
from bureaux_volants.territory import french
from bureaux_volants.territory.models import Agent
from bureaux_volants.web.access import AgentRequest, agent_page
from bureaux_volants.web.forms_organise import lines_of
from bureaux_volants.web.weeks import asked_monday

ICONS = {Where.USUAL: "desk", Where.FLYING: "pin", Where.HOME: "home"}


@dataclass(frozen=True, slots=True)
class Card:
    """A day as the page shows it. `short` is its place in a word or two, for the strip."""

    day: DayOfWeek
    icon: str
    title: str
    short: str
    state: str
    tone: str
    figures: str
    people: list[Agent]
    organise_url: str


@require_safe
@agent_page
def week(request: AgentRequest) -> HttpResponse:
    """A week, this one at first; at its end, the next. `par` says what the proposal is the least of."""
    agent, now = request.user, timezone.now()
    monday = asked_monday(request)
    by = By.GRAMS if request.GET.get("par") == "emissions" else By.MINUTES
    found = week_of(agent, monday, by, now=now)
    today = request.directory.today(now)
    members: list[TeamMember] = []
    if agent.service_id is not None:
        colleagues = Agent.objects.filter(
            service_id=agent.service_id, territory_id=request.directory.territory_id, is_active=True
        ).exclude(pk=agent.pk)
        members = team_week(agent, colleagues.order_by("first_name", "last_name", "pk"), monday)
    cards = [
        _card(d, n, members, today, found.usual.name if found.usual else "", request) for n, d in enumerate(found.days)
    ]
    context: dict[str, Any] = {
        "week": found,
        "cards": cards,
        "friday": monday + dt.timedelta(days=4),
        "earlier": monday - dt.timedelta(days=7),
        "later": monday + dt.timedelta(days=7),
        "today": today,
        "by_grams": by is By.GRAMS,
        "gains": _gains(found.saved_minutes, found.saved_grams),
        "policy": request.directory.telework,
        "has_open": any(d.is_open for d in found.days),
    }
    return render(request, "web/week.html", context)


def _card(
    day: DayOfWeek, number: int, members: list[TeamMember], today: dt.date, usual: str, request: AgentRequest
) -> Card:
    icon, title, short = _place(day, usual, request.directory)
    state, tone = _state(day, today)
    return Card(
        day=day,
        icon=icon,
        title=title,
        short=short,
        state=state,
        tone=tone,
        figures=_figures(day),
        people=_with(day, number, members),
        organise_url=_organise(day, request.directory.zone) if day.date >= today and not day.holiday else "",
    )


def _place(day: DayOfWeek, usual: str, directory: Directory) -> tuple[str, str, str]:
    """The icon of a day, its place, and its place in a word: a site is known by its commune."""

    def commune(site_id: int) -> str:
        return directory.site_by_id(site_id).commune_name

    if day.holiday:
        return "quiet", day.holiday, _("férié")
    if day.bookings:
        names = list(dict.fromkeys(b.site.name for b in day.bookings))
        return "pin", french.listing(names), commune(day.bookings[0].site_id)
    if day.where is Where.HOME:
        return "home", _("Chez vous"), _("chez vous")
    if day.where is Where.FLYING and day.site is not None:
        return "pin", day.site.name, day.site.commune_name
    if day.where is Where.USUAL:
        return "desk", usual or _("Sans bureau"), _("mon site")
    if day.team_day is not None:
        return "team", day.team_day.site.name, commune(day.team_day.site_id)
    if day.agreed_home:
        return "home", _("Chez vous"), _("chez vous")
    return "quiet", usual or _("Rien d'annoncé"), "–"


def _state(day: DayOfWeek, today: dt.date) -> tuple[str, str]:
    """A word beside the day, and its colour."""
    if day.holiday:
        return _("férié"), ""
    if day.date < today:
        return _("passé"), ""
    if day.bookings:
        return _("réservé"), "ok"
    if day.problem:
        return _("à revoir"), "warn"
    if day.team_day is not None:
        return _("journée d'équipe"), "accent"
    if day.date == today:
        return _("aujourd'hui"), "accent"
    if day.where is Where.FLYING or day.moved_here or day.moved_away:
        return _("proposé"), "accent"
    return (_("convenu"), "") if day.where is Where.HOME else ("", "")


def _figures(day: DayOfWeek) -> str:
    if day.spent is None:
        return ""
    if not day.spent.travel:
        return _("pas de trajet")
    return _("%(time)s de trajets, %(grams)s kg CO2e") % {
        "time": french.duration(day.spent.travel),
        "grams": f"{day.spent.grams / 1000:.1f}".replace(".", ","),
    }


def _gains(minutes: int | None, grams: int | None) -> str:
    """What following the proposal changes, as a sentence; empty when that cannot be said or changes nothing."""
    if minutes is None or grams is None or (abs(minutes) < 3 and abs(grams) < 100):
        return ""

    def told(value: str, is_less: bool) -> str:
        return (_("%s de moins") if is_less else _("%s de plus")) % value

    parts = []
    if abs(minutes) >= 3:
        parts.append(told(_("%s de trajets") % french.duration(abs(minutes)), minutes > 0))
    if abs(grams) >= 100:
        parts.append(told(_("%s kg CO2e") % f"{abs(grams) / 1000:.1f}".replace(".", ","), grams > 0))
    return french.listing(parts)


def _with(day: DayOfWeek, number: int, members: list[TeamMember]) -> list[Agent]:
    """Those of my team who told to be where I am, and who let me see it."""
    here = {b.site_id for b in day.bookings} or ({day.site.id} if day.site is not None else set())
    return [m.agent for m in members if any(b.site_id in here for b in m.days[number].bookings)]


def _organise(day: DayOfWeek, zone: ZoneInfo) -> str:
    """The day's form, filled with its appointments as the proposal has them."""
    gone = {one.number for one, _to in day.moved_away}
    stay = [one.appointment for one in day.meetings if one.number not in gone]
    stay += [one.appointment for one in day.moved_here]
    query = {
        "date": day.date.isoformat(),
        **lines_of(sorted(stay, key=lambda a: a.start.astimezone(zone).time()), zone),
    }
    return f"{reverse('organise')}?{urlencode(query)}"
