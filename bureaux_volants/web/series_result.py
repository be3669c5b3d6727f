"""The answer to a repeated request, kept in the session so that its page can be opened again after the redirect."""

from __future__ import annotations

import datetime as dt
from itertools import groupby
from typing import Any

from django.http import HttpRequest

from bureaux_volants.booking.directory import SiteEntry
from bureaux_volants.booking.series import Missed, SeriesResult

from .when import FREE, When

_KEY = "series"


def _missed(missed: Missed, when: When) -> dict[str, Any]:
    told: dict[str, Any] = {"day": missed.day.isoformat(), "messages": [r.message for r in missed.refusals]}
    # Too far ahead here is too far ahead everywhere.
    told["hopeless"] = any(r.code == "horizon" for r in missed.refusals)
    told["again"] = When(missed.day, when.part, when.start, when.end).query()
    if missed.alternative is not None:
        other = missed.alternative
        local = other.start.astimezone(other.site.zone), other.end.astimezone(other.site.zone)
        same = When(local[0].date(), FREE, local[0].time(), local[1].time())
        told["other"] = {"name": other.site.name, "km": other.km, "query": same.query(site=other.site.slug)}
    return told


def remember(request: HttpRequest, site: SiteEntry, when: When, last: dt.date, result: SeriesResult) -> None:
    request.session[_KEY] = {
        "site": site.name,
        "slug": site.slug,
        "last": last.isoformat(),
        "booked": [b.reference for b in result.booked],
        "missed": [_missed(m, when) for m in result.missed],
    }


def _group(messages: list[str], dates: list[dict[str, Any]]) -> dict[str, Any]:
    """Dates missed for the same reasons; those for which nothing can be done are told as one span."""
    hopeless = all(d["hopeless"] for d in dates)
    return {"messages": messages, "dates": dates, "hopeless": hopeless, "first": dates[0], "last": dates[-1]}


def remembered(request: HttpRequest) -> dict[str, Any] | None:
    """The last result, its days as dates; None when there is none in this session."""
    kept: dict[str, Any] | None = request.session.get(_KEY)
    if kept is None:
        return None
    missed = [m | {"day": dt.date.fromisoformat(m["day"])} for m in kept["missed"]]
    groups = [_group(messages, list(dates)) for messages, dates in groupby(missed, key=lambda m: m["messages"])]
    return kept | {"last": dt.date.fromisoformat(kept["last"]), "missed": missed, "missed_by_reason": groups}
