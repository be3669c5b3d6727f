"""What the fleet's pages say over and over: how a unit stands, the line of its day, a loan in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from zoneinfo import ZoneInfo

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from bureaux_volants.fleet.board import SOON, Paper, UnitLine
from bureaux_volants.fleet.costs import Month
from bureaux_volants.fleet.maintenance import Need, Service
from bureaux_volants.fleet.timeline import Slot, Standing
from bureaux_volants.territory import french
from bureaux_volants.territory.calendar import Interval
from bureaux_volants.web.fleet_lines import STANDINGS, day_line, words
from bureaux_volants.web.fleet_tables import Row, Table, number, percent

from .bv import icon

register = template.Library()

_PAPERS = {
    "inspection": _("Contrôle technique"),
    "insurance": _("Assurance"),
    "card": _("Carte de transport"),
    "licence": _("Permis de conduire"),
}


@register.simple_tag
def stands(how: Standing) -> SafeString:
    """How a unit stands, as icon and word."""
    look, tone, word = STANDINGS[how]
    return format_html('<span class="state {}">{}{}</span>', tone, icon(look), word)


@register.filter
def tallied(count: int, how: Standing) -> str:
    """What stands under a number of units: `libres`, `en retard`."""
    match how:
        case Standing.FREE:
            return ngettext("libre", "libres", count)
        case Standing.BOOKED:
            return ngettext("sortie prévue", "sorties prévues", count)
        case Standing.KEY_LOST:
            return ngettext("clé perdue", "clés perdues", count)
        case _:
            return str(STANDINGS[how][2]).lower()


@register.simple_tag
def unit_line(line: UnitLine, window: Interval, now: dt.datetime) -> SafeString:
    """The line of a unit's day, for who sees it."""
    return day_line(line.slots, window, now=now, is_off=not line.unit.is_active)


@register.filter
def slot_words(one: Slot) -> str:
    """What became of a loan."""
    return words(one, timezone.get_current_timezone())


@register.filter
def paper_word(what: str) -> str:
    return str(_PAPERS[what])


@register.filter
def days_left(paper: Paper) -> int:
    """Whole days until the last one, today counted as none."""
    return (paper.last_day - timezone.localdate()).days


@register.filter
def quiet_names(lines: Iterable[UnitLine]) -> SafeString:
    """The units to which nothing happens, in one line, each leading to its sheet."""
    quiet = ((reverse("fleet_unit", args=[line.unit.id]), line.unit.name) for line in lines if line.is_quiet)
    return format_html_join(", ", '<a href="{}">{}</a>', quiet)


@register.filter
def cells(table: Table, row: Row) -> list[tuple[str, bool]]:
    """What a row's cells say, and whether each is a figure."""
    told = []
    for column, value in zip(table.columns, row.values, strict=True):
        if isinstance(value, str):
            told.append((value, False))
        elif column.is_share or value is None:
            told.append((percent(value), True))
        else:
            told.append((number(value), True))
    return told


@register.simple_tag
def ends_on(last: dt.date, today: dt.date) -> SafeString:
    """Until when a paper is valid, and how near that is."""
    text = french.day(last, year=True)
    if last < today:
        return format_html('{} <span class="state stop">{}{}</span>', text, icon("stop"), _("Dépassé"))
    if last <= today + SOON:
        return format_html('{} <span class="state warn">{}{}</span>', text, icon("clock"), _("Bientôt"))
    return format_html("{}", text)


@register.simple_tag
def service_state(service: Service) -> SafeString:
    """How pressing a service is, as icon and word."""
    match service.need:
        case Need.OVERDUE:
            return format_html('<span class="state stop">{}{}</span>', icon("warn"), _("Dépassé"))
        case Need.SOON:
            return format_html('<span class="state warn">{}{}</span>', icon("clock"), _("À prévoir"))
        case _need:
            known = service.days is not None or service.km is not None
            return format_html("{}", _("à jour") if known else _("aucune échéance notée"))


@register.filter
def day_year(value: dt.date | dt.datetime) -> str:
    """`mardi 3 mars 2026`."""
    date = value.astimezone(timezone.get_current_timezone()).date() if isinstance(value, dt.datetime) else value
    return french.day(date, year=True)


@register.filter
def month_year(first: dt.date) -> str:
    """`mars 2026`."""
    return f"{french.MONTHS[first.month - 1]} {first.year}"


@register.filter
def thousands(count: int) -> str:
    """`69\u202f334`: groups of three with thin no-break spaces."""
    return f"{count:,}".replace(",", "\u202f")


@register.filter
def euros(amount: Decimal) -> str:
    """`1 234,50 €`, with no-break spaces."""
    return f"{amount:,.2f}\u00a0€".replace(",", "\u202f").replace(".", ",")


@register.simple_tag
def spent(month: Month, category: str) -> str:
    """What a month spent on something; nothing where it was nothing."""
    amount = month.by_category.get(category)
    return euros(amount) if amount is not None else ""


@register.simple_tag
def since_until(since: dt.datetime, until: dt.datetime | None) -> str:
    """`de 9 h à 12 h`, with the days where they matter."""
    zone = timezone.get_current_timezone()
    assert isinstance(zone, ZoneInfo)
    if until is None:
        return _now_since % {"day": day_year(since), "time": french.at(since, zone)}
    return french.span(since, until, zone)


_now_since = _("depuis le %(day)s à %(time)s, et encore maintenant")
