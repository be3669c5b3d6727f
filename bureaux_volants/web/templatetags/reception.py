"""What the reception's pages say over and over."""

from __future__ import annotations

import datetime as dt

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _

from bureaux_volants.territory import french

register = template.Library()


@register.simple_tag
def closed_time(start: dt.datetime, end: dt.datetime) -> str:
    """When a closure is, in the territory's time: whole days are said as days."""
    zone = timezone.get_current_timezone()
    first, last = start.astimezone(zone), end.astimezone(zone)
    if last.time() == dt.time.min and (
        first.time() == dt.time.min or last.date() - first.date() > dt.timedelta(days=1)
    ):
        last_day = last.date() - dt.timedelta(days=1)
        if first.date() == last_day:
            return _("%(day)s, toute la journée") % {"day": french.day(last_day)}
        words = {"first": french.day(first.date()), "last": french.day(last_day), "from": french.clock(first.time())}
        if first.time() == dt.time.min:
            return _("du %(first)s au %(last)s compris") % words
        return _("du %(first)s, dès %(from)s, au %(last)s compris") % words
    if last.time() == dt.time.min:
        return _("%(day)s, à partir de %(from)s") % {
            "day": french.day(first.date()),
            "from": french.clock(first.time()),
        }
    if first.time() == dt.time.min and first.date() == last.date():
        return _("%(day)s, jusqu'à %(to)s") % {"day": french.day(first.date()), "to": french.clock(last.time())}
    return french.span(start, end, zone)
