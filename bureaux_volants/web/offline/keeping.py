"""What a device keeps for its holder: the bookings of seven days, the welcome sheets of their sites, the codes that serve now.

Instants are milliseconds since 1970, for the script that compares them; whatever is read by a person is already in words.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from bureaux_volants.booking.directory import Directory
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.queries import coming
from bureaux_volants.booking.states import State
from bureaux_volants.hosting.models import SheetVersion
from bureaux_volants.hosting.sheets import latest_of, open_texts
from bureaux_volants.keys.holding import KeyState, Step
from bureaux_volants.territory import french
from bureaux_volants.territory.calendar import local_day
from bureaux_volants.territory.models import Agent
from bureaux_volants.web.cards import Card, cards
from bureaux_volants.web.forms_sheet import label_of
from bureaux_volants.web.templatetags.bv import digit_groups

AHEAD = dt.timedelta(days=7)


def copy_for(agent: Agent, directory: Directory, now: dt.datetime) -> dict[str, Any]:
    """What is readable without network, as of `now`. The number of queries does not grow with the bookings."""
    soon = list(coming(agent, now=now).filter(start__lt=now + AHEAD).order_by("start", "pk"))
    sheets = latest_of(b.site_id for b in soon)
    day = french.day(now.astimezone(directory.zone).date())
    return {
        "now": _milliseconds(now),
        "until": _milliseconds(now + AHEAD),
        "said": _("le %(day)s à %(time)s") % {"day": day, "time": french.at(now, directory.zone)},
        "bookings": [
            _booking(card, directory, sheets.get(card.booking.site_id), now)
            for card in cards(soon, directory, now, agent)
        ],
    }


def _booking(card: Card, directory: Directory, sheet: SheetVersion | None, now: dt.datetime) -> dict[str, Any]:
    booking, zone = card.booking, directory.zone
    site = booking.site
    texts = (
        *((label_of(name), text) for name, text in open_texts(sheet).items()),
        (_("Comment venir"), site.access_notes),
        (_("Sur place"), site.equipment),
        (_("Autour"), site.around),
    )
    is_late = booking.state == State.IN_USE and booking.kind != Kind.DESK
    return {
        "reference": booking.reference,
        "site": site.name,
        "when": french.span(booking.start, booking.end, zone).capitalize(),
        "what": booking.resource.name,
        "state": str(State(booking.state).label).capitalize(),
        "address": site.address,
        "texts": [[label, text] for label, text in texts if text],
        # What was taken and is not back is shown as long as the copy is.
        "until": None if is_late else _milliseconds(booking.end),
        "arrive": _arrival(card),
        "leaves": booking.kind == Kind.DESK and booking.state == State.IN_USE,
        "door": _door(booking, directory, sheet, now),
        "key": None if card.key is None else _key(card.key, directory),
    }


def _arrival(card: Card) -> list[int] | None:
    """From when until when the arrival at a desk can be told; None where there is none to tell."""
    if card.arrives_from is None or card.booking.kind != Kind.DESK:
        return None
    return [_milliseconds(card.arrives_from), _milliseconds(card.booking.end)]


def _door(
    booking: Booking, directory: Directory, sheet: SheetVersion | None, now: dt.datetime
) -> dict[str, Any] | None:
    """How to get in, on the day of the booking alone and until it ends, as hosting/sheets.py has it online."""
    today = local_day(directory.today(now), directory.zone)
    is_today = booking.state in (State.CONFIRMED, State.IN_USE) and booking.start < today.end
    if sheet is None or not is_today or booking.end <= today.start or not (sheet.door or sheet.code):
        return None
    return {"said": sheet.door, "code": sheet.code, "until": _milliseconds(min(booking.end, today.end))}


def _key(key: KeyState, directory: Directory) -> dict[str, Any]:
    """How a key is had; its code only where its holder sees it now (keys/access.py), with the instant at which it ends."""
    said = " ".join(key.messages)
    match key.step:
        case Step.NOT_YET if key.shown_from is not None:
            said = _("Le code de la clé s'affiche à partir de %(time)s, avec du réseau.") % {
                "time": french.at(key.shown_from, directory.zone)
            }
        case Step.HOST:
            said = _("L'accueil vous le remet, et le reprend au retour.")
        case Step.BADGE:
            said = _("Votre badge d'agent l'ouvre, à l'heure de votre réservation.")
    code = None
    if key.code is not None and key.box is not None:
        until = key.code.late_until if key.code.is_for_return else key.code.until
        label = _("Code de retour") if key.code.is_for_return else _("Code de la boîte à clés")
        code = {"label": label, "groups": digit_groups(key.code.digits), "until": _milliseconds(until)}
    place = [key.box.name, key.box.place] if key.box is not None else []
    slot = _("case %(slot)s") % {"slot": key.slot} if key.slot is not None and key.box is not None else ""
    return {"said": f"{said} {key.note}".strip(), "code": code, "where": ", ".join(w for w in (*place, slot) if w)}


def _milliseconds(moment: dt.datetime) -> int:
    return int(moment.timestamp() * 1000)
