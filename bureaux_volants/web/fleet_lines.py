"""The line of a unit's day as inline SVG, and the same in words. What is drawn is hidden from who listens: the words are there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureaux_volants.fleet.timeline import Look, Slot, Standing
from bureaux_volants.territory import french
from bureaux_volants.territory.calendar import Interval

#: Standing -> icon, tone, word. The word says it all: colour and icon repeat it.
STANDINGS: Mapping[Standing, tuple[str, str, object]] = {
    Standing.LATE: ("warn", "stop", gettext_lazy("En retard")),
    Standing.KEY_LOST: ("key", "stop", gettext_lazy("Clé perdue")),
    Standing.OUT: ("leave", "accent", gettext_lazy("En sortie")),
    Standing.OFF: ("lock", "warn", gettext_lazy("Hors service")),
    Standing.BOOKED: ("clock", "", gettext_lazy("Sortie prévue")),
    Standing.FREE: ("check", "ok", gettext_lazy("Libre")),
}
#: What stands before the name on a slot: a sign beside the pattern, for those who see no colour.
SIGNS: Mapping[Look, str] = {Look.LATE: "! ", Look.RETURNED: "✓ ", Look.MISSED: "✗ ", Look.BOOKED: "", Look.OUT: "→ "}
_HEIGHT = 34


def _percent(share: float) -> str:
    return f"{100 * share:.2f}%"


def _ticks(window: Interval, every: int) -> list[tuple[str, dt.datetime]]:
    whole = window.end - window.start
    hours = int(whole.total_seconds() // 3600)
    return [
        (_percent(n / (whole.total_seconds() / 3600)), window.start + dt.timedelta(hours=n))
        for n in range(0, hours + 1, every)
    ]


def hours_line(window: Interval, zone: ZoneInfo) -> SafeString:
    """The hours above the lines."""
    texts = format_html_join(
        "",
        '<text class="{}" x="{}" y="14">{}</text>',
        (
            ("first" if n == 0 else "last" if at >= window.end else "middle", x, french.at(at, zone))
            for n, (x, at) in enumerate(_ticks(window, 2))
        ),
    )
    return format_html('<svg class="line hours" width="100%" height="20" aria-hidden="true">{}</svg>', texts)


def day_line(slots: Sequence[Slot], window: Interval, *, now: dt.datetime, is_off: bool) -> SafeString:
    """One unit's day: a mark for each loan with the name of who has it, and where now is."""
    inside = [
        format_html_join(
            "", '<line class="tick" x1="{0}" x2="{0}" y1="0" y2="100%"/>', ((x,) for x, _ in _ticks(window, 2))
        )
    ]
    if is_off:
        inside.append(
            format_html(
                '<rect class="off" x="0" y="3" width="100%" height="28" rx="4" fill="url(#hatch)"/>'
                '<text class="name" x="8" y="22">{}</text>',
                _("Hors service"),
            )
        )
    inside += [_slot(one, window) for one in slots]
    if window.start <= now < window.end:
        at = _percent((now - window.start) / (window.end - window.start))
        inside.append(format_html('<line class="now" x1="{at}" x2="{at}" y1="0" y2="100%"/>', at=at))
    return format_html(
        '<svg class="line" width="100%" height="{}" aria-hidden="true">{}</svg>', _HEIGHT, SafeString("".join(inside))
    )


def _slot(one: Slot, window: Interval) -> SafeString:
    left, width = one.place(window)
    if width <= 0:
        return SafeString("")
    hatch = (
        SafeString('<rect width="100%" height="100%" rx="4" fill="url(#hatch-late)"/>')
        if one.look is Look.LATE
        else SafeString("")
    )
    return format_html(
        '<svg x="{}" y="3" width="{}" height="28"><rect class="slot {}" x="1" y="1" width="100%" height="26" rx="4"/>{}'
        '<text class="name {}" x="8" y="19">{}{}</text></svg>',
        _percent(left),
        _percent(width),
        one.look,
        hatch,
        one.look,
        SIGNS[one.look],
        one.outing.who,
    )


def words(one: Slot, zone: ZoneInfo) -> str:
    """What became of a loan, after its hours and its person: `en retard de 45 minutes`, `rendu à 11 h 40`."""
    late = french.duration(int(one.late.total_seconds() // 60)) if one.late else ""
    match one.look:
        case Look.LATE:
            return _("attendu à %(time)s, en retard de %(late)s") % {
                "time": french.at(one.outing.end, zone), "late": late,
            }  # fmt: skip
        case Look.OUT:
            return _("en sortie, retour prévu à %(time)s") % {"time": french.at(one.outing.end, zone)}
        case Look.RETURNED if late:
            return _("rendu à %(time)s, %(late)s après l'heure") % {"time": french.at(one.until, zone), "late": late}
        case Look.RETURNED:
            return _("rendu à %(time)s") % {"time": french.at(one.until, zone)}
        case Look.MISSED:
            return _("réservé, jamais pris")
        case _:
            return _("réservé")
