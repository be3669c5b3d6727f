"""What the templates say over and over: icons, states, French times, fields, the tabs of the frame."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bureaux_volants.booking.models import Feature, Kind
from bureaux_volants.booking.search import Half
from bureaux_volants.booking.states import State
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory import french
from bureaux_volants.territory.calendar import Shut
from bureaux_volants.territory.models import Agent
from bureaux_volants.territory.permissions import Action, may, may_everywhere
from bureaux_volants.trials.estimating.conclusion import number, plain
from bureaux_volants.web.finding import DayHalves
from bureaux_volants.web.offline.account import opaque
from bureaux_volants.web.personas import Persona, present

register = template.Library()

#: State of a booking -> icon, tone. The word comes from the state itself: colour never speaks alone.
STATE_LOOKS: Mapping[str, tuple[str, str]] = {
    State.REQUESTED: ("wait", "warn"),
    State.CONFIRMED: ("check", "ok"),
    State.IN_USE: ("seat", "accent"),
    State.COMPLETED: ("check", ""),
    State.CANCELLED: ("cross", ""),
    State.REFUSED: ("stop", "stop"),
    State.NO_SHOW: ("warn", "stop"),
}
FEATURE_ICONS: Mapping[str, str] = {
    Feature.SECOND_SCREEN: "screen",
    Feature.DOCK: "dock",
    Feature.QUIET: "quiet",
    Feature.STANDING: "standing",
    Feature.PHONE_BOOTH: "phone",
    Feature.WHEELCHAIR: "wheelchair",
}


@register.simple_tag
@lru_cache(maxsize=64)
def icon(name: str) -> SafeString:
    """One symbol of icons.svg, silent for screen readers: a word always stands beside it."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        static("web/icons.svg"),
        name,
    )


@register.simple_tag
def state(value: str) -> SafeString:
    """A booking's state as icon and word."""
    look, tone = STATE_LOOKS[value]
    return format_html('<span class="state {}">{}{}</span>', tone, icon(look), State(value).label.capitalize())


@register.filter
def feature_label(value: str) -> str:
    """A feature, or a threshold such as `seats:4`, in words."""
    what, _colon, number = value.partition(":")
    if what == "seats":
        return _("%(n)s places") % {"n": number}
    if what == "range":
        return _("%(n)s km d'autonomie") % {"n": number}
    return str(Feature(value).label)


@register.filter
def kind_label(value: str) -> str:
    return str(Kind(value).label).capitalize()


@register.filter
def digit_groups(digits: str) -> list[str]:
    """`123456` as `123` and `456`: read at a glance, kept in mind on the way to the box."""
    size = 2 if len(digits) == 4 else 3 if len(digits) % 3 != 1 else 4
    return [digits[i : i + size] for i in range(0, len(digits), size)]


@register.filter
def feature_icon(value: str) -> str:
    return FEATURE_ICONS[value]


@register.filter
def half_tone(half: Half) -> str:
    """How a half-day is coloured; its text says the same."""
    if half.interval is None:
        return "shut"
    if half.free == 0:
        return "full"
    return "low" if half.free == 1 and half.capacity > 2 else ""


@register.filter
def half_words(half: Half) -> SafeString:
    """How many desks a half-day has left, or why none: `3/6`, a cross, a dash, with words for those who listen."""
    return _half_words(half.interval is None, half.closed_because, half.free, half.capacity)


# A search shows hundreds of half-days, of which few differ: through templates they took most of its time.
@lru_cache(maxsize=4096)
def _half_words(shut: bool, because: str, free: int, capacity: int) -> SafeString:
    if shut:
        why = _("pas réservable : %(why)s") % {"why": because} if because else _("fermé")
        return format_html('<span aria-hidden="true">–</span><span class="sr">{}</span>', why)
    if free == 0:
        return format_html('{}<span class="sr">{}</span>', icon("cross"), _("complet"))
    return format_html(
        '<span class="sr">{} </span>{}<span class="of"><span aria-hidden="true">/</span><span class="sr"> {} </span>{}</span>',
        _("libres :"),
        free,
        _("sur"),
        capacity,
    )


@register.simple_tag
def strip_days(days: Sequence[DayHalves]) -> SafeString:
    """The headings of a strip: `mar. 24`."""
    return _strip_days(tuple(d.date for d in days))


@lru_cache(maxsize=64)
def _strip_days(dates: tuple[dt.date, ...]) -> SafeString:
    heading = '<th scope="col">{}<span class="sr"> </span> {}<span class="sr"> {}</span></th>'
    return format_html_join("", heading, ((weekday_short(d), d.day, month_short(d)) for d in dates))


@register.simple_tag
def half_row(days: Sequence[DayHalves], part: str) -> SafeString:
    """The cells of a strip's mornings or afternoons."""
    halves: list[Half] = [getattr(day, part) for day in days]
    return format_html_join(
        "", '<td><span class="half {}">{}</span></td>', ((half_tone(half), half_words(half)) for half in halves)
    )


def _zone() -> ZoneInfo:
    return timezone.get_current_timezone()


def _date(value: dt.date | dt.datetime) -> dt.date:
    return value.astimezone(_zone()).date() if isinstance(value, dt.datetime) else value


@register.filter
def day(value: dt.date | dt.datetime) -> str:
    """`mardi 24 novembre`, in the territory's time; the year when it is not this one."""
    date = _date(value)
    return french.day(date, year=date.year != timezone.localdate().year)


@register.filter
def near_day(value: dt.date | dt.datetime) -> str:
    """`Aujourd'hui`, `Demain`, else the day."""
    date = _date(value)
    words = {0: _("Aujourd'hui"), 1: _("Demain")}
    return words.get((date - timezone.localdate()).days) or day(date).capitalize()


@register.filter
def clock(value: dt.datetime) -> str:
    """`9 h 30`, in the territory's time."""
    return french.at(value, _zone())


@register.filter
def moment(value: dt.datetime) -> str:
    """`aujourd'hui à 9 h 30`, `demain à 9 h 30`, `le mardi 24 novembre à 9 h 30`: within a sentence."""
    words = {-1: _("hier"), 0: _("aujourd'hui"), 1: _("demain")}
    near = words.get((_date(value) - timezone.localdate()).days)
    return _("%(day)s à %(time)s") % {"day": near or _("le %(day)s") % {"day": day(value)}, "time": clock(value)}


@register.filter
def wall(value: dt.datetime) -> str:
    """`09:30`: the same, for a time field."""
    return f"{value.astimezone(_zone()):%H:%M}"


@register.filter
def day_iso(value: dt.datetime) -> str:
    """`2026-11-24`: the local day, for a query."""
    return _date(value).isoformat()


@register.filter
def time_of(value: dt.time) -> str:
    return french.clock(value)


@register.filter
def iso(value: dt.date | dt.datetime) -> str:
    """For <time datetime> and query strings."""
    return value.isoformat()


@register.simple_tag
def hours(start: dt.datetime, end: dt.datetime) -> SafeString:
    """`9 h – 12 h`, with words for those who listen."""
    return format_html(
        '<span class="nowrap"><span class="sr">{} </span>{}<span aria-hidden="true"> – </span>'
        '<span class="sr"> {} </span>{}</span>',
        _("de"),
        clock(start),
        _("à"),
        clock(end),
    )


@register.filter
def km(value: float) -> str:
    """`850 m`, `3,2 km`, as the crow flies; a centre of commune is not known to the metre."""
    if value < 0.1:
        return _("moins de 100\u00a0m")
    if value < 1:
        return f"{round(value * 1000, -1):.0f}\u00a0m"
    return f"{value:.1f}".replace(".", ",") + "\u00a0km"


@register.filter
def signed(value: float | None) -> str:
    """A figure as it is printed, `−24,9`: a whole one without decimals, a dash where there is none."""
    if value is None:
        return "–"
    return str(value).replace("-", "−") if isinstance(value, int) else number(value)


@register.filter(name="plain")
def plain_figure(value: float) -> str:
    return plain(value)


@register.filter
def hundredths(value: float) -> str:
    """`−0,04`: a number to two decimals, with the sign of a minus."""
    return f"{round(value, 2) + 0.0:.2f}".replace(".", ",").replace("-", "−")


@register.filter
def weekday_short(value: dt.date) -> str:
    return french.WEEKDAYS[value.weekday()][:3]


@register.filter
def weekday_long(value: dt.date | dt.datetime) -> str:
    return french.WEEKDAYS[_date(value).weekday()]


@register.filter
def minutes_words(value: int) -> str:
    return french.duration(value)


@register.filter
def closure_words(closure: Shut) -> str:
    """When a place is shut: the days alone when whole days are."""
    start, end = closure.start.astimezone(_zone()), closure.end.astimezone(_zone())
    if start.time() == end.time() == dt.time.min:
        last = end.date() - dt.timedelta(days=1)
        if last == start.date():
            return day(start)
        return _("du %(first)s au %(last)s") % {"first": day(start), "last": day(last)}
    return french.span(closure.start, closure.end, _zone())


@register.filter
def month_short(value: dt.date) -> str:
    name = french.MONTHS[value.month - 1]
    return name if len(name) <= 4 else f"{name[:4] if name.startswith('juil') else name[:3]}."


@register.inclusion_tag("web/parts/field.html")
def field(bound: BoundField, hint: str | None = None) -> dict[str, Any]:
    """One field with its label, its help and its errors, tied together for screen readers. `hint` replaces the help."""
    widget = bound.field.widget
    kind = "one"
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        kind = "group"
    elif isinstance(widget, CheckboxInput):
        kind = "check"
    said = bound.help_text if hint is None else hint
    described = [f"{bound.auto_id}_hint"] if said else []
    if bound.errors:
        described.append(f"{bound.auto_id}_error")
    attrs: dict[str, Any] = {"aria-describedby": " ".join(described)} if described else {}
    if bound.errors and kind != "group":
        attrs["aria-invalid"] = "true"
    return {
        "bound": bound,
        "kind": kind,
        "hint": said,
        "widget": bound.as_widget(attrs=attrs) if kind != "group" else "",
        "described": " ".join(described),
    }


@register.inclusion_tag("web/parts/errors.html")
def form_errors(form: Any) -> dict[str, Any]:
    """What concerns a form as a whole."""
    return {"form": form}


@dataclass(frozen=True, slots=True)
class Tab:
    """One entry of the navigation. `wide`: only where there is room; elsewhere the menu has it."""

    name: str
    label: str
    icon: str
    url: str
    current: bool
    count: int = 0
    wide: bool = False


#: Pages that belong under a tab though another one opens them.
UNDER = {"site": "search", "book": "search", "booking": "bookings", "change": "bookings", "cancel_period": "bookings"}


def _tab(
    request: HttpRequest, name: str, label: str, icon_name: str, *, count: int = 0, wide: bool = False
) -> Tab | None:
    try:
        url = reverse(name)
    except NoReverseMatch:
        return None
    match = request.resolver_match
    shown = UNDER.get(match.url_name or "", match.url_name or "") if match else ""
    if shown.startswith(("trial", "indicator")):
        shown = "lab"
    current = shown == name or shown.startswith(f"{name}_")
    return Tab(name, label, icon_name, url, current, count, wide)


@register.simple_tag(takes_context=True)
def frame(context: template.Context) -> dict[str, Any]:
    """What the frame of a page shows: tabs by role, unread notices, whether people and bookings are invented."""
    request: HttpRequest | None = context.get("request")
    directory = getattr(request, "directory", None)
    agent = getattr(request, "user", None)
    demonstration = directory.is_demonstration if directory else settings.BV_DEMO
    shown: dict[str, Any] = {
        # Told to the page's script: "" when nobody is signed in, None where that is not known.
        "account": None if agent is None else "",
        "demonstration": demonstration,
        "tabs": [],
        "agent": None,
        "contact": settings.BV_CONTACT_EMAIL,
        "offline": settings.BV_OFFLINE,
    }
    if request is None or not isinstance(agent, Agent):
        return shown
    shown["agent"], shown["account"] = agent, opaque(agent)
    if not may(agent, Action.BOOK):
        return shown
    shown["mailbox"] = demonstration and bool(settings.EMAIL_FILE_PATH)
    unread = Notice.objects.filter(recipient=agent, read_at=None).count()
    tabs = [
        _tab(request, "day", _("Ma journée"), "day"),
        _tab(request, "search", _("Trouver"), "search"),
        _tab(request, "take", _("Prendre"), "bike"),
        _tab(request, "bookings", _("Réservations"), "calendar"),
        _tab(request, "notices", _("Messages"), "bell", count=unread),
    ]
    roles = [
        (Action.HOST, "host", _("Accueil"), "host"),
        (Action.MANAGE_TEAM, "team", _("Mon équipe"), "team"),
        (Action.MANAGE_FLEET, "fleet", _("Flotte"), "key"),
        (Action.EVALUATE, "lab", _("Labo"), "list"),
        (Action.ADMINISTER, "admin:index", _("Administration"), "gear"),
    ]
    # A phone has room for five: the first role comes to the bar, the others to the menu.
    # The lab and Django's administration are for who answers for the whole territory; other roles may be held over a part.
    for action, name, label, icon_name in roles:
        allowed = (may_everywhere if action in (Action.ADMINISTER, Action.EVALUATE) else may)(agent, action)
        if allowed:
            tabs.append(_tab(request, name, label, icon_name, wide=len([t for t in tabs if t]) >= 5))
    shown["tabs"] = [t for t in tabs if t]
    shown["unread"] = unread
    return shown


@register.simple_tag
def personas() -> list[Persona]:
    """The invented people one may be; nobody outside the demonstration."""
    return present() if settings.BV_DEMO else []


@register.filter
def one_or_more(count: int, words: str) -> str:
    """The first of two words, separated by a comma, for none or one; the second for more. In French, zero is singular."""
    one, more = words.split(",")
    return more if count >= 2 else one


@register.filter
def unread_words(count: int) -> str:
    return ngettext("%(count)d message non lu", "%(count)d messages non lus", count) % {"count": count}
