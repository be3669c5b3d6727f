"""A site's page: how to come, when it opens, who is there, book."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bureaux_volants.booking.directory import SiteEntry
from bureaux_volants.booking.models import DESK_FEATURES, Kind
from bureaux_volants.booking.queries import at_site_shown_to
from bureaux_volants.hosting.sheets import door_of, latest
from bureaux_volants.territory import french
from bureaux_volants.territory.calendar import Day, Hours, monday_of
from bureaux_volants.territory.models import Site
from bureaux_volants.territory.permissions import Action, hosts_of, may
from bureaux_volants.web.access import AgentRequest, agent_page
from bureaux_volants.web.finding import look, strips
from bureaux_volants.web.welcome import welcome_of
from bureaux_volants.web.when import WHOLE, When, first_choice, opening_days

STRIP_DAYS = 10
#: A phase that opens within this time is worth showing already.
PHASE_IN_SIGHT = dt.timedelta(days=366)
#: Refusals that no other day would lift.
ABOUT_THE_SITE = frozenset({"not-open-to-organisation", "not-open-yet", "not-in-cohort", "site-inactive"})


@dataclass(frozen=True, slots=True)
class Timetable:
    """Hours of a part of the year, one line per weekday that opens."""

    name: str
    lines: list[tuple[str, str]]


def _times(hours: list[Hours]) -> str:
    return french.listing([f"{french.clock(h.opens_at)} – {french.clock(h.closes_at)}" for h in hours])


def timetables(site: SiteEntry) -> list[Timetable]:
    """The usual hours first (its name is empty), then each season's."""
    found: list[Timetable] = []
    for season_id, name in [(None, ""), *((s.id, s.name) for s in site.seasons)]:
        lines: list[tuple[str, str]] = []
        for number, word in enumerate(french.WEEKDAYS, start=1):
            hours = sorted(
                (h for h in site.hours if h.season == season_id and h.weekday == number), key=lambda h: h.opens_at
            )
            if hours:
                lines.append((word, _times(hours)))
        found.append(Timetable(name, lines))
    return found


def _entry(request: AgentRequest, slug: str) -> SiteEntry:
    try:
        return request.directory.site(slug)
    except KeyError:
        raise Http404 from None


@require_safe
@agent_page
def site(request: AgentRequest, slug: str) -> HttpResponse:
    entry = _entry(request, slug)
    directory, now = request.directory, timezone.now()
    today = directory.today(now)
    monday = monday_of(today)
    week: list[Day] = [entry.day(monday + dt.timedelta(days=n)) for n in range(7)]
    opens = entry.phase.opens_on if entry.phase else today
    # Before its phase there is nothing to book: the days shown begin with it. One that is put off for years shows the present week, and why it is shut.
    opens = opens if opens - today <= PHASE_IN_SIGHT else today
    days = opening_days(directory, max(today, opens), STRIP_DAYS)
    when = When(first_choice(directory, now), WHOLE)
    answers = look(request.user, directory, when, sites=[entry])
    units = entry.units_of(Kind.DESK)
    sheet = latest(entry.id)
    return render(
        request,
        "web/site.html",
        {
            "site": entry,
            "details": Site.objects.get(pk=entry.id),
            "days": strips(request.user, days, site_slug=slug).get(entry.id, []),
            "week": [d for d in week if d.open or d.usual or d.closed_because],
            "today": today,
            "timetables": timetables(entry),
            "closures": [c for c in entry.closures if c.end > now][:5],
            "hosts": hosts_of(entry, directory.territory_id),
            "there": at_site_shown_to(request.user, entry.id, today),
            "units": units,
            "features": [
                (f, sum(1 for u in units if f in u.features))
                for f in DESK_FEATURES
                if any(f in u.features for u in units)
            ],
            "when": when,
            "bookable": bool(answers) and answers[0][1].bookable,
            # Only what is true of any day: nobody has asked about one yet, and the table says the rest.
            "reasons": [r for a in answers for r in a[1].reasons if r.code in ABOUT_THE_SITE],
            "rules": entry.rules_for(Kind.DESK),
            "welcome": welcome_of(sheet, door_of(request.user, entry, directory, now, sheet)),
            "is_host": may(request.user, Action.HOST, site=entry),
        },
    )


@require_safe
@agent_page
def photo(request: AgentRequest, slug: str) -> FileResponse:
    """The site's picture, for its own territory only."""
    picture = Site.objects.get(pk=_entry(request, slug).id).photo
    if not picture:
        raise Http404
    try:
        return FileResponse(picture.open("rb"))
    except FileNotFoundError:
        raise Http404 from None
