"""The week in words: why each day is proposed so, what does not agree, what the figures stand on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from bureaux_volants.booking.directory import Directory, SiteEntry
from bureaux_volants.territory import french
from bureaux_volants.territory.models import Agent
from bureaux_volants.travel.journeys import Place
from bureaux_volants.travel.outline import crow_km

from .asked import Appointment, Asked
from .glance import DayOfWeek, Told
from .proposing import place_of
from .spending import WeekKnown
from .week import Spent, Where

#: A desk is beside something within so many kilometres, as the crow flies.
BESIDE_KM = 2.0


def notes_of(
    home: Place | None, usual: SiteEntry | None, last: Asked | None, told: Sequence[Told], directory: Directory
) -> list[str]:
    notes = []
    if home is None and usual is None:
        notes.append(_("Indiquez votre commune ou votre site d'affectation : sans eux, nous ne proposons rien."))
    elif home is None:
        notes.append(_("Vous n'avez pas indiqué votre commune : les trajets partent de votre site d'affectation."))
    if last is None:
        notes.append(
            _("Calculé pour une journée de 8 h 30 à 17 h 30 en voiture : organisez une journée pour dire la vôtre.")
        )
    else:
        first, until = (french.at(at, directory.zone) for at in last.hours)
        notes.append(
            _(
                "Les jours sans rendez-vous annoncé sont calculés comme votre dernière journée organisée, de %(first)s à %(until)s."
            )
            % {"first": first, "until": until}
        )
    if not any(t.appointment.may_move for t in told):
        notes.append(_("Aucun rendez-vous n'est marqué « peut changer de jour » : aucun n'est déplacé."))
    return notes


def why(known: WeekKnown, day: DayOfWeek, others: Mapping[Where, Spent | None], met: Sequence[Appointment]) -> str:
    """One sentence: why the day is spent so. `others`: what the other ways of spending it weigh, None where they cannot be."""
    assert day.where is not None
    assert day.spent is not None
    moved = _moved(day)
    if day.bookings:
        return _("Votre bureau est réservé.") + moved
    if day.team_day is not None:
        return _("Journée d'équipe à %s.") % day.team_day.site.name + moved
    match day.where:
        case Where.HOME:
            told = _home(day, met)
        case Where.FLYING:
            told = _flying(known, day, others.get(Where.USUAL), met)
        case _:
            told = _usual(known, day, others, met)
    return told + moved


def _home(day: DayOfWeek, met: Sequence[Appointment]) -> str:
    if not met:
        return _("Télétravail convenu, aucun rendez-vous annoncé : pas de trajet.")
    if all(a.may_be_remote for a in met):
        return _("Télétravail convenu, et vos rendez-vous peuvent se tenir à distance.")
    return _("Télétravail convenu : vous partez de chez vous pour vos rendez-vous.")


def _flying(known: WeekKnown, day: DayOfWeek, usual: Spent | None, met: Sequence[Appointment]) -> str:
    assert day.site is not None
    assert day.spent is not None
    beside = _beside(day.site, met, known.home)
    if usual is None or known.usual is None:
        return _("Un bureau y est libre%s.") % beside
    gains = _gains(usual.travel - day.spent.travel, usual.grams - day.spent.grams)
    if not gains:
        return _("Un bureau y est libre%s.") % beside
    return _("Un bureau y est libre%(beside)s : %(gains)s de moins que si vous alliez à %(usual)s.") % {
        "beside": beside,
        "gains": gains,
        "usual": known.usual.name,
    }


def _usual(known: WeekKnown, day: DayOfWeek, others: Mapping[Where, Spent | None], met: Sequence[Appointment]) -> str:
    assert day.spent is not None
    better = [s for s in others.values() if s is not None and s.weight(known.by) < day.spent.weight(known.by)]
    policy = known.directory.telework
    if better and policy.flying_day_counts:
        return _("%(n)d jours de présence par semaine au moins : ce jour-là est celui où venir coûte le moins.") % {
            "n": policy.presence_per_week
        }
    if better:
        return _("Aucun autre lieu ne vous ferait gagner assez pour changer.")
    if not day.spent.site:
        return _("Vos rendez-vous prennent la journée : aucun bureau n'est nécessaire.")
    if met:
        return _("Votre site reste le plus commode pour vos rendez-vous.")
    if Where.FLYING not in others:
        return _("Aucun bureau volant ne vous est ouvert ce jour-là.")
    return _("Votre site reste le plus commode.")


def _beside(site: SiteEntry, met: Sequence[Appointment], home: Place | None) -> str:
    """`, à côté de votre rendez-vous (Woippy)`, `, près de chez vous`, or nothing."""
    here = [place_of(site)]
    near = [a.place.name for a in met if float(crow_km(here, [a.place])[0, 0]) <= BESIDE_KM]
    if near:
        return _(", à côté de votre rendez-vous (%s)") % near[0]
    if home is not None and float(crow_km(here, [home])[0, 0]) <= BESIDE_KM:
        return _(", près de chez vous")
    return ""


def _gains(minutes: int, grams: int) -> str:
    """`25 min de trajet et 1,2 kg CO2e`: what is noticeably less."""
    found = []
    if minutes >= 3:
        found.append(_("%s de trajet") % french.duration(minutes))
    if grams >= 100:
        found.append(_("%s kg CO2e") % f"{grams / 1000:.1f}".replace(".", ","))
    return french.listing(found)


def _moved(day: DayOfWeek) -> str:
    told = ""
    for one in day.moved_here:
        told += " " + _("%(name)s (%(day)s) tiendrait aussi ce jour-là, aux mêmes heures.") % {
            "name": one.name,
            "day": french.day(one.date),
        }
    for one, to in day.moved_away:
        told += " " + _("%(name)s gagnerait à passer au %(day)s.") % {"name": one.name, "day": french.day(to)}
    return told


def warn(day: DayOfWeek, agent: Agent) -> None:
    """Say what does not agree: a desk booked elsewhere on a team day, or an agreed day at home."""
    if day.team_day is None or day.holiday:
        return
    site = day.team_day.site
    away = [b.site.name for b in day.bookings if b.site_id != site.pk]
    if away and all(b.site_id != site.pk for b in day.bookings):
        day.warnings.append(
            _("Votre équipe se retrouve à %(site)s, et vous avez réservé à %(away)s.")
            % {"site": site.name, "away": french.listing(away)}
        )
    elif day.agreed_home and not day.bookings:
        day.warnings.append(_("Votre équipe se retrouve à %s ; c'est un jour de télétravail convenu.") % site.name)
    if not day.bookings and site.pk != agent.usual_site_id and day.is_open:
        day.warnings.append(_("Pensez à réserver votre bureau à %s.") % site.name)
