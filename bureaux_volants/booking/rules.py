"""The booking rules: each has a stable code and says in French what would be accepted. Pure.

`failing` tries them all: a refusal lists every rule that fails, never only the first. The same function serves the
search (every site at once) and the booking itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from bureaux_volants.booking.directory import Directory, RuleValues, SiteEntry, TeleworkPolicy
from bureaux_volants.territory import french
from bureaux_volants.territory.calendar import Interval, covers, holiday_name, monday_of

from .kinds import noun

DESK = "desk"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One failing rule: a code for programs, a sentence for people."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Person:
    """What the rules need to know of the person."""

    id: int
    organisation_id: int | None
    usual_site_id: int | None
    telework_weekdays: frozenset[int]


@dataclass(frozen=True, slots=True)
class OwnBooking:
    """A booking the person has already, of any day near the one asked."""

    id: int
    kind: str
    site_id: int
    site_name: str
    start: dt.datetime
    end: dt.datetime
    is_holding: bool


@dataclass(frozen=True, slots=True)
class Question:
    """Everything one answer depends on."""

    directory: Directory
    site: SiteEntry
    kind: str
    asked: Interval
    features: frozenset[str]
    person: Person
    own: Sequence[OwnBooking]
    now: dt.datetime
    unit_id: int | None = None
    #: What does not depend on the site: worked out once for all the sites of a search.
    _known: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    #: Every rule reads them.
    values: RuleValues = field(init=False, compare=False, repr=False)
    #: The local day of the stay's first moment, and of its last.
    day: dt.date = field(init=False, compare=False, repr=False)
    last_day: dt.date = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        days = self._known.get("days")
        if days is None:
            last = self.asked.end - dt.timedelta(microseconds=1)
            days = self._known["days"] = (
                self.asked.start.astimezone(self.zone).date(),
                last.astimezone(self.zone).date(),
            )
        keep = object.__setattr__
        keep(self, "values", self.site.rules_for(self.kind))
        keep(self, "day", days[0])
        keep(self, "last_day", days[1])

    def at(self, site: SiteEntry) -> Question:
        """The same question about another site."""
        return Question(
            self.directory,
            site,
            self.kind,
            self.asked,
            self.features,
            self.person,
            self.own,
            self.now,
            self.unit_id,
            self._known,
        )

    def once(self, name: str, work_out: Callable[[], Any]) -> Any:
        """The value of that name, worked out the first time any site needs it."""
        if name not in self._known:
            self._known[name] = work_out()
        return self._known[name]

    @property
    def zone(self) -> ZoneInfo:
        return self.directory.zone


Rule = Callable[[Question], str | None]
_rules: list[tuple[str, Rule]] = []


def _rule(code: str) -> Callable[[Rule], Rule]:
    def register(rule: Rule) -> Rule:
        _rules.append((code, rule))
        return rule

    return register


def failing(question: Question) -> list[Refusal]:
    """Every rule that refuses, in the order of the file; empty when the stay is allowed."""
    return [Refusal(code, message) for code, rule in _rules if (message := rule(question)) is not None]


def codes() -> tuple[str, ...]:
    """The stable codes, for the documentation and its test."""
    return tuple(code for code, _ in _rules)


@_rule("site-inactive")
def site_is_in_service(q: Question) -> str | None:
    return None if q.site.is_active else "Ce site n'est plus en service."


@_rule("not-open-to-organisation")
def site_is_open_to_my_organisation(q: Question) -> str | None:
    if not q.site.open_to or q.person.organisation_id in q.site.open_to:
        return None
    return "Ce site n'est pas ouvert à votre organisation."


@_rule("not-open-yet")
def site_is_in_an_open_phase(q: Question) -> str | None:
    phase = q.site.phase
    if phase is None:
        return None
    if q.day < phase.opens_on:
        return f"Ce site ouvrira le {french.day(phase.opens_on, year=True)} ({phase.name})."
    if phase.closes_on is not None and q.day > phase.closes_on:
        return f"Ce site était ouvert jusqu'au {french.day(phase.closes_on, year=True)} ({phase.name})."
    return None


@_rule("not-in-cohort")
def person_takes_part_in_the_phase(q: Question) -> str | None:
    phase = q.site.phase
    if q.kind != DESK or phase is None or phase.members is None or q.person.id in phase.members:
        return None
    return f"Ce site n'est ouvert qu'aux participants de l'essai en cours ({phase.name})."


def _is_always_open(q: Question) -> bool:
    """A key box or a badge needs nobody at the reception."""
    return q.kind != DESK and q.values.is_round_the_clock


def _ends(q: Question) -> tuple[tuple[dt.date, dt.datetime], ...]:
    """When somebody must be let in: for a vehicle, when it is taken and when it is brought back, days later maybe."""
    return ((q.day, q.asked.start), (q.last_day, q.asked.end))


@_rule("closed")
def place_is_not_closed(q: Question) -> str | None:
    if _is_always_open(q):
        return None
    if q.kind != DESK:
        for date, _ in _ends(q):
            if (there := q.site.day(date)).closed_because and not there.open:
                return f"Fermé le {french.day(date)} : {there.closed_because}."
        return None
    day = q.site.day(q.day)
    if not day.closed_because:
        return None
    if not day.open:
        return f"Fermé le {french.day(q.day)} : {day.closed_because}."
    if covers(day, q.asked) or not _within_usual_hours(q):
        return None
    return f"Fermé une partie du {french.day(q.day)} : {day.closed_because}. Ouvert {_hours_of(q)}."


@_rule("opening-hours")
def stay_is_within_opening_hours(q: Question) -> str | None:
    if _is_always_open(q):
        return None
    if q.kind != DESK:
        return next((told for date, at in _ends(q) if (told := _nobody_there(q, date, at)) is not None), None)
    day = q.site.day(q.day)
    if not day.open:
        # A day without hours is told here; a closure or a holiday is told by its own rule.
        return None if day.closed_because else f"Ce site n'ouvre pas le {french.WEEKDAYS[q.day.weekday()]}."
    if covers(day, q.asked) or (day.closed_because and _within_usual_hours(q)):
        return None
    return f"Le {french.day(q.day)}, ce site ouvre {_hours_of(q)}."


def _nobody_there(q: Question, date: dt.date, at: dt.datetime) -> str | None:
    """What refuses a key to be handed over at an instant."""
    day = q.site.day(date)
    if any(i.start <= at <= i.end for i in day.open) or (day.closed_because and not day.open):
        return None
    if not day.open:
        return f"Remise des clés à l'accueil, fermé le {french.WEEKDAYS[date.weekday()]} ({q.site.name})."
    hours = french.listing([f"de {french.at(i.start, q.zone)} à {french.at(i.end, q.zone)}" for i in day.open])
    return f"Remise des clés à l'accueil ({q.site.name}), le {french.day(date)} {hours}."


def _within_usual_hours(q: Question) -> bool:
    usual = q.site.day(q.day).usual
    return bool(usual) and usual[0].start <= q.asked.start and q.asked.end <= usual[-1].end


def _hours_of(q: Question) -> str:
    zone = q.zone
    return french.listing([f"de {french.at(i.start, zone)} à {french.at(i.end, zone)}" for i in q.site.day(q.day).open])


@_rule("notice")
def stay_is_asked_early_enough(q: Question) -> str | None:
    notice = q.values.notice_minutes
    if q.asked.end <= q.now:
        return "Ce moment est passé : choisissez une heure à venir."
    if notice and q.asked.start < q.now + dt.timedelta(minutes=notice):
        earliest = q.now + dt.timedelta(minutes=notice)
        return (
            f"Ce site se réserve au moins {french.duration(notice)} à l'avance : "
            f"au plus tôt le {french.day(earliest.astimezone(q.zone).date())} à {french.at(earliest, q.zone)}."
        )
    return None


@_rule("horizon")
def stay_is_not_too_far_ahead(q: Question) -> str | None:
    today: dt.date = q.once("today", lambda: q.now.astimezone(q.zone).date())
    last = today + dt.timedelta(days=q.values.horizon_days)
    if q.day <= last:
        return None
    return f"Les réservations sont ouvertes jusqu'au {french.day(last, year=True)}."


@_rule("too-short")
def stay_is_long_enough(q: Question) -> str | None:
    shortest = q.values.shortest_minutes
    if q.asked.end - q.asked.start >= dt.timedelta(minutes=shortest):
        return None
    return f"La durée minimale est de {french.duration(shortest)}."


@_rule("too-long")
def stay_is_short_enough(q: Question) -> str | None:
    longest = q.values.longest_minutes
    if q.asked.end - q.asked.start > dt.timedelta(minutes=longest):
        return f"La durée maximale est de {french.duration(longest)}."
    if q.kind == DESK and q.last_day != q.day:
        return "Un bureau se réserve pour une seule journée à la fois."
    return None


@_rule("one-desk-at-a-time")
def person_sits_at_one_desk(q: Question) -> str | None:
    message: str | None = q.once("other desk", lambda: _other_desk(q)) if q.kind == DESK else None
    return message


def _other_desk(q: Question) -> str | None:
    for own in q.own:
        if own.kind == DESK and own.is_holding and q.asked.overlaps(Interval(own.start, own.end)):
            return f"Vous avez déjà un bureau : {own.site_name}, {french.span(own.start, own.end, q.zone)}."
    return None


def _flying_days(q: Question) -> set[dt.date]:
    """Local days on which the person already has a desk away from the usual site."""

    def work_out() -> set[dt.date]:
        return {
            own.start.astimezone(q.zone).date()
            for own in q.own
            if own.kind == DESK and own.site_id != q.person.usual_site_id
        }

    days: set[dt.date] = q.once("flying days", work_out)
    return days


def _is_flying(q: Question) -> bool:
    return q.kind == DESK and q.site.id != q.person.usual_site_id


def _flying_days_that_week(q: Question) -> set[dt.date]:
    def work_out() -> set[dt.date]:
        monday = monday_of(q.day)
        return {d for d in _flying_days(q) if monday <= d < monday + dt.timedelta(days=7)}

    days: set[dt.date] = q.once("flying days that week", work_out)
    return days


@_rule("weekly-limit")
def person_keeps_within_the_weekly_limit(q: Question) -> str | None:
    if not _is_flying(q):
        return None
    limit, used = q.values.weekly_limit, _flying_days_that_week(q)
    if q.day in used or len(used) < limit:
        return None
    if not used:
        return "Ce site n'accueille pas les agents d'autres sites : choisissez-en un autre."
    taken = french.listing([french.day(d) for d in sorted(used)])
    return f"Vous avez droit à {limit} jour{'s' if limit > 1 else ''} en bureau volant par semaine ; déjà réservé : {taken}."


@dataclass(frozen=True, slots=True)
class TeleworkCount:
    """Days of one period (a week, or a month when the authority assesses by month)."""

    telework: int
    presence: int
    most_telework: int
    least_presence: int


def telework_count(
    policy: TeleworkPolicy,
    *,
    day: dt.date,
    flying: Iterable[dt.date],
    home_weekdays: frozenset[int],
    departement: str,
) -> TeleworkCount:
    """Count telework and presence over the period of `day`, décret 2016-151 article 3.

    A flying day on an agreed home day replaces it. Public holidays are neither. By month, the weekly numbers are
    applied in proportion of the working days (3 of 5 at most, rounded down; 2 of 5 at least, rounded up).
    """
    if policy.assessed_by == "month":
        first = day.replace(day=1)
        after = (first + dt.timedelta(days=32)).replace(day=1)
    else:
        first = monday_of(day)
        after = first + dt.timedelta(days=7)
    days = [first + dt.timedelta(days=n) for n in range((after - first).days)]
    working = [d for d in days if d.isoweekday() <= 5 and not holiday_name(d, departement)]
    away = {d for d in flying if first <= d < after}
    remote = {d for d in working if d.isoweekday() in home_weekdays} | away
    presence = len([d for d in working if d not in remote])
    if policy.assessed_by == "month":
        most = len(working) * policy.days_per_week // 5
        least = -(-len(working) * policy.presence_per_week // 5)
    else:
        most = policy.days_per_week
        least = min(policy.presence_per_week, len(working))
    return TeleworkCount(len(remote), presence, most, least)


def _telework_with_the_stay(q: Question) -> TeleworkCount | None:
    policy = q.directory.telework
    if not policy.flying_day_counts or not _is_flying(q) or q.day in _flying_days(q):
        return None

    def work_out() -> TeleworkCount:
        return telework_count(
            policy,
            day=q.day,
            flying=_flying_days(q) | {q.day},
            home_weekdays=q.person.telework_weekdays,
            departement=q.directory.departement,
        )

    count: TeleworkCount = q.once("telework", work_out)
    return count


def _period(q: Question) -> str:
    return "mois" if q.directory.telework.assessed_by == "month" else "semaine"


@_rule("telework-limit")
def person_keeps_within_telework_days(q: Question) -> str | None:
    count = _telework_with_the_stay(q)
    if count is None or count.telework <= count.most_telework or _replaces_a_home_day(q):
        return None
    return (
        f"Un jour en bureau volant compte comme télétravail : {count.most_telework} par {_period(q)} au plus, "
        f"et celui-ci serait le {count.telework}e. Un jour de télétravail convenu peut être échangé."
    )


@_rule("presence-minimum")
def person_keeps_presence_days(q: Question) -> str | None:
    count = _telework_with_the_stay(q)
    if count is None or count.presence >= count.least_presence or _replaces_a_home_day(q):
        return None
    return (
        f"Jours par {_period(q)} sur votre site d'affectation : {count.least_presence} au moins ; "
        f"il n'en resterait que {count.presence}."
    )


def _replaces_a_home_day(q: Question) -> bool:
    """On an agreed home day the stay adds no telework, so it cannot be what breaks the count."""
    return q.day.isoweekday() in q.person.telework_weekdays and not holiday_name(q.day, q.directory.departement)


@_rule("features-unavailable")
def place_has_what_is_asked(q: Question) -> str | None:
    units = q.site.units_of(q.kind)
    if q.unit_id is not None:
        called = noun(q.kind)
        chosen = next((u for u in q.site.units if u.id == q.unit_id and u.kind == q.kind), None)
        if chosen is None or not chosen.is_active:
            return f"{called.this_thing.capitalize()} n'est pas en service sur ce site : choisissez {called.another}, ou laissez le choix."
        if not q.features <= chosen.features:
            return f"« {chosen.name} » n'a pas tout ce que vous demandez : choisissez {called.another}, ou laissez le choix."
        return None
    if not units:
        return "Ce site n'a rien à réserver de cette nature."
    in_time = [u for u in units if u.usable_until is None or q.asked.end <= u.usable_until]
    if not in_time:
        return "Rien ici n'est utilisable jusqu'à la fin de cette période : un titre ou un papier expire avant."
    if not any(q.features <= u.features for u in in_time):
        return f"{noun(q.kind).none.capitalize()} de ce site ne réunit ce que vous demandez : retirez un critère."
    return None
