"""When people cannot be met: their meetings, and what other rooms know of their day."""

from __future__ import annotations

from collections.abc import Callable, Collection

from django.db.models import Q

from bureaux_volants.territory.calendar import Interval

from .models import Meeting

#: Tells the hours that people have given elsewhere within a span, by person.
Tells = Callable[[Collection[int], Interval], dict[int, list[Interval]]]

_others: list[Tells] = []


def tells_busy(tell: Tells) -> Tells:
    """Register who else knows, once, at import time (AppConfig.ready)."""
    if tell not in _others:
        _others.append(tell)
    return tell


def busy_of(people: Collection[int], span: Interval) -> dict[int, list[Interval]]:
    """By person, the hours already given within a span. One query, and one a room."""
    found: dict[int, list[Interval]] = {person: [] for person in people}
    theirs = Meeting.objects.filter(
        Q(agent__in=people) | Q(host__in=people), state=Meeting.State.AGREED, start__lt=span.end, end__gt=span.start
    )
    for agent_id, host_id, start, end in theirs.values_list("agent_id", "host_id", "start", "end"):
        for person in {agent_id, host_id} & found.keys():
            found[person].append(Interval(start, end))
    for tell in _others:
        for person, hours in tell(people, span).items():
            found[person].extend(hours)
    return found
