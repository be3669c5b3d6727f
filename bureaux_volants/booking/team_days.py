"""Days on which a service is together: set, skipped once, ended. Two never fall on the same date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import transaction

from bureaux_volants.events.log import Author, record
from bureaux_volants.territory import french
from bureaux_volants.territory.models import Service, Site, TeamDay

from .errors import BookingError
from .queries import TeamMember


class Overlaps(BookingError):
    """The service is already together on such a date."""

    code = "team-day-overlaps"


#: A day without end is compared with the others so far ahead.
_AHEAD = dt.timedelta(days=370)


def team_days_of(service_id: int, first: dt.date, last: dt.date) -> dict[dt.date, TeamDay]:
    """The service's days from `first` to `last` included. One query."""
    found = TeamDay.objects.filter(service_id=service_id, first_day__lte=last).exclude(last_day__lt=first)
    rows = list(found.select_related("site"))
    days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    return {day: row for day in days for row in rows if row.falls_on(day)}


def elsewhere(members: Iterable[TeamMember], row: TeamDay, day: dt.date) -> list[TeamMember]:
    """Those who told to be somewhere else that day: booked at another site, or at home as agreed.

    Who shows nothing is neither named nor counted.
    """
    found = []
    for member in members:
        told = next((d for d in member.days if d.day == day), None)
        if not member.shows or told is None:
            continue
        if any(b.site_id == row.site_id for b in told.bookings):
            continue
        if told.bookings or told.at_home:
            found.append(member)
    return found


@transaction.atomic
def set_team_day(service: Service, site: Site, first: dt.date, last: dt.date | None, author: Author) -> TeamDay:
    """Be together at `site` on the weekday of `first`, each week until `last` included (None: until further notice).

    Raises Overlaps.
    """
    # Two managers at once wait for each other.
    Service.objects.select_for_update().get(pk=service.pk)
    made = TeamDay(
        territory_id=service.territory_id,
        service=service,
        site=site,
        weekday=first.isoweekday(),
        first_day=first,
        last_day=last,
        created_by=author.agent,
    )
    until = first + _AHEAD if last is None else min(last, first + _AHEAD)
    taken = next((d for d in sorted(team_days_of(service.pk, first, until)) if made.falls_on(d)), None)
    if taken is not None:
        raise Overlaps(f"Ce service a déjà une journée d'équipe le {french.day(taken)} : retirez-la d'abord.")
    made.save()
    record(
        service.territory_id,
        author,
        "team_day.set",
        "team_day",
        made.pk,
        service=str(service),
        site=site.pk,
        start=first,
        end=last,
    )
    return made


@transaction.atomic
def skip(row: TeamDay, day: dt.date, author: Author) -> None:
    """Not that time. A single day is taken away whole; asked twice, it is done once."""
    kept = TeamDay.objects.select_for_update().filter(pk=row.pk).first()
    if kept is None or not kept.falls_on(day):
        return
    if kept.is_single:
        _remove(kept, author)
        return
    kept.skipped = sorted({*kept.skipped, day})
    kept.save(update_fields=["skipped"])
    record(kept.territory_id, author, "team_day.skipped", "team_day", kept.pk, start=day)


@transaction.atomic
def end(row: TeamDay, day: dt.date, author: Author) -> None:
    """No more from `day` on; what was before stays told."""
    kept = TeamDay.objects.select_for_update().filter(pk=row.pk).first()
    if kept is None or (kept.last_day is not None and kept.last_day < day):
        return
    if day <= kept.first_day:
        _remove(kept, author)
        return
    kept.last_day = day - dt.timedelta(days=1)
    kept.save(update_fields=["last_day"])
    record(kept.territory_id, author, "team_day.ended", "team_day", kept.pk, end=kept.last_day)


def _remove(row: TeamDay, author: Author) -> None:
    record(row.territory_id, author, "team_day.removed", "team_day", row.pk, site=row.site_id, start=row.first_day)
    row.delete()
